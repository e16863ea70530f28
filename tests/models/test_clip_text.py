"""The text tower of CLIP: its size, and where it reads a text."""

from typing import Any

import pytest
import torch

from jium.config import build
from jium.errors import ConfigError
from jium.models.clip_text import ClipText, ClipTextConfig
from jium.nn.layout import Layout

TOKENS, LAYOUT = torch.tensor([1, 5, 9, 3, 1, 9, 4]), Layout([4, 3])


def make(**more: Any) -> ClipText:
    values = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=2, vocab_size=10, max_len=8)
    torch.manual_seed(0)
    return ClipText(build(ClipTextConfig, values | {"projection_dim": None} | more)).eval()


def test_the_tower_of_vit_b_32_has_63_428_096_parameters() -> None:
    with torch.device("meta"):
        model = ClipText(ClipTextConfig(vocab_size=49_408))
    assert sum(parameter.numel() for parameter in model.parameters()) == 63_428_096


def test_a_text_is_read_at_its_largest_id_or_at_the_end_token() -> None:
    highest, marked = make(), make(end_id=3)
    hidden = highest(TOKENS, LAYOUT)
    assert torch.equal(highest.pool(hidden, TOKENS, LAYOUT), hidden[[2, 5]])
    assert torch.equal(marked.pool(hidden, TOKENS, LAYOUT), hidden[[3, 4]])  # none: its first


def test_a_projection_gives_vectors_of_its_width() -> None:
    model = make(projection_dim=6)
    hidden = model(TOKENS, LAYOUT)
    pooled = model.pool(hidden, TOKENS, LAYOUT)
    assert model.projection is not None
    assert torch.equal(pooled, model.projection(hidden[[2, 5]]))
    assert pooled.shape == (2, 6)


def test_a_token_sees_nothing_after_it() -> None:
    model = make()
    changed = TOKENS.clone()
    changed[2] = 8
    before, after = model(TOKENS, LAYOUT), model(changed, LAYOUT)
    assert torch.equal(after[:2], before[:2])
    assert (after[2:4] != before[2:4]).any(-1).all()


def test_a_projection_to_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model.projection_dim: must be at least 1; got 0\."):
        build(ClipTextConfig, {"projection_dim": 0}, "model")
