"""Huffman codes (1952): a binary tree in which frequent words stand near the root."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Paths(NamedTuple):
    """The way from each word up to the root, padded to the longest with the root and turns of 0.

    nodes: (words, depth), int32, the inner nodes; there is one less than words, the root is 0.
    turns: (words, depth), int8, 1 or -1 for the branch that leads to the word.
    """

    nodes: NDArray[np.int32]
    turns: NDArray[np.int8]


def huffman(counts: Sequence[int]) -> Paths:
    """The tree in which the words of a corpus have the shortest paths on average.

    counts: of two words or more. Of nodes with one count the earlier made goes first, so that the
    same counts give the same tree. The depth is at most about 1.44 log2 of the sum of the counts.
    """
    parent, turn = _joined(counts)
    root = len(parent) - 1
    at, nodes, turns = np.arange(len(counts)), [], []
    while (below := at < root).any():  # every word goes up one step at a time
        turns.append(turn[at])
        at = np.where(below, parent[at], root)
        nodes.append(root - at)
    return Paths(np.stack(nodes, 1).astype(np.int32), np.stack(turns, 1))


def _joined(counts: Sequence[int]) -> tuple[NDArray, NDArray]:
    """The parent of each word and then of each inner node, the root last, and the branch to it."""
    n_words = len(counts)
    parent = np.zeros(2 * n_words - 1, np.int64)
    turn = np.zeros(2 * n_words - 1, np.int8)
    heap = [(int(count), number) for number, count in enumerate(counts)]
    heapify(heap)
    for number in range(n_words, 2 * n_words - 1):
        (rare, one), (common, other) = heappop(heap), heappop(heap)
        parent[[one, other]] = number
        turn[one], turn[other] = 1, -1
        heappush(heap, (rare + common, number))
    return parent, turn


def block_paths(paths: Paths, words: NDArray) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """The inner nodes on the ways to the words of each block, each once, and the turns there.

    words: (blocks, m). Gives nodes, (blocks, nodes), padded with the root, and turns, (blocks, m,
    nodes), 0 where the way to a word does not pass the node.
    """
    block, word, step = np.nonzero(paths.turns[words])
    number = words[block, word]
    joined = block * len(paths.nodes) + paths.nodes[number, step]
    found, where = np.unique(joined, return_inverse=True)
    of_block, node = np.divmod(found, len(paths.nodes))
    place = np.arange(len(found)) - np.searchsorted(of_block, of_block)  # within its block
    nodes = np.zeros((len(words), place.max() + 1), np.int32)
    nodes[of_block, place] = node
    turns = np.zeros((*words.shape, nodes.shape[1]), np.int8)
    turns[block, word, place[where]] = paths.turns[number, step]
    return nodes, turns
