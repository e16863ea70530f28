"""paint, on the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner, Result

import jium.cli.anomaly  # noqa: F401  (its commands join the others)
import jium.cli.paint  # noqa: F401
from jium.checkpoint.run import save_config, save_weights
from jium.cli.root import app
from jium.config import build
from jium.generation.painting import PaintConfig
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.tasks.paint import Painter
from jium.tasks.picture_files import read_facts
from jium.text.tokenizer import Tokenizer, TokenizerConfig


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned nothing paints as well as any, here."""
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=270), ["a red dog", "빨간 개"])
    denoiser = dict(kind="unet", dim=8, multipliers=[1], n_blocks=1, attention_levels=[0])
    values: dict[str, Any] = {
        "denoiser": denoiser | {"head_dim": 8},
        "text": dict(dim=8, n_heads=1, ffn_dim=16, n_layers=1),
        "vocab_size": tokenizer.vocab_size,
        "picture_size": 4,
    }
    model = Diffusion(build(DiffusionConfig, values))
    torch.nn.init.normal_(model.denoiser.conv_out.weight)
    painter = Painter(model, tokenizer, PaintConfig(steps=2))
    save_config(folder, "diffusion", model.config, painter.about())
    save_weights(folder, model)
    tokenizer.save(folder)
    return folder


def paint(run: Path, *words: object, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["paint", str(run), *map(str, words)])
    assert result.exit_code == exit_code, result.output
    return result


def pixels(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_text_becomes_a_file(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "dog.png"
    assert paint(run, "빨간 개", "--out", out, "--seed", 3).stdout == f"{out}\n"
    assert pixels(out).shape == (4, 4, 3)


def test_several_are_numbered_and_json_says_how_each_was_painted(run: Path, tmp_path: Path) -> None:
    words = ["a red dog", "빨간 개", "--n", 2, "--seed", 3, "--out", tmp_path / "dog.png"]
    lines = paint(run, *words, "--steps", 1, "--size", "8x4", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [Path(one["file"]).name for one in found] == [f"dog-{i}.png" for i in (1, 2, 3, 4)]
    assert [one["seed"] for one in found] == [3, 4, 5, 6]
    assert [one["prompt"] for one in found] == ["a red dog"] * 2 + ["빨간 개"] * 2
    assert pixels(tmp_path / "dog-4.png").shape == (4, 8, 3)


def test_without_a_name_no_picture_is_painted_over(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("painted-2.png").write_bytes(b"mine")
    assert paint(run, "빨간 개", "--n", 2).stdout.split() == ["painted-1.png", "painted-3.png"]
    assert paint(run, "빨간 개").stdout == "painted-4.png\n"
    assert Path("painted-2.png").read_bytes() == b"mine"


def test_a_picture_is_painted_again_to_the_byte(run: Path, tmp_path: Path) -> None:
    options = ["--guidance", 5, "--sampler", "ddpm", "--steps", 3, "--negative", "dog"]
    paint(run, "빨간 개", "--n", 2, "--out", tmp_path / "a.png", *options)
    paint(run, "--like", tmp_path / "a-2.png", "--out", tmp_path / "b.png")
    assert (tmp_path / "a-2.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_sheet_and_film_are_files_too(run: Path, tmp_path: Path) -> None:
    words = ["빨간 개", "--n", 2, "--out", tmp_path / "a.png", "--steps", 3]
    paint(run, *words, "--sheet", tmp_path / "all.png", "--film", tmp_path / "all.gif")
    assert pixels(tmp_path / "all.png").shape[1] > 64
    with Image.open(tmp_path / "all.gif") as film:
        assert film.n_frames >= 3  # type: ignore[attr-defined]


def test_a_film_of_several_shows_each_where_it_stands_in_the_end(run: Path, tmp_path: Path) -> None:
    words = ["빨간 개", "--n", 4, "--out", tmp_path / "a.png", "--seed", 1, "--enlarge", 2]
    paint(run, *words, "--sheet", tmp_path / "all.png", "--film", tmp_path / "all.png.apng")
    with Image.open(tmp_path / "all.png.apng") as film:
        sizes = set()
        for frame in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(frame)
            sizes.add(film.size)
            seen = np.asarray(film.convert("RGB"))
        assert sizes == {(140, 140)}
        assert np.array_equal(seen, pixels(tmp_path / "all.png"))


def test_nothing_is_painted_where_a_file_cannot_be_written(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Painter, "paint", None)
    for words in (["--film", "a.mp4"], ["--sheet", "a.jpg"], ["--out", "a.webp"]):
        assert "jium: " in paint(run, "빨간 개", *words, exit_code=1).stderr


def test_large_pictures_and_areas_are_asked_for_by_options(run: Path, tmp_path: Path) -> None:
    words = ["빨간 개", "--out", tmp_path / "a.png", "--seed", 1, "--size", "8x4", "--tile", 4]
    paint(run, *words, "--enlarge", 2, "--detail", 0.4, "--area", "0,0,4,4=a red dog = mine")
    assert pixels(tmp_path / "a.png").shape == (8, 16, 3)
    paint(run, "--like", tmp_path / "a.png", "--out", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert read_facts(tmp_path / "a.png")["areas"] == [["a red dog = mine", [0, 0, 4, 4]]]


def test_between_two_texts_is_a_strip(run: Path, tmp_path: Path) -> None:
    words = ["interpolate", run, "빨간 개", "a red dog", "--steps", 3, "--out", tmp_path / "i.png"]
    result = CliRunner().invoke(app, [*map(str, words), "--seed", "1", "--to-seed", "2"])
    assert result.exit_code == 0, result.output
    assert pixels(tmp_path / "i.png").shape == (72, 4 + 3 * 68, 3)


def test_a_picture_is_painted_over_within_its_mask(run: Path, tmp_path: Path) -> None:
    given = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(given).save(tmp_path / "given.png")
    mask = np.zeros((4, 4), np.uint8)
    mask[:, :2] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    over = ["--image", tmp_path / "given.png", "--mask", tmp_path / "mask.png"]
    paint(run, "빨간 개", *over, "--out", tmp_path / "a.png", "--seed", 1)
    assert np.array_equal(pixels(tmp_path / "a.png")[:, 2:], given[:, 2:])
    assert not np.array_equal(pixels(tmp_path / "a.png"), given)


@pytest.mark.parametrize("words", [[], [""], ["빨간 개", " "]])
def test_without_a_text_that_is_said(run: Path, tmp_path: Path, words: list[str]) -> None:
    result = paint(run, *words, "--out", tmp_path / "a.png")
    assert "painted without one" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--steps", 0], "steps: must be at least 1; got 0"),
        (["--guidance", -1], "guidance: must be at least 0; got -1.0"),
        (["--size", "big"], "size: must be pixels"),
        (["--size", 0], "cannot be painted"),
        (["--sampler", "ddimm"], 'Did you mean "ddim"'),
        (["--mask", "given.png"], "mask: goes with a picture"),
        (["--out", "a.jpg"], "Name it .png"),
        (["--like", "nowhere.png"], "no such file"),
        (["--seed", 10**30], "seed: must be below"),
        (["--area", "0,0,4=dog"], "area: must be a box"),
        (["--area", "0,0,5,4=dog"], "leaves the picture of 4 x 4"),
    ],
)
def test_what_cannot_be_is_one_message(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[Any], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 4)).save("given.png")
    assert says in paint(run, "빨간 개", *words, exit_code=1).stderr
