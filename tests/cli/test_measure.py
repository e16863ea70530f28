"""evaluate on the command line: where its report goes."""

from pathlib import Path
from typing import Any

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
    """An autoencoder whose own test split has been measured, and a folder of other pictures."""
    torch.manual_seed(0)
    model = Vae(VaeConfig(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4))
    run = tmp_path / "run"
    save_config(run, "vae", model.config, Reconstructor(model).about())
    save_weights(run, model)
    (run / "evaluation.json").write_text("{}", "utf-8")
    (tmp_path / "그림" / "other").mkdir(parents=True)
    for name in ("a", "b"):
        pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "그림" / "other" / f"{name}.png")
    return run


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_report_of_other_data_stands_beside_that_of_the_test_split(run, tmp_path, json):
    other = tmp_path / "그림" / "other"
    found = CliRunner().invoke(app, ["evaluate", str(run), "--data", str(other), *json])
    assert found.exit_code == 0, found.output
    place = run / "on-그림-other"
    assert str(place / "evaluation.md") in found.stderr.replace("\n", "")
    assert (place / "evaluation.json").is_file()
    assert (run / "evaluation.json").read_text("utf-8") == "{}"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ([], ""),
        (["--split", "test"], ""),
        (["--split", "valid"], "on-valid"),
        (["--data", "valid"], "on-valid"),
        (["--data", "scenes/unseen:500"], "on-scenes-unseen-500"),
        (["--data", "../far/away/test.tsv"], "on-away-test-tsv"),
        (["--to", "ko"], "to-ko"),
        (["--to", "ko", "--data", "test.tsv"], "to-ko-on-test-tsv"),
    ],
)
def test_a_report_has_a_place_of_its_own(run, words, place, monkeypatch):
    asked: dict[str, Any] = {}

    def noted(_: Path, data: str, **options: Any) -> dict[str, Any]:
        asked.update(options)
        return {"scores": [], "by_tag": {}}

    monkeypatch.setattr("jium.evaluation.runner.evaluate", noted)
    assert CliRunner().invoke(app, ["evaluate", str(run), *words]).exit_code == 0
    assert asked["out"] == run / place
    CliRunner().invoke(app, ["evaluate", str(run), *words, "--out", "there"])
    assert asked["out"] == Path("there")
