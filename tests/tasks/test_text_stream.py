"""Text that is told piece by piece is never taken back, and adds up."""

import random
from functools import cache
from typing import Any

import pytest

from jium.tasks.text_stream import TextStream
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = [
    "나는 학교에 간다. 값이 없다!",
    "the cat sat, on the mat.",
    "밥을 먹었다 👍🏽 뷁 ok",
    "괜찮아요? 그럼요.\n\n두 줄",
]
KINDS = ("bpe", "unigram", "char", "jamo")


@cache
def tokenizer(kind: Any = "bpe") -> Tokenizer:
    size = 311 if kind == "unigram" else TokenizerConfig(kind=kind).smallest + 20
    return Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=size), TEXTS[:2] * 2)


def told(stream: TextStream, tokens: list[int]) -> list[str]:
    return [*(stream.push(token) for token in tokens), stream.close()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("given", ["", "나는 ", "값"])
def test_the_pieces_of_a_text_add_up_and_none_holds_half_a_character(
    kind: str, text: str, given: str
) -> None:
    cut = tokenizer(kind)
    before, tokens = cut.encode(given), cut.encode(text)
    start, whole = cut.decode(before), cut.decode(before + tokens)
    pieces = told(TextStream(cut, before), tokens)
    assert start + "".join(pieces) == whole
    assert start + TextStream(cut, before).whole(tokens) == whole
    if kind != "char":  # which has no token for most of them
        assert not any("�" in piece for piece in pieces)
    shown = ""
    for piece in pieces:
        shown += piece
        assert whole.startswith(start + shown)


@pytest.mark.parametrize("text", TEXTS)
def test_letters_are_told_once_their_syllable_is_whole(text: str) -> None:
    """A syllable without a final consonant waits: the next letter may be that."""
    cut = tokenizer("jamo")
    shown = ""
    for piece in told(TextStream(cut), cut.encode(text)):
        shown += piece
        assert text.startswith(shown)
    assert shown == text


@pytest.mark.parametrize("seed", range(30))
def test_noise_adds_up_to_what_the_tokens_are_decoded_to(seed: int) -> None:
    """Bytes in any order, whole characters among them."""
    cut, draw = tokenizer("bpe"), random.Random(seed)
    some = cut.encode("가나 ab")
    tokens = [draw.choice([*range(4, 260), *some * 20]) for _ in range(40)]
    before, tokens = tokens[:5], tokens[5:]
    assert "".join(told(TextStream(cut), tokens)) == cut.decode(tokens)
    assert TextStream(cut).whole(tokens) == cut.decode(tokens)
    start, whole = cut.decode(before), cut.decode(before + tokens)
    if whole.startswith(start):
        assert start + "".join(told(TextStream(cut, before), tokens)) == whole


@pytest.mark.parametrize("seed", range(20))
def test_bytes_that_never_become_characters_are_settled_as_they_come(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In long runs of a few bytes, now and then broken off; and never are many decoded at once."""
    cut, draw = tokenizer("bpe"), random.Random(seed)
    halves = [token for token in range(4, 260) if cut.decode([token]) == "\ufffd"]
    runs = [[draw.choice(draw.sample(halves, draw.randint(1, 3))) for _ in range(99)]]
    runs += [draw.sample(halves, 1) * draw.randint(60, 140), cut.encode("뷁a"), runs[0] * 2]
    tokens = [token for run in draw.sample(runs, 4) for token in run]
    whole, most, decode = cut.decode(tokens), 0, cut.decode

    def counted(ids: list[int]) -> str:
        nonlocal most
        most = max(most, len(ids))
        return decode(ids)

    monkeypatch.setattr(cut, "decode", counted)
    assert "".join(told(TextStream(cut), tokens)) == whole
    assert most < 120


def test_a_text_without_an_end_in_sight_is_told_as_it_comes() -> None:
    cut = tokenizer("bpe")
    stream, tokens = TextStream(cut), cut.encode("a b c d e f")
    pieces = [stream.push(token) for token in tokens]
    assert all(pieces) and "".join(pieces) == "a b c d e f" and stream.close() == ""


# ---------------------------------------------------------------- stops


def letters(text: str) -> list[int]:
    """A token for each byte."""
    return [token for char in text for token in tokenizer("bpe").encode(char)]


@pytest.mark.parametrize(
    ("stops", "shown"),
    [
        (["END"], "가나 EN "),
        (["zz"], "가나 EN END. END"),
        (["D", "END"], "가나 EN "),
        (["나 EN E", "가 "], "가"),
        (["다", "가나 EN END. ENDS"], "가나 EN END. END"),
        (["가"], ""),
        ([". "], "가나 EN END"),
    ],
)
def test_a_text_ends_before_the_first_stop_even_across_tokens(stops: Any, shown: str) -> None:
    stream = TextStream(tokenizer("bpe"), [], stops)
    pieces = told(stream, letters("가나 EN END. END"))
    assert "".join(pieces) == shown
    assert stream.stopped == (shown != "가나 EN END. END")
    assert stream.push(letters("x")[0]) == "" or not stream.stopped


@pytest.mark.parametrize("stop", ["END", "ND. E", "나 ", " EN END"])
def test_nothing_of_a_stop_is_ever_shown(stop: str) -> None:
    text = "가나 EN END. END"
    stream, shown = TextStream(tokenizer("bpe"), [], [stop]), ""
    for token in letters(text):
        shown += stream.push(token)
        assert (text[: text.find(stop)]).startswith(shown)


def test_what_might_have_been_a_stop_is_told_as_soon_as_it_is_none() -> None:
    stream = TextStream(tokenizer("bpe"), [], ["END"])
    assert [stream.push(token) for token in letters("xENx")] == ["x", "", "", "ENx"]
    assert [stream.push(token) for token in letters("EN")] == ["", ""]
    assert stream.close() == "EN" and not stream.stopped


def test_a_text_after_a_mark_begins_without_the_space_that_its_tokenizer_writes() -> None:
    settings = TokenizerConfig(kind="unigram", vocab_size=310, special_tokens=["<|end|>"])
    tokenizer = Tokenizer.train(settings, ["나는 학교에 간다 안녕하세요 반갑습니다"] * 5)
    mark = tokenizer.token_id("<|end|>")
    assert mark is not None
    answer = tokenizer.encode("반갑습니다 나는")
    after_mark = TextStream(tokenizer, [*tokenizer.encode("안녕"), mark])
    assert "".join([*map(after_mark.push, answer), after_mark.close()]) == "반갑습니다 나는"
    after_text = TextStream(tokenizer, tokenizer.encode("안녕"))
    assert "".join([*map(after_text.push, answer), after_text.close()]) == " 반갑습니다 나는"
