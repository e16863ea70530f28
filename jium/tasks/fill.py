"""Masked words guessed, and texts as hidden states: what a pre-trained encoder can do by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, to_values
from jium.data.batches import packed
from jium.data.frames import Frame
from jium.errors import DataError
from jium.models.bert import mean_of
from jium.models.electra import Electra
from jium.models.heads import Headed
from jium.nn.layout import Layout
from jium.ranges import at_least
from jium.tasks.export import export
from jium.text.normalise import Cleaning, clean
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts at a time
SPELLINGS = ("[MASK]", "<mask>", "<MASK>")  # all are understood in what a person types

Guess = tuple[str, float]  # a token as a person reads it, and its probability


@dataclass
class Filler:
    """A pre-trained encoder, its tokenizer, and the special tokens around what it reads.

    model: a Headed with a masked or bidirectional head, or an Electra, whose generator guesses.
    cleaning: as the training data was cleaned; None for texts as they stand.
    """

    model: nn.Module
    tokenizer: Tokenizer
    frame: Frame
    cleaning: Cleaning | None = None

    @classmethod
    def load(cls, run: Path) -> Self:
        """The encoder in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
        tokenizer = Tokenizer.load(run)
        return cls(model, tokenizer, Frame.of(tokenizer), cleaning or None)

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads; of an ELECTRA the encoder, and its generator in
        a folder within it. Raises RunError for a model or tokenizer that others do not know.
        """
        export(out, to, self.model, self.tokenizer, self.frame)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        about: dict[str, Any] = {
            "task": "fill",
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
        }
        if isinstance(self.model, Headed):
            about["head"] = to_values(self.model.head_config)
        return about

    # ------------------------------------------------------------ what a person asks for

    def fill(self, text: str | Sequence[str], top: int = 5) -> Any:
        """The `top` likeliest tokens for each [MASK] of a text: a list a mask, each of (token,
        probability); a list of that for a list of texts.

        Raises DataError for a text without a mask.
        """
        at_least(1, top=top)
        texts = [text] if isinstance(text, str) else list(text)
        found = [self._fill(one, number, top) for number, one in enumerate(texts, 1)]
        return found[0] if isinstance(text, str) else found

    @torch.inference_mode()
    def embed(self, text: str | Sequence[str]) -> NDArray[np.float32]:
        """The mean of the encoder's last hidden states, (dim,), or (texts, dim) of a list: features
        for another model. Their cosines are all high; for meaning train `task = "embed"`.
        """
        texts = [text] if isinstance(text, str) else list(text)
        for number, one in enumerate(texts, 1):
            if not one.strip():
                raise DataError(
                    "nothing to embed: text {number} is empty. Leave it out.", number=number
                )
        rows = self.tokenizer.encode_batch([self._clean(one) for one in texts])
        parts = [np.empty((0, self._encoder.config.dim), np.float32)]
        self.model.eval()
        for start in range(0, len(rows), ROWS):
            framed = [self.frame(row, self.max_len) for row in rows[start : start + ROWS]]
            layout = Layout([len(row) for row in framed], self._device)
            hidden = self._encoder(packed(framed).to(self._device), layout)
            parts.append(mean_of(hidden, layout).float().cpu().numpy())
        found = np.concatenate(parts)
        return found[0] if isinstance(text, str) else found

    # ------------------------------------------------------------ how it is done

    @property
    def max_len(self) -> int:
        """Tokens that the model takes, special ones included."""
        return self._encoder.config.max_len

    @property
    def _encoder(self) -> Any:
        return self.model.encoder

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    @torch.inference_mode()
    def _fill(self, text: str, number: int, top: int) -> list[list[Guess]]:
        ids = self._masked_ids(text)
        framed = torch.from_numpy(self.frame(ids, self.max_len)).to(self._device)
        places = (framed == self.tokenizer.mask_id).nonzero().squeeze(1)
        if not len(places):
            raise DataError(
                "text {number} has no [MASK] among the {n} tokens that the model takes. Put one "
                "where a word is to be guessed.",
                number=number,
                n=self.max_len,
            )
        self.model.eval()
        shares = self._logits(framed)[places].float().softmax(-1)
        best = shares.topk(min(top, shares.size(1)))
        pieces = self.tokenizer.pieces
        return [
            [(pieces[i], float(p)) for i, p in zip(row.tolist(), ps.tolist(), strict=True)]
            for row, ps in zip(best.indices, best.values, strict=True)
        ]

    def _masked_ids(self, text: str) -> list[int]:
        ids: list[int] = []
        for i, part in enumerate(around_masks(text, self.tokenizer, self.cleaning)):
            ids += [self.tokenizer.mask_id] * (i > 0) + part
        return ids

    def _logits(self, tokens: Tensor) -> Tensor:
        layout = Layout([len(tokens)], tokens.device)
        if isinstance(self.model, Electra):
            generator, head = self.model.generator, self.model.generator_head
            return head(generator, generator(tokens, layout), layout)
        return self.model(tokens, layout)

    def _clean(self, text: str) -> str:
        return _cleaned(text, self.cleaning)


def around_masks(text: str, tokenizer: Tokenizer, cleaning: Cleaning | None) -> list[list[int]]:
    """The ids of what stands before, between and behind the masks of a text: one part more than it
    has masks.
    """
    for spelling in SPELLINGS[1:]:
        text = text.replace(spelling, SPELLINGS[0])
    parts = text.split(SPELLINGS[0])
    # A space that is a token stays; else it is part of the word behind it, and so of a mask.
    alone = tokenizer.kind == "char"
    found: list[list[int]] = []
    for i, part in enumerate(parts):
        cleaned = _cleaned(part.strip(), cleaning)
        spaced = tokenizer.tokens(cleaned)[:1]  # some read any text as if a space stood before it
        begins = bool(spaced) and spaced[0].startswith("▁")
        before = " " if i and part[:1].isspace() and not begins else ""
        after = " " if i + 1 < len(parts) and part[-1:].isspace() and alone else ""
        found.append(tokenizer.encode(before + cleaned + after) if cleaned else [])
    return found


def _cleaned(text: str, cleaning: Cleaning | None) -> str:
    return text if cleaning is None else clean(text, cleaning)
