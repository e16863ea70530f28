"""Inception-v3 as FID has it: the network of 2015-12-05 (Szegedy et al., 2016,
https://arxiv.org/abs/1512.00567), read from a file that the user has.

Notable: it is not the Inception-v3 that libraries ship. Mean pools do not count the padding, and in
the last block the pool is a maximum; the weights of that one fit all the same, and tell other
things, so they are told by their 1000 classes and refused. Names are those of the file,
pt_inception-2015-12-05 of pytorch-fid. It gives features alone; the classes are left in the file.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.errors import DataError

SIDE, DIM = 299, 2048  # pixels that the network sees; numbers of a picture
CLASSES = 1008  # of the file, nobody's else


class Conv(nn.Module):
    """A convolution without bias, batch norm, ReLU."""

    def __init__(
        self,
        channels: int,
        made: int,
        size: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, made, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(made, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


ACROSS: tuple[tuple[int, int], tuple[int, int]] = ((1, 7), (0, 3))  # size, padding
DOWN: tuple[tuple[int, int], tuple[int, int]] = ((7, 1), (3, 0))
WIDE: tuple[tuple[int, int], tuple[int, int]] = ((1, 3), (0, 1))
TALL: tuple[tuple[int, int], tuple[int, int]] = ((3, 1), (1, 0))


def mean_pool(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class Squares(nn.Module):
    """35 x 35 places: 1 x 1, 5 x 5, twice 3 x 3, and the mean around."""

    def __init__(self, channels: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Conv(channels, 64)
        self.branch5x5_1 = Conv(channels, 48)
        self.branch5x5_2 = Conv(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Conv(channels, 64)
        self.branch3x3dbl_2 = Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, padding=1)
        self.branch_pool = Conv(channels, pooled)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        twice = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat((self.branch1x1(x), five, twice, self.branch_pool(mean_pool(x))), 1)


class Halve(nn.Module):
    """35 x 35 places to 17 x 17."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch3x3 = Conv(channels, 384, 3, 2)
        self.branch3x3dbl_1 = Conv(channels, 64)
        self.branch3x3dbl_2 = Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        twice = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat((self.branch3x3(x), twice, F.max_pool2d(x, 3, 2)), 1)


class Strips(nn.Module):
    """17 x 17 places: 1 x 1, 7 x 7 as two strips, the same twice, and the mean around."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.branch1x1 = Conv(768, 192)
        self.branch7x7_1 = Conv(768, dim)
        self.branch7x7_2 = Conv(dim, dim, ACROSS[0], padding=ACROSS[1])
        self.branch7x7_3 = Conv(dim, 192, DOWN[0], padding=DOWN[1])
        self.branch7x7dbl_1 = Conv(768, dim)
        self.branch7x7dbl_2 = Conv(dim, dim, DOWN[0], padding=DOWN[1])
        self.branch7x7dbl_3 = Conv(dim, dim, ACROSS[0], padding=ACROSS[1])
        self.branch7x7dbl_4 = Conv(dim, dim, DOWN[0], padding=DOWN[1])
        self.branch7x7dbl_5 = Conv(dim, 192, ACROSS[0], padding=ACROSS[1])
        self.branch_pool = Conv(768, 192)

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        return torch.cat((self.branch1x1(x), once, twice, self.branch_pool(mean_pool(x))), 1)


class HalveAgain(nn.Module):
    """17 x 17 places to 8 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = Conv(768, 192)
        self.branch3x3_2 = Conv(192, 320, 3, 2)
        self.branch7x7x3_1 = Conv(768, 192)
        self.branch7x7x3_2 = Conv(192, 192, ACROSS[0], padding=ACROSS[1])
        self.branch7x7x3_3 = Conv(192, 192, DOWN[0], padding=DOWN[1])
        self.branch7x7x3_4 = Conv(192, 192, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat((three, self.branch7x7x3_4(seven), F.max_pool2d(x, 3, 2)), 1)


class Forks(nn.Module):
    """8 x 8 places: 1 x 1, two strips side by side, the same after 3 x 3, and the mean or
    the maximum around.
    """

    def __init__(self, channels: int, maximum: bool) -> None:
        super().__init__()
        self.maximum = maximum
        self.branch1x1 = Conv(channels, 320)
        self.branch3x3_1 = Conv(channels, 384)
        self.branch3x3_2a = Conv(384, 384, WIDE[0], padding=WIDE[1])
        self.branch3x3_2b = Conv(384, 384, TALL[0], padding=TALL[1])
        self.branch3x3dbl_1 = Conv(channels, 448)
        self.branch3x3dbl_2 = Conv(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = Conv(384, 384, WIDE[0], padding=WIDE[1])
        self.branch3x3dbl_3b = Conv(384, 384, TALL[0], padding=TALL[1])
        self.branch_pool = Conv(channels, 192)

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch3x3_1(x)
        twice = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        around = F.max_pool2d(x, 3, 1, 1) if self.maximum else mean_pool(x)
        parts = [self.branch1x1(x), self.branch3x3_2a(once), self.branch3x3_2b(once)]
        parts += [self.branch3x3dbl_3a(twice), self.branch3x3dbl_3b(twice)]
        return torch.cat((*parts, self.branch_pool(around)), 1)


class Inception(nn.Module):
    """Pictures to 2048 numbers each."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Conv(64, 80)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3)
        self.Mixed_5b, self.Mixed_5c = Squares(192, 32), Squares(256, 64)
        self.Mixed_5d, self.Mixed_6a = Squares(288, 64), Halve(288)
        self.Mixed_6b, self.Mixed_6c = Strips(128), Strips(160)
        self.Mixed_6d, self.Mixed_6e = Strips(160), Strips(192)
        self.Mixed_7a = HalveAgain()
        self.Mixed_7b, self.Mixed_7c = Forks(1280, maximum=False), Forks(2048, maximum=True)

    def forward(self, images: Tensor) -> Tensor:
        """(batch, 3, height, width) in [-1, 1], of any size, to (batch, 2048)."""
        x = F.interpolate(images, (SIDE, SIDE), mode="bilinear", align_corners=False)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = self.Mixed_5d(
            self.Mixed_5c(self.Mixed_5b(F.max_pool2d(x, 3, 2)))
        )  # (batch, 288, 35, 35)
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))  # (batch, 768, 17, 17)
        x = self.Mixed_7a(self.Mixed_6e(self.Mixed_6d(x)))  # (batch, 1280, 8, 8)
        return self.Mixed_7c(self.Mixed_7b(x)).mean((2, 3))


def read_inception(path: Path) -> Inception:
    """The network with the weights of a file. Raises DataError for a file that is not there or
    holds anything else.
    """
    if not path.is_file():
        raise DataError("{path}: no such file.{near}", path=path, near="")
    with torch.device("meta"):
        model = Inception()
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        classes = len(found.get("fc.bias", range(CLASSES)))
        if classes != CLASSES:
            raise ValueError(f"{classes} classes, not {CLASSES}")
        wanted = model.state_dict()
        counts = {name: torch.tensor(0) for name in wanted if name.endswith("num_batches_tracked")}
        kept = counts | {name: found[name] for name in wanted if name in found}
        model.load_state_dict(kept, assign=True)
    except Exception as error:  # whatever unpickling and loading raise
        raise DataError(
            "{path}: does not hold the Inception of FID ({error}). It is pytorch-fid's "
            "pt_inception-2015-12-05-6726825d.pth.",
            path=path,
            error=str(error).split("\n")[0][:100] or type(error).__name__,
        ) from error
    return model.float().eval().requires_grad_(False)
