import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.nn.attention import Attention, Scope, attend
from jium.nn.cache import Slot
from jium.nn.layout import Layout
from jium.nn.positions import Rotary

DIM, HEADS = 16, 4


def formula(q: Tensor, k: Tensor, v: Tensor, seen: Tensor | None = None) -> Tensor:
    """softmax(Q K^T / sqrt(d)) V, written once more and by hand."""
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.size(-1))
    if seen is not None:
        scores = torch.where(seen, scores, torch.tensor(-torch.inf))
    exps = (scores - scores.amax(-1, keepdim=True)).exp()
    return torch.einsum("bhqk,bhkd->bhqd", exps / exps.sum(-1, keepdim=True), v)


def heads(seed: int, time: int, n: int = HEADS, batch: int = 3) -> Tensor:
    return torch.randn(batch, n, time, 8, generator=torch.Generator().manual_seed(seed))


def attention(**settings: object) -> Attention:
    torch.manual_seed(0)
    return Attention(DIM, HEADS, **settings).eval()  # type: ignore[arg-type]


def masks(queries: int, keys: int) -> dict[str, Tensor | None]:
    drawn = torch.rand(3, 1, queries, keys, generator=torch.Generator().manual_seed(9)) < 0.6
    drawn[..., 0] = True
    return {"none": None, "keys": drawn[:, :, :1], "pairs": drawn}


@pytest.mark.parametrize("wants_weights", [False, True])
@pytest.mark.parametrize("name", ["none", "keys", "pairs"])
def test_attention_equals_the_formula_and_pytorch(name: str, wants_weights: bool) -> None:
    q, k, v, mask = heads(1, 5), heads(2, 7), heads(3, 7), masks(5, 7)[name]
    scope = Scope(mask=mask, weights=[] if wants_weights else None)
    y = attend(q, k, v, scope)
    torch.testing.assert_close(y, formula(q, k, v, mask), rtol=0, atol=1e-5)
    reference = F.scaled_dot_product_attention(q, k, v, mask)
    torch.testing.assert_close(y, reference, rtol=0, atol=1e-5)


@pytest.mark.parametrize("wants_weights", [False, True])
@pytest.mark.parametrize("name", ["none", "keys", "pairs"])
def test_causal_attention_sees_up_to_its_own_place(name: str, wants_weights: bool) -> None:
    q, k, v, mask = heads(1, 6), heads(2, 6), heads(3, 6), masks(6, 6)[name]
    past = torch.arange(6)[:, None] >= torch.arange(6)
    y = attend(q, k, v, Scope(mask=mask, causal=True, weights=[] if wants_weights else None))
    seen = past if mask is None else past & mask
    torch.testing.assert_close(y, formula(q, k, v, seen), rtol=0, atol=1e-5)


@pytest.mark.parametrize("wants_weights", [False, True])
def test_the_last_of_fewer_causal_queries_stands_at_the_last_key(wants_weights: bool) -> None:
    q, k, v = heads(1, 6), heads(2, 6), heads(3, 6)
    whole = attend(q, k, v, Scope(causal=True))
    for n in (1, 2, 5):
        scope = Scope(causal=True, weights=[] if wants_weights else None)
        last = attend(q[:, :, -n:], k, v, scope)
        torch.testing.assert_close(last, whole[:, :, -n:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", ["none", "pairs"])
def test_a_bias_is_added_to_the_scores(name: str, causal: bool) -> None:
    q, k, v, mask = heads(1, 6), heads(2, 6), heads(3, 6), masks(6, 6)[name]
    bias = torch.randn(HEADS, 6, 6, generator=torch.Generator().manual_seed(4))
    scores = q @ k.mT / math.sqrt(8) + bias
    seen = torch.ones(6, 6, dtype=torch.bool).tril() if causal else torch.ones(6, 6).bool()
    seen = seen if mask is None else seen & mask
    expected = scores.masked_fill(~seen, -torch.inf).softmax(-1) @ v
    for weights in (None, []):
        y = attend(q, k, v, Scope(mask=mask, causal=causal, bias=bias, weights=weights))
        torch.testing.assert_close(y, expected, rtol=0, atol=1e-5)


def test_groups_of_query_heads_share_a_key_head() -> None:
    q, k, v = heads(1, 5), heads(2, 5, n=2), heads(3, 5, n=2)
    y = attend(q, k, v, Scope())
    for head in range(HEADS):
        one = slice(head, head + 1)
        shared = slice(head // 2, head // 2 + 1)
        expected = formula(q[:, one], k[:, shared], v[:, shared])
        torch.testing.assert_close(y[:, one], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("wants_weights", [False, True])
def test_the_beams_of_one_source_share_its_keys(wants_weights: bool) -> None:
    q, k, v = heads(1, 2, batch=6), heads(2, 5, batch=2), heads(3, 5, batch=2)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()[:, None, None, :]
    y = attend(q, k, v, Scope(mask=mask, weights=[] if wants_weights else None))
    repeated = (t.repeat_interleave(3, dim=0) for t in (k, v, mask))
    torch.testing.assert_close(y, formula(q, *repeated), rtol=0, atol=1e-5)


def test_weights_are_the_softmax_and_sum_to_one() -> None:
    q, k, v, mask = heads(1, 5), heads(2, 7), heads(3, 7), masks(5, 7)["pairs"]
    assert mask is not None
    kept: list[Tensor] = []
    y = attend(q, k, v, Scope(mask=mask, weights=kept))
    (weights,) = kept
    scores = (q @ k.mT / math.sqrt(8)).masked_fill(~mask, -torch.inf)
    torch.testing.assert_close(weights, scores.softmax(-1), rtol=0, atol=1e-6)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, HEADS, 5), rtol=0, atol=1e-5)
    assert (weights[~mask.expand_as(weights)] == 0).all()
    torch.testing.assert_close(y, weights @ v, rtol=0, atol=1e-5)


@pytest.mark.parametrize("wants_weights", [False, True])
def test_a_row_masked_entirely_leaves_the_others_alone(wants_weights: bool) -> None:
    q, k, v = heads(1, 5), heads(2, 7), heads(3, 7)
    mask = torch.ones(3, 1, 5, 7, dtype=torch.bool)
    mask[1] = False
    scope = Scope(mask=mask, weights=[] if wants_weights else None)
    y = attend(q, k, v, scope)
    torch.testing.assert_close(y[[0, 2]], formula(q, k, v)[[0, 2]], rtol=0, atol=1e-5)


def test_bfloat16_in_training_is_near_float32() -> None:
    q, k, v = heads(1, 6), heads(2, 6), heads(3, 6)
    whole = attend(q, k, v, Scope(causal=True))
    half = [t.bfloat16().requires_grad_() for t in (q, k, v)]
    y = attend(half[0], half[1], half[2], Scope(causal=True))
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), whole, rtol=0, atol=0.03)


def test_the_module_splits_and_joins_heads_in_order() -> None:
    module = attention()
    x = torch.randn(3, 5, DIM, generator=torch.Generator().manual_seed(1))
    q, k, v = (
        torch.stack(project(x).split(DIM // HEADS, dim=-1), dim=1)
        for project in (module.q_proj, module.k_proj, module.v_proj)
    )
    joined = torch.cat(list(formula(q, k, v).unbind(1)), dim=-1)
    torch.testing.assert_close(module(x, Scope()), module.o_proj(joined), rtol=0, atol=1e-5)


def test_rotation_turns_queries_and_keys_alike_and_cross_attention_not_at_all() -> None:
    module, scheme = attention(), Rotary(DIM // HEADS, 64)
    x, context = (heads(seed, 5).flatten(2)[..., :DIM] for seed in (1, 2))
    here, there = (Scope(rotation=scheme.rotation(torch.arange(4) + at)) for at in (0, 30))
    y = module(x, here)
    torch.testing.assert_close(module(x, there), y, rtol=0, atol=1e-5)
    assert not torch.allclose(module(x, Scope()), y, atol=1e-3)
    assert torch.equal(module(x, here, context), module(x, Scope(), context))


def test_grouped_heads_have_smaller_projections() -> None:
    module = attention(n_kv_heads=2, head_dim=8)
    assert module.q_proj.out_features == module.o_proj.in_features == 32
    assert module.k_proj.out_features == module.v_proj.out_features == 16
    assert module(torch.randn(2, 3, DIM), Scope()).shape == (2, 3, DIM)


@pytest.mark.parametrize("causal", [False, True])
def test_packed_rows_give_what_padded_rows_give(causal: bool) -> None:
    module, layout = attention(), Layout([3, 6, 1])
    x = torch.randn(10, DIM, generator=torch.Generator().manual_seed(1))
    mask = layout.mask[:, None, None, :]
    packed = module(x, Scope(layout=layout, mask=mask, causal=causal))
    padded = module(layout.pad(x), Scope(mask=mask, causal=causal))
    torch.testing.assert_close(packed, layout.unpad(padded), rtol=0, atol=1e-6)


def test_cross_attention_reads_each_texts_own_source() -> None:
    module, targets, sources = attention(), Layout([2, 4]), Layout([5, 3])
    generator = torch.Generator().manual_seed(1)
    x, context = (torch.randn(n, DIM, generator=generator) for n in (6, 8))
    mask = sources.mask[:, None, None, :]
    scope = Scope(layout=targets, key_layout=sources, mask=mask)
    y = module(x, scope, context)
    for rows, keys in ((slice(0, 2), slice(0, 5)), (slice(2, 6), slice(5, 8))):
        alone = module(x[None, rows], Scope(), context[None, keys])
        torch.testing.assert_close(y[rows], alone[0], rtol=0, atol=1e-5)


def test_a_filled_slot_serves_cross_attention_in_place_of_the_context() -> None:
    module, slot, scope = attention(), Slot(1), Scope()
    x, context = torch.randn(2, 1, DIM), torch.randn(2, 5, DIM)
    first = module(x, scope, context, slot)
    assert torch.equal(module(x, scope, torch.zeros_like(context), slot), first)
    torch.testing.assert_close(first, module(x, scope, context), rtol=0, atol=1e-6)


def test_dropout_falls_on_the_weights_in_training_only() -> None:
    module = attention(dropout=0.5)
    x = torch.randn(2, 5, DIM, generator=torch.Generator().manual_seed(1))
    scope = Scope()
    still = module(x, scope)
    assert torch.equal(module(x, scope), still)
    module.train()
    assert not torch.allclose(module(x, replace(scope, weights=[])), still, atol=1e-3)
    assert not torch.allclose(module(x, scope), still, atol=1e-3)


@pytest.mark.parametrize("wants_weights", [False, True])
def test_scores_are_multiplied_by_the_scale_that_is_given(wants_weights: bool) -> None:
    q, k, v = heads(1, 5), heads(2, 7), heads(3, 7)
    scope = Scope(weights=[] if wants_weights else None)
    y = attend(q, k, v, scope, scale=0.5)
    expected = formula(q * 0.5 * math.sqrt(q.size(-1)), k, v)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-5)


def test_normalised_queries_and_keys_do_not_feel_how_long_they_are() -> None:
    normed = attention(norm_eps=1e-6)
    x = torch.randn(2, 5, DIM, generator=torch.Generator().manual_seed(4))
    before = normed(x, Scope())
    with torch.no_grad():
        for layer in (normed.q_proj, normed.k_proj):
            layer.weight *= 3
            layer.bias *= 3
    torch.testing.assert_close(normed(x, Scope()), before, rtol=0, atol=1e-5)
    with torch.no_grad():
        normed.q_norm.weight *= 3
    assert not torch.allclose(normed(x, Scope()), before, atol=1e-3)


def test_the_last_layer_may_have_no_bias_where_the_others_do() -> None:
    layer = attention(bias=True, out_bias=False)
    assert layer.q_proj.bias is not None and layer.v_proj.bias is not None
    assert layer.o_proj.bias is None
