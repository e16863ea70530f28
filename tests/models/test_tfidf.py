"""The linear model over counts: weights as scikit-learn gives them, zeros for nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from jium.models.tfidf import Tfidf, TfidfConfig
from jium.text.vectorise import Ngrams, Vectoriser

sparse = pytest.importorskip("scipy.sparse")
text = pytest.importorskip("sklearn.feature_extraction.text")

TEXTS = ["good movie", "not a good movie", "did not like", "a a a b"]
KINDS = [Ngrams(order="sorted"), Ngrams(analyser="char", max_n=2, order="sorted")]


def fitted(kinds: list[Ngrams], sublinear: bool = True) -> tuple[Tfidf, Vectoriser]:
    vectoriser, counts = Vectoriser.fit(kinds, TEXTS)
    sizes = [len(block) for block in vectoriser.blocks]
    settings = TfidfConfig(features=kinds, sublinear=sublinear)
    model = Tfidf(replace(settings, vocab_sizes=sizes, n_classes=3))
    model.learn_idf(counts)
    return model, vectoriser


@pytest.mark.parametrize("sublinear", [True, False])
def test_weights_equal_those_of_scikit_learn_side_by_side(sublinear: bool):
    model, vectoriser = fitted(KINDS, sublinear)
    words = text.TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=sublinear)
    chars = text.TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=sublinear)
    expected = sparse.hstack([words.fit_transform(TEXTS), chars.fit_transform(TEXTS)])
    assert np.allclose(model.weigh(vectoriser(TEXTS)).toarray(), expected.toarray(), atol=1e-6)


def test_each_feature_of_a_text_has_length_one():
    model, vectoriser = fitted(KINDS)
    rows = model.weigh(vectoriser(TEXTS)).toarray()
    for block in np.split(rows, [len(vectoriser.blocks[0])], axis=1):
        assert np.allclose(np.linalg.norm(block, axis=1), 1, atol=1e-6)


def test_a_text_without_known_ngrams_scores_the_bias():
    model, vectoriser = fitted(KINDS)
    model.weight.uniform_()
    model.bias.copy_(torch.tensor([0.1, 0.2, 0.3]))
    scores = model(vectoriser(["", "글", "good"]))
    assert scores[:2].tolist() == [model.bias.tolist()] * 2
    assert not torch.equal(scores[2], model.bias)


def test_contributions_and_bias_add_up_to_the_score():
    model, vectoriser = fitted(KINDS)
    generator = torch.Generator().manual_seed(0)
    model.weight.normal_(generator=generator)
    model.bias.normal_(generator=generator)
    counts = vectoriser(TEXTS)
    for label in range(3):
        total = model.contributions(counts, label).toarray().sum(axis=1) + float(model.bias[label])
        assert np.allclose(total, model(counts)[:, label], atol=1e-5)
