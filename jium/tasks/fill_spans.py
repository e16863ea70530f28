"""Missing words, few or many, written by an encoder-decoder that was pre-trained on spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, to_values
from jium.data.batches import PairFormat, packed
from jium.data.spans import Corruption, SpanConfig, sentinel_ids
from jium.errors import ConfigError, DataError, RunError
from jium.generation.beam import Hypothesis, beam_search
from jium.generation.decoding import Seq2SeqDecoder
from jium.models.encoder_decoder import EncoderDecoder
from jium.nn.layout import Layout
from jium.ranges import at_least
from jium.tasks.fill import around_masks
from jium.text.normalise import Cleaning
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts at a time, beams not counted


@dataclass
class SpanFiller:
    """An encoder-decoder, its tokenizer with sentinels, and the tokens around what it reads.

    cleaning: as the training data was cleaned; None for texts as they stand.
    """

    model: EncoderDecoder
    tokenizer: Tokenizer
    format: PairFormat
    cleaning: Cleaning | None = None

    @classmethod
    def of(
        cls, model: EncoderDecoder, tokenizer: Tokenizer, cleaning: Cleaning | None = None
    ) -> Self:
        """With the START and EOS of the tokenizer."""
        return cls(model, tokenizer, PairFormat(tokenizer.start_id, tokenizer.eos_id), cleaning)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The model in a run folder."""
        about = read_config(run)["jium"]
        model, tokenizer = load_model(run), Tokenizer.load(run)
        if not isinstance(model, EncoderDecoder) or not sentinel_ids(tokenizer):
            raise RunError("{run}: holds no model that fills spans.", run=run)
        with understood(run / "config.json"):
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
        return cls.of(model, tokenizer, cleaning or None)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "fill_spans",
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
            "special_ids": {
                "pad_token_id": self.tokenizer.pad_id,
                "bos_token_id": self.format.start_id,
                "eos_token_id": self.format.eos_id,
                "decoder_start_token_id": self.format.start_id,
            },
        }

    @property
    def corruption(self) -> Corruption:
        """What turns texts into sources and targets, and back."""
        return Corruption(SpanConfig(), sentinel_ids(self.tokenizer))

    # ------------------------------------------------------------ what a person asks for

    def fill(self, text: str | Sequence[str], *, n_best: int = 1, **options: Any) -> Any:
        """A text, or each of a list, with what may stand in the place of its [MASK]s: words, parts
        of words or several of them.

        n_best: above 1, so many texts for each, the likeliest first. options: beam, max_tokens and
        length_penalty. Raises DataError for a text without a mask, or too long for the model.
        """
        found = self._found(text, n_best, options)
        restored = self.corruption.restored
        filled = [
            [self.tokenizer.decode(restored(source, spans)) for spans in best]
            for source, best in found
        ]
        return _given(text, n_best, filled)

    def spans(self, text: str | Sequence[str], *, n_best: int = 1, **options: Any) -> Any:
        """What may stand in the place of each [MASK]: a list of strings for a text, in order, else
        as `fill`.
        """
        found = self._found(text, n_best, options)
        decoded = [
            [[self.tokenizer.decode(span).strip() for span in spans] for spans in best]
            for _, best in found
        ]
        return _given(text, n_best, decoded)

    # ------------------------------------------------------------ how it is done

    def _found(
        self, text: str | Sequence[str], n_best: int, options: dict[str, Any]
    ) -> list[tuple[list[int], list[list[list[int]]]]]:
        """For each text its source and, for each hypothesis, the spans of its masks."""
        texts = [text] if isinstance(text, str) else list(text)
        rows = [self._source(one, number) for number, one in enumerate(texts, 1)]
        corruption = self.corruption
        found = []
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            for row, best in zip(part, self._search(part, n_best, **options), strict=True):
                n = sum(token in corruption.sentinels for token in row)
                spans = [corruption.spans(hypothesis.tokens, n) for hypothesis in best[:n_best]]
                found.append((row, spans))
        return found

    def _source(self, text: str, number: int) -> list[int]:
        """A text with sentinels for its masks."""
        first, *rest = around_masks(text, self.tokenizer, self.cleaning)
        sentinels = sentinel_ids(self.tokenizer)
        if not 0 < len(rest) < len(sentinels):
            raise DataError(
                "text {number} has {n} times [MASK]. Put one where something is missing, and at "
                "most {most}.",
                number=number,
                n=len(rest),
                most=len(sentinels) - 1,
            )
        ids = first + [
            token for mark, part in zip(sentinels, rest, strict=False) for token in (mark, *part)
        ]
        if len(ids) >= self.model.config.max_len:
            raise DataError(
                "text {number} has {n} tokens; the model takes {most}. Give a part of it.",
                number=number,
                n=len(ids),
                most=self.model.config.max_len - 1,
            )
        return ids

    @torch.inference_mode()
    def _search(
        self,
        rows: list[list[int]],
        n_best: int,
        *,
        beam: int | None = None,
        max_tokens: int | None = None,
        length_penalty: float = 1.0,
    ) -> list[list[Hypothesis]]:
        at_least(1, n_best=n_best, beam=beam, max_tokens=max_tokens)
        beam = beam or n_best
        if beam < n_best:
            raise ConfigError(
                "must not exceed beam; got {value}. Raise beam.", key="n_best", value=n_best
            )
        self.model.eval()
        device = self.model.output.weight.device
        sources = [self.format.source(row) for row in rows]
        layout = Layout([len(source) for source in sources], device)
        most = self.model.config.max_len - 1  # START takes a place
        limit = min(max_tokens or most, most)
        decoder = Seq2SeqDecoder(self.model, packed(sources).to(device), layout, limit)
        ends = self.format.start_id, self.format.eos_id
        return beam_search(decoder, len(rows), beam, *ends, limit, length_penalty)


def _given(text: str | Sequence[str], n_best: int, found: list[list[Any]]) -> Any:
    """One answer for one text, a list for a list; of each the best, or a list of several."""
    answers = [best[0] for best in found] if n_best == 1 else found
    return answers[0] if isinstance(text, str) else answers
