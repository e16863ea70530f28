"""Multi-head attention: self, causal, cross; grouped heads; packed or padded; cached; weights on
request.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from jium.nn.cache import Slot
from jium.nn.dropout import dropout
from jium.nn.layout import Layout
from jium.nn.positions import rotate
from jium.nn.row_cache import RowSlot


@dataclass
class Scope:
    """Who may look at whom: the same for every layer of a stack."""

    layout: Layout | None = None  # of the queries; None: they come padded, (batch, time, dim)
    key_layout: Layout | None = None  # of the keys
    mask: Tensor | None = (
        None  # bool, broadcast to (batch, heads, queries, keys); True: may be seen
    )
    causal: bool = False  # queries see keys up to their own place
    bias: Tensor | None = None  # added to scores, (heads, queries, keys) or one a text
    rotation: tuple[Tensor, Tensor] | None = None  # of queries and keys, from nn.positions.Rotary
    weights: list[Tensor] | None = field(default=None, repr=False)  # each layer adds its own here


class Attention(nn.Module):
    """softmax(Q K^T / sqrt(head_dim)) V over `n_heads` heads, section 3.2 of Vaswani et al. (2017).

    With fewer `n_kv_heads` several query heads share a key head (Ainslie et al., 2023).
    context_dim: of a context to look at, where it is not as wide as x. out_bias: of the last layer,
    where it differs from `bias`. norm_eps: where given, queries and keys are normalised head by
    head (Henry et al., 2020, https://arxiv.org/abs/2010.04245, with RMSNorm).
    scale: what scores are multiplied by; None: 1 / sqrt(head_dim).
    """

    def __init__(
        self,
        dim: int,
        n_heads: int,
        n_kv_heads: int | None = None,
        head_dim: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        *,
        context_dim: int | None = None,
        out_bias: bool | None = None,
        norm_eps: float | None = None,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        context_dim = context_dim or dim
        self.n_heads = n_heads
        self.n_kv_heads = n_kv_heads or n_heads
        self.head_dim = head_dim or dim // n_heads
        self.dropout = dropout
        self.scale = scale
        self.q_proj = nn.Linear(dim, self.n_heads * self.head_dim, bias=bias)
        self.k_proj = nn.Linear(context_dim, self.n_kv_heads * self.head_dim, bias=bias)
        self.v_proj = nn.Linear(context_dim, self.n_kv_heads * self.head_dim, bias=bias)
        out_bias = bias if out_bias is None else out_bias
        self.o_proj = nn.Linear(self.n_heads * self.head_dim, dim, bias=out_bias)
        self.q_norm = None if norm_eps is None else nn.RMSNorm(self.head_dim, eps=norm_eps)
        self.k_norm = None if norm_eps is None else nn.RMSNorm(self.head_dim, eps=norm_eps)

    def forward(
        self,
        x: Tensor,
        scope: Scope,
        context: Tensor | None = None,
        slot: Slot | RowSlot | None = None,
    ) -> Tensor:
        """Attend from x to `context`, or to x itself; shapes of x stay.

        x: (tokens, dim) with a layout in `scope`, else (batch, time, dim). slot: where keys and
        values are kept between steps; cross-attention reads its slot and needs no `context` once it
        is filled.
        """
        q = self._heads(self.q_proj(x), scope.layout)  # (batch, heads, queries, head_dim)
        if self.q_norm is not None:
            q = self.q_norm(q)
        if scope.rotation is not None and context is None:
            q = rotate(q, scope.rotation)
        k, v = self._keys_values(x, scope, context, slot)  # (batch, kv_heads, keys, head_dim)
        y = attend(q, k, v, scope, self.dropout if self.training else 0.0, self.scale)
        y = y.transpose(1, 2).flatten(2)  # (batch, queries, heads * head_dim)
        return self.o_proj(y if scope.layout is None else scope.layout.unpad(y, len(x)))

    def _keys_values(
        self, x: Tensor, scope: Scope, context: Tensor | None, slot: Slot | RowSlot | None
    ) -> tuple[Tensor, Tensor]:
        if context is not None and isinstance(slot, Slot) and slot.keys is not None:
            assert slot.values is not None
            return slot.keys, slot.values
        source, layout = (x, scope.layout) if context is None else (context, scope.key_layout)
        k, v = self._heads(self.k_proj(source), layout), self._heads(self.v_proj(source), layout)
        if self.k_norm is not None:
            k = self.k_norm(k)
        if context is None and scope.rotation is not None:
            k = rotate(k, scope.rotation)
        if slot is None:
            return k, v
        if context is None:
            return slot.append(k, v)
        assert isinstance(slot, Slot)
        slot.hold(k, v)
        return k, v

    def _heads(self, x: Tensor, layout: Layout | None) -> Tensor:
        padded = x if layout is None else layout.pad(x)
        return padded.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scope: Scope,
    dropout_p: float = 0.0,
    scale: float | None = None,
) -> Tensor:
    """Scaled dot-product attention, (batch, heads, queries, head_dim).

    k and v may have fewer heads than q (shared by groups), and fewer rows (the beams of one source
    share it).
    """
    beams = q.size(0) // k.size(0)
    if beams > 1:
        q = rearrange(q, "(b n) h t d -> b h (n t) d", n=beams)
    groups = q.size(1) // k.size(1)
    if groups > 1 and q.size(2) == 1 and scope.weights is None:
        return _attend_in_groups(q, k, v, scope, groups, dropout_p, scale)
    if groups > 1:
        k, v = (t.repeat_interleave(groups, dim=1) for t in (k, v))
    if scope.weights is not None or _formula_is_faster(q):
        y = _formula(q, k, v, scope, dropout_p, scale)
    else:
        mask, causal = _mask(q, k, scope)
        y = F.scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal=causal, scale=scale)
    return rearrange(y, "b h (n t) d -> (b n) h t d", n=beams) if beams > 1 else y


def _attend_in_groups(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scope: Scope,
    groups: int,
    dropout_p: float,
    scale: float | None,
) -> Tensor:
    """One query a text and shared heads, as in decoding: the heads of a group are the queries of
    the head that they share, so that keys and values are not copied.
    """
    q = q.flatten(1, 2).unflatten(1, (-1, groups))  # (batch, kv_heads, groups, head_dim)
    bias, mask = scope.bias, scope.mask
    if bias is not None and bias.size(-3) > 1:  # not alike for all heads
        bias = rearrange(bias, "... (h g) t k -> ... h (g t) k", g=groups)
    if bias is not None:
        bias = bias.to(q.dtype)
        mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
    y = F.scaled_dot_product_attention(q, k, v, mask, dropout_p, scale=scale)
    return y.flatten(1, 2)[:, :, None]


def _mask(q: Tensor, k: Tensor, scope: Scope) -> tuple[Tensor | None, bool]:
    """What PyTorch wants: a mask (bool, or float where there is a bias), or None and whether to be
    causal.
    """
    queries, keys = q.size(2), k.size(2)
    causal = scope.causal and queries > 1
    if scope.bias is None and scope.mask is None and (not causal or queries == keys):
        return None, causal
    mask = scope.mask
    if causal:
        past = _past(queries, keys, q.device)
        mask = past if mask is None else mask & past
    if scope.bias is None:
        return mask, False
    bias = scope.bias.to(q.dtype)
    return (bias if mask is None else bias.masked_fill(~mask, -math.inf)), False


def _formula_is_faster(q: Tensor) -> bool:
    """On the CPU the backward pass of PyTorch's fused kernel is slow in bfloat16: 18 ms against 2.5
    ms for 130
    texts of 15 tokens, 11 against 1.8 for 32 of 64, 13 against 5 for 8 of 256 (4 heads of 64, two
    cores)."""
    return q.device.type == "cpu" and q.dtype == torch.bfloat16 and q.requires_grad


def _formula(
    q: Tensor, k: Tensor, v: Tensor, scope: Scope, dropout_p: float, scale: float | None
) -> Tensor:
    """Attention as it is written down, keeping the weights, (batch, heads, queries, keys), if they
    are wanted.
    """
    mask, causal = _mask(q, k, scope)
    if causal:
        mask = _past(q.size(2), k.size(2), q.device)
    scores = q @ k.mT / math.sqrt(q.size(-1)) if scale is None else q @ k.mT * scale
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    weights = scores.softmax(-1, dtype=q.dtype)
    if scope.weights is not None:
        scope.weights.append(weights.detach())
    return dropout(weights, dropout_p) @ v


def _past(queries: int, keys: int, device: torch.device) -> Tensor:
    """(queries, keys), True up to each query's own place; the last query stands at the last key."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
