"""Counting a corpus for the word prior: words, which word follows which, stems and endings."""

from collections import Counter
from collections.abc import Iterable

from jium.models.word_prior import Counts
from jium.text.eojeol import word_spans
from jium.text.korean import Morpheme, kiwi

_PARTICLES = ("J", "E", "VCP", "XSV", "XSA")  # tags with which a particle or an ending begins


def count(texts: Iterable[str], analysed: int = 20_000) -> Counts:
    """analysed: so many of the commonest words are cut into stem and ending, by Kiwi."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for word, before in in_context(text):
            words[word] += 1
            if before is not None:
                pairs[before, word] += 1
    words = Counter({word: n for word, n in words.items() if not _has_letters(word)})
    common = [word for word, _ in words.most_common(analysed)]
    ends = {
        word: stem_end(word, list(found))
        for word, found in zip(common, _analyses(common), strict=True)
    }
    often = {
        pair: n for pair, n in pairs.items() if n > 1 and pair[0] in words and pair[1] in words
    }
    return Counts(dict(words), ends, often)


def in_context(text: str) -> list[tuple[str, str | None]]:
    """Each word with the word before it; None where more than a space stands between them."""
    found: list[tuple[str, str | None]] = []
    last = 0
    for start, end in word_spans(text):
        before = found[-1][0] if found and text[last:start] == " " else None
        found.append((text[start:end], before))
        last = end
    return found


def stem_end(word: str, morphemes: list[Morpheme]) -> tuple[int, str]:
    """Where particles or endings begin, and "v" after a verb, else "n".

    Only between syllables: of 갔다 the ending is 다, for 가 and 았 are one syllable.
    """
    covered, kind = 0, "n"
    for morpheme in morphemes:
        particle = morpheme.tag.startswith(_PARTICLES)
        if particle and 0 < covered <= morpheme.start:
            return morpheme.start, kind
        kind = "v" if morpheme.tag[0] in "VE" or morpheme.tag in ("XSV", "XSA") else "n"
        covered = max(covered, morpheme.end)
    return len(word), kind


def _analyses(words: list[str]) -> Iterable[list[Morpheme]]:
    for found in kiwi().tokenize(words):
        yield [Morpheme(m.form, m.tag, m.start, m.end) for m in found]


def _has_letters(word: str) -> bool:
    """Whether a letter stands alone in it: nobody means such a word."""
    return any("ㄱ" <= character <= "ㅣ" for character in word)
