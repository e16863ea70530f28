"""Which split a text belongs to: a matter of its own hash, not of its place in the file."""

from typing import Literal

from jium.config import config
from jium.data.duplicates import fingerprint
from jium.errors import ConfigError
from jium.ranges import share_below_one

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")


@config
class Shares:
    """How much of the training data is set apart where no files are given for it.

    A text keeps its split as long as the seed and the shares stay: rows that are added, removed or
    moved change nothing for the others, and the same text never stands in two splits.
    """

    valid_share: float = 0.02
    test_share: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        share_below_one(valid_share=self.valid_share, test_share=self.test_share)
        if self.valid_share + self.test_share >= 1:
            raise ConfigError(
                "leaves nothing to train on: valid_share + test_share = {total}.",
                key="test_share",
                total=self.valid_share + self.test_share,
            )


def choose_split(text: str, seed: int, valid_share: float, test_share: float) -> Split:
    """The split of a text. Raising a share takes from train only; 0 sets nothing apart."""
    place = fingerprint(str(seed), text) / 2**64
    if place < test_share:
        return "test"
    return "valid" if place >= 1 - valid_share else "train"
