"""Huffman codes against a tree drawn by hand, the entropy, and each other."""

import numpy as np
import pytest

from jium.data.huffman import block_paths, huffman


def codes(counts):
    """Each word's (node, turn) from the root down."""
    nodes, turns = huffman(counts)
    return [
        [(int(n), int(t)) for n, t in zip(*rows, strict=True) if t][::-1]
        for rows in zip(nodes, turns, strict=True)
    ]


def mean_length(counts):
    lengths = (huffman(counts).turns != 0).sum(1)
    return float(lengths @ np.asarray(counts) / np.sum(counts))


def test_the_tree_drawn_by_hand():
    # 2 + 3 = 5, the older 5 + 5 = 10, 7 + 9 = 16, 10 + 16 = 26
    assert codes([9, 7, 5, 3, 2]) == [
        [(0, -1), (1, -1)],
        [(0, -1), (1, 1)],
        [(0, 1), (2, 1)],
        [(0, 1), (2, -1), (3, -1)],
        [(0, 1), (2, -1), (3, 1)],
    ]


def test_two_words_are_one_turn_apart():
    assert codes([5, 1]) == [[(0, -1)], [(0, 1)]]


def test_words_of_one_count_share_a_full_tree():
    assert mean_length([3] * 64) == 6


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_length_is_between_the_entropy_and_one_bit_more(seed):
    counts = np.random.default_rng(seed).zipf(1.3, 300).clip(max=10**6)
    share = counts / counts.sum()
    entropy = -(share * np.log2(share)).sum()
    assert entropy <= mean_length(counts) < entropy + 1


def test_where_counts_are_powers_of_two_the_mean_length_is_the_entropy():
    assert mean_length([8, 4, 2, 1, 1]) == pytest.approx(1.875)


def test_no_code_begins_another_and_every_inner_node_is_used():
    counts = np.random.default_rng(0).integers(1, 50, 40)
    found = codes(counts)
    ways = ["".join("+" if turn > 0 else "-" for _, turn in code) for code in found]
    assert not any(a != b and b.startswith(a) for a in ways for b in ways)
    assert sum(2.0 ** -len(way) for way in ways) == 1
    assert {node for code in found for node, _ in code} == set(range(39))


def test_the_paths_of_a_block_are_those_of_its_words():
    rng = np.random.default_rng(0)
    paths = huffman(rng.integers(1, 50, 40))
    words = rng.integers(0, 40, (3, 7))
    nodes, turns = block_paths(paths, words)
    for block in range(3):
        for place, word in enumerate(words[block]):
            row = turns[block, place]
            found = set(zip(nodes[block][row != 0], row[row != 0], strict=True))
            real = paths.turns[word] != 0
            assert found == set(zip(paths.nodes[word][real], paths.turns[word][real], strict=True))
            assert len(found) == (row != 0).sum()
