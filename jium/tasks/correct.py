"""Correct: repair the spelling of Korean words, and leave everything else as it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from jium.checkpoint.run import load_model, understood
from jium.errors import RunError
from jium.files import write_text
from jium.models.noisy_channel import NoisyChannel
from jium.text.eojeol import word_spans

WORDS = "vocabulary.json"


class Correction(NamedTuple):
    """A word that was changed: where it stood in the text, and how probable the change is."""

    start: int
    end: int
    typed: str
    corrected: str
    probability: float


class Corrector:
    """A spelling corrector with the words it knows."""

    def __init__(self, model: NoisyChannel, words: list[str]):
        self.model, self.words = model, words
        self._search = model.search(words)

    @classmethod
    def load(cls, run: Path) -> Self:
        """Raises RunError if the run is damaged."""
        model: Any = load_model(run)
        path = run / WORDS
        if not path.is_file():
            raise RunError("{run}: has no {name}; copy the run again.", run=run, name=WORDS)
        with understood(path):
            words = json.loads(path.read_text("utf-8"))["words"]
            return cls(model, words)

    def save(self, run: Path) -> None:
        """Write the words; the counts are the model's."""
        write_text(run / WORDS, json.dumps({"words": self.words}, ensure_ascii=False) + "\n")

    def about(self) -> dict[str, Any]:
        """What config.json says beside the settings of the model."""
        return {"task": "correct"}

    def correct(self, text: str | Sequence[str]) -> Any:
        """The text with its spelling repaired; a list in, a list out."""
        if not isinstance(text, str):
            return [self.correct(one) for one in text]
        for change in reversed(self.changes(text)):
            text = text[: change.start] + change.corrected + text[change.end :]
        return text

    def changes(self, text: str) -> list[Correction]:
        """What `correct` changes, in order."""
        spans = list(word_spans(text))
        guesses = self._search.guesses([text[start:end] for start, end in spans])
        return [
            Correction(start, end, text[start:end], guess.word, guess.probability)
            for (start, end), guess in zip(spans, guesses, strict=True)
            if guess.word != text[start:end] and guess.probability > self.model.config.confidence
        ]
