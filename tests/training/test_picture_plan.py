"""Plans of picture recipes: what they tell is what training makes, multiplies and holds."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

import jium
from jium.cli import app
from jium.messages import set_language
from jium.training import picture_costs
from jium.training.picture_costs import Seen
from jium.training.picture_outline import noise_batch, picture_model
from jium.training.plans import plan_of
from jium.training.recipe import Recipe
from jium.training.run import trainer_of

UNET = {"dim": 16, "multipliers": [1, 2], "attention_levels": [1], "head_dim": 16, "n_blocks": 1}
DENOISER = {"kind": "unet"} | UNET
TEXT = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 16}
VIT = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "patch_size": 4}
VAE = {"kind": "vae", "dim": 8, "multipliers": [1, 2], "n_blocks": 1}
DIFFUSION = {"kind": "diffusion", "denoiser": DENOISER, "text": TEXT}
WORDS = {"tokenizer": {"kind": "bpe", "vocab_size": 300}}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "diffusion": ("paint", {"model": DIFFUSION} | WORDS),
    "classes": (
        "paint",
        {
            "model": {
                "kind": "diffusion",
                "denoiser": DENOISER,
                "labels": ["subject"],
            }
        },
    ),
    "gan": (
        "paint",
        {
            "model": {"kind": "gan", "dim": 16, "multipliers": [1, 2], "text": TEXT},
            "objective": {"kind": "gan", "r1": 0.1},
            "optim": {"kind": "adam", "lr": 1e-3},
        }
        | WORDS,
    ),
    "vae": ("reconstruct", {"model": VAE}),
    "attributes": ("attributes", {"model": {"kind": "image_classifier", "widths": [8, 16]}}),
    "clip": (
        "match",
        {"model": {"kind": "clip", "projection_dim": 16, "image": VIT, "text": TEXT}} | WORDS,
    ),
    "captioner": (
        "caption",
        {"model": {"kind": "captioner", **TEXT, "image": VIT}} | WORDS,
    ),
}


def of(task: str, train: dict[str, Any] | None = None, **sections: Any) -> Recipe:
    data = {"train": "scenes:240", "size": 16, "valid_share": 0.3, "test_share": 0.0}
    settings = {"steps": 100, "batch_size": 16, "precision": "float32"} | (train or {})
    values = {"task": task, "data": data, "optim": {"lr": 1e-3}, "train": settings} | sections
    values["data"] = data | sections.get("data", {})
    return Recipe.of(values, "planned")


def one(name: str, **more: Any) -> Recipe:
    task, sections = MODELS[name]
    return of(task, **(sections | more))


@pytest.mark.parametrize("name", MODELS)
def test_the_model_that_is_counted_is_the_one_that_training_makes(name: str, tmp_path: Path):
    recipe = one(name)
    made: Any = plan_of(recipe.values)(recipe, tmp_path)
    told = jium.plan(recipe, device_kind="cpu")
    assert told.parameters is not None
    assert told.parameters["all"] == sum(p.numel() for p in made.task.model.parameters())
    assert (told.pictures_a_step, told.pictures, told.tokens) == (16, 1600, None)


@pytest.mark.parametrize("name", ["diffusion", "vae", "attributes", "captioner"])
def test_flops_are_those_that_pytorch_counts_of_a_whole_batch(name: str) -> None:
    recipe = one(name)
    told = jium.plan(recipe, device_kind="cpu", text_tokens=8)
    model: Any = picture_model(recipe, [])
    batch, objective = noise_batch(recipe, model, 16, 8), recipe.objective
    math = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    with math, FlopCounterMode(display=False) as counter:  # it knows no other on CPUs
        for loss in objective(model.train(), batch):
            loss.total.backward()
    assert told.flops_a_step == pytest.approx(
        counter.get_total_flops(), rel=0.05
    )  # fused ones multiply again on the way back


def test_a_gan_is_counted_with_both_of_its_steps() -> None:
    plain = jium.plan(one("gan", objective={"kind": "gan"}), device_kind="cpu").flops_a_step
    punished = jium.plan(one("gan"), device_kind="cpu").flops_a_step
    assert plain and punished and punished > 1.1 * plain


@pytest.mark.parametrize("name", MODELS)
def test_training_holds_as_much_memory_as_the_plan_says(name: str) -> None:
    """In a second step, when the optimiser remembers."""
    recipe = one(name, train={"steps": 3, "batch_size": 24, "precision": "float32", "ema": 0.9})
    told = jium.plan(recipe, device_kind="cpu", text_tokens=8).memory
    assert told is not None
    model: Any = picture_model(recipe, [])
    batch: Any = noise_batch(recipe, model, 24, 8)
    trainer = trainer_of(recipe, model, [batch], torch.device("cpu"))
    trainer._step([batch])
    with Seen([*model.parameters()]) as seen:
        trainer._step([batch])
    known = told.weights + told.optimiser + told.average  # there before
    assert told.peak == pytest.approx(known + seen.peak, rel=0.15)


def test_more_pictures_take_more_and_devices_share_them() -> None:
    few = jium.plan(one("vae"), device_kind="cpu")
    many = jium.plan(one("vae", train={"steps": 100, "batch_size": 64}), device_kind="cpu")
    two = jium.plan(
        one("vae", train={"steps": 100, "batch_size": 64}), device_kind="cpu", devices=2
    )
    assert few.flops and many.flops and two.memory and many.memory and many.hours
    assert many.flops == pytest.approx(4 * few.flops)
    assert two.memory.activations == pytest.approx(many.memory.activations / 2, rel=0.01)
    assert two.hours == pytest.approx(many.hours / 2)


def test_accumulated_batches_take_their_time_and_no_more_room() -> None:
    once, twice = (
        jium.plan(one("vae", train={"steps": 9, "accumulate": n}), device_kind="cpu")
        for n in (1, 2)
    )
    assert once.flops and twice.flops == pytest.approx(2 * once.flops)
    assert once.memory and twice.memory and twice.memory.activations == once.memory.activations


def test_this_machine_is_tried_with_whole_steps_and_nothing_else_changes() -> None:
    before = torch.get_rng_state()
    told = jium.plan(one("vae", train={"steps": 100, "batch_size": 8, "device": "cpu"}), watts=50.0)
    assert told.hours and told.step_s and told.kwh == pytest.approx(0.05 * told.hours)
    assert told.hours == pytest.approx(100 * told.step_s / 3600)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_long_step_is_tried_with_a_few_of_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    known = picture_costs.noise_batch

    def noted(recipe: Any, model: Any, n: int, tokens: int) -> Any:
        tried.append(n)
        return known(recipe, model, n, tokens)

    monkeypatch.setattr(picture_costs, "noise_batch", noted)
    monkeypatch.setattr(picture_costs, "LONGEST", 0.0)
    jium.plan(one("vae", train={"steps": 5, "batch_size": 4096, "device": "cpu"}))
    assert max(tried) == 4


def test_what_only_pictures_tell_is_assumed_and_said() -> None:
    folder = {"train": "nowhere", "labels": ["breed"]}
    notes = jium.plan(one("attributes", data=folder), device_kind="cpu").notes
    assert any("taken to have 10 classes" in note for note in notes)
    assert not any("tokens" in note for note in notes)
    notes = jium.plan(one("diffusion", data={"train": "nowhere"}), device_kind="cpu").notes
    assert any("Texts are taken to have 16 tokens each" in note for note in notes)


def test_a_model_of_latents_waits_for_the_run_that_makes_them() -> None:
    model = DIFFUSION | {"latent": "runs/nowhere"}
    told = jium.plan(one("diffusion", model=model), device_kind="cpu")
    assert told.parameters is None and "runs/nowhere is not there yet" in str(told)


def test_what_does_not_fit_is_said_with_the_setting_to_lower() -> None:
    huge = one("vae", train={"steps": 5, "batch_size": 10_000_000})
    (note,) = [n for n in jium.plan(huge, device_kind="t4").notes if "It does not fit" in n]
    assert "Lower train.batch_size" in note


def test_the_command_says_it_in_both_languages() -> None:
    words = ["plan", "vae-emoji", "train.steps=10", "--device-kind", "t4"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    assert "pictures" in shown.output and "10 steps of 32 at most" in shown.output
    set_language("ko")
    assert "10스텝, 스텝마다 많아야 32개" in str(
        jium.plan("vae-emoji", "train.steps=10", device_kind="t4")
    )
