"""Guess a word from the mean of the words around it: the continuous bag of words (CBOW)."""

from collections.abc import Iterator
from typing import ClassVar

import torch

from jium.config import config
from jium.data.windows import WindowBatch, Windows
from jium.models.word2vec import Word2Vec
from jium.objectives.hierarchical_softmax import hierarchical_softmax
from jium.objectives.loss import Loss
from jium.objectives.negative_sampling import negative_sampling


@config
class Cbow(Windows):
    """Mikolov et al. (2013), https://arxiv.org/abs/1301.3781, figure 1; the loss is of one word."""

    averages: ClassVar[bool] = True

    def __call__(self, model: Word2Vec, batch: WindowBatch) -> Iterator[Loss]:
        n_blocks, block = batch.low.shape[:2]
        columns = model.inputs(batch.inputs).unflatten(0, (n_blocks, -1))  # (blocks, columns, dim)
        outputs = model.outputs(batch.outputs).unflatten(0, (n_blocks, -1))
        n_around = batch.n_around.to(columns.dtype)
        around = batch.around().to(columns.dtype) / n_around.clamp(min=1)
        mean = torch.bmm(around, columns)  # (blocks, block, dim)
        guessed = (n_around > 0).to(columns.dtype)  # (blocks, block, 1)
        wanted = torch.eye(block, dtype=columns.dtype, device=columns.device) * guessed
        n_guessed = int(guessed.sum())
        if batch.turns is not None:
            yield Loss(hierarchical_softmax(mean, outputs, batch.turns, wanted), n_guessed)
            return
        negative = guessed * (self.negatives / self.shared)
        yield Loss(negative_sampling(mean, outputs, wanted, negative), n_guessed)
