"""A text written on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, to_values
from jium.errors import DataError
from jium.generation.beam import beam_search
from jium.generation.decoding import GptDecoder, greedy
from jium.generation.sampling import sample
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt
from jium.nn.layout import Layout
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts written at a time, beams not counted
NEW = 256  # tokens to write where nobody says how many
NEVER = -1  # the end of a text, where no token ends one


@dataclass
class Writer:
    """A decoder and its tokenizer.

    before: ids that stand before every text, as in training. ends: tokens that end a text.
    """

    model: Gpt
    tokenizer: Tokenizer
    before: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    settings: GenerationConfig = field(default_factory=GenerationConfig)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The writer in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, Gpt)
        with understood(run / "config.json"):
            before, ends = tuple(about["before"]), tuple(about["ends"])
        return cls(model, Tokenizer.load(run), before, ends)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "generate", "before": list(self.before), "ends": list(self.ends)}

    def generate(self, prompt: str | Sequence[str], **options: Any) -> Any:
        """What follows a text, or each of a list of texts in the same order.

        options: any setting of `GenerationConfig`, such as max_tokens=50, temperature=0.8,
        top_p=0.9, seed=1, beam=4; with n_best above 1 each text gives a list. Raises DataError for
        a text that the model cannot take.
        """
        asked = {key: value for key, value in options.items() if value is not None}
        settings = build(GenerationConfig, to_values(self.settings) | asked)
        texts = [prompt] if isinstance(prompt, str) else list(prompt)
        rows = [self._ids(text) for text in texts]
        answers = [
            [self._shown(row, tokens, settings.stop) for tokens in written]
            for row, written in zip(rows, self._write_all(rows, settings), strict=True)
        ]
        chosen = [answer[0] for answer in answers] if settings.n_best == 1 else answers
        return chosen[0] if isinstance(prompt, str) else chosen

    @torch.inference_mode()
    def logits(self, text: str) -> Tensor:
        """What the model says of the token after each of a text, what stands before it included:
        (tokens, vocab), float32.
        """
        ids = torch.tensor(self._ids(text), device=self.device)
        return self.model.output(self.model(ids, Layout([len(ids)], self.device))).float()

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.output.weight.device

    # ------------------------------------------------------------ how it is done

    def _ids(self, text: str) -> list[int]:
        ids = [*self.before, *self.tokenizer.encode(text)]
        if not ids:
            raise DataError("nothing to write on: give a text that is not empty.")
        if len(ids) >= self.model.config.max_len:
            raise DataError(
                "a text of {n} tokens; the model holds {max_len}, with what it writes. Give a "
                "shorter one.",
                n=len(ids),
                max_len=self.model.config.max_len,
            )
        return ids

    def _write_all(
        self, rows: list[list[int]], settings: GenerationConfig
    ) -> list[list[list[int]]]:
        """New tokens of every row, `n_best` times; rows of one length are written together."""
        found: list[list[list[int]]] = [[] for _ in rows]
        generator = None
        if settings.seed is not None:
            generator = torch.Generator().manual_seed(settings.seed)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        while order:
            alike = [i for i in order[:ROWS] if len(rows[i]) == len(rows[order[0]])]
            order = order[len(alike) :]
            written = self._write([rows[i] for i in alike], settings, generator)
            for i, texts in zip(alike, written, strict=True):
                found[i] = texts
        return found

    @torch.inference_mode()
    def _write(
        self,
        rows: list[list[int]],
        settings: GenerationConfig,
        generator: torch.Generator | None,
    ) -> list[list[list[int]]]:
        n, time = len(rows), len(rows[0])
        end = self.ends[0] if self.ends else NEVER
        limit = min(settings.max_tokens or NEW, self.model.config.max_len - time)
        drawn = settings.temperature > 0
        prompts = torch.tensor(rows, device=self.device).repeat_interleave(
            settings.n_best if drawn else 1, 0
        )
        joined = torch.logsumexp if drawn else torch.amax
        decoder = GptDecoder(self.model, prompts, time + limit, settings.beam, self.ends, joined)
        if settings.beam > 1:
            best = beam_search(decoder, n, settings.beam, 0, end, limit, settings.length_penalty)
            return [[h.tokens for h in texts[: settings.n_best]] for texts in best]
        if not drawn and settings.repetition_penalty == 1:
            return [[tokens] for tokens in greedy(decoder, n, 0, end, limit)]
        texts: list[list[int]] = [[] for _ in prompts]
        for step in sample(decoder, len(prompts), 0, end, limit, settings, generator):
            for text, token in zip(texts, step, strict=True):
                if token is not None:
                    text.append(token)
        each = settings.n_best
        return [texts[i : i + each] for i in range(0, len(texts), each)]

    def _shown(self, row: list[int], tokens: list[int], stops: list[str]) -> str:
        """The text of new tokens, as they read after the old ones, up to the first of `stops`."""
        given, whole = self.tokenizer.decode_batch([row, row + tokens])
        text = whole[len(given) :] if whole.startswith(given) else self.tokenizer.decode(tokens)
        return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]
