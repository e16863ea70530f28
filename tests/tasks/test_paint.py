"""Pictures from words: what a caption asks for, what a seed decides, and pictures painted again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import jium
from jium.checkpoint.run import save_config, save_weights
from jium.config import build
from jium.data.image_batches import ImageBatches
from jium.data.image_store import Picture, Pictures
from jium.errors import ConfigError, DataError
from jium.generation.painting import PaintConfig
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.objectives.diffusion import Denoising
from jium.tasks.paint import Painter
from jium.tasks.paint_words import Words
from jium.tasks.picture_files import save_picture
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SAID = {
    (230, 20, 20): ["빨간 그림", "a red picture"],
    (20, 20, 230): ["파란 그림", "a blue picture"],
}
DENOISER = {"kind": "unet", "dim": 16, "multipliers": [1], "n_blocks": 1, "attention_levels": [0]}
TEXT = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 24}
SETTINGS = PaintConfig(steps=6, guidance=2.0)


@pytest.fixture(scope="module")
def painter() -> Painter:
    torch.manual_seed(0)
    rows = [Picture(np.full((4, 4, 3), rgb, np.uint8), said) for rgb, said in SAID.items()]
    words = [text for said in SAID.values() for text in said]
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=280), words)
    values = {"denoiser": DENOISER | {"head_dim": 8}, "text": TEXT, "picture_size": 4}
    values["vocab_size"] = tokenizer.vocab_size
    model = Diffusion(build(DiffusionConfig, values))
    encode = Words(model, tokenizer).ids
    batches = iter(ImageBatches(Pictures.hold(rows * 8), 16, encode=encode))
    optimiser = torch.optim.AdamW(model.parameters(), 4e-3)
    for _ in range(100):
        (loss,) = Denoising(weighting="truncated_snr")(model, next(batches))
        (loss.total / loss.count).backward()
        optimiser.step()
        optimiser.zero_grad()
    return Painter(model.eval(), tokenizer, SETTINGS)


def colour(picture: Image.Image) -> str:
    red, _, blue = np.asarray(picture).reshape(-1, 3).mean(0)
    return "red" if red > 2 * blue else "blue" if blue > 2 * red else "neither"


def same(one: Image.Image, other: Image.Image) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def noise(side: int = 4) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(pixels)


def test_korean_and_english_captions_are_painted(painter: Painter) -> None:
    wanted = ["빨간 그림", "a red picture", "파란 그림", "a blue picture"]
    found = [colour(picture) for picture in painter.paint(wanted, n=3, seed=0)]
    assert found == ["red"] * 6 + ["blue"] * 6


def test_a_negative_prompt_leads_away(painter: Painter) -> None:
    made = painter.paint("", n=6, seed=0, guidance=3.0, negative="a red picture")
    assert {colour(picture) for picture in made} == {"blue"}


def test_guidance_zero_and_no_prompt_are_one(painter: Painter) -> None:
    without = painter.paint(None, n=3, seed=5)
    for one, other in zip(
        painter.paint("빨간 그림", n=3, seed=5, guidance=0.0), without, strict=True
    ):
        assert same(one, other)
    assert without.facts[0]["prompt"] == ""


def test_nothing_to_follow_asks_the_model_once_a_step(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    denoise = painter.model.denoise

    def counted(x: torch.Tensor, *rest: Any) -> torch.Tensor:
        asked.append(len(x))
        return denoise(x, *rest)

    monkeypatch.setattr(painter.model, "denoise", counted)
    painter.paint(" ", seed=0, negative=" ", sampler="euler")
    assert asked == [1] * 6
    painter.paint("빨간 그림", seed=0, sampler="euler")
    assert asked[6:] == [2] * 6


def test_a_picture_depends_on_its_own_seed_alone(painter: Painter) -> None:
    many = painter.paint(["빨간 그림", "a blue picture"], n=2, seed=7, sampler="euler_ancestral")
    alone = painter.paint("a blue picture", seed=9, sampler="euler_ancestral")
    assert same(many[2], alone[0])
    assert not same(many[2], many[3])
    chosen = painter.paint("a blue picture", n=2, seed=[10, 9], sampler="euler_ancestral")
    assert same(chosen[0], many[3]) and same(chosen[1], many[2])


def test_painting_together_changes_only_rounding(painter: Painter) -> None:
    wanted = ["빨간 그림", "a blue picture in the end"]
    apart, together = painter.paint(wanted, seed=1), painter.paint(wanted, seed=1, batch=2)
    for one, other in zip(apart, together, strict=True):
        assert np.abs(np.asarray(one, int) - np.asarray(other, int)).max() <= 1


def test_without_a_seed_one_is_drawn_and_told_and_torchs_own_numbers_stay(painter: Painter) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    made = painter.paint("빨간 그림")
    assert torch.equal(torch.rand(2), wanted)
    assert same(made[0], painter.paint("빨간 그림", seed=made.facts[0]["seed"])[0])


def test_weighted_words_count_more(painter: Painter) -> None:
    plain, weighted = "a red picture", "a (red:0.0) picture"
    one, other = painter.words.context(plain), painter.words.context(weighted)
    assert one.states.shape == other.states.shape
    changed = (one.states != other.states).any(-1)[0]
    assert changed.any() and not changed.all()
    assert torch.equal(painter.words.context("a (red:1) picture").states, one.states)


def test_a_picture_says_how_it_was_painted_and_is_painted_again(
    painter: Painter, tmp_path: Path
) -> None:
    made = painter.paint(["빨간 그림", "a blue picture"], n=2, seed=4, steps=3, sampler="ddpm")
    save_picture(made[2], tmp_path / "one.png", made.facts[2])
    again = painter.paint_like(tmp_path / "one.png")
    assert same(again[0], made[2])
    assert again.facts[0] == made.facts[2]
    assert not same(painter.paint_like(tmp_path / "one.png", seed=99)[0], made[2])


def test_saved_pictures_of_a_call_are_one_file(painter: Painter, tmp_path: Path) -> None:
    painter.paint("빨간 그림", seed=1).save(tmp_path / "red.png")
    with Image.open(tmp_path / "red.png") as kept:
        assert same(painter.paint_like(tmp_path / "red.png")[0], kept)
    painter.paint("빨간 그림", n=4, seed=1).save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as kept:
        assert kept.width > 2 * 64


def test_a_run_paints_as_the_model_that_was_saved(painter: Painter, tmp_path: Path) -> None:
    save_config(tmp_path, "diffusion", painter.model.config, painter.about())
    save_weights(tmp_path, painter.model)
    assert painter.tokenizer is not None
    painter.tokenizer.save(tmp_path)
    loaded = jium.load(tmp_path)
    assert same(loaded.paint("빨간 그림", seed=1)[0], painter.paint("빨간 그림", seed=1)[0])
    assert loaded.fingerprint == painter.fingerprint


# ---------------------------------------------------------------- from a picture


def test_strength_says_how_much_of_a_picture_changes(painter: Painter) -> None:
    given = Image.new("RGB", (4, 4), (200, 40, 40))
    changes = [
        np.abs(np.asarray(made, int) - np.asarray(given, int)).mean()
        for strength in (0.0, 0.3, 1.0)
        for made in painter.paint("a blue picture", image=given, strength=strength, seed=2)
    ]
    assert changes[0] == 0
    assert changes == sorted(changes) and changes[2] > 50


def test_outside_the_mask_nothing_changes(painter: Painter) -> None:
    given, mask = noise(), Image.new("L", (4, 4), 0)
    mask.paste(255, (0, 0, 2, 4))
    made = np.asarray(painter.paint("a blue picture", image=given, mask=mask, seed=2)[0])
    assert np.array_equal(made[:, 2:], np.asarray(given)[:, 2:])
    assert not np.array_equal(made[:, :2], np.asarray(given)[:, :2])


def test_a_picture_over_another_is_painted_again_only_with_that(
    painter: Painter, tmp_path: Path
) -> None:
    made = painter.paint("a blue picture", image=noise(), strength=0.5, seed=2)
    made.save(tmp_path / "over.png")
    assert same(painter.paint_like(tmp_path / "over.png", image=noise())[0], made[0])
    with pytest.raises(DataError, match="painted over a picture"):
        painter.paint_like(tmp_path / "over.png")


def test_previews_lead_to_the_picture(painter: Painter) -> None:
    seen: list[tuple[int, list[Image.Image]]] = []
    painter.paint("빨간 그림", n=2, seed=0, preview=lambda step, made: seen.append((step, made)))
    assert [step for step, _ in seen] == [1, 2, 3, 4, 5, 6] * 2
    assert [len(made) for _, made in seen] == [1] * 6 + [2] * 6


# ---------------------------------------------------------------- larger, in parts, between


def test_a_tile_as_large_as_the_picture_changes_nothing_and_a_smaller_one_fills_a_larger(
    painter: Painter,
) -> None:
    whole = painter.paint("빨간 그림", seed=1)[0]
    assert same(painter.paint("빨간 그림", seed=1, tile=4)[0], whole)
    assert same(painter.paint("빨간 그림", seed=1, tile=64)[0], whole)
    made = painter.paint(["빨간 그림", "a blue picture"], seed=1, size=(12, 8), tile=4)
    assert [picture.size for picture in made] == [(12, 8)] * 2
    assert [colour(picture) for picture in made] == ["red", "blue"]
    assert not same(made[0], painter.paint("빨간 그림", seed=1, size=(12, 8))[0])


def test_a_second_pass_enlarges_what_the_first_painted(painter: Painter) -> None:
    first = painter.paint("a blue picture", seed=3)[0]
    kept = painter.paint("a blue picture", seed=3, enlarge=3, detail=0.0)[0]
    back = np.asarray(kept.resize((4, 4), Image.Resampling.BOX), int)
    assert kept.size == (12, 12)
    assert np.abs(back - np.asarray(first, int)).max() < 40
    anew = painter.paint("a blue picture", seed=3, enlarge=3, tile=4)[0]
    assert colour(anew) == "blue" and not same(anew, kept)
    with pytest.raises(ConfigError, match="goes with no mask") as error:
        painter.paint("빨간 그림", image=noise(), mask=Image.new("L", (4, 4), 255), enlarge=2)
    assert error.value.key == "enlarge"


def test_an_area_has_words_of_its_own(painter: Painter) -> None:
    blue = ("a blue picture", (0, 0, 4, 8))
    made = painter.paint("빨간 그림", seed=1, size=8, tile=4, areas=[blue], enlarge=2)[0]
    assert colour(made.crop((0, 0, 7, 16))) == "blue"
    assert colour(made.crop((9, 0, 16, 16))) == "red"


@pytest.mark.parametrize(
    "area", [("x", (0, 0, 5, 4)), ("x", (2, 0, 2, 4)), ("x", (-1, 0, 2, 4)), ("x", 3), "xy"]
)
def test_an_area_beyond_the_picture_is_refused(painter: Painter, area: Any) -> None:
    with pytest.raises(ConfigError) as error:
        painter.paint("빨간 그림", areas=[area])
    assert error.value.key == "areas"


def test_a_large_picture_is_painted_again_from_its_file(painter: Painter, tmp_path: Path) -> None:
    options: dict[str, Any] = {"tile": 4, "enlarge": 2, "detail": 0.7, "sampler": "ddpm"}
    options |= {"steps": 2}
    areas = [("a blue picture", (0, 0, 2, 4))]
    made = painter.paint("빨간 그림", seed=4, size=(8, 4), areas=areas, **options)
    made.save(tmp_path / "large.png")
    again = painter.paint_like(tmp_path / "large.png")
    assert again.facts == made.facts and same(again[0], made[0])


def test_between_two_texts_lie_pictures_from_the_one_to_the_other(painter: Painter) -> None:
    made = painter.interpolate("빨간 그림", "a blue picture", 5, seed=1)
    assert same(made[0], painter.paint("빨간 그림", seed=1)[0])
    assert same(made[-1], painter.paint("a blue picture", seed=1)[0])
    reds = [np.asarray(picture, int)[..., 0].mean() for picture in made]
    assert reds == sorted(reds, reverse=True) and reds[0] > reds[2] > reds[-1]


def test_between_two_seeds_the_noise_turns(painter: Painter) -> None:
    made = painter.interpolate("빨간 그림", "빨간 그림", 3, seed=1, to_seed=2)
    ends = painter.paint("빨간 그림", n=2, seed=1)
    assert same(made[0], ends[0])
    assert np.abs(np.asarray(made[2], int) - np.asarray(ends[1], int)).max() <= 1
    assert not same(made[1], made[0]) and not same(made[1], made[2])
    with pytest.raises(ConfigError, match="at least 2"):
        painter.interpolate("빨간 그림", "a blue picture", 1)
    with pytest.raises(ConfigError, match="seed"):
        painter.interpolate("", "", 2, seed=0, to_seed=2**70)


def test_between_two_texts_pictures_are_enlarged_as_they_are_painted(painter: Painter) -> None:
    options: dict[str, Any] = {"enlarge": 2, "detail": 0.6}
    made = painter.interpolate("빨간 그림", "a blue picture", 2, seed=1, **options)
    assert made[0].size == (8, 8)
    for picture, text in zip(made, ("빨간 그림", "a blue picture"), strict=True):
        assert same(picture, painter.paint(text, seed=1, **options)[0])


def test_a_picture_of_sixteen_bits_is_begun_from_at_its_brightness(painter: Painter) -> None:
    grey = Image.fromarray(np.full((4, 4), 32896, np.uint16))
    assert grey.mode.startswith("I")
    made = painter.paint("빨간 그림", image=grey, strength=0.0)[0]
    assert np.unique(np.asarray(made)).tolist() == [128]


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"steps": 0}, "steps"),
        ({"guidance": -1.0}, "guidance"),
        ({"guidance_start": 0.5, "guidance_end": 0.5}, "guidance_start"),
        ({"sampler": "ddimm"}, "sampler"),
        ({"steps": 1001}, "steps"),
        ({"n": 0}, "n"),
        ({"seed": [1, 2]}, "seed"),
        ({"seed": 2**70}, "seed"),
        ({"tile": 0}, "tile"),
        ({"enlarge": 0}, "enlarge"),
        ({"detail": 1.5}, "detail"),
        ({"strength": 0.5}, "strength"),
        ({"image": noise(), "strength": 1.5}, "strength"),
        ({"stepps": 3}, "stepps"),
    ],
)
def test_an_option_that_cannot_be_is_named(painter: Painter, given: Any, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        painter.paint("빨간 그림", **given)
    assert error.value.key == key


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"prompt": "빨간 그림 " * 20}, "longer than the 24"),
        ({"image": noise(), "mask": Image.new("L", (5, 4))}, "5 x 4 pixels and the picture 4 x 4"),
        ({"size": 0}, "cannot be painted"),
    ],
)
def test_what_the_model_cannot_take_is_said(painter: Painter, given: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        painter.paint(**({"prompt": "빨간 그림"} | given))


def test_a_picture_that_says_nothing_or_is_of_another_model_is_refused(
    painter: Painter, tmp_path: Path
) -> None:
    noise().save(tmp_path / "plain.png")
    with pytest.raises(DataError, match="does not say how"):
        painter.paint_like(tmp_path / "plain.png")
    made = painter.paint("빨간 그림", seed=1)
    save_picture(made[0], tmp_path / "other.png", made.facts[0] | {"model": "0" * 16})
    with pytest.raises(DataError, match="another model"):
        painter.paint_like(tmp_path / "other.png")
    save_picture(made[0], tmp_path / "less.png", {"model": painter.fingerprint})
    with pytest.raises(DataError, match="not understood"):
        painter.paint_like(tmp_path / "less.png")


def test_a_model_of_classes_knows_their_names_alone() -> None:
    torch.manual_seed(0)
    names = {"group": ["face", "flag"], "tone": ["dark", "light"]}
    values = {"denoiser": DENOISER | {"head_dim": 8}, "picture_size": 4, "labels": list(names)}
    model = Diffusion(build(DiffusionConfig, values | {"classes": {"group": 2, "tone": 2}}))
    classy = Painter(model.eval(), settings=SETTINGS, names=names)
    context = classy.words.context("light, flag")
    wanted = model.conditioner({"group": torch.tensor([1]), "tone": torch.tensor([1])})  # type: ignore[misc]
    assert torch.equal(context.states, wanted.states)
    assert torch.equal(classy.words.context("tone=light, flag").states, wanted.states)
    assert len(classy.paint("flag", seed=0, steps=2)) == 1
    assert classy.words.class_of({"other": "x", "tone": "dark"}) == "tone=dark"
    with pytest.raises(DataError, match='no "flags". Did you mean "flag"'):
        classy.paint("flags")


def test_a_name_that_two_kinds_know_is_of_the_first_that_is_not_yet_said() -> None:
    torch.manual_seed(0)
    names = {"subject": ["dog", "cat, tabby"], "other": ["none", "dog"]}
    values = {"denoiser": DENOISER | {"head_dim": 8}, "picture_size": 4, "labels": list(names)}
    model = Diffusion(build(DiffusionConfig, values | {"classes": {"subject": 2, "other": 2}}))
    words = Painter(model.eval(), settings=SETTINGS, names=names).words
    for text, subject, other in (
        ("dog, dog", 0, 1),
        ("other=dog", -1, 1),
        ("cat, tabby", 1, -1),
        ("none, dog", 0, 0),
    ):
        asked = {"subject": torch.tensor([subject]), "other": torch.tensor([other])}
        assert torch.equal(words.context(text).states, model.conditioner(asked).states)  # type: ignore[misc]
    with pytest.raises(DataError, match='no "dog"'):
        words.context("dog, dog, dog")


def test_a_model_without_words_refuses_them() -> None:
    torch.manual_seed(0)
    values = {"denoiser": DENOISER | {"head_dim": 8}, "picture_size": 4}
    plain = Painter(Diffusion(build(DiffusionConfig, values)).eval(), settings=SETTINGS)
    assert not plain.guided
    assert len(plain.paint(n=2, seed=0, steps=2)) == 2
    with pytest.raises(ConfigError, match="without captions"):
        plain.paint("빨간 그림")
