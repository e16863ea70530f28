"""How Korean texts are written, by a sample of them: spacing and speech levels, by Kiwi."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from random import Random

TEXTS = 300  # kept of a column; Kiwi reads about this many in a second
CHARACTERS = 400  # of each, from its beginning
SENTENCES = 300  # whose speech level is told


@dataclass
class Korean:
    """What Kiwi says about a sample.

    texts, sentences: how many were looked at. spacing: share of the places between two letters
    where a space, or none, is what Kiwi writes. spaces_f1: of the spaces alone.
    levels: share of the sentences that have each speech level, or "none".
    mixed: share of the texts with more than one level among those with any.
    """

    texts: int
    spacing: float
    spaces_f1: float
    sentences: int
    levels: dict[str, float]
    mixed: float


@dataclass
class Sample:
    """Texts drawn evenly from a stream of unknown length: algorithm R of Vitter (1985)."""

    random: Random
    size: int = TEXTS
    seen: int = 0
    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Keep the beginning of this text, perhaps."""
        self.seen += 1
        if len(self.texts) < self.size:
            self.texts.append(text[:CHARACTERS])
        elif (place := self.random.randrange(self.seen)) < self.size:
            self.texts[place] = text[:CHARACTERS]


def look(texts: list[str]) -> Korean | None:
    """How these texts are written; None for no text, or where Kiwi is not installed."""
    if not texts or find_spec("kiwipiepy") is None:
        return None
    from jium.text.spacing import spacing_quality

    spaces = spacing_quality(texts)
    levels, mixed = _speech(texts)
    return Korean(
        texts=len(texts),
        spacing=spaces.agreement,
        spaces_f1=spaces.f1,
        sentences=levels.total(),
        levels={name: n / levels.total() for name, n in levels.most_common()},
        mixed=mixed,
    )


def _speech(texts: Iterable[str]) -> tuple[Counter[str], float]:
    """Sentences by level, and the share of the texts that mix them."""
    from jium.text.speech_level import speech_levels

    levels: Counter[str] = Counter()
    mixed: list[bool] = []
    for text in texts:
        if levels.total() >= SENTENCES:
            break
        found = speech_levels(text)
        levels.update(one.level.name for one in found.sentences if not one.quoted)
        mixed += [found.mixed] if found.levels else []
    return levels, sum(mixed) / len(mixed) if mixed else 0.0
