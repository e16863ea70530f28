"""All that can be said of a set of drawn pictures beside a set of real ones, as scores.

Features are of a model; without one there is the sliced Wasserstein distance, which needs none, and
memorisation in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.data.image_batches import as_tensor
from jium.data.images import Pictures
from jium.data.pillow import Image
from jium.evaluation.bootstrap import Interval
from jium.evaluation.clip_score import clip_score
from jium.evaluation.drawn import Array, images_of, spread, squared
from jium.evaluation.fid import Scenes, fid, kid
from jium.evaluation.memorisation import Memory, memory, pairs, pixels
from jium.evaluation.picture_coverage import NEAREST, coverage, diversity
from jium.evaluation.picture_features import Features, Images
from jium.evaluation.score import Score
from jium.evaluation.shares import share_scores
from jium.evaluation.sliced import picture_distance
from jium.tasks.match import Matcher

SIGMAS = 1.96  # standard errors to each side, for 95 in 100
KID_TIMES = 1000  # as papers print it

Rows = NDArray[np.floating]


@dataclass(frozen=True)
class Distances:
    """Scores of a set, and the same measures of as many real pictures: what nobody can better."""

    scores: list[Score]
    floor: dict[str, float]


def compare_features(
    made: Images, real: Images, train: Images, features: Features, scenes: Scenes | None = None
) -> Distances:
    """FID, KID, precision, recall, density, coverage and diversity (beside that of real pictures),
    all but FID and KID in percent.

    train: real pictures that are no part of `real`, as many as drawn ones; of them the floor is.
    scenes: what those drawn and those real are of, as `kid` takes it.
    """
    rows, reference = features(made), features(real)
    scores = feature_scores(rows, reference, features.signature, scenes)
    floor = feature_scores(features(train), reference, "") if len(train) > NEAREST else []
    return Distances(scores, {score.name: score.value for score in floor})


def feature_scores(
    made: Rows, real: Rows, signature: str, scenes: Scenes | None = None
) -> list[Score]:
    """As `compare_features`, of features at hand: (pictures, dim) each."""
    sizes = f"{len(made)} drawn, {len(real)} real"
    value, error = kid(made, real, scenes=scenes)
    apart = "" if scenes is None else "scenes apart|"
    value, near = KID_TIMES * value, SIGMAS * KID_TIMES * error
    around = None if np.isnan(near) else Interval(value, value - near, value + near, samples=0)
    scores = [
        Score("fid", fid(made, real), f"{sizes}|{signature}", lower_is_better=True),
        Score("kid", value, f"x{KID_TIMES}|{apart}{sizes}|{signature}", True, around),
    ]
    said = f"k:{NEAREST}|{sizes}|{signature}"
    scores += [Score(n, 100 * share, said) for n, share in coverage(made, real).items()]
    varied = 100 * diversity(made) / max(diversity(real), 1e-12)
    return [*scores, Score("diversity", varied, f"real:100|{sizes}|{signature}")]


def sliced_score(made: Images, real: Images) -> Score:
    """The sliced Wasserstein distance of as many pictures of each: of the whole and of patches."""
    n = min(len(made), len(real))
    first, other = (as_tensor(np.stack(spread(images, n))) for images in (made, real))
    value = 100 * picture_distance(first, other)
    return Score("sliced", value, f"x100|{n} of each|pixels", lower_is_better=True)


def remembered(
    made: Images,
    fresh: Images,
    train: Pictures,
    features: Features | None,
    most: int | None = None,
    samples: int = 1000,
    scenes: Sequence[int] | None = None,
) -> tuple[list[Score], dict[str, float], list[Image.Image]]:
    """The share of copies in features and in pixels, in percent; that of pictures never trained on,
    `fresh`; and the pairs to look at, the nearest ones first, in features where there are any.
    scenes: what each drawn picture is of, for the intervals.
    """
    side = made[0].shape[0]

    def looked(vectors: Any) -> Memory:
        square = _squares(vectors, side)
        return memory(square, list(made), list(fresh), train, most)

    kinds = {"copied_pixels": (looked(pixels), "pixels")}
    if features is not None:
        kinds = {"copied": (looked(features), features.signature)} | kinds
    scores: list[Score] = []
    floor: dict[str, float] = {}
    of = f"among {min(most or len(train), len(train))} of {len(train)} train"
    for name, (found, signature) in kinds.items():
        copied = {name: found.copied}
        score = share_scores(copied, f"{of}|{signature}", samples, groups=scenes)[0]
        scores.append(Score(name, score.value, score.signature, True, score.interval))
        floor |= {name: 100 * found.expected} if len(fresh) else {}
    nearest = next(iter(kinds.values()))[0].made
    return scores, floor, _pairs(made, nearest, train, side)


def _squares(vectors: Any, side: int) -> Any:
    return lambda seen: vectors([squared(picture, side) for picture in seen])


def _pairs(made: Images, nearest: Any, train: Pictures, side: int) -> list[Image.Image]:
    shown = pairs(list(made), nearest, train)
    return [Image.fromarray(squared(np.asarray(picture), side)) for picture in shown]


def clip_scores(
    task: Matcher,
    made: Images,
    real: Images,
    texts: Sequence[str],
    languages: Sequence[str],
    signature: str,
    samples: int = 1000,
    scenes: Sequence[int] | None = None,
) -> tuple[list[Score], dict[str, float]]:
    """The CLIP score of drawn pictures and how often a picture finds its own words among all, with
    intervals, also of each language where there are several; and the score of real pictures with
    the same words, and of words that were not meant.

    scenes: what each picture is of; a score is a mean over pictures, as shares are, and both are
    resampled by scene (None: by picture).
    """
    found, truth = (clip_score(task, seen, texts, languages) for seen in (made, real))
    shares = {"clip": found["clip"] / 100, "clip_finds": found["found"]}
    of, spoken = np.asarray(scenes or range(len(texts))), np.asarray(languages)
    known = list(dict.fromkeys(languages))
    parts = {"": spoken == spoken} | {f"_{one}": spoken == one for one in known if len(known) > 1}
    scores = [
        score
        for end, rows in parts.items()
        for score in share_scores(
            {name + end: share[rows] for name, share in shares.items()},
            f"{rows.sum()} texts|{signature}",
            samples,
            groups=of[rows].tolist(),
        )
    ]
    floor = {"clip": float(truth["clip"].mean()), "clip_finds": 100 * float(truth["found"].mean())}
    others = found["chance"][~np.isnan(found["chance"])]
    return scores, floor | ({"clip_of_other_texts": float(others.mean())} if len(others) else {})


def some_rows(pictures: Pictures, most: int, seed: int = 0) -> list[int]:
    """Some pictures of the data, drawn by `seed`, by their rows."""
    return np.random.default_rng(seed).permutation(len(pictures))[:most].tolist()


def real_images(pictures: Pictures, size: int, most: int, seed: int = 0) -> list[Array]:
    """The pictures of `some_rows` as squares."""
    return images_of(pictures, some_rows(pictures, most, seed), size)
