"""How well a model draws: near real pictures, of all their kinds, as asked for, and none by heart.

What is measured depends on who helps: a judge of attributes (`judge`) says whether pictures show
what captions ask for; a CLIP (`clip`) whether pictures and words agree; FID and its like need
features, of the judge or the CLIP, of another run (`features`), or Inception's where the user has
its weights (`inception`). All figures of real pictures beside them are in the report.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jium.data.image_hash import pixel_hash
from jium.data.images import Pictures
from jium.errors import ConfigError
from jium.evaluation.attribute_accuracy import accuracy, accuracy_scores, by_attribute
from jium.evaluation.drawn import Drawn, draw, images_of, size_of, spread, wanted_of
from jium.evaluation.guidance_sweep import check_sweep, guidance_sweep
from jium.evaluation.picture_data import read_measured
from jium.evaluation.picture_features import (
    Features,
    features_of,
    fingerprint,
    inception_features,
    read_task,
)
from jium.evaluation.picture_sets import (
    clip_scores,
    compare_features,
    real_images,
    remembered,
    sliced_score,
    some_rows,
)
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.files import make_folder
from jium.messages import say
from jium.tasks.picture_files import save_picture, sheet

SHOWN = 48  # pictures on the sheet
DRAWN, NEAREST, SWEEP = "drawn.png", "nearest.png", "guidance.png"
REAL = 2048  # pictures of the split that drawn ones are compared with, at most
AMONG = 20_000  # training pictures that copies are looked for among


def evaluate_run(
    task: Any,
    data: str | Pictures = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    n: int = 256,
    seed: int = 0,
    judge: Any = None,
    clip: Any = None,
    features: Any = None,
    inception: str | Path | None = None,
    among: int | None = AMONG,
    sweep: Sequence[float] | None = None,
    samples: int = 1000,
    **options: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a model that draws.

    data: a split of the run's own data, other pictures, or Pictures at hand: their captions are
    painted, and drawn pictures are compared with them. n: pictures of the data whose captions are
    painted, one in each language; without words so many are drawn. judge, clip, features: runs, or
    tasks at hand; inception: a file. among: training pictures that copies are looked for among, of
    all (None). sweep: values of guidance to set side by side. options: of `paint`: steps=50.
    """
    strengths = check_sweep(task, sweep or ())
    helpers = helpers_of(judge, clip, features, inception)
    size = size_of(task)
    pictures, about = read_measured(run, data, size)
    wanted = wanted_of(task, pictures, n, seed)
    train = _train(run)
    drawn = draw(task, wanted, seed, **options)
    found = evaluate_drawn(drawn, pictures, train, **helpers, among=among, samples=samples)
    about = {**about, "paint": drawn.facts}
    if strengths:
        found["sweep"] = guidance_sweep(task, wanted, strengths, helpers["judge"], seed, options)
        about["sweep"] = found["sweep"].figures
    if out is not None:
        _write(out, found, drawn, about)
    return found


def helpers_of(judge: Any, clip: Any, features: Any, inception: Any) -> dict[str, Any]:
    """The models that help measuring, loaded: judge, clip, and features, of Inception or else the
    run given for them, the judge or the CLIP.
    """
    judge = read_task(judge, "judge", "attributes")
    clip = read_task(clip, "clip", "match")
    if inception is not None and features is not None:
        raise ConfigError("is given, and inception too. Leave one of them out.", key="features")
    if inception is not None:
        return {"judge": judge, "clip": clip, "features": inception_features(inception)}
    if not isinstance(features, Features):
        other = read_task(features, "features", "attributes or match")
        source = next((task for task in (other, judge, clip) if task is not None), None)
        features = None if source is None else features_of(source)
    return {"judge": judge, "clip": clip, "features": features}


def evaluate_drawn(
    drawn: Drawn,
    pictures: Pictures,
    train: Pictures | None = None,
    *,
    judge: Any = None,
    clip: Any = None,
    features: Features | None = None,
    among: int | None = AMONG,
    samples: int = 1000,
) -> dict[str, Any]:
    """Measure drawn pictures against those of the data, `pictures`, and those trained on.

    Returns {"scores": [Score, ...], "by_tag": {language: {attribute: accuracy}, ..., "real
    pictures": the same figures of real ones}, "real": those, "predictions": what the judge says of
    each, "asked": what it was to say, "pairs": drawn pictures above the nearest training ones,
    "beside": a number of the real pictures that they were compared with}.
    """
    made, size = drawn.pictures, drawn.pictures[0].shape[0]
    rows = some_rows(pictures, REAL)
    real = images_of(pictures, rows, size)
    twins = images_of(pictures, [one.row for one in drawn.wanted if one.row >= 0], size)
    found: dict[str, Any] = {"by_tag": {}, "real": {}, "predictions": [], "pairs": [], "asked": []}
    scores: list[Score] = []
    if judge is not None and any(one.classes for one in drawn.wanted):
        scores += _judged(found, drawn, twins, judge, samples)
    if clip is not None and twins:
        texts, said = [one.text for one in drawn.wanted], f"clip:{fingerprint(clip.model)}"
        languages = [one.language for one in drawn.wanted]
        more, floor = clip_scores(clip, made, twins, texts, languages, said, samples, drawn.scenes)
        scores, found["real"] = scores + more, found["real"] | floor
    others = [] if train is None else real_images(train, size, len(made))
    if features is not None:
        compared = compare_features(made, real, others, features, (drawn.scenes, rows))
        scores, found["real"] = scores + compared.scores, found["real"] | compared.floor
    scores.append(sliced_score(made, real))
    found["beside"] = f"{pixel_hash(np.stack(real)):016x}"
    if others:
        found["real"]["sliced"] = sliced_score(others, real).value
    if train is not None:
        fresh = real[: len(made)]
        more, floor, found["pairs"] = remembered(
            made, fresh, train, features, among, samples, drawn.scenes
        )
        scores, found["real"] = scores + more, found["real"] | floor
    found["real"] = {name: round(value, 4) for name, value in found["real"].items()}
    if found["real"]:
        found["by_tag"][say("real pictures")] = found["real"]
    return {"scores": scores} | found


def _judged(
    found: dict[str, Any], drawn: Drawn, twins: list[Any], judge: Any, samples: int
) -> list[Score]:
    """Attribute accuracy; what the judge says of real pictures with the same captions goes to
    "real".
    """
    asked = [{k: v for k, v in one.classes.items() if k in judge.names} for one in drawn.wanted]
    languages = [one.language for one in drawn.wanted]
    said = judge.classify(drawn.pictures)
    signature = f"judge:{fingerprint(judge.model)}|asked for in words"
    found["predictions"], found["asked"] = said, asked
    found["by_tag"] = by_attribute(said, asked, languages)
    truth = judge.classify(twins)
    found["real"]["accuracy"] = accuracy(truth, asked)
    ceiling = by_attribute(truth, asked, [""] * len(asked))[""]
    found["real"] |= {f"accuracy {name}": value for name, value in ceiling.items()}
    return accuracy_scores(said, asked, languages, signature, samples, drawn.scenes)


def _train(run: Path | None) -> Pictures | None:
    """The pictures that a run was trained on, where they are still there."""
    folder = None if run is None else run / "last" / "data" / "train"
    return Pictures.load(folder) if folder is not None and folder.is_dir() else None


def _write(out: Path, found: dict[str, Any], drawn: Drawn, about: dict[str, Any]) -> None:
    settings = about | {"by_tag": found["by_tag"]}
    write_report(
        out, found["scores"], _examples(found, drawn), ranked_by="accuracy", settings=settings
    )
    make_folder(out)
    save_picture(sheet(spread(drawn.images, SHOWN)), out / DRAWN)
    if found["pairs"]:
        save_picture(sheet(found["pairs"], len(found["pairs"]) // 2), out / NEAREST)
    if "sweep" in found:
        save_picture(found["sweep"].picture, out / SWEEP)


def _examples(found: dict[str, Any], drawn: Drawn) -> list[Example]:
    if not found["predictions"]:
        return [Example(one.text, "", found["beside"]) for one in drawn.wanted]
    rows = zip(drawn.wanted, found["predictions"], found["asked"], strict=True)
    return [_example(one.text, said, asked) for one, said, asked in rows]


def _example(text: str, said: dict[str, str], asked: dict[str, str]) -> Example:
    shown, true = (" ".join(f"{name}={of[name]}" for name in asked) for of in (said, asked))
    right = [said[name] == value for name, value in asked.items()]
    return Example(text, shown, true, 100 * float(np.mean(right)) if right else None)
