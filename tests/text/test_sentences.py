"""Sentences end where they end, with and without full stops."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from jium.text.sentences import sentence_spans, sentences

pytest.importorskip("kiwipiepy")

STOP = re.compile(r"(?<=[.!?…])\s+|\n+")


@cache
def by_hand() -> list[tuple[str, list[str]]]:
    r"""Texts and their sentences, from sentences.tsv: ¦ stands before each but the first, \n for a
    line break. Those of the kind "later" were written after the rules of jium.
    """
    lines = Path(__file__).with_name("sentences.tsv").read_text("utf-8").splitlines()[1:]
    cells = [line.split("\t")[1].replace("\\n", "\n") for line in lines]
    return [(cell.replace("¦", ""), [p.strip() for p in cell.split("¦")]) for cell in cells]


def split_on_stops(text: str) -> list[str]:
    """What people write when they need sentences quickly."""
    return [part.strip() for part in STOP.split(text) if part.strip()]


def test_a_sentence_ends_without_a_full_stop():
    assert sentences("나는 웃었다 비가 온다") == ["나는 웃었다", "비가 온다"]


def test_splitting_beats_full_stops_by_hand_made_sentences():
    texts = by_hand()
    assert sum(len(expected) for _, expected in texts) >= 200
    ours = sum(sentences(text) == expected for text, expected in texts) / len(texts)
    stops = sum(split_on_stops(text) == expected for text, expected in texts) / len(texts)
    assert ours >= stops + 0.15
    assert ours >= 0.9  # 0.93 when this was written, full stops 0.37, Kiwi alone 0.77


def test_the_spans_joined_are_the_text():
    for text, _ in by_hand():
        for written in (f"  {text}\n ", unicodedata.normalize("NFD", text)):
            spans = sentence_spans(written)
            assert "".join(written[start:end] for start, end in spans) == written
            assert all(written[start:end].strip() for start, end in spans)


@pytest.mark.parametrize(
    "text",
    [
        '그는 "오늘은 안 가. 내일 갈게."라고 말했다.',
        "『나는 간다. 너는 온다.』를 읽었다.",
        "그는 “엄마가 ‘먼저 먹어. 늦을 거야.’라고 했어. 먹자.”라고 말했다.",
        "오늘 (비가 왔다. 정말.) 학교에 갔다.",
        'He said "Go. Now." to me.',
    ],
)
def test_quotes_and_brackets_stay_whole(text: str):
    assert sentences(text) == [text]


def test_what_closes_nothing_and_what_nothing_closes_does_no_harm():
    assert sentences("좋아요 :) 또 올게요.") == sentences("좋아요 :) 또 올게요.\n")
    assert sentences("1) 밥을 먹는다. 2) 물을 마신다.") == ["1) 밥을 먹는다.", "2) 물을 마신다."]
    assert sentences("(참고로 비가 왔다. 그래서 안 갔다.") == [
        "(참고로 비가 왔다.",
        "그래서 안 갔다.",
    ]
    assert sentences("I don't know. She's gone. It's ok.") == [
        "I don't know.",
        "She's gone.",
        "It's ok.",
    ]


def test_reported_speech_and_joined_actions_are_one_sentence():
    for text in ("그가 온다 해도 나는 간다", "시장에 갔다 왔다", "나는 그가 착하다 생각한다"):
        assert sentences(text) == [text]


def test_emoji_belong_to_the_sentence_before_them():
    assert sentences("좋아요 😍 또 올게요 👍") == ["좋아요 😍", "또 올게요 👍"]
    assert sentences("좋아요\n😍 또 올게요")[0] == "좋아요"


def test_normal_forms_are_cut_alike():
    text = "나는 웃었다 비가 온다. café에 갔다 😀 좋았다"
    apart = unicodedata.normalize("NFD", text)
    assert [unicodedata.normalize("NFC", s) for s in sentences(apart)] == sentences(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000"])
def test_nothing_has_no_sentence(text: str):
    assert sentences(text) == sentence_spans(text) == []


@pytest.mark.parametrize(
    "text",
    ["ㅋㅋ", "ㅠ", "ᆫ", "👩‍👩‍👧", ".", "...", '"', "((((", "비", "한\ud800글", "\x00", "שלום"],
)
def test_a_single_odd_thing_is_one_sentence(text: str):
    assert sentences(text) == [text]


def test_right_to_left_text_is_cut_at_its_full_stops():
    assert sentences("שלום עולם. مرحبا.") == ["שלום עולם.", "مرحبا."]
