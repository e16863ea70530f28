"""Span corruption as a loss: the mean over sentinels and what stood in their place."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from jium.config import build
from jium.contracts import tiny
from jium.data.batches import PairFormat
from jium.data.spans import Corruption
from jium.errors import ConfigError
from jium.objectives.span_corruption import SpanCorruption


def test_the_loss_is_cross_entropy_over_all_that_is_to_be_written() -> None:
    model, rng = tiny.model(), np.random.default_rng(0)
    corruption = Corruption(SpanCorruption(), tuple(range(90, 97)))
    texts = [rng.integers(4, 90, size) for size in (5, 30, 12)]
    batch = PairFormat(2, 3).batch([(*corruption(text, rng), -1, False) for text in texts])
    loss = next(SpanCorruption()(model, batch))
    hidden = model(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    expected = F.cross_entropy(model.output(hidden), batch.target_out, reduction="sum")
    assert loss.count == len(batch.target_out) == (1 + 4 + 2) + 3 * 3  # two sentinels and EOS each
    torch.testing.assert_close(loss.total, expected)


def test_its_settings_are_those_of_the_paper() -> None:
    settings = SpanCorruption()
    assert (settings.rate, settings.mean_span, settings.sentinels) == (0.15, 3.0, 100)
    with pytest.raises(ConfigError, match="rate: must be in"):
        build(SpanCorruption, {"rate": 2.0})
