"""Summaries made of a text's own sentences, and its keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from jium.checkpoint.run import load_model
from jium.config import build, find_kind
from jium.errors import ConfigError
from jium.models import CONFIGS, MODELS
from jium.models.extraction import SentenceRanker
from jium.models.textrank import rank_words
from jium.ranges import at_least
from jium.text.content import content_words
from jium.text.sentences import sentence_spans

EXTRACTIVE = ("textrank", "lsa", "lead")


class Extract(NamedTuple):
    """A sentence as it stands in the text, its place there, and how much it says."""

    text: str
    start: int
    end: int
    score: float


@dataclass
class Extractor:
    """Chooses sentences of a text; those of a summary stand in the order of the text."""

    model: SentenceRanker

    @classmethod
    def of(cls, kind: str, **settings: Any) -> Self:
        """One without a run, for there is nothing to learn: of("textrank", similarity="cosine")."""
        if kind not in EXTRACTIVE:
            raise ConfigError(
                "must be one of {known}; got {value!r}.",
                key="model.kind",
                known=", ".join(EXTRACTIVE),
                value=kind,
            )
        config = build(find_kind(CONFIGS, kind, "model"), settings, "model")
        return cls(find_kind(MODELS, kind, "model")(config).eval())

    @classmethod
    def load(cls, run: Path) -> Self:
        """The one in a run folder."""
        model: Any = load_model(run)
        return cls(model)

    def about(self) -> dict[str, Any]:
        """What config.json says beside the settings of the model."""
        return {"task": "summarise"}

    # ------------------------------------------------------------ what a person asks for

    def summarise(
        self,
        text: str | Sequence[str],
        *,
        sentences: int | None = None,
        max_chars: int | None = None,
    ) -> Any:
        """The sentences that say most of a text, joined by spaces; a list of such for a list.

        sentences: how many; the model's `n_sentences` if not given. max_chars: characters of the
        summary at most; a sentence that finds no room gives way to the next best. A text without
        sentences gives "".
        """
        if not isinstance(text, str):
            return [self.summarise(t, sentences=sentences, max_chars=max_chars) for t in text]
        chosen = self.extracts(text, sentences=sentences, max_chars=max_chars)
        return " ".join(extract.text for extract in chosen)

    def extracts(
        self, text: str, *, sentences: int | None = None, max_chars: int | None = None
    ) -> list[Extract]:
        """What `summarise` joins, in the order of the text.

        A sentence that stands in the text twice is taken once. Where none has so few characters,
        the best is cut after its last whole word.
        """
        wanted = self.model.config.n_sentences if sentences is None else sentences
        at_least(1, sentences=wanted, max_chars=max_chars)
        ranked = _once(sorted(self._ranked(text), key=lambda extract: -extract.score))
        chosen = ranked[:wanted] if max_chars is None else _fitting(ranked, wanted, max_chars)
        return sorted(chosen, key=lambda extract: extract.start)

    def keywords(self, text: str, n: int = 10) -> list[str]:
        """The words that matter most by TextRank, best first: nouns where the text is Korean."""
        at_least(1, n=n)
        (words,) = content_words([text], verbs=False)
        return [word for word, _ in rank_words(words)[:n]]

    # ------------------------------------------------------------ how it is done

    def _ranked(self, text: str) -> list[Extract]:
        """Every sentence with its score, in order."""
        found = [(text[start:end], start) for start, end in sentence_spans(text)]
        stripped = [(part.strip(), start + _margin(part)) for part, start in found]
        parts = [part for part, _ in stripped]
        words = content_words(parts) if self.model.reads else [[]] * len(parts)
        scores = self.model.scores(words)
        return [
            Extract(part, start, start + len(part), float(score))
            for (part, start), score in zip(stripped, np.round(scores, 9), strict=True)
        ]


def _once(ranked: list[Extract]) -> list[Extract]:
    """The best of sentences that are word for word alike."""
    found: dict[str, Extract] = {}
    for extract in ranked:
        found.setdefault(" ".join(extract.text.split()), extract)
    return list(found.values())


def _margin(part: str) -> int:
    """White space at its beginning."""
    return len(part) - len(part.lstrip())


def _fitting(ranked: list[Extract], wanted: int, room: int) -> list[Extract]:
    """The best for which there is room, spaces between them counted."""
    chosen: list[Extract] = []
    left = room
    for extract in ranked:
        needed = len(extract.text) + bool(chosen)
        if len(chosen) < wanted and needed <= left:
            chosen.append(extract)
            left -= needed
    return chosen or [_cut(extract, room) for extract in ranked[:1]]


def _cut(extract: Extract, room: int) -> Extract:
    text = cut_words(extract.text, room)
    return extract._replace(text=text, end=extract.start + len(text))


def cut_words(text: str, room: int) -> str:
    """The beginning of a text, of `room` characters at most, to the end of a word if there is one
    in it.
    """
    if len(text) <= room:
        return text
    cut = text[:room]
    if text[room].isspace() or cut[-1].isspace():
        return cut.rstrip()
    whole = cut.rsplit(None, 1)
    return whole[0] if len(whole) > 1 else cut
