"""Texts with entities out of a person's files, and every way in which they may be wrong."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.pairs import Prepared
from jium.data.tagged import Learned, Tagged, TaggedData, prepare_tagged, tagged_texts
from jium.errors import ConfigError, DataError
from jium.text.bio import Span

SEOUL = {"text": "나는 서울로", "tags": ["O", "O", "O", "B-LC", "I-LC", "O"]}
WANTED = Tagged("나는 서울로", (Span(3, 5, "LC"),))
ALL = {"valid_share": 0.0, "test_share": 0.0}


def lines(place: Path, rows: list[Any], name: str = "a.jsonl") -> str:
    path = place / name
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(text + "\n", "utf-8")
    return str(path)


def columns(place: Path, text: str, name: str = "a.txt") -> str:
    (place / name).write_text(text, "utf-8")
    return str(place / name)


def prepared(place: Path, **settings: Any) -> Prepared:
    return prepare_tagged(build(TaggedData, settings, "data"), place / "out")


def train(place: Path, path: str, **settings: Any) -> list[Tagged]:
    return tagged_texts(prepared(place, train=path, **ALL, **settings), "train")


def dropped(found: Prepared) -> list[dict[str, Any]]:
    return [json.loads(x) for x in (found.folder / "dropped.jsonl").read_text("utf-8").splitlines()]


# ---------------------------------------------------------------- the three shapes


@pytest.mark.parametrize(
    "row",
    [
        SEOUL,
        {"sentence": "나는 서울로", "NER Tags": "O O O B-LC I-LC O"},
        {"text": "나는 서울로", "entities": [{"start": 3, "end": 5, "label": "LC"}]},
        {"text": "나는 서울로", "entities": [{"start": 3, "end": 5, "type": "LC", "text": "서울"}]},
        {"text": "나는 서울로", "spans": [[3, 5, "LC"]]},
        {"tokens": list("나는 서울로"), "ner_tags": ["O", "O", "O", "LC", "LC", "O"]},
        {"text": "나는 서울로", "tags": ["O", "O", "O", "LC_B", "LC_E", "O"]},
    ],
)
def test_every_shape_says_the_same(tmp_path: Path, row: dict[str, Any]):
    found = prepared(tmp_path, train=lines(tmp_path, [row]), **ALL)
    assert tagged_texts(found, "train") == [WANTED]
    assert Learned.load(found) == Learned({"LC": 1}, 0, "characters")


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": ["나는", "서울", "에"], "tags": ["O", "B-LC", "O"]},
        {"text": "나는 서울 에", "tags": ["O", "B-LC", "O"]},
    ],
)
def test_words_are_joined_by_spaces(tmp_path: Path, row: dict[str, Any]):
    found = prepared(tmp_path, train=lines(tmp_path, [row]), **ALL)
    assert tagged_texts(found, "train") == [Tagged("나는 서울 에", (Span(3, 5, "LC"),))]
    assert Learned.load(found).level == "words"


def test_columns_of_tokens_are_read_from_text_files(tmp_path: Path):
    words = "나는\tO\n서울\tB-LC\n\n부산 NNP B-LC\n타워 NNP I-LC\n"
    wanted = [Tagged("나는 서울", (Span(3, 5, "LC"),)), Tagged("부산 타워", (Span(0, 5, "LC"),))]
    assert train(tmp_path, columns(tmp_path, words)) == wanted
    assert train(tmp_path, columns(tmp_path, words, "a.tsv")) == wanted


def test_columns_of_characters_are_joined_as_they_are(tmp_path: Path):
    characters = "서\tB-LC\n울\tI-LC\n \tO\n가\tO\n"
    seoul = (Span(0, 2, "LC"),)
    assert train(tmp_path, columns(tmp_path, characters)) == [Tagged("서울 가", seoul)]
    path = columns(tmp_path, characters.replace(" \tO\n", ""))  # no space tells what it is
    assert train(tmp_path, path, level="characters") == [Tagged("서울가", seoul)]


def test_a_table_holds_tags_parted_by_spaces(tmp_path: Path):
    path = columns(tmp_path, "text\ttags\n나는 서울로\tO O O B-LC I-LC O\n", "a.tsv")
    assert train(tmp_path, path) == [WANTED]


def test_tags_that_are_numbers_are_named(tmp_path: Path):
    path = lines(tmp_path, [{"text": "나는 서울로", "tags": [0, 0, 0, 1, 2, 0]}])
    assert train(tmp_path, path, names=["O", "B-LC", "I-LC"]) == [WANTED]
    with pytest.raises(DataError, match=r"line 1: the tags are numbers, such as 0.*data.names="):
        train(tmp_path, path)


def test_columns_are_named_by_a_person(tmp_path: Path):
    path = lines(tmp_path, [{"x y": "서울", "my tags": ["B-LC", "I-LC"], "text": "", "tags": []}])
    found = train(tmp_path, path, text="x y", tags="my tags")
    assert found == [Tagged("서울", (Span(0, 2, "LC"),))]


# ---------------------------------------------------------------- places


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spans_move_with_a_text_that_is_composed(tmp_path: Path, form: str):
    text, word = (unicodedata.normalize(form, x) for x in ("나는 서울로", "서울"))
    start = text.index(word)
    by_place = {"text": text, "entities": [[start, start + len(word), "LC"]]}
    assert train(tmp_path, lines(tmp_path, [by_place])) == [WANTED]
    tags = ["B-LC" if i == start else "I-LC" if start < i < start + len(word) else "O"
            for i in range(len(text))]  # fmt: skip
    assert train(tmp_path, lines(tmp_path, [{"text": text, "tags": tags}])) == [WANTED]


def test_tags_may_count_the_characters_of_the_composed_text(tmp_path: Path):
    apart = SEOUL | {"text": unicodedata.normalize("NFD", str(SEOUL["text"]))}
    assert train(tmp_path, lines(tmp_path, [apart])) == [WANTED]


def test_nothing_else_is_cleaned(tmp_path: Path):
    text = "  ㅋㅋㅋㅋ <b>서울</b>  &amp; "
    row = {"text": text, "entities": [{"start": 10, "end": 12, "label": "LC"}]}
    assert train(tmp_path, lines(tmp_path, [row])) == [Tagged(text, (Span(10, 12, "LC"),))]


def test_an_inside_that_follows_nothing_begins_and_is_counted(tmp_path: Path):
    rows = [SEOUL, {"text": "가 부산", "tags": ["O", "O", "I-LC", "I-LC"]}]
    found = prepared(tmp_path, train=lines(tmp_path, rows), **ALL)
    assert tagged_texts(found, "train")[1] == Tagged("가 부산", (Span(2, 4, "LC"),))
    assert Learned.load(found).repaired == 1


# ---------------------------------------------------------------- splits and what is dropped


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path):
    good = [{**SEOUL, "text": f"{n:03d}서울로"} for n in range(20)]
    bad = [
        {"text": "서울", "tags": ["B-LC"]},
        {"text": "서울", "tags": ["B-LC", "X"]},
        {"text": "서울", "tags": None},
        {"text": " ", "tags": ["O"]},
        {"text": ["서울"], "tags": ["O"]},
        {"text": "가" * 50, "tags": ["O"] * 50},
        good[0],
    ]
    found = prepared(tmp_path, train=lines(tmp_path, good + bad), scheme="bio", max_chars=40,
                     **ALL)  # fmt: skip
    assert found.counts["train"] == 20
    reasons = ("tags_length", "unknown_tag", "not_tags", "empty_text", "not_text", "too_long",
               "duplicate")  # fmt: skip
    assert found.dropped == dict.fromkeys(reasons, 1)
    first = dropped(found)[0]
    assert (first["reason"], first["line"]) == ("tags_length", 21)
    assert first["row"]["n_tags"] == 1 and first["row"]["n_units"] == 2


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        ([[0, 9, "LC"]], "outside_text"),
        ([[-1, 2, "LC"]], "outside_text"),
        ([[2, 2, "LC"]], "outside_text"),
        ([[0, 2, "LC"], [1, 3, "PS"]], "overlap"),
        ([[0, 2, "LC"], [0, 2, "LC"]], "overlap"),
        ([{"start": 0, "end": 2, "label": "LC", "text": "부산"}], "other_text"),
        ([[0, 2]], "not_entities"),
        ([["0", "2", "LC"]], "not_entities"),
        ([[0, 2, ""]], "not_entities"),
        ([[True, 2, "LC"]], "not_entities"),
        ("?[", "not_entities"),
    ],
)
def test_wrong_places_are_dropped(tmp_path: Path, entities: Any, reason: str):
    good = [{"text": f"서울 {n}", "entities": [[0, 2, "LC"]]} for n in range(3)]
    path = lines(tmp_path, [*good, {"text": "서울로 가", "entities": entities}])
    found = prepared(tmp_path, train=path, **ALL)
    assert found.counts["train"] == 3
    assert list(found.dropped) == [reason]


def test_nothing_is_trained_on_that_is_measured_on(tmp_path: Path):
    rows = [{"text": f"{n} 서울", "entities": [[len(str(n)) + 1, len(str(n)) + 3, "LC"]]}
            for n in range(9)]  # fmt: skip
    test = lines(tmp_path, rows[:2], "test.jsonl")
    found = prepared(tmp_path, train=lines(tmp_path, rows), test=test, valid_share=0.0)
    assert found.counts == {"train": 7, "valid": 0, "test": 2}
    assert found.dropped == {"in_test": 2}


def test_the_same_data_is_split_alike(tmp_path: Path):
    rows = [{"text": f"{n} 서울", "entities": [[0, 1, "LC"]]} for n in range(60)]
    path = lines(tmp_path, rows)
    first, second = (
        prepare_tagged(build(TaggedData, {"train": path, "valid_share": 0.2}, "data"), tmp_path / x)
        for x in ("one", "two")
    )
    for name in ("train.jsonl", "valid.jsonl", "labels.json"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert first.counts["valid"] > 0


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ([{"text": "서울 로", "tags": ["O", "O", "O"]}], {},
         r"a.jsonl: line 1: 3 tags for 4 characters, and so in 1 of the first 1 rows.*level=words"),
        ([{"text": "서울 로", "tags": ["O"]}], {"level": "words"}, "1 tags for 2 words"),
        ([{"text": "서울", "tags": ["B-LC", "PS"]}], {},
         r"line 1: no scheme has the tag 'PS' beside 'B-LC'. Known: bio \(B-PS"),
        ([{"text": "서울", "tags": ["B-LC", "E-LC"]}], {"scheme": "bio"},
         'unknown_tag {"tag": "E-LC"}'),
        ([{"text": "서울", "tags": ["O", "O"]}], {}, "no entity in 1 texts to train on"),
        ([{"text": "서울", "mood": "x"}], {}, r"column is the tags\? It has: text, mood. Name it"),
        ([{"words here": "x", "tags": ["O"]}], {}, r"column is the text\? It has: words here"),
        ([SEOUL], {"tags": "tag"}, "no column 'tag'. Did you mean \"tags\"\\? It has: text, tags"),
        ([SEOUL], {"text": "글"}, "no column '글'.*data.text="),
        ([{"text": "서울", "entities": [[0, 6, "LC"]]}], {},
         'cannot be used: outside_text {"entity": \\[0, 6, "LC"\\], "n_characters": 2}'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, rows: list[Any], settings: dict[str, Any], message: str
):
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, train=lines(tmp_path, rows), **settings)


def test_rows_without_text_leave_nothing(tmp_path: Path):
    path = lines(tmp_path, [{"text": " ", "tags": ["O"]}])
    with pytest.raises(DataError, match="no text to train on, from 1 rows. Dropped: empty_text 1"):
        prepared(tmp_path, train=path)


def test_a_column_that_is_no_tag_is_noticed(tmp_path: Path):
    rows = [{"text": "서울", "tags": [f"B-{n}", "O"]} for n in range(600)]
    with pytest.raises(DataError, match="600 different labels, '0' among them; at most 500"):
        prepared(tmp_path, train=lines(tmp_path, rows), **ALL)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "data.train: is missing"),
        ({"train": "a", "text": "x", "tags": "x"}, "data.tags: is the text column too: 'x'"),
        ({"train": "a", "scheme": "biose"}, "data.scheme: must be one of 'auto', 'bio', 'bioes'"),
        ({"train": "a", "level": "token"}, "data.level: must be one of"),
        ({"train": "a", "limit": 0}, "data.limit: must be at least 1; got 0"),
        ({"train": "a", "clean": True}, "data.clean: unknown key"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        build(TaggedData, settings, "data")
