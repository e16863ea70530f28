"""Runs in a process of their own: stopped by a person, by the system, by `kill -9`."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jium.checkpoint.state import load_state
from jium.config import write_toml
from jium.contracts.training import difference, longer
from jium.training.interrupts import interrupts
from jium.training.run import train

ENDLESS = 1_000_000  # steps: the signal always comes before the end
START = [sys.executable, "-c", "from jium.cli import main; main()", "train"]


def last_step(run: Path) -> int:
    log = run / "metrics.jsonl"
    lines = log.read_text("utf-8").split("\n")[:-1] if log.is_file() else []
    return int(json.loads(lines[-1])["step"]) if lines else 0


def train_until(step: int, stop: signal.Signals, recipe: Path, run: Path) -> tuple[int, str]:
    """Train in another process up to `step`, then signal it; its exit status and what it said."""
    words = ["--out", str(run), *(["--resume"] if run.exists() else [])]
    with subprocess.Popen(
        [*START, str(recipe), *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        until = time.monotonic() + 240
        while process.poll() is None and last_step(run) < step and time.monotonic() < until:
            time.sleep(0.003)
        process.send_signal(stop)
        _, said = process.communicate()
        return process.returncode, said


@pytest.fixture
def endless(plan: Callable, tmp_path: Path) -> Path:
    file = tmp_path / "tiny.toml"
    file.write_text(write_toml(plan(steps=ENDLESS).values), "utf-8")
    return file


def compared(plan: Callable, run: Path, more: int) -> float:
    """What differs between `run`, resumed for some steps more, and a run that nothing disturbed."""
    steps = load_state(run)[1]["step"] + more
    finite = longer(plan(steps=ENDLESS), steps)
    train(finite, out=run, resume=True, quiet=True)
    train(finite, out=run.with_name("whole"), quiet=True)
    return difference(run, run.with_name("whole"))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_run_asked_to_stop_is_saved_and_goes_on_exactly(stop, plan, endless, tmp_path):
    run = tmp_path / "run"
    status, said = train_until(4, stop, endless, run)
    saved = load_state(run)[1]["step"]
    assert status == 130
    assert f"stopped at step {saved}; go on with --resume" in said and "Traceback" not in said
    assert saved == last_step(run)
    assert compared(plan, run, 4) == 0


def test_a_run_killed_three_times_is_bit_for_bit_the_undisturbed_run(plan, endless, tmp_path):
    run, rng = tmp_path / "run", random.Random(2024)
    kills = []
    for _ in range(3):
        at = last_step(run) + rng.randint(4, 9)
        status, _ = train_until(at, signal.SIGKILL, endless, run)
        kills.append((status, load_state(run)[1]["step"]))
    assert [status for status, _ in kills] == [-signal.SIGKILL] * 3
    assert kills[0][1] < kills[1][1] < kills[2][1]  # each start got further than the one before
    assert compared(plan, run, 5) == 0
    steps = [line for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    kinds = [(json.loads(line)["step"], "loss" in json.loads(line)) for line in steps]
    assert len(kinds) == len(set(kinds))


# ---------------------------------------------------------------- the block itself


@pytest.fixture
def ctrl_c():
    """SIGINT as at a terminal; a shell starts what runs in the background with it ignored."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


def test_the_first_signal_only_asks_and_the_second_acts(ctrl_c):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts() as stop:
        assert not stop.asked
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_after_the_block_signals_do_what_they_did():
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    with interrupts():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before


def test_in_another_thread_it_asks_nothing_and_harms_nothing():
    found: list[bool] = []

    def work() -> None:
        with interrupts() as stop:
            found.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
