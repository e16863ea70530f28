"""Autoencoders through the same verbs as everything else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

import jium
from jium.errors import ConfigError
from jium.tasks.reconstruct import Reconstructor
from jium.training.recipe import Recipe

KINDS = ("vae", "vqvae")


def disc(rng: np.random.Generator, size: int = 8) -> NDArray[np.uint8]:
    """A disc of one colour on white."""
    y, x = np.mgrid[:size, :size]
    cx, cy, r = rng.uniform(2, 6, 2).tolist() + [rng.uniform(1.5, 3)]
    inside = (x - cx) ** 2 + (y - cy) ** 2 < r * r
    return np.where(inside[..., None], rng.integers(0, 200, 3), 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("discs")
    rng = np.random.default_rng(0)
    for split, n in (("train", 96), ("valid", 24), ("test", 24), ("odd", 24)):
        (folder / split).mkdir()
        for i in range(n):
            noise = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
            pixels = noise if split == "odd" else disc(rng)
            Image.fromarray(pixels).save(folder / split / f"{i:03}.png")
    return folder


Plan = Callable[..., Recipe]


@pytest.fixture
def plan(data: Path) -> Plan:
    def made(kind: str = "vae", steps: int = 6, **sections: dict[str, Any]) -> Recipe:
        values: dict[str, Any] = {
            "task": "reconstruct",
            "data": dict(train="train", valid="valid", test="test", folder=str(data), size=8),
            "model": dict(kind=kind, dim=8, multipliers=[1, 2], latent_channels=6),
            "objective": dict(kind=kind),
            "optim": dict(kind="adamw", lr=4e-3),
            "schedule": dict(kind="constant", warmup=3),
            "train": dict(steps=steps, batch_size=16, eval_every=3, save_every=3),
        }
        values["train"] |= dict(threads=1, precision="float32", metric="psnr")
        if kind == "vqvae":
            values["model"]["n_codes"] = 16
        for name, section in sections.items():
            values[name] |= section
        return Recipe.of(values, "tiny")

    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_run_is_loaded_asked_and_measured(
    kind: str, plan: Plan, data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    trained = jium.train(plan(kind, steps=60, train=dict(eval_every=30)), out=run, quiet=True)
    task = jium.load(run)
    assert isinstance(task, Reconstructor)
    picture = data / "valid" / "000.png"
    assert np.array_equal(task.encode(picture), trained.encode(picture))
    found = jium.evaluate(run, "test", out=run, outliers=str(data / "odd"), samples=20)
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["psnr"] > 11 and scores["auroc"] > 95, scores
    with Image.open(run / "reconstructions.png") as sheet:
        assert sheet.width > 100
    assert "psnr" in (run / "evaluation.md").read_text("utf-8")
    usual, odd = (task.anomaly(data / place / "001.png") for place in ("valid", "odd"))
    assert task.stranger_than(usual) < 1.0 == task.stranger_than(odd)


@pytest.mark.parametrize("kind", KINDS)
def test_latents_have_unit_variance_on_valid_pictures(
    kind: str, plan: Plan, data: Path, tmp_path: Path
) -> None:
    task = jium.train(plan(kind), out=tmp_path / "run", quiet=True)
    latents = task.encode(sorted((data / "valid").iterdir()))
    assert float(latents.std()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_bit_for_bit(kind: str, plan: Plan, tmp_path: Path) -> None:
    settings = dict(save_every=4, eval_every=2, ema=0.9)
    for run, steps, resume in (("whole", 6, False), ("cut", 4, False), ("cut", 6, True)):
        made = plan(kind, steps, train=settings)
        jium.train(made, out=tmp_path / run, resume=resume, quiet=True)
    whole, cut = (load_file(tmp_path / n / "last" / "state.safetensors") for n in ("whole", "cut"))
    assert whole.keys() == cut.keys()
    assert [name for name in whole if not torch.equal(whole[name], cut[name])] == []


def test_without_a_learned_variance_the_bound_gets_the_likeliest(
    plan: Plan, data: Path, tmp_path: Path
) -> None:
    """An l2 objective leaves sigma alone; anomaly scores ask for one all the same."""
    made = plan(objective=dict(likelihood="l2", beta=0.01))
    task = jium.train(made, out=tmp_path / "run", quiet=True)
    files = sorted((data / "valid").iterdir())
    rebuilt = task.reconstruct(files)
    wrong = [
        np.square((np.asarray(a, float) - np.asarray(Image.open(b), float)) / 127.5).mean()
        for a, b in zip(rebuilt, files, strict=True)
    ]
    assert task.model.log_sigma.exp().item() == pytest.approx(np.sqrt(np.mean(wrong)), rel=0.05)
    scores = np.sort(task.anomaly(files))
    assert np.allclose(task.model.usual[[0, -1]].numpy(), scores[[0, -1]], atol=1e-3)


def test_an_objective_of_another_model_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='objective.kind: no objective "vqvae" for the model'):
        jium.train(plan("vae", objective=dict(kind="vqvae")), out=tmp_path / "run", quiet=True)


def test_sizes_must_agree(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="model.image_size: must be data.size=8"):
        jium.train(plan(model=dict(image_size=16)), out=tmp_path / "run", quiet=True)


def test_a_size_that_cannot_be_halved_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="9 pixels cannot be halved 1 times. Try 8"):
        jium.train(plan(data=dict(size=9)), out=tmp_path / "run", quiet=True)


def test_a_flat_model_takes_no_buckets(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="data.buckets: pictures of several shapes need"):
        made = plan(model=dict(flat=True), data=dict(buckets=True))
        jium.train(made, out=tmp_path / "run", quiet=True)
