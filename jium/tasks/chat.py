"""A chat: messages in, what the assistant says next out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from jium.checkpoint.run import read_config
from jium.errors import DataError
from jium.generation.rows import max_len_of
from jium.generation.settings import GenerationConfig
from jium.tasks.export import export_writer
from jium.tasks.generate import NEW, Writer
from jium.text.chat_template import ChatTemplate, Message, check, newest
from jium.text.tokenizer import Tokenizer

Messages = Sequence[Message]
LEAST_SHARE = 4  # of the window, a part of 1 / this is kept free for the answer


@dataclass
class Chatter:
    """A writer, and the template by which chats are written for it.

    system: what a chat without a system message begins with, if anything.
    """

    writer: Writer
    template: ChatTemplate
    system: str | None = None

    @classmethod
    def load(cls, run: Path) -> Self:
        """The chatter in a run folder."""
        writer = Writer.load(run)
        return cls(writer, ChatTemplate(writer.tokenizer), read_config(run)["jium"].get("system"))

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {**self.writer.about(), "task": "chat", "system": self.system}

    # ------------------------------------------------------------ what a person asks for

    def chat(
        self,
        messages: str | Message | Messages | Sequence[Messages],
        *,
        system: str | None = None,
        stream: bool = False,
        **options: Any,
    ) -> Any:
        """What the assistant says to a text, or after a chat, a list of {"role", "content"}; of
        several chats a list of answers.

        system: a system message for a chat that has none. stream: give the answer piece by piece,
        as it is written. options: any of `Writer.generate`. Of a chat longer than the
        window of the model the system message and the newest turns are read. Raises DataError for a
        chat that cannot be read so.
        """
        asked = to_messages(messages)
        several = bool(asked) and isinstance(asked[0], list)
        settings, constraint = self.writer.asked(options, begins=True)
        if stream:
            if several:
                raise DataError("one chat is streamed at a time; got {n}.", n=len(asked))
            settings = replace(settings, beam=1, n_best=1)
            made = None if constraint is None else constraint()
            return self.writer.stream_ids(self._prompt_of(asked, system, settings), settings, made)
        chats = asked if several else [asked]
        rows = [self._prompt_of(chat, system, settings) for chat in chats]
        n = settings.n_best * len(rows)
        limits = None if constraint is None else [constraint() for _ in range(n)]
        found = self.writer.write(rows, settings, limits)
        answers = [[one.text for one in written] for written in found]
        chosen = [answer[0] for answer in answers] if settings.n_best == 1 else answers
        return chosen if several else chosen[0]

    def generate(self, prompt: str | Sequence[str], **options: Any) -> Any:
        """What follows a text that is no chat; see `Writer.generate`."""
        return self.writer.generate(prompt, **options)

    def prompt(self, messages: Messages, max_tokens: int | None = None) -> list[int]:
        """The tokens that the model reads of a chat, the mark for its answer last.

        max_tokens: of the answer, for which room is kept, up to a quarter of the window. Raises
        DataError where not even the last turn fits.
        """
        check(messages)
        window = max_len_of(self.model)
        room = window - min(max_tokens or NEW, window // LEAST_SHARE)
        kept = newest(messages, lambda some: len(self.template.ids(some, reply=True)) <= room)
        if not kept:
            last = [m for m in messages[:1] if m["role"] == "system"] + [messages[-1]]
            raise DataError(
                "the last message takes {n} tokens, with the system message; the model reads "
                "{room}. Shorten it.",
                n=len(self.template.ids(last, reply=True)),
                room=room,
            )
        return self.template.ids(kept, reply=True)

    def takes(self, messages: Messages, *, system: str | None = None, **options: Any) -> bool:
        """Whether `chat` can answer: the model can read the last turn, with room for an answer."""
        settings, _ = self.writer.asked(options)
        try:
            self._prompt_of(messages, system, settings)
        except DataError:
            return False
        return True

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads, its chat template with it."""
        export_writer(out, to, self.writer)

    # ------------------------------------------------------------ what others ask for

    @property
    def model(self) -> Any:
        """The decoder."""
        return self.writer.model

    @property
    def tokenizer(self) -> Tokenizer:
        """That of the writer."""
        return self.writer.tokenizer

    @property
    def ends(self) -> tuple[int, ...]:
        """Tokens that end an answer."""
        return self.writer.ends

    @property
    def before(self) -> tuple[int, ...]:
        """Tokens that stand before a text that is no chat."""
        return self.writer.before

    @property
    def settings(self) -> GenerationConfig:
        """How it writes unless told otherwise."""
        return self.writer.settings

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.writer.device

    def _prompt_of(
        self, messages: Any, system: str | None, settings: GenerationConfig
    ) -> list[int]:
        check(messages)
        system = system if system is not None else self.system
        if system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": system}, *messages]
        return self.prompt(messages, settings.max_tokens)


def to_messages(given: Any) -> list[Any]:
    """A text or a message as a chat; a chat, or several, as they are."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [given] if isinstance(given, dict) else list(given)


class Conversation:
    """A chat that goes on: what was said is remembered.

    task: anything with `chat`, a Chatter or a model elsewhere.
    """

    def __init__(self, task: Any, system: str | None = None, **options: Any) -> None:
        self.task = task
        self.system = system
        self.options = options
        self.messages: list[Message] = []
        self.reset()

    def reset(self) -> None:
        """Forget what was said; the system message stays."""
        self.messages = [{"role": "system", "content": self.system}] if self.system else []

    def undo(self) -> bool:
        """Take back the last question, and its answer; False where there is none."""
        asked = [i for i, message in enumerate(self.messages) if message["role"] == "user"]
        self.messages = self.messages[: asked[-1]] if asked else self.messages
        return bool(asked)

    def say(self, text: str) -> str:
        """What the assistant says to a text, after all that was said before."""
        return "".join(self.stream(text))

    def stream(self, text: str) -> Iterator[str]:
        """The same, piece by piece. Where the answer breaks off, nothing of it is remembered."""
        asked = [*self.messages, {"role": "user", "content": text}]
        pieces = []
        for piece in self.task.chat(asked, stream=True, **self.options):
            pieces.append(piece)
            yield piece
        answer = "".join(pieces)
        said = [{"role": "assistant", "content": answer}] if answer.strip() else []
        self.messages = [*asked, *said] if said else self.messages
