"""What judge, matcher and captioner ask of their pictures before they are trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jium.data.image_store import Picture, Pictures
from jium.errors import ConfigError, DataError
from jium.training import attributes, caption, match
from jium.training.attributes import correct, one_size, usable
from jium.training.caption import languages_of
from jium.training.recipe import Recipe

SPLITS = ("train", "valid", "test")


def held(labels: Sequence[dict[str, str]], captions: Sequence[str] = (), size: int = 8) -> Pictures:
    image = np.zeros((size, size, 3), np.uint8)
    return Pictures.hold([Picture(image, captions, known) for known in labels])


def both(*labels: dict[str, str], **options: Any) -> dict[str, Pictures]:
    return {split: held(labels, **options) for split in SPLITS}


def test_an_attribute_with_one_class_is_not_learned():
    assert usable(both({"a": "x", "b": "z"}, {"a": "y", "b": "z"})) == {"a": ["x", "y"]}


def test_pictures_without_classes_are_refused():
    with pytest.raises(DataError, match="no classes to tell apart"):
        usable(both({"a": "x"}, {}))
    unlike = both({"a": "x"}, {"a": "y"})
    unlike["valid"].labels["a"][:] = -1
    with pytest.raises(DataError, match='no picture to validate with has a class of "a"'):
        usable(unlike)


def test_pictures_of_several_sizes_are_refused():
    mixed = both({}) | {"test": held([{}], size=6)}
    with pytest.raises(ConfigError, match="sides of 6, 8 pixels"):
        one_size(mixed, None, "model.image_size")
    with pytest.raises(ConfigError, match=r"model.image_size: is 16, and the pictures have 8"):
        one_size(both({}), 16, "model.image_size")
    assert one_size(both({}), 8, "model.image_size") == 8


def test_only_pictures_with_a_label_count():
    scores = torch.tensor([[1.0, 0], [0, 1], [1, 0]])
    assert correct(scores, torch.tensor([0, 0, -1])).tolist() == [1.0, 0.0]


def test_the_languages_of_captions_are_found():
    assert languages_of(held([{}], ["붉은 개", "a red dog"])) == ["ko", "en"]
    assert languages_of(held([{}], ["a red dog"])) == ["en"]


@pytest.mark.parametrize(
    ("task", "kind", "module"), [("match", "clip", match), ("caption", "captioner", caption)]
)
def test_pictures_without_captions_are_refused(
    task: str, kind: str, module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(module, "open_pictures", lambda recipe, run: both({}))
    plan = Recipe.of({"task": task, "model": {"kind": kind}}, "tiny")
    with pytest.raises(DataError, match="no captions to learn from"):
        module.set_up(plan, tmp_path)


def test_a_vit_can_be_the_judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    pictures = both({"a": "x"}, {"a": "y"})
    monkeypatch.setattr(attributes, "open_pictures", lambda recipe, run: pictures)
    model = dict(kind="vit", dim=8, n_heads=2, ffn_dim=16, n_layers=1, patch_size=4)
    setup = attributes.set_up(Recipe.of({"task": "attributes", "model": model}, "tiny"), tmp_path)
    found = setup.task.classify(np.zeros((8, 8, 3), np.uint8), probabilities=True)
    assert set(found["a"]) == {"x", "y"}
