"""Answers pulled out of passages, by a reader whose logits are known, and by a trained one."""

import math
import unicodedata
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jium.data.frames import Frame
from jium.data.passages import Windows
from jium.errors import ConfigError, DataError, RunError
from jium.tasks.answer import Answerer
from jium.text.settings import TokenizerConfig
from jium.text.tokenizer import Tokenizer

ALPHABET = "가나다라마바사아자차카타파하 .?\n👩‍👧e\u0301é"
CONTEXT = "가나다라. 마바사아 자차카타 파하\n다가 라나 바마 아사"


class Known(nn.Module):
    """A reader whose logits depend on the token alone: a table of (vocab, 2)."""

    def __init__(self, table: Tensor, max_len: int) -> None:
        super().__init__()
        self.table = nn.Parameter(table)
        self.config = type("Config", (), {"max_len": max_len})
        self.longest = 0

    def forward(self, tokens: Tensor, layout: Any, segments: Tensor) -> Tensor:
        self.longest = max(self.longest, layout.time)
        assert layout.time <= self.config.max_len  # type: ignore[attr-defined]
        return self.table[tokens]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    settings = TokenizerConfig(kind="char", vocab_size=400, min_frequency=1)
    return Tokenizer.train(settings, [ALPHABET])


def reader(
    tokenizer: Tokenizer,
    starts: dict[str, float] | None = None,
    ends: dict[str, float] | None = None,
    max_len: int = 64,
    threshold: float | None = None,
    **windows: int,
) -> Answerer:
    """One that likes to begin and to end an answer at some characters; random without."""
    torch.manual_seed(0)
    table = torch.randn(tokenizer.vocab_size, 2)
    for column, liked in enumerate((starts, ends)):
        if liked is not None:
            table[:, column] = 0.0
            for character, logit in liked.items():
                table[tokenizer.token_id(character), column] = logit
    model: Any = Known(table, max_len)
    return Answerer(model, tokenizer, Frame.of(tokenizer), Windows(**windows), threshold)


# ---------------------------------------------------------------- which span


def test_the_best_span_begins_and_ends_where_the_logits_say(tokenizer: Tokenizer):
    task = reader(tokenizer, {"마": 9.0}, {"타": 9.0})
    found = task.answer("가?", CONTEXT)
    assert found["answer"] == "마바사아 자차카타" == CONTEXT[found["start"] : found["end"]]
    assert 0.9 < found["score"] <= 1
    assert found["n_best"] == [{k: v for k, v in found.items() if k != "n_best"}]


def test_an_answer_ends_where_it_begins_or_later(tokenizer: Tokenizer):
    task = reader(tokenizer, {"사": 9.0}, {"나": 9.0, "마": 8.0})
    start, end = (task.answer("나가?", "가나다 마바사 다라")[key] for key in ("start", "end"))
    assert start < end


def test_an_answer_has_no_more_tokens_than_asked_for(tokenizer: Tokenizer):
    task = reader(tokenizer, {"마": 9.0}, {"타": 9.0})
    for longest in (1, 3, 8, 9):
        found = task.answer("가?", CONTEXT, max_answer_tokens=longest)
        assert len(found["answer"]) <= longest
    assert task.answer("가?", CONTEXT, max_answer_tokens=9)["answer"] == "마바사아 자차카타"


def test_only_the_passage_is_answered(tokenizer: Tokenizer):
    """Not the question, whose characters are liked best, nor the special tokens."""
    task = reader(tokenizer, {"하": 9.0, "가": 1.0}, {"하": 9.0, "나": 1.0})
    with torch.no_grad():
        for special in (tokenizer.cls_id, tokenizer.sep_id):
            task.model.table[special] = 50.0  # type: ignore[operator]
    assert task.answer("하하하?", "다라 가나 마바")["answer"] == "가나"


@pytest.mark.parametrize("longest", [1, 4, 30])
def test_scores_are_one_softmax_over_all_spans(tokenizer: Tokenizer, longest: int):
    """By hand: every span of one window, whose margins are logits less those of [CLS]."""
    task, context = reader(tokenizer), "가나다 라마"
    table = task.model.table.detach().numpy()  # type: ignore[union-attr,operator]
    ids, null = tokenizer.encode(context), table[tokenizer.cls_id].sum()
    margins = {
        (first, last): table[ids[first], 0] + table[ids[last], 1] - null
        for first, last in product(range(len(ids)), repeat=2)
        if first <= last < first + longest
    }
    total = sum(math.exp(margin) for margin in margins.values())
    found = task.answer("가?", context, n_best=100, max_answer_tokens=longest)["n_best"]
    shares: dict[str, float] = {}  # no two spans of this passage say the same
    for (first, last), margin in margins.items():
        text = context[first : last + 1].strip()
        shares[text] = max(shares.get(text, 0.0), math.exp(margin) / total)
    shares.pop("", None)
    assert {one["answer"]: one["score"] for one in found} == pytest.approx(shares, rel=1e-4)
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)


# ---------------------------------------------------------------- long passages


@pytest.mark.parametrize(("max_len", "stride"), [(24, 128), (24, 3), (31, 5), (16, 1), (90, 7)])
def test_windows_do_not_change_an_answer(tokenizer: Tokenizer, max_len: int, stride: int):
    """Of a reader that looks at one token at a time, whatever the window it stands in."""
    rng = np.random.default_rng(0)
    characters = list(ALPHABET[:14] + " ")
    for _ in range(10):
        context = "".join(rng.choice(characters, size=int(rng.integers(20, 200)))) + "가"
        whole = reader(tokenizer, max_len=1000)
        cut = reader(tokenizer, max_len=max_len, stride=stride)
        asked = dict(n_best=5, max_answer_tokens=4)
        one, other = (task.answer("가나?", context, **asked) for task in (whole, cut))
        assert [n["answer"] for n in one["n_best"]] == [n["answer"] for n in other["n_best"]]
        for a, b in zip(one["n_best"], other["n_best"], strict=True):
            assert a["score"] == pytest.approx(b["score"], rel=1e-3)
            assert (a["start"], a["end"]) == (b["start"], b["end"])


def test_an_answer_is_found_at_the_end_of_a_long_passage(tokenizer: Tokenizer):
    context = "나다라 " * 3000 + "마바타" + " 다라나" * 3000
    task = reader(tokenizer, {"마": 9.0}, {"타": 9.0})
    found = task.answer("가?", context)
    assert (found["answer"], found["start"]) == ("마바타", 12000)
    assert task.model.longest <= 64  # type: ignore[union-attr]


def test_lists_are_answered_as_one_by_one(tokenizer: Tokenizer):
    task = reader(tokenizer, max_len=20)
    contexts = [CONTEXT, "가", "나다라 " * 40, CONTEXT[::-1], "가나"]
    questions = ["가?", "나다?", "마바사아자차?", "나?", "라라라라라라라라라라라라라"]
    expected = [task.answer(*pair) for pair in zip(questions, contexts, strict=True)]
    together = task.answer(questions, contexts)
    for a, b in zip(together, expected, strict=True):
        assert (a["answer"], a["start"]) == (b["answer"], b["start"])
        assert a["score"] == pytest.approx(b["score"], rel=1e-4)
    shared = task.answer(questions, CONTEXT)
    assert shared[0]["answer"] == expected[0]["answer"] and len(shared) == 5
    assert [one["answer"] for one in task.answer("가?", contexts)][0] == expected[0]["answer"]
    assert task.answer([], []) == [] == task.answer([], CONTEXT)


# ---------------------------------------------------------------- no answer


def test_below_the_threshold_nothing_is_answered(tokenizer: Tokenizer):
    task = reader(tokenizer, {"마": 3.0}, {"타": 3.0})
    margin = task.spans(["가?"], [CONTEXT])[0].spans[0].margin
    task.threshold = margin - 0.01
    assert task.answer("가?", CONTEXT)["answer"] == "마바사아 자차카타"
    task.threshold = margin + 0.01
    found = task.answer("가?", CONTEXT, n_best=2)
    assert (found["answer"], found["start"], found["end"]) == ("", None, None)
    assert found["n_best"][1]["answer"] == "마바사아 자차카타"
    assert found["n_best"][0]["score"] > found["n_best"][1]["score"]


def test_answers_and_no_answer_share_one_softmax(tokenizer: Tokenizer):
    task = reader(tokenizer, threshold=0.5)
    found = task.answer("가?", "가나다", n_best=100)
    assert sum(one["score"] for one in found["n_best"]) == pytest.approx(1, rel=1e-4)
    assert [one["answer"] for one in found["n_best"]].count("") == 1


def test_white_space_is_no_answer_however_well_it_is_liked(tokenizer: Tokenizer):
    task = reader(tokenizer, {" ": 9.0, "가": 1.0}, {" ": 9.0, "가": 1.0})
    assert task.answer("가?", "나 가", max_answer_tokens=1)["answer"] == "가"


# ---------------------------------------------------------------- characters


def test_offsets_are_those_of_the_passage_as_given(tokenizer: Tokenizer):
    task = reader(tokenizer, {"마": 9.0}, {"아": 9.0})
    apart = unicodedata.normalize("NFD", CONTEXT)
    found = task.answer(unicodedata.normalize("NFD", "가?"), apart)
    assert found["answer"] == unicodedata.normalize("NFD", "마바사아")
    assert apart[found["start"] : found["end"]] == found["answer"]
    assert found["score"] == pytest.approx(task.answer("가?", CONTEXT)["score"], rel=1e-5)


def test_an_emoji_is_not_cut(tokenizer: Tokenizer):
    task = reader(tokenizer, {"👩": 9.0}, {"👩": 9.0})
    assert task.answer("가?", "가 👩‍👧 나")["answer"] == "👩‍👧"


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("question", "context", "message"),
    [
        (["가", " "], CONTEXT, "question 2 is empty. Leave it out"),
        ("가", " \n", "passage 1 is empty"),
        (["가", "나"], [CONTEXT], "2 questions but 1 passages"),
        ("가", "가 \ud800", "passage 1 holds half a character"),
    ],
)
def test_what_cannot_be_answered_is_said(
    tokenizer: Tokenizer, question: Any, context: Any, message: str
):
    with pytest.raises(DataError, match=message):
        reader(tokenizer).answer(question, context)


@pytest.mark.parametrize("settings", [{"n_best": 0}, {"max_answer_tokens": -1}])
def test_counts_are_one_or_more(tokenizer: Tokenizer, settings: dict[str, int]):
    with pytest.raises(ConfigError, match="must be at least 1"):
        reader(tokenizer).answer("가", "나", **settings)


def test_a_model_too_short_for_a_question_and_a_passage_is_refused(tokenizer: Tokenizer):
    with pytest.raises(ConfigError, match="model.max_len: leaves no room"):
        reader(tokenizer, max_len=4).answer("가", "나")


def test_a_folder_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(RunError, match="no such run folder"):
        Answerer.load(tmp_path / "none")
