"""Subword regularisation: cut a word differently each time, to learn from all its pieces.

BPE-dropout (Provilkov et al., 2020, https://arxiv.org/abs/1910.13267) forgets merges at random; for
unigram, segmentations are drawn from the model (Kudo, 2018, https://arxiv.org/abs/1804.10959).

A word is cut in at most VARIANTS ways, kept from then on; a seed decides which of them a text gets.
So the second epoch costs look-ups only, and a seed gives the same ids whatever was encoded before.
"""

import json
import math
import random
from collections.abc import Callable, Iterable

from tokenizers import Tokenizer

from jium.errors import TokenizerError
from jium.text.pieces import byte_piece

VARIANTS = 16
SMOOTHING = 0.5  # unigram: segmentations are drawn in proportion to their probability to this power

_NEVER = 1 << 60  # the rank of a pair that is no merge

Cut = Callable[[str, random.Random], list[int]]


class Regulariser:
    """Cuts words at random.

    rate: the chance that a merge is forgotten (BPE), or that a word is drawn anew (unigram).
    """

    def __init__(self, backend: Tokenizer, rate: float) -> None:
        model = json.loads(backend.to_str())["model"]
        if model["type"] not in ("BPE", "Unigram"):
            raise TokenizerError(
                "Dropout is for bpe, morpheme, jamo and unigram tokenizers; this is a {kind}.",
                kind=model["type"],
            )
        if not 0 <= rate <= 1:
            raise TokenizerError("dropout must lie between 0 and 1; got {rate}.", rate=rate)
        self.backend = backend
        cut = BpeDropout if model["type"] == "BPE" else UnigramSampling
        self._cut: Cut = cut(model, backend, rate)
        self._variants: dict[str, list[list[int] | None]] = {}

    def encode_batch(self, texts: Iterable[str | list[str]], seed: int) -> list[list[int]]:
        """Ids of texts, or of texts that were cut into pieces first."""
        choice = random.Random(seed)
        return [self._encode(text, choice) for text in texts]

    def _encode(self, text: str | list[str], choice: random.Random) -> list[int]:
        ids: list[int] = []
        for part in [text] if isinstance(text, str) else text:
            if normalizer := self.backend.normalizer:
                part = normalizer.normalize_str(part)
            splitter = self.backend.pre_tokenizer
            cuts = splitter.pre_tokenize_str(part) if splitter else [(part, None)]
            for word, _ in cuts:
                ids += self._variant(word, int(choice.random() * VARIANTS))
        return ids

    def _variant(self, word: str, number: int) -> list[int]:
        """Variant `number` of a word; a pure function of the two, remembered."""
        known = self._variants.setdefault(word, [None] * VARIANTS)
        ids = known[number]
        if ids is None:
            ids = known[number] = self._cut(word, random.Random(f"{number} {word}"))
        return ids


class BpeDropout:
    """Algorithm 1 of Provilkov et al.: each step forgets each possible merge with chance `rate`."""

    def __init__(self, model: dict, backend: Tokenizer, rate: float) -> None:
        self.rate = rate
        self.backend = backend
        self.ids: dict[str, int] = model["vocab"]
        pairs = (tuple(m.split(" ") if isinstance(m, str) else m) for m in model["merges"])
        self.ranks = {pair: rank for rank, pair in enumerate(pairs)}

    def __call__(self, word: str, rng: random.Random) -> list[int]:
        pieces = list(word)
        if any(piece not in self.ids for piece in pieces):  # a foreign vocabulary without all bytes
            return [token.id for token in self.backend.model.tokenize(word)]
        ranks = [self._rank(*pair) for pair in zip(pieces, pieces[1:], strict=False)]
        while (at := self._chosen(ranks, rng)) >= 0:
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
            del ranks[at]
            if at:
                ranks[at - 1] = self._rank(pieces[at - 1], pieces[at])
            if at < len(ranks):
                ranks[at] = self._rank(pieces[at], pieces[at + 1])
        return [self.ids[piece] for piece in pieces]

    def _rank(self, left: str, right: str) -> int:
        return self.ranks.get((left, right), _NEVER)

    def _chosen(self, ranks: list[int], rng: random.Random) -> int:
        """Where to merge: the best rank that is not forgotten; -1 where none is left.

        A coin is thrown only for what would be chosen: the same chances, fewer throws.
        """
        best, chosen = _NEVER, -1
        for at, rank in enumerate(ranks):
            if rank < best and rng.random() >= self.rate:
                best, chosen = rank, at
        return chosen


class UnigramSampling:
    """Draws a segmentation: forward filtering, backward sampling over the lattice of pieces."""

    def __init__(self, model: dict, backend: Tokenizer, rate: float) -> None:
        self.rate = rate
        self.backend = backend
        self.ids = {piece: number for number, (piece, _) in enumerate(model["vocab"])}
        self.scores = {piece: score for piece, score in model["vocab"]}
        for name in (*_special_tokens(backend), *map(byte_piece, range(256))):
            self.scores.pop(name, None)
        self.longest = max(map(len, self.scores))

    def __call__(self, word: str, rng: random.Random) -> list[int]:
        if rng.random() >= self.rate:
            return [token.id for token in self.backend.model.tokenize(word)]
        sums = self._forward(word, SMOOTHING)
        ids: list[int] = []
        end = len(word)
        while end:
            begins = [begin for begin, _ in self._edges(word, end)]
            weights = [
                math.exp(sums[begin] + SMOOTHING * score - sums[end])
                for begin, score in self._edges(word, end)
            ]
            begin = rng.choices(begins, weights)[0]
            ids = self._ids(word[begin:end]) + ids
            end = begin
        return ids

    def log_likelihood(self, word: str) -> float:
        """The logarithm of the probability of a word, summed over all its segmentations."""
        return self._forward(word, 1.0)[-1]

    def _forward(self, word: str, power: float) -> list[float]:
        """sums[i]: log of the summed probabilities**power of all segmentations of word[:i]."""
        sums = [0.0]
        for end in range(1, len(word) + 1):
            terms = [sums[begin] + power * score for begin, score in self._edges(word, end)]
            top = max(terms)
            sums.append(top + math.log(sum(math.exp(term - top) for term in terms)))
        return sums

    def _edges(self, word: str, end: int) -> list[tuple[int, float]]:
        """(begin, score) of each piece that ends at `end`; a character always ends one."""
        begins = range(max(0, end - self.longest), end)
        found = [(b, self.scores[word[b:end]]) for b in begins if word[b:end] in self.scores]
        return found if word[end - 1] in self.scores else [*found, (end - 1, -100.0)]

    def _ids(self, piece: str) -> list[int]:
        if piece in self.scores:
            return [self.ids[piece]]
        return [token.id for token in self.backend.model.tokenize(piece)]


def _special_tokens(backend: Tokenizer) -> list[str]:
    """The tokens that are never made from text."""
    return [t.content for t in backend.get_added_tokens_decoder().values() if t.special]
