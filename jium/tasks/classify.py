"""Text to a label: whichever model reads it, a person asks the same way."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, find_kind, nearest, to_values
from jium.errors import ConfigError, DataError
from jium.models.tfidf import Tfidf
from jium.text.normalise import Cleaning, clean
from jium.text.vectorise import Vectoriser

ROWS = 4096  # texts scored at a time


class Reader(Protocol):
    """Makes of texts what a model takes: n-gram counts for one, batches of tokens for another."""

    def __call__(self, texts: Sequence[str]) -> Any: ...

    def save(self, run: Path) -> None: ...


READERS = {"tfidf": "jium.text.vectorise:Vectoriser"}  # by kind of model


@dataclass
class Classifier:
    """A model, what reads text for it, and the names of its classes.

    model: gives scores (texts, classes) for what `reader` gives. cleaning: as the training data was
    cleaned; None for texts as they stand. calibrated: whether the softmax of the scores may be
    called a probability.
    """

    model: nn.Module
    reader: Reader
    labels: list[str]
    cleaning: Cleaning | None = None
    calibrated: bool = True

    @classmethod
    def load(cls, run: Path) -> Self:
        """The classifier in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            reader = find_kind(READERS, about["kind"], "model").load(run)
            labels = [str(label) for label in about["labels"]]
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
        return cls(model, reader, labels, cleaning or None, bool(about["calibrated"]))

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "classify",
            "labels": self.labels,
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
            "calibrated": self.calibrated,
        }

    # ------------------------------------------------------------ what a person asks for

    def classify(
        self, text: str | Sequence[str], *, probabilities: bool = False, top: int | None = None
    ) -> Any:
        """The label of a text, or of each of a list.

        probabilities: a table instead, label to probability, likeliest first; top: of so many
        labels. Raises DataError for a text with nothing in it.
        """
        if top is not None and top < 1:
            raise ConfigError("must be 1 or more; got {value}.", key="top", value=top)
        texts = [text] if isinstance(text, str) else list(text)
        if probabilities or top is not None:
            found: list[Any] = [self._ranked(row, top) for row in self.probabilities(texts)]
        else:
            found = [self.labels[best] for best in self.scores(texts).argmax(axis=1)]
        return found[0] if isinstance(text, str) else found

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The probability of each class: (texts, classes). Raises ConfigError where the scores of
        the model were never set against held-out texts.
        """
        if not self.calibrated:
            raise ConfigError(
                "an svm gives probabilities only where it was trained with texts to validate "
                "with. Give data.valid, or use model.classifier=logistic.",
                key="probabilities",
            )
        return torch.softmax(torch.from_numpy(self.scores(texts)), dim=1).numpy()

    @torch.inference_mode()
    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each class, the highest being the answer: (texts, classes)."""
        cleaned = self._cleaned(texts)
        parts = [np.empty((0, len(self.labels)), np.float32)]
        for start in range(0, len(cleaned), ROWS):
            read = self.reader(cleaned[start : start + ROWS])
            parts.append(self.model(read).float().cpu().numpy())
        return np.concatenate(parts)

    def weights(self, text: str, label: str | None = None) -> list[tuple[str, float]]:
        """What each n-gram of a text adds to the score of a label (its own, if none is given), the
        strongest first. Only for a model of counts.
        """
        if not isinstance(self.model, Tfidf) or not isinstance(self.reader, Vectoriser):
            raise ConfigError("only a tfidf model has a weight for each n-gram.", key="weights")
        chosen = self.classify(text) if label is None else label
        if chosen not in self.labels:
            raise ConfigError(
                "no label {label!r}.{near} Known: {known}.",
                key="label",
                label=chosen,
                near=nearest(chosen, self.labels),
                known=", ".join(self.labels),
            )
        counts = self.reader(self._cleaned([text]))
        found = self.model.contributions(counts, self.labels.index(chosen))
        columns = self.reader.columns
        named = [(columns[i], float(x)) for i, x in zip(found.indices, found.data, strict=True)]
        return sorted(named, key=lambda pair: -abs(pair[1]))

    # ------------------------------------------------------------ how it is done

    def _cleaned(self, texts: Sequence[str]) -> list[str]:
        """As the training data was, but for tags: what a person types is no web page."""
        for number, text in enumerate(texts, 1):
            if not text.strip():
                raise DataError(
                    "nothing to classify: text {number} is empty. Leave it out.", number=number
                )
        if self.cleaning is None:
            return list(texts)
        typed = dataclasses.replace(self.cleaning, html=False)
        return [clean(text, typed) for text in texts]

    def _ranked(self, row: NDArray[np.float32], top: int | None) -> dict[str, float]:
        order = np.argsort(-row, kind="stable")[:top]
        return {self.labels[i]: float(row[i]) for i in order}
