"""GPT: a Transformer decoder that writes a text on, token by token.

Notable: the default is the shape of Llama (Touvron et al., 2023, https://arxiv.org/abs/2302.13971):
RMSNorm before each sub-layer, SwiGLU, rotary positions, grouped heads, no biases. The shapes of GPT
(Radford et al., 2018) and GPT-2 (2019) are sizes of it: learned positions, LayerNorm, GELU, biases.
"""

import math
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from jium.config import config
from jium.nn.block import TransformerConfig
from jium.nn.cache import Cache
from jium.nn.feed_forward import Activation
from jium.nn.layout import Layout
from jium.nn.linear import Linear
from jium.nn.positions import Scheme
from jium.nn.row_cache import Reading, RowCache
from jium.nn.stack import Stack, Weights
from jium.ranges import at_least

GPT2 = dict(
    **dict(n_kv_heads=None, activation="gelu_new", norm="layer", bias=True, positions="learned"),
    **dict(dropout=0.1, attention_dropout=0.1, max_len=1024),
)


@config
class GptConfig(TransformerConfig):
    """[model] of a decoder. `size` names a row of `sizes`; the defaults are "base"."""

    dim: int = 768
    n_heads: int = 12
    n_kv_heads: int | None = 4
    ffn_dim: int = 2048
    n_layers: int = 12
    activation: Activation = "swiglu"
    norm: Literal["layer", "rms"] = "rms"
    norm_first: bool = True
    bias: bool = False
    dropout: float = 0.0
    positions: Scheme = "rotary"
    max_len: int = 1024
    vocab_size: int | None = None  # None: the tokenizer's
    tie_embeddings: bool = True  # one matrix for input and output

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=64, n_heads=4, n_kv_heads=2, ffn_dim=176, n_layers=2),
        "mini": dict(dim=128, n_heads=4, n_kv_heads=2, ffn_dim=352, n_layers=4),
        "small": dict(dim=256, n_heads=4, n_kv_heads=2, ffn_dim=704, n_layers=6),
        "medium": dict(dim=512, n_heads=8, n_kv_heads=4, ffn_dim=1376, n_layers=8),
        "base": dict(dim=768, n_heads=12, n_kv_heads=4, ffn_dim=2048, n_layers=12),
        "gpt1": GPT2
        | dict(dim=768, n_heads=12, ffn_dim=3072, n_layers=12, norm_first=False, max_len=512),
        "gpt2": GPT2 | dict(dim=768, n_heads=12, ffn_dim=3072, n_layers=12),
        "gpt2-medium": GPT2 | dict(dim=1024, n_heads=16, ffn_dim=4096, n_layers=24),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(1, n_layers=self.n_layers, vocab_size=self.vocab_size)


class Gpt(nn.Module):
    """A decoder in which every token sees itself and those before it."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        assert config.vocab_size is not None, "the tokenizer gives it before the model is made"
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        self.decoder = Stack(config, config.n_layers, causal=True)
        self.output = Linear(config.dim, config.vocab_size, bias=False)
        self._initialise()
        if config.tie_embeddings:
            self.output.weight = self.embedding.weight

    def _initialise(self) -> None:
        """Weights from N(0, 0.02), biases 0; those that add to the residual stream smaller, the
        more there are (section 2.3 of Radford et al., 2019).
        """
        adding = 0.02 / math.sqrt(2 * self.config.n_layers)
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                last = name.endswith(("o_proj", "down_proj"))
                nn.init.normal_(module.weight, std=adding if last else 0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(
        self,
        tokens: Tensor,
        layout: Layout,
        cache: Cache | Reading | None = None,
        weights: Weights | None = None,
    ) -> Tensor:
        """Packed token ids, (tokens,), to what is known at each, (tokens, dim); `output` turns it
        into the logits of the next token.

        cache: what was read before, of texts of one length, or rows of a `RowCache`; the tokens
        given follow it.
        """
        return self.decoder(self.embedding(tokens), layout, cache=cache, weights=weights)

    def new_cache(self, max_len: int) -> Cache:
        """An empty cache for texts of up to `max_len` tokens."""
        return Cache(self.config.n_layers, max_len)

    def new_rows(self) -> RowCache:
        """An empty cache for texts of any lengths."""
        own = self.config
        heads = own.n_kv_heads or own.n_heads, own.head_dim or own.dim // own.n_heads
        return RowCache(own.n_layers, *heads, own.max_len, self.output.weight)
