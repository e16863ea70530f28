"""Contrastive search against its equation, restated plainly."""

from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from jium.generation.contrastive import contrastive_search
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout

VOCAB, MAX_LEN = 15, 24


@cache
def model(positions: Any = "rotary") -> Gpt:
    torch.manual_seed(1)
    sizes: dict[str, Any] = dict(dim=16, n_heads=4, n_kv_heads=2, ffn_dim=24, n_layers=2)
    made = Gpt(GptConfig(**sizes, positions=positions, max_len=MAX_LEN, vocab_size=VOCAB)).eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.35)
    return made


@torch.no_grad()
def restated(of: Gpt, ids: list[int], k: int, alpha: float, n: int) -> list[int]:
    """Equation 5, the whole text read anew for every candidate."""
    text = list(ids)
    for _ in range(n):
        hidden = of(torch.tensor(text), Layout([len(text)]))
        probs = of.output(hidden[-1]).softmax(-1)
        scores = {}
        for v in probs.argsort(descending=True)[:k].tolist():
            h = of(torch.tensor([*text, v]), Layout([len(text) + 1]))
            likeness = max(float(torch.cosine_similarity(h[-1], h_j, dim=0)) for h_j in h[:-1])
            scores[v] = (1 - alpha) * float(probs[v]) - alpha * likeness
        text.append(max(scores, key=scores.__getitem__))
    return text[len(ids) :]


@pytest.mark.parametrize("positions", ["rotary", "learned"])
@pytest.mark.parametrize(("k", "alpha"), [(1, 0.6), (4, 0.0), (4, 0.3), (3, 1.0), (99, 0.5)])
def test_it_is_the_equation(positions: Any, k: int, alpha: float) -> None:
    for ids in ([5], [4, 4, 9, 1]):
        found = list(contrastive_search(model(positions), ids, k, alpha, 5))
        assert found == restated(model(positions), ids, k, alpha, 5)


def test_the_weight_matters() -> None:
    ways = {tuple(contrastive_search(model(), [3, 7], 6, a, 10)) for a in (0.0, 0.4, 0.9)}
    assert len(ways) > 1


def test_it_ends_before_an_end_token() -> None:
    text = list(contrastive_search(model(), [3, 7], 4, 0.6, 10))
    place = next(i for i, token in enumerate(text) if i and token not in text[:i])
    assert list(contrastive_search(model(), [3, 7], 4, 0.6, 10, [text[place]])) == text[:place]
