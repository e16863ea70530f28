"""A linear model over TF-IDF: the baseline that a neural classifier must beat.

It takes counts (what `jium.text.vectorise` gives), weighs them and scores every class. Weights and
idf are tensors, so that it is saved and loaded as any model; the products are SciPy's, for which
zeros cost nothing.
"""

from dataclasses import field
from itertools import accumulate
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError, require
from jium.ranges import above_zero, at_least
from jium.text.vectorise import Ngrams


def _default_features() -> list[Ngrams]:
    return [Ngrams(analyser="char", max_n=4, min_texts=2)]


@config
class TfidfConfig:
    """What is counted, and what is learned from it."""

    features: list[Ngrams] = field(default_factory=_default_features)
    sublinear: bool = True  # 1 + ln(count), not the count
    classifier: Literal["logistic", "svm"] = "logistic"
    C: float = 3.0  # inverse of the regularisation, as scikit-learn has it; higher fits closer
    balanced: bool = False  # rare classes count as much as common ones
    max_iterations: int = 1000
    seed: int = 0  # of the order in which the solver takes texts
    vocab_sizes: list[int] = field(default_factory=list)  # n-grams of each feature: training says
    n_classes: int = 0  # training says

    def __post_init__(self) -> None:
        if not self.features:
            raise ConfigError("must name one kind of n-grams at least.", key="features")
        above_zero(C=self.C)
        at_least(1, max_iterations=self.max_iterations)

    @property
    def vocab_size(self) -> int:
        """N-grams of all features."""
        return sum(self.vocab_sizes)


class Tfidf(nn.Module):
    """Counts to a score for each class; the softmax of the scores is a probability."""

    def __init__(self, config: TfidfConfig) -> None:
        super().__init__()
        self.config = config
        size, classes = config.vocab_size, config.n_classes
        self.idf = nn.Parameter(torch.ones(size), requires_grad=False)
        self.weight = nn.Parameter(torch.zeros(classes, size), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(classes), requires_grad=False)
        self._ends = np.array(list(accumulate(config.vocab_sizes)))

    def learn_idf(self, counts: Any) -> None:
        """idf = ln((1 + texts) / (1 + texts with it)) + 1, as scikit-learn has it."""
        holding = counts.getnnz(axis=0)
        idf = np.log((1 + counts.shape[0]) / (1 + holding)) + 1
        self.idf.copy_(torch.from_numpy(idf))

    def weigh(self, counts: Any) -> Any:
        """Counts as TF-IDF, the columns of each feature made of length 1: (texts, vocab)."""
        sparse = require("scipy.sparse", "classic")
        data = counts.data.astype(np.float32)
        if self.config.sublinear:
            data = 1 + np.log(data)
        data *= self.idf.numpy()[counts.indices]
        data /= self._lengths(counts, data)
        return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)

    def _lengths(self, counts: Any, data: NDArray[np.float32]) -> NDArray[np.float32]:
        """For each value the length of the row of the feature it belongs to."""
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        if len(self._ends) > 1:
            rows = rows * len(self._ends) + np.searchsorted(self._ends, counts.indices, "right")
        return np.sqrt(np.bincount(rows, data * data)).astype(np.float32)[rows]

    def forward(self, counts: Any) -> Tensor:
        """Scores of the classes: (texts, classes)."""
        scores = self.weigh(counts) @ self.weight.numpy().T + self.bias.numpy()
        return torch.from_numpy(np.asarray(scores, dtype=np.float32))

    def contributions(self, counts: Any, label: int) -> Any:
        """What each n-gram adds to the score of a class; with its bias they add up to it."""
        weighted = self.weigh(counts)
        return weighted.multiply(self.weight[label].numpy()[None, :]).tocsr()
