"""The text tower of CLIP (Radford et al., 2021, https://arxiv.org/abs/2103.00020).

Notable: pre-norm, causal, with learned positions; the state at the end token stands for the text.
It guides pictures: a diffusion model looks at the hidden states, a search at the projected vector.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from jium.config import config
from jium.nn.block import TransformerConfig
from jium.nn.feed_forward import Activation
from jium.nn.layout import Layout
from jium.nn.positions import Scheme
from jium.nn.stack import Stack
from jium.ranges import at_least


@config
class ClipTextConfig(TransformerConfig):
    """[model] of a text tower; the defaults are those of CLIP ViT-B/32."""

    dim: int = 512
    n_heads: int = 8
    ffn_dim: int = 2048
    n_layers: int = 12
    activation: Activation = "quick_gelu"
    norm_first: bool = True
    dropout: float = 0.0
    positions: Scheme = "learned"
    max_len: int = 77
    vocab_size: int | None = None  # None: the tokenizer's
    projection_dim: int | None = 512  # of the vector that pictures are compared with; None: none
    end_id: int | None = None  # the token that ends a text; None: the largest id in it

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "base": dict(dim=512, n_heads=8, ffn_dim=2048, n_layers=12, projection_dim=512),
        "large": dict(dim=768, n_heads=12, ffn_dim=3072, n_layers=12, projection_dim=768),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(
            1,
            n_layers=self.n_layers,
            vocab_size=self.vocab_size,
            projection_dim=self.projection_dim,
        )


class ClipText(nn.Module):
    """Texts to hidden states, and to one vector each."""

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        self.encoder = Stack(config, config.n_layers, causal=True)
        self.projection = None
        if config.projection_dim is not None:
            self.projection = nn.Linear(config.dim, config.projection_dim, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor, layout: Layout) -> Tensor:
        """Packed token ids, (tokens,), to hidden states, (tokens, dim)."""
        return self.encoder(self.embedding(tokens), layout)

    def pool(self, hidden: Tensor, tokens: Tensor, layout: Layout) -> Tensor:
        """The state at the end token of each text, the first where there are several, projected
        where the model projects: (batch, projection_dim or dim).
        """
        end = self.config.end_id
        marks = tokens + 1 if end is None else (tokens == end).long()  # padding is 0
        places = layout.pad(marks).argmax(1)  # (batch,)
        rows = torch.arange(layout.batch, device=hidden.device)
        pooled = layout.pad(hidden)[rows, places]
        return pooled if self.projection is None else self.projection(pooled)
