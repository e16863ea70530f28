"""From a recipe for summaries to a run, and what the run is good for."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jium
from jium.config import override
from jium.data.pairs import Prepared
from jium.errors import ConfigError, RunError
from jium.tasks.extract import EXTRACTIVE, Extractor
from jium.tasks.summarise import Summariser
from jium.training.plans import PLANS
from jium.training.recipe import Recipe

pytest.importorskip("kiwipiepy")
pytest.importorskip("rouge_score")

FILLERS = ["오늘은 날씨가 맑았다.", "사람들이 많이 모였다.", "버스는 늦게 왔다.", "꽃이 피었다."]
NAMES, PLACES = ["민수", "영희", "철수", "지은", "현우"], ["서울", "부산", "대구", "광주", "인천"]
PRIZES = ["수영", "노래", "요리", "그림", "바둑"]

MODELS: dict[str, dict[str, Any]] = {
    "rnn_seq2seq": {"dim": 48, "dropout": 0.0, "max_len": 32},
    "seq2seq": {"size": "tiny", "dropout": 0.0, "max_len": 32},
    "gpt": {"dim": 32, "n_heads": 2, "n_kv_heads": 2, "ffn_dim": 64, "n_layers": 1, "max_len": 48},
}


def rows() -> list[dict[str, str]]:
    """Texts in which one sentence is the news, never the first; the headline says it shorter."""
    draw = random.Random(0)
    made = []
    for name in NAMES:
        for place in PLACES:
            for prize in PRIZES:
                before, after = draw.sample(FILLERS, 2)
                text = f"{before} {name}가 {place}에서 {prize} 상을 받았다. {after}"
                made.append({"document": text, "summary": f"{name}, {place}에서 {prize} 상"})
    draw.shuffle(made)
    return made


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recipe]:
    """A recipe over these texts."""
    place = tmp_path_factory.mktemp("texts")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())
    (place / "rows.jsonl").write_text(lines, "utf-8")

    def made(kind: str, *overrides: str, steps: int = 2) -> Recipe:
        data = {"train": str(place / "rows.jsonl"), "valid_share": 0.1, "test_share": 0.1}
        values = {"task": "summarise", "data": data, "model": {"kind": kind}}
        if kind in MODELS:
            train = {"steps": steps, "eval_every": steps, "save_every": steps, "threads": 1}
            values["model"] |= MODELS[kind]
            values |= {
                "tokenizer": {"kind": "word", "vocab_size": 200},
                "optim": {"lr": 0.01},
                "schedule": {"kind": "constant"},
                "train": train | {"batch_tokens": 512, "metric_examples": 4},
            }
        return Recipe.of(override(values, overrides), kind)

    return made


@pytest.fixture(scope="module")
def learned(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned to write such headlines."""
    run = tmp_path_factory.mktemp("learned") / "run"
    chosen = plan("rnn_seq2seq", "train.metric=rougeL", "objective.label_smoothing=0.0", steps=50)
    jium.train(chosen, out=run, quiet=True)
    return run


def scores(found: dict[str, Any]) -> dict[str, float]:
    return {score.name: score.value for score in found["scores"]}


# ---------------------------------------------------------------- written


def test_planted_headlines_are_learned_and_the_lead_is_beaten(learned: Path) -> None:
    found = scores(jium.evaluate(learned, samples=1))
    assert found["rougeL"] > 80 and found["lead1_rougeL"] < 20


def test_the_run_is_loaded_as_it_was_trained(learned: Path) -> None:
    task = jium.load(learned)
    assert isinstance(task, Summariser) and task.about()["task"] == "summarise"
    text = rows()[0]["document"]
    assert task.summarise([text, " ", text]) == [task.summarise(text), "", task.summarise(text)]
    assert "".join(task.stream(text)) == task.summarise(text)
    assert list(task.stream(" \n")) == []
    assert len(task.summarise(text, beam=3, n_best=3)) == 3
    assert task.summarise(["", text], beam=2, n_best=2)[0] == [""]


def test_the_valid_figures_name_the_metric_asked_for(learned: Path) -> None:
    lines = (learned / "metrics.jsonl").read_text("utf-8").splitlines()
    assert any("valid_rougeL" in json.loads(line) for line in lines)
    card = (learned / "README.md").read_text("utf-8")
    assert "documents cut to the head | 0" in card and "best valid rougeL" in card


def test_a_text_longer_than_the_model_is_read_from_its_head(learned: Path) -> None:
    task = jium.load(learned)
    text = rows()[0]["document"]
    longer = f"{text} " + "더 쓸 말이 있다. " * 5000
    head = task.head(longer)
    assert longer.startswith(head) and longer[len(head)] == " "
    assert len(task.tokenizer.encode(head)) <= task.room
    assert task.summarise(longer) == task.summarise(head)


@pytest.mark.parametrize("kind", ["seq2seq", "gpt"])
def test_other_models_train_and_load_too(plan: Any, tmp_path: Path, kind: str) -> None:
    task = jium.train(plan(kind), out=tmp_path / "run", quiet=True)
    text = rows()[0]["document"]
    again = jium.load(tmp_path / "run")
    assert isinstance(again, Summariser)
    short = {"max_tokens": 6}
    assert again.summarise(text, **short) == task.summarise(text, **short)
    assert "".join(again.stream(text, **short)) == again.summarise(text, **short)
    assert not again.summarise(text, **short).startswith(" ")
    assert set(scores(jium.evaluate(tmp_path / "run", samples=1))) >= {"rougeL", "lead1_rougeL"}


@pytest.mark.parametrize("kind", ["seq2seq", "gpt"])
def test_long_documents_are_cut_and_none_is_lost(plan: Any, tmp_path: Path, kind: str) -> None:
    longer = [
        row | {"document": " ".join([row["document"], *FILLERS, *FILLERS])} for row in rows()[:40]
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in longer)
    (tmp_path / "longer.jsonl").write_text(lines, "utf-8")
    task = jium.train(
        plan(kind, f"data.train={tmp_path}/longer.jsonl", "model.max_len=32"),
        out=tmp_path / "run",
        quiet=True,
    )
    whole = list(Prepared.load(tmp_path / "run" / "last" / "documents").pairs("train"))
    heads = list(Prepared.load(tmp_path / "run" / "last" / "data").pairs("train"))
    for pair, cut in zip(whole, heads, strict=True):
        assert task.head(pair.source) == cut.source
        assert pair.source.startswith(cut.source) and len(cut.source) < len(pair.source)
    card = (tmp_path / "run" / "README.md").read_text("utf-8")
    assert f"documents cut to the head | {len(whole)} |" in card
    assert "longer than the model takes | 0 |" in card


def test_a_run_goes_on_with_the_data_it_began_with(plan: Any, tmp_path: Path) -> None:
    jium.train(plan("rnn_seq2seq"), out=tmp_path / "run", quiet=True)
    before = (tmp_path / "run" / "last" / "data" / "train.jsonl").stat().st_mtime_ns
    jium.train(plan("rnn_seq2seq", "train.steps=3"), out=tmp_path / "run", resume=True, quiet=True)
    assert (tmp_path / "run" / "last" / "data" / "train.jsonl").stat().st_mtime_ns == before


# ---------------------------------------------------------------- chosen


@pytest.mark.parametrize("kind", ["textrank", "lsa", "lead"])
def test_ways_that_learn_nothing_have_runs_too(plan: Any, tmp_path: Path, kind: str) -> None:
    jium.train(plan(kind, "model.n_sentences=2"), out=tmp_path / "run", quiet=True)
    task = jium.load(tmp_path / "run")
    assert isinstance(task, Extractor) and task.model.config.n_sentences == 2
    figures = json.loads((tmp_path / "run" / "metrics.jsonl").read_text("utf-8"))
    assert {"valid_rougeL", "valid_lead1_rougeL"} <= set(figures)
    found = scores(jium.evaluate(tmp_path / "run", samples=1))
    assert found["rougeL"] > found["lead1_rougeL"]  # two sentences of three: the news is in most


# ---------------------------------------------------------------- what cannot be


def test_what_does_not_belong_to_the_task_is_refused(plan: Any) -> None:
    with pytest.raises(ConfigError, match='no model "bert" for the task "summarise"'):
        plan("bert")
    with pytest.raises(ConfigError, match="unknown section"):
        plan("textrank", "train.steps=3")
    with pytest.raises(ConfigError, match=r"data\.both_directions: is nothing"):
        plan("seq2seq", "data.both_directions=true")


def test_every_way_to_choose_can_be_trained() -> None:
    assert set(EXTRACTIVE) <= set(PLANS["summarise"])


def test_a_damaged_run_is_named(plan: Any, tmp_path: Path) -> None:
    jium.train(plan("lead"), out=tmp_path / "run", quiet=True)
    (tmp_path / "run" / "model.safetensors").unlink()
    with pytest.raises(RunError, match=r"has no model\.safetensors"):
        jium.load(tmp_path / "run")


@pytest.mark.parametrize("kind", ["gpt", "seq2seq"])
def test_a_window_without_room_for_a_text_is_refused(plan: Any, tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match="model.max_len: leaves no room for a text"):
        jium.train(plan(kind, "model.max_len=4"), out=tmp_path / "run", quiet=True)
