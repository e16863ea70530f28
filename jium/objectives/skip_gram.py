"""Guess the words around from the word between them: the skip-gram of Mikolov et al. (2013)."""

from collections.abc import Iterator

from jium.config import config
from jium.data.windows import WindowBatch, Windows
from jium.models.word2vec import Word2Vec
from jium.objectives.hierarchical_softmax import hierarchical_softmax
from jium.objectives.loss import Loss
from jium.objectives.negative_sampling import negative_sampling


@config
class SkipGram(Windows):
    """Each word against each word around it; the loss is of one pair."""

    def __call__(self, model: Word2Vec, batch: WindowBatch) -> Iterator[Loss]:
        n_blocks = len(batch.low)
        inputs = model.inputs(batch.inputs).unflatten(0, (n_blocks, -1))  # (blocks, block, dim)
        outputs = model.outputs(batch.outputs).unflatten(0, (n_blocks, -1))
        wanted = batch.around().to(inputs.dtype)  # (blocks, block, columns)
        if batch.turns is not None:
            yield Loss(hierarchical_softmax(inputs, outputs, batch.turns, wanted), batch.n_pairs)
            return
        negative = batch.n_around.to(inputs.dtype) * (self.negatives / self.shared)
        yield Loss(negative_sampling(inputs, outputs, wanted, negative), batch.n_pairs)
