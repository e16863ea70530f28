"""Sentences as the words, morphemes and stems that metrics count."""

import re
import unicodedata
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from jium.text.korean import kiwi

_WORD = re.compile(r"\w+|[^\w\s]")  # a mark of punctuation is a word of its own
_FUNCTION_TAGS = ("J", "E", "XS", "VCP")  # particles, endings, suffixes, the copula
_LIGHT_TAGS = ("VX",)  # auxiliary verbs: they carry meaning only where nothing else does


def analyser() -> str:
    """Which analyser finds morphemes, for signatures."""
    return f"kiwipiepy-{version('kiwipiepy')}-model-{version('kiwipiepy_model')}"


def morphemes(sentences: Sequence[str]) -> list[list[str]]:
    """The surface of each morpheme of each sentence, by Kiwi."""
    return [[token.form for token in found] for found in _analyse(sentences)]


def words(sentence: str) -> list[str]:
    """Words and punctuation marks, in lower case."""
    return [match.group() for match in _WORD.finditer(_plain(sentence))]


def korean_stems(sentence: str) -> list[tuple[str, str]]:
    """Each of `words(sentence)` with its stem, the morphemes that carry content."""
    text = _plain(sentence)
    (tokens,) = _analyse([text])
    return [(match.group(), _stem(match, tokens)) for match in _WORD.finditer(text)]


def _stem(word: re.Match[str], tokens: list[Any]) -> str:
    """The content morphemes that begin inside `word`, or the word itself where it has none."""
    inside = [token for token in tokens if word.start() <= token.start < word.end()]
    kept = [token for token in inside if not token.tag.startswith(_FUNCTION_TAGS)]
    strong = [token for token in kept if not token.tag.startswith(_LIGHT_TAGS)]
    return " ".join(token.form for token in strong or kept) or word.group()


def _analyse(sentences: Sequence[str]) -> list[list[Any]]:
    return list(kiwi().tokenize(_composed(sentence) for sentence in sentences))


def _plain(sentence: str) -> str:
    return _composed(sentence).lower()


def _composed(sentence: str) -> str:
    return unicodedata.normalize("NFC", sentence)
