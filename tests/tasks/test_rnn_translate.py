"""A recurrent translator as a person uses it: everything that the Transformer does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jium
from jium.contracts import tiny
from jium.contracts.training import recipe
from jium.data.pairs import Pair
from jium.errors import ConfigError
from jium.models.rnn_seq2seq import RnnSeq2Seq
from jium.tasks.translate import Translator
from jium.training.recipe import Recipe
from jium.training.run import train

PAIRS = tiny.sentences()[:100]
ADDITIVE = dict(attention="additive")
GENERAL = dict(attention="general", cell="gru")


def trained(place: Path, steps: int, **model: Any) -> None:
    """A run over the hundred pairs, with others to validate."""
    values = dict(recipe(place, steps).values)
    for name, pairs in (("train", PAIRS), ("valid", tiny.sentences()[100:110])):
        rows = ["source\ttarget", *("\t".join(pair) for pair in pairs)]
        (place / f"{name}.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    files = dict(train=str(place / "train.tsv"), valid=str(place / "valid.tsv"))
    values["data"] = values["data"] | files
    values["model"] = dict(kind="rnn_seq2seq", embedding_dim=32, dim=64, max_len=64) | model
    values["tokenizer"] = dict(kind="word", vocab_size=100)
    values["optim"], values["schedule"] = dict(lr=0.01), dict(kind="cosine", warmup=10)
    often = dict(eval_every=steps, save_every=steps, batch_tokens=500, ema=None)
    values["train"] = {k: v for k, v in (values["train"] | often).items() if v is not None}
    values["objective"] = dict(label_smoothing=0.0)
    train(Recipe.of(values, "rnn"), out=place / "run", quiet=True)


@pytest.fixture(scope="module", params=[ADDITIVE, GENERAL], ids=["additive", "general"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rnn")
    trained(place, 80, dropout=0.0, **request.param)
    return place / "run"


@pytest.fixture(scope="module")
def task(run: Path) -> Translator:
    return jium.load(run)


def test_a_hundred_pairs_are_learned_by_heart(task: Translator) -> None:
    sources, targets = zip(*PAIRS, strict=True)
    answers = task.translate(list(sources))
    assert sum(map(str.__eq__, answers, targets)) >= 95


def test_a_search_through_beams_finds_no_less_likely_text(task: Translator) -> None:
    sources = [source for source, _ in PAIRS[:8]]
    for one in task.hypotheses(sources, beam=4):
        scores = [hypothesis.score for hypothesis in one]
        assert scores == sorted(scores, reverse=True) and len(one) == 4
    alone = [task.translate(source, beam=4) for source in sources]
    assert alone == task.translate(sources, beam=4)
    assert task.translate(sources[0], beam=4, n_best=3)[0] == alone[0]


def test_the_pieces_of_a_stream_add_up(task: Translator) -> None:
    for source, _ in PAIRS[:3]:
        assert "".join(task.stream(source)) == task.translate(source)


def test_sampling_is_repeatable(task: Translator) -> None:
    drawn = [task.translate(PAIRS[0][0], temperature=2.0, seed=3) for _ in range(2)]
    assert drawn[0] == drawn[1] != task.translate(PAIRS[0][0], temperature=2.0, seed=4)


def test_it_is_measured_like_any_translator(run: Path) -> None:
    found = jium.evaluate(run, [Pair(source, target) for source, target in PAIRS[:20]])
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["bleu"] > 80 and scores["perplexity"] < 2


def test_it_shows_where_it_looked(task: Translator) -> None:
    found = jium.explain(task, PAIRS[0][0], target=PAIRS[0][1])
    assert found.kinds == ("cross",) and found.cross.shape[:2] == (1, 1)
    assert np.allclose(found.table().weights.sum(1), 1, atol=1e-5)
    assert found.source[-1] == found.target[-1] == "<EOS>"
    assert '"cross"' in found.html() and '"encoder":{"rows"' not in found.html()
    with pytest.raises(ConfigError, match="no kind 'encoder'. Known: cross."):
        found.table("encoder")


def test_what_is_saved_is_what_was_learned(run: Path, task: Translator) -> None:
    assert isinstance(task.model, RnnSeq2Seq)
    again = jium.load(run)
    assert again.model.config == task.model.config
    sources = [source for source, _ in PAIRS]
    assert again.translate(sources) == task.translate(sources)
