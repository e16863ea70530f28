"""The Vision Transformer of Dosovitskiy et al. (2021), https://arxiv.org/abs/2010.11929.

Notable: the block is that of every other model here, over patches where others have tokens. With
`stem_widths` the patches are the cells of a residual network's map (the hybrid of section 3.1),
which learns far faster from few pictures.
"""

from dataclasses import field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError
from jium.models.image_heads import AttributeHeads
from jium.models.resnet import ResNet
from jium.nn.block import TransformerConfig
from jium.nn.feed_forward import Activation
from jium.nn.layout import Layout
from jium.nn.positions import Scheme
from jium.nn.stack import Stack
from jium.ranges import at_least


@config
class VitConfig(TransformerConfig):
    """[model] of a picture encoder; the defaults are ViT-B/16. `size` names a row of `sizes`."""

    dim: int = 768
    n_heads: int = 12
    ffn_dim: int = 3072
    n_layers: int = 12
    activation: Activation = "gelu"
    norm_first: bool = True
    norm_eps: float = 1e-6
    dropout: float = 0.0
    positions: Scheme = "learned"
    image_size: int | None = None  # pixels, of both sides; None: that of the data
    patch_size: int = 16
    channels: int = 3
    pool: Literal["first", "mean"] = "first"  # a class token, or the mean of all patches
    stem_widths: list[int] = field(default_factory=list)  # of a residual stem; none: plain patches
    max_len: int = 1  # set by picture and patch, whatever is given
    heads: dict[str, int] = field(default_factory=dict)  # attribute to number of classes

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(dim=96, n_heads=3, ffn_dim=192, n_layers=2, patch_size=4),
        "mini": dict(dim=192, n_heads=3, ffn_dim=384, n_layers=4, patch_size=4),
        "small": dict(dim=384, n_heads=6, ffn_dim=1536, n_layers=12),
        "base": dict(dim=768, n_heads=12, ffn_dim=3072, n_layers=12),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(
            1,
            n_layers=self.n_layers,
            image_size=self.image_size,
            patch_size=self.patch_size,
            channels=self.channels,
        )
        if self.image_size is not None and self.image_size % self.patch_size:
            raise ConfigError(
                "must divide image_size={size}; got {value}.",
                key="patch_size",
                size=self.image_size,
                value=self.patch_size,
            )
        if self.stem_widths and 2 ** len(self.stem_widths) != self.patch_size:
            raise ConfigError(
                "each stage of the stem halves the picture: {n} stages make patches of {made} "
                "pixels, and patch_size is {value}.",
                key="stem_widths",
                n=len(self.stem_widths),
                made=2 ** len(self.stem_widths),
                value=self.patch_size,
            )
        if self.image_size is not None:
            object.__setattr__(self, "max_len", self.n_tokens)  # frozen, and known only now

    @property
    def n_tokens(self) -> int:
        """Patches of a picture, and the class token where there is one."""
        assert self.image_size is not None, "the data gives it before the model is made"
        return (self.image_size // self.patch_size) ** 2 + (self.pool == "first")


class Vit(nn.Module):
    """Pictures to hidden states of their patches, and to one vector each."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.config = config
        self.stem: nn.Module = nn.Identity()
        if config.stem_widths:
            self.stem = ResNet(config.channels, config.stem_widths)
            self.patches = nn.Conv2d(config.stem_widths[-1], config.dim, 1)
        else:
            p = config.patch_size
            self.patches = nn.Conv2d(config.channels, config.dim, p, p)
        self.first = None
        if config.pool == "first":
            self.first = nn.Parameter(torch.randn(config.dim) * 0.02)
        self.encoder = Stack(config, config.n_layers)
        self._initialise()
        self.heads = AttributeHeads(config.dim, config.heads) if config.heads else None

    def _initialise(self) -> None:
        for module in (self.patches, *self.encoder.modules()):
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def layout(self, images: Tensor) -> Layout:
        """How the hidden states of so many pictures lie."""
        return Layout([self.config.n_tokens] * len(images), images.device)

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) in [-1, 1] to packed states, (batch * n_tokens, dim).

        Raises ConfigError for pictures of another size than the model's.
        """
        self._check(images)
        x = self.patches(self.stem(images)).flatten(2).mT  # (batch, patches, dim)
        if self.first is not None:
            x = torch.cat((self.first.expand(len(x), 1, -1), x), dim=1)
        return self.encoder(x.flatten(0, 1), self.layout(images))

    def pool(self, hidden: Tensor) -> Tensor:
        """The class token of each picture, or the mean of its patches: (batch, dim)."""
        hidden = hidden.unflatten(0, (-1, self.config.n_tokens))
        return hidden[:, 0] if self.config.pool == "first" else hidden.mean(1)

    def features(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) in [-1, 1] to one vector each, (batch, dim)."""
        return self.pool(self.encode(images))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """A score for each class of each attribute: {name: (batch, classes)}."""
        assert self.heads is not None, "made without heads: it encodes only"
        return self.heads(self.features(images))

    def _check(self, images: Tensor) -> None:
        wanted = (self.config.channels, self.config.image_size, self.config.image_size)
        if tuple(images.shape[1:]) != wanted:
            raise ConfigError(
                "pictures of {height} by {width} pixels in {channels} channels were given; the "
                "model takes {size} by {size} in {wanted}.",
                key="image_size",
                height=images.shape[2],
                width=images.shape[3],
                channels=images.shape[1],
                size=self.config.image_size,
                wanted=self.config.channels,
            )
