"""Diffusion through the same verbs as everything else: a recipe in, a run that paints out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import jium
from jium.checkpoint.run import save_config, save_weights
from jium.config import override
from jium.data.image_batches import ImageBatches
from jium.errors import ConfigError, DataError
from jium.models.diffusion import Diffusion
from jium.models.vae import Vae, VaeConfig
from jium.models.vqvae import VqVae, VqVaeConfig
from jium.tasks.reconstruct import Reconstructor
from jium.training import paint
from jium.training.recipe import Recipe
from jium.training.run import train

Plan = Callable[..., Recipe]
WORDS = {"red": "빨간", "blue": "파란"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colours")
    rng = np.random.default_rng(0)
    for split, n in (("train", 24), ("valid", 8), ("test", 2)):
        for i in range(n):
            name = ["red", "blue"][i % 2]
            place = folder / split / name
            place.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 60, (8, 8, 3), np.uint8)
            pixels[..., 0 if name == "red" else 2] += 180
            Image.fromarray(pixels).save(place / f"{i}.png")
            said = f"a {name} picture\n{WORDS[name]} 그림\n"
            (place / f"{i}.txt").write_text(said, "utf-8")
    return folder


@pytest.fixture
def plan(data: Path) -> Plan:
    def made(*overrides: str, **model: Any) -> Recipe:
        denoiser = dict(kind="unet", dim=8, multipliers=[1], n_blocks=1, attention_levels=[0])
        text = dict(dim=8, n_heads=1, ffn_dim=16, n_layers=1)
        values: dict[str, Any] = {
            "task": "paint",
            "data": dict(train="train", valid="valid", test="test", folder=str(data), size=8),
            "tokenizer": dict(vocab_size=280),
            "model": {"denoiser": denoiser | {"head_dim": 8}, "patch": 2, "text": text} | model,
            "schedule": dict(kind="constant", warmup=3),
            "train": dict(steps=6, batch_size=8, eval_every=3, save_every=3, ema=0.9, threads=1),
            "paint": dict(steps=3),
        }
        if values["model"]["text"] is None:
            del values["model"]["text"]
        return Recipe.of(override(values, overrides), "tiny")

    return made


def test_a_recipe_becomes_a_run_that_paints(plan: Plan, tmp_path: Path) -> None:
    task = train(plan(), out=tmp_path / "run", quiet=True)
    loaded = jium.load(tmp_path / "run")
    one, other = (t.paint(["빨간 그림", "a blue picture"], seed=1) for t in (task, loaded))
    assert [np.asarray(p).tolist() for p in one] == [np.asarray(p).tolist() for p in other]
    assert one[0].size == (8, 8) and one.facts[0]["steps"] == 3
    rows = [json.loads(x) for x in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "valid_loss" in row] == [3, 6]
    card = (tmp_path / "run" / "README.md").read_text("utf-8")
    assert "24" in card and "8 pictures at most" in card
    assert len(list((tmp_path / "run" / "pictures").iterdir())) == 2


def test_a_run_that_was_cut_off_goes_on_as_if_it_had_not(plan: Plan, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(plan(), out=whole, quiet=True)
    train(plan("train.steps=3"), out=broken, quiet=True)
    train(plan(), out=broken, resume=True, quiet=True)
    one, other = (load_file(run / "last" / "state.safetensors") for run in (whole, broken))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_words_are_learned_first_and_only_once(plan: Plan, tmp_path: Path) -> None:
    first = "objective.captions_first=100"
    whole, broken, without = (tmp_path / name for name in ("whole", "broken", "without"))
    train(plan(first), out=whole, quiet=True)
    train(plan(first, "train.steps=3"), out=broken, quiet=True)
    train(plan(first), out=broken, resume=True, quiet=True)
    train(plan(), out=without, quiet=True)
    one, other, plain = (
        load_file(run / "last" / "state.safetensors")["model.conditioner.embedding.weight"]
        for run in (whole, broken, without)
    )
    assert torch.equal(one, other) and not torch.allclose(one, plain, atol=0.1)


def test_words_learned_first_need_a_model_that_reads(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        train(
            plan("objective.captions_first=5", text=None, labels=["folder"]),
            out=tmp_path / "run",
            quiet=True,
        )
    assert error.value.key == "objective.captions_first"


def test_a_schedule_that_learns_goes_on_with_the_run(plan: Plan, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    learned: dict[str, Any] = dict(noise=dict(kind="learned"))
    train(plan(**learned), out=whole, quiet=True)
    train(plan("train.steps=3", **learned), out=broken, quiet=True)
    begun = load_file(broken / "last" / "state.safetensors")["model.noise.out_weight"]
    train(plan(**learned), out=broken, resume=True, quiet=True)
    one, other = (load_file(run / "last" / "state.safetensors") for run in (whole, broken))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["model.noise.out_weight"], begun)
    assert len(jium.load(broken).paint("빨간 그림", seed=0)) == 1


def test_a_schedule_that_learns_is_told_no_times(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        train(
            plan("objective.times=logit_normal", noise=dict(kind="learned")),
            out=tmp_path / "run",
            quiet=True,
        )
    assert error.value.key == "objective.times"


def test_looking_does_not_change_what_is_learned(plan: Plan, tmp_path: Path) -> None:
    often, seldom = tmp_path / "often", tmp_path / "seldom"
    train(plan("train.eval_every=1", "train.steps=3"), out=often, quiet=True)
    train(plan("train.eval_every=3", "train.steps=3"), out=seldom, quiet=True)
    one, other = (load_file(run / "last" / "state.safetensors") for run in (often, seldom))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_labels_guide_where_captions_are_not_read(plan: Plan, tmp_path: Path) -> None:
    made = plan("train.steps=1", text=None, labels=["folder"])
    task = train(made, out=tmp_path / "run", quiet=True)
    assert task.names == {"folder": ["blue", "red"]}
    assert len(jium.load(tmp_path / "run").paint("red", seed=0)) == 1


def autoencoder(run: Path) -> Vae:
    """One that has learned nothing, saved as a run."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = dict(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4)
    vae = Vae(VaeConfig(**sizes, dropout=0.5))
    vae.latent_scale.fill_(3.0)
    run.mkdir()
    save_config(run, "vae", vae.config, Reconstructor(vae).about())
    save_weights(run, vae)
    return vae


def test_latents_of_a_run_are_painted_and_the_run_holds_their_decoder(
    plan: Plan, tmp_path: Path
) -> None:
    vae = autoencoder(tmp_path / "vae")
    made = plan("train.steps=2", patch=1, latent=str(tmp_path / "vae"))
    train(made, out=tmp_path / "run", quiet=True)
    shutil.rmtree(tmp_path / "vae")  # not needed any more, to go on either
    longer = plan("train.steps=4", patch=1, latent=str(tmp_path / "vae"))
    train(longer, out=tmp_path / "run", resume=True, quiet=True)
    loaded = jium.load(tmp_path / "run")
    assert loaded.paint("빨간 그림", seed=0)[0].size == (8, 8)
    kept = dict(loaded.model.vae.named_parameters())
    assert [n for n, weight in vae.named_parameters() if not torch.equal(kept[n], weight)] == []
    assert float(loaded.model.vae.latent_scale) == 3.0


def test_training_on_kept_latents_is_that_of_encoding_at_every_step(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    autoencoder(tmp_path / "vae")
    asked: list[int] = []
    encode = Diffusion.encode

    def watched(model: Diffusion, images: torch.Tensor) -> torch.Tensor:
        asked.append(len(images))
        return encode(model, images)

    def run(steps: int, name: str, **options: Any) -> Path:
        settings = f"train.steps={steps}", "train.log_every=1"
        made = plan(*settings, patch=1, latent=str(tmp_path / "vae"))
        train(made, out=tmp_path / name, quiet=True, **options)
        return tmp_path / name

    def losses(run: Path) -> list[float]:
        rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        return [row.get("loss", row.get("valid_loss")) for row in rows]

    monkeypatch.setattr(Diffusion, "encode", watched)
    run(3, "kept")
    assert sum(asked) == 24 + 8 + 2  # each picture of train and valid, and one for the shape
    kept = run(6, "kept", resume=True)
    assert sum(asked) == 24 + 8 + 2
    plain = lambda pictures, latents, *rest: ImageBatches(pictures, *rest)  # noqa: E731
    monkeypatch.setattr(paint, "LatentBatches", plain)
    anew = run(6, "anew")
    assert sum(asked) > 2 * (24 + 8 + 2)
    assert len(losses(kept)) == 8 and losses(kept) == pytest.approx(losses(anew), rel=1e-4)


def test_pictures_that_are_mirrored_are_encoded_as_they_are_seen(
    plan: Plan, tmp_path: Path
) -> None:
    autoencoder(tmp_path / "vae")
    made = plan("data.flip=swap", patch=1, latent=str(tmp_path / "vae"))
    setup = paint.set_up(made, tmp_path / "run")
    assert next(iter(setup.train)).images.shape[1:] == (3, 8, 8)
    assert next(setup.valid.once()).images.shape[1:] == (4, 4, 4)


def test_latents_of_codes_or_of_one_vector_are_refused(plan: Plan, tmp_path: Path) -> None:
    sizes: dict[str, Any] = dict(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4)
    model = Vae(VaeConfig(**sizes, flat=True))
    (tmp_path / "vae").mkdir()
    save_config(tmp_path / "vae", "vae", model.config, Reconstructor(model).about())
    save_weights(tmp_path / "vae", model)
    with pytest.raises(ConfigError, match="no autoencoder with a map of latents, but vae"):
        train(plan(patch=1, latent=str(tmp_path / "vae")), out=tmp_path / "run", quiet=True)


def test_latents_of_codes_are_painted_on(plan: Plan, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = VqVae(VqVaeConfig(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4))  # type: ignore[arg-type]
    (tmp_path / "codes").mkdir()
    save_config(tmp_path / "codes", "vqvae", model.config, Reconstructor(model).about())
    save_weights(tmp_path / "codes", model)
    made = plan("train.steps=3", patch=1, latent=str(tmp_path / "codes"))
    train(made, out=tmp_path / "run", quiet=True)
    task = jium.load(tmp_path / "run")
    assert isinstance(task.model.vae, VqVae)
    assert torch.equal(task.model.vae.codebook.codes, model.codebook.codes)
    assert task.paint("빨간 그림", seed=0)[0].size == (8, 8)


@pytest.mark.parametrize(
    ("key", "words", "model"),
    [
        ("paint.steps", ["paint.steps=25"], {"noise": dict(kind="linear", n_steps=10)}),
        ("paint.tile", ["paint.tile=5"], {}),
        ("data.bucket_step", ["data.buckets=true", "data.bucket_step=3", "data.widest=3"], {}),
    ],
)
def test_what_would_stop_the_first_look_is_said_before_the_first_step(
    key: str, words: list[str], model: dict[str, Any], plan: Plan, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as error:
        paint.set_up(plan(*words, **model), tmp_path / "run")
    assert error.value.key == key


def test_the_first_look_asks_for_labels_that_guide(plan: Plan, tmp_path: Path) -> None:
    task = train(
        plan(
            "data.train=scenes:80",
            "data.folder=null",
            "data.valid=null",
            "data.test=null",
            "train.steps=3",
            text=None,
            labels=["colour"],
        ),
        out=tmp_path,
        quiet=True,
    )
    assert list(task.names) == ["colour"]  # beside "subject", which comes before it


def test_a_caption_with_brackets_is_asked_for_as_it_stands(plan: Plan, tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        for i in range(4):
            pixels = np.full((8, 8, 3), 60 * i + 20 * (split == "valid"), np.uint8)
            Image.fromarray(pixels).save(tmp_path / split / f"{i}.png")
            (tmp_path / split / f"{i}.txt").write_text(f"a clock (12:{i}0)")
    where = f"data.folder={json.dumps(str(tmp_path))}", "data.test=null"
    small = "tokenizer.vocab_size=260", "train.steps=3"
    train(plan(*where, *small), out=tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "pictures").is_dir()


def test_what_the_data_does_not_have_is_said(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='no label "group". They have: folder'):
        train(plan(text=None, labels=["group"]), out=tmp_path / "a", quiet=True)
    for i in range(4):
        for split in ("train", "valid"):
            (tmp_path / split).mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (40 * i, 90 * (split == "valid"), 0)).save(
                tmp_path / split / f"{i}.png"
            )
    mute = f"data.folder={json.dumps(str(tmp_path))}", "data.test=null"
    with pytest.raises(DataError, match="have no captions"):
        train(plan(*mute), out=tmp_path / "b", quiet=True)
    with pytest.raises(ConfigError) as error:
        train(plan("data.size=9"), out=tmp_path / "c", quiet=True)
    assert error.value.key == "data.size" and not (tmp_path / "c" / "last").exists()
