import math
import statistics

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from jium.errors import ConfigError, DataError
from jium.evaluation.bleu import Bleu
from jium.evaluation.bootstrap import confidence, paired, together
from jium.evaluation.chrf import Chrf
from jium.evaluation.meteor import Meteor
from jium.evaluation.rouge import Rouge
from jium.evaluation.ter import Ter

METRICS = [Bleu(), Chrf(), Chrf(word_order=2), Ter(), Rouge(), Meteor()]
NOUNS = ["cat", "dog", "man", "girl", "bird", "horse", "child"]


def corpus(sentences, seed, errors=0.3):
    """Predictions that differ from references in a share of their words."""
    random = np.random.default_rng(seed)
    references, predictions = [], []
    for _ in range(sentences):
        truth = list(random.choice(NOUNS, size=random.integers(4, 12)))
        guess = [random.choice(NOUNS) if random.random() < errors else word for word in truth]
        references.append(" ".join(truth))
        predictions.append(" ".join(guess))
    return predictions, references


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.signature()[:30])
def test_intervals_are_those_of_scoring_the_resampled_corpora_anew(metric):
    predictions, references = corpus(12, seed=1)
    found = confidence(metric, predictions, references, samples=40, level=0.8, seed=7)
    random = np.random.default_rng(7)
    anew = []
    for _ in range(40):
        drawn = random.integers(12, size=12)
        anew.append(metric([predictions[i] for i in drawn], [references[i] for i in drawn]))
    for name, interval in found.items():
        values = [scores[name] for scores in anew]
        assert interval.mean == pytest.approx(statistics.mean(values))
        assert interval.low == pytest.approx(np.quantile(values, 0.1))
        assert interval.high == pytest.approx(np.quantile(values, 0.9))
        assert (interval.level, interval.samples, interval.seed) == (0.8, 40, 7)


def test_interval_of_a_mean_is_as_wide_as_theory_says():
    predictions, references = corpus(300, seed=2)
    metric = Rouge()
    values = [metric.sentence(*pair) for pair in zip(predictions, references, strict=True)]
    half = 1.96 * statistics.stdev(values) / math.sqrt(len(values))
    found = confidence(metric, predictions, references)["rougeL"]
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    assert found.mean == pytest.approx(statistics.mean(values), abs=half / 5)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    pairs = corpus(30, seed=3)
    assert confidence(Bleu(), *pairs, samples=50) == confidence(Bleu(), *pairs, samples=50)
    assert confidence(Bleu(), *pairs, samples=50) != confidence(Bleu(), *pairs, samples=50, seed=1)


def test_more_sentences_narrow_the_interval():
    few, many = (confidence(Chrf(), *corpus(n, seed=4))["chrf"] for n in (20, 400))
    assert many.high - many.low < (few.high - few.low) / 2


def test_one_sentence_has_no_width():
    found = confidence(Chrf(), ["a cat"], ["a dog"], samples=20)["chrf"]
    assert found.low == found.mean == found.high == Chrf()(["a cat"], ["a dog"])["chrf"]


def test_a_system_against_itself_differs_by_nothing_and_p_is_one():
    predictions, references = corpus(20, seed=5)
    found = paired(Bleu(), predictions, predictions, references, samples=100)["bleu"]
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_a_clearly_better_system_has_a_small_p_and_a_positive_difference():
    worse, references = corpus(200, seed=6, errors=0.5)
    better = [f"{reference} cat" for reference in references]
    found = paired(Bleu(), worse, better, references, samples=500)["bleu"]
    assert found.value == Bleu()(better, references)["bleu"] - Bleu()(worse, references)["bleu"]
    assert 0 < found.low < found.value < found.high
    assert found.p == pytest.approx(1 / 501)


def test_swapping_the_systems_turns_the_sign_and_keeps_p():
    a, references = corpus(60, seed=8)
    b = [guess.replace("cat", "dog") for guess in a]
    forth, back = (
        paired(Chrf(), x, y, references, samples=200)["chrf"] for x, y in ((a, b), (b, a))
    )
    assert forth.value == -back.value
    assert forth.low == pytest.approx(-back.high)
    assert forth.p == back.p


def test_p_agrees_with_sacrebleus_paired_bootstrap():
    a, references = corpus(150, seed=9, errors=0.30)
    b = [guess.replace("cat dog", "cat") for guess in a]
    systems = [("a", a), ("b", b)]
    test = PairedTest(systems, {"BLEU": BLEU()}, [references], test_type="bs", n_samples=2000)
    theirs = test()[1]["BLEU"][1].p_value
    ours = paired(Bleu(), a, b, references, samples=2000)["bleu"].p
    assert 0.01 < theirs < 0.99
    assert ours == pytest.approx(theirs, abs=0.05)


def test_unequal_lists_are_an_error():
    with pytest.raises(DataError, match="1 predictions but 2 references"):
        paired(Bleu(), ["a", "b"], ["a"], ["a", "b"])


@pytest.mark.parametrize(("fields", "key"), [({"samples": 0}, "samples"), ({"level": 95}, "level")])
def test_impossible_settings_name_their_key(fields, key):
    with pytest.raises(ConfigError, match=key):
        confidence(Bleu(), ["a"], ["a"], **fields)


def test_what_is_of_one_group_is_summed_and_resampled_together():
    rows = np.array([[1.0, 1], [0, 1], [1, 1], [1, 1]])
    np.testing.assert_array_equal(together(rows, [7, -2, 7, 3]), [[0, 1], [1, 1], [2, 2]])
    assert together(rows, None) is rows
