"""Pictures to sentences about them, in each language that the captions were in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch

from jium.checkpoint.run import load_model, read_config, read_generation, understood
from jium.config import build, nearest, to_values
from jium.data.image_data import Fit
from jium.errors import ConfigError
from jium.generation.beam import beam_search
from jium.generation.decoding import Seq2SeqDecoder, greedy
from jium.generation.sampling import sample
from jium.generation.settings import GenerationConfig
from jium.models.captioner import Captioner
from jium.tasks.picture_inputs import in_parts, listed
from jium.text.tokenizer import Tokenizer


@dataclass
class PictureCaptioner:
    """A captioner, its tokenizer, and the languages it writes: a caption begins with the token of
    its language.
    """

    model: Captioner
    tokenizer: Tokenizer
    languages: list[str]
    fit: Fit = "crop"
    settings: GenerationConfig = field(default_factory=GenerationConfig)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The captioner in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, Captioner)
        with understood(run / "config.json"):
            languages, fit = [str(name) for name in about["languages"]], about["fit"]
        settings = build(GenerationConfig, read_generation(run))
        return cls(model, Tokenizer.load(run), languages, fit, settings)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "caption", "languages": self.languages, "fit": self.fit}

    # ------------------------------------------------------------ what a person asks for

    def caption(self, images: Any, *, language: str | None = None, **options: Any) -> Any:
        """A sentence about a picture, or about each of a list of them.

        language: "ko" or "en", where the model writes both; the first of them if not given.
        options: any setting of `GenerationConfig`, such as beam=4; with n_best above 1 each
        picture gives a list.
        """
        asked = {key: value for key, value in options.items() if value is not None}
        settings = build(GenerationConfig, to_values(self.settings) | asked)
        start = self.start_id(language or self.languages[0])
        pictures, one = listed(images)
        found: list[Any] = []
        generator = None
        if settings.seed is not None:
            generator = torch.Generator().manual_seed(settings.seed)
        for part in in_parts(pictures, self.size, self.fit):
            found += self._write(part, start, settings, generator)
        answers = [row[0] if settings.n_best == 1 else row for row in found]
        return answers[0] if one else answers

    # ------------------------------------------------------------ how it is done

    def start_id(self, language: str) -> int:
        """The token that begins a caption in a language. Raises ConfigError for one not learned."""
        found = None
        if language in self.languages:
            found = self.tokenizer.token_id(token_of(language))
        if found is None:
            raise ConfigError(
                "this model does not write {language!r}.{near} It writes: {known}.",
                key="language",
                language=language,
                near=nearest(language, self.languages),
                known=", ".join(self.languages),
            )
        return found

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Captions as the decoder learns them: the language, the tokens, the end."""
        room, end = self.model.config.max_len - 1, self.tokenizer.eos_id
        found = self.tokenizer.encode_batch(list(texts))
        starts = [self.start_id(self.language_of(text)) for text in texts]
        return [[s, *ids[: room - 1], end] for s, ids in zip(starts, found, strict=True)]

    def language_of(self, text: str) -> str:
        """Which of its languages a caption is in; the first where it is in none."""
        language = language_of(text)
        return language if language in self.languages else self.languages[0]

    @property
    def size(self) -> int:
        """Pixels a side that the model takes."""
        size = self.model.config.image.image_size
        assert size is not None, "settled when the model was made"
        return size

    @torch.inference_mode()
    def _write(
        self,
        images: torch.Tensor,
        start: int,
        settings: GenerationConfig,
        generator: torch.Generator | None,
    ) -> list[list[str]]:
        """The texts about each picture, the best first."""
        training = self.model.training
        self.model.eval()
        images = images.to(self.model.output.weight.device)
        n, end = len(images), self.tokenizer.eos_id
        limit = self.model.config.max_len - 1
        limit = limit if settings.max_tokens is None else min(limit, settings.max_tokens)
        layout = self.model.layout(images)

        def decoder() -> Seq2SeqDecoder:
            return Seq2SeqDecoder(self.model, images, layout, limit)

        if settings.beam > 1:
            best = beam_search(
                decoder(), n, settings.beam, start, end, limit, settings.length_penalty
            )
            ids = [[h.tokens for h in row[: settings.n_best]] for row in best]
        elif settings.temperature == 0 and settings.repetition_penalty == 1:
            ids = [[row] for row in greedy(decoder(), n, start, end, limit)]
        else:
            ids = [[] for _ in range(n)]
            for _ in range(settings.n_best):
                rows: list[list[int]] = [[] for _ in range(n)]
                for step in sample(decoder(), n, start, end, limit, settings, generator):
                    for row, token in zip(rows, step, strict=True):
                        row += [] if token is None else [token]
                for written, row in zip(ids, rows, strict=True):
                    written.append(row)
        self.model.train(training)
        return [self.tokenizer.decode_batch(row) for row in ids]


def token_of(language: str) -> str:
    """The special token that begins a caption in a language."""
    return f"<2{language}>"


def language_of(text: str) -> str:
    """ "ko" for a text with Hangul in it, else "en"."""
    return "ko" if any("가" <= character <= "힣" for character in text) else "en"
