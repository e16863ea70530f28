"""Whether drawn pictures of scenes show what their captions ask for, as a judge sees it.

Only what a caption says in words counts: nobody can draw the colour that it leaves open, and a
picture of one thing is not praised for the second thing that it rightly lacks. (A single thing asks
for the count one.) The judge errs too; what it says of real pictures with the same captions is the
ceiling.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.scenes import ATTRIBUTES, read
from jium.evaluation.bootstrap import intervals, together
from jium.evaluation.score import Score
from jium.evaluation.shares import Share

NONE = "none"
Classes = Mapping[str, str]  # attribute to class


def asked_of(caption: str) -> dict[str, str]:
    """The attributes that a caption of a scene asks for, in Korean or English."""
    return {name: value for name, value in read(caption).items() if value != NONE}


def right_of(said: Sequence[Classes], asked: Sequence[Classes]) -> dict[str, NDArray[np.float64]]:
    """For each attribute whether each picture has it right, nan where it was not asked for:
    {attribute: (pictures,)}.
    """
    names = [name for name in ATTRIBUTES if any(name in one for one in asked)]
    names += sorted({name for one in asked for name in one} - set(names))
    table = {name: np.full(len(asked), np.nan) for name in names}
    for row, (answer, wanted) in enumerate(zip(said, asked, strict=True)):
        for name, value in wanted.items():
            table[name][row] = answer.get(name) == value
    return table


def accuracy_scores(
    said: Sequence[Classes],
    asked: Sequence[Classes],
    languages: Sequence[str],
    signature: str,
    samples: int = 1000,
    scenes: Sequence[int] | None = None,
) -> list[Score]:
    """In percent, each with its bootstrap interval: "accuracy" of all attributes that were asked
    for, and "all_right", the share of pictures in which every one is right; both also of each
    language, where there are several; then each attribute by its name.

    scenes: which scene each picture is of. Pictures of one scene, in two languages or of several
    seeds, err alike, so scenes are resampled, each with all its pictures; None: pictures.
    """
    right = right_of(said, asked)
    of = np.arange(len(asked)) if scenes is None else np.asarray(scenes)
    every = np.stack(list(right.values()), 1) if right else np.full((len(asked), 1), np.nan)

    def both(rows: NDArray[np.bool_], end: str = "") -> list[Score]:
        whole = every[rows]
        shares = {f"accuracy{end}": whole, f"all_right{end}": _all(whole)[:, None]}
        return [_share(name, one, of[rows], signature, samples) for name, one in shares.items()]

    found = both(np.ones(len(asked), bool))
    known = list(dict.fromkeys(languages))
    for language in known if len(known) > 1 else []:
        found += both(np.array([one == language for one in languages]), f"_{language}")
    single = {name: one[:, None] for name, one in right.items()}
    return found + [_share(name, one, of, signature, samples) for name, one in single.items()]


def by_attribute(
    said: Sequence[Classes], asked: Sequence[Classes], languages: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Accuracy in percent of each attribute in each language: {language: {attribute: accuracy}}."""
    right = right_of(said, asked)
    parts = {lang: np.array([one == lang for one in languages]) for lang in languages}
    return {
        lang: {n: _mean(one[rows]) for n, one in right.items() if not np.isnan(one[rows]).all()}
        for lang, rows in parts.items()
    }


def accuracy(said: Sequence[Classes], asked: Sequence[Classes]) -> float:
    """Of all attributes that were asked for, in percent; nan where none was."""
    right = right_of(said, asked)
    return _mean(np.concatenate(list(right.values()))) if right else float("nan")


def _mean(right: NDArray[np.float64]) -> float:
    known = right[~np.isnan(right)]
    return 100 * float(known.mean()) if len(known) else float("nan")


def _all(every: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whether all that was asked for is right, nan where nothing was: (pictures,)."""
    whole = np.where(np.isnan(every), True, every).all(1).astype(float)
    return np.where(np.isnan(every).all(1), np.nan, whole)


def _share(
    name: str, right: NDArray[np.float64], of: NDArray[Any], signature: str, samples: int
) -> Score:
    """right: (pictures, attributes), nan where it was not asked for; resampled by the scenes in
    which it was, `of`, or else a resample might hold nothing to be right about.
    """
    metric: Any = Share(name)
    sums = together(np.stack((np.nansum(right, 1), (~np.isnan(right)).sum(1)), 1), of.tolist())
    sums = sums[sums[:, 1] > 0]
    near = intervals(metric, sums, samples)[name] if samples and len(sums) else None
    return Score(name, _mean(right.ravel()), signature, interval=near)
