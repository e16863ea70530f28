"""Speech levels (상대 높임): to whom a Korean sentence is said, as its last ending tells.

Six levels of school grammar: 하십시오체, 해요체, 하오체, 하게체, 해라체, 해체. A sentence that has
no ending (a title, a name, another language) has none, nor has one made a noun (먹었음, 할 것).

Endings are Kiwi's. Some serve two levels: -네 is a cry in 해체 (눈이 오네) and a statement in
하게체 (자네를 믿네); -는가 asks in 하게체 and, in print, in 해라체; -(으)ㅂ시다 is of 하오체, and
하십시오체 uses it too. The rest decides: a word for the hearer that only 하게체 has (자네, 여보게),
or the sure endings of the other sentences of the text. Without either, -네 is 해체, -는가 해라체
(the dictionary has 하게체, whose speakers are few now) and -(으)ㅂ시다 하오체.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from jium.text.endings import Ending, is_mark, last_ending
from jium.text.korean import Morpheme, analyse
from jium.text.sentences import sentence_spans

LEVELS = {  # romanised as in the literature; in order of school grammar
    "hasipsio": "하십시오체",
    "haeyo": "해요체",
    "hao": "하오체",
    "hage": "하게체",
    "haera": "해라체",
    "hae": "해체",
    "none": "등급 없음",
}
POLITE = ("hasipsio", "haeyo", "hao")  # the others are plain


@dataclass(frozen=True)
class SpeechLevel:
    """The level of a sentence, and text[start:end], the ending that shows it (empty for none)."""

    name: str
    ending: str = ""
    start: int = 0
    end: int = 0

    @property
    def korean(self) -> str:
        """하십시오체 and so on."""
        return LEVELS[self.name]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a text: text[start:end], its level, and whether another's words are quoted."""

    start: int
    end: int
    level: SpeechLevel
    quoted: bool = False


@dataclass(frozen=True)
class SpeechLevels:
    """The sentences of a text. Quoted speech and sentences without a level do not count."""

    sentences: list[Sentence] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many sentences have each level."""
        names = (one.level.name for one in self.sentences if not one.quoted)
        return Counter(name for name in names if name != "none")

    @property
    def levels(self) -> list[str]:
        """The levels that occur, the commonest first."""
        return [name for name, _ in self.counts.most_common()]

    @property
    def mixed(self) -> bool:
        """Whether more than one level occurs."""
        return len(self.levels) > 1

    @property
    def clashing(self) -> bool:
        """Whether polite levels stand beside plain ones, which is harder to excuse than mixing."""
        return len({name in POLITE for name in self.levels}) > 1


def speech_level(sentence: str) -> SpeechLevel:
    """The level of one sentence (of several, that of the last). Spans are of the text in NFC."""
    text = unicodedata.normalize("NFC", sentence)
    tokens = analyse(text)
    ending = last_ending(_outside(tokens, _quotes(text)) or tokens)
    return _level(ending, _evidence(tokens))


def speech_levels(text: str) -> SpeechLevels:
    """The level of every sentence of a text, each read in the light of the others."""
    text = unicodedata.normalize("NFC", text)
    quotes, spans = _quotes(text), sentence_spans(text)
    tokens = [_analyse(text, start, end) for start, end in spans]
    said = [_outside(one, quotes) for one in tokens]
    if not any(said):  # all is quoted, so it is the text
        said = tokens
    endings = [last_ending(ours or all_) for ours, all_ in zip(said, tokens, strict=True)]
    among = _in_use(endings, said)
    return SpeechLevels(
        [
            Sentence(*span, _level(ending, among), quoted=not ours)
            for span, ending, ours in zip(spans, endings, said, strict=True)
        ]
    )


def _analyse(text: str, start: int, end: int) -> list[Morpheme]:
    """The morphemes of text[start:end], with their places in the text."""
    found = analyse(text[start:end])
    return [one._replace(start=one.start + start, end=one.end + start) for one in found]


def _level(ending: Ending | None, among: set[str]) -> SpeechLevel:
    if ending is None:
        return SpeechLevel("none")
    name = next((name for name in ending.shared if name in among), ending.level)
    return SpeechLevel(name, ending.form, ending.start, ending.end)


# ---------------------------------------------------------------- what decides shared endings


def _in_use(endings: Sequence[Ending | None], outside: Sequence[Sequence[Morpheme]]) -> set[str]:
    """The levels that a text surely uses."""
    said = [ending for ending, tokens in zip(endings, outside, strict=True) if ending and tokens]
    sure = {ending.level for ending in said if not ending.shared}
    return sure.union(*map(_evidence, outside))


def _evidence(tokens: Sequence[Morpheme]) -> set[str]:
    """하게체, where the hearer is called 자네, 여보게 or 이 사람아, or told to do something so."""
    names = any(token.form in ("자네", "여보게", "이보게") for token in tokens)
    calls = any(
        [one.form for one in tokens[place : place + 3]] == ["이", "사람", "아"]
        for place in range(len(tokens))
    )
    tells = any(
        before.tag.startswith(("VV", "VX", "XSV")) and token.form == "게" and after.tag == "SP"
        for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )
    return {"hage"} if names or calls or tells else set()


# ---------------------------------------------------------------- quoted speech

_QUOTED = re.compile("\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|(?<!\\w)'[^']*'|‘[^’]*’")


def _quotes(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _QUOTED.finditer(text)]


def _outside(tokens: Sequence[Morpheme], quotes: Sequence[tuple[int, int]]) -> list[Morpheme]:
    """The morphemes that are not quoted; none where only marks are left."""
    kept = [
        token for token in tokens if not any(start <= token.start < end for start, end in quotes)
    ]
    return kept if any(not is_mark(token) for token in kept) else []
