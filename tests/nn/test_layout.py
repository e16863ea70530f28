import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from jium.nn.layout import Layout, layout_of

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@given(LENGTHS)
def test_padding_and_taking_it_away_is_identity(lengths: list[int]) -> None:
    layout = Layout(lengths)
    x = torch.arange(1.0, 2 * sum(lengths) + 1).view(-1, 2)
    padded = layout.pad(x)
    assert padded.shape == (len(lengths), max(lengths), 2)
    assert torch.equal(layout.unpad(padded), x)
    assert (padded[~layout.mask] == 0).all()


@given(LENGTHS)
def test_each_text_stands_at_the_start_of_its_own_row(lengths: list[int]) -> None:
    layout = Layout(lengths)
    padded = layout.pad(torch.arange(sum(lengths)))
    for row, part in zip(padded, torch.arange(sum(lengths)).split(lengths), strict=True):
        assert torch.equal(row[: len(part)], part)


@given(LENGTHS)
def test_positions_count_from_zero_in_every_text(lengths: list[int]) -> None:
    expected = [place for length in lengths for place in range(length)]
    assert Layout(lengths).positions.tolist() == expected


@given(LENGTHS)
def test_a_layout_is_read_back_from_its_mask(lengths: list[int]) -> None:
    layout = Layout(lengths)
    again = layout_of(layout.mask)
    assert (again.lengths, again.time, again.full) == (lengths, layout.time, layout.full)
    assert layout.tokens == sum(lengths) == int(layout.mask.sum())
    assert layout.full == (len(set(lengths)) == 1)


@pytest.mark.parametrize("lengths", [[3, 3], [3, 1]])
def test_gradients_pass_through_the_padded_view_untouched(lengths: list[int]) -> None:
    layout = Layout(lengths)
    x = torch.randn(sum(lengths), 2, requires_grad=True)
    grown = torch.arange(1.0, 2 * sum(lengths) + 1).view(-1, 2)
    (layout.unpad(layout.pad(x)) * grown).sum().backward()
    assert x.grad is not None and torch.equal(x.grad, grown)
