"""Examples before a text: which, in what order, and as many as fit."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from jium.data.worker import EXAMPLES
from jium.errors import ConfigError, DataError
from jium.evaluation.execution import Execution
from jium.models.gpt import Gpt, GptConfig
from jium.tasks.generate import Writer
from jium.tasks.prompt import (
    FewShot,
    Prompt,
    Shot,
    choose,
    generate_from,
    prompt,
    prompts_for,
    read_examples,
    similarity,
)
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SHOTS = [
    Shot("영화가 정말 좋았다", "긍정"),
    Shot("배우가 훌륭했다", "긍정"),
    Shot("음악이 아름다웠다", "긍정"),
    Shot("영화가 지루했다", "부정"),
    Shot("시간이 아까웠다", "부정"),
]


# ---------------------------------------------------------------- files


ROWS = [{"input": "가", "output": "나"}, {"input": "다", "output": "라"}]
FILES = {
    "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
    "a.tsv": "input\toutput\n가\t나\n다\t라\n",
    "a.csv": "output,input\n나,가\n라,다\n",
    "b.tsv": "글\tlabel\n가\t나\n다\t라\n",
    "c.tsv": "id\tquestion\tanswer\n1\t가\t나\n2\t다\t라\n",
}


@pytest.mark.parametrize("name", FILES)
def test_examples_come_from_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name], "utf-8")
    assert read_examples(tmp_path / name) == [("가", "나"), ("다", "라")]


def test_examples_come_from_parquet(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"text": ["가"], "label": [3]}), tmp_path / "a.parquet")
    assert read_examples(tmp_path / "a.parquet") == [("가", "3")]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("text\tsource\tlabel\tanswer\n가\t나\t다\t라\n", "utf-8")
    assert read_examples(path, "text", "label") == [("가", "다")]
    assert read_examples(path, "label", "text") == [("다", "가")]
    with pytest.raises(DataError, match="which column is given.*It has: text, source, label"):
        read_examples(path)
    with pytest.raises(DataError, match="no column 'labels'. Did you mean \"label\""):
        read_examples(path, "text", "labels")


def test_what_is_no_example_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("input\toutput\n가\t \n", "utf-8")
    with pytest.raises(DataError, match="line 2: an example without output"):
        read_examples(path)


# ---------------------------------------------------------------- which


def test_the_first_come_as_given() -> None:
    assert choose(SHOTS, "x", FewShot(k=3)) == SHOTS[:3]


def test_random_ones_are_alike_for_a_seed() -> None:
    found = [choose(SHOTS, "x", FewShot(k=3, order="random", seed=seed)) for seed in range(9)]
    assert found[0] == choose(SHOTS, "y", FewShot(k=3, order="random", seed=0))
    assert len({tuple(shots) for shots in found}) > 4
    assert all(len(set(shots)) == 3 for shots in found)


def test_the_most_similar_comes_last() -> None:
    found = choose(SHOTS, "영화가 지루했고 길었다", FewShot(k=2, order="similar"))
    assert found == [SHOTS[0], SHOTS[3]]


@pytest.mark.parametrize("order", ["given", "random", "similar"])
def test_labels_come_equally_often(order: str) -> None:
    for k in range(5):
        found = choose(SHOTS, "영화", FewShot(k=k, order=order, balance=True))
        labels = [shot.output for shot in found]
        assert len(found) == k
        assert abs(labels.count("긍정") - labels.count("부정")) <= 1
    everything = choose(SHOTS, "영화", FewShot(k=9, order=order, balance=True))
    assert sorted(everything) == sorted(SHOTS)  # there are not as many of both


@given(st.text(), st.text())
def test_similarity_is_a_share(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == 1


# ---------------------------------------------------------------- the prompt


def test_the_text_form_ends_where_the_answer_begins() -> None:
    made = prompt(SHOTS, "볼만했다", FewShot(k=2, instruction="감정을 말하라."))
    assert made.text == (
        "감정을 말하라.\n\n"
        "Input: 영화가 정말 좋았다\nOutput: 긍정\n\n"
        "Input: 배우가 훌륭했다\nOutput: 긍정\n\n"
        "Input: 볼만했다\nOutput:"
    )
    assert made.stops == ["\n\n"]


def test_the_message_form_takes_turns() -> None:
    made = prompt(SHOTS, "볼만했다", FewShot(k=1, instruction="감정을 말하라."))
    assert [message["role"] for message in made.messages] == [
        *("system", "user", "assistant", "user")
    ]
    assert [message["content"] for message in made.messages[1:]] == [*SHOTS[0], "볼만했다"]


def test_an_answer_may_hold_the_separator() -> None:
    made = prompt([Shot("a", "b\n\nc")], "d")
    assert made.stops == ["\n\nInput: "]


@given(st.integers(0, 200))
def test_examples_are_left_out_whole(budget: int) -> None:
    made = prompt(SHOTS, "볼만했다", FewShot(k=5), lambda p: len(p.text) <= budget)
    assert made.wanted == 5
    bare = prompt([], "볼만했다").text
    assert made.text.endswith(bare)
    shots = [f"Input: {shot.input}\nOutput: {shot.output}\n\n" for shot in SHOTS[: made.used]]
    assert made.text == "".join(shots) + bare
    assert made.used == 0 or len(made.text) <= budget
    more = prompt(SHOTS, "볼만했다", FewShot(k=made.used + 1)).text
    assert made.used == 5 or len(more) > budget


def test_how_many_of_a_thousand_fit_is_found_in_few_looks() -> None:
    looks = []

    def fits(made: Prompt) -> bool:
        looks.append(made.used)
        return made.used <= 321

    assert prompt(SHOTS * 250, "볼만했다", FewShot(k=1000), fits).used == 321
    assert len(looks) < 15


def test_the_least_similar_is_left_out_first() -> None:
    settings = FewShot(k=5, order="similar")
    made = prompt(SHOTS, "영화가 지루했고", settings, lambda p: len(p.messages) <= 3)
    assert made.used == 1
    assert SHOTS[3].input in made.text


@pytest.mark.parametrize(
    ("options", "message"),
    [({"k": -1}, "k: must be at least 0"), ({"separator": ""}, "separator: must not be empty")],
)
def test_settings_that_make_no_prompt_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FewShot(**options)


# ---------------------------------------------------------------- for a task


@pytest.fixture(scope="module")
def writer() -> Writer:
    tokenizer = Tokenizer.train(
        TokenizerConfig(vocab_size=330), [" ".join(shot) for shot in SHOTS] * 3
    )
    torch.manual_seed(0)
    config = GptConfig(
        **dict(dim=16, n_heads=2, n_kv_heads=2, ffn_dim=32, n_layers=1, max_len=256),
        vocab_size=tokenizer.vocab_size,
    )
    return Writer(Gpt(config).eval(), tokenizer, (tokenizer.start_id,), (tokenizer.eos_id,))


def test_a_prompt_leaves_room_for_the_answer(writer: Writer) -> None:
    shots = SHOTS * 20
    made = prompts_for(writer, ["볼만했다", "글" * 30], shots, max_tokens=20, k=100)
    assert 0 < made[1].used < made[0].used < made[0].wanted == 100
    for one in made:
        assert len(writer.ids(one.text)) + 20 <= 256
        assert isinstance(writer.generate(one.text, max_tokens=20), str)
    one_more = prompt(shots, "볼만했다", FewShot(k=made[0].used + 1))
    assert 1 + len(writer.tokenizer.encode(one_more.text)) + 20 > 256


def test_a_chat_is_measured_with_its_marks() -> None:
    template = SimpleNamespace(ids=lambda messages, reply: [0] * 10 * len(messages))
    model = SimpleNamespace(config=SimpleNamespace(max_len=100))
    task = SimpleNamespace(template=template, model=model)
    made = prompts_for(task, ["볼만했다"], SHOTS, max_tokens=20, k=5)[0]
    assert (made.used, made.wanted) == (3, 5)  # seven messages of ten tokens, and twenty to come


def test_a_model_elsewhere_takes_them_all(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("input\toutput\n" + "\n".join("\t".join(shot) for shot in SHOTS), "utf-8")
    made = prompts_for(object(), ["볼만했다"], path, k=5, order=None)[0]
    assert made.used == 5
    with pytest.raises(ConfigError, match="order: must be one of"):
        prompts_for(object(), ["볼만했다"], path, order="any")


def test_seven_examples_ask_for_sql_that_runs() -> None:
    shots = [Shot(example.korean, example.query) for example in EXAMPLES]
    made = prompt(shots[:6], shots[6].input, FewShot(k=7, instruction="SQL로 답하라."))
    assert made.used == 6
    queries = [m["content"] for m in made.messages if m["role"] == "assistant"]
    assert Execution()(queries, [shot.output for shot in shots[:6]])["execution"] == 100
    answer = "SELECT first_name || ' ' || last_name FROM worker WHERE joined >= '2020-01-01'"
    assert Execution()([answer], [shots[6].output])["execution"] == 100


def test_a_model_is_shown_examples_and_answers_up_to_where_one_ends(tmp_path: Path) -> None:
    class Echo:
        model = None
        before: tuple[int, ...] = ()

        def generate(self, prompts: list[str], stop: list[str], **options: Any) -> list[str]:
            self.asked, self.stop, self.options = prompts, stop, options
            return [" yes" for _ in prompts]

    task = Echo()
    shots = [Shot("a", "1"), Shot("b", "2"), Shot("c", "3")]
    answers, seen = generate_from(task, ["d", "e"], shots, {"k": 2}, temperature=0.0, stop=["."])
    assert answers == ["yes", "yes"]
    assert seen == 2
    assert task.asked[0] == "Input: a\nOutput: 1\n\nInput: b\nOutput: 2\n\nInput: d\nOutput:"
    assert task.stop == [".", "\n\n"]
    assert task.options == {"temperature": 0.0}


def test_a_model_that_chats_is_shown_turns() -> None:
    class Chat:
        model = None

        def chat(self, messages: list[dict[str, str]], **options: Any) -> str:
            return " ".join(message["role"] for message in messages)

    answers, _ = generate_from(Chat(), ["c"], [Shot("a", "1")], {"instruction": "count"})
    assert answers == ["system user assistant user"]


def test_one_string_to_stop_at_is_no_list_of_its_letters(writer: Writer) -> None:
    with pytest.raises(ConfigError, match="stop: must be a list; got 'ab'"):
        generate_from(writer, ["볼만했다"], SHOTS, stop="ab")
