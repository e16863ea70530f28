"""Measuring a reader of passages: its answers against the true ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jium.config import Values, build, read_toml
from jium.data.pairs import Prepared
from jium.data.questions import (
    Question,
    QuestionData,
    prepare_questions,
    questions,
    read_questions,
)
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.evaluation.answers import RULES, Rules, as_reference, metric_for
from jium.evaluation.report import write_report
from jium.evaluation.score import measure, score_sentences
from jium.tasks.answer import MAX_ANSWER_TOKENS, Answerer

COLUMNS = ("question", "context", "answers", "answer_starts")


def evaluate_answerer(
    task: Answerer,
    asked: Sequence[Question],
    *,
    out: Path | None = None,
    about: Values | None = None,
    rules: Rules | None = None,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
    samples: int = 1000,
) -> dict[str, Any]:
    """Answer questions and score the answers.

    out: where evaluation.json, evaluation.md and predictions.jsonl go; questions are ranked there
    by F1. about: what is measured, kept with the figures. rules: "korquad" or "squad"; None: the
    former where a true answer is Korean.
    Returns {"scores": [Score, ...], "by_tag": {}, "predictions": [answer, ...]}.
    """
    if not asked:
        raise DataError("There is no question to measure. Give at least one.")
    if rules is not None and rules not in RULES:
        raise ConfigError(
            "must be one of {known}; got {value!r}.",
            key="rules",
            known=", ".join(RULES),
            value=rules,
        )
    found = task.answer(
        [one.question for one in asked],
        [one.context for one in asked],
        max_answer_tokens=max_answer_tokens,
    )
    predictions = [one["answer"] for one in found]
    references = [as_reference(one.answers) for one in asked]
    metric = metric_for(references, rules)
    scores = measure(metric, predictions, references, samples)
    if out is not None:
        sources = [one.question for one in asked]
        ranked = score_sentences(metric, sources, predictions, references)
        settings = {**(about or {}), "max_answer_tokens": max_answer_tokens}
        write_report(out, scores, ranked, ranked_by="f1", settings=settings)
    return {"scores": scores, "by_tag": {}, "predictions": predictions}


def evaluate_run(
    task: Answerer,
    data: str | Sequence[Question] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    rules: Rules | None = None,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
    samples: int = 1000,
    **columns: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a reader of passages.

    data: the name of a split of the run's own data, a file, or questions. columns: question,
    context, answers and answer_starts of the file, where they have other names than the usual.
    """
    for key in columns:
        if key not in COLUMNS:
            raise ConfigError("is nothing that a reader of passages knows.", key=key)
    if isinstance(data, str):
        asked, about = read_measured(run, data, columns)
    else:
        asked, about = list(data), {"data": "given"}
    return evaluate_answerer(
        task,
        asked,
        out=out,
        about=about,
        rules=rules,
        max_answer_tokens=max_answer_tokens,
        samples=samples,
    )


def read_measured(
    run: Path | None, data: str, columns: Values | None = None
) -> tuple[list[Question], Values]:
    """The questions to measure on, and what is to be said of them: a split of the run's own data,
    by its recipe, or a file.
    """
    if data not in SPLITS:
        settings = build(QuestionData, {"train": data, "test": data, **(columns or {})}, "data")
        rows = list(read_questions(settings, "test"))
        asked = [row.pair for row in rows if not row.problem]
        if not asked:
            raise DataError(
                "{path}: none of the {n} rows holds a question to measure ({problem}).",
                path=data,
                n=len(rows),
                problem=rows[0].problem if rows else "-",
            )
        return asked, {"data": data, "dropped": len(rows) - len(asked)}
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or "
            "questions.",
            key="data",
            data=data,
        )
    section = read_toml(run / "recipe.toml")["data"]
    values = {key: value for key, value in section.items() if key != "kind"}
    prepared = run / "last" / "data"
    if not (prepared / "report.json").is_file():
        prepare_questions(build(QuestionData, values, "data"), prepared)
    asked = list(questions(Prepared.load(prepared), data))
    return asked, {"data": str(values["train"]), "split": data}
