"""A GAN from a recipe to a run folder, and pictures from it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from jium.config import override
from jium.errors import ConfigError, DataError
from jium.models.gan import GanConfig, Generator
from jium.objectives.gan import Adversarial
from jium.tasks import load
from jium.tasks.paint_gan import GanPainter
from jium.training.gan import check_bound, collapses, set_up
from jium.training.recipe import Recipe
from jium.training.run import _optimisers, train

VALUES: dict[str, Any] = {
    "task": "paint",
    "data": {"kind": "images", "train": "pictures", "size": 8, "valid_share": 0.3},
    "model": {
        "kind": "gan",
        "dim": 8,
        "multipliers": [1, 2],
        "latent_dim": 4,
        "style_dim": 8,
        "labels": ["folder"],
    },
    "objective": {"kind": "gan", "discriminator_rate": 0.5},
    "optim": {"kind": "adam", "lr": 2e-3, "betas": [0.0, 0.9], "eps": 1e-8},
    "schedule": {"kind": "constant"},
    "train": {
        "steps": 6,
        "batch_size": 8,
        "eval_every": 3,
        "save_every": 3,
        "log_every": 1,
        "metric_examples": 16,
        "precision": "float32",
        "ema": 0.9,
        "threads": 1,
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures of two classes."""
    place = tmp_path_factory.mktemp("gan")
    random = np.random.default_rng(0)
    for label, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        (place / "pictures" / label).mkdir(parents=True)
        for i in range(30):
            pixels = random.integers(0, 255, (8, 8, 3)).astype(np.uint8)
            pixels[2:6, 2:6] = colour
            Image.fromarray(pixels).save(place / "pictures" / label / f"{i}.png")
    return place


def plan(place: Path, *overrides: str) -> Recipe:
    folder = f"data.train={place / 'pictures'}"
    return Recipe.of(override(VALUES, [folder, *overrides]), "tiny-gan")


@pytest.fixture(scope="module")
def run(place: Path) -> Path:
    train(plan(place), out=place / "run", quiet=True)
    return place / "run"


def records(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def test_a_run_paints_and_says_how(run: Path) -> None:
    painter = load(run)
    assert isinstance(painter, GanPainter) and painter.guided
    made = painter.paint("red", n=2, seed=5)
    assert [picture.size for picture in made] == [(8, 8), (8, 8)]
    assert [facts["seed"] for facts in made.facts] == [5, 6]
    steps = [r for r in records(run) if "loss" in r]
    assert all(r["loss"] == r["loss_discriminator"] and "loss_generator" in r for r in steps)
    assert all(0 <= r["right"] <= 1 for r in steps) and len(steps) == 6
    looks = [r for r in records(run) if "valid_loss" in r]
    assert [r["step"] for r in looks] == [3, 6]
    assert all(0 <= r["valid_told_apart"] <= 1 and r["valid_diversity"] > 0 for r in looks)
    assert "| mode collapse | " in (run / "README.md").read_text("utf-8")
    assert (run / "pictures" / "step-000006.png").is_file()


def test_a_picture_is_the_same_whatever_is_painted_with_it(run: Path) -> None:
    painter = load(run)
    together = painter.paint(["red", "blue", ""], n=2, seed=1)
    for i, text in enumerate(["red", "red", "blue", "blue", "", ""]):
        alone = painter.paint(text, seed=1 + i)
        assert together[i].tobytes() == alone[0].tobytes()
    assert together[0].tobytes() != together[1].tobytes()


def test_between_two_texts_and_two_seeds_lie_pictures(run: Path) -> None:
    painter = load(run)
    made = painter.interpolate("red", "blue", 3, seed=1, to_seed=2)
    for place, (text, seed) in ((0, ("red", 1)), (2, ("blue", 2))):
        end = np.asarray(painter.paint(text, seed=seed)[0], int)
        assert np.abs(np.asarray(made[place], int) - end).max() <= 1
    assert len({picture.tobytes() for picture in made}) == 3
    with pytest.raises(ConfigError, match="at least 2"):
        painter.interpolate("red", "blue", 1)


def test_a_file_says_enough_to_paint_it_again(run: Path, tmp_path: Path) -> None:
    painter = load(run)
    made = painter.paint("blue", seed=3, truncation=0.5)
    made.save(tmp_path / "blue.png")
    assert painter.paint_like(tmp_path / "blue.png")[0].tobytes() == made[0].tobytes()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 3}, ConfigError, "steps: a GAN draws a picture at once"),
        ({"n": 0}, ConfigError, "n: must be at least 1; got 0"),
        ({"size": 16}, ConfigError, "size: this model draws pictures of 8 x 8"),
        ({"prompt": "green"}, DataError, 'the model knows no "green"'),
    ],
)
def test_what_a_gan_cannot_do_is_said(run: Path, options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        load(run).paint(**options)


def test_a_run_that_stopped_goes_on_bitwise_with_both_optimisers(run: Path, place: Path) -> None:
    train(plan(place, "train.steps=3"), out=place / "half", quiet=True)
    train(plan(place), out=place / "half", resume=True, quiet=True)
    whole, again = (load_file(p / "last" / "state.safetensors") for p in (run, place / "half"))
    assert {key.split(".")[1] for key in whole if key.startswith("optimiser")} == {
        "generator",
        "discriminator",
    }
    assert whole.keys() == again.keys()
    assert [key for key in whole if not torch.equal(whole[key], again[key])] == []


def test_a_planted_collapse_is_in_the_log_and_on_the_card(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    draw = Generator.draw

    def alike(self: Generator, latent: Tensor, pooled: Tensor | None = None) -> Tensor:
        return draw(self, 0 * latent, None if pooled is None else 0 * pooled)

    monkeypatch.setattr(Generator, "draw", alike)
    train(plan(place, "train.steps=3"), out=place / "collapsed")  # the first look; two make one
    assert "mode collapse" not in capfd.readouterr().err
    train(plan(place), out=place / "collapsed", resume=True)
    assert "mode collapse: the pictures drawn are nearly all alike" in capfd.readouterr().err
    assert collapses(place / "collapsed" / "metrics.jsonl").startswith("in 1 of 2 looks, first at")
    card = (place / "collapsed" / "README.md").read_text("utf-8")
    assert "| mode collapse | in 1 of 2 looks, first at step 6, last 6 |" in card


def test_each_part_learns_at_its_share_of_the_rate(place: Path) -> None:
    recipe = plan(place)
    setup = set_up(recipe, place / "rates")
    made = _optimisers(recipe, setup.task.model, 2e-3, {})
    assert isinstance(recipe.objective, Adversarial)
    assert {name: o.param_groups[0]["lr"] for name, o in made.items()} == {
        "discriminator": 1e-3,
        "generator": 2e-3,
    }
    held = {n: sum(len(g["params"]) for g in o.param_groups) for n, o in made.items()}
    assert sum(held.values()) == len(list(setup.task.model.parameters()))


@pytest.mark.parametrize(
    ("spectral_norm", "penalty", "r1", "message"),
    [
        (False, None, 0.0, ""),  # WGAN-GP
        (True, 0.0, 0.0, ""),
        (False, 0.0, 1.0, ""),
        (True, None, 0.0, "model.spectral_norm: keeps the critic from the slopes"),
        (False, 0.0, 0.0, "objective.gradient_penalty: nothing bounds the critic"),
    ],
)
def test_a_critic_is_bound_once(
    spectral_norm: bool, penalty: float | None, r1: float, message: str
) -> None:
    model = GanConfig(spectral_norm=spectral_norm)
    objective = Adversarial(loss="wasserstein", gradient_penalty=penalty, r1=r1)
    if not message:
        check_bound(model, objective)
        return
    with pytest.raises(ConfigError, match=message):
        check_bound(model, objective)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.buckets=true", "data.buckets: a GAN draws pictures of one shape"),
        ("objective.discriminator_steps=9", "discriminator_steps: each takes its part of a batch"),
        ("objective.loss=wasserstein", "spectral_norm: keeps the critic from the slopes"),
        ('model.labels=["shape"]', 'the pictures have no label "shape"'),
    ],
)
def test_data_that_a_gan_cannot_learn_from_is_refused(
    place: Path, override: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        train(plan(place, override), out=place / "refused", quiet=True)


def test_a_gan_learns_from_captions_too(place: Path) -> None:
    words = ["model.labels=[]", "model.text={dim=8, n_heads=2, ffn_dim=8, n_layers=1}"]
    scenes = ['data.train="scenes:80"', "tokenizer.vocab_size=300", "train.steps=2"]
    parts = "objective.discriminator_steps=2"
    recipe = Recipe.of(override(VALUES, [*words, *scenes, parts]), "tiny-gan")
    train(recipe, out=place / "words", quiet=True)
    painter = load(place / "words")
    one, other = painter.paint(["우주에 있는 개", "a red cat"], seed=[1, 1])
    assert one.tobytes() != other.tobytes()
