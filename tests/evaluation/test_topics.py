import numpy as np
import pytest

from jium.evaluation.topics import coherence, diversity

sparse = pytest.importorskip("scipy.sparse")


def test_coherence_is_npmi_by_hand() -> None:
    """Of four texts word 0 stands in two, word 1 in two, both together in one: npmi is 0."""
    counts = sparse.csr_array(np.array([[1, 3, 0], [1, 0, 1], [0, 2, 0], [0, 0, 1]]))
    assert coherence(counts, [0, 1]) == pytest.approx(0)
    assert coherence(counts, [1, 2]) == -1  # never together
    always = sparse.csr_array(np.array([[1, 1], [1, 1], [0, 0]]))
    assert coherence(always, [0, 1]) == pytest.approx(1)


def test_words_that_are_not_there_are_left_out() -> None:
    counts = sparse.csr_array(np.array([[1, 1, 0], [0, 0, 0]]))
    assert coherence(counts, [0, 1, 2]) == pytest.approx(1)
    assert coherence(counts, [2]) == 0


def test_diversity_is_the_share_of_different_words() -> None:
    assert diversity([[0, 1], [2, 3]]) == 1
    assert diversity([[0, 1], [0, 1]]) == 0.5
