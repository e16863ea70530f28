"""AdaGrad by rows."""

import torch
from torch import nn

from jium.training.adagrad import RowAdagrad


def sparse(rows, values, size):
    return torch.sparse_coo_tensor(
        torch.tensor([rows]), torch.tensor(values), size, check_invariants=True
    )


def run(per_row, as_sparse, steps=5):
    torch.manual_seed(0)
    table = nn.Parameter(torch.randn(6, 3))
    optimiser = RowAdagrad([table], lr=0.1, eps=1e-8, per_row=per_row)
    for step in range(steps):
        rows = sorted({step % 6, (2 * step + 1) % 6})
        gradient = sparse(rows, torch.randn(len(rows), 3).tolist(), (6, 3))
        table.grad = gradient if as_sparse else gradient.to_dense()
        optimiser.step()
    return table.detach()


def test_sparse_gradients_move_rows_as_dense_ones_do():
    for per_row in (True, False):
        torch.testing.assert_close(run(per_row, True), run(per_row, False))


def test_with_a_rate_for_each_weight_it_is_the_adagrad_of_torch():
    table = nn.Parameter(torch.randn(4, 3))
    twin = nn.Parameter(table.detach().clone())
    ours = RowAdagrad([table], lr=0.1, eps=1e-10, per_row=False)
    theirs = torch.optim.Adagrad([twin], lr=0.1, eps=1e-10)
    for _ in range(5):
        table.grad = torch.randn(4, 3)
        twin.grad = table.grad.clone()
        ours.step(), theirs.step()
    torch.testing.assert_close(table, twin)


def test_only_rows_with_a_gradient_move():
    table = nn.Parameter(torch.ones(4, 2))
    optimiser = RowAdagrad([table], lr=0.1, eps=1e-8, per_row=True)
    table.grad = sparse([1, 3], [[1.0, 1.0], [2.0, 2.0]], (4, 2))
    optimiser.step()
    assert table[0].tolist() == table[2].tolist() == [1.0, 1.0]
    torch.testing.assert_close(table[1], torch.tensor([0.9, 0.9]))
    torch.testing.assert_close(table[3], torch.tensor([0.9, 0.9]))  # whatever its scale


def test_a_row_that_stands_twice_moves_once_by_the_sum():
    table = nn.Parameter(torch.zeros(3, 1))
    optimiser = RowAdagrad([table], lr=0.1, eps=1e-8, per_row=True)
    table.grad = sparse([1, 1], [[3.0], [-1.0]], (3, 1))
    optimiser.step()
    assert optimiser.state[table]["sum"].tolist() == [[0.0], [4.0], [0.0]]


def test_its_state_is_saved_and_restored():
    table = nn.Parameter(torch.ones(2, 2))
    first = RowAdagrad([table], lr=0.1, eps=1e-8, per_row=True)
    table.grad = torch.ones(2, 2)
    first.step()
    second = RowAdagrad([table], lr=0.1, eps=1e-8, per_row=True)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.state[table]["sum"], first.state[table]["sum"])
