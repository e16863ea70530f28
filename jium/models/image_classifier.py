"""A small residual network that names several attributes of a picture at once: subject, colour,
style.

Trained on pictures whose attributes are known, it is the independent judge of drawn ones: it shares
nothing with the model that drew them. What lies where matters to some attributes ("left of"), so
beside mean and maximum of the features their means in the four quarters are read, too.
"""

from dataclasses import field
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.models.image_heads import AttributeHeads
from jium.models.resnet import ResNet
from jium.nn.dropout import Dropout
from jium.ranges import at_least, share_below_one


@config
class ImageClassifierConfig:
    """[model] of a judge. `size` names a row of `sizes`."""

    image_size: int | None = None  # pixels, to which pictures are brought; None: that of the data
    channels: int = 3
    widths: list[int] = field(default_factory=lambda: [32, 64, 128])  # of each stage
    n_blocks: int = 1  # in a stage
    dropout: float = 0.1  # before the heads
    heads: dict[str, int] = field(default_factory=dict)  # attribute to classes; empty: the data's

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": dict(widths=[8, 16], n_blocks=1),
        "small": dict(widths=[32, 64, 128], n_blocks=1),
        "medium": dict(widths=[48, 96, 192], n_blocks=2),
    }

    def __post_init__(self) -> None:
        at_least(1, image_size=self.image_size, channels=self.channels, n_blocks=self.n_blocks)
        at_least(1, widths=min(self.widths, default=0))
        share_below_one(dropout=self.dropout)


class ImageClassifier(nn.Module):
    """Pictures to a score for each class of each attribute; `features` are those before that."""

    def __init__(self, config: ImageClassifierConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = ResNet(config.channels, config.widths, config.n_blocks)
        self.dropout = Dropout(config.dropout)
        self.heads = AttributeHeads(6 * config.widths[-1], config.heads)

    @property
    def feature_dim(self) -> int:
        """How many numbers `features` gives."""
        return 6 * self.config.widths[-1]

    def features(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) in [-1, 1], of any size, to (batch, feature_dim)."""
        found = self.trunk(images)  # (batch, width, rows, columns)
        quarters = F.adaptive_avg_pool2d(found, 2).flatten(1)
        return torch.cat((found.mean((2, 3)), found.amax((2, 3)), quarters), dim=1)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """A score for each class of each attribute: {name: (batch, classes)}."""
        return self.heads(self.dropout(self.features(images)))
