"""Convolution blocks: shapes, what steers them, and sizes that do not fit."""

import pytest
import torch
from torch import nn

from jium.errors import DataError
from jium.nn.conv import (
    Downsample,
    PixelAttention,
    ResBlock,
    Upsample,
    as_picture,
    as_tokens,
    channels_last,
    check_sides,
    group_norm,
)


def picture(channels: int = 8, height: int = 4, width: int = 6) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, channels, height, width)


@pytest.mark.parametrize("channels", [1, 3, 8, 20, 48, 64, 128, 320])
def test_groups_divide_the_channels_and_hold_four_of_them(channels: int) -> None:
    norm = group_norm(channels)
    assert channels % norm.num_groups == 0
    assert norm.num_groups == 1 or channels // norm.num_groups >= 4
    assert norm.num_groups <= 32


@pytest.mark.parametrize("modulation", ["add", "scale_shift"])
def test_what_steers_a_block_changes_it(modulation: str) -> None:
    torch.manual_seed(0)
    block = ResBlock(8, 12, cond_dim=5, modulation=modulation)  # type: ignore[arg-type]
    x, cond = picture(), torch.randn(2, 5)
    y = block(x, cond)
    assert y.shape == (2, 12, 4, 6)
    changed = cond.clone()
    changed[0] += 1
    assert not torch.allclose(block(x, changed)[0], y[0])
    assert torch.allclose(block(x, changed)[1], y[1])


def test_a_block_that_ends_in_nothing_hands_its_picture_on() -> None:
    block = ResBlock(8)
    nn.init.zeros_(block.conv2.weight)
    assert block.conv2.bias is not None
    nn.init.zeros_(block.conv2.bias)
    assert torch.equal(block(picture()), picture())


def test_sizes_halve_and_double() -> None:
    assert Downsample(8, 3)(picture()).shape == (2, 3, 2, 3)
    assert Upsample(8, 5)(picture()).shape == (2, 5, 8, 12)


def test_tokens_are_read_row_by_row_and_go_back() -> None:
    x = picture()
    assert torch.equal(as_tokens(x)[1, 6 + 2], x[1, :, 1, 2])
    assert torch.equal(as_picture(as_tokens(x), x), x)


def test_tokens_of_a_picture_with_channels_last_are_no_copy() -> None:
    x = picture().contiguous(memory_format=torch.channels_last)
    tokens = as_tokens(x)
    assert tokens.data_ptr() == x.data_ptr() and tokens.is_contiguous()


def test_attention_over_pixels_goes_with_a_shuffle_of_them() -> None:
    torch.manual_seed(0)
    attention = PixelAttention(8, head_dim=4)
    x = picture()
    order = torch.randperm(24)
    shuffled = as_picture(as_tokens(x)[:, order], x)
    wanted = as_picture(as_tokens(attention(x))[:, order], x)
    torch.testing.assert_close(attention(shuffled), wanted)


def test_a_far_pixel_is_seen_by_attention_and_not_by_one_block() -> None:
    torch.manual_seed(0)
    x = picture(8, 16, 16)
    changed = x.clone()
    changed[:, :, -1, -1] += 5
    attention = PixelAttention(8, head_dim=8)
    assert not torch.allclose(attention(changed)[:, :, 0, 0], attention(x)[:, :, 0, 0])
    convolution = Downsample(8)
    assert torch.equal(convolution(changed)[:, :, 0, 0], convolution(x)[:, :, 0, 0])


def test_channels_last_is_the_layout_of_pictures_and_not_of_weights() -> None:
    """The fused optimisers of PyTorch go through weight and state in the order of memory, and
    state that comes from a file is plain.
    """
    torch.manual_seed(0)
    block = ResBlock(8, 12)
    before = block(picture())
    after = channels_last(block)(picture())
    assert after.is_contiguous(memory_format=torch.channels_last)
    assert block.conv1.weight.is_contiguous()
    torch.testing.assert_close(after, before)


def test_sides_that_do_not_divide_are_refused_with_the_nearest_that_do() -> None:
    check_sides(picture(3, 8, 16), 8)
    message = (
        r"a picture of 30 x 3 does not fit: width and height must be multiples of 4. Try 32 x 4\."
    )
    with pytest.raises(DataError, match=message):
        check_sides(picture(3, 3, 30), 4)
