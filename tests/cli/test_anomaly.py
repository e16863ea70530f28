"""anomaly, interpolate and reconstruct on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from jium.checkpoint.run import save_config, save_weights
from jium.cli import app
from jium.models.vae import Vae, VaeConfig
from jium.tasks.reconstruct import Reconstructor


@pytest.fixture
def run(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = Vae(VaeConfig(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4))
    model.usual.copy_(torch.linspace(0.0, 100.0, 101))
    run = tmp_path / "run"
    save_config(run, "vae", model.config, Reconstructor(model).about())
    save_weights(run, model)
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for name in ("a", "b", "c"):
        pixels = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{name}.png")
    return run


def test_anomaly_ranks_the_pictures_of_a_folder(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    found = CliRunner().invoke(app, ["anomaly", str(run), str(folder), "--json"])
    assert found.exit_code == 0, found.output
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    scores = [row["score"] for row in rows]
    assert len(rows) == 3 and scores == sorted(scores, reverse=True)
    task = Reconstructor.load(run)
    assert scores[0] == pytest.approx(task.anomaly(Path(rows[0]["file"])), abs=1e-4)
    assert rows[0]["stranger_than"] == pytest.approx(scores[0] / 100, abs=1e-3)


def test_anomaly_is_a_table_for_a_person(run: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["anomaly", str(run), str(tmp_path / "pictures" / "a.png")])
    assert found.exit_code == 0, found.output
    assert "stranger than" in found.output and "a.png" in found.output and "%" in found.output


def test_interpolate_writes_a_strip(run: Path, tmp_path: Path) -> None:
    a, b, out = (tmp_path / n for n in ("pictures/a.png", "pictures/b.png", "strip.png"))
    words = ["interpolate", str(run), str(a), str(b), "--out", str(out), "--steps", "4"]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    with Image.open(out) as strip:
        assert strip.width > 3 * strip.height


def test_reconstruct_shows_pictures_above_what_is_remembered(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    words = ["reconstruct", str(run), str(tmp_path / "pictures"), "--out", str(out)]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    with Image.open(out) as shown:
        assert shown.width > shown.height
    (tmp_path / "pictures" / "broken.png").write_bytes(b"not a picture")
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0 and "broken.png" in found.stderr


def test_a_file_that_is_no_picture_is_named(run: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    found = CliRunner().invoke(app, ["anomaly", str(run), str(broken)])
    assert found.exit_code == 1 and "broken.png" in found.stderr
