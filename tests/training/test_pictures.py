"""What every training on pictures shares: its data, its log, its sheets, an exact resume."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jium.data.images import ImageData, Picture, Pictures
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.training import understanding
from jium.training.caption import languages_of
from jium.training.drawing import caption_tokenizer
from jium.training.pictures import OnPictures, captions_of, open_pictures
from jium.training.recipe import Recipe
from jium.training.run import train

PIL = pytest.importorskip("PIL.Image")


def recipe(steps=6, **data):
    given = {"train": "scenes:24", "size": 8, "flip": "swap", "light": 0.2} | data
    settings = {"batch_size": 6, "eval_every": 3, "save_every": 3, "log_every": 1, "threads": 1}
    return Recipe.of(
        {
            "task": "reconstruct",
            "data": given,
            "model": {"kind": "vae", "dim": 8},
            "optim": {"lr": 1e-3},
            "train": settings | {"steps": steps},
        },
        "tiny",
    )


def records(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def test_a_run_tells_its_speed_in_pictures_keeps_its_sheets_and_goes_on_exactly(tmp_path):
    train(recipe(), out=tmp_path / "whole", quiet=True)
    train(recipe(steps=3), out=tmp_path / "parts", quiet=True)
    longer = recipe()
    train(longer, out=tmp_path / "parts", resume=True, quiet=True)
    states = [
        load_file(tmp_path / run / "last" / "state.safetensors") for run in ("whole", "parts")
    ]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert all("pictures_per_s" in r for r in records(tmp_path / "whole") if "loss" in r)
    sheets = sorted(path.name for path in (tmp_path / "whole" / "pictures").iterdir())
    assert sheets == ["step-000003.png", "step-000006.png"]
    with PIL.open(tmp_path / "whole" / "pictures" / sheets[0]) as seen:
        assert seen.mode == "RGB"
    card = (tmp_path / "whole" / "README.md").read_text("utf-8")
    assert "6 pictures at most" in card and "train 24" in card and "8 x 8" in card


def test_the_pictures_of_a_run_are_prepared_once(tmp_path):
    asked = recipe()
    first = open_pictures(asked, tmp_path)
    report = tmp_path / "last" / "data" / "report.json"
    written = report.stat().st_mtime_ns
    assert [len(open_pictures(asked, tmp_path)[split]) for split in SPLITS] == [
        len(first[split]) for split in SPLITS
    ]
    assert report.stat().st_mtime_ns == written


def test_nothing_to_validate_with_is_said(tmp_path):
    with pytest.raises(DataError, match="nothing to validate with"):
        open_pictures(recipe(valid_share=0.0), tmp_path)


def test_what_is_said_of_pictures_counts_them():
    import numpy as np

    setup = OnPictures()
    few = Pictures.hold([Picture(np.zeros((4, 6, 3), np.uint8), ("x",), {"kind": "cat"})])
    few.dropped = {"broken": 2}
    setup.pictures = {"train": few, "valid": few}
    assert setup.opening() == "1 pictures to train on, 1 to validate with; 2 dropped"
    assert setup.facts() == {
        "pictures": "train 1, valid 1",
        "height x width": "4 x 6",
        "classes": "kind 1",
        "dropped": "broken 2",
    }
    assert setup.samples() == [] and setup.picture() is None


def test_a_batch_without_pictures_is_refused():
    with pytest.raises(ConfigError, match="train.batch_size: must be at least 1; got 0"):
        Recipe.of(recipe().values | {"train": {"batch_size": 0}}, "tiny")


def test_an_unknown_key_of_the_data_is_named():
    with pytest.raises(ConfigError, match='data.captoins: unknown key. Did you mean "captions"'):
        recipe(captoins=["x"])
    assert isinstance(recipe().data, ImageData)


def sorted_data(bare: int, korean: int, english: int) -> Pictures:
    """Pictures without words, then Korean ones, then English ones."""
    said = (
        [[]] * bare + [["우주에 있는 빨간 개"]] * korean + [["a blue cat in the forest"]] * english
    )
    blank = np.zeros((4, 4, 3), np.uint8)
    return Pictures.hold(Picture(blank, captions) for captions in said)


def painted() -> Recipe:
    model = {"kind": "diffusion", "text": {"dim": 8, "n_heads": 1, "n_layers": 1, "ffn_dim": 8}}
    values = {"task": "paint", "data": {"train": "scenes:24"}, "model": model}
    return Recipe.of(values | {"tokenizer": {"kind": "word", "vocab_size": 60}}, "tiny")


def test_a_tokenizer_sees_captions_from_all_over_sorted_data(tmp_path, monkeypatch):
    monkeypatch.setattr(understanding, "SAMPLE", 50)
    tokenizer = caption_tokenizer(painted(), tmp_path, sorted_data(0, 500, 100))
    for text in ("우주에 있는 빨간 개", "a blue cat in the forest"):
        assert tokenizer.unk_id not in tokenizer.encode(text)


def test_captions_that_come_late_are_captions(tmp_path):
    tokenizer = caption_tokenizer(painted(), tmp_path, sorted_data(1500, 3, 3))
    assert tokenizer.vocab_size > 5
    with pytest.raises(DataError, match="the pictures have no captions"):
        caption_tokenizer(painted(), tmp_path / "other", sorted_data(1500, 0, 0))


def test_the_languages_of_captions_are_found_in_sorted_data(monkeypatch):
    monkeypatch.setattr("jium.training.caption.LOOKED", 50)
    data = sorted_data(0, 500, 100)
    assert languages_of(data) == ["ko", "en"]
    assert list(captions_of(data)) == list(captions_of(data))
    assert sorted(captions_of(data)) == sorted(
        text for r in range(600) for text in data.captions(r)
    )
