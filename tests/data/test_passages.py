"""Passages as tokens that know their characters, and as windows that hold every one of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.config import build
from jium.data.frames import Frame
from jium.data.passages import NOWHERE, Passage, Windows, cut, read_passages
from jium.errors import ConfigError, DataError
from jium.text.settings import Kind, TokenizerConfig
from jium.text.tokenizer import Tokenizer

TEXT = (
    "캐나다 철도는 1881년에 지어졌다. 떡볶이가 맛있다! Hello  World\n새 줄 👩‍👩‍👧 값이 cafe\u0301ᄒ"
)
FRAME = Frame((90,), (91,), (92,))
KINDS: dict[Kind, int] = {
    "bpe": 330, "wordpiece": 600, "unigram": 326, "word": 340, "char": 340, "morpheme": 330,
    "jamo": 330,
}  # fmt: skip


def numbered(n: int) -> Passage:
    """A passage of n tokens of two characters each, 1000, 1001, ..."""
    places = np.arange(n)
    return Passage("ab" * n, 1000 + places, 2 * places, 2 * places + 2)


@pytest.fixture(scope="module", params=list(KINDS))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    settings = TokenizerConfig(kind=request.param, vocab_size=KINDS[request.param], min_frequency=1)
    return Tokenizer.train(settings, [TEXT] * 3)


# ---------------------------------------------------------------- tokens and characters


def test_tokens_are_those_of_the_tokenizer_with_their_characters(tokenizer: Tokenizer):
    texts = [TEXT, "", "철도", TEXT[::-1]]
    for text, passage in zip(texts, read_passages(tokenizer, texts), strict=True):
        assert passage.ids.tolist() == tokenizer.encode(text)
        spans = list(zip(passage.starts.tolist(), passage.ends.tolist(), strict=True))
        assert spans == tokenizer.offsets(text)
    assert read_passages(tokenizer, []) == []


@pytest.mark.parametrize(
    "answer", ["1881년", "떡볶이", "World", "👩‍👩‍👧", "값", "캐나다", "줄 👩‍👩‍👧"]
)
def test_the_tokens_of_an_answer_say_the_answer(tokenizer: Tokenizer, answer: str):
    """And no more than what stands in the same words."""
    passage = read_passages(tokenizer, [TEXT])[0]
    start = TEXT.index(answer)
    tokens = passage.tokens(start, start + len(answer))
    assert tokens is not None
    begin, end = passage.characters(*tokens)
    assert begin <= start and end >= start + len(answer)
    found = TEXT[begin:end]
    assert found == found.strip() and len(found.split()) == len(answer.split())


def test_any_tokens_are_whole_characters(tokenizer: Tokenizer):
    """Of an emoji of three people none is cut out, and no accent is left behind."""
    passage = read_passages(tokenizer, [TEXT])[0]
    family, accent = TEXT.index("👩"), TEXT.index("\u0301")
    for first in range(len(passage)):
        for last in range(first, min(first + 4, len(passage))):
            start, end = passage.characters(first, last)
            assert 0 <= start <= end <= len(TEXT)
            assert not family < start < family + 5 and not family < end < family + 5
            assert accent not in (start, end)


def test_an_answer_between_tokens_has_none():
    passage = Passage("가  나", np.array([1, 2]), np.array([0, 3]), np.array([1, 4]))
    assert passage.tokens(1, 3) is None
    assert passage.tokens(0, 4) == (0, 1)


def test_half_a_character_is_refused(tokenizer: Tokenizer):
    with pytest.raises(DataError, match="passage 2 holds half a character"):
        read_passages(tokenizer, ["가", "\ud800"])


# ---------------------------------------------------------------- windows


@given(
    n=st.integers(0, 90),
    n_question=st.integers(1, 30),
    max_len=st.integers(5, 60),
    stride=st.integers(1, 80),
    max_question=st.integers(1, 40),
)
def test_windows_hold_every_token_and_no_more_than_the_model_takes(
    n: int, n_question: int, max_len: int, stride: int, max_question: int
):
    passage, question = numbered(n), list(range(n_question))
    how = Windows(stride=stride, max_question=max_question)
    windows = cut(question, passage, FRAME, how, max_len)
    seen = set()
    for window in windows:
        assert len(window.ids) == len(window.segments) <= max_len
        kept = window.ids[1 : window.offset - 1].tolist()
        assert kept == question[: len(kept)] and 0 < len(kept) <= max_question
        assert window.ids[0] == 90 and window.ids[window.offset - 1] == 92
        assert window.ids[-1] == 91 and window.offset + window.n + 1 == len(window.ids)
        part = window.ids[window.offset : window.offset + window.n]
        assert part.tolist() == list(range(1000 + window.first, 1000 + window.first + window.n))
        assert window.segments.tolist() == [0] * window.offset + [1] * (window.n + 1)
        seen.update(part.tolist())
    assert len(seen) == n and len(windows) >= 1
    assert len({window.first for window in windows}) == len(windows)


@given(n=st.integers(1, 90), max_len=st.integers(8, 40), stride=st.integers(1, 80), data=st.data())
def test_an_answer_of_half_a_window_stands_whole_in_one(
    n: int, max_len: int, stride: int, data: st.DataObject
):
    passage, how = numbered(n), Windows(stride=stride)
    windows = cut([7, 8], passage, FRAME, how, max_len)
    longest = max(1, (max_len - 5) // 2)
    first = data.draw(st.integers(0, n - 1))
    last = data.draw(st.integers(first, min(n, first + longest) - 1))
    places = [window.place((first, last)) for window in windows]
    assert any(place != NOWHERE for place in places)
    for window, (start, end) in zip(windows, places, strict=True):
        if (start, end) != NOWHERE:
            assert window.ids[start : end + 1].tolist() == list(range(1000 + first, 1001 + last))
        assert window.place(None) == NOWHERE


def test_a_short_passage_is_one_window():
    assert len(cut([1, 2], numbered(20), FRAME, Windows(), 25)) == 1
    assert len(cut([1, 2], numbered(21), FRAME, Windows(), 25)) == 2


def test_a_model_without_room_is_refused():
    with pytest.raises(ConfigError, match="model.max_len: leaves no room"):
        cut([1], numbered(3), FRAME, Windows(), 4)
    with pytest.raises(ConfigError, match="max_question: must be at least 1; got 0"):
        build(Windows, {"max_question": 0})
