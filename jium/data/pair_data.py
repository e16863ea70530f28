"""What a person says about their sentence pairs: the [data] section of a recipe."""

from dataclasses import dataclass
from pathlib import Path

from jium.config import config
from jium.data.filters import Filters
from jium.data.split import Shares
from jium.errors import ConfigError
from jium.ranges import at_least
from jium.text.normalise import Cleaning

STARTER = "starter"
Paths = str | list[str]


@config
class PairData(Cleaning, Filters, Shares):
    """Where the pairs come from, and what is done to them.

    Files given for validation and test are measured on as they are: only rows with an empty side
    are dropped, and the targets of the test are not cleaned, so that scores compare with others'.
    """

    train: Paths = STARTER  # files, folders, or "starter": the corpus inside the package
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    source: str | int | None = (
        None  # column by name; None: one of the usual names; 0, 1, ...: no header line
    )
    target: str | int | None = None
    tag: str | int | None = None  # a column kept with the pair, such as its domain
    tag_dropout: float = 0.3  # share of pairs shown without it, so that it may be left out later
    source_language: str | None = (
        None  # "ko", "en", "de", ...; None: ko where it is Hangul, else en
    )
    target_language: str | None = None
    both_directions: bool = False  # train target to source too
    clean: bool = True  # False: none of the cleaning, texts stay as they stand
    limit: int | None = None  # rows read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Cleaning, Filters, Shares):
            part.__post_init__(self)
        if self.source is not None and str(self.source) == str(self.target):
            raise ConfigError(
                "is the source column too: {column!r}.", key="target", column=self.target
            )
        numbers = {column.isdecimal() for column in self.columns if column is not None}
        if len(numbers) > 1 or (True in numbers and None in self.columns[:2]):
            raise ConfigError(
                "give source and target both by number (a file without a header line) or by name.",
                key="source",
            )
        at_least(1, limit=self.limit)

    @property
    def columns(self) -> tuple[str | None, str | None, str | None]:
        """Source, target and tag, as text."""
        return _text(self.source), _text(self.target), _text(self.tag)

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split; the starter corpus brings its own splits."""
        given: Paths | None = getattr(self, split)
        if given is None:
            return [STARTER] if STARTER in self.paths("train") else []
        paths = [given] if isinstance(given, str) else given
        if self.folder is None:
            return paths
        return [p if p == STARTER else str(Path(self.folder) / p) for p in paths]


def _text(column: str | int | None) -> str | None:
    return None if column is None else str(column)


@dataclass(frozen=True, slots=True)
class Pair:
    """A text, what it should become, a tag such as its domain, and the text that it is to be
    compared with, where there is one.
    """

    source: str
    target: str
    tag: str = ""
    second: str = ""
