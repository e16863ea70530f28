"""Measuring a task: each by what its answers are, all with the same report in the run."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.table import Table

from jium.errors import ConfigError
from jium.messages import say
from jium.tasks import load

# Task to "module:function", called with (task, data, run=, out=, **options).
EVALUATIONS = {
    "translate": "jium.evaluation.translation:evaluate_run",
    "classify": "jium.evaluation.classifier:evaluate_run",
    "tag": "jium.evaluation.tagger:evaluate_run",
    "answer": "jium.evaluation.answerer:evaluate_run",
    "generate": "jium.evaluation.perplexity:evaluate_run",
    "chat": "jium.evaluation.chats:evaluate_run",
    "words": "jium.evaluation.words:evaluate_run",
    "embed": "jium.evaluation.similarity:evaluate_run",
    "match": "jium.evaluation.matching:evaluate_run",
    "caption": "jium.evaluation.captions:evaluate_run",
    "attributes": "jium.evaluation.attributes:evaluate_run",
    "correct": "jium.evaluation.spelling:evaluate_run",
    "topics": "jium.evaluation.topics:evaluate_run",
    "summarise": "jium.evaluation.summaries:evaluate_run",
    "reconstruct": "jium.evaluation.reconstruction:evaluate_run",
    "paint": "jium.evaluation.drawings:evaluate_run",
}


def evaluate(
    model: Any,
    data: str | Path | Sequence[Any] = "test",
    *,
    out: str | Path | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Measure a task object or a run folder.

    data: the name of a split of the run's own data, a file (its columns found by their usual names,
    or named in `options`), or examples. out: where evaluation.json, evaluation.md and
    predictions.jsonl go. options: what the task knows besides, such as to="en" and beam=5 of
    translation, or columns by name.
    Returns {"scores": [Score, ...], "by_tag": {tag: figures}, ...}.
    """
    run = Path(model) if isinstance(model, str | Path) else None
    task = load(run) if run is not None else model
    name = task.about()["task"]
    if name not in EVALUATIONS:
        raise ConfigError(
            'the task "{task}" has no measure yet. Measured are: {known}.',
            task=name,
            known=", ".join(EVALUATIONS),
        )
    module, function = EVALUATIONS[name].split(":")
    measure = getattr(import_module(module), function)
    examples = str(data) if isinstance(data, str | Path) else data
    place = Path(out) if out is not None else None
    return measure(task, examples, run=run, out=place, **options)


def score_table(found: dict[str, Any]) -> Table:
    """What `evaluate` returns, for a person."""
    table = Table(*(say(column) for column in ("score", "value", "interval")), box=None)
    for score in found["scores"]:
        near = score.interval
        table.add_row(
            score.name, f"{score.value:.2f}", f"{near.low:.2f} - {near.high:.2f}" if near else ""
        )
    for tag, figures in found["by_tag"].items():
        shown = "  ".join(f"{name} {value:.1f}" for name, value in figures.items())
        table.add_row(tag, "", shown)
    return table
