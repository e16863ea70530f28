"""A text written on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from jium.checkpoint.run import load_model, read_config, read_generation, understood
from jium.config import build, to_values
from jium.errors import ConfigError
from jium.generation.beam import beam_search
from jium.generation.constrained import Constraint, Grammar, constraint_of
from jium.generation.contrastive import contrastive_search
from jium.generation.decoding import GptDecoder
from jium.generation.engine import Engine, Request, Running, Step, check_prompt
from jium.generation.rows import max_len_of
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt
from jium.nn.layout import Layout
from jium.tasks.export import export_writer
from jium.tasks.text_stream import TextStream
from jium.tasks.written import Begun, Written, drawn_apart, turned
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts written at a time, beams not counted
PREFILL = 4096  # tokens of prompts read at a time
NEW = 256  # tokens to write where nobody says how many
NEVER = -1  # the end of a text, where no token ends one


@dataclass
class Writer:
    """A model that writes, and its tokenizer.

    before: ids that stand before every text, as in training. ends: tokens that end a text.
    """

    model: nn.Module
    tokenizer: Tokenizer
    before: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    settings: GenerationConfig = field(default_factory=GenerationConfig)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The writer in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            before, ends = tuple(about["before"]), tuple(about["ends"])
            settings = build(GenerationConfig, read_generation(run))
        return cls(model, Tokenizer.load(run), before, ends, settings)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "generate", "before": list(self.before), "ends": list(self.ends)}

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads."""
        export_writer(out, to, self)

    # ------------------------------------------------------------ text to text

    def generate(self, prompt: str | Sequence[str], **options: Any) -> Any:
        """What follows a text, or each of a list of texts in the same order.

        options: any setting of `GenerationConfig`, such as max_tokens=50, temperature=0.8,
        top_p=0.9, seed=1, beam=4; with n_best above 1 each text gives a list. One of choices,
        regex, grammar, json_schema says what the new text must be (see `constraint_of`). Raises
        DataError for a text that the model cannot take, ConfigError where it cannot write what was
        asked for.
        """
        texts = [prompt] if isinstance(prompt, str) else list(prompt)
        found = [[one.text for one in several] for several in self.write_texts(texts, options)]
        several = (options.get("n_best") or self.settings.n_best) > 1
        chosen = found if several else [answers[0] for answers in found]
        return chosen[0] if isinstance(prompt, str) else chosen

    def write_texts(
        self, texts: Sequence[str], options: dict[str, Any], top_logprobs: int | None = None
    ) -> list[list[Written]]:
        """`write` for texts and the options of `generate`."""
        settings, constraint = self.asked(options)
        rows = [self.ids(text) for text in texts]
        n = settings.n_best * len(rows)
        constraints = None if constraint is None else [constraint() for _ in range(n)]
        return self.write(rows, settings, constraints, top_logprobs)

    def stream(self, prompt: str, **options: Any) -> Iterator[str]:
        """`generate` for one text, piece by piece, as it is written; the pieces add up to the
        answer.
        """
        settings, constraint = self.asked(options)
        made = None if constraint is None else constraint()
        return self.stream_ids(self.ids(prompt), settings, made)

    def asked(
        self, options: dict[str, Any], begins: bool = False
    ) -> tuple[GenerationConfig, Callable[[], Constraint] | None]:
        """The settings that options ask for, and what makes the constraint of each text, which
        `begins` anew or goes on.
        """
        asked = {key: value for key, value in options.items() if value is not None}
        limits = {key: asked.pop(key) for key in CONSTRAINTS if key in asked}
        settings = build(GenerationConfig, without_rivals(to_values(self.settings), asked) | asked)
        settings = replace(settings, max_tokens=settings.max_tokens or NEW)
        if not limits:
            return settings, None
        return settings, self.constraint(begins, **limits).copy

    def constraint(self, begins: bool = False, **limits: Any) -> Grammar:
        """What a text must be; see `constraint_of`. begins: it stands after a mark, as an answer in
        a chat does, and not after words.
        """
        space = begins and self.tokenizer.begins_with_space
        n = int(self.model.config.vocab_size)  # type: ignore[union-attr, arg-type]
        return constraint_of(self.tokenizer, self.ends, leading_space=space, vocab_size=n, **limits)

    def ids(self, text: str) -> list[int]:
        """A text as the model reads it. Raises DataError where it cannot."""
        ids = [*self.before, *self.tokenizer.encode(text)]
        check_prompt(ids, max_len_of(self.model))
        return ids

    @torch.inference_mode()
    def logits(self, text: str) -> Tensor:
        """What the model says of the token after each of a text, what stands before it included:
        (tokens, vocab), float32.
        """
        model = _gpt(self.model, "logits")
        ids = torch.tensor(self.ids(text), device=self.device)
        return model.output(model(ids, Layout([len(ids)], self.device))).float()

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        tensors = (*self.model.parameters(), *self.model.buffers())
        return tensors[0].device

    # ------------------------------------------------------------ tokens to tokens

    def write(
        self,
        rows: Sequence[list[int]],
        settings: GenerationConfig,
        constraints: Sequence[Constraint] | None = None,
        top_logprobs: int | None = None,
    ) -> list[list[Written]]:
        """What follows rows of ids, `n_best` times each.

        constraints: one for each text to be written, those of a row one after another.
        top_logprobs: 0 for the log-probabilities of what was chosen, n for those of the n
        likeliest too.
        """
        if settings.beam > 1:
            _check_alone("beam", settings.beam, constraints, top_logprobs)
            return self._beams(rows, settings)
        if settings.penalty_alpha is not None:
            _check_alone("penalty_alpha", settings.penalty_alpha, constraints, top_logprobs)
            return [[self._contrastive(ids, settings)] for ids in rows]
        n = settings.n_best
        requests = [
            Request(ids, drawn_apart(settings, i), self.ends, None, top_logprobs)
            for i, ids in enumerate(ids for ids in rows for _ in range(n))
        ]
        for request, constraint in zip(requests, constraints or (), strict=constraints is not None):
            request.constraint = constraint
        written = self._write_all(requests, settings.stop)
        return [written[i : i + n] for i in range(0, len(written), n)]

    def stream_ids(
        self,
        ids: list[int],
        settings: GenerationConfig,
        constraint: Constraint | None = None,
    ) -> Iterator[str]:
        """What follows a row of ids, piece by piece; one text, without beams."""
        settings = replace(settings, beam=1, n_best=1)
        stream = TextStream(self.tokenizer, ids, settings.stop)
        if settings.penalty_alpha is not None:
            _check_alone("penalty_alpha", settings.penalty_alpha, constraint, None)
            return _pieces(stream, self._contrastive_tokens(ids, settings))
        engine = Engine(self.model, 1, PREFILL)
        engine.submit(Request(ids, settings, self.ends, constraint))
        return _pieces(stream, _tokens(engine))

    # ------------------------------------------------------------ how it is done

    def _write_all(self, requests: list[Request], stops: list[str]) -> list[Written]:
        """Short prompts first, so that those read together are of like length."""
        if not requests:
            return []
        engine = Engine(self.model, min(ROWS, len(requests)), PREFILL)
        order = sorted(range(len(requests)), key=lambda i: len(requests[i].ids))
        texts: dict[int, Begun] = {}  # by request
        of: dict[Running, Begun] = {}
        for i in order:
            stream = TextStream(self.tokenizer, requests[i].ids, stops)
            texts[i] = of_one = Begun(engine.submit(requests[i]), stream)
            of[of_one.running] = of_one
        for running, step in turned(engine):
            if stops and step is not None and of[running].push(step.token):
                engine.cancel(running)
        return [texts[i].written() for i in range(len(requests))]

    def _contrastive(self, ids: list[int], settings: GenerationConfig) -> Written:
        stream, tokens, text = TextStream(self.tokenizer, ids, settings.stop), [], ""
        for token in self._contrastive_tokens(ids, settings):
            tokens.append(token)
            text += stream.push(token)
            if stream.stopped:
                break
        ended = stream.stopped or len(tokens) < self._limit(ids, settings)
        text += stream.close()
        return Written(tokens, text, "stop" if ended else "length", [Step(t) for t in tokens])

    def _contrastive_tokens(self, ids: list[int], settings: GenerationConfig) -> Iterator[int]:
        model = _gpt(self.model, "penalty_alpha")
        assert settings.penalty_alpha is not None and settings.top_k is not None
        check_prompt(ids, model.config.max_len)
        ways = settings.top_k, settings.penalty_alpha
        return contrastive_search(model, ids, *ways, self._limit(ids, settings), self.ends)

    def _beams(self, rows: Sequence[list[int]], settings: GenerationConfig) -> list[list[Written]]:
        """Rows of one length are searched together."""
        found: list[list[Written]] = [[] for _ in rows]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        while order:
            alike = [i for i in order[:ROWS] if len(rows[i]) == len(rows[order[0]])]
            order = order[len(alike) :]
            written = self._search([rows[i] for i in alike], settings)
            for i, texts in zip(alike, written, strict=True):
                found[i] = texts
        return found

    @torch.inference_mode()
    def _search(self, rows: list[list[int]], settings: GenerationConfig) -> list[list[Written]]:
        model = _gpt(self.model, "beam")
        check_prompt(rows[0], model.config.max_len)
        limit = self._limit(rows[0], settings)
        prompts, end = torch.tensor(rows, device=self.device), (*self.ends, NEVER)[0]
        decoder = GptDecoder(model, prompts, len(rows[0]) + limit, settings.beam, self.ends)
        width, penalty = settings.beam, settings.length_penalty
        best = beam_search(decoder, len(rows), width, 0, end, limit, penalty)
        return [
            [self._found(row, h.tokens, settings, limit) for h in texts[: settings.n_best]]
            for row, texts in zip(rows, best, strict=True)
        ]

    def _found(
        self, row: list[int], tokens: list[int], settings: GenerationConfig, limit: int
    ) -> Written:
        stream = TextStream(self.tokenizer, row, settings.stop)
        text = stream.whole(tokens)
        ended = stream.stopped or len(tokens) < limit
        return Written(tokens, text, "stop" if ended else "length", [Step(t) for t in tokens])

    def _limit(self, ids: list[int], settings: GenerationConfig) -> int:
        """Tokens that may follow `ids`."""
        room = max_len_of(self.model) - len(ids)
        return min(settings.max_tokens or room, room)


CONSTRAINTS = ("choices", "regex", "grammar", "json_schema")


def _tokens(engine: Engine) -> Iterator[int]:
    """The tokens of the one request of an engine."""
    return (step.token for _, step in turned(engine) if step is not None)


def _pieces(stream: TextStream, tokens: Iterator[int]) -> Iterator[str]:
    for token in tokens:
        if piece := stream.push(token):
            yield piece
        if stream.stopped:
            return
    if piece := stream.close():
        yield piece


def _gpt(model: nn.Module, key: str) -> Gpt:
    if not isinstance(model, Gpt):
        raise ConfigError(
            "is not for a model such as {model}.", key=key, model=type(model).__name__
        )
    return model


def _check_alone(key: str, value: Any, constraint: Any, top_logprobs: int | None) -> None:
    """Raises ConfigError where a search is asked for what only single draws have."""
    if constraint is not None or top_logprobs is not None:
        raise ConfigError(
            "goes neither with a constraint nor with log-probabilities; got {value}. Leave it out.",
            key=key,
            value=value,
        )


def without_rivals(own: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """How a run writes by itself, less what does not go with the method that is asked for: beam
    search and contrastive search do not draw.
    """
    drawing = {"temperature", "top_p", "min_p", "repetition_penalty"}
    drawing |= {"presence_penalty", "frequency_penalty", "logit_bias"}
    away: set[str] = set()
    if (asked.get("beam") or 1) > 1:
        away = drawing | {"top_k", "penalty_alpha"}
    elif asked.get("penalty_alpha") is not None:
        away = drawing | {"beam", "n_best"}
    elif (asked.get("temperature") or 0) > 0:
        away = {"beam", "penalty_alpha"}
    return {name: value for name, value in own.items() if name not in away}
