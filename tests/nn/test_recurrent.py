import pytest
import torch
from torch import nn

from jium.models import recurrent_cells
from jium.nn.layout import Layout
from jium.nn.recurrent import GROWTH, SLACK, Runner, _groups

LENGTHS = [5, 1, 40, 4, 17, 18, 1]
LAYERS = [nn.LSTM, nn.GRU]


def made(kind, lengths):
    torch.manual_seed(0)
    layer = kind(6, 8, batch_first=True)
    x = torch.randn(sum(lengths), 6)
    return layer, x, torch.randn(2 if kind is nn.LSTM else 1, len(lengths), 8)


def alone(layer, x, state, lengths):
    """Each text by the equations."""
    states, ends = [], []
    for text, before in zip(x.split(lengths), state.unbind(1), strict=True):
        own, after = recurrent_cells.run(text[None], tuple(p[None] for p in before), layer)
        states.append(own[0])
        ends.append(torch.cat(after))
    return torch.cat(states), torch.stack(ends, dim=1)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("learning", [True, False])
@pytest.mark.parametrize("lengths", [LENGTHS, [7, 7, 7], [1], [3, 2]])
def test_texts_run_together_are_texts_run_alone(kind, learning, lengths):
    layer, x, state = made(kind, lengths)
    with torch.set_grad_enabled(learning):
        found, after = Runner(Layout(lengths))(layer, x, state)
    expected, ends = alone(layer, x, state, lengths)
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(after, ends, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_are_those_of_texts_run_alone(kind):
    layer, x, state = made(kind, LENGTHS)
    weights = torch.randn(sum(LENGTHS), 8)

    def gradients(run):
        inputs = [x.clone().requires_grad_(), *layer.parameters()]
        return torch.autograd.grad((run(inputs[0]) * weights).sum(), inputs)

    found = gradients(lambda own: Runner(Layout(LENGTHS))(layer, own, state)[0])
    expected = gradients(lambda own: alone(layer, own, state, LENGTHS)[0])
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_groups_hold_every_token_once_and_texts_of_like_length():
    layout, seen = Layout(LENGTHS), []
    for rows, tokens, real in _groups(layout):
        sizes = [LENGTHS[row] for row in rows]
        assert max(sizes) <= GROWTH * min(sizes) + SLACK
        assert real.sum(1).tolist() == sizes and tokens.shape == real.shape
        seen += tokens[real].tolist()
    assert sorted(seen) == list(range(sum(LENGTHS)))
