"""metrics.jsonl and TensorBoard."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from jium.training.log import RunLog, Smooth
from jium.training.trainer import Report


def lines(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def report(step: int, loss: float = 2.5) -> Report:
    return Report(step, loss, 1e-3, 0.5, tokens=100, seconds=0.1)


def test_every_nth_step_is_a_record(tmp_path):
    with RunLog(tmp_path, steps=10, log_every=3, start=0, quiet=True) as log:
        for step in range(1, 11):
            log.step(report(step, step / 4))
    assert [r["step"] for r in lines(tmp_path)] == [3, 6, 9]
    assert lines(tmp_path)[0] == {
        "step": 3,
        "loss": 0.75,
        "lr": 1e-3,
        "grad_norm": 0.5,
        "tokens_per_s": pytest.approx(1000),
    }


def test_each_side_of_a_game_and_what_an_objective_adds_is_in_the_record(tmp_path):
    with RunLog(tmp_path, steps=1, log_every=1, start=0, quiet=True) as log:
        told = report(1)
        told.losses, told.metrics = {"critic": 2.5, "artist": 0.5}, {"right": 0.75}
        log.step(told)
    (line,) = lines(tmp_path)
    assert (line["loss_critic"], line["loss_artist"], line["right"]) == (2.5, 0.5, 0.75)


def test_what_is_no_finite_number_is_null_and_the_line_is_still_json(tmp_path):
    with RunLog(tmp_path, steps=1, log_every=1, start=0, quiet=True) as log:
        log.step(report(1, math.nan))
    assert lines(tmp_path)[0]["loss"] is None


def test_a_resumed_log_forgets_what_will_be_repeated(tmp_path):
    with RunLog(tmp_path, steps=9, log_every=1, start=0, quiet=True) as log:
        for step in range(1, 8):
            log.step(report(step))
    with RunLog(tmp_path, steps=9, log_every=1, start=5, quiet=True) as log:
        log.step(report(6))
    assert [r["step"] for r in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_tensorboard_events_can_be_read(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with RunLog(tmp_path, steps=3, log_every=1, start=0, quiet=True) as log:
        for step in (1, 2, 3):
            log.step(report(step, 4.0 / step))
        log.evaluation(3, {"valid_loss": 1.5}, True, [("나는 간다", "I go", "I am going")])
        log.picture(3, "attention", np.zeros((4, 4, 3), dtype=np.uint8))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [
        (1, 4.0),
        (2, 2.0),
        (3, pytest.approx(4 / 3)),
    ]
    assert [e.value for e in events.Scalars("valid_loss")] == [1.5]
    (text,) = events.Tensors("translations/text_summary")
    shown = text.tensor_proto.string_val[0].decode("utf-8")
    assert "나는 간다" in shown and "I go" in shown
    (picture,) = events.Images("attention")
    assert (picture.width, picture.height) == (4, 4)


def test_evaluations_and_samples_are_told_to_a_person(tmp_path, capfd):
    with RunLog(tmp_path, steps=3, log_every=1, start=0) as log:
        log.evaluation(3, {"valid_loss": 1.5}, True, [])
    out, err = capfd.readouterr()
    assert out == "" and "step 3  valid_loss 1.500  (best so far)" in err


def test_a_smooth_figure_starts_at_the_first_and_follows_slowly():
    smooth = Smooth()
    assert smooth.add(10.0) == 10.0
    assert smooth.add(20.0) == pytest.approx(10.5)
