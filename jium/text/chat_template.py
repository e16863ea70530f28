"""Chats as one text: who said what, with marks around it, in a form that the model has learned.

One template, saved with the weights, serves training, evaluation, command line, server and export,
so a chat is the same bytes and the same tokens in all of them. It is a Jinja template, as in the
`tokenizer_config.json` of Hugging Face, and is run in Jinja's sandbox: a folder may come from
anywhere.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from jium.errors import DataError, TokenizerError
from jium.text.tokenizer import Tokenizer

Role = Literal["system", "user", "assistant"]
Message = dict[str, str]  # "role" and "content"

ROLES = ("system", "user", "assistant")
END = "<|end|>"  # of a message
MARKS = (*(f"<|{role}|>" for role in ROLES), END)  # what language models have tokens for
TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
OPEN, CLOSE = "\ue000", "\ue001"  # around the number of a special token that a person has typed
_PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")


class ChatTemplate:
    """A template, and the tokenizer that has its marks as special tokens."""

    def __init__(self, tokenizer: Tokenizer, source: str | None = None) -> None:
        """source: None for the tokenizer's own template, or else jium's. Raises TokenizerError for
        a template that is none, or whose marks the tokenizer lacks.
        """
        self.tokenizer = tokenizer
        self.source = source = source or tokenizer.chat_template or TEMPLATE
        missing = [mark for mark in MARKS if tokenizer.token_id(mark) is None]
        if source == TEMPLATE and missing:
            raise TokenizerError(
                "the tokenizer has no token {marks}, with which chats are written.",
                marks=", ".join(missing),
            )
        self._template = _compiled(source)

    def text(self, messages: Sequence[Message], reply: bool = False) -> str:
        """The chat as one text. reply: with the mark after which the assistant answers.

        Raises DataError for an unknown role, a message without words, or no message at all.
        """
        return _restored(self._render(messages, reply), self._special)

    def ids(self, messages: Sequence[Message], reply: bool = False) -> list[int]:
        """The chat as tokens. A special token that a person has typed is text like any other."""
        parts = self._cut.split(self._render(messages, reply))
        texts = [_restored(part, self._special) for part in parts[::2]]
        found: list[int] = []
        for text, ids, mark in zip(
            texts, self.tokenizer.encode_batch(texts), [*parts[1::2], None], strict=True
        ):
            found += ids if text else []
            found += [] if mark is None else [self._id(mark)]
        return found

    def learned(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """The chat as tokens, and of each whether it is the assistant's: its words, and the mark
        that ends them.
        """
        whole = self.ids(messages)
        mask = [False] * len(whole)
        for i, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            asked, answered = self.ids(messages[:i], reply=True), self.ids(messages[: i + 1])
            if whole[: len(asked)] != asked or whole[: len(answered)] != answered:
                raise TokenizerError(
                    "the chat template writes an answer otherwise once more is said, so what is "
                    "to be learned cannot be told."
                )
            mask[len(asked) : len(answered)] = [True] * (len(answered) - len(asked))
        return whole, mask

    # ------------------------------------------------------------ within

    @cached_property
    def _special(self) -> list[str]:
        """The special tokens, longer ones first."""
        return sorted(self.tokenizer.special_tokens, key=lambda token: (-len(token), token))

    @cached_property
    def _cut(self) -> re.Pattern[str]:
        return re.compile(f"({'|'.join(map(re.escape, self._special))})")

    def _id(self, mark: str) -> int:
        found = self.tokenizer.token_id(mark)
        assert found is not None
        return found

    def _render(self, messages: Sequence[Message], reply: bool) -> str:
        """The text, with places where a person has typed what looks like a special token."""
        check(messages)
        apart = [{**m, "content": self._set_apart(m["content"])} for m in messages]
        roles = {name: token for name, token in self.tokenizer.roles.items()}
        try:
            return self._template.render(messages=apart, add_generation_prompt=reply, **roles)
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise DataError(
                "the chat template of the model does not take these messages: {error}",
                error=error,
            ) from error

    def _set_apart(self, content: str) -> str:
        """Special tokens that a person has typed, and what opens a place, as numbered places."""
        places = {token: f"{OPEN}{i}{CLOSE}" for i, token in enumerate([*self._special, OPEN])}
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], content)


def check(messages: Sequence[Any]) -> None:
    """Raise DataError unless these are messages: each with a known role, and words."""
    if not messages:
        raise DataError("a chat of no message. Give at least one.")
    for number, message in enumerate(messages, 1):
        role = message.get("role") if isinstance(message, Mapping) else None
        content = message.get("content") if isinstance(message, Mapping) else None
        if role not in ROLES:
            raise DataError(
                "message {number}: no role {role!r}. Known: {known}.",
                number=number,
                role=role,
                known=", ".join(ROLES),
            )
        if not isinstance(content, str) or not content.strip():
            raise DataError("message {number}: says nothing. Give it words.", number=number)


def newest(messages: Sequence[Message], fits: Callable[[Sequence[Message]], bool]) -> list[Message]:
    """The most of a chat that fits: its system message, and the newest turns from a user's on.

    fits: what is true of a chat must be true of its newest turns; a long chat is halved, and not
    shortened turn by turn. Empty where not even the last turn fits.
    """
    system = [m for m in messages[:1] if m["role"] == "system"]
    turns = list(messages[len(system) :])
    starts = [i for i, m in enumerate(turns) if m["role"] == "user"] or [0]
    place = bisect_left(starts, True, key=lambda i: fits([*system, *turns[i:]]))
    return [*system, *turns[starts[place] :]] if place < len(starts) else []


def _compiled(source: str) -> Any:
    def refuse(message: str) -> None:
        raise TemplateError(message)

    world = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    world.globals["raise_exception"] = refuse
    world.filters["tojson"] = lambda x, **more: json.dumps(x, ensure_ascii=False, **more)
    try:
        return world.from_string(source)
    except TemplateError as error:
        raise TokenizerError("the chat template is none: {error}", error=error) from error


def _restored(text: str, special: Sequence[str]) -> str:
    return _PLACE.sub(lambda found: [*special, OPEN][int(found[1])], text)
