"""How well an autoencoder remembers pictures, and whether it notices those that do not belong."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.image_hash import pixel_hash
from jium.data.images import Picture, Pictures
from jium.data.pillow import Image
from jium.data.split import SPLITS
from jium.errors import DataError
from jium.evaluation.bootstrap import Interval
from jium.evaluation.drawings import evaluate_run as evaluate_drawings
from jium.evaluation.likeness import auroc, psnr, ssim
from jium.evaluation.picture_data import read_measured
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.tasks.picture_files import save_picture, sheet
from jium.tasks.reconstruct import Reconstructor

SHOWN = 10  # pictures on the sheet: the first
SHEET = "reconstructions.png"

Images = Sequence[NDArray[np.uint8]]


def evaluate_run(
    task: Reconstructor,
    data: str | Pictures | Images = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    outliers: str | Pictures | Images | None = None,
    samples: int = 1000,
    **drawing: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for an autoencoder.

    data: a split, a folder or table, Pictures, or uint8 arrays of the model's size. outliers: the
    same, of what does not belong; then the AUROC of the anomaly scores is measured too.
    drawing: n and whatever else `drawings.evaluate_run` takes; then so many pictures that the model
    thinks up are measured too, with a report of their own in out/drawn.
    """
    usual, about = _images(task, data, run)
    strange = None
    if outliers is not None:
        own = outliers in SPLITS if isinstance(outliers, str) else False
        strange, other = _images(task, outliers, run if own else None)  # their columns are others
        about |= {"outliers": other["data"]}
    found = evaluate_reconstruction(task, usual, strange, out=out, about=about, samples=samples)
    if drawing:
        given: Any = data if isinstance(data, str | Pictures) else _held(usual)
        place = None if out is None else out / "drawn"
        more = evaluate_drawings(task, given, run=run, out=place, samples=samples, **drawing)
        found["scores"] += more["scores"]
        found["by_tag"] |= more["by_tag"]
    return found


def _held(images: Images) -> Pictures:
    return Pictures.hold(Picture(np.asarray(image)) for image in images)


def evaluate_reconstruction(
    task: Reconstructor,
    usual: Images,
    strange: Images | None = None,
    *,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """PSNR and SSIM, the mean over pictures, and AUROC times 100 where strange ones are given, each
    with its interval; best and worst pictures by PSNR, and a sheet of some above what became of
    them.

    Raises DataError where there is no picture.
    """
    if not len(usual):
        raise DataError("There is no picture to measure. Give at least one.")
    made = [np.asarray(picture) for picture in task.reconstruct(list(usual))]
    pairs = list(zip(made, usual, strict=True))
    near = np.array([psnr(*pair) for pair in pairs])
    alike = np.array([ssim(*pair) for pair in pairs])
    scores = [
        Score("psnr", float(near.mean()), "dB|mean of pictures", interval=_mean(near, samples)),
        Score("ssim", float(alike.mean()), "11 x 11|mean", interval=_mean(alike, samples)),
    ]
    oddness = task.anomaly(list(usual))
    if strange is not None:
        scores.append(_auroc(oddness, task.anomaly(list(strange)), samples))
    if out is not None:
        examples = [
            Example(
                f"#{row}",
                f"{near[row]:.2f} dB, {oddness[row]:.4f}",
                f"{pixel_hash(np.asarray(picture)):016x}",
                float(near[row]),
            )
            for row, picture in enumerate(usual)
        ]
        write_report(out, scores, examples, ranked_by="psnr", settings=about)
        shown = [Image.fromarray(p) for row in (usual[:SHOWN], made[:SHOWN]) for p in row]
        save_picture(sheet(shown, len(shown) // 2), out / SHEET)
    return {"scores": scores, "by_tag": {}, "psnr": near, "ssim": alike, "anomaly": oddness}


def _auroc(usual: NDArray, strange: NDArray, samples: int) -> Score:
    def measure(rng: np.random.Generator) -> float:
        resampled = (rng.choice(scores, len(scores)) for scores in (usual, strange))
        return 100 * auroc(*resampled)

    signature = f"{len(usual)} usual, {len(strange)} strange|x100"
    return Score(
        "auroc", 100 * auroc(usual, strange), signature, interval=_interval(measure, samples)
    )


def _mean(values: NDArray, samples: int) -> Interval | None:
    return _interval(lambda rng: float(rng.choice(values, len(values)).mean()), samples)


def _interval(measure: Callable[[np.random.Generator], float], samples: int) -> Interval | None:
    """Where a measure lies over resampled sets, 95 times out of 100."""
    if samples < 2:
        return None
    rng = np.random.default_rng(0)
    found = np.array([measure(rng) for _ in range(samples)])
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(float(found.mean()), float(low), float(high), samples=samples)


def _images(
    task: Reconstructor, data: str | Pictures | Images, run: Path | None
) -> tuple[Images, dict[str, Any]]:
    """Pictures as arrays, and what the report says of them."""
    if not isinstance(data, str | Pictures):
        return list(data), {"data": "given"}
    found, about = read_measured(run, data, task.size)
    return [found.image(row) for row in range(len(found))], about
