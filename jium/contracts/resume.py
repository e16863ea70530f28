"""The contract of resuming: a run that was killed goes on as if nothing had happened."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from jium.checkpoint.state import load_state
from jium.config import write_toml
from jium.contracts.training import difference, longer, recipe
from jium.errors import RunError
from jium.training.run import train

ENDLESS = 1_000_000  # steps; so that the kill always comes before the end
PATIENCE_S = 240


def killed_and_resumed() -> float:
    """A run killed with SIGKILL at a random step and resumed, against one that nothing disturbed.

    Counts tensors of weights, optimiser and random state, and losses, that differ in any bit.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        plan = recipe(place, steps=ENDLESS)
        (place / "contract.toml").write_text(write_toml(plan.values), "utf-8")
        _train_and_kill(place / "contract.toml", place / "killed", after=random.randint(4, 12))
        steps = load_state(place / "killed")[1]["step"] + 5
        finite = longer(plan, steps)
        train(finite, out=place / "killed", resume=True, quiet=True)
        train(finite, out=place / "whole", quiet=True)
        return difference(place / "killed", place / "whole")


def _train_and_kill(file: Path, run: Path, after: int) -> None:
    """Train in a process of its own; kill it once it has logged so many steps."""
    code = "import sys; from jium.training.run import train; train(*sys.argv[1:2], out=sys.argv[2])"
    command = [sys.executable, "-c", code, str(file), str(run)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            ended = _wait(process, run / "metrics.jsonl", after)
        finally:
            process.kill()
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
    if ended or process.returncode != -signal.SIGKILL:
        raise RunError(
            "{run}: the training to be killed ended by itself: {said}", run=run, said=said[-500:]
        )


def _wait(process: subprocess.Popen[bytes], log: Path, lines: int) -> bool:
    """Wait until `log` has so many lines; True where the process ends, or never gets there."""
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        if log.is_file() and log.read_bytes().count(b"\n") >= lines:
            return False
        time.sleep(0.005)
    return True
