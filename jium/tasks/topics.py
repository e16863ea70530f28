"""Topics: what a collection of texts is about, and what one text is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from jium.checkpoint.run import load_model, understood
from jium.errors import DataError, RunError
from jium.files import write_text
from jium.models.topics import Topics
from jium.text.vectorise import Vectoriser

FILE = "topics.json"


@dataclass
class Topic:
    """A topic for a person: its telling words, how much of the texts is about it, typical texts.

    coherence: how often its words stand in the same texts, -1 to 1 (NPMI).
    """

    number: int
    share: float
    words: list[str]
    coherence: float
    texts: list[str] = field(default_factory=list)


@dataclass
class TopicModel:
    """Topics with the words they are made of. described: coherence and texts of each topic."""

    model: Topics
    reader: Vectoriser
    described: list[dict[str, Any]]

    @classmethod
    def load(cls, run: Path) -> Self:
        """The topics in a run folder."""
        model: Any = load_model(run)
        path = run / FILE
        if not path.is_file():
            raise RunError("{run}: has no {name}; copy the run again.", run=run, name=FILE)
        with understood(path):
            described = json.loads(path.read_text("utf-8"))["topics"]
        return cls(model, Vectoriser.load(run), described)

    def save(self, run: Path) -> None:
        """Write the words, and the topics as a person reads them."""
        self.reader.save(run)
        topics = [asdict(topic) for topic in self.topics()]
        write_text(run / FILE, json.dumps({"topics": topics}, ensure_ascii=False, indent=2) + "\n")

    def about(self) -> dict[str, Any]:
        """What config.json says beside the settings of the model."""
        return {"task": "topics"}

    def topics(self, n_words: int = 10, weight: float = 0.6) -> list[Topic]:
        """The topics, the largest first. weight: 1 gives each its commonest words, 0 those that no
        other topic has.
        """
        best = self.best_words(2 * n_words, weight)  # some are one word with two tags
        order = np.argsort(-self.model.share.numpy(), kind="stable")
        return [
            Topic(
                number=int(topic),
                share=float(self.model.share[topic]),
                words=list(dict.fromkeys(self._readable(best[topic])))[:n_words],
                coherence=self._of(topic, "coherence", 0.0),
                texts=self._of(topic, "texts", []),
            )
            for topic in order
        ]

    def best_words(self, n_words: int = 10, weight: float = 0.6) -> list[list[int]]:
        """For each topic the columns of its telling words, best first."""
        ranks = np.argsort(-self.model.relevance(weight), axis=1, kind="stable")
        return ranks[:, :n_words].tolist()

    def topic(self, text: str | Sequence[str]) -> Any:
        """How much of a text is about each topic, {number: share}, the most first; a list of such
        for a list.

        Raises DataError for a text without a word that the topics know.
        """
        texts = [text] if isinstance(text, str) else list(text)
        counts = self.reader(texts)
        for number, known in enumerate(np.diff(counts.indptr), 1):
            if not known:
                raise DataError(
                    "text {number} has no word that the topics know. Give a longer text, or train "
                    "on more texts.",
                    number=number,
                )
        found = [
            {int(topic): float(row[topic]) for topic in np.argsort(-row, kind="stable")}
            for row in self.model.infer(counts)
        ]
        return found[0] if isinstance(text, str) else found

    def _readable(self, columns: Sequence[int]) -> list[str]:
        names = self.reader.columns
        return [readable(names[column]) for column in columns]

    def _of(self, topic: int, name: str, default: Any) -> Any:
        return next((d[name] for d in self.described if d["number"] == topic), default)


def readable(column: str) -> str:
    """A word as a person writes it: 강아지/NNG is 강아지, 먹/VV is 먹다."""
    form, _, tag = column.rpartition("/")
    if not form or " " in column:
        return column
    return form.replace("_", " ") + ("다" if tag.startswith("V") else "")
