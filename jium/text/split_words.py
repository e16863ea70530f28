"""Running text as a row of words: as they are written between spaces and signs, as morphemes, or as
the pieces of a tokenizer.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Literal

from jium.text.korean import kiwi
from jium.text.tokenizer import Tokenizer

Analyser = Literal["word", "morpheme", "pieces"]
_SIGNS = ("S", "W_URL", "W_EMAIL", "W_SERIAL")  # tags that are no words,
_KEPT = ("SL", "SH", "SN")  # but for foreign words, Chinese characters and numbers


def split_words(
    texts: Sequence[str], analyser: Analyser, tokenizer: Tokenizer | None = None
) -> list[list[str]]:
    """The words of each text, in order.

    word: runs of letters, or of digits and letters, and single emoji; signs go. morpheme: Kiwi's
    morphemes, verbs and adjectives as a dictionary has them (갔다 is 가다, 었, 다). pieces: those
    of the tokenizer, so that a model of its tokens can begin with their vectors.
    """
    if analyser == "pieces":
        assert tokenizer is not None, "pieces are those of a tokenizer"
        return [[tokenizer.pieces[i] for i in ids] for ids in tokenizer.encode_batch(list(texts))]
    if analyser == "word":
        return [_words().findall(text) for text in texts]
    return [
        [m.lemma for m in found if not m.tag.startswith(_SIGNS) or m.tag in _KEPT]
        for found in kiwi().tokenize(texts)
    ]


@cache
def _words() -> re.Pattern[str]:
    """Marks that are written above or below a letter belong to its word: Hebrew, Thai, Hindi."""
    marks = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code))[0] == "M"]
    letters = rf"[^\W_{''.join(marks)}][^\W_]*(?:[{''.join(marks)}\u200d]+[^\W_]*)*"
    return re.compile(rf"{letters}|[\u2600-\u27bf\U0001f000-\U0001faff]")
