"""A model's answers to the rows of a task of a suite, and the figures that are published of it.

Each kind of task is measured as `jium evaluate` does it, and what only the suite counts is added.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from jium.data.similar_data import Similar
from jium.errors import RunError
from jium.evaluation.answers import as_reference
from jium.evaluation.classification import Classification
from jium.evaluation.classifier import evaluate_classifier, labelled
from jium.evaluation.klue import CharacterTags, SharedPiece, tags_of
from jium.evaluation.score import Score, measure
from jium.evaluation.similarity import evaluate_similarity
from jium.evaluation.suite_rows import TaskRows
from jium.evaluation.suites import SuiteTask
from jium.evaluation.tagger import evaluate_tagger

HIGHEST = 5.0  # score of two sentences
ALIKE, UNLIKE = ">=3", "<3"  # from 3 on two sentences count as alike (KLUE, section 3.2)

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
    for label in model.labels if task.labels else ():
        if _known(task, label) is None:
            raise RunError(
                "{run}: knows the label {label!r}, which {task} does not have. It has: {known}, or "
                "their numbers, from 0.",
                run=run,
                label=label,
                task=task.name,
                known=", ".join(task.labels),
            )


def _known(task: SuiteTask, label: str) -> str | None:
    """The suite's name for a label of a model."""
    if task.kind == "entities":
        return label if label in task.labels else None
    return task.class_of(label)


def figures(task: SuiteTask, model: Any, rows: TaskRows, samples: int = 1000) -> list[Score]:
    """Ask a model all rows of a task and score its answers, each score with its interval.

    A figure that the model's answers cannot have is left out: cosines are no scores from 0 to 5.
    """
    return SCORERS[task.kind](task, model, rows.found, samples)


def _labels(task: SuiteTask, model: Any, rows: list[Any], samples: int) -> list[Score]:
    named = dataclasses.replace(model, labels=[_known(task, label) for label in model.labels])
    found = evaluate_classifier(named, [labelled(pair) for pair in rows], samples=samples)
    if not task.positive:
        return found["scores"]
    truth = [pair.target for pair in rows]
    return [*found["scores"], _f1(task.positive, found["predictions"], truth, samples)]


def _numbers(task: SuiteTask, model: Any, rows: list[Any], samples: int) -> list[Score]:
    if model.about()["task"] == "embed":
        pairs = [Similar(pair.source, pair.second, float(pair.target) / HIGHEST) for pair in rows]
        return evaluate_similarity(model, pairs, samples=samples)["scores"]
    found = evaluate_classifier(model, [labelled(pair) for pair in rows], samples=samples)
    if "f1" not in task.metrics:
        return found["scores"]
    said, truth = (
        [ALIKE if float(number) >= 3 else UNLIKE for number in numbers]
        for numbers in (found["predictions"], [pair.target for pair in rows])
    )
    return [*found["scores"], _f1(ALIKE, said, truth, samples)]


def _f1(positive: str, said: list[str], truth: list[str], samples: int) -> Score:
    """F1 of one of the classes."""
    scores = measure(Classification(positive=positive), said, truth, samples)
    return next(score for score in scores if score.name == "f1")


def _entities(task: SuiteTask, model: Any, rows: list[Any], samples: int) -> list[Score]:
    found = evaluate_tagger(model, rows, samples=samples)
    renamed = {"macro_f1": "entity_f1", "f1": "micro_f1"}
    whole = [
        dataclasses.replace(score, name=renamed.get(score.name, score.name))
        for score in found["scores"]
    ]
    labels = list(task.labels)
    said, truth = (
        [tags_of(row.text, spans, labels) for row, spans in zip(rows, side, strict=True)]
        for side in (found["predictions"], [row.spans for row in rows])
    )
    return whole + measure(CharacterTags(labels=labels), said, truth, samples)


def _answers(task: SuiteTask, model: Any, rows: list[Any], samples: int) -> list[Score]:
    """By KLUE's rules, which are not those of `evaluate_answerer`."""
    said = model.answer([row.question for row in rows], [row.context for row in rows])
    truth = [as_reference(row.answers) for row in rows]
    return measure(SharedPiece(), [one["answer"] for one in said], truth, samples)


SCORERS: dict[str, Callable[[SuiteTask, Any, list[Any], int], list[Score]]] = {
    "label": _labels,
    "score": _numbers,
    "entities": _entities,
    "answers": _answers,
}
