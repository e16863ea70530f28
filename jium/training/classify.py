"""From a recipe for a classifier that reads tokens to what a trainer needs: data, reader, model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jium.data.frames import Frame
from jium.data.labels import SEPARATOR, prepare_labels
from jium.data.pair_data import Pair
from jium.data.pairs import Prepared
from jium.data.text_batches import TextBatches, TextRows
from jium.errors import ConfigError
from jium.evaluation.classification import Classification
from jium.evaluation.correlation import pearson, spearman
from jium.evaluation.multi_label import MultiLabel
from jium.messages import say
from jium.models.heads import HeadConfig
from jium.tasks.classify import Classifier, Text
from jium.tasks.token_reader import TokenReader
from jium.text.normalise import cleaning_of
from jium.training.devices import autocast
from jium.training.recipe import Recipe
from jium.training.setup import check_metric
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, headed, tokenizer_of

SHOWN = 5  # texts with their labels in the log
NAMED = 30  # classes that a model card names
MEASURE_TOKENS = 8192


FIGURES: dict[str, tuple[str, ...]] = {  # taken on the valid split, by what is given
    "label": ("accuracy", "macro_f1", "mcc"),
    "labels": ("micro_f1", "macro_f1", "exact"),
    "score": ("pearson", "spearman"),
}


@dataclass
class ClassifySetup:
    """What a trainer works with."""

    task: Classifier
    prepared: Prepared
    train: TextBatches
    valid: TextBatches
    pairs: list[Pair] = field(repr=False)  # of the valid split

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} texts of {classes} classes to train on; {dropped} rows dropped ({path})",
            n=f"{self.prepared.counts['train']:,}",
            classes=len(self.task.labels),
            dropped=f"{sum(self.prepared.dropped.values()):,}",
            path=self.prepared.folder / "dropped.jsonl",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        counts, dropped = self.prepared.counts, self.prepared.dropped
        return {
            "classes": ", ".join(self.task.labels[:NAMED]),
            "texts": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Mean loss on the valid split, and how right the answers are, in percent."""
        total, count = 0.0, 0
        scores = np.empty((len(self.pairs), len(self.task.labels)), np.float32)
        objective, model = trainer.objective, self.task.model
        with torch.inference_mode(), autocast(trainer.device, trainer.precision):
            for items, batch in self.valid.once():
                batch = batch.to(trainer.device)
                found = model(batch.tokens, batch.layout, batch.segments).float()
                total += float(objective.losses(found, batch.targets).sum())  # type: ignore[attr-defined]
                count += len(found)
                scores[items] = found.cpu().numpy()
        return {"valid_loss": total / count} | {
            f"valid_{name}": value for name, value in self._right(scores).items()
        }

    def samples(self) -> list[tuple[str, str, str]]:
        """Some texts of the valid split with what they were given."""
        shown = self.pairs[:SHOWN]
        answers = self.task.classify([as_text(pair) for pair in shown])
        return [
            (f"{p.source} | {p.second}" if p.second else p.source, str(a), p.target)
            for p, a in zip(shown, answers, strict=True)
        ]

    def picture(self) -> None:
        """Nothing to see."""
        return None

    def _right(self, scores: NDArray[np.float32]) -> dict[str, float]:
        labels, wanted = self.task.labels, [pair.target for pair in self.pairs]
        if self.task.gives == "score":
            numbers = np.array([float(target) for target in wanted])
            measures = {"pearson": pearson, "spearman": spearman}
            return {
                name: 100 * measure(scores[:, 0], numbers) for name, measure in measures.items()
            }
        if self.task.gives == "labels":
            named = [
                SEPARATOR.join(label for label, score in zip(labels, row, strict=True) if score > 0)
                for row in scores
            ]
            return MultiLabel(labels=labels)(named, wanted)
        answers = [labels[best] for best in scores.argmax(1)]
        return Classification(labels=labels)(answers, wanted)


def set_up(recipe: Recipe, run: Path) -> ClassifySetup:
    """Prepare the data (or find it prepared), find or train the tokenizer, make the model."""
    folder = run / "last" / "data"
    found = (folder / "report.json").is_file()
    prepared = Prepared.load(folder) if found else prepare_labels(recipe.data, folder)
    gives = recipe.data.gives
    labels = classes_of(prepared, gives, recipe)
    check_metric(recipe.train.metric, ["loss", *FIGURES[gives]])
    tokenizer = tokenizer_of(recipe, run, lambda: texts_of(prepared))
    kind = "compare" if recipe.objective.pairs == "apart" else "label"
    head = HeadConfig(kind=kind, n_outputs=len(labels), dropout=recipe.objective.dropout)
    unused = {"pooler": False} if kind == "compare" and hasattr(recipe.model, "pooler") else {}
    model = headed(recipe, run, tokenizer, head, **unused)
    reader = TokenReader(tokenizer, Frame.of(tokenizer), model.config.max_len)
    task = Classifier(model, reader, labels, cleaning_of(recipe.data), gives=gives)
    balanced = recipe.objective.class_weights == "balanced"
    rows = encode(task, list(prepared.pairs("train")), balanced)
    budget, seed = max(recipe.train.batch_tokens, model.config.max_len), recipe.train.seed
    train = TextBatches(rows.lengths, rows.batch, budget, seed)
    pairs = known(list(prepared.pairs("valid")), labels, gives)
    check_valid(pairs, recipe.data.valid_share)
    measured = encode(task, pairs)
    valid = TextBatches(measured.lengths, measured.batch, MEASURE_TOKENS)
    return ClassifySetup(task, prepared, train, valid, pairs)


def classes_of(prepared: Prepared, gives: str, recipe: Recipe) -> list[str]:
    """The names of the outputs, in order."""
    if gives == "score":
        if recipe.objective.class_weights is not None:
            raise ConfigError("is for classes, and not for a number.", key="class_weights")
        return ["score"]
    if recipe.data.classes:
        return list(recipe.data.classes)
    targets = (pair.target for pair in prepared.pairs("train"))
    if gives == "labels":
        return sorted({label for target in targets for label in target.split(SEPARATOR) if label})
    return sorted(set(targets))


def known(pairs: list[Pair], labels: Sequence[str], gives: str) -> list[Pair]:
    """The texts whose class the model knows: one that never occurs in training has no number."""
    return [pair for pair in pairs if pair.target in labels] if gives == "label" else pairs


def encode(task: Classifier, pairs: Sequence[Pair], balanced: bool = False) -> TextRows:
    """Texts as tokens, with what is to be said of them as numbers."""
    assert isinstance(task.reader, TokenReader)
    readings = task.reader.encode([as_text(pair) for pair in pairs])
    targets = numbers(task, [pair.target for pair in pairs])
    return TextRows(readings, targets, balance(targets) if balanced else None)


def numbers(task: Classifier, targets: Sequence[str]) -> NDArray[Any]:
    """(texts,) class numbers or scores; (texts, classes) of 0 and 1 where several may apply."""
    if task.gives == "score":
        return np.array([float(target) for target in targets], np.float32)
    place = {label: number for number, label in enumerate(task.labels)}
    if task.gives == "label":
        return np.array([place[target] for target in targets], np.int64)
    table = np.zeros((len(targets), len(place)), np.int64)
    for row, target in zip(table, targets, strict=True):
        row[[place[label] for label in target.split(SEPARATOR) if label in place]] = 1
    return table


def balance(classes: NDArray[Any]) -> NDArray[np.float32]:
    """A weight for each text, so that all classes count alike and the mean weight is 1."""
    if classes.ndim != 1 or classes.dtype != np.int64:
        raise ConfigError("balanced is for one class a text.", key="objective.class_weights")
    counts = np.bincount(classes)
    shares = len(classes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return shares[classes].astype(np.float32)


def as_text(pair: Pair) -> Text:
    """One text, or two."""
    return (pair.source, pair.second) if pair.second else pair.source


def texts_of(prepared: Prepared) -> Iterator[str]:
    """Every text to train on, for a tokenizer."""
    for pair in prepared.pairs("train"):
        yield pair.source
        if pair.second:
            yield pair.second
