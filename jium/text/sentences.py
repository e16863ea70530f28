"""Cutting Korean and English text into sentences, with or without full stops.

Kiwi finds where a Korean sentence ends by its final ending, as in `나는 웃었다 비가 온다`. Four
rules repair what it leaves: endings that it took for joining ones, full stops in English, emoji
(they belong to the sentence before), and cuts inside quotes or brackets, which stay whole.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

from jium.text.korean import Span, kiwi

DEEPEST = 8  # open quotes and brackets that are kept in mind


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without white space around them."""
    return [text[start:end].strip() for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[Span]:
    """Start and end of each sentence with the white space after it: joined, they are the text.

    A text of white space alone has no sentence.
    """
    if not text.strip():
        return []
    composed, places = _composed(text)
    found = kiwi().split_into_sents(composed, return_tokens=True, return_sub_sents=False)
    tokens = [token for sentence in found for token in sentence.tokens]
    pairs = list(_pairs(composed))
    starts = {sentence.start for sentence in found[1:]}
    starts -= _before_particles(composed, tokens) | _after_asides(composed, pairs)
    starts |= _after_endings(composed, tokens) | _after_stops(composed)
    starts -= _inside(composed, pairs)
    starts = {_after_emoji(composed, start) for start in starts}
    cuts = sorted({0, *(places[start] for start in starts), len(text)})
    return list(pairwise(cuts))


# ---------------------------------------------------------------- cuts to add


def _after_endings(text: str, tokens: Sequence[Any]) -> set[int]:
    """Starts of sentences after endings that Kiwi tagged as joining (EC) and that join nothing."""
    return {
        after.start
        for before, ending, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if _ends(before, ending)
        and text[ending.end : after.start].isspace()
        and not after.tag.startswith(_PREDICATES)
        and after.form not in _SAYING
    }


def _ends(before: Any, ending: Any) -> bool:
    """Whether a sentence ends here: 합니다 and 했다 do, 하다 may be 하다가."""
    if (ending.form, ending.tag) == ("요", "JX"):
        return before.tag == "EC"  # 좋고요, 하는데요
    if ending.tag != "EC":
        return False
    if before.tag == "EP":
        return ending.form in _FINAL or ending.form in ("다", "니", "냐")
    return ending.form in _FINAL or (ending.form == "다" and before.tag.startswith(_STATES))


# Endings that close a sentence wherever they stand, but for reported speech without a quote.
_FINAL = {
    *("ᆸ니다", "습니다", "ᆸ니까", "습니까", "ᆸ시다", "읍시다", "십시오", "ᆫ다", "는다"),
    *("어요", "아요", "에요", "세요", "으세요", "네요", "군요", "지요", "죠", "구나", "는구나"),
    *("어라", "아라", "거라", "ᆯ까", "을까", "ᆯ까요", "을까요"),
}
_STATES = ("VA", "VX", "XSA", "VCP", "VCN")  # after an action 다 may be 다가: 걷다 넘어졌다
# 온다 해도, 착하다 생각한다: the sentence goes on where somebody says or thinks it; 춥다 못해.
_PREDICATES = ("V", "XR", "XSV", "XSA", "E", "J")
_SAYING = {
    *("생각", "말", "소리", "얘기", "이야기", "주장", "느낌", "판단"),
    *("싶", "듯", "못", "하고", "라고"),
}


def _after_stops(text: str) -> set[int]:
    """Starts of sentences after a stop where Kiwi sees none: in English, before a quote."""
    found = set()
    for stop in _STOP.finditer(text):
        before = text[max(0, stop.start() - 20) : stop.start()]
        english = _LATIN_WORD.search(before) and not (
            stop[1] == "." and _ABBREVIATED.search(before)
        )
        # Past a Korean quote the sentence may go on: "좋아." 하고 말했다.
        if english or (before.endswith(_KOREAN_ENDS) and not stop[2]):
            found.add(stop.end())
    return found


# A stop, what closes, white space; then what may begin a sentence (not a digit: Apt. 5).
_STOP = re.compile(r"(?<![.!?…])([.!?…]+)([\"'”’)\]]*)\s+(?=[\"'“‘(\[]?[A-ZÀ-Þ가-힣])")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][\w’']*$")
_KOREAN_ENDS = ("다", "요", "까", "죠")
_ABBREVIATED = re.compile(
    r"(?:^|\W)(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Gen|Rev|Capt|vs|etc|cf|al|Fig|No|Vol|pp|Inc|"
    r"Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$"
)


# ---------------------------------------------------------------- cuts to take away or move


def _before_particles(text: str, tokens: Iterable[Any]) -> set[int]:
    """Starts of particles that hang on what stands before: `"Try again."이라고`."""
    return {
        token.start
        for token in tokens
        if token.tag.startswith("J") and token.start and not text[token.start - 1].isspace()
    }


def _after_asides(text: str, pairs: Iterable[Span]) -> set[int]:
    """Places past brackets that opened amid a sentence: 오늘 (비가 왔다.) 학교에 갔다."""
    return {
        _past_space(text, end + 1)
        for start, end in pairs
        if text[start] in "([（［" and _AMID.search(text[max(0, start - 20) : start])
    }


def _past_space(text: str, place: int) -> int:
    return next((n for n in range(place, len(text)) if not text[n].isspace()), len(text))


_AMID = re.compile(r"[^\s.!?…다요까죠]\s*$")  # neither a stop nor a final ending


def _inside(text: str, pairs: Sequence[Span]) -> set[int]:
    """Places between an opening quote or bracket and the one that closes it."""
    opens, closes = Counter(start + 1 for start, _ in pairs), Counter(end + 1 for _, end in pairs)
    depths = accumulate(opens[place] - closes[place] for place in range(len(text) + 1))
    return {place for place, depth in enumerate(depths) if depth}


def _pairs(text: str) -> Iterator[Span]:
    """Places of quotes and brackets that belong together, on one line; :) closes nothing."""
    opened: list[int] = []
    for mark in _MARKS.finditer(text):
        place, sign = mark.start(), mark[0]
        matching = [n for n, other in enumerate(opened) if _CLOSES[text[other]] == sign]
        if sign == "\n":
            opened.clear()
        elif matching and not (sign in _STRAIGHT and text[place - 1].isspace()):
            yield opened[matching[-1]], place
            del opened[matching[-1] :]
        elif sign in _CLOSES and not _apostrophe(text, place):
            opened = [*opened[-DEEPEST:], place]


def _apostrophe(text: str, place: int) -> bool:
    """Whether a ' is no quote, as in don't and '99: it stands between letters, or before digits."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    return text[place] in _STRAIGHT and (
        not after or after.isspace() or (text[place] == "'" and (before + after).isalnum())
    )


_STRAIGHT = "\"'"
_CLOSES = dict(zip("\"'“‘(［[{「『《〈（【", "\"'”’)］]}」』》〉）】", strict=True))
_MARKS = re.compile("[\n" + re.escape("".join({*_CLOSES, *_CLOSES.values()})) + "]")


def _after_emoji(text: str, start: int) -> int:
    """`start`, or past the emoji there: in 좋아요 😍 또 올게요 it belongs to 좋아요.

    One at the beginning of a line, or written up against the next word, stays with that.
    """
    found = _EMOJI.match(text, start)
    if found is None:
        return start
    gap = start
    while text[gap - 1].isspace():
        gap -= 1
    alone = found.end() == len(text) or found[0][-1].isspace()
    return found.end() if "\n" not in text[gap:start] and (alone or gap == start) else start


_EMOJI = re.compile("(?:[\u2661\u2665\u263a\u2764\U0001f1e6-\U0001faff\ufe0f\u200d]+\\s*)+")


def _composed(text: str) -> tuple[str, list[int]]:
    """The text in NFC, and for each of its places, the end too, the place in `text`.

    Kiwi does not see Hangul that is spelled as conjoining jamo.
    """
    text = _HALVES.sub("\ufffd", text)
    if unicodedata.is_normalized("NFC", text):
        return text, list(range(len(text) + 1))
    pieces, places = [], []
    for cluster in _CLUSTER.finditer(text):
        pieces.append(unicodedata.normalize("NFC", cluster[0]))
        places += [cluster.start()] * len(pieces[-1])
    return "".join(pieces), [*places, len(text)]


_HALVES = re.compile("[\ud800-\udfff]")  # lone surrogates, on which Kiwi stumbles
# A character with the vowel and final jamo, or the accents, that follow it.
_CLUSTER = re.compile("[\\s\\S][\u1160-\u11ff\u0300-\u036f]*")
