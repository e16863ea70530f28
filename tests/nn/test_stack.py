from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.nn.block import TransformerConfig
from jium.nn.cache import Cache
from jium.nn.layout import Layout, rounded
from jium.nn.stack import Stack, Weights

SCHEMES = ["sinusoidal", "learned", "rotary", "alibi", "none"]
every_scheme = pytest.mark.parametrize("positions", SCHEMES)
both_norms = pytest.mark.parametrize("norm_first", [False, True])


def make(causal: bool = False, cross: bool = False, **settings: Any) -> Stack:
    torch.manual_seed(0)
    values = {"dim": 16, "n_heads": 4, "ffn_dim": 32, "max_len": 16} | settings
    stack = Stack(TransformerConfig(**values), 2, causal, cross).eval()
    for parameter in stack.parameters():  # so that biases and norms matter too
        nn.init.normal_(parameter, std=0.3)
    return stack


def texts(lengths: Sequence[int], seed: int = 1) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(length, 16, generator=generator) for length in lengths]


def run(stack: Stack, rows: list[Tensor], sources: list[Tensor] | None = None) -> list[Tensor]:
    """The output for each text, run in one batch."""
    layout = Layout([len(row) for row in rows])
    context = None if sources is None else torch.cat(sources)
    context_layout = None if sources is None else Layout([len(s) for s in sources])
    y = stack(torch.cat(rows), layout, context, context_layout)
    return list(y.split(layout.lengths))


@both_norms
@every_scheme
def test_a_changed_token_changes_nothing_before_it(positions: str, norm_first: bool) -> None:
    stack = make(causal=True, cross=True, positions=positions, norm_first=norm_first)
    (row, other), sources = texts([7, 4]), texts([5, 3], seed=2)
    before = run(stack, [row, other], sources)
    for place in range(7):
        changed = row.clone()
        changed[place, ::2] += 1  # not all of them: a norm takes an equal shift away
        after = run(stack, [changed, other], sources)
        assert torch.equal(after[0][:place], before[0][:place])
        assert (after[0][place:] != before[0][place:]).any(dim=-1).all()
        assert torch.equal(after[1], before[1])


@every_scheme
def test_an_encoder_sees_both_ways(positions: str) -> None:
    stack, (row,) = make(positions=positions), texts([5])
    changed = row.clone()
    changed[2, ::2] += 1
    differs = run(stack, [changed])[0] != run(stack, [row])[0]
    assert differs.any(dim=-1).all()


@pytest.mark.parametrize("causal", [False, True])
@every_scheme
def test_padding_and_company_change_nothing(positions: str, causal: bool) -> None:
    stack = make(causal=causal, cross=causal, positions=positions)
    rows = texts([3, 6, 1, 6])
    sources = texts([5, 2, 4, 1], seed=2) if causal else None
    together = run(stack, rows, sources)
    for i, row in enumerate(rows):
        (alone,) = run(stack, [row], None if sources is None else [sources[i]])
        torch.testing.assert_close(together[i], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
@every_scheme
def test_the_order_of_a_batch_changes_nothing(positions: str, causal: bool) -> None:
    stack, rows, order = make(causal=causal, positions=positions), texts([3, 6, 1]), [2, 0, 1]
    straight, shuffled = run(stack, rows), run(stack, [rows[i] for i in order])
    for i, y in zip(order, shuffled, strict=True):
        torch.testing.assert_close(y, straight[i], rtol=0, atol=1e-6)


@every_scheme
def test_word_order_matters_unless_there_are_no_positions(positions: str) -> None:
    stack, (row,) = make(positions=positions), texts([4])
    order = torch.tensor([2, 0, 3, 1])
    moved = run(stack, [row[order]])[0]
    stays = torch.allclose(moved, run(stack, [row])[0][order], atol=1e-5)
    assert stays == (positions == "none")


@pytest.mark.parametrize("chunks", [[1] * 6, [4, 1, 1], [3, 3], [1, 5]])
@both_norms
@every_scheme
def test_step_by_step_with_a_cache_equals_the_full_forward(
    positions: str, norm_first: bool, chunks: list[int]
) -> None:
    settings: Any = {"positions": positions, "norm_first": norm_first, "n_kv_heads": 2}
    stack = make(causal=True, cross=True, **settings)
    rows, sources = texts([6, 6, 6, 6]), texts([5, 3], seed=2)
    twice = [source for source in sources for _ in range(2)]
    whole = torch.stack(run(stack, rows, twice))
    context, context_layout = torch.cat(sources), Layout([5, 3])  # one source serves two rows
    cache, start = Cache(2, 6), 0
    for chunk in chunks:
        x = torch.cat([row[start : start + chunk] for row in rows])
        y = stack(x, Layout([chunk] * 4), context, context_layout, cache)
        start += chunk
        expected = whole[:, start - chunk : start].flatten(0, 1)
        torch.testing.assert_close(y, expected, rtol=0, atol=1e-5)
    assert cache.length == 6


def test_only_pre_norm_ends_with_one_more_norm() -> None:
    assert isinstance(make(norm_first=False).norm, nn.Identity)
    stack, (row,) = make(norm_first=True), texts([4])
    assert isinstance(stack.norm, nn.LayerNorm)
    nn.init.ones_(stack.norm.weight)
    nn.init.zeros_(stack.norm.bias)
    y = run(stack, [row])[0]
    torch.testing.assert_close(y.mean(-1), torch.zeros(4), rtol=0, atol=1e-6)


@every_scheme
def test_weights_of_every_layer_come_on_request_and_sum_to_one(positions: str) -> None:
    stack = make(causal=True, cross=True, positions=positions)
    rows, sources, kept = texts([3, 5]), texts([4, 2], seed=2), Weights()
    layouts = Layout([3, 5]), Layout([4, 2])
    y = stack(torch.cat(rows), layouts[0], torch.cat(sources), layouts[1], weights=kept)
    torch.testing.assert_close(y, torch.cat(run(stack, rows, sources)), rtol=0, atol=1e-5)
    assert [w.shape for w in kept.own] == [(2, 4, 5, 5)] * 2
    assert [w.shape for w in kept.cross] == [(2, 4, 5, 4)] * 2
    for weights in kept.own + kept.cross:
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 5), rtol=0, atol=1e-5)
    assert all((w.triu(1) == 0).all() for w in kept.own)
    assert all((w[1, :, :, 2:] == 0).all() for w in kept.cross)


def test_rounding_packed_rows_changes_no_output_and_no_gradient(monkeypatch):
    torch.manual_seed(0)
    config = TransformerConfig(dim=16, n_heads=2, ffn_dim=32, dropout=0.0)
    stack = Stack(config, 2)
    layout = Layout([5, 3, 6])
    x = torch.randn(14, 16)
    found = []
    for size, rows in ((1, 14), (3, 15)):
        monkeypatch.setattr("jium.nn.layout.ROUND", size)
        assert rounded(14) == rows
        stack.zero_grad()
        given = x.clone().requires_grad_()
        out = stack(given, Layout(layout.lengths))
        out.square().sum().backward()
        found.append((out, given.grad, stack.blocks[0].attn.k_proj.weight.grad.clone()))
    assert found[0][0].shape == (14, 16)
    for plain, padded in zip(*found, strict=True):
        torch.testing.assert_close(plain, padded, atol=1e-5, rtol=1e-5)
