"""Texts, or pairs of texts, as an encoder reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from jium.checkpoint.run import read_model_config
from jium.data.frames import Frame
from jium.data.text_batches import Reading, TextBatch, TextRows, by_length
from jium.nn.layout import Layout
from jium.text.tokenizer import Tokenizer

BUDGET = 8192  # tokens scored at a time

Text = str | tuple[str, str]  # one, or two that are judged together


@dataclass(frozen=True)
class TokenReader:
    """A tokenizer, the special tokens around a text, and how much the encoder takes."""

    tokenizer: Tokenizer
    frame: Frame
    max_len: int

    def encode(self, texts: Sequence[Text]) -> list[Reading]:
        """Ids and segments of each; what does not fit is cut off."""
        first = [text if isinstance(text, str) else text[0] for text in texts]
        second = [text[1] for text in texts if not isinstance(text, str)]
        found = self.tokenizer.encode_batch(first) if first else []
        others = iter(self.tokenizer.encode_batch(second) if second else [])
        return [
            (self.frame(ids, self.max_len), None)
            if isinstance(text, str)
            else self.frame.pair(ids, next(others), self.max_len)
            for text, ids in zip(texts, found, strict=True)
        ]

    def batches(
        self, texts: Sequence[Text]
    ) -> Iterator[tuple[NDArray[np.int64], tuple[Tensor, Layout, Tensor | None]]]:
        """What a headed encoder takes, of some texts at a time, with their numbers: texts of like
        length together.
        """
        rows = TextRows(self.encode(texts))
        for items in by_length(rows.lengths, BUDGET):
            batch: TextBatch = rows.batch(items)
            yield items, (batch.tokens, batch.layout, batch.segments)

    def save(self, run: Path) -> None:
        """Write tokenizer.json."""
        self.tokenizer.save(run)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The reader of a run."""
        tokenizer = Tokenizer.load(run)
        return cls(tokenizer, Frame.of(tokenizer), read_model_config(run)[1].max_len)
