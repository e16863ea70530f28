"""Predict each token of a caption from the picture and the tokens before it."""

from collections.abc import Iterator

import torch
from torch import Tensor

from jium.config import config
from jium.data.image_batches import ImageBatch
from jium.models.captioner import Captioner
from jium.nn.cross_entropy import linear_cross_entropy
from jium.nn.layout import Layout
from jium.objectives.clip import captions_of
from jium.objectives.loss import Loss
from jium.ranges import share_below_one


@config
class Caption:
    """Cross-entropy over the tokens of captions, with label smoothing (Szegedy et al., 2016).

    A caption comes as its language, its tokens and the end; from each but the last the next is
    predicted.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        share_below_one(label_smoothing=self.label_smoothing)

    def __call__(self, model: Captioner, batch: ImageBatch) -> Iterator[Loss]:
        given, wanted, layout = shifted(*captions_of(batch))
        hidden = model(batch.images, model.layout(batch.images), given, layout)
        total = linear_cross_entropy(hidden, model.output.weight, wanted, self.label_smoothing)
        yield Loss(total, count=len(wanted))


def shifted(tokens: Tensor, layout: Layout) -> tuple[Tensor, Tensor, Layout]:
    """Packed texts without the last token of each, without the first, and the layout of either.

    Each text must have two tokens at least.
    """
    lengths = torch.tensor(layout.lengths, device=tokens.device)
    ends = lengths.cumsum(0)
    kept = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
    given, wanted = kept.clone(), kept
    given[ends - 1] = False
    wanted[ends - lengths] = False
    shorter = Layout([length - 1 for length in layout.lengths], layout.device)
    return tokens[given], tokens[wanted], shorter
