"""From a recipe for a TF-IDF classifier to a fitted one: labelled texts, counts, a linear model."""

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jium.data.labels import prepare_labels
from jium.data.pairs import Prepared
from jium.errors import ConfigError, TrainingError, require
from jium.evaluation.classification import Classification
from jium.messages import say
from jium.models.tfidf import Tfidf, TfidfConfig
from jium.tasks.classify import Classifier
from jium.text.normalise import cleaning_of
from jium.text.vectorise import Vectoriser
from jium.training.recipe import Recipe

SHOWN = 30  # classes that a model card names


@dataclass
class TfidfSetup:
    """A classifier that knows its vocabulary, and what it is to be fitted to.

    counts: of the texts to train on, (texts, vocabulary), until they are fitted. labels: their
    classes, by number.
    """

    task: Classifier
    config: TfidfConfig
    prepared: Prepared
    counts: Any = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)

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
            "classes": ", ".join(self.task.labels[:SHOWN]),
            "texts": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
            "n-grams": f"{self.config.vocab_size:,}",
        }

    def fit(self) -> dict[str, float]:
        """Learn the weights; gives accuracy and macro-F1 on the valid split, in percent."""
        model = self.task.model
        assert isinstance(model, Tfidf)
        model.learn_idf(self.counts)
        solver = fit_linear(self.config, model.weigh(self.counts), self.labels)
        fill(model, solver)
        self.counts = None  # a few hundred bytes a text, not needed again
        texts, wanted = _columns(self.prepared, "valid")
        if not texts:
            return {}
        scores = self.task.scores(texts)
        if self.config.classifier == "svm":
            known = [i for i, label in enumerate(wanted) if label in self.task.labels]
            numbers = np.array([self.task.labels.index(wanted[i]) for i in known])
            scale = best_scale(scores[known], numbers)
            model.weight.mul_(scale)
            model.bias.mul_(scale)
        answers = [self.task.labels[best] for best in scores.argmax(axis=1)]
        found = Classification()(answers, wanted)
        return {f"valid_{name}": value for name, value in found.items()}

    def save(self, run: Path) -> None:
        """Write vocabulary.json."""
        self.task.reader.save(run)


def set_up(recipe: Recipe, run: Path) -> TfidfSetup:
    """Prepare the data (or find it prepared), learn the vocabulary, make the model."""
    if recipe.data.gives != "label" or recipe.data.second is not None:
        raise ConfigError(
            "a tfidf model gives one class to one text. For more take model.kind=fasttext, cnn, "
            "rnn or bert, as in sentiment-rnn.",
            key="model.kind",
        )
    folder = run / "last" / "data"
    found = (folder / "report.json").is_file()
    prepared = Prepared.load(folder) if found else prepare_labels(recipe.data, folder)
    texts, labels = _columns(prepared, "train")
    classes = sorted(set(labels))
    numbers = {label: number for number, label in enumerate(classes)}
    vectoriser, counts = Vectoriser.fit(recipe.model.features, texts)
    sizes = [len(block) for block in vectoriser.blocks]
    config = replace(recipe.model, vocab_sizes=sizes, n_classes=len(classes))
    task = Classifier(
        Tfidf(config),
        vectoriser,
        classes,
        cleaning_of(recipe.data),
        calibrated=config.classifier == "logistic" or prepared.counts["valid"] > 0,
    )
    return TfidfSetup(task, config, prepared, counts, np.array([numbers[x] for x in labels]))


def fit_linear(config: TfidfConfig, weighted: Any, labels: NDArray[np.int64]) -> Any:
    """A fitted scikit-learn classifier. Raises TrainingError where the solver does not arrive."""
    linear = require("sklearn.linear_model", "classic")
    stopped = require("sklearn.exceptions", "classic").ConvergenceWarning
    shared = {
        "C": config.C,
        "class_weight": "balanced" if config.balanced else None,
        "max_iter": config.max_iterations,
        "random_state": config.seed,
    }
    if config.classifier == "svm":
        solver = require("sklearn.svm", "classic").LinearSVC(**shared)
    elif config.n_classes == 2:  # by coordinates in the dual: fastest, but for two classes only
        solver = linear.LogisticRegression(solver="liblinear", dual=True, tol=0.01, **shared)
    else:
        solver = linear.LogisticRegression(solver="lbfgs", **shared)
    with warnings.catch_warnings():
        warnings.simplefilter("error", stopped)
        try:
            return solver.fit(weighted, labels)
        except stopped as warning:
            raise TrainingError(
                "the solver has not arrived after model.max_iterations={n}. Raise it, or lower "
                "model.C={C}.",
                n=config.max_iterations,
                C=config.C,
            ) from warning


def fill(model: Tfidf, solver: Any) -> None:
    """Copy what was fitted: a row of weights a class.

    Of two classes scikit-learn keeps one row, the odds of the second; halved between both it gives
    the same softmax.
    """
    weight, bias = solver.coef_, np.asarray(solver.intercept_)
    if len(weight) == 1:
        weight, bias = np.vstack([-weight, weight]) / 2, np.append(-bias, bias) / 2
    model.weight.copy_(torch.from_numpy(weight))
    model.bias.copy_(torch.from_numpy(bias))


def best_scale(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The factor with which the softmax of the scores is likeliest to give the labels.

    Temperature scaling, Guo et al. (2017), https://arxiv.org/abs/1706.04599; no answer changes.
    """
    if not len(labels):
        return 1.0
    logits, wanted = torch.from_numpy(scores), torch.from_numpy(labels)

    def loss(logarithm: float) -> float:
        return float(torch.nn.functional.cross_entropy(logits * np.exp(logarithm), wanted))

    optimize = require("scipy.optimize", "classic")
    return float(np.exp(optimize.minimize_scalar(loss, bounds=(-5, 5), method="bounded").x))


def _columns(prepared: Prepared, split: str) -> tuple[list[str], list[str]]:
    """Texts and labels of a split."""
    pairs = list(prepared.pairs(split))
    return [pair.source for pair in pairs], [pair.target for pair in pairs]
