"""A judge that is interrupted goes on exactly where it was: running means of its norms, too."""

import numpy as np
import torch

from jium.data.image_batches import ImageBatches
from jium.data.image_store import Picture, Pictures
from jium.models.image_classifier import ImageClassifier, ImageClassifierConfig
from jium.objectives.attributes import Attributes
from jium.training.optimisers import AdamW
from jium.training.schedules import Cosine
from jium.training.trainer import TrainConfig, Trainer


def pictures() -> Pictures:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 8, 8, 3), np.uint8)
    return Pictures.hold([Picture(image, (), {"a": "xy"[i % 2]}) for i, image in enumerate(images)])


def trainer(steps: int) -> Trainer:
    torch.manual_seed(3)
    model = ImageClassifier(ImageClassifierConfig(widths=[4, 8], heads={"a": 2}))
    batches = ImageBatches(pictures(), 8, seed=1)
    settings = TrainConfig(steps=steps)
    optimisers = {"main": AdamW(lr=1e-2).make(model, 1e-2)}
    return Trainer(model, Attributes(), batches, optimisers, Cosine(warmup=1), settings)


def test_a_judge_goes_on_exactly_where_it_was():
    whole = trainer(6)
    losses = [report.loss for report in whole.steps()]
    first = trainer(6)
    for report in first.steps():
        if report.step == 3:
            break
    tensors, facts = first.tensors(), first.facts()  # with the random state of this moment
    again = trainer(6)
    again.restore(tensors, facts)
    again.batches.go_on(facts["position"])  # type: ignore[attr-defined]
    assert [report.loss for report in again.steps()] == losses[3:]
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], tensor), name
