"""The words that say what a sentence is about: no particles, no endings, none that all texts have.

Korean: nouns, verbs and adjectives, in the forms of Kiwi's dictionary (먹었습니다 is 먹). Other
scripts: words in lower case, English ones singular and without its function words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from jium.text.korean import kiwi
from jium.text.stopwords import StopWords
from jium.text.terms import singular

NOUNS = ("NNG", "NNP", "XR")
PREDICATES = ("VV", "VA")
# Verbs that say little alone: do, become, be, not be, be like, see, come out.
LITTLE = ("하", "되", "있", "없", "같", "보", "나오", "이러", "그러", "어떻", "그렇", "이렇")

_HANGUL = re.compile(r"[가-힣]")
_HALVES = re.compile("[\ud800-\udfff]")  # lone surrogates, on which Kiwi stumbles
_OTHER = re.compile(r"[^\W\d_가-힣ㄱ-ㅣ]+(?:['’][^\W\d_가-힣ㄱ-ㅣ]+)*")


def content_words(texts: Sequence[str], verbs: bool = True) -> list[list[str]]:
    """The content words of each text, in order, repeated as they are.

    verbs: False leaves Korean verbs and adjectives out; words of other scripts bear no tag.
    """
    composed = [unicodedata.normalize("NFC", _HALVES.sub(" ", text)) for text in texts]
    korean = iter(kiwi().tokenize([text for text in composed if _HANGUL.search(text)]))
    tags = NOUNS + PREDICATES if verbs else NOUNS
    return [
        [word for _, word in sorted([*_korean(text, korean, tags), *_others(text)])]
        for text in composed
    ]


def _korean(text: str, analyses: object, tags: tuple[str, ...]) -> list[tuple[int, str]]:
    found = next(analyses) if _HANGUL.search(text) else ()  # type: ignore[call-overload]
    return [(m.start, m.form) for m in found if m.tag.startswith(tags) and m.form not in LITTLE]


def _others(text: str) -> list[tuple[int, str]]:
    words = ((found.start(), found[0].lower()) for found in _OTHER.finditer(text))
    return [(start, singular(word)) for start, word in words if word not in _function_words()]


@cache
def _function_words() -> StopWords:
    return StopWords.english()
