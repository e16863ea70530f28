"""Our blocks against the classes of torch.nn, after copying weights."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from jium.nn.attention import Attention, Scope
from jium.nn.block import TransformerConfig
from jium.nn.layout import Layout
from jium.nn.stack import Stack

DIM, HEADS, FFN = 16, 4, 32
TEXTS, SOURCES = Layout([3, 6, 1]), Layout([5, 2, 4])

# Name in torch.nn to name here, below one layer; norms differ between encoder and decoder.
COMMON = {
    "self_attn.out_proj": "attn.o_proj",
    "multihead_attn.out_proj": "cross_attn.o_proj",
    "linear1": "ffn.up_proj",
    "linear2": "ffn.down_proj",
    "norm1": "attn_norm",
}
ENCODER = COMMON | {"norm2": "ffn_norm"}
DECODER = COMMON | {"norm2": "cross_attn_norm", "norm3": "ffn_norm"}
IN_PROJ = {"self_attn": "attn", "multihead_attn": "cross_attn"}


@torch.no_grad()
def copy_attention(ours: Attention, theirs: nn.MultiheadAttention) -> None:
    """PyTorch stacks the matrices of query, key and value."""
    for kind in ("weight", "bias"):
        parts = getattr(theirs, f"in_proj_{kind}").chunk(3)
        for layer, part in zip((ours.q_proj, ours.k_proj, ours.v_proj), parts, strict=True):
            getattr(layer, kind).copy_(part)
        getattr(ours.o_proj, kind).copy_(getattr(theirs.out_proj, kind))


@torch.no_grad()
def copy_layer(ours: nn.Module, theirs: nn.Module, names: dict[str, str]) -> None:
    for their_name, our_name in IN_PROJ.items():
        if hasattr(theirs, their_name):
            copy_attention(ours.get_submodule(our_name), getattr(theirs, their_name))
    for their_name, our_name in names.items():
        if their_name.split(".")[0] in dict(theirs.named_children()):
            theirs_part = theirs.get_submodule(their_name)
            ours.get_submodule(our_name).load_state_dict(theirs_part.state_dict())


def copy_stack(ours: Stack, theirs: nn.Module, names: dict[str, str]) -> None:
    for block, layer in zip(ours.blocks, theirs.layers, strict=True):
        copy_layer(block, layer, names)
    if theirs.norm is not None:
        ours.norm.load_state_dict(theirs.norm.state_dict())


def shake(module: nn.Module) -> None:
    """Give every parameter, biases and norms too, a value that matters."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)


def settings(norm_first: bool, activation: str) -> TransformerConfig:
    return TransformerConfig(
        dim=DIM,
        n_heads=HEADS,
        ffn_dim=FFN,
        norm_first=norm_first,
        activation=activation,  # type: ignore[arg-type]
        positions="none",
    )


def packed(layout: Layout, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(layout.tokens, DIM, generator=generator)


def layers(kind: type[nn.Module], norm_first: bool, activation: str) -> nn.Module:
    torch.manual_seed(0)
    return kind(  # type: ignore[call-arg]
        DIM, HEADS, FFN, activation=activation, batch_first=True, norm_first=norm_first
    )


def both(test: Callable[..., None]) -> Callable[..., None]:
    """Each norm order with each activation that PyTorch has."""
    norms = pytest.mark.parametrize("norm_first", [False, True], ids=["post-norm", "pre-norm"])
    return norms(pytest.mark.parametrize("activation", ["relu", "gelu"])(test))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_equals_multihead_attention(causal: bool) -> None:
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(DIM, HEADS, batch_first=True).eval()
    ours = Attention(DIM, HEADS).eval()
    shake(theirs)
    copy_attention(ours, theirs)
    x = TEXTS.pad(packed(TEXTS, 1))
    blocked = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    expected, their_weights = theirs(
        x, x, x, key_padding_mask=~TEXTS.mask, attn_mask=blocked, average_attn_weights=False
    )
    kept: list[Tensor] = []
    scope = Scope(mask=TEXTS.mask[:, None, None], causal=causal)
    torch.testing.assert_close(ours(x, scope), expected, rtol=0, atol=1e-5)
    scope.weights = kept
    torch.testing.assert_close(ours(x, scope), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(kept[0], their_weights, rtol=0, atol=1e-5)


@both
def test_encoder_equals_transformer_encoder(norm_first: bool, activation: str) -> None:
    layer = layers(nn.TransformerEncoderLayer, norm_first, activation)
    norm = nn.LayerNorm(DIM) if norm_first else None
    theirs = nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=False).eval()
    shake(theirs)
    ours = Stack(settings(norm_first, activation), 2).eval()
    copy_stack(ours, theirs, ENCODER)
    x = packed(TEXTS, 1)
    expected = theirs(TEXTS.pad(x), src_key_padding_mask=~TEXTS.mask)
    torch.testing.assert_close(ours(x, TEXTS), TEXTS.unpad(expected), rtol=0, atol=1e-5)


@both
def test_decoder_equals_transformer_decoder(norm_first: bool, activation: str) -> None:
    layer = layers(nn.TransformerDecoderLayer, norm_first, activation)
    norm = nn.LayerNorm(DIM) if norm_first else None
    theirs = nn.TransformerDecoder(layer, 2, norm).eval()
    shake(theirs)
    ours = Stack(settings(norm_first, activation), 2, causal=True, cross=True).eval()
    copy_stack(ours, theirs, DECODER)
    x, context = packed(TEXTS, 1), packed(SOURCES, 2)
    expected = theirs(
        TEXTS.pad(x),
        SOURCES.pad(context),
        tgt_mask=torch.ones(6, 6, dtype=torch.bool).triu(1),
        tgt_key_padding_mask=~TEXTS.mask,
        memory_key_padding_mask=~SOURCES.mask,
    )
    y = ours(x, TEXTS, context, SOURCES)
    torch.testing.assert_close(y, TEXTS.unpad(expected), rtol=0, atol=1e-5)


@both
def test_gradients_of_a_layer_are_those_of_torch(norm_first: bool, activation: str) -> None:
    theirs = layers(nn.TransformerEncoderLayer, norm_first, activation)
    shake(theirs)
    theirs.eval()
    ours = Stack(settings(norm_first, activation), 1).eval().blocks[0]
    copy_layer(ours, theirs, ENCODER)
    inputs = [packed(TEXTS, 1).requires_grad_() for _ in range(2)]
    mask = TEXTS.mask[:, None, None]
    y = ours(inputs[0], Scope(layout=TEXTS, mask=mask))
    expected = theirs(TEXTS.pad(inputs[1]), src_key_padding_mask=~TEXTS.mask)
    slope = packed(TEXTS, 3)
    (y * slope).sum().backward()
    (TEXTS.unpad(expected) * slope).sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad, rtol=1e-4, atol=1e-4)
