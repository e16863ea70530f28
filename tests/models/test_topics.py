import numpy as np
import pytest

from jium.errors import ConfigError, DataError
from jium.models.topics import Lda, LdaConfig, Nmf, NmfConfig, Topics

sparse = pytest.importorskip("scipy.sparse")
decomposition = pytest.importorskip("sklearn.decomposition")

N_TOPICS, N_WORDS = 3, 30


def planted(n_texts: int = 120, seed: int = 0) -> tuple[object, np.ndarray]:
    """Texts of 40 words, each mostly of one of three topics with ten words of their own."""
    draw = np.random.default_rng(seed)
    topics = draw.integers(N_TOPICS, size=n_texts)
    rows = np.zeros((n_texts, N_WORDS), np.int64)
    for row, topic in zip(rows, topics, strict=True):
        own = draw.integers(10, size=36) + 10 * topic
        np.add.at(row, np.concatenate([own, draw.integers(N_WORDS, size=4)]), 1)
    return sparse.csr_array(rows), topics


def make(kind: type) -> Topics:
    settings = {Lda: LdaConfig, Nmf: NmfConfig}[kind]
    return kind(settings(n_topics=N_TOPICS, vocab_size=N_WORDS, max_iterations=20))


@pytest.mark.parametrize("kind", [Lda, Nmf])
def test_planted_topics_are_recovered(kind: type) -> None:
    model = make(kind)
    counts, planted_topics = planted()
    found = model.fit(counts).argmax(axis=1)
    best = np.argsort(-model.word_shares(), axis=1)[:, :10]
    groups = sorted(sorted(words) for words in best.tolist())
    assert groups == [list(range(10 * k, 10 * k + 10)) for k in range(N_TOPICS)]
    names = {topic: int(best[topic][0]) // 10 for topic in range(N_TOPICS)}
    right = np.mean([names[t] == p for t, p in zip(found, planted_topics, strict=True)])
    assert right > 0.98


@pytest.mark.parametrize("kind", [Lda, Nmf])
def test_shares_are_probabilities(kind: type) -> None:
    model = make(kind)
    counts, _ = planted()
    assert np.allclose(model.fit(counts).sum(axis=1), 1)
    assert np.allclose(model.word_shares().sum(axis=1), 1)
    assert float(model.share.sum()) == pytest.approx(1)
    nothing = model.infer(sparse.csr_array((1, N_WORDS), dtype=np.int64))
    assert np.allclose(nothing, 1 / N_TOPICS)


def test_inference_equals_scikit_learn() -> None:
    counts, _ = planted()
    model = make(Lda)
    model.fit(counts)
    solver = decomposition.LatentDirichletAllocation(
        n_components=N_TOPICS, max_iter=20, learning_method="batch", random_state=0
    )
    assert np.allclose(model.infer(counts), solver.fit(counts).transform(counts), atol=2e-3)


def test_relevance_of_weight_one_ranks_by_probability_and_zero_by_lift() -> None:
    model = make(Lda)
    counts, _ = planted()
    model.fit(counts)
    shares = model.word_shares()
    assert (np.argsort(model.relevance(1.0)) == np.argsort(np.log(shares))).all()
    lift = shares / (model.share.double().numpy() @ shares)
    assert np.allclose(np.exp(model.relevance(0.0)), lift)


def test_too_few_texts_or_topics_are_refused() -> None:
    with pytest.raises(DataError, match="1 texts of 30 different words are too few for 3 topics"):
        make(Lda).fit(sparse.csr_array(np.ones((1, N_WORDS), np.int64)))
    with pytest.raises(ConfigError, match="n_topics: must be at least 2; got 1"):
        LdaConfig(n_topics=1)
