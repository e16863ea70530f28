"""Bring each picture near its own text, and away from the others' of the batch."""

from collections.abc import Iterator

import torch
from torch import Tensor

from jium.config import config
from jium.data.image_batches import ImageBatch
from jium.errors import ConfigError
from jium.models.clip import Clip
from jium.nn.layout import Layout
from jium.objectives.contrastive import multiple_negatives
from jium.objectives.loss import Loss


@config
class ClipLoss:
    """Symmetric InfoNCE, section 2.3 of Radford et al. (2021), https://arxiv.org/abs/2103.00020:

    - 1/2 * mean over i of [log softmax_j(s <x_i, y_j>)_i + log softmax_j(s <x_j, y_i>)_i]

    with vectors x of pictures and y of texts, and a learned scale s. Pictures of a batch that have
    the same text are right for each other's, so they are no negatives.
    """

    drop_equal: bool = True  # False: equal texts count as wrong, as in the paper

    def __call__(self, model: Clip, batch: ImageBatch) -> Iterator[Loss]:
        tokens, layout = captions_of(batch)
        images, texts = model(batch.images, tokens, layout)
        equal = same_texts(tokens, layout)
        if not self.drop_equal:
            equal = torch.eye(len(images), dtype=torch.bool, device=images.device)
        yield Loss(info_nce(images * model.scale, texts, equal), count=len(images))


def info_nce(images: Tensor, texts: Tensor, equal: Tensor) -> Tensor:
    """The mean of both directions, summed over pairs, of vectors whose products are logits. equal:
    bool, (batch, batch), True where text j would be right for picture i.
    """
    there = multiple_negatives(images, texts, equal, temperature=1.0)
    back = multiple_negatives(texts, images, equal.T, temperature=1.0)
    return (there + back) / 2


def same_texts(tokens: Tensor, layout: Layout) -> Tensor:
    """(batch, batch), whether two texts have the same tokens; packed ids, (tokens,)."""
    padded = layout.pad(tokens + 1)  # padding is 0, and no token
    return (padded[:, None] == padded[None, :]).all(-1)


def captions_of(batch: ImageBatch) -> tuple[Tensor, Layout]:
    """The captions of a batch, packed. Raises ConfigError where its pictures have none."""
    if batch.tokens is None or batch.layout is None:
        raise ConfigError("the pictures have no captions to learn from.", key="data")
    return batch.tokens, batch.layout
