"""What is said where Pillow is not installed: one line that says how to get it, and texts go on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from jium.checkpoint.run import save_config, save_weights
from jium.config import build
from jium.models.captioner import Captioner, CaptionerConfig
from jium.models.clip import Clip, ClipConfig
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.gan import Gan, GanConfig
from jium.models.image_classifier import ImageClassifier, ImageClassifierConfig
from jium.models.vae import Vae, VaeConfig
from jium.text.tokenizer import Tokenizer, TokenizerConfig

# Runs commands in a Python that cannot find Pillow, and tells how each ended.
WITHOUT = """
import json, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "PIL":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
from typer.testing import CliRunner
from jium.cli import app
ended = [CliRunner().invoke(app, words) for words in json.load(sys.stdin)]
print(json.dumps([[one.exit_code, one.output, repr(one.exception)] for one in ended]))
"""
SAID = 'is not installed; it comes with the pictures extra: pip install "jium[pictures]"'


def without(*commands: list[str], folder: Path) -> list[tuple[int, str, str]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT],
        input=json.dumps(commands),
        text=True,
        capture_output=True,
        cwd=folder,
        env=os.environ | {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout.splitlines()[-1])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of each kind that knows pictures, a.png, and a folder of pictures."""
    place = tmp_path_factory.mktemp("runs")
    torch.manual_seed(0)
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=280), ["우주에 있는 개", "a red dog"])
    words: Any = {"vocab_size": tokenizer.vocab_size}
    vit = {"image_size": 8, "dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "patch_size": 4}
    text = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 24}
    unet = {"kind": "unet", "dim": 8, "multipliers": [1], "attention_levels": [], "head_dim": 8}
    vae = {"image_size": 8, "dim": 8, "multipliers": [1, 2], "latent_channels": 4}
    heads = {"image_size": 8, "widths": [4], "heads": {"subject": 2}}
    paint = {"task": "paint", "paint": {}, "names": {}}
    match = {"task": "match", "fit": "crop"}
    caption = {"task": "caption", "languages": ["en"], "fit": "crop"}
    for name, kind, maker, values, about in (
        ("scenes", Diffusion, DiffusionConfig, {"denoiser": unet, "picture_size": 8}, paint),
        ("gan", Gan, GanConfig, {"dim": 8, "multipliers": [1], "picture_size": 8}, paint),
        ("vae", Vae, VaeConfig, vae, {"task": "reconstruct", "fit": "crop"}),
        (
            "judge",
            ImageClassifier,
            ImageClassifierConfig,
            heads,
            {"task": "attributes", "names": {"subject": ["cat", "dog"]}, "fit": "crop"},
        ),
        (
            "clip",
            Clip,
            ClipConfig,
            {"projection_dim": 8, "image": vit, "text": text | words},
            match,
        ),
        ("captioner", Captioner, CaptionerConfig, text | words | {"image": vit}, caption),
    ):
        model: Any = kind(build(maker, values))
        known = {"scenes": "diffusion", "judge": "image_classifier"}.get(name, name)
        save_config(place / name, known, model.config, about)
        save_weights(place / name, model)
        tokenizer.save(place / name)
    (place / "pictures").mkdir()
    for path in (place / "a.png", place / "pictures" / "b.png"):
        Image.new("RGB", (8, 8), "red").save(path)
    return place


PICTURED = [
    "paint scenes dog",
    "paint scenes --like a.png",
    "paint gan",
    "interpolate scenes dog cat",
    "reconstruct vae a.png",
    "interpolate vae a.png a.png",
    "anomaly vae a.png",
    "caption captioner a.png",
    "classify judge a.png",
    "classify clip a.png --labels dog,cat",
    "similar clip dog --among pictures",
    "embed clip a.png",
    "evaluate scenes --data pictures",
    "evaluate vae --data pictures",
    "evaluate judge --data pictures",
    "evaluate clip --data pictures",
    "evaluate captioner --data pictures",
    "train scenes train.steps=1 --out trained",
    "train vae-emoji data.train=pictures --out trained",
    "plan scenes",
    "data inspect pictures",
    "data prepare scenes --out prepared",
]


def test_whatever_needs_pillow_says_how_to_get_it(folder: Path) -> None:
    found = without(*(words.split() for words in PICTURED), folder=folder)
    wrong = {
        words: (code, said[-300:], error)
        for words, (code, said, error) in zip(PICTURED, found, strict=True)
        if code != 1 or SAID not in said.replace("\n", " ") or "Traceback" in said
    }
    assert not wrong, wrong


def test_texts_and_plans_need_no_pillow(folder: Path) -> None:
    commands = [
        "embed clip dog",
        "plan gpt-ko --device-kind t4",
        "plan topics",
        "recipes",
        "--help",
    ]
    found = without(*(words.split() for words in commands), folder=folder)
    assert [code for code, *_ in found] == [0] * len(commands), found
