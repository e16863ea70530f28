from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.config import build
from jium.errors import ConfigError
from jium.nn.attention import Scope
from jium.nn.block import Block, TransformerConfig, make_norm
from jium.nn.layout import Layout

LAYOUT, SOURCE = Layout([3, 5]), Layout([4, 2])


def small(**settings: Any) -> TransformerConfig:
    return TransformerConfig(**{"dim": 16, "n_heads": 4, "ffn_dim": 32} | settings)


def packed(tokens: int, seed: int) -> Tensor:
    return torch.randn(tokens, 16, generator=torch.Generator().manual_seed(seed))


def make(cross: bool, **settings: Any) -> Block:
    """A block whose norms do something: with weights other than one."""
    torch.manual_seed(0)
    block = Block(small(**settings), cross).eval()
    for module in block.modules():
        if isinstance(module, nn.LayerNorm | nn.RMSNorm):
            nn.init.normal_(module.weight)
    return block


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_each_sub_layer_is_added_and_normalised_in_order(norm_first: bool, norm: str) -> None:
    block = make(cross=True, norm_first=norm_first, norm=norm)
    x, context = packed(8, 1), packed(6, 2)
    own = Scope(layout=LAYOUT, mask=LAYOUT.mask[:, None, None])
    other = Scope(layout=LAYOUT, key_layout=SOURCE, mask=SOURCE.mask[:, None, None])
    steps = (
        (block.attn_norm, lambda h: block.attn(h, own)),
        (block.cross_attn_norm, lambda h: block.cross_attn(h, other, context)),
        (block.ffn_norm, block.ffn),
    )
    expected = x
    for norm_layer, layer in steps:
        if norm_first:
            expected = expected + layer(norm_layer(expected))
        else:
            expected = norm_layer(expected + layer(expected))
    torch.testing.assert_close(block(x, own, context, other), expected, rtol=0, atol=1e-6)


def test_dropout_falls_on_every_sub_layer_in_training() -> None:
    block = make(cross=True, dropout=0.999, norm_first=True).train()
    x, scope = packed(8, 1), Scope(layout=LAYOUT, mask=LAYOUT.mask[:, None, None])
    other = Scope(layout=LAYOUT, key_layout=SOURCE, mask=SOURCE.mask[:, None, None])
    untouched = (block(x, scope, packed(6, 2), other) == x).float().mean().item()
    assert untouched > 0.98
    assert (block.eval()(x, scope, packed(6, 2), other) == x).float().mean().item() < 0.1


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [({}, 2 * 16), ({"bias": False}, 16), ({"norm": "rms"}, 16)],
)
def test_norms_have_the_weights_of_their_kind(settings: Any, parameters: int) -> None:
    norm = make_norm(small(**settings))
    assert sum(p.numel() for p in norm.parameters()) == parameters


def test_rms_norm_divides_by_the_root_mean_square_and_leaves_the_mean() -> None:
    x = packed(4, 1) + 3
    expected = x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(make_norm(small(norm="rms"))(x), expected)


def test_a_block_without_bias_has_none() -> None:
    names = [name for name, _ in Block(small(bias=False), cross=True).named_parameters()]
    assert names and not [name for name in names if name.endswith("bias")]


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"dim": 64, "n_heads": 7}, "n_heads", "got n_heads=7 with dim=64. Try 8, or set head_dim"),
        ({"dim": 64, "n_heads": 8, "n_kv_heads": 3}, "n_kv_heads", "n_kv_heads=3 with n_heads=8"),
        ({"dim": 6, "n_heads": 2, "positions": "rotary"}, "head_dim", "must be even"),
        ({"head_dim": 5, "positions": "rotary"}, "head_dim", "must be even"),
        ({"dim": 0}, "dim", "at least 1; got 0"),
        ({"n_heads": -8}, "n_heads", "at least 1; got -8"),
        ({"ffn_dim": 0}, "ffn_dim", "at least 1; got 0"),
        ({"max_len": 0}, "max_len", "at least 1; got 0"),
        ({"n_kv_heads": 0}, "n_kv_heads", "at least 1; got 0"),
        ({"n_kv_heads": -2}, "n_kv_heads", "at least 1; got -2"),
        ({"head_dim": 0}, "head_dim", "at least 1; got 0"),
        ({"dropout": 1.0}, "dropout", r"must be in \[0, 1\); got 1.0"),
        ({"attention_dropout": -0.1}, "attention_dropout", r"must be in \[0, 1\); got -0.1"),
        ({"positions": "rope"}, "positions", "must be one of .*'rotary'.*; got 'rope'"),
    ],
)
def test_what_cannot_be_built_names_the_key(values: Any, key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^model.{key}: .*{message}"):
        build(TransformerConfig, values, "model")
