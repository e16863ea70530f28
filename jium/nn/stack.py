"""A stack of blocks: the Transformer core that every sequence model is built on."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from jium.nn.attention import Scope
from jium.nn.block import Block, TransformerConfig, make_norm
from jium.nn.cache import Cache
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.nn.positions import make_positions
from jium.nn.row_cache import Reading


@dataclass
class Weights:
    """Attention weights of one forward pass, one tensor a layer: (batch, heads, queries, keys)."""

    own: list[Tensor] = field(default_factory=list)
    cross: list[Tensor] = field(default_factory=list)


class Stack(nn.Module):
    """Blocks one after another over packed tokens; `causal` for decoders, `cross` to look at an
    encoder.
    """

    def __init__(
        self, config: TransformerConfig, n_layers: int, causal: bool = False, cross: bool = False
    ) -> None:
        super().__init__()
        self.causal = causal
        head_dim = config.head_dim or config.dim // config.n_heads
        self.positions = make_positions(
            config.positions,
            config.dim,
            config.n_heads,
            head_dim,
            config.max_len,
            config.rope_theta,
            config.rope_scaling,
        )
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, cross) for _ in range(n_layers))
        self.norm = make_norm(config) if config.norm_first else nn.Identity()

    def forward(
        self,
        x: Tensor,
        layout: Layout,
        context: Tensor | None = None,
        context_layout: Layout | None = None,
        cache: Cache | Reading | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """x: packed embeddings, (tokens, dim); with a cache, those that follow what it keeps.
        Returns (tokens, dim).

        context: packed output of an encoder, laid out by `context_layout`; one text of it may serve
        several of x.
        """
        assert not isinstance(cache, Cache) or layout.full, "a cache keeps texts of one length"
        start = cache.length if cache else 0
        added = self.positions.embed(_places(layout, start))
        x = self.dropout(x if added is None else x + added)
        x = layout.round(x)
        if context is not None and context_layout is not None:
            context = context_layout.round(context)
        if isinstance(start, int):
            scope = self._scope(layout, start, weights)
        else:
            assert isinstance(cache, Reading)
            scope = self._row_scope(layout, start, cache.longest, weights)
        context_scope = _cross_scope(layout, context_layout, weights)
        for i, block in enumerate(self.blocks):
            own = cache.own[i] if cache else None
            cross = cache.cross[i] if cache else None
            x = block(x, scope, context, context_scope, own, cross)
        return self.norm(x)[: layout.tokens]

    def _scope(self, layout: Layout, start: int, weights: Weights | None) -> Scope:
        keys = torch.arange(start + layout.time, device=layout.device)
        queries = keys[start:]
        # Padding stands at the end, in the future of every real token: a causal stack needs no
        # mask for it.
        mask = None if layout.full or self.causal else layout.mask[:, None, None, :]
        return Scope(
            layout=layout,
            mask=mask,
            causal=self.causal,
            bias=self.positions.bias(queries, keys),
            rotation=self.positions.rotation(queries),
            weights=None if weights is None else weights.own,
        )

    def _row_scope(
        self, layout: Layout, starts: Tensor, longest: int, weights: Weights | None
    ) -> Scope:
        """Rows that begin at different places, (batch, 1): each sees its own past."""
        steps = torch.arange(layout.time, device=layout.device)
        queries = (starts + steps).clamp(max=longest - 1)  # (batch, time)
        keys = torch.arange(longest, device=layout.device)
        future = (keys > queries[..., None])[:, None]  # (batch, 1, time, longest)
        bias = self.positions.bias(queries, keys)  # (batch, heads, time, longest)
        rotation = self.positions.rotation(queries)  # (batch, time, head_dim) each
        bias = torch.zeros(future.shape, device=layout.device) if bias is None else bias
        return Scope(
            layout=layout,
            bias=bias.masked_fill(future, -torch.inf),
            rotation=None if rotation is None else (rotation[0][:, None], rotation[1][:, None]),
            weights=None if weights is None else weights.own,
        )


def _places(layout: Layout, start: int | Tensor) -> Tensor:
    """(tokens,), where each token stands in its own text, which goes on from `start`."""
    if isinstance(start, int):
        return layout.positions + start
    return layout.unpad(start + torch.arange(layout.time, device=layout.device))


def _cross_scope(
    layout: Layout, context_layout: Layout | None, weights: Weights | None
) -> Scope | None:
    if context_layout is None:
        return None
    return Scope(
        layout=layout,
        key_layout=context_layout,
        mask=None if context_layout.full else context_layout.mask[:, None, None, :],
        weights=None if weights is None else weights.cross,
    )
