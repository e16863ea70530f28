"""A model's answers to the rows of a task of a suite, and the figures that are published of it."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from jium.config import config
from jium.errors import RunError
from jium.evaluation.answers import as_reference
from jium.evaluation.classification import Classification
from jium.evaluation.entities import Entities, write_spans
from jium.evaluation.klue import CharacterTags, SharedPiece, tags_of
from jium.evaluation.score import Score, measure
from jium.evaluation.similarity import correlations
from jium.evaluation.suite_files import TaskRows
from jium.evaluation.suites import SuiteTask

ALIKE = 3.0  # of scores from 0 to 5: from here on two sentences count as alike (KLUE, section 3.2)
YES, NO = "alike", "not_alike"


@config
class OfSome(Classification):
    """The scores of `Classification`, and f1: over the decisions for the classes in `counted`.

    Of one of two classes that is the F1 of the positive class.
    """

    counted: list[str] = field(default_factory=list)

    def signature(self) -> str:
        return f"{super().signature()}|f1_of:{','.join(self.counted)}"

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        right, guessed, there = np.asarray(totals, np.float64).reshape(3, -1)
        names = sorted(self.labels)  # as `statistics` has them, which knows no others here
        chosen = [names.index(name) for name in self.counted]
        both = (guessed + there)[chosen].sum()
        f1 = 200 * float(right[chosen].sum()) / both if both else 0.0
        return super().score(totals) | {"f1": f1}


# Kind of suite task to the tasks of jium that can do it; "classify:score" gives numbers.
NEEDS = {
    "label": ("classify:label",),
    "score": ("classify:score", "embed"),
    "entities": ("tag",),
    "answers": ("answer",),
}


def check_run(task: SuiteTask, model: Any, run: Any) -> None:
    """Raise RunError where a model was made for something else, or knows other classes."""
    about = model.about()
    made_for = about["task"]
    if made_for == "classify":
        made_for += f":{about.get('gives', 'label')}"
    if made_for not in NEEDS[task.kind]:
        raise RunError(
            '{run}: was made for the task "{made_for}"; {task} needs one for "{needed}".',
            run=run,
            made_for=made_for,
            task=task.name,
            needed='" / "'.join(NEEDS[task.kind]),
        )
    if task.kind not in ("label", "entities"):
        return
    for label in model.labels:
        if class_of(task, label) is None:
            raise RunError(
                "{run}: knows the label {label!r}, which {task} does not have. It has: {known}, or "
                "their numbers, from 0.",
                run=run,
                label=label,
                task=task.name,
                known=", ".join(task.labels),
            )


def class_of(task: SuiteTask, label: str) -> str | None:
    """The suite's name for what a model says."""
    if task.kind == "entities":
        return label if label in task.labels else None
    return task.class_of(label)


def figures(task: SuiteTask, model: Any, rows: TaskRows, samples: int = 1000) -> list[Score]:
    """Ask a model all rows of a task and score its answers, each score with its interval.

    A figure that the model's answers cannot have is left out: cosines are no scores from 0 to 5.
    """
    return SCORERS[task.kind](task, model, rows, samples)


def _labels(task: SuiteTask, model: Any, rows: TaskRows, samples: int) -> list[Score]:
    said = model.classify(rows.asked)
    guessed = [task.class_of(label) or label for label in said]
    labels = list(task.labels)
    plain = Classification(labels=labels)
    metric = OfSome(labels=labels, counted=list(task.counted)) if task.counted else plain
    return measure(metric, guessed, rows.truth, samples)


def _numbers(task: SuiteTask, model: Any, rows: TaskRows, samples: int) -> list[Score]:
    truth = np.array(rows.truth, np.float64)
    graded = hasattr(model, "classify")
    if graded:
        said = np.array(model.classify(rows.asked), np.float64)
    else:
        first, second = (list(side) for side in zip(*rows.asked, strict=True))
        said = np.asarray(model.similarity(first, second), np.float64)
    signature = "score|x100" if graded else "cosine|x100"
    found = [
        dataclasses.replace(score, signature=signature)
        for score in correlations(said, truth, samples)
    ]
    if graded and "f1" in task.metrics:
        metric = OfSome(labels=[YES, NO], counted=[YES])
        guessed, there = (
            [YES if value >= ALIKE else NO for value in values] for values in (said, truth)
        )
        f1 = next(s for s in measure(metric, guessed, there, samples) if s.name == "f1")
        found.append(dataclasses.replace(f1, signature=f"{f1.signature}|from:{ALIKE:g}"))
    return found


def _entities(task: SuiteTask, model: Any, rows: TaskRows, samples: int) -> list[Score]:
    labels = list(task.labels)
    said = [[one.span for one in found] for found in model.find(rows.asked)]
    said_spans, true_spans, said_tags, true_tags = (
        [write(spans, text) for spans, text in zip(side, rows.asked, strict=True)]
        for write in (write_spans, lambda spans, text: tags_of(text, spans, labels))
        for side in (said, rows.truth)
    )
    renamed = {"macro_f1": "entity_f1", "f1": "micro_f1"}
    whole = measure(Entities(labels=labels), said_spans, true_spans, samples)
    kept = [dataclasses.replace(score, name=renamed.get(score.name, score.name)) for score in whole]
    return kept + measure(CharacterTags(labels=labels), said_tags, true_tags, samples)


def _answers(task: SuiteTask, model: Any, rows: TaskRows, samples: int) -> list[Score]:
    questions, contexts = (list(side) for side in zip(*rows.asked, strict=True))
    said = [one["answer"] for one in model.answer(questions, contexts)]
    truth = [as_reference(answers) for answers in rows.truth]
    return measure(SharedPiece(), said, truth, samples)


Scorer = Callable[[SuiteTask, Any, TaskRows, int], list[Score]]
SCORERS: dict[str, Scorer] = {
    "label": _labels,
    "score": _numbers,
    "entities": _entities,
    "answers": _answers,
}
