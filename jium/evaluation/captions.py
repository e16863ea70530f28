"""How often what is written about a picture is just right.

Of scenes the truth is known: a caption is exact where it names every attribute rightly, in whatever
words, and true where it says nothing wrong. Of other pictures it is exact where it is, letter by
letter, one of the captions that they have.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.images import Pictures
from jium.data.scenes import ATTRIBUTES, read
from jium.errors import ConfigError
from jium.evaluation.picture_data import read_measured
from jium.evaluation.report import write_report
from jium.evaluation.score import Example
from jium.evaluation.shares import share_scores
from jium.tasks.caption import PictureCaptioner

PLAIN = "setting"  # where there is none, nobody needs to say so


def evaluate_run(
    task: PictureCaptioner,
    data: str | Pictures = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    beam: int | None = None,
    samples: int = 1000,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a captioner.

    data: a split of the run's own data, other pictures with captions, or Pictures at hand.
    """
    for key in others:
        raise ConfigError("is nothing that a captioner knows.", key=key)
    pictures, about = read_measured(run, data, task.size)
    about = about | ({} if beam is None else {"beam": beam})
    return evaluate_captions(task, pictures, out=out, about=about, samples=samples, beam=beam)


def evaluate_captions(
    task: PictureCaptioner,
    pictures: Pictures,
    *,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
    beam: int | None = None,
) -> dict[str, Any]:
    """Exact captions in percent, in each language; of scenes true ones, too, and how often each
    attribute is named rightly.

    Returns {"scores": [Score, ...], "by_tag": {}, "predictions": {language: [caption, ...]}}.
    """
    rows = np.arange(len(pictures))
    written = write(task, pictures, rows, beam)
    right: dict[str, NDArray[Any]] = {}
    for language, texts in written.items():
        right[f"exact_{language}"] = exact(task, pictures, rows, language, texts)
        if known_scenes(pictures):
            right[f"true_{language}"] = np.array(
                [tells(text, pictures.named(row))[1] for row, text in enumerate(texts)]
            )
            right |= _by_attribute(pictures, language, texts)
    scores = share_scores(right, "captions", samples)
    if out is not None:
        examples = [
            Example(f"#{row} {language}", text, " | ".join(pictures.captions(row)), 100.0 * is_)
            for language, texts in written.items()
            for row, (text, is_) in enumerate(zip(texts, right[f"exact_{language}"], strict=True))
        ]
        write_report(out, scores, examples, ranked_by=scores[0].name, settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": written}


def exact_shares(
    task: PictureCaptioner, pictures: Pictures, most: int
) -> dict[str, NDArray[np.bool_]]:
    """Whether the caption of each of the first pictures is exact, by language."""
    rows = np.arange(min(most, len(pictures)))
    written = write(task, pictures, rows)
    return {lang: exact(task, pictures, rows, lang, texts) for lang, texts in written.items()}


def write(
    task: PictureCaptioner, pictures: Pictures, rows: NDArray[Any], beam: int | None = None
) -> dict[str, list[str]]:
    """What the captioner writes about each picture, in each of its languages."""
    images = [pictures.image(row) for row in rows.tolist()]
    return {lang: task.caption(images, language=lang, beam=beam) for lang in task.languages}


def exact(
    task: PictureCaptioner,
    pictures: Pictures,
    rows: NDArray[Any],
    language: str,
    texts: list[str],
) -> NDArray[np.bool_]:
    """Whether each text is exact for its picture."""
    found = []
    for row, text in zip(rows.tolist(), texts, strict=True):
        if known_scenes(pictures):
            found.append(tells(text, pictures.named(row))[0])
        else:
            said = [c for c in pictures.captions(row) if task.language_of(c) == language]
            found.append(" ".join(text.split()) in {" ".join(c.split()) for c in said})
    return np.array(found, bool)


def known_scenes(pictures: Pictures) -> bool:
    """Whether the truth about the pictures is known as scenes have it."""
    return set(ATTRIBUTES) <= set(pictures.names)


def tells(text: str, truth: dict[str, str]) -> tuple[bool, bool]:
    """Whether a caption of a scene names every attribute rightly, and whether it says nothing
    wrong.
    """
    said = read(text)
    whole = {PLAIN: "none"} | said
    exact = all(whole.get(name) == value for name, value in truth.items() if name in ATTRIBUTES)
    true = bool(said) and all(truth[name] == value for name, value in said.items())
    return exact, true


def _by_attribute(pictures: Pictures, language: str, texts: list[str]) -> dict[str, NDArray[Any]]:
    """Whether each attribute is named rightly."""
    said = [{PLAIN: "none"} | read(text) for text in texts]
    return {
        f"{name}_{language}": np.array(
            [found.get(name) == pictures.named(row)[name] for row, found in enumerate(said)]
        )
        for name in ATTRIBUTES
    }
