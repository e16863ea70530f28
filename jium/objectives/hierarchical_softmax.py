"""The probability of a word as that of the turns on its way down a tree: Morin and Bengio (2005).

With the Huffman tree of Mikolov et al. (2013, section 2.1, https://arxiv.org/abs/1310.4546) a word
costs about log2 of the vocabulary rather than all of it, and the probabilities of all words sum to
1, which those of negative sampling do not.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def hierarchical_softmax(inputs: Tensor, nodes: Tensor, turns: Tensor, wanted: Tensor) -> Tensor:
    """The summed loss of blocks of words, -log sigmoid(turn u·v) for each turn to each word.

    inputs: (blocks, n, dim). nodes: (blocks, nodes, dim), each inner node once. turns: (blocks, m,
    nodes), 1 or -1 where the way to one of m words passes the node, else 0. wanted: (blocks, n, m),
    how much each pair counts.
    """
    scores = torch.bmm(inputs, nodes.mT)  # (blocks, n, nodes)
    turns = turns.to(scores.dtype)
    passed, right = torch.bmm(wanted, turns.abs()), torch.bmm(wanted, turns.clamp(min=0))
    # -log sigmoid(s) = softplus(s) - s, and -log sigmoid(-s) = softplus(s)
    return (F.softplus(scores) * passed - scores * right).sum()
