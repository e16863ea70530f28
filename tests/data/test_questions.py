"""Questions out of a person's files, and every way in which they may be wrong."""

import gzip
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.pairs import Prepared
from jium.data.question_rows import place_answer
from jium.data.questions import Question, QuestionData, prepare_questions, questions
from jium.errors import ConfigError, DataError
from jium.text.composed import Composed

CITIES = ["서울", "부산", "대구", "광주", "대전", "울산", "수원", "제주"]


def rows(n: int = 40) -> list[dict[str, Any]]:
    """Questions on n passages, three each, of which the last has no answer."""
    found = []
    for number in range(n):
        city = CITIES[number % 8]
        context = f"{number}번째 기록: 민수는 {city}에서 태어났고 {1900 + number}년에 떠났다."
        for q, answer in (("어디서 태어났나?", city), ("언제 떠났나?", f"{1900 + number}년"),
                          ("누구와 살았나?", "")):  # fmt: skip
            start = [context.index(answer)] if answer else []
            row = {"question": q, "context": context, "answers": [answer] if answer else []}
            found.append({"id": f"{number}-{q}", **row, "answer_starts": start})
    return found


def jsonl(path: Path, made: list[Any]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")
    return str(path)


def prepared(place: Path, **settings: Any) -> Prepared:
    return prepare_questions(build(QuestionData, settings, "data"), place / "out")


def read(place: Path, made: list[Any], **settings: Any) -> list[Question]:
    """All questions of some rows."""
    path = jsonl(place / "a.jsonl", made)
    shares = {"valid_share": 0.0, "test_share": 0.0}
    return list(questions(prepared(place, train=path, **shares, **settings), "train"))


def nested(made: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows in SQuAD's form."""
    paragraphs: dict[str, list[Any]] = {}
    for row in made:
        pairs = zip(row["answers"], row["answer_starts"], strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
        asked = {"id": row["id"], "question": row["question"], "answers": answers}
        paragraphs.setdefault(row["context"], []).append(asked)
    listed = [{"context": context, "qas": qas} for context, qas in paragraphs.items()]
    return {"version": "x", "data": [{"title": "기록", "paragraphs": listed}]}


# ---------------------------------------------------------------- what is read


def test_an_answer_is_what_the_passage_says_at_its_place(tmp_path: Path):
    found = read(tmp_path, rows())
    assert len(found) == 120 and sum(not q.answers for q in found) == 40
    for q in found:
        for answer, start in zip(q.answers, q.starts, strict=True):
            assert q.context[start : start + len(answer)] == answer


def test_every_form_of_file_gives_the_same_questions(tmp_path: Path):
    made = rows(4)
    expected = read(tmp_path, made)
    (tmp_path / "a.json").write_text(json.dumps(made), "utf-8")
    single = [
        {**row, "answers": (row["answers"] or [""])[0],
         "answer_starts": (row["answer_starts"] or [""])[0]}
        for row in made
    ]  # fmt: skip
    cells = [list(made[0]), *(list(map(str, row.values())) for row in single)]
    (tmp_path / "a.tsv").write_text("\n".join("\t".join(c) for c in cells) + "\n", "utf-8")
    of_dicts = [
        {**row, "answers": [{"text": t, "answer_start": s} for t, s in
                            zip(row["answers"], row["answer_starts"], strict=True)]}
        for row in made
    ]  # fmt: skip
    jsonl(tmp_path / "b.jsonl", [{k: r[k] for k in r if k != "answer_starts"} for r in of_dicts])
    huggingface = [
        {"id": row["id"], "question": row["question"], "context": row["context"],
         "answers": {"text": row["answers"], "answer_start": row["answer_starts"]}}
        for row in made
    ]  # fmt: skip
    jsonl(tmp_path / "c.jsonl", huggingface)
    for name in ("a.json", "a.tsv", "b.jsonl", "c.jsonl"):
        train = str(tmp_path / name)
        found = prepared(tmp_path, train=train, valid_share=0.0, test_share=0.0)
        assert list(questions(found, "train")) == expected, name


@pytest.mark.parametrize("packed", [False, True])
def test_nested_json_is_read(tmp_path: Path, packed: bool):
    made = rows(4)
    path = tmp_path / ("squad.json.gz" if packed else "squad.json")
    data = json.dumps(nested(made), ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    expected = {q.id: q for q in read(tmp_path, made)}
    found = prepared(tmp_path, train=str(path), valid_share=0.0, test_share=0.0)
    assert found.counts["train"] == 12
    for q in questions(found, "train"):
        assert q.title == "기록"
        assert (q.question, q.context, q.answers, q.starts) == (
            expected[q.id].question, expected[q.id].context, expected[q.id].answers,
            expected[q.id].starts)  # fmt: skip


def test_a_plausible_answer_of_an_impossible_question_does_not_count(tmp_path: Path):
    made = [{**row, "is_impossible": n % 3 == 1} for n, row in enumerate(rows(4))]
    found = read(tmp_path, made)
    assert [bool(q.answers) for q in found] == [True, False, False] * 4


def test_several_true_answers_are_kept_and_equal_ones_once(tmp_path: Path):
    row = rows(1)[0]
    row |= {"answers": ["서울", "서울", "서울에서"], "answer_starts": [row["answer_starts"][0]] * 3}
    assert read(tmp_path, [row])[0].answers == ("서울", "서울에서")


def test_columns_may_have_names_of_their_own(tmp_path: Path):
    made = [{"q": r["question"], "where": r["context"], "a": r["answers"]} for r in rows(4)]
    named = {"question": "q", "context": "where", "answers": "a"}
    assert [q.answers for q in read(tmp_path, made, **named)] == [
        tuple(row["answers"]) for row in rows(4)
    ]


def test_texts_come_out_composed_with_their_answers_in_place(tmp_path: Path):
    decomposed = [
        {key: unicodedata.normalize("NFD", value) if isinstance(value, str) else value
         for key, value in row.items()}
        for row in rows(4)
    ]  # fmt: skip
    for row in decomposed:
        row["answers"] = [unicodedata.normalize("NFD", answer) for answer in row["answers"]]
        row["answer_starts"] = [row["context"].index(answer) for answer in row["answers"]]
    found = read(tmp_path, decomposed)
    expected = read(tmp_path, rows(4))
    assert [(q.context, q.answers, q.starts) for q in found] == [
        (q.context, q.answers, q.starts) for q in expected
    ]
    assert not any(q.moved for q in found)


# ---------------------------------------------------------------- splits


def test_a_passage_stands_in_one_split_only(tmp_path: Path):
    path = jsonl(tmp_path / "a.jsonl", rows())
    found = prepared(tmp_path, train=path, valid_share=0.2, test_share=0.2)
    contexts = [{q.context for q in questions(found, split)} for split in found.counts]
    assert all(contexts)
    assert sum(map(len, contexts)) == len(set.union(*contexts)) == 40
    assert sum(found.counts.values()) == 120


def test_nothing_is_trained_on_whose_passage_is_measured_on(tmp_path: Path):
    made = rows(8)
    test = jsonl(tmp_path / "test.jsonl", made[:1])
    valid = jsonl(tmp_path / "valid.jsonl", made[1:4])
    train = jsonl(tmp_path / "train.jsonl", [*made, made[-1]])
    found = prepared(tmp_path, train=train, valid=valid, test=test)
    assert found.counts == {"train": 18, "valid": 1, "test": 1}
    assert found.dropped == {"in_test": 5, "in_valid": 3, "duplicate": 1}


# ---------------------------------------------------------------- answers out of place


@pytest.mark.parametrize(
    ("answer", "start", "found"),
    [
        ("나무", 0, ("나무", 0, False)),
        ("나무", 8, ("나무", 8, False)),
        ("나무", 6, ("나무", 8, True)),
        ("나무", 2, ("나무", 0, True)),
        ("나무", 900, ("나무", 8, True)),
        ("나무", -5, ("나무", 0, True)),
        ("나무", None, None),
        ("위에", None, ("위에", 3, False)),
        (" 위에  ", 3, ("위에", 3, True)),
        ("바다", 3, None),
        ("  ", 3, None),
    ],
)
def test_an_answer_is_looked_for_near_its_place(
    answer: str, start: int | None, found: tuple[str, int, bool] | None
):
    assert place_answer(Composed.of("나무 위에 큰 나무"), answer, start) == found


def test_moved_answers_are_counted_and_lost_ones_dropped(tmp_path: Path):
    made = rows(2)
    made[0]["answer_starts"] = [0]
    made[1]["answers"] = ["달나라"]
    path = jsonl(tmp_path / "a.jsonl", made)
    found = prepared(tmp_path, train=path, valid_share=0.0, test_share=0.0)
    kept = list(questions(found, "train"))
    assert [q.moved for q in kept] == [1, 0, 0, 0, 0]
    assert found.dropped == {"answer_not_there": 1}
    line = json.loads((found.folder / "dropped.jsonl").read_text("utf-8"))
    assert (line["reason"], line["line"]) == ("answer_not_there", 2)


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path):
    good = rows(4)
    bad = [
        good[0] | {"question": " "},
        good[0] | {"context": ""},
        good[0] | {"context": None},
        good[0] | {"question": ["x"]},
        good[0] | {"answers": ["서울", "부산"]},
        good[0] | {"answers": [["서울"]]},
        good[0] | {"context": "서울 \ud800"},
        good[0] | {"context": "서울" * 300, "answer_starts": [0]},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in good + bad) + "{broken\n", "utf-8")
    found = prepared(tmp_path, train=str(path), max_chars=500)
    assert found.dropped == {"empty_question": 1, "empty_context": 2, "not_text": 2,
                             "bad_answers": 2, "too_long": 1, "not_json": 1}  # fmt: skip
    assert sum(found.counts.values()) == 12


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("names", "settings", "message"),
    [
        ({"question": "ask"}, {}, r"a.jsonl: which column is the question\? It has: id, ask"),
        ({"context": "where"}, {}, r"which column is the context\?.*Name it: data.context="),
        ({"answers": "said"}, {}, r"which column is the answers\?"),
        ({}, {"context": "contxt"}, "no column 'contxt'. Did you mean \"context\""),
        ({"id": "passage"}, {}, r"which column is the context\? It has: passage"),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(
    tmp_path: Path, names: dict[str, str], settings: dict[str, str], message: str
):
    made = [{names.get(key, key): value for key, value in row.items()} for row in rows(4)]
    with pytest.raises(DataError, match=message):
        read(tmp_path, made, **settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data": 3}', "data must be a list, as SQuAD has it; it is int"),
        ('{"data": [{"title": "x"}]}', r"data\[0\].paragraphs must be a list.*it is missing"),
        ('{"data": [{"paragraphs": [{"context": "x"}]}]}', r"paragraphs\[0\].qas must be a list"),
        ('{"data": []}', "a.json: holds no question"),
        ('{"rows": []}', "a.json: is neither a list of rows nor questions in the form of SQuAD"),
        ('{"data": [', "neither a list of rows nor questions"),
        (" ", "a.json: is empty"),
        ("[1]", "is not a list of objects"),
    ],
)
def test_json_of_another_form_is_refused(tmp_path: Path, text: str, message: str):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, train=str(tmp_path / "a.json"))


def test_nothing_to_learn_from_is_said(tmp_path: Path):
    with pytest.raises(DataError, match="no question to train on, from 3 rows. Dropped: empty_qu"):
        read(tmp_path, [row | {"question": ""} for row in rows(1)])
    with pytest.raises(DataError, match="none of the 3 questions to train on has an answer"):
        read(tmp_path, [row | {"answers": [], "answer_starts": []} for row in rows(1)])
    found = prepared(tmp_path, train=jsonl(tmp_path / "a.jsonl", rows(4)))
    with pytest.raises(DataError, match="no split 'dev'. It has: train, valid, test"):
        list(questions(found, "dev"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "data.train: is missing"),
        ({"train": "a", "stride": 0}, "data.stride: must be at least 1; got 0"),
        ({"train": "a", "limit": 0}, "data.limit: must be at least 1"),
        ({"train": "a", "valid_share": 1.0}, "data.valid_share: must be in"),
        ({"train": "a", "contexts": "x"}, 'data.contexts: unknown key. Did you mean "context"'),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        build(QuestionData, settings, "data")
