"""What a person says about sentences that are near in meaning: the [data] section of a recipe.

A source is of one of four kinds, with these columns as a rule:

scored   two sentences and how near they are           sentence1, sentence2, score
pairs    two sentences that mean the same              source, target (a translation will do)
nli      a premise, a hypothesis, how they stand       premise, hypothesis, label
texts    sentences alone (unsupervised SimCSE)         text
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jium.config import config
from jium.data.pair_data import Paths
from jium.data.split import Shares
from jium.errors import ConfigError
from jium.ranges import above_zero, at_least
from jium.text.normalise import Cleaning

Kind = Literal["scored", "pairs", "nli", "texts"]


@config
class Source:
    """Files of one kind, and how much of the training they are."""

    kind: Kind
    train: Paths  # files or folders
    weight: float = 1.0  # share of the batches, beside the other sources
    until: float = 1.0  # of the training: afterwards this source is left out, as in pre-training
    first: str = ""  # columns by name; "": one of the usual names
    second: str = ""
    score: str = ""
    label: str = ""
    text: str = ""
    limit: int = 0  # rows read at most: the first; 0: all
    max_chars: int = 300  # longer sentences are left out

    def __post_init__(self) -> None:
        above_zero(weight=self.weight)
        if not 0 < self.until <= 1:
            raise ConfigError("must be in (0, 1]; got {value}.", key="until", value=self.until)
        at_least(0, limit=self.limit)
        at_least(1, max_chars=self.max_chars)


@config
class SimilarData(Cleaning, Shares):
    """Where sentences that are near in meaning come from; `sources` are mixed by their weights.

    The model is measured on pairs with scores: files for valid and test, or shares of the sources
    that have scores.
    """

    sources: list[Source]
    valid: Paths | None = None  # pairs with scores
    test: Paths | None = None
    folder: str | None = None  # where all those files are; they are named relative to it
    first: str = ""  # columns of valid and test
    second: str = ""
    score: str = ""
    lowest: float = 0.0  # the score of sentences that have nothing in common
    highest: float = 5.0  # and of those that mean the same
    valid_share: float = 0.1
    clean: bool = True  # False: none of the cleaning, sentences stay as they stand

    def __post_init__(self) -> None:
        for part in (Cleaning, Shares):
            part.__post_init__(self)
        if not self.sources:
            raise ConfigError("names no source. Give one: [[data.sources]]", key="sources")
        if self.lowest >= self.highest:
            raise ConfigError(
                "must be above lowest={lowest}; got {value}.",
                key="highest",
                lowest=self.lowest,
                value=self.highest,
            )

    def paths(self, given: Paths | None) -> list[str]:
        """Files and folders, within `folder`."""
        paths = [given] if isinstance(given, str) else given or []
        return [str(Path(self.folder or "") / path) for path in paths]


@dataclass(frozen=True, slots=True)
class Similar:
    """Two sentences; how near they are, 0 to 1, where that is known; and one that is near in its
    words and not in meaning.
    """

    first: str
    second: str
    score: float | None = None
    negative: str = ""
