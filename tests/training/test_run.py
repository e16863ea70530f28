"""From a recipe to a run folder: stopping, breaking off and going on."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jium.checkpoint.state import load_state
from jium.contracts.training import difference
from jium.errors import ConfigError, RunError, TrainingError
from jium.objectives.loss import Loss
from jium.objectives.translation import Translation
from jium.tasks import load
from jium.training import run as running
from jium.training import translation
from jium.training.log import RunLog
from jium.training.run import Best, train


def records(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def evaluated(run: Path) -> list[int]:
    return [int(record["step"]) for record in records(run) if "valid_loss" in record]


# ---------------------------------------------------------------- a whole run


def test_a_run_is_a_folder_that_can_be_loaded(start, tmp_path):
    task = start()
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "recipe.toml"}
    assert names >= {"README.md", "metrics.jsonl", "generation_config.json", "tensorboard", "last"}
    assert not list(tmp_path.rglob("*.part"))
    texts = ["나는 오늘 물을 산다.", "우리는 밥을 본다."]
    assert load(tmp_path / "run").translate(texts) == task.translate(texts)
    assert not task.model.training


def test_every_step_and_every_evaluation_is_logged_once(start, tmp_path):
    start(steps=9)
    steps = [r["step"] for r in records(tmp_path / "run") if "loss" in r]
    assert steps == list(range(1, 10))
    assert evaluated(tmp_path / "run") == [4, 8, 9]


def test_the_loss_falls(start, tmp_path):
    start("optim.lr=0.01", "train.eval_every=20", steps=60)
    found = records(tmp_path / "run")
    values = [r["valid_loss"] for r in found if "valid_loss" in r]
    assert values == sorted(values, reverse=True) and values[-1] < 0.9 * values[0]


def test_quiet_says_nothing_and_otherwise_it_goes_to_stderr(plan, tmp_path, capfd):
    train(plan(steps=5), out=tmp_path / "quiet", quiet=True)
    assert capfd.readouterr() == ("", "")
    train(plan(steps=5), out=tmp_path / "loud")
    out, err = capfd.readouterr()
    assert out == "" and "step 4  valid_loss" in err and "step 5/5" in err


def test_minutes_end_a_run_that_is_then_whole(start, tmp_path):
    start("train.minutes=1e-9", steps=1000)
    assert evaluated(tmp_path / "run") == [1]
    assert load_state(tmp_path / "run")[1]["step"] == 1
    assert load(tmp_path / "run").translate("물을") is not None


def test_a_schedule_without_a_rate_is_an_error_before_anything_is_made(start, tmp_path):
    with pytest.raises(ConfigError, match="optim.lr: is missing; only the noam schedule"):
        start("schedule.kind=cosine")
    assert not (tmp_path / "run" / "model.safetensors").exists()


# ---------------------------------------------------------------- stopping early


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, torch.Tensor]]]:
    """Give evaluations these scores, one after another; keeps the weights seen at each."""

    def made(*scores: float, name: str = "valid_loss") -> list[dict[str, torch.Tensor]]:
        seen: list[dict[str, torch.Tensor]] = []

        def measure(setup, trainer):
            seen.append({k: v.clone() for k, v in trainer.model.state_dict().items()})
            return {"valid_loss": 0.0, name: scores[len(seen) - 1]}

        monkeypatch.setattr(translation.Setup, "figures", measure)
        return seen

    return made


def test_patience_stops_so_many_evaluations_after_the_best_and_gives_the_best(
    start, scripted, tmp_path
):
    seen = scripted(5.0, 4.0, 4.5, 3.0, 3.1, 3.0, 3.2, 3.3, 9.0, 1.0)
    task = start("train.eval_every=1", "train.patience=5", steps=50)
    assert len(seen) == 4 + 5
    best = seen[3]
    weights = task.model.state_dict()
    assert all(torch.equal(weights[name], best[name]) for name in best)
    assert not all(torch.equal(weights[name], seen[-1][name]) for name in best)
    stored = load_file(tmp_path / "run" / "model.safetensors")
    assert all(torch.equal(tensor, best[name]) for name, tensor in stored.items())


def test_a_score_is_better_when_it_is_higher(start, scripted, tmp_path):
    seen = scripted(10.0, 30.0, 20.0, 5.0, name="valid_bleu")
    start("train.eval_every=1", "train.patience=2", "train.metric=bleu", steps=50)
    stored = load_file(tmp_path / "run" / "model.safetensors")
    assert len(seen) == 4
    assert all(torch.equal(tensor, seen[1][name]) for name, tensor in stored.items())


def test_without_patience_it_runs_to_the_end(start, scripted):
    seen = scripted(*range(1, 10))
    start("train.eval_every=1")
    assert len(seen) == 9


def test_patience_goes_on_over_a_resume(start, scripted, tmp_path):
    first = scripted(1.0, 2.0, 3.0)
    start("train.eval_every=1", "train.patience=4", "train.save_every=1", steps=3)
    scripted(4.0, 5.0, 6.0, 7.0)
    task = start(
        "train.eval_every=1", "train.patience=4", "train.save_every=1", steps=50, resume=True
    )
    assert evaluated(tmp_path / "run") == [1, 2, 3, 4, 5]
    assert all(torch.equal(v, first[0][k]) for k, v in task.model.state_dict().items())


@pytest.mark.parametrize("score", [math.nan, 9.0])
def test_what_is_no_number_or_equal_is_not_better(score: float):
    assert not Best(score=9.0).improves(score, lower_is_better=True)
    assert not Best(score=9.0).improves(score, lower_is_better=False)


def test_a_score_on_the_valid_split_chooses_the_best(start, tmp_path):
    start("train.metric=chrf", "train.metric_examples=3", steps=5)
    assert all("valid_chrf" in r for r in records(tmp_path / "run") if "valid_loss" in r)


def test_an_unknown_metric_lists_those_there_are(start):
    with pytest.raises(ConfigError, match=r'train\.metric.*"blue".* Did you mean "bleu"\?'):
        start("train.metric=blue")


# ---------------------------------------------------------------- broken off, and going on


class Crash(Exception):
    """The power goes."""


def crash_when(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, count: int) -> None:
    """The `count`-th call of owner.name never returns."""
    calls = []
    right = getattr(owner, name)

    def wrapped(*arguments, **options):
        calls.append(1)
        if len(calls) == count:
            raise Crash
        return right(*arguments, **options)

    monkeypatch.setattr(owner, name, wrapped)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing disturbs, nine steps long."""
    from jium.contracts.training import recipe

    place = tmp_path_factory.mktemp("whole")
    train(recipe(place, 9), out=place / "run", quiet=True)
    return place / "run"


BREAKS = [
    (RunLog, "step", 1),  # before the first save
    (RunLog, "step", 4),
    (RunLog, "step", 8),
    (RunLog, "evaluation", 1),
    (running, "save_weights", 1),
    (running, "save_weights", 2),  # the best is written, and the state of it never
    (running, "save_state", 1),
    (running, "save_state", 2),
    (running, "load_weights", 1),  # all is trained, and the card not written
]


def test_a_run_broken_off_anywhere_goes_on_exactly(start, whole, plan, tmp_path, monkeypatch):
    plan()  # the pairs, in the same place for all
    different = {}
    for number, (owner, name, count) in enumerate(BREAKS):
        run = f"run{number}"
        with monkeypatch.context() as broken:
            crash_when(broken, owner, name, count)
            with pytest.raises(Crash):
                start(name=run)
        start(name=run, resume=True)
        steps = [(r["step"], "loss" in r) for r in records(tmp_path / run)]
        assert len(steps) == len(set(steps)), (name, count)
        different[name, count] = difference(tmp_path / run, whole)
    assert different == dict.fromkeys(different, 0.0)


def test_a_line_of_the_log_cut_short_is_forgotten(start, whole, tmp_path, monkeypatch):
    crash_when(monkeypatch, RunLog, "step", 8)
    with pytest.raises(Crash):
        start()
    monkeypatch.undo()
    with open(tmp_path / "run" / "metrics.jsonl", "a", encoding="utf-8") as log:
        log.write('{"step": 8, "lo')
    start(resume=True)
    assert difference(tmp_path / "run", whole) == 0


def test_a_finished_run_resumed_stays_as_it_is(start, whole, tmp_path):
    start()
    start(resume=True)
    assert difference(tmp_path / "run", whole) == 0
    assert evaluated(tmp_path / "run") == [4, 8, 9]


def test_a_finished_run_may_be_trained_for_longer(start, tmp_path):
    start(steps=9)
    start(steps=11, resume=True)
    assert load_state(tmp_path / "run")[1]["step"] == 11
    assert evaluated(tmp_path / "run") == [4, 8, 9, 11]


def test_another_seed_is_another_run(start, whole, tmp_path):
    start("train.seed=6")
    assert difference(tmp_path / "run", whole) > 0


# ---------------------------------------------------------------- what may not go on


def test_resuming_with_a_changed_recipe_names_what_was_changed(start, tmp_path):
    start(steps=3)
    before = load_file(tmp_path / "run" / "model.safetensors")
    with pytest.raises(RunError) as caught:
        start("train.batch_tokens=500", steps=3, resume=True)
    message = str(caught.value)
    assert "train.batch_tokens=400" in message and "now it is 500" in message
    assert "train.steps" in message  # what may change
    after = load_file(tmp_path / "run" / "model.safetensors")
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_a_folder_that_has_a_run_is_not_trained_into(start, tmp_path):
    start(steps=3)
    with pytest.raises(RunError, match="something in this folder already. Go on with --resume"):
        start(steps=3)
    assert load(tmp_path / "run") is not None


def test_a_folder_with_something_else_in_it_is_left_alone(start, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(RunError, match="something in this folder already"):
        start()
    assert (tmp_path / "run" / "thesis.txt").read_text("utf-8") == "years of work"


def test_nothing_to_resume_is_an_error(start, tmp_path):
    with pytest.raises(RunError, match="there is no run to resume. Train without --resume"):
        start(resume=True)
    assert not (tmp_path / "run").exists()


def test_a_finished_run_without_its_last_folder_is_not_trained_over(start, tmp_path):
    start(steps=3)
    shutil.rmtree(tmp_path / "run" / "last")
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="state.safetensors: not there, so this run cannot be"):
        start(steps=9, resume=True)
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


# ---------------------------------------------------------------- a loss that is not finite


def test_batch_weights_and_step_are_kept_where_the_loss_breaks(start, tmp_path, monkeypatch):
    right, calls = Translation.__call__, []

    def breaks(self, model, batch):
        calls.append(batch)
        for loss in right(self, model, batch):
            yield Loss(loss.total * (math.nan if len(calls) == 5 else 1.0), loss.count)

    monkeypatch.setattr(Translation, "__call__", breaks)
    with pytest.raises(TrainingError, match="the loss is nan at step 5"):
        start()
    tensors, facts = load_state(tmp_path / "run" / "halt")
    assert facts["step"] == 4
    assert torch.equal(tensors["batch.0.source"], calls[4].source)
    assert torch.equal(tensors["batch.0.target_out"], calls[4].target_out)
    assert tensors["batch.0.source_lengths"].tolist() == calls[4].source_layout.lengths
    weights = [v for k, v in tensors.items() if k.startswith("model.")]
    assert weights and all(w.isfinite().all() for w in weights)


def test_after_a_halt_the_run_goes_on_from_its_last_save(start, tmp_path, monkeypatch, whole):
    right, calls = Translation.__call__, []

    def breaks(self, model, batch):
        calls.append(1)
        for loss in right(self, model, batch):
            yield Loss(loss.total * (math.nan if len(calls) == 5 else 1.0), loss.count)

    with monkeypatch.context() as broken:
        broken.setattr(Translation, "__call__", breaks)
        with pytest.raises(TrainingError):
            start()
    start(resume=True)
    assert difference(tmp_path / "run", whole) == 0
