"""Text, or two texts, to a class, to several, or to a number: whichever model reads it, a person
asks the same way.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, find_kind, nearest, to_values
from jium.errors import ConfigError, DataError, RunError
from jium.models.heads import Headed
from jium.models.tfidf import Tfidf
from jium.ranges import at_least
from jium.tasks.export import export, named
from jium.tasks.token_reader import TokenReader
from jium.text.normalise import Cleaning, clean
from jium.text.vectorise import Vectoriser

Text = str | tuple[str, str]  # one, or two that are judged together
Gives = Literal["label", "labels", "score"]
THRESHOLD = 0.5  # of several classes those at least so likely are given


PROBLEM_TYPES: dict[Gives, str] = {  # to Hugging Face's words
    "label": "single_label_classification",
    "labels": "multi_label_classification",
    "score": "regression",
}


class Reader(Protocol):
    """Makes of texts what a model takes: n-gram counts for one, batches of tokens for another."""

    def batches(self, texts: Any) -> Iterator[tuple[NDArray[np.int64], tuple[Any, ...]]]:
        """The numbers of some texts, and the arguments of the model for them."""

    def save(self, run: Path) -> None: ...


READERS = {  # by kind of model
    "tfidf": "jium.text.vectorise:Vectoriser",
    **dict.fromkeys(
        ("bert", "rnn", "cnn", "fasttext", "elmo"), "jium.tasks.token_reader:TokenReader"
    ),
}


@dataclass
class Classifier:
    """A model, what reads text for it, and the names of its classes.

    model: gives scores (texts, classes) for what `reader` gives. cleaning: as the training data was
    cleaned; None for texts as they stand. calibrated: whether the softmax of the scores may be
    called a probability. gives: one class a text, all that apply, or a number; for a number
    `labels` has one name, that of the number.
    """

    model: nn.Module
    reader: Reader
    labels: list[str]
    cleaning: Cleaning | None = None
    calibrated: bool = True
    gives: Gives = "label"

    @classmethod
    def load(cls, run: Path) -> Self:
        """The classifier in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            reader = find_kind(READERS, about["kind"], "model").load(run)
            labels = [str(label) for label in about["labels"]]
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
            gives = about.get("gives", "label")
        return cls(model, reader, labels, cleaning or None, bool(about["calibrated"]), gives)

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads, with the names of the classes. Raises RunError
        for a model or tokenizer that others do not know.
        """
        if not isinstance(self.reader, TokenReader):
            raise RunError("a model of counts is none that other programs know.")
        tokenizer, frame = self.reader.tokenizer, self.reader.frame
        about = {"problem_type": PROBLEM_TYPES[self.gives]} | named(self.labels)
        export(out, to, self.model, tokenizer, frame, **about)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        about: dict[str, Any] = {
            "task": "classify",
            "labels": self.labels,
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
            "calibrated": self.calibrated,
            "gives": self.gives,
        }
        if isinstance(self.model, Headed):
            about["head"] = to_values(self.model.head_config)
        return about

    # ------------------------------------------------------------ what a person asks for

    def classify(
        self,
        text: Text | Sequence[Text],
        *,
        probabilities: bool = False,
        top: int | None = None,
    ) -> Any:
        """The label of a text, or of each of a list; a tuple of two texts is judged as one.

        Where the task is several labels, a list of those that apply; where it is a number, that.
        probabilities: a table instead, label to probability, likeliest first; top: of so many
        labels. Raises DataError for a text with nothing in it.
        """
        at_least(1, top=top)
        one = isinstance(text, str | tuple)
        texts: list[Any] = [text] if one else list(text)
        if self.gives == "score":
            found: list[Any] = self.scores(texts)[:, 0].tolist()
        elif probabilities or top is not None:
            found = [self._ranked(row, top) for row in self.probabilities(texts)]
        elif self.gives == "labels":
            found = [self._applying(row) for row in self.probabilities(texts)]
        else:
            found = [self.labels[best] for best in self.scores(texts).argmax(axis=1)]
        return found[0] if one else found

    def probabilities(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """The probability of each class: (texts, classes). Raises ConfigError where the scores of
        the model were never set against held-out texts, or are no probabilities.
        """
        if self.gives == "score":
            raise ConfigError("a model that gives a number has none.", key="probabilities")
        if not self.calibrated:
            raise ConfigError(
                "an svm gives probabilities only where it was trained with texts to validate "
                "with. Give data.valid, or use model.classifier=logistic.",
                key="probabilities",
            )
        scores = torch.from_numpy(self.scores(texts))
        return (scores.sigmoid() if self.gives == "labels" else scores.softmax(1)).numpy()

    @torch.inference_mode()
    def scores(self, texts: Sequence[Text]) -> NDArray[np.float32]:
        """The score of each class, the highest being the answer: (texts, classes)."""
        cleaned = self._cleaned(texts)
        found = np.empty((len(cleaned), len(self.labels)), np.float32)
        training = self.model.training
        self.model.eval()
        device = next((p.device for p in self.model.parameters()), torch.device("cpu"))
        for rows, inputs in self.reader.batches(cleaned):
            moved = (x.to(device) if hasattr(x, "to") else x for x in inputs)
            found[rows] = self.model(*moved).float().cpu().numpy()
        self.model.train(training)
        return found

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
        counts = self.reader([str(one) for one in self._cleaned([text])])
        found = self.model.contributions(counts, self.labels.index(chosen))
        columns = self.reader.columns
        named = [(columns[i], float(x)) for i, x in zip(found.indices, found.data, strict=True)]
        return sorted(named, key=lambda pair: -abs(pair[1]))

    # ------------------------------------------------------------ how it is done

    def _cleaned(self, texts: Sequence[Text]) -> list[Text]:
        """As the training data was, but for tags: what a person types is no web page."""
        for number, text in enumerate(texts, 1):
            if not (text if isinstance(text, str) else text[0]).strip():
                raise DataError(
                    "nothing to classify: text {number} is empty. Leave it out.", number=number
                )
            if not isinstance(text, str) and isinstance(self.reader, Vectoriser):
                raise DataError("this model reads one text at a time; it was given two.")
        if self.cleaning is None:
            return list(texts)
        typed = dataclasses.replace(self.cleaning, html=False)
        return [
            clean(text, typed)
            if isinstance(text, str)
            else (clean(text[0], typed), clean(text[1], typed))
            for text in texts
        ]

    def _applying(self, row: NDArray[np.float32]) -> list[str]:
        """The classes that are likely enough, the likeliest first."""
        return [label for label, share in self._ranked(row, None).items() if share >= THRESHOLD]

    def _ranked(self, row: NDArray[np.float32], top: int | None) -> dict[str, float]:
        order = np.argsort(-row, kind="stable")[:top]
        return {self.labels[i]: float(row[i]) for i in order}
