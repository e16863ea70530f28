"""Which tokens a masked language model has to guess, and what stands in their place.

Section 3.1 of Devlin et al. (2019), https://arxiv.org/abs/1810.04805: 15 % of the tokens are
chosen; of these 80 % become [MASK], 10 % another token, 10 % stay. Whole words may be chosen
instead of tokens, or whole eojeols (what stands between two spaces in Korean): pieces of one word
give each other away.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import share
from jium.text.pieces import SPACE_MARK
from jium.text.tokenizer import Tokenizer

Unit = Literal["token", "word", "eojeol"]
CONTINUES = "##"


@config
class MaskingConfig:
    """How much is masked, and in which units."""

    rate: float = 0.15  # share of the tokens that are chosen
    masked: float = 0.8  # of these, the share that becomes [MASK]
    replaced: float = 0.1  # the share that becomes another token; the rest stays
    unit: Unit = "token"

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ConfigError("must be in (0, 1); got {value}.", key="rate", value=self.rate)
        share(masked=self.masked, replaced=self.replaced)
        if self.masked + self.replaced > 1:
            raise ConfigError(
                "masked + replaced must be at most 1; got {value}.",
                key="replaced",
                value=self.masked + self.replaced,
            )


@dataclass(frozen=True)
class Masking:
    """Masking for one vocabulary.

    mask_id: of [MASK]. ordinary: ids that are no special tokens, which alone are chosen and put in.
    begins: bool, (vocab,), whether a piece begins a unit; sign: whether it is a unit by itself.
    """

    config: MaskingConfig
    mask_id: int
    ordinary: NDArray[np.int64]
    begins: NDArray[np.bool_]
    sign: NDArray[np.bool_]

    @classmethod
    def of(cls, config: MaskingConfig, tokenizer: Tokenizer) -> "Masking":
        """Masking for the vocabulary of a tokenizer."""
        special = {tokenizer.backend.token_to_id(token) for token in tokenizer.special_tokens}
        pieces = tokenizer.pieces
        ordinary = [i for i, piece in enumerate(pieces) if piece and i not in special]
        begins, sign = _units(pieces, config.unit)
        return cls(config, tokenizer.mask_id, np.array(ordinary), begins, sign)

    def __call__(
        self, tokens: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row as the model sees it, and the places, in order, that it has to guess.

        tokens: (tokens,), several texts in a row, each with special tokens around it.
        """
        usable = np.zeros(len(self.begins), bool)
        usable[self.ordinary] = True
        chosen = self._choose(tokens, usable[tokens], rng)
        order = rng.permutation(chosen)
        n_masked = round(self.config.masked * len(order))
        n_replaced = min(round(self.config.replaced * len(order)), len(order) - n_masked)
        seen = tokens.copy()
        seen[order[:n_masked]] = self.mask_id
        seen[order[n_masked : n_masked + n_replaced]] = rng.choice(self.ordinary, n_replaced)
        return seen, chosen

    def _choose(self, tokens: NDArray, usable: NDArray, rng: np.random.Generator) -> NDArray:
        """Places, in order: units at random until the share of tokens is reached, to within half a
        unit.
        """
        places = usable.nonzero()[0]
        wanted = round(self.config.rate * len(places))
        if self.config.unit == "token":
            return np.sort(rng.choice(places, wanted, replace=False))
        unit = self._unit_of(tokens, usable)[places]
        sizes = np.bincount(unit)
        order = rng.permutation(len(sizes))
        sums = np.cumsum(sizes[order])
        n = int(np.searchsorted(sums, wanted, side="right"))
        if n < len(sums) and sums[n] - wanted < wanted - (sums[n - 1] if n else 0):
            n += 1
        taken = np.zeros(len(sizes), bool)
        taken[order[:n]] = True
        return places[taken[unit]]

    def _unit_of(self, tokens: NDArray, usable: NDArray) -> NDArray[np.int64]:
        """The number of the unit of each token; a special token ends one."""
        starts = self.begins[tokens] | self.sign[tokens] | ~usable
        starts[1:] |= self.sign[tokens[:-1]] | ~usable[:-1]
        ordinary = starts & usable
        return np.maximum(np.cumsum(ordinary) - 1, 0)


@dataclass(frozen=True)
class Unmasked:
    """Texts as they stand, all tokens to be guessed: for language models of both directions."""

    def __call__(
        self, tokens: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row itself, and all its places."""
        return tokens, np.arange(len(tokens))


def _units(pieces: list[str], unit: Unit) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each piece begins a unit, and whether it is one by itself."""
    signs = np.array([_is_sign(piece) for piece in pieces])
    if any(piece.startswith(CONTINUES) and piece != CONTINUES for piece in pieces):
        begins = np.array([not piece.startswith(CONTINUES) for piece in pieces])
        return (begins & ~signs, signs & False) if unit == "eojeol" else (begins, signs)
    if any(piece.startswith(SPACE_MARK) for piece in pieces):
        begins = np.array([piece.startswith(SPACE_MARK) for piece in pieces])
        return begins, signs & (unit == "word")
    return np.ones(len(pieces), bool), signs  # a vocabulary of words


def _is_sign(piece: str) -> bool:
    text = piece.replace(SPACE_MARK, "").removeprefix(CONTINUES)
    return bool(text) and all(unicodedata.category(c)[0] in "PS" for c in text)
