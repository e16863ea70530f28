"""Recurrent cells as equations: one step of an LSTM and of a GRU, and a layer run step by step.

Models run PyTorch's fused `nn.LSTM` and `nn.GRU`, which are many times faster; this says what those
compute, and tests hold them to it.
"""

import torch
from torch import Tensor, nn

State = tuple[
    Tensor, ...
]  # (hidden, cell) of an LSTM, (hidden,) of a GRU; each (batch, hidden_dim)


def lstm_step(x: Tensor, state: State, layer: nn.LSTM) -> State:
    """Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000).

    x: (batch, dim). The gates stand in the rows of the weights in the order input, forget, new,
    output.
    """
    hidden, cell = state
    of_x, of_hidden, bias_x, bias_hidden = layer.all_weights[0]
    gates = x @ of_x.T + bias_x + hidden @ of_hidden.T + bias_hidden  # (batch, 4 * hidden_dim)
    keep_new, keep_old, new, show = gates.chunk(4, dim=1)
    cell = keep_old.sigmoid() * cell + keep_new.sigmoid() * new.tanh()
    return show.sigmoid() * cell.tanh(), cell


def gru_step(x: Tensor, state: State, layer: nn.GRU) -> State:
    """Cho et al. (2014); the reset gate is applied after the product, as in cuDNN.

    The gates stand in the rows of the weights in the order reset, update, new.
    """
    (hidden,) = state
    of_x, of_hidden, bias_x, bias_hidden = layer.all_weights[0]
    seen = x @ of_x.T + bias_x  # (batch, 3 * hidden_dim)
    known = hidden @ of_hidden.T + bias_hidden
    reset_x, update_x, new_x = seen.chunk(3, dim=1)
    reset_h, update_h, new_h = known.chunk(3, dim=1)
    reset, update = (reset_x + reset_h).sigmoid(), (update_x + update_h).sigmoid()
    new = (new_x + reset * new_h).tanh()
    return (update * hidden + (1 - update) * new,)


def run(x: Tensor, state: State, layer: nn.LSTM | nn.GRU) -> tuple[Tensor, State]:
    """A layer over a whole text: (batch, time, dim) to hidden states (batch, time, hidden_dim), and
    the state after the last.
    """
    states = []
    for step in x.unbind(1):
        if isinstance(layer, nn.LSTM):
            state = lstm_step(step, state, layer)
        else:
            state = gru_step(step, state, layer)
        states.append(state[0])
    return torch.stack(states, dim=1), state
