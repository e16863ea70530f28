"""What a run says while it trains: to a person, to metrics.jsonl, to TensorBoard."""

import json
import math
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from jium.errors import MissingExtra, require
from jium.files import explained, write_text, write_whole
from jium.messages import say
from jium.training.trainer import Report

Unit = Literal["tokens", "pictures"]


class Smooth:
    """A running mean that forgets slowly, for figures that a person watches."""

    def __init__(self) -> None:
        self.value: float | None = None

    def add(self, new: float) -> float:
        self.value = new if self.value is None else 0.95 * self.value + 0.05 * new
        return self.value


class RunLog:
    """Use as a context; `step` after each step, `evaluation` after each look at the valid split.

    On a terminal a live bar; elsewhere a line every `log_every` steps. metrics.jsonl has a record a
    line: {"step", "loss", "lr", ...} or {"step", "valid_loss", ...}. unit: what a batch counts.
    """

    def __init__(
        self,
        run: Path,
        steps: int,
        log_every: int,
        start: int,
        quiet: bool = False,
        unit: Unit = "tokens",
    ) -> None:
        self.run = run
        self.unit = unit
        self.log_every = log_every
        self.file = run / "metrics.jsonl"
        _forget_after(self.file, start)
        self.console = Console(file=sys.stderr, quiet=quiet)
        self.board = _board(run, start)
        self.speed, self.loss = Smooth(), Smooth()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
        )
        self.row = self.bar.add_task(say("training"), total=steps, completed=start, status="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()
        if self.board is not None:
            self.board.close()

    def step(self, report: Report) -> None:
        """Show one step; write every `log_every`-th."""
        speed = self.speed.add(report.tokens / max(report.seconds, 1e-9))
        loss = self.loss.add(report.loss)
        unit = say("pictures/s") if self.unit == "pictures" else say("tokens/s")
        status = f"{say('loss')} {loss:.3f}  {speed:,.0f} {unit}"
        self.bar.update(self.row, completed=report.step, status=status)
        if report.step % self.log_every:
            return
        figures = {
            "loss": report.loss,
            "lr": report.lr,
            "grad_norm": report.grad_norm,
            f"{self.unit}_per_s": round(speed, 1),
            **report.metrics,
        }
        if len(report.losses) > 1:  # of a game, each side's
            figures |= {f"loss_{name}": value for name, value in report.losses.items()}
        self._record(report.step, figures)
        if self.bar.disable and report.step % (5 * self.log_every) == 0:
            total = self.bar.tasks[self.row].total
            self.say(f"{say('step')} {report.step}/{total:.0f}  {status}  lr {report.lr:.2e}")

    def evaluation(
        self, step: int, figures: dict[str, float], best: bool, samples: list[tuple[str, str, str]]
    ) -> None:
        """A look at the valid split: figures, and (source, translation, reference) to read."""
        self._record(step, figures)
        shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        mark = f"  ({say('best so far')})" if best else ""
        self.say(f"{say('step')} {step}  {shown}{mark}")
        if self.board is not None and samples:
            lines = [f"{s}\n\n→ {t}\n\n= {r}" for s, t, r in samples]
            self.board.add_text("translations", "\n\n---\n\n".join(lines), step)

    def picture(self, step: int, name: str, pixels: Any) -> None:
        """A picture for TensorBoard, uint8 (height, width, 3); of training on pictures a file too:
        pictures/step-000500.png.
        """
        if self.board is not None:
            self.board.add_image(name, pixels, step, dataformats="HWC")
        if self.unit == "pictures":
            image = require("PIL.Image", "pictures").fromarray(pixels)
            path = self.run / "pictures" / f"step-{step:06}.png"
            write_whole(path, lambda beside: image.save(beside, "PNG"))

    def say(self, text: str) -> None:
        """A line for a person, above the bar."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _record(self, step: int, figures: dict[str, float]) -> None:
        line = {"step": step} | {k: v if math.isfinite(v) else None for k, v in figures.items()}
        with explained(self.file), open(self.file, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self.board is not None:
            for name, value in figures.items():
                self.board.add_scalar(name, value, step)


def _forget_after(path: Path, start: int) -> None:
    """A resumed run repeats what came after its last save, so those records go."""
    if not path.is_file():
        return
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= start]
    write_text(path, "".join(kept))


def _board(run: Path, start: int) -> Any:
    """A TensorBoard writer, or None where tensorboard is not installed."""
    try:
        require("tensorboard", "track")
    except MissingExtra:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run / "tensorboard"), purge_step=start + 1 if start else None)
