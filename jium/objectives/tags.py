"""Say what each unit of a text is a part of: the cross-entropy of its tag."""

from collections.abc import Iterator
from typing import Literal

import torch.nn.functional as F

from jium.config import config
from jium.data.tag_batches import IGNORED, TagBatch
from jium.models.characters import check_even, tag_scores
from jium.models.heads import Headed
from jium.objectives.loss import Loss
from jium.ranges import share_below_one


@config
class Tags:
    """Tags of characters, words or tokens, and what the head that gives them is like."""

    unit: Literal["auto", "characters", "words", "tokens"] = "auto"  # auto: as the data is tagged
    mixer: Literal["gru", "conv", "none"] = "gru"  # of characters: the layer over them
    width: int = 128  # of characters: of that layer
    dropout: float = 0.1  # in the head
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        share_below_one(dropout=self.dropout, label_smoothing=self.label_smoothing)
        check_even(self.width)

    def __call__(self, model: Headed, batch: TagBatch) -> Iterator[Loss]:
        assert batch.targets is not None
        total = F.cross_entropy(
            tag_scores(model, batch).float(),
            batch.targets,
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        yield Loss(total, count=int((batch.targets != IGNORED).sum()))
