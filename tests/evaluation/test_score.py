import json
import math

import pytest

from jium.config import build_kind
from jium.evaluation import METRICS
from jium.evaluation.bleu import Bleu
from jium.evaluation.bootstrap import confidence
from jium.evaluation.chrf import Chrf
from jium.evaluation.rouge import Rouge
from jium.evaluation.score import (
    Example,
    Score,
    fingerprint,
    measure,
    metric_values,
    score_from_values,
    score_sentences,
    score_to_values,
)
from jium.evaluation.ter import Ter


def test_measured_scores_are_the_metrics_with_interval_and_signature(english):
    (score,) = measure(Chrf(), *english, samples=50)
    assert score.name == "chrf"
    assert score.value == Chrf()(*english)["chrf"]
    assert score.signature == Chrf().signature()
    assert score.interval == confidence(Chrf(), *english, samples=50)["chrf"]


def test_a_metric_of_several_scores_gives_them_all(english):
    assert [s.name for s in measure(Rouge(), *english, samples=5)] == ["rouge1", "rouge2", "rougeL"]


def test_only_error_rates_are_better_when_lower(english):
    assert measure(Ter(), *english, samples=5)[0].lower_is_better
    assert not measure(Bleu(), *english, samples=5)[0].lower_is_better


@pytest.mark.parametrize("metric", [Bleu(language="ko"), Chrf(word_order=2), Ter(no_punct=True)])
def test_a_metric_is_made_again_from_its_values(metric):
    values = metric_values(metric)
    assert build_kind(METRICS, json.loads(json.dumps(values)), "metric") == metric


def test_scores_survive_json(english):
    score = measure(Rouge(stem=True), *english, samples=5)[0]
    values = json.loads(json.dumps(score_to_values(score)))
    assert score_from_values("rouge1", values) == score


def test_a_figure_that_is_not_finite_is_null_in_json():
    values = score_to_values(Score("perplexity", math.inf, "", lower_is_better=True))
    assert values["value"] is None
    assert json.dumps(values, allow_nan=False)
    assert math.isnan(score_from_values("perplexity", values).value)


def test_sentences_keep_their_order_and_their_own_score(english):
    predictions, references = english
    examples = score_sentences(Chrf(), references, predictions, references)
    assert [e.prediction for e in examples] == predictions
    assert [e.score for e in examples] == [
        Chrf().sentence(*pair) for pair in zip(predictions, references, strict=True)
    ]


def test_fingerprint_depends_on_the_data_and_not_on_the_predictions():
    def of(*rows):
        return fingerprint(Example(*row) for row in rows)

    plain = of(("s", "p", "r"), ("t", "q", "u"))
    assert of(("s", "other", "r"), ("t", "q", "u", 1.0)) == plain
    assert of(("t", "q", "u"), ("s", "p", "r")) != plain
    assert of(("s", "p", "r")) != plain
    assert of(("s", "p", "r2"), ("t", "q", "u")) != plain
    assert of(("ab", "", "c")) != of(("a", "", "bc"))
