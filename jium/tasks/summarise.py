"""Summaries: of a document its own best sentences, or new ones, written by a model.

A document longer than the model takes is cut to its head, at the end of a word: news and most other
prose say first what matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jium.checkpoint.run import read_config, understood
from jium.data.clean import one_line
from jium.data.store import MARGIN
from jium.tasks.chat import LEAST_SHARE, Chatter
from jium.tasks.extract import EXTRACTIVE, Extractor
from jium.tasks.translate import TYPED, Translator
from jium.text.chat_template import ChatTemplate
from jium.text.normalise import clean
from jium.text.tokenizer import Tokenizer

LONGEST = 32  # characters a token, beyond which nobody need look for the head of a document


@dataclass
class Summariser:
    """A model that writes summaries: a translator from documents to summaries, or a chatter that
    was taught to answer a document with its summary.
    """

    writer: Translator | Chatter

    @staticmethod
    def load(run: Path) -> Summariser | Extractor:
        """The summariser in a run folder, of either kind."""
        with understood(run / "config.json"):
            kind = read_config(run)["jium"]["kind"]
        if kind in EXTRACTIVE:
            return Extractor.load(run)
        return Summariser((Chatter if kind == "gpt" else Translator).load(run))

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {**self.writer.about(), "task": "summarise"}

    # ------------------------------------------------------------ what a person asks for

    def summarise(self, text: str | Sequence[str], **options: Any) -> Any:
        """The summary of a text; of a list of texts a list in the same order.

        options: any setting of `GenerationConfig`, such as beam=4 or max_tokens=40; with n_best
        above 1 each text gives a list. A text of white space alone has the summary "".
        """
        texts = [text] if isinstance(text, str) else list(text)
        heads = [self.head(t) for t in texts]
        found = iter(self._write([head for head in heads if head], options))
        several = (options.get("n_best") or self.writer.settings.n_best) > 1
        nothing: Any = [""] if several else ""
        answers = [next(found) if head else nothing for head in heads]
        return answers[0] if isinstance(text, str) else answers

    def stream(self, text: str, **options: Any) -> Iterator[str]:
        """The summary of one text, piece by piece, as it is written."""
        head = self.head(text)
        if not head:
            return iter(())
        if isinstance(self.writer, Chatter):
            return _without_margin(self.writer.chat(asked(head), stream=True, **options))
        return self.writer.stream(head, **options)

    def head(self, text: str) -> str:
        """What the model reads of a text: one line, cleaned as in training, as much as there is
        room for.
        """
        return head(one_line(clean(text, TYPED)).strip(), self.tokenizer, self.room)

    # ------------------------------------------------------------ what others ask for

    @property
    def model(self) -> Any:
        """What writes."""
        return self.writer.model

    @property
    def tokenizer(self) -> Tokenizer:
        """That of the writer."""
        return self.writer.tokenizer

    @property
    def room(self) -> int:
        """Tokens of a document that the model can take."""
        max_len = self.model.config.max_len
        if isinstance(self.writer, Chatter):
            return chat_room(self.writer.template, max_len)
        return pair_room(max_len)

    def _write(self, heads: list[str], options: dict[str, Any]) -> list[Any]:
        if not heads:
            return []
        if isinstance(self.writer, Chatter):
            found = self.writer.chat([asked(head) for head in heads], **options)
            return [
                one.lstrip() if isinstance(one, str) else [*map(str.lstrip, one)] for one in found
            ]
        return self.writer.translate(heads, **options)


def _without_margin(pieces: Iterator[str]) -> Iterator[str]:
    """A text in pieces, without white space at its beginning: some tokenizers part words by it."""
    begun = False
    for piece in pieces:
        piece = piece if begun else piece.lstrip()
        begun = begun or bool(piece)
        if piece:
            yield piece


def asked(document: str) -> list[dict[str, str]]:
    """A document as the question of a chat."""
    return [{"role": "user", "content": document}]


def pair_room(max_len: int) -> int:
    """Tokens of a document for an encoder of so many."""
    return max_len - MARGIN


def chat_room(template: ChatTemplate, max_len: int) -> int:
    """Tokens of a document for a decoder of so many, which holds the summary too: a quarter of it
    is kept free, and what the marks of a chat take.
    """
    marks = len(template.ids(asked("."), reply=True)) - len(template.tokenizer.encode("."))
    return max_len - max_len // LEAST_SHARE - marks


def head(text: str, tokenizer: Tokenizer, room: int) -> str:
    """The beginning of a text, of `room` tokens at most, to the end of a word if there is one."""
    text = text[: LONGEST * room]
    offsets = tokenizer.offsets(text)
    while len(offsets) > room:
        text = _whole_words(text, offsets[room][0])
        offsets = tokenizer.offsets(text)
    return text


def _whole_words(text: str, end: int) -> str:
    """The words before `end`, or if there is none so much of the first, at least a character
    shorter than `text`.
    """
    cut = text[: min(end, len(text) - 1)]
    if not text[len(cut)].isspace():
        cut = cut.rsplit(None, 1)[0] if len(cut.split()) > 1 else cut
    return cut.rstrip()
