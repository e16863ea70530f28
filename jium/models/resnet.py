"""A residual network for small pictures (He et al., 2016, https://arxiv.org/abs/1512.03385).

Notable: the first layer already halves the picture, which costs little accuracy at 32 pixels and
saves three quarters of the work; each stage after the first halves it again. It is the trunk of the
judge of attributes, and the stem of a ViT in hybrid form.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ResBlock(nn.Module):
    """Two convolutions, and what came in added to what they find."""

    def __init__(self, width_in: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        nn.init.zeros_(self.norm2.weight)  # each block begins as nothing added
        self.skip: nn.Module = nn.Identity()
        if stride > 1 or width_in != width:
            self.skip = nn.Sequential(
                nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.skip(x) + self.norm2(self.conv2(y)))


class ResNet(nn.Module):
    """Pictures, (batch, channels, height, width), to a map of features, (batch, widths[-1],
    height / stride, width / stride).

    widths: of each stage; n_blocks: in a stage. Sizes need not divide: odd ones are rounded up.
    """

    def __init__(self, channels: int, widths: Sequence[int], n_blocks: int = 1) -> None:
        super().__init__()
        self.stride = 2 ** len(widths)
        self.stem = nn.Conv2d(channels, widths[0], 3, 2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        blocks, width = [], widths[0]
        for stage, wider in enumerate(widths):
            for number in range(n_blocks):
                halve = stage > 0 and number == 0
                blocks.append(ResBlock(width, wider, 2 if halve else 1))
                width = wider
        self.blocks = nn.Sequential(*blocks)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        x = images.contiguous(memory_format=torch.channels_last)
        return self.blocks(F.relu(self.norm(self.stem(x))))
