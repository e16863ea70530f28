"""ELECTRA, Clark et al. (2020), https://arxiv.org/abs/2003.10555: a small generator puts likely
words in the place of some, and an encoder learns to tell which they are.

Every token of a text teaches the encoder something, and not 15 % of them, so that a small machine
gets further in the same time. Generator and encoder share their token embeddings; afterwards only
the encoder is of use (the generator still guesses masked words).
"""

from dataclasses import fields, replace
from typing import Any, ClassVar

from torch import nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.bert import Bert, BertConfig
from jium.models.heads import HeadConfig, MaskedHead, ReplacedHead


@config
class ElectraConfig(BertConfig):
    """[model] of an encoder and its generator, which is a quarter to a half as wide as a rule."""

    pooler: bool = False
    generator_dim: int = 64
    generator_heads: int = 1
    generator_ffn_dim: int = 256
    generator_layers: int | None = None  # None: as many as n_layers

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(BertConfig.sizes["tiny"], generator_dim=64, generator_ffn_dim=256),
        "mini": dict(
            BertConfig.sizes["mini"],
            embedding_dim=128,
            generator_dim=128,
            generator_heads=2,
            generator_ffn_dim=512,
            generator_layers=2,
        ),
        "small": dict(  # table 6 of the paper
            dim=256,
            n_heads=4,
            ffn_dim=1024,
            n_layers=12,
            embedding_dim=128,
            generator_dim=64,
            generator_ffn_dim=256,
        ),
        "base": dict(
            BertConfig.sizes["base"],
            generator_dim=256,
            generator_heads=4,
            generator_ffn_dim=1024,
        ),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.generator_dim < 1 or self.generator_dim % self.generator_heads:
            raise ConfigError(
                "must be a multiple of generator_heads={n}; got {value}.",
                key="generator_dim",
                n=self.generator_heads,
                value=self.generator_dim,
            )

    @property
    def encoder(self) -> BertConfig:
        """The settings of the encoder alone."""
        return BertConfig(**{field.name: getattr(self, field.name) for field in fields(BertConfig)})

    @property
    def generator(self) -> BertConfig:
        """The settings of the generator."""
        return replace(
            self.encoder,
            dim=self.generator_dim,
            n_heads=self.generator_heads,
            n_kv_heads=None,
            ffn_dim=self.generator_ffn_dim,
            n_layers=self.generator_layers or self.n_layers,
            embedding_dim=self.embedding_dim or self.dim,
            pooler=False,
        )


class Electra(nn.Module):
    """An encoder with a head that tells replaced tokens, and the generator that replaces them."""

    def __init__(self, config: ElectraConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Bert(config.encoder)
        self.head = ReplacedHead(self.encoder.config, HeadConfig(kind="replaced"))
        self.generator = Bert(config.generator)
        self.generator.embeddings.token = self.encoder.embeddings.token
        self.generator_head = MaskedHead(self.generator.config, HeadConfig(kind="masked"))
