"""The same words and seeds at several strengths of guidance: a picture, and what a judge says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jium.data.pillow import Image
from jium.errors import ConfigError
from jium.evaluation.attribute_accuracy import accuracy
from jium.evaluation.drawn import Drawn, Wanted, draw, spread
from jium.evaluation.memorisation import pixels
from jium.evaluation.picture_coverage import diversity
from jium.generation.painting import PaintConfig
from jium.tasks.picture_files import sheet

SHOWN, JUDGED = 6, 64  # texts in the picture; texts that each strength is judged by


@dataclass(frozen=True)
class Sweep:
    """A row a text, a column a strength; and of each strength the accuracy in percent (nan where
    there is no judge) and how different pictures are in pixels.
    """

    picture: Image.Image
    figures: dict[str, dict[str, float]]


def check_sweep(task: Any, strengths: Sequence[float]) -> list[float]:
    """The strengths, each once. Raises ConfigError for one that cannot be, and for a model that
    words do not guide step by step.
    """
    settings: Any = getattr(task, "settings", None)
    if strengths and not (task.guided and isinstance(settings, PaintConfig)):
        raise ConfigError("is for a diffusion model that words or classes guide.", key="sweep")
    for strength in strengths:
        replace(settings, guidance=strength)
    return list(dict.fromkeys(strengths))


def guidance_sweep(
    task: Any,
    wanted: Sequence[Wanted],
    strengths: Sequence[float],
    judge: Any = None,
    seed: int = 0,
    options: dict[str, Any] | None = None,
) -> Sweep:
    """Paint some of what is wanted at each strength, as `check_sweep` gives them."""
    some = spread(wanted, JUDGED if judge is not None else SHOWN)
    found = {s: draw(task, some, seed, **{**(options or {}), "guidance": s}) for s in strengths}
    shown = range(0, len(some), -(-len(some) // SHOWN))
    cells = [drawn.images[i] for i in shown for drawn in found.values()]
    heads = [f"{strength:g}" for strength in strengths]
    figures = {head: _figures(one, judge) for head, one in zip(heads, found.values(), strict=True)}
    return Sweep(sheet(cells, heads=heads), figures)


def _figures(drawn: Drawn, judge: Any) -> dict[str, float]:
    varied = {"diversity": diversity(pixels(drawn.pictures))} if len(drawn.pictures) > 1 else {}
    if judge is None or not any(one.classes for one in drawn.wanted):
        return varied
    said = judge.classify(drawn.pictures)
    asked = [{k: v for k, v in one.classes.items() if k in judge.names} for one in drawn.wanted]
    return {"accuracy": accuracy(said, asked)} | varied
