"""The words by which a text is found: Korean without particles and endings, English singular.

Korean words are the forms that Kiwi's dictionary has (먹었습니다 and 먹어서 are both 먹); pairs of
neighbouring syllables beside them find what Kiwi cuts differently in the text and in the query.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from jium.config import config
from jium.text.korean import kiwi
from jium.text.normalise import compose_jamo

PAIR = "\N{MIDDLE DOT}"  # begins a pair of syllables, so that it is not taken for a word

_KOREAN = re.compile(r"[가-힣ㄱ-ㅣ]")
_OTHER = re.compile(r"[^\W_가-힣ㄱ-ㅣ]+")
_RUN = re.compile(r"[가-힣]{2,}")
_CONTENT = ("NN", "NP", "NR", "VV", "VA", "XR", "MM", "MAG", "IC", "SW")  # tags that mean something


@config
class Terms:
    """What a text is looked up by."""

    bigrams: bool = True  # pairs of syllables, beside the words

    def __call__(self, texts: Sequence[str]) -> list[list[str]]:
        """The terms of each text, in order, repeated as they are."""
        composed = [compose_jamo(text) for text in texts]
        korean = iter(kiwi().tokenize([text for text in composed if _KOREAN.search(text)]))
        return [
            [
                *(_korean_words(next(korean)) if _KOREAN.search(text) else ()),
                *(singular(word.lower()) for word in _OTHER.findall(text)),
                *(sign for sign in text if unicodedata.category(sign) == "So"),  # emoji
                *(_pairs(text) if self.bigrams else ()),
            ]
            for text in composed
        ]


def singular(word: str) -> str:
    """An English word without the s of the plural, by the three rules of Harman (1991)."""
    if len(word) < 4 or not word.endswith("s") or not word.isascii():
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]


def _korean_words(morphemes: Sequence[object]) -> Iterator[str]:
    for morpheme in morphemes:
        form, tag = morpheme.form, morpheme.tag  # type: ignore[attr-defined]
        if tag.startswith(_CONTENT) and _KOREAN.search(form):
            yield form


def _pairs(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        yield from (PAIR + run[place : place + 2] for place in range(len(run) - 1))
