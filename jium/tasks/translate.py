"""Text in one language to text in another."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import load_model, read_config, read_generation, understood
from jium.config import build, nearest, to_values
from jium.data.batches import PairBatch, PairFormat, packed
from jium.data.store import MARGIN
from jium.errors import ConfigError
from jium.generation.beam import Hypothesis, beam_search
from jium.generation.decoding import Seq2SeqDecoder, greedy
from jium.generation.sampling import sample
from jium.generation.settings import GenerationConfig
from jium.models.encoder_decoder import EncoderDecoder
from jium.nn.layout import Layout
from jium.text.normalise import Cleaning, clean
from jium.text.segments import segments
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts decoded at a time, beams not counted
TYPED = Cleaning(html=False)  # what a person types is no web page


@dataclass
class Translator:
    """A model, its tokenizer, and what must stand around a text that it reads.

    languages: of source and target, as in "ko", "en". tags: what a text can be marked as, such as
    its domain, to the id of the token that says so.
    """

    model: EncoderDecoder
    tokenizer: Tokenizer
    format: PairFormat
    languages: tuple[str, str]
    tags: dict[str, int] = field(default_factory=dict)
    settings: GenerationConfig = field(default_factory=GenerationConfig)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The translator in a run folder."""
        document = read_config(run)
        about = document["jium"]
        model = load_model(run)
        assert isinstance(model, EncoderDecoder)
        with understood(run / "config.json"):
            ends = (document["bos_token_id"], document["eos_token_id"])
            format = PairFormat(*ends, *about["directions"])
            languages, tags = (about["languages"][0], about["languages"][1]), about["tags"]
        settings = build(GenerationConfig, read_generation(run))
        return cls(model, Tokenizer.load(run), format, languages, tags, settings)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "translate",
            "languages": list(self.languages),
            "directions": [self.format.forward, self.format.backward],
            "tags": self.tags,
            "special_ids": {
                "pad_token_id": self.tokenizer.pad_id,
                "bos_token_id": self.format.start_id,
                "eos_token_id": self.format.eos_id,
                "decoder_start_token_id": self.format.start_id,
            },
        }

    # ------------------------------------------------------------ what a person asks for

    def translate(
        self,
        text: str | Sequence[str],
        *,
        to: str | None = None,
        tag: str | None = None,
        **options: Any,
    ) -> Any:
        """Translate a text, or a list of texts into a list in the same order.

        to: the language wanted, where the model knows both directions. tag: one of `tags`. options:
        any setting of `GenerationConfig`, such as beam=5; with n_best above 1 each text gives a
        list. Lines are translated one by one, as are the sentences of a text that is too long for
        the model.
        """
        settings = self._settings(options)
        texts = [text] if isinstance(text, str) else list(text)
        cut = [self._segments(t) for t in texts]
        flat = [part for parts in cut for part in parts if part.strip()]
        found = iter(self._decode_all(flat, to, tag, settings))
        answers = [
            _join([next(found) if part.strip() else [part] for part in parts]) for parts in cut
        ]
        chosen = [answer[0] for answer in answers] if settings.n_best == 1 else answers
        return chosen[0] if isinstance(text, str) else chosen

    def stream(
        self, text: str, *, to: str | None = None, tag: str | None = None, **options: Any
    ) -> Iterator[str]:
        """Translate one text and give it piece by piece, as it is written; the pieces add up to the
        answer.
        """
        settings = dataclasses.replace(self._settings(options), beam=1, n_best=1)
        for part in self._segments(text):
            yield from self._stream_part(part, to, tag, settings) if part.strip() else iter([part])

    def hypotheses(
        self, texts: Sequence[str], *, to: str | None = None, tag: str | None = None, **options: Any
    ) -> list[list[Hypothesis]]:
        """All hypotheses of a beam search, with token ids and scores, for each text; none is cut or
        cleaned away.
        """
        return self._search(list(texts), to, tag, self._settings(options))

    # ------------------------------------------------------------ how it is done

    def _settings(self, options: dict[str, Any]) -> GenerationConfig:
        asked = {key: value for key, value in options.items() if value is not None}
        return build(GenerationConfig, to_values(self.settings) | asked)

    def _segments(self, text: str) -> list[str]:
        """Parts that the model can take, cleaned as its training data was; joined they are the
        text.
        """
        cleaned = "\n".join(clean(line, TYPED) for line in text.split("\n"))
        return segments(cleaned, lambda part: len(self.tokenizer.encode(part)), self._room)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.output.weight.device

    @property
    def _room(self) -> int:
        """Tokens of text that the model can take."""
        return self.model.config.max_len - MARGIN

    def _decode_all(
        self, texts: list[str], to: str | None, tag: str | None, settings: GenerationConfig
    ) -> list[list[str]]:
        return [
            [_stop(self.tokenizer.decode(h.tokens), settings.stop) for h in best[: settings.n_best]]
            for best in self._search(texts, to, tag, settings)
        ]

    def _search(
        self, texts: list[str], to: str | None, tag: str | None, settings: GenerationConfig
    ) -> list[list[Hypothesis]]:
        """Hypotheses of every text, decoded in batches of like length."""
        direction, tag_id = self.direction(to), self._tag(tag)
        rows = [
            self.format.source(ids, tag_id, direction) for ids in self.tokenizer.encode_batch(texts)
        ]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found: list[list[Hypothesis]] = [[] for _ in rows]
        generator = _generator(settings.seed)
        for start in range(0, len(order), ROWS):
            batch = order[start : start + ROWS]
            best = self._search_batch([rows[i] for i in batch], settings, generator)
            for i, hypotheses in zip(batch, best, strict=True):
                found[i] = hypotheses
        return found

    def _search_batch(
        self, rows: list[NDArray], settings: GenerationConfig, generator: torch.Generator | None
    ) -> list[list[Hypothesis]]:
        n, ends = len(rows), (self.format.start_id, self.format.eos_id)
        decoder, limit = self._decoder(rows, settings)
        if settings.beam > 1:
            return beam_search(decoder, n, settings.beam, *ends, limit, settings.length_penalty)
        if settings.temperature == 0 and settings.repetition_penalty == 1:
            texts = [greedy(decoder, n, *ends, limit)]
        else:
            decoders = [
                decoder,
                *(self._decoder(rows, settings)[0] for _ in range(1, settings.n_best)),
            ]
            texts = [_gather(sample(d, n, *ends, limit, settings, generator), n) for d in decoders]
        return [[Hypothesis(text[i], np.nan, np.nan) for text in texts] for i in range(n)]

    @torch.inference_mode()
    def _decoder(
        self, rows: list[NDArray], settings: GenerationConfig
    ) -> tuple[Seq2SeqDecoder, int]:
        """A decoder over encoded rows, and how many tokens it may write."""
        layout = Layout([len(row) for row in rows], self.device)
        limit = min(2 * layout.time + 20, self.model.config.max_len - 1)
        if settings.max_tokens is not None:
            limit = min(limit, settings.max_tokens)
        return Seq2SeqDecoder(self.model, packed(rows).to(self.device), layout, limit), limit

    def _stream_part(
        self, text: str, to: str | None, tag: str | None, settings: GenerationConfig
    ) -> Iterator[str]:
        row = self.format.source(self.tokenizer.encode(text), self._tag(tag), self.direction(to))
        decoder, limit = self._decoder([row], settings)
        ends = (self.format.start_id, self.format.eos_id, limit)
        tokens: list[int] = []
        shown = ""
        for (token,) in sample(decoder, 1, *ends, settings, _generator(settings.seed)):
            assert token is not None
            tokens.append(token)
            whole = _settled(_stop(self.tokenizer.decode(tokens), settings.stop), settings.stop)
            if whole.startswith(shown) and not whole.endswith("�"):  # half a character waits
                yield whole[len(shown) :]
                shown = whole
        yield _stop(self.tokenizer.decode(tokens), settings.stop)[len(shown) :]

    def batch(
        self, sources: list[str], targets: list[str], tags: list[str], direction: int | None
    ) -> PairBatch:
        """Given pairs as a batch, for measuring; what is longer than the model takes is cut."""
        sides = [
            [np.array(ids[: self._room]) for ids in self.tokenizer.encode_batch(texts)]
            for texts in (sources, targets)
        ]
        tag_ids = [self.tags.get(tag, -1) for tag in tags]
        swaps = [False] * len(tags)
        format = dataclasses.replace(self.format, forward=direction)
        return format.batch(list(zip(*sides, tag_ids, swaps, strict=True))).to(self.device)

    def direction(self, to: str | None) -> int | None:
        """The id of the token that asks for a language; None where the model knows one only."""
        source, target = self.languages
        if to not in (None, target) and (to != source or self.format.backward is None):
            known = [target] if self.format.backward is None else [target, source]
            raise ConfigError(
                "this model does not translate to {to!r}. It knows: {known}.",
                key="to",
                to=to,
                known=", ".join(known),
            )
        return self.format.backward if to == source and to != target else self.format.forward

    def _tag(self, tag: str | None) -> int:
        if tag is not None and tag not in self.tags:
            raise ConfigError(
                "no tag {tag!r}.{near} Known: {known}.",
                key="tag",
                tag=tag,
                near=nearest(tag, self.tags),
                known=", ".join(self.tags) or "-",
            )
        return -1 if tag is None else self.tags[tag]


def _join(parts: list[list[str]]) -> list[str]:
    """The n-th answers of all parts, put together."""
    if not parts:
        return [""]
    return [
        "".join(part[min(n, len(part) - 1)] for part in parts) for n in range(max(map(len, parts)))
    ]


def _stop(text: str, stops: list[str]) -> str:
    """`text` up to the first of `stops`."""
    ends = [text.find(stop) for stop in stops if stop in text]
    return text[: min(ends)] if ends else text


def _settled(text: str, stops: list[str]) -> str:
    """`text` without an ending that may yet grow into one of `stops`."""
    begun = [n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])]
    return text[: len(text) - max(begun, default=0)]


def _gather(steps: Iterator[list[int | None]], rows: int) -> list[list[int]]:
    texts: list[list[int]] = [[] for _ in range(rows)]
    for step in steps:
        for text, token in zip(texts, step, strict=True):
            if token is not None:
                text.append(token)
    return texts


def _generator(seed: int | None) -> torch.Generator | None:
    return None if seed is None else torch.Generator().manual_seed(seed)
