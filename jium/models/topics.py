"""Topics of a collection of texts: latent Dirichlet allocation and non-negative factorisation.

LDA: Blei, Ng and Jordan (2003), fitted by the variational Bayes of Hoffman et al. (2010),
https://papers.nips.cc/paper/3902. NMF: Lee and Seung (1999), over TF-IDF. scikit-learn fits both;
what is kept is a table of topics by words, as tensors.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from jium.config import config
from jium.errors import DataError, require
from jium.ranges import at_least
from jium.text.content import LITTLE
from jium.text.vectorise import Ngrams

NOUNS_AND_VERBS = ["NNG", "NNP", "VV", "VA", "SL"]
CHANGE = 1e-3  # mean change of a text's topics at which inference stops


def _words() -> Ngrams:
    return Ngrams(
        analyser="morpheme",
        tags=NOUNS_AND_VERBS,
        stop_words=list(LITTLE),
        min_texts=3,
        max_features=20_000,
    )


@config
class TopicsConfig:
    """How many topics, of which words."""

    n_topics: int = 10
    features: Ngrams | None = None  # None: Korean nouns and verbs, English words
    max_iterations: int = 50
    seed: int = 0
    vocab_size: int = 0  # training says

    def __post_init__(self) -> None:
        at_least(2, n_topics=self.n_topics)
        at_least(1, max_iterations=self.max_iterations)

    @property
    def words(self) -> Ngrams:
        """What is counted."""
        return self.features or _words()


@config
class LdaConfig(TopicsConfig):
    """Latent Dirichlet allocation."""


@config
class NmfConfig(TopicsConfig):
    """Non-negative matrix factorisation."""

    max_iterations: int = 400


class Topics(nn.Module, ABC):
    """A table of topics by words; `share` is how much of the texts is about each topic."""

    table: Tensor
    share: Tensor
    idf: Tensor

    def __init__(self, config: TopicsConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("table", torch.ones(config.n_topics, config.vocab_size))
        self.register_buffer("share", torch.full((config.n_topics,), 1 / config.n_topics))
        self.register_buffer("idf", torch.ones(config.vocab_size))

    def fit(self, counts: Any) -> NDArray[np.float64]:
        """Learn from (texts, vocab); gives the topics of these texts, (texts, topics), rows sum to
        1. Raises DataError where there are fewer texts or words than topics.
        """
        if min(counts.shape) < self.config.n_topics:
            raise DataError(
                "{texts} texts of {words} different words are too few for {n} topics. Give more, "
                "or set model.n_topics lower.",
                texts=counts.shape[0],
                words=counts.shape[1],
                n=self.config.n_topics,
            )
        table = self._learn(counts)
        self.table.copy_(torch.from_numpy(np.ascontiguousarray(table)))
        found = self.infer(counts)
        weighted = found * np.asarray(counts.sum(axis=1)).reshape(-1, 1)
        self.share.copy_(torch.from_numpy(weighted.sum(axis=0) / weighted.sum()))
        return found

    @abstractmethod
    def infer(self, counts: Any) -> NDArray[np.float64]:
        """The topics of texts: (texts, topics), rows sum to 1; uniform where no word is known."""

    @abstractmethod
    def _learn(self, counts: Any) -> NDArray[np.float64]:
        """The table of a corpus: (topics, vocab)."""

    def word_shares(self) -> NDArray[np.float64]:
        """P(word | topic): (topics, vocab)."""
        table = self.table.double().numpy() + 1e-12
        return table / table.sum(axis=1, keepdims=True)

    def relevance(self, weight: float = 0.6) -> NDArray[np.float64]:
        """How well a word tells a topic: Sievert and Shirley (2014), equation 1,
        https://aclanthology.org/W14-3110. weight: 1 ranks by P(word | topic), 0 by its lift.
        """
        shares = self.word_shares()
        of_all = self.share.double().numpy() @ shares
        return weight * np.log(shares) + (1 - weight) * np.log(shares / of_all)


class Lda(Topics):
    """The table holds the parameters of a Dirichlet over words for each topic."""

    def _learn(self, counts: Any) -> NDArray[np.float64]:
        decomposition = require("sklearn.decomposition", "classic")
        solver = decomposition.LatentDirichletAllocation(
            n_components=self.config.n_topics,
            max_iter=self.config.max_iterations,
            learning_method="batch",
            random_state=self.config.seed,
        )
        return solver.fit(counts).components_

    def infer(self, counts: Any) -> NDArray[np.float64]:
        table = self.table.double()
        log_shares = torch.digamma(table) - torch.digamma(table.sum(dim=1, keepdim=True))
        shares = log_shares.exp().numpy()  # (topics, vocab)
        rows = [
            _posterior(counts.data[a:b], shares[:, counts.indices[a:b]])
            for a, b in zip(counts.indptr, counts.indptr[1:], strict=False)
        ]
        return np.array(rows).reshape(-1, self.config.n_topics)


class Nmf(Topics):
    """The table holds how much TF-IDF a unit of each topic brings."""

    def _learn(self, counts: Any) -> NDArray[np.float64]:
        texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
        self.idf.copy_(torch.from_numpy(np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1))
        solver = require("sklearn.decomposition", "classic").NMF(
            n_components=self.config.n_topics,
            init="nndsvda",
            max_iter=self.config.max_iterations,
            random_state=self.config.seed,
            tol=1e-3,
        )
        with _enough_is_enough():
            return solver.fit(self._weighted(counts)).components_

    def infer(self, counts: Any) -> NDArray[np.float64]:
        factorise = require("sklearn.decomposition", "classic").non_negative_factorization
        with _enough_is_enough():
            found, _, _ = factorise(
                self._weighted(counts),
                H=self.table.double().numpy(),
                n_components=self.config.n_topics,
                update_H=False,
                max_iter=self.config.max_iterations,
                tol=1e-3,
            )
        sums = found.sum(axis=1, keepdims=True)
        return np.where(sums > 0, found / np.where(sums > 0, sums, 1), 1 / self.config.n_topics)

    def _weighted(self, counts: Any) -> Any:
        """Counts as TF-IDF, rows of length 1."""
        normalize = require("sklearn.preprocessing", "classic").normalize
        return normalize(counts.astype(np.float64).multiply(self.idf.double().numpy()).tocsr())


@contextmanager
def _enough_is_enough() -> Iterator[None]:
    """Inside the block the solver may stop at its last round: more change the topics little."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", require("sklearn.exceptions", "classic").ConvergenceWarning)
        yield


def _posterior(
    counts: NDArray[np.float64], shares: NDArray[np.float64], rounds: int = 100
) -> NDArray[np.float64]:
    """Topics of one text: the E-step of Hoffman et al. (2010), algorithm 1, with alpha = 1/topics.

    counts: (words of the text,). shares: exp E[log P(word | topic)], (topics, words of the text).
    """
    n_topics = len(shares)
    gamma = np.ones(n_topics)
    for _ in range(rounds if len(counts) else 0):
        mean = np.exp(torch.digamma(torch.from_numpy(gamma)).numpy())
        before = gamma
        gamma = 1 / n_topics + mean * (shares @ (counts / (mean @ shares + 1e-100)))
        if np.abs(gamma - before).mean() < CHANGE:
            break
    return gamma / gamma.sum()
