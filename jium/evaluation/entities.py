"""How well entities are found: one is right where its place and its label are, and only then.

Counts of three kinds a label (right, guessed, there) add up over texts, so that `bootstrap.py`
resamples them as it does any metric. The figures are those of seqeval, and of CoNLL's scorer.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any, ClassVar

import numpy as np

from jium.config import config
from jium.errors import DataError
from jium.evaluation.classification import per_class
from jium.evaluation.metric import check_pairs
from jium.text.bio import Span

Answer = str | Iterable[tuple[int, int, str]]  # spans, or what `write_spans` makes of them


@config
class Entities:
    """Precision, recall and F1 over all entities (micro), and their means over labels (macro), from
    0 to 100.
    """

    lower_is_better: ClassVar[bool] = False

    labels: list[str] = field(default_factory=list)  # those in the data, if none are named

    def __call__(
        self, predictions: Sequence[Answer], references: Sequence[Answer]
    ) -> dict[str, float]:
        """The scores of the whole corpus; a prediction is the entities of one text."""
        return self.score(self.statistics(predictions, references).sum(axis=0).tolist())

    def sentence(self, prediction: Answer, reference: Answer) -> float:
        """F1 of one text; 100 where there is no entity and none was guessed."""
        guessed, there = read_spans(prediction), read_spans(reference)
        n = len(guessed) + len(there)
        return 200 * len(guessed & there) / n if n else 100.0

    def signature(self) -> str:
        """What was measured."""
        return "entities:exact place and label|macro:labels in either"

    def statistics(self, predictions: Sequence[Answer], references: Sequence[Answer]) -> np.ndarray:
        """Right, guessed and there, for each label: (texts, 3 * labels)."""
        check_pairs(predictions, references)  # type: ignore[arg-type]
        pairs = [
            (read_spans(guess), read_spans(there))
            for guess, there in zip(predictions, references, strict=True)
        ]
        names = label_names(pairs, self.labels)
        place = {name: number for number, name in enumerate(names)}
        found = np.zeros((len(pairs), 3, len(names)))
        for row, (guessed, there) in enumerate(pairs):
            for kind, spans in enumerate((guessed & there, guessed, there)):
                for span in spans:
                    found[row, kind, place[span.label]] += 1
        return found.reshape(len(pairs), -1)

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """The scores that summed statistics give; 0 where there is nothing."""
        counts = np.asarray(totals, np.float64).reshape(3, -1)
        used = counts[1] + counts[2] > 0
        micro = per_class(*counts.sum(axis=1, keepdims=True))
        macro = per_class(*counts[:, used])
        means = [float(values.mean()) if len(values) else 0.0 for values in (*micro, *macro)]
        names = ("precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1")
        scores = {name: 100 * mean for name, mean in zip(names, means, strict=True)}
        return {"f1": scores.pop("f1"), **scores}  # what counts stands first


def by_label(
    metric: Entities, predictions: Sequence[Answer], references: Sequence[Answer]
) -> dict[str, dict[str, float]]:
    """How many entities of each label there are, with its precision, recall and F1."""
    pairs = [(read_spans(p), read_spans(r)) for p, r in zip(predictions, references, strict=True)]
    names = label_names(pairs, metric.labels)
    counts = metric.statistics(predictions, references).sum(axis=0).reshape(3, -1)
    figures = (counts[2], *(100 * values for values in per_class(*counts)))
    columns = ("entities", "precision", "recall", "f1")
    return {
        label: {name: round(float(v[i]), 2) for name, v in zip(columns, figures, strict=True)}
        for i, label in enumerate(names)
    }


def label_names(pairs: Sequence[tuple[set[Span], set[Span]]], known: Sequence[str]) -> list[str]:
    """The labels that are known, guessed or there."""
    seen = {span.label for pair in pairs for spans in pair for span in spans}
    return sorted({*known, *seen})


def write_spans(spans: Iterable[tuple[int, int, str]], text: str) -> str:
    """Entities as one line of JSON, [start, end, label, words] each."""
    rows = [[start, end, label, text[start:end]] for start, end, label in spans]
    return json.dumps(rows, ensure_ascii=False)


def read_spans(answer: Any) -> set[Span]:
    """Entities given as spans, or as `write_spans` writes them."""
    try:
        rows = json.loads(answer) if isinstance(answer, str) else answer
        return {Span(int(row[0]), int(row[1]), str(row[2])) for row in rows}
    except (ValueError, TypeError, LookupError) as error:
        raise DataError(
            "{answer!r} are no entities. Give [start, end, label] of each, in a list.",
            answer=answer,
        ) from error
