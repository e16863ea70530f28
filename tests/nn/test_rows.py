"""Rows of a table, and gradients of those rows alone."""

import numpy as np
import torch

from jium.nn.rows import Places, spread, summed, take_rows

NUMBERS = np.array([5, 2, 5, 0, 2, 5, 7])


def table(seed=0):
    made = torch.randn(9, 4, generator=torch.Generator().manual_seed(seed))
    return made.requires_grad_()


def test_rows_at_their_places_are_what_indexing_gives():
    places = Places.of(NUMBERS)
    assert places.rows.tolist() == [0, 2, 5, 7]
    weights = table()
    found = spread(take_rows(weights, places.rows), places)
    assert torch.equal(found, weights[torch.from_numpy(NUMBERS)])


def test_the_gradient_is_sparse_and_equals_that_of_indexing():
    places, weights = Places.of(NUMBERS), table()
    upstream = torch.randn(len(NUMBERS), 4)
    (spread(take_rows(weights, places.rows), places) * upstream).sum().backward()
    ours = weights.grad
    weights.grad = None
    (weights[torch.from_numpy(NUMBERS)] * upstream).sum().backward()
    assert ours.is_sparse
    assert ours._indices()[0].tolist() == [0, 2, 5, 7]
    torch.testing.assert_close(ours.to_dense(), weights.grad)


def test_gradients_of_two_batches_are_summed_row_by_row():
    weights = table()
    for numbers in ([1, 3, 3], [3, 0]):
        places = Places.of(np.array(numbers))
        spread(take_rows(weights, places.rows), places).sum().backward()
    found = summed(weights.grad)
    assert found._indices()[0].tolist() == [0, 1, 3]
    assert found._values()[:, 0].tolist() == [1.0, 1.0, 3.0]


def test_places_of_one_row_are_fine():
    places = Places.of(np.array([4, 4]))
    assert (places.rows.tolist(), places.where.tolist(), places.starts.tolist()) == (
        [4],
        [0, 0],
        [0],
    )
