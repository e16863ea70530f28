"""A language model that runs elsewhere, behind an endpoint that speaks OpenAI's protocol.

jium.load("openai:gpt-4o-mini").chat("안녕하세요?")

Where it is and the key come from OPENAI_BASE_URL and OPENAI_API_KEY, of the environment or of a
`.env` file in the working folder; the environment wins. The key is shown nowhere.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from jium.config import build, nearest
from jium.errors import ConfigError, DataError, JiumError, require
from jium.generation.grammars import ANY_OBJECT, schema_of
from jium.generation.settings import GenerationConfig
from jium.tasks.chat import to_messages
from jium.tasks.outside_errors import explained
from jium.tasks.outside_place import OPENAI, place_and_key, shown
from jium.tasks.spending import Purse, Usage, tokens_at_most
from jium.text.chat_template import Message, check

PREFIX = "openai:"
ROOM = 1024  # tokens of an answer where nobody says how many, and a budget must hold
OF_A_MESSAGE = 16  # tokens around one, at most
AT_ONCE = 256  # texts embedded in one call
OPTIONS = (
    *("temperature", "top_p", "max_tokens", "stop", "seed"),
    *("presence_penalty", "frequency_penalty"),
)


class Outside:
    """The chat surface of a model elsewhere: `chat` and, where the endpoint has it, `embed`.

    usage: calls, tokens and cost so far.
    """

    def __init__(
        self,
        name: str,
        *,
        budget: float | None = None,
        prices: str | Path | None = None,
        retries: int = 4,
        timeout_s: float = 120.0,
    ) -> None:
        """name: as the endpoint calls the model. budget: what all calls together may cost, in the
        currency of the table `prices` (None: the table inside the package, US dollars). retries:
        of a call that found the endpoint busy, broken or silent, with growing waits between them
        or those that it asks for.

        Raises ConfigError without a key, or for a budget that cannot be held to.
        """
        if not name.strip():
            raise ConfigError("no name of a model: openai:NAME, as in openai:gpt-4o-mini.")
        self.name = name
        self.system: str | None = None
        url, key = place_and_key()
        self.place = shown(url)
        self._is_openai = urlsplit(url).hostname == urlsplit(OPENAI).hostname
        self.timeout_s = timeout_s
        self.purse = Purse.of(name, budget, prices)
        self._client = require("openai", "outside").OpenAI(
            api_key=key, base_url=url, max_retries=retries, timeout=timeout_s
        )

    @classmethod
    def load(cls, run: str | Path, **options: Any) -> Self:
        """The model that openai:NAME names, as text or, from the command line, as a path."""
        name = run if isinstance(run, str) else run.as_posix()
        return cls(name.removeprefix(PREFIX), **options)

    def about(self) -> dict[str, Any]:
        """What it is, as a run folder would say."""
        return {"task": "outside", "model": self.name}

    def __repr__(self) -> str:
        return f"Outside({self.name!r} at {self.place})"

    @property
    def usage(self) -> Usage:
        """Calls, tokens and cost so far."""
        return self.purse.usage

    def close(self) -> None:
        """Let go of the connections; without it, that is done at the end of the program."""
        self._client.close()

    # ------------------------------------------------------------ what a person asks for

    def chat(
        self,
        messages: Any,
        *,
        system: str | None = None,
        stream: bool = False,
        **options: Any,
    ) -> Any:
        """What the assistant says to a text, or after a chat, a list of {"role", "content"}; of
        several chats a list of answers.

        system: a system message for a chat that has none. stream: give the answer piece by piece.
        options: temperature, top_p, max_tokens, stop, seed, presence_penalty, frequency_penalty,
        and json_schema as in `constraint_of`. Raises JiumError where the endpoint does not answer,
        and, before anything is sent, where that might cost more than the budget has left.
        """
        asked = to_messages(messages)
        if asked and isinstance(asked[0], list):
            if stream:
                raise DataError("one chat is streamed at a time; got {n}.", n=len(asked))
            return [self.chat(chat, system=system, **options) for chat in asked]
        check(asked)
        if system and asked[0]["role"] != "system":
            asked = [{"role": "system", "content": system}, *asked]
        request = self._request(asked, options)
        if not stream:
            return self._whole(request)
        pieces = self._pieces(request)
        return _after(next(pieces, ""), pieces)  # what is wrong is said now, not when it is read

    def embed(self, text: str | Sequence[str]) -> NDArray[np.float32]:
        """The vector of a text, (dim,), or of each of a list, (texts, dim)."""
        texts = [text] if isinstance(text, str) else list(text)
        if not all(isinstance(t, str) and t.strip() for t in texts):
            raise DataError("a text with nothing in it has no vector. Leave it out.")
        rows: list[Any] = []
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            with self.purse.call(sum(map(tokens_at_most, part)), 0) as call:
                found = self._tried(
                    self._client.embeddings.create,
                    model=self.name,
                    input=part,
                    encoding_format="float",
                )
                call.said(getattr(found, "usage", None))
            data = getattr(found, "data", None) or []
            if len(data) != len(part):
                raise self._strange()
            rows += [one.embedding for one in sorted(data, key=lambda one: one.index)]
        vectors = np.array(rows, np.float32)
        return vectors[0] if isinstance(text, str) else vectors

    # ------------------------------------------------------------ how it is done

    def _request(self, messages: list[Message], options: dict[str, Any]) -> dict[str, Any]:
        """The body of a request. Raises ConfigError for an option that the endpoint lacks."""
        given = {key: value for key, value in options.items() if value is not None}
        schema = given.pop("json_schema", None)
        for key in given:
            if key not in OPTIONS:
                raise ConfigError(
                    "is nothing that a model elsewhere can be asked for.{near} Known: {known}.",
                    key=key,
                    near=nearest(key, OPTIONS),
                    known=", ".join([*OPTIONS, "json_schema"]),
                )
        if isinstance(given.get("stop"), str):
            given["stop"] = [given["stop"]]
        build(GenerationConfig, given)
        if self.purse.budget is not None:
            given.setdefault("max_tokens", ROOM)
        if self._is_openai and "max_tokens" in given:  # its newer models know only this name
            given["max_completion_tokens"] = given.pop("max_tokens")
        if schema is not None:
            given["response_format"] = _response_format(schema_of(schema))
        return {"model": self.name, "messages": messages, **given}

    def _whole(self, request: dict[str, Any]) -> str:
        """The answer, all at once."""
        with self.purse.call(*_most(request)) as call:
            found = self._tried(self._client.chat.completions.create, **request)
            call.said(getattr(found, "usage", None))
            if not getattr(found, "choices", None):
                raise self._strange()
            choice = found.choices[0]
            text = choice.message.content or ""
            call.gave(text)
        self._check(text, choice.finish_reason, request)
        return text

    def _pieces(self, request: dict[str, Any]) -> Iterator[str]:
        """The answer, piece by piece."""
        text, reason = "", None
        with self.purse.call(*_most(request)) as call:
            create = self._client.chat.completions.create
            counted = {"stream": True, "stream_options": {"include_usage": True}}
            with self._tried(create, **request, **counted) as stream:
                events = self._tried(iter, stream)
                while (event := self._tried(next, events, None)) is not None:
                    call.said(getattr(event, "usage", None))
                    for choice in getattr(event, "choices", None) or []:
                        reason = choice.finish_reason or reason
                        if piece := choice.delta.content:
                            text += piece
                            call.gave(piece)
                            yield piece
        self._check(text, reason, request)

    def _check(self, text: str, reason: str | None, request: dict[str, Any]) -> None:
        """Raise JiumError for an answer that is none, broke off, or is not the JSON asked for."""
        if reason is None and not text:
            raise self._strange()
        if reason is None:
            raise JiumError(
                "the answer of {model} at {place} broke off after {n} characters. Try again.",
                model=self.name,
                place=self.place,
                n=len(text),
            )
        if reason == "content_filter":
            raise JiumError(
                "{place} holds the answer of {model} back: its content filter stopped it.",
                place=self.place,
                model=self.name,
            )
        if "response_format" not in request:
            return
        try:
            json.loads(text)
        except ValueError:
            raise JiumError(
                "{model} at {place} was asked for JSON and answered {text!r} (it ended by: "
                "{reason}). Raise max_tokens, or take a model that follows schemas.",
                model=self.name,
                place=self.place,
                text=text[:80],
                reason=reason,
            ) from None

    def _tried(self, ask: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """What the client gives, its errors said as ours: without the key, and without theirs."""
        try:
            return ask(*given, **named)
        except Exception as error:  # the client's own, and those of the library beneath it
            said = explained(error, self.name, self.place, self._client.api_key, self.timeout_s)
        raise said

    def _strange(self) -> JiumError:
        return JiumError(
            "what came from {place} is no answer of OpenAI's protocol. Is OPENAI_BASE_URL the "
            "address of the API, which mostly ends in /v1?",
            place=self.place,
        )


def _most(request: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the prompt and of the answer at most."""
    contents = [message["content"] for message in request["messages"]]
    contents.append(json.dumps(request.get("response_format", ""), ensure_ascii=False))
    prompt = sum(OF_A_MESSAGE + tokens_at_most(content) for content in contents)
    return prompt, request.get("max_tokens") or request.get("max_completion_tokens") or 0


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    if schema == ANY_OBJECT:
        return {"type": "json_object"}
    named = {"name": "answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def _after(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest
