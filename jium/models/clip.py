"""CLIP, pictures and texts in one space (Radford et al., 2021, https://arxiv.org/abs/2103.00020).

Notable: a Vision Transformer and the causal text tower, each projected without a bias to vectors of
one width and length 1; the temperature of their cosines is learned, and never above 100.
"""

import math
from dataclasses import field
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.models.clip_text import ClipText, ClipTextConfig
from jium.models.vit import Vit, VitConfig
from jium.nn.layout import Layout
from jium.ranges import above_zero, at_least

MOST_SCALE = 100.0  # section 2.5 of the paper: above it training is unstable


@config
class ClipConfig:
    """[model] of pictures and texts in one space: [model.image] and [model.text] are its towers."""

    projection_dim: int = 512  # of the vectors that are compared
    temperature: float = 0.07  # to begin with; it is learned
    image: VitConfig = field(default_factory=VitConfig)
    text: ClipTextConfig = field(default_factory=ClipTextConfig)

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "mini": dict(
            projection_dim=128,
            image=VitConfig.sizes["mini"],
            text=dict(dim=192, n_heads=3, ffn_dim=384, n_layers=3, max_len=64),
        ),
        "base": dict(projection_dim=512, image=VitConfig.sizes["base"]),
    }

    def __post_init__(self) -> None:
        at_least(1, projection_dim=self.projection_dim)
        above_zero(temperature=self.temperature)

    @property
    def vocab_size(self) -> int | None:
        """That of the text tower."""
        return self.text.vocab_size


class Clip(nn.Module):
    """Two towers that end in one space."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.config = config
        self.image = Vit(config.image)
        self.image_projection = nn.Linear(config.image.dim, config.projection_dim, bias=False)
        nn.init.normal_(self.image_projection.weight, std=config.image.dim**-0.5)
        self.text = ClipText(config.text)
        if self.text.projection is None or config.text.projection_dim != config.projection_dim:
            self.text.projection = nn.Linear(config.text.dim, config.projection_dim, bias=False)
        nn.init.normal_(self.text.projection.weight, std=config.text.dim**-0.5)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by, one over the temperature."""
        return self.log_scale.exp().clamp(max=MOST_SCALE)

    def embed_images(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) in [-1, 1] to vectors of length 1, (batch, dim)."""
        pooled = self.image.pool(self.image.encode(images))
        return F.normalize(self.image_projection(pooled).float(), dim=-1)

    def embed_texts(self, tokens: Tensor, layout: Layout) -> Tensor:
        """Packed token ids, each text with its end, to vectors of length 1, (batch, dim)."""
        hidden = self.text(tokens, layout)
        return F.normalize(self.text.pool(hidden, tokens, layout).float(), dim=-1)

    def forward(self, images: Tensor, tokens: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
        """The vectors of pictures and of their texts, (batch, dim) each."""
        if self.training:  # the weight itself: where `scale` cuts it off, it would learn no more
            self.log_scale.data.clamp_(max=math.log(MOST_SCALE) - 1e-6)
        return self.embed_images(images), self.embed_texts(tokens, layout)
