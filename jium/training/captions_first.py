"""What words of captions mean, learned before the first picture: those of one picture say the same.

A denoiser tells its encoder of captions only what a word changes in a noisy picture, which is
little: first the style, long after it the colour of a thing. Two captions of one picture, in other
words or another language, tell it within seconds: the sums of their words are brought together and
those of other pictures pushed apart (multiple negatives, Henderson et al., 2017,
https://arxiv.org/abs/1705.00652).
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.data.image_batches import Encode
from jium.data.images import Pictures
from jium.errors import ConfigError
from jium.models.conditioning import WORD_STD, TextConditioner
from jium.nn.layout import Layout
from jium.objectives.contrastive import multiple_negatives, same_meaning

BATCH = 256  # pictures, two captions each
RATE, WARMUP = 3e-3, 50
TEMPERATURE = 0.1


def learn_words(
    conditioner: TextConditioner, pictures: Pictures, encode: Encode, steps: int, seed: int
) -> float:
    """Train the vectors of words for so many steps; returns the mean loss of the last tenth.

    Afterwards they are centred and have the size that new ones have: what all words share would
    steer every picture alike. Raises ConfigError where fewer than two pictures have two captions.
    """
    rows = [row for row in range(len(pictures)) if len(set(pictures.captions(row))) > 1]
    if len(rows) < 2:
        raise ConfigError(
            "needs pictures with two captions or more, and {n} have them. Leave it out.",
            key="objective.captions_first",
            n=len(rows),
        )
    words = conditioner.embedding.weight
    optimiser = torch.optim.AdamW([words, conditioner.pooled_proj.weight], lr=RATE, weight_decay=0)
    warm = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1, (step + 1) / WARMUP))
    rng, losses = np.random.default_rng((seed, len(rows))), []
    for _ in range(steps):
        some = rng.choice(rows, min(BATCH, len(rows)), replace=False).tolist()
        pairs = [_two(pictures.captions(row), rng) for row in some]
        loss = _apart(conditioner, [a for a, _ in pairs], [b for _, b in pairs], encode)
        conditioner.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        warm.step()
        losses.append(loss.item())
    conditioner.zero_grad(set_to_none=True)
    with torch.no_grad():
        words -= words.mean(0)
        words *= WORD_STD / words.std()
    return float(np.mean(losses[-max(steps // 10, 1) :]))


def _two(captions: Sequence[str], rng: np.random.Generator) -> list[str]:
    different = list(dict.fromkeys(captions))
    return [different[i] for i in rng.permutation(len(different))[:2]]


def _apart(
    conditioner: TextConditioner, first: list[str], second: list[str], encode: Encode
) -> Tensor:
    numbers = {text: i for i, text in enumerate(dict.fromkeys([*first, *second]))}
    known = [torch.tensor([numbers[text] for text in texts]) for texts in (first, second)]
    one, other = (F.normalize(_said(conditioner, t, encode), dim=-1) for t in (first, second))
    equal = same_meaning(*known)
    there = multiple_negatives(one, other, equal, TEMPERATURE)
    return (there + multiple_negatives(other, one, equal.T, TEMPERATURE)) / (2 * len(first))


def _said(conditioner: TextConditioner, captions: list[str], encode: Encode) -> Tensor:
    ids = encode(captions)
    tokens = torch.tensor([i for one in ids for i in one], dtype=torch.long)
    return conditioner.pool(conditioner.embedding(tokens), Layout([len(one) for one in ids]))
