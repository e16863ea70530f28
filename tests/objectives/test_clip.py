"""What CLIP, captioner and judge minimise."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.data.image_batches import ImageBatch
from jium.errors import ConfigError
from jium.nn.layout import Layout
from jium.objectives.attributes import Attributes
from jium.objectives.caption import shifted
from jium.objectives.clip import ClipLoss, info_nce, same_texts


def unit(n: int, dim: int = 6, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_info_nce_is_the_mean_of_two_cross_entropies():
    images, texts = unit(5), unit(5, seed=1)
    logits, right = 7.0 * images @ texts.T, torch.arange(5)
    there = F.cross_entropy(logits, right, reduction="sum")
    back = F.cross_entropy(logits.T, right, reduction="sum")
    found = info_nce(7.0 * images, texts, torch.eye(5, dtype=torch.bool))
    torch.testing.assert_close(found, (there + back) / 2)


def test_vectors_that_say_nothing_cost_the_logarithm_of_the_batch():
    same = torch.ones(8, 1)
    found = info_nce(same, same, torch.eye(8, dtype=torch.bool))
    assert float(found) == pytest.approx(8 * math.log(8), rel=1e-6)


def test_the_order_of_pairs_is_irrelevant():
    images, texts = unit(6), unit(6, seed=1)
    equal, order = torch.eye(6, dtype=torch.bool), torch.tensor([3, 1, 5, 0, 2, 4])
    equal[0, 4] = equal[4, 0] = True
    shuffled = info_nce(images[order], texts[order], equal[order][:, order])
    torch.testing.assert_close(info_nce(images, texts, equal), shuffled)


def batch(tokens: list[list[int]] | None, images: Tensor) -> ImageBatch:
    if tokens is None:
        return ImageBatch(images, np.arange(len(images)))
    packed = torch.tensor([i for text in tokens for i in text])
    return ImageBatch(
        images, np.arange(len(images)), packed, Layout([len(text) for text in tokens])
    )


def test_equal_captions_are_no_negatives():
    """Two pictures with one text: pulling the text to either must not push it from the other."""
    vectors = unit(3)
    texts = torch.stack((vectors[0], vectors[0], vectors[1]))

    def model(*_: object) -> tuple[Tensor, Tensor]:
        return torch.stack((vectors[0], vectors[0], vectors[1])), texts

    model.scale = torch.tensor(50.0)  # type: ignore[attr-defined]
    given = batch([[4, 5, 3], [4, 5, 3], [6, 3]], torch.zeros(3, 3, 4, 4))
    (dropped,) = ClipLoss()(model, given)  # type: ignore[arg-type]
    (kept,) = ClipLoss(drop_equal=False)(model, given)  # type: ignore[arg-type]
    assert float(dropped.total) < 1e-3 and dropped.count == 3
    assert float(kept.total) == pytest.approx(2 * math.log(2), abs=1e-3)


def test_a_text_and_its_beginning_are_not_the_same():
    tokens = torch.tensor([4, 5, 4, 4, 5, 0, 4, 5])
    found = same_texts(tokens, Layout([2, 1, 3, 2]))
    assert found.tolist() == [
        [True, False, False, True],
        [False, True, False, False],
        [False, False, True, False],
        [True, False, False, True],
    ]


def test_pictures_without_captions_cannot_be_matched():
    with pytest.raises(ConfigError, match="no captions"):
        next(ClipLoss()(SimpleNamespace(), batch(None, torch.zeros(2, 3, 4, 4))))  # type: ignore[arg-type]


def test_each_token_but_the_first_is_to_be_predicted_from_those_before_it():
    given, wanted, layout = shifted(torch.tensor([1, 5, 6, 2, 1, 7, 2]), Layout([4, 3]))
    assert given.tolist() == [1, 5, 6, 1, 7]
    assert wanted.tolist() == [5, 6, 2, 7, 2]
    assert layout.lengths == [3, 2]


# ---------------------------------------------------------------- attributes


def test_the_loss_is_the_mean_over_attributes_of_cross_entropies():
    scores = {"a": torch.randn(4, 3), "b": torch.randn(4, 2)}
    labels = {"a": torch.tensor([0, 2, 1, 1]), "b": torch.tensor([1, 0, 0, 1])}
    each = [F.cross_entropy(scores[n], labels[n], reduction="sum") for n in scores]
    torch.testing.assert_close(Attributes().total(scores, labels), sum(each) / 2)


def test_a_picture_without_a_label_teaches_nothing_about_it():
    scores = {"a": torch.randn(3, 4, requires_grad=True)}
    Attributes().total(scores, {"a": torch.tensor([1, -1, 2])}).backward()
    assert scores["a"].grad[1].abs().sum() == 0 < scores["a"].grad[0].abs().sum()


def test_more_smoothing_than_there_is_probability_is_refused():
    with pytest.raises(ConfigError, match=r"must be in \[0, 1\); got 1"):
        Attributes(label_smoothing=1.0)
