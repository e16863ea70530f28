"""Contrastive search: likely, and unlike what was written before."""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.models.gpt import Gpt
from jium.nn.layout import Layout


def contrastive_search(
    model: Gpt, ids: Sequence[int], k: int, alpha: float, max_tokens: int, ends: Sequence[int] = ()
) -> Iterator[int]:
    """Tokens that follow `ids`, by equation 5 of Su et al. (2022),
    https://arxiv.org/abs/2202.06417, up to an end token, which is left out.

    Of the k likeliest tokens v the one with the largest

        (1 - alpha) p(v | x) - alpha max_j s(h_v, h_j)

    where h_j is what the model knows at each token of the text so far (what its output layer
    reads), h_v what it knows at v were it to follow, and s the cosine of two of them. alpha 0 is
    greedy. The keys and values of the k candidates are kept in rows of one cache.
    """
    device = model.output.weight.device
    with torch.inference_mode():
        cache = model.new_cache(len(ids) + max_tokens)
        text = torch.tensor(list(ids), device=device)
        hidden = model(text, Layout([len(text)], device), cache)
        known = F.normalize(hidden.float(), dim=-1)  # (time, dim)
        probs, tokens = _likeliest(model, hidden[-1], k)
        cache.select(torch.zeros(len(tokens), dtype=torch.long, device=device))
    for _ in range(max_tokens):
        with torch.inference_mode():
            hidden = model(tokens, Layout([1] * len(tokens), device), cache)
            candidates = F.normalize(hidden.float(), dim=-1)  # (k, dim)
            repeats = (candidates @ known.mT).amax(-1)  # (k,)
            best = ((1 - alpha) * probs - alpha * repeats).argmax()
            token = int(tokens[best])
        if token in ends:
            return
        yield token
        with torch.inference_mode():
            known = torch.cat((known, candidates[best, None]))
            probs, tokens = _likeliest(model, hidden[best], k)
            cache.select(best.repeat(len(tokens)))


def _likeliest(model: Gpt, hidden: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Probabilities and ids of the k likeliest tokens after one that is known so, (dim,)."""
    probs = model.output(hidden).float().softmax(-1)
    found = probs.topk(min(k, len(probs)))
    return found.values, found.indices
