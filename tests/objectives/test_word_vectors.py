"""What skip-gram, CBOW and GloVe minimise, on a batch that is counted by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from jium.data.cooccurrence import CountBatches, Counts
from jium.data.windows import WindowBatches
from jium.errors import ConfigError
from jium.models.glove import Glove, GloveConfig
from jium.models.word2vec import Word2Vec, Word2VecConfig
from jium.objectives.cbow import Cbow
from jium.objectives.glove import GloveLoss
from jium.objectives.skip_gram import SkipGram

COUNTS = [9, 7, 5, 3, 2]
IDS = np.array([0, 1, 2, 3, -1, 4, 0, 1, -1], np.int32)
TEXTS = [[0, 1, 2, 3], [4, 0, 1]]
SETTINGS = {"window": 2, "dynamic": False, "sample": 0.0, "block": 4, "shared": 3}


def word2vec(subwords="none", seed=0):
    torch.manual_seed(seed)
    model = Word2Vec(Word2VecConfig(dim=6, vocab_size=5, subwords=subwords, n_buckets=20))
    model.spell(["사과", "배", "감", "귤", "포도"])
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.double()


def one_batch(objective):
    (batch,) = WindowBatches(IDS, COUNTS, objective, 100).once()
    return batch


def negatives(batch, n_before):
    """The words drawn for each block."""
    blocks = len(batch.low)
    return batch.outputs.rows[batch.outputs.where].view(blocks, -1)[:, n_before:]


def neighbours(text, i, window=2):
    return [text[j] for j in range(max(0, i - window), min(len(text), i + window + 1)) if j != i]


def places():
    """(which word of all, its text, its place there)."""
    number = 0
    for text in TEXTS:
        for i in range(len(text)):
            yield number, text, i
            number += 1


def test_skip_gram_is_the_loss_of_each_word_with_each_neighbour_and_weighted_negatives():
    objective, model = SkipGram(**SETTINGS), word2vec()
    batch = one_batch(objective)
    (loss,) = objective(model, batch)
    drawn = negatives(batch, 4 + 2 * 2)
    total = 0.0
    for number, text, i in places():
        seen = model.words[text[i]]
        near = neighbours(text, i)
        total += sum(F.softplus(-seen @ model.contexts[j]).item() for j in near)
        against = F.softplus(model.contexts[drawn[number // 4]] @ seen).sum().item()
        total += against * len(near) * 5 / 3
    assert loss.count == 16
    assert loss.total.item() == pytest.approx(total, rel=1e-12)


def test_cbow_is_the_loss_of_each_word_given_the_mean_of_its_neighbours():
    objective, model = Cbow(**SETTINGS), word2vec()
    batch = one_batch(objective)
    (loss,) = objective(model, batch)
    drawn = negatives(batch, 4)
    total = 0.0
    for number, text, i in places():
        mean = model.words[neighbours(text, i)].mean(0)
        total += F.softplus(-mean @ model.contexts[text[i]]).item()
        total += F.softplus(model.contexts[drawn[number // 4]] @ mean).sum().item() * 5 / 3
    assert loss.count == 7
    assert loss.total.item() == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("kind", [SkipGram, Cbow])
@pytest.mark.parametrize("subwords", ["none", "jamo"])
def test_gradients_of_the_tables_are_those_of_finite_differences(kind, subwords):
    objective, model = kind(**SETTINGS), word2vec(subwords)
    batch = one_batch(objective)

    def loss():
        return next(iter(objective(model, batch))).total

    loss().backward()
    for table in (model.words, model.contexts):
        gradient = table.grad.to_dense()
        for row in range(0, len(table), 3):
            with torch.no_grad():
                table[row, 1] += 1e-6
                above = loss().item()
                table[row, 1] -= 2e-6
                below = loss().item()
                table[row, 1] += 1e-6
            assert gradient[row, 1].item() == pytest.approx((above - below) / 2e-6, abs=1e-6)


def test_a_model_that_knows_nothing_loses_ln_2_for_each_answer():
    objective = SkipGram(**SETTINGS)
    model = Word2Vec(Word2VecConfig(dim=6, vocab_size=5))
    (loss,) = objective(model, one_batch(objective))
    assert loss.total.item() / loss.count == pytest.approx(6 * math.log(2))


def test_words_are_the_mean_of_their_own_row_and_their_pieces():
    model = word2vec("jamo")
    rows, ends = model.part_rows, model.part_ends
    first = rows[: ends[0]]
    assert first[0] == 0 and (first[1:] >= 5).all()
    torch.testing.assert_close(model.vectors()[0], model.words[first].mean(0).detach())
    unseen = model.spelled(["사과"])[0]  # as if it had never been seen: its pieces alone
    torch.testing.assert_close(unseen, model.words[first[1:]].mean(0).detach())


# ---------------------------------------------------------------- GloVe


def counts(*values):
    n = len(values)
    words = np.arange(n, dtype=np.int32)
    return Counts(words, words[::-1].copy(), np.array(values, np.float32))


def test_pairs_weigh_the_three_quarters_power_of_their_count_and_one_at_most():
    weight = GloveLoss().weight(torch.tensor([1.0, 16.0, 50.0, 100.0, 1000.0]))
    expected = [0.01**0.75, 0.16**0.75, 0.5**0.75, 1.0, 1.0]
    assert weight.tolist() == pytest.approx(expected, rel=1e-6)
    assert weight[0].item() == pytest.approx(0.0316228, rel=1e-5)


def test_glove_is_the_weighted_square_of_product_and_biases_less_the_log():
    torch.manual_seed(0)
    model = Glove(GloveConfig(dim=3, vocab_size=3))
    torch.nn.init.normal_(model.word_bias), torch.nn.init.normal_(model.context_bias)
    (batch,) = CountBatches(counts(2.0, 300.0, 0.5), 10).once()
    (loss,) = GloveLoss()(model, batch)
    total = 0.0
    for i, x in enumerate((2.0, 300.0, 0.5)):
        product = model.words[i] @ model.contexts[2 - i]
        error = product + model.word_bias[i, 0] + model.context_bias[2 - i, 0] - math.log(x)
        total += min(x / 100, 1) ** 0.75 * error.item() ** 2
    assert (loss.total.item(), loss.count) == (pytest.approx(total, rel=1e-5), 3)


@pytest.mark.parametrize(
    ("key", "value"), [("window", 0), ("x_max", 0.0), ("power", -1.0), ("valid_share", 1.0)]
)
def test_glove_settings_that_cannot_be_are_refused(key, value):
    with pytest.raises(ConfigError, match=f"{key}: must be"):
        GloveLoss(**{key: value})
