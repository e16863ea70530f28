"""Measuring drawn pictures end to end, with tiny models and with painters that are planted."""

import json
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from jium.config import build
from jium.data.image_store import Picture, Pictures
from jium.data.scenes import ATTRIBUTES, attributes, captions, draw, scenes
from jium.errors import ConfigError, DataError
from jium.evaluation import reconstruction
from jium.evaluation.clip_score import clip_score
from jium.evaluation.drawings import evaluate_run
from jium.evaluation.drawn import Drawn, Wanted, spread, wanted_of
from jium.evaluation.drawn import draw as drawn_of
from jium.evaluation.picture_features import Features, features_of, read_task
from jium.evaluation.picture_sets import clip_scores, sliced_score
from jium.evaluation.runner import EVALUATIONS
from jium.generation.painting import PaintConfig
from jium.generation.prompt_weights import read_weights
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.image_classifier import ImageClassifier, ImageClassifierConfig
from jium.models.vae import Vae, VaeConfig
from jium.tasks.attributes import AttributeClassifier
from jium.tasks.paint import Painter
from jium.tasks.painted import Painted
from jium.tasks.reconstruct import Reconstructor

SIZE = 16


def split(n: int, seed: int, name: str = "test") -> Pictures:
    rng = Random(seed)
    return Pictures.hold(
        Picture(
            draw(scene, SIZE),
            [captions(scene, language, rng) for language in ("ko", "en")],
            attributes(scene),
        )
        for scene in scenes(n, seed, name)
    )


def judge() -> AttributeClassifier:
    torch.manual_seed(0)
    heads = {name: len(known) for name, known in ATTRIBUTES.items()}
    config = ImageClassifierConfig(image_size=SIZE, widths=[4, 8], heads=heads)
    return AttributeClassifier(ImageClassifier(config), {n: list(k) for n, k in ATTRIBUTES.items()})


@dataclass
class Perfect:
    """Paints just the picture that a caption belongs to, or nothing but noise."""

    data: Pictures
    noise: bool = False
    guided: bool = True
    tokenizer: object = 1
    size: int = SIZE
    asked: list = field(default_factory=list)
    settings: PaintConfig = PaintConfig()
    words: ClassVar[Any] = SimpleNamespace(fits=lambda text: len(text) < 200)

    def about(self):
        return {"task": "paint"}

    def paint(self, prompts=None, *, n=1, seed=0, batch=None, guidance=1.0):
        wanted = prompts or [""] * n
        self.asked.append((len(wanted), seed, guidance))
        rng = np.random.default_rng(seed)
        rows = {text: row for row in range(len(self.data)) for text in self.data.captions(row)}
        made = []
        for text in wanted:
            pixels = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
            made.append(pixels if self.noise else self.data.image(rows[text]))
        facts = [{"prompt": text, "seed": 0, "guidance": guidance} for text in wanted]
        return Painted([Image.fromarray(one) for one in made], facts)


class Knowing(AttributeClassifier):
    """A judge that knows the truth of the pictures it has seen, by their pixels."""

    def __init__(self, data: Pictures) -> None:
        super().__init__(judge().model, judge().names)
        self.truth = {data.image(row).tobytes(): data.named(row) for row in range(len(data))}

    def classify(self, images, *, probabilities=False):
        wrong = {name: "wrong" for name in ATTRIBUTES}
        return [self.truth.get(np.asarray(image).tobytes(), wrong) for image in images]


def values(found) -> dict[str, float]:
    return {score.name: score.value for score in found["scores"]}


def test_painting_what_was_asked_for_is_all_right_and_near_and_noise_is_neither():
    data = split(20, 0)
    seen = {
        noise: values(
            evaluate_run(Perfect(data, noise), data, n=20, judge=Knowing(data), samples=9)
        )
        for noise in (False, True)
    }
    for name in ("accuracy", "accuracy_ko", "accuracy_en", "all_right", "subject"):
        assert seen[False][name] == 100 and seen[True][name] == 0
    assert seen[False]["fid"] < 0.2 * seen[True]["fid"]
    assert seen[False]["sliced"] < seen[True]["sliced"]
    assert seen[False]["precision"] == seen[False]["recall"] == 100
    assert seen[False]["diversity"] > 50


def test_the_captions_are_painted_in_both_languages_and_the_seed_counts_on():
    data = split(12, 1)
    painter = Perfect(data)
    found = evaluate_run(painter, data, n=5, seed=7, judge=Knowing(data), samples=5)
    assert painter.asked == [(10, 7, 1.0)]
    assert set(found["by_tag"]) == {"ko", "en", "real pictures"}
    assert found["real"]["accuracy"] == 100
    wanted = wanted_of(painter, data, 5)
    assert [one.language for one in wanted] == ["ko"] * 5 + ["en"] * 5
    assert [one.row for one in wanted[:5]] == [one.row for one in wanted[5:]]


def test_a_report_and_sheets_are_left_and_say_whose_features_they_are(tmp_path):
    data = split(12, 2)
    painter = Perfect(data)
    found = evaluate_run(
        painter, data, out=tmp_path, n=4, judge=judge(), sweep=[1.0, 4.0, 1.0], samples=5
    )
    assert {"drawn.png", "guidance.png", "evaluation.json", "evaluation.md"} <= {
        path.name for path in tmp_path.iterdir()
    }
    report = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert report["scores"]["fid"]["signature"].endswith("not Inception's")
    assert "features:attributes-" in report["scores"]["fid"]["signature"]
    assert report["settings"]["by_tag"] == found["by_tag"]
    assert [guidance for *_, guidance in painter.asked] == [1.0, 1.0, 4.0]
    assert set(report["settings"]["sweep"]) == {"1", "4"}


def test_a_model_of_a_run_is_looked_up_for_copies(tmp_path, monkeypatch):
    data = split(12, 3)
    monkeypatch.setattr("jium.evaluation.drawings._train", lambda run: data)
    found = evaluate_run(Perfect(data), data, out=tmp_path, n=6, samples=5)
    scores = values(found)
    assert scores["copied_pixels"] == 100  # it paints what it was trained on
    assert (tmp_path / "nearest.png").is_file()
    noise = evaluate_run(Perfect(data, noise=True), data, run=tmp_path, n=6, samples=5)
    assert values(noise)["copied_pixels"] == 0


def test_a_diffusion_model_that_draws_freely_is_measured():
    torch.manual_seed(0)
    settings = {"kind": "unet", "dim": 8, "multipliers": [1], "attention_levels": [], "head_dim": 8}
    config = build(DiffusionConfig, {"picture_size": 8, "denoiser": settings, "text": None})
    found = evaluate_run(Painter(Diffusion(config)), split(8, 0), n=6, steps=2, features=judge())
    assert {"fid", "kid", "precision", "diversity", "sliced"} <= set(values(found))
    assert all(np.isfinite(value) for value in values(found).values())


def test_clip_scores_stand_beside_those_of_real_pictures_and_of_other_words():
    @dataclass
    class Words:
        """One axis a picture, the same for its words."""

        model: object
        data: Pictures

        def embed(self, given):
            rows = {self.data.image(r).tobytes(): r for r in range(len(self.data))}
            rows |= {t: r for r in range(len(self.data)) for t in self.data.captions(r)}
            keys = [one if isinstance(one, str) else np.asarray(one).tobytes() for one in given]
            return np.eye(len(self.data), dtype=np.float32)[[rows[key] for key in keys]]

    data = split(10, 6)
    found = evaluate_run(
        Perfect(data), data, n=4, clip=Words(judge().model, data), features=judge(), samples=5
    )
    assert values(found)["clip"] == pytest.approx(100)
    assert values(found)["clip_finds"] == 100  # among the texts of its language
    assert found["real"]["clip"] == pytest.approx(100)
    assert found["real"]["clip_of_other_texts"] < 20


def test_captions_are_painted_as_they_stand_and_none_that_is_cut_off():
    data = Pictures.hold(
        Picture(split(2, 0).image(row), said)
        for row, said in enumerate((["a clock (12:30)"], ["so " * 99, "a map"]))
    )
    painter = Perfect(data)
    wanted = wanted_of(painter, data, 2)
    assert [one.text for one in wanted] == ["a clock (12:30)", "a map"]
    painted: list[str] = []
    painter.paint = lambda texts, **_: painted.extend(texts) or Perfect(data, True).paint(n=2)
    drawn_of(painter, wanted)
    assert [read_weights(text) for text in painted] == [
        (text, [1.0] * len(text)) for text in ("a clock (12:30)", "a map")
    ]


def test_free_drawings_beside_other_pictures_are_other_data(tmp_path):
    noted = []
    for seed in (0, 1, 1):
        painter = Perfect(split(6, seed), noise=True, guided=False)
        evaluate_run(painter, split(6, seed), out=tmp_path, n=6, samples=2)
        noted.append(json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["data"])
    assert noted[1] == noted[2] != noted[0]


def test_features_of_a_judge_are_those_before_its_heads():
    data = split(3, 0)
    features = features_of(judge())
    rows = features([data.image(row) for row in range(3)])
    assert rows.shape == (3, 6 * 8)
    assert features.signature.startswith("features:attributes-")
    assert features_of(judge()).signature == features.signature


def test_planted_features_are_taken_as_they_are():
    data = split(12, 0)
    mean = Features(lambda seen: np.stack([p.mean((0, 1)) for p in seen]), "features:mean colour")
    found = evaluate_run(Perfect(data), data, n=8, features=mean, samples=5)
    (fid,) = [score for score in found["scores"] if score.name == "fid"]
    assert fid.signature.endswith("features:mean colour")
    (kid,) = [score for score in found["scores"] if score.name == "kid"]
    assert kid.signature.startswith("x1000|scenes apart|16 drawn, 12 real|")


def test_what_does_not_fit_is_said(tmp_path):
    data = split(8, 0)
    with pytest.raises(ConfigError, match="n: must be at least 1; got 0"):
        evaluate_run(Perfect(data), data, n=0)
    with pytest.raises(ConfigError, match="sweep: is for a diffusion model that words or classes"):
        evaluate_run(Perfect(data, noise=True, guided=False), data, n=6, sweep=[1.0])
    before = Perfect(data)
    with pytest.raises(ConfigError, match="guidance"):
        evaluate_run(before, data, n=6, sweep=[1.0, -2.0])
    assert not before.asked  # said before anything is painted
    bare = Pictures.hold(Picture(data.image(row)) for row in range(8))
    with pytest.raises(DataError, match="no captions and no classes"):
        evaluate_run(Perfect(data), bare)
    with pytest.raises(ConfigError, match="features: is given, and inception too"):
        evaluate_run(Perfect(data), data, features=judge(), inception="x.pth")
    with pytest.raises(DataError, match=r"x\.pth: no such file"):
        evaluate_run(Perfect(data), data, inception=tmp_path / "x.pth")
    (tmp_path / "config.json").write_text('{"jium": {"task": "translate", "kind": "seq2seq"}}')
    with pytest.raises(ConfigError, match="judge: must be a run of the task attributes; .*transl"):
        read_task(tmp_path, "judge", "attributes")


def test_jium_evaluate_knows_the_task():
    assert EVALUATIONS["paint"] == "jium.evaluation.drawings:evaluate_run"


def test_what_an_autoencoder_thinks_up_is_measured_beside_what_it_remembers(tmp_path):
    torch.manual_seed(0)
    config = VaeConfig(image_size=SIZE, channels=3, dim=8, multipliers=[1, 1], n_blocks=1)
    task, data = Reconstructor(Vae(config)), split(8, 0)
    alone = values(reconstruction.evaluate_run(task, data, samples=5))
    found = reconstruction.evaluate_run(task, data, out=tmp_path, n=7, features=judge(), samples=5)
    assert set(alone) == {"psnr", "ssim"}
    assert {"psnr", "fid", "kid", "coverage", "sliced"} <= set(values(found))
    assert (tmp_path / "drawn" / "drawn.png").is_file()


class Agreeing:
    """A CLIP for which a picture and its words agree by chance, the same for all of a scene."""

    def __init__(self, data: Pictures) -> None:
        self.model = judge().model
        self.rows = {data.image(row).tobytes(): row for row in range(len(data))}
        self.said = {text: row for row in range(len(data)) for text in data.captions(row)}
        self.angles = np.random.default_rng(0).uniform(0, 1.5, len(data))

    def embed(self, given):
        if isinstance(given[0], str):
            angles = [self.angles[self.said[text]] for text in given]
        else:
            angles = [0.0 for _ in given]
        return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def test_scores_of_a_clip_are_resampled_by_scene_and_said_of_each_language():
    data = split(40, 3)
    clip = Agreeing(data)
    wanted = wanted_of(Perfect(data), data, 40)
    made = [data.image(one.row) for one in wanted]
    texts, languages = [one.text for one in wanted], [one.language for one in wanted]
    rows = [one.row for one in wanted]
    wide, narrow = (
        {s.name: s for s in clip_scores(clip, made, made, texts, languages, "x", 400, of)[0]}
        for of in (rows, None)
    )
    width = {name: s.interval.high - s.interval.low for name, s in wide.items()}
    alone = narrow["clip"].interval.high - narrow["clip"].interval.low
    assert width["clip"] == pytest.approx(2**0.5 * alone, rel=0.2)
    assert width["clip"] == pytest.approx(width["clip_ko"], rel=0.2)
    assert wide["clip_ko"].value == pytest.approx(wide["clip"].value)


def test_the_same_words_are_no_other_words():
    class One:
        def embed(self, given):
            return np.array([[1, 0] if one in ("a", 0) else [0, 1] for one in given], np.float32)

    found = clip_score(One(), [0, 0, 1], ["a", "a", "b"])
    assert found["chance"].tolist() == [0, 0, 0]
    alone = clip_score(One(), [0, 0], ["a", "a"])
    assert np.isnan(alone["chance"]).all() and alone["clip"].tolist() == [100, 100]


def test_the_sliced_distance_sees_drawings_of_every_language():
    """With more drawings than real pictures: two a scene, in the order of languages."""
    rng = np.random.default_rng(0)
    real = list(rng.integers(0, 256, (16, 8, 8, 3), np.uint8))
    black = [np.zeros((8, 8, 3), np.uint8)] * 16
    korean, english = (sliced_score(made, real).value for made in (black + real, real + black))
    assert korean > 1 and english == pytest.approx(korean, rel=0.3)


def test_some_are_taken_evenly_from_all_along():
    assert spread(list("aaaaaaabbbbbbb"), 4) == ["a", "a", "b", "b"]
    assert spread([1, 2, 3], 9) == [1, 2, 3]
    assert spread(list(range(100)), 64)[-1] > 97


def test_scenes_tell_which_pictures_belong_together():
    data = split(6, 3)
    wanted = wanted_of(Perfect(data), data, 3)
    of = Drawn([], wanted, {}).scenes
    assert len(of) == 6 and of[:3] == of[3:] and len(set(of)) == 3
    assert Drawn([], [Wanted(-1, "", "", {})] * 3, {}).scenes == [-1, -2, -3]
