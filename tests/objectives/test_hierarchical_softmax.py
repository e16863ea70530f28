"""The hierarchical softmax: a distribution over the words, in both objectives that use it."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from jium.data.huffman import huffman
from jium.data.windows import WindowBatches
from jium.models.word2vec import Word2Vec, Word2VecConfig
from jium.objectives.cbow import Cbow
from jium.objectives.hierarchical_softmax import hierarchical_softmax
from jium.objectives.skip_gram import SkipGram

COUNTS = [9, 7, 5, 3, 2]
TEXTS = [[0, 1, 2, 3], [4, 0, 1]]
IDS = np.array([0, 1, 2, 3, -1, 4, 0, 1, -1], np.int32)
SETTINGS = {"window": 2, "dynamic": False, "sample": 0.0, "block": 4}


def objective_of(kind):
    return kind(**SETTINGS, output="hierarchical_softmax")


def word2vec(subwords="none"):
    torch.manual_seed(0)
    model = Word2Vec(Word2VecConfig(dim=6, vocab_size=5, subwords=subwords, n_buckets=20))
    model.spell(["사과", "배", "감", "귤", "포도"])
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.double()


def one_batch(objective):
    (batch,) = WindowBatches(IDS, COUNTS, objective, 100).once()
    return batch


def surprise(model, vector, word):
    """-log of the probability of a word, turn by turn."""
    nodes, turns = huffman(COUNTS)
    steps = zip(nodes[word], turns[word], strict=True)
    scores = [turn * (vector @ model.contexts[node]) for node, turn in steps if turn]
    return sum(-F.logsigmoid(score).item() for score in scores)


def neighbours(text, i, window=2):
    return [text[j] for j in range(max(0, i - window), min(len(text), i + window + 1)) if j != i]


@pytest.mark.parametrize("n_words", [2, 3, 50])
def test_the_probabilities_of_all_words_sum_to_1_for_any_vector(n_words):
    rng = np.random.default_rng(n_words)
    paths = huffman(rng.zipf(1.5, n_words).clip(max=10**6))
    vector, nodes = torch.from_numpy(rng.normal(0, 3, (n_words, 8))).split([1, n_words - 1])
    turns = torch.zeros(1, n_words, n_words - 1, dtype=torch.int8)
    for word in range(n_words):
        real = paths.turns[word] != 0
        turns[0, word, paths.nodes[word][real]] = torch.from_numpy(paths.turns[word][real])
    total = 0.0
    for word in range(n_words):
        wanted = torch.zeros(1, 1, n_words, dtype=torch.double)
        wanted[0, 0, word] = 1
        loss = hierarchical_softmax(vector[None], nodes[None], turns, wanted)
        total += math.exp(-loss.item())
    assert total == pytest.approx(1, rel=1e-12)


def test_skip_gram_is_the_surprise_of_each_neighbour():
    objective, model = objective_of(SkipGram), word2vec()
    (loss,) = objective(model, one_batch(objective))
    total = sum(
        surprise(model, model.words[text[i]], word)
        for text in TEXTS
        for i in range(len(text))
        for word in neighbours(text, i)
    )
    assert loss.count == 16
    assert loss.total.item() == pytest.approx(total, rel=1e-12)


def test_cbow_is_the_surprise_of_each_word_given_the_mean_of_its_neighbours():
    objective, model = objective_of(Cbow), word2vec()
    (loss,) = objective(model, one_batch(objective))
    total = sum(
        surprise(model, model.words[neighbours(text, i)].mean(0), text[i])
        for text in TEXTS
        for i in range(len(text))
    )
    assert loss.count == 7
    assert loss.total.item() == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("kind", [SkipGram, Cbow])
@pytest.mark.parametrize("subwords", ["none", "jamo"])
def test_gradients_are_those_of_finite_differences(kind, subwords):
    objective, model = objective_of(kind), word2vec(subwords)
    batch = one_batch(objective)

    def loss():
        return next(iter(objective(model, batch))).total

    loss().backward()
    for table in (model.words, model.contexts):
        gradient = table.grad.to_dense()
        for row in range(0, len(table)):
            with torch.no_grad():
                table[row, 1] += 1e-6
                above = loss().item()
                table[row, 1] -= 2e-6
                below = loss().item()
                table[row, 1] += 1e-6
            assert gradient[row, 1].item() == pytest.approx((above - below) / 2e-6, abs=1e-6)
    assert (model.contexts.grad.to_dense()[:4] != 0).all()  # each inner node learns
    assert (model.contexts.grad.to_dense()[4] == 0).all()  # there are four


def test_a_model_that_knows_nothing_loses_ln_2_for_each_turn():
    objective = objective_of(SkipGram)
    (loss,) = objective(Word2Vec(Word2VecConfig(dim=6, vocab_size=5)), one_batch(objective))
    lengths = (huffman(COUNTS).turns != 0).sum(1)
    turns = sum(lengths[neighbours(text, i)].sum() for text in TEXTS for i in range(len(text)))
    assert loss.total.item() == pytest.approx(turns * math.log(2))
