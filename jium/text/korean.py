"""Korean below the word: morphemes by Kiwi, letters (jamo) by arithmetic; BPE comes after.

Both leave the surface of a text alone: morphemes are spans of what is written (걸었다 stays 걸, 었,
다), and spelled-out syllables are composed again exactly.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from tokenizers import Tokenizer

from jium.errors import require
from jium.text import bpe
from jium.text.hangul import from_jamo, jamo_origins, to_jamo
from jium.text.settings import TokenizerConfig

Span = tuple[int, int]


class Morpheme(NamedTuple):
    """A morpheme as the dictionary has it, its tag (NNP, JKS, ...), and where it stands."""

    form: str
    tag: str
    start: int
    end: int


@cache
def kiwi() -> Any:
    """The one analyser of this process; `kiwi().add_user_word(word, tag)` teaches it a word."""
    return require("kiwipiepy", "ko").Kiwi()


def analyse(text: str) -> list[Morpheme]:
    """코로나가 심하다 to 코로나/NNP, 가/JKS, 심하/VA, 다/EF."""
    return [Morpheme(m.form, m.tag, m.start, m.end) for m in kiwi().tokenize(text)]


def fix_spacing(text: str) -> str:
    """아버지가방에들어가신다 to 아버지가 방에 들어가신다."""
    return kiwi().space(text)


# ---------------------------------------------------------------- what BPE is given


class AsWritten:
    """Text as it is; what all kinds but the Korean two give to `tokenizers`."""

    cuts_first = False  # whether `prepare` gives pieces of each text rather than the text

    def prepare(self, texts: list[str]) -> list[Any]:
        """What `tokenizers` encodes for these texts."""
        return texts

    def restore(self, text: str) -> str:
        """The text of what `tokenizers` decoded."""
        return text

    def spans(self, text: str, prepared: Any, encoding: Any) -> list[Span]:
        """Character spans in `text` of the tokens of its encoding."""
        return encoding.offsets


class Letters(AsWritten):
    """Syllables spelled as jamo, so that BPE can share endings such as the ㄴ of 간다 and 온다."""

    def prepare(self, texts: list[str]) -> list[Any]:
        return [to_jamo(text) for text in texts]

    def restore(self, text: str) -> str:
        return from_jamo(text)

    def spans(self, text: str, prepared: Any, encoding: Any) -> list[Span]:
        origins = jamo_origins(text)
        return [(origins[start], origins[end - 1] + 1) for start, end in encoding.offsets]


class Morphemes(AsWritten):
    """Text cut where a morpheme begins, so that no token holds both noun and particle."""

    cuts_first = True

    def prepare(self, texts: list[str]) -> list[Any]:
        analyses = kiwi().tokenize(texts)
        return [_cut(text, found) for text, found in zip(texts, analyses, strict=True)]

    def spans(self, text: str, prepared: Any, encoding: Any) -> list[Span]:
        begins = [0]
        for piece in prepared:
            begins.append(begins[-1] + len(piece))
        words = zip(encoding.word_ids, encoding.offsets, strict=True)
        return [(begins[word] + start, begins[word] + end) for word, (start, end) in words]


SURFACES: dict[str, type[AsWritten]] = {"jamo": Letters, "morpheme": Morphemes}


def train(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """Byte-pair encoding over morphemes or letters, as `settings.kind` says."""
    return bpe.train(settings, _prepared(SURFACES[settings.kind](), texts))


def _prepared(surface: AsWritten, texts: Iterable[str], at_once: int = 1000) -> Iterator[str]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == at_once:
            yield from _flat(surface, batch)
            batch = []
    yield from _flat(surface, batch)


def _flat(surface: AsWritten, texts: list[str]) -> Iterator[str]:
    for prepared in surface.prepare(texts) if texts else []:
        yield from prepared if surface.cuts_first else [prepared]


def _cut(text: str, morphemes: Iterable[Any]) -> list[str]:
    """The text in pieces that begin where a morpheme does, or at the space before it."""
    begins = {m.start - (text[m.start - 1 : m.start] == " ") for m in morphemes}
    places = [0, *sorted(begins - {0, -1}), len(text)]
    return [text[start:end] for start, end in zip(places, places[1:], strict=False) if start < end]
