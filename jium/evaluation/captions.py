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

    Pictures that have no caption in a language count for the others alone.

    Returns {"scores": [Score, ...], "by_tag": {}, "predictions": {language: [caption, ...]}}.
    """
    written = write(task, pictures, len(pictures), beam)
    right: dict[str, NDArray[Any]] = {}
    examples = []
    for language, texts in written.items():
        found = exact(task, pictures, language, texts)
        right[f"exact_{language}"] = np.array([is_ for is_ in found if is_ is not None])
        right |= _of_scenes(pictures, language, texts)
        for row, (text, is_) in enumerate(zip(texts, found, strict=True)):
            score = None if is_ is None else 100.0 * is_
            said = " | ".join(pictures.captions(row))
            examples.append(Example(f"#{row} {language}", text, said, score))
    measured = {name: found for name, found in right.items() if len(found)}
    scores = share_scores(measured, "captions", samples)
    if out is not None:
        write_report(out, scores, examples, ranked_by="exact", settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": written}


def exact_shares(
    task: PictureCaptioner, pictures: Pictures, most: int
) -> dict[str, NDArray[np.bool_]]:
    """Whether the caption of each of the first pictures is exact, by language; of those alone that
    have a caption in it.
    """
    written = write(task, pictures, min(most, len(pictures)))
    found = {lang: exact(task, pictures, lang, texts) for lang, texts in written.items()}
    known = {lang: [is_ for is_ in right if is_ is not None] for lang, right in found.items()}
    return {lang: np.array(right) for lang, right in known.items() if right}


def write(
    task: PictureCaptioner, pictures: Pictures, n: int, beam: int | None = None
) -> dict[str, list[str]]:
    """What the captioner writes about each of the first n pictures, in each of its languages."""
    images = [pictures.image(row) for row in range(n)]
    return {lang: task.caption(images, language=lang, beam=beam) for lang in task.languages}


def exact(
    task: PictureCaptioner,
    pictures: Pictures,
    language: str,
    texts: list[str],
) -> list[bool | None]:
    """Whether each text is exact for its picture, from the first on; None where the picture has no
    caption in the language to say so.
    """
    found: list[bool | None] = []
    for row, text in enumerate(texts):
        if known_scene(pictures, row):
            found.append(tells(text, pictures.named(row))[0])
        else:
            said = [c for c in pictures.captions(row) if task.language_of(c) == language]
            same = " ".join(text.split()) in {" ".join(c.split()) for c in said}
            found.append(same if said else None)
    return found


def known_scene(pictures: Pictures, row: int) -> bool:
    """Whether the truth about a picture is known as scenes have it."""
    return set(ATTRIBUTES) <= pictures.named(row).keys()


def tells(text: str, truth: dict[str, str]) -> tuple[bool, bool]:
    """Whether a caption of a scene names every attribute rightly, and whether it says nothing
    wrong.
    """
    said = read(text)
    whole = {PLAIN: "none"} | said
    exact = all(whole.get(name) == value for name, value in truth.items() if name in ATTRIBUTES)
    true = bool(said) and all(truth[name] == value for name, value in said.items())
    return exact, true


def _of_scenes(pictures: Pictures, language: str, texts: list[str]) -> dict[str, NDArray[Any]]:
    """Whether what is said of scenes is true, and whether each attribute is named rightly."""
    known = [(t, pictures.named(r)) for r, t in enumerate(texts) if known_scene(pictures, r)]
    said = [({PLAIN: "none"} | read(text), truth) for text, truth in known]
    true = {f"true_{language}": np.array([tells(text, truth)[1] for text, truth in known])}
    return true | {
        f"{name}_{language}": np.array([found.get(name) == truth[name] for found, truth in said])
        for name in ATTRIBUTES
    }
