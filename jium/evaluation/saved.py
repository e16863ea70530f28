"""What `report.write_report` left in a run folder, read back."""

import json
from dataclasses import dataclass
from pathlib import Path

from jium.errors import RunError
from jium.evaluation.report import EVALUATION, PREDICTIONS
from jium.evaluation.score import Example, Score, fingerprint, score_from_values


@dataclass(frozen=True)
class Evaluation:
    """What a run's evaluation.json says. data: the fingerprint of what was measured."""

    run: Path
    data: str
    sentences: int
    scores: dict[str, Score]


def read_evaluation(run: Path) -> Evaluation:
    """Read RUN/evaluation.json. Raises RunError where it is missing or damaged."""
    path = run / EVALUATION
    if not run.is_dir():
        raise RunError("{run}: no such run folder.", run=run)
    if not path.exists():
        raise RunError(
            "{run} has no {file}. Measure it first: jium evaluate {run}", run=run, file=EVALUATION
        )
    try:
        values = json.loads(path.read_text("utf-8"))
        scores = {name: score_from_values(name, v) for name, v in values["scores"].items()}
        return Evaluation(run, values["data"], values["counts"]["sentences"], scores)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from error


def read_predictions(evaluation: Evaluation) -> list[Example] | None:
    """The sentences that were measured; None where they were not kept, or are those of other data.

    Raises RunError where the file is damaged.
    """
    path = evaluation.run / PREDICTIONS
    if not path.exists():
        return None
    try:
        # Not splitlines(): a sentence may hold U+2028, which ends a line there and not in JSON.
        lines = path.read_text("utf-8").split("\n")
        examples = [Example(**json.loads(line)) for line in lines if line]
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(path, error) from error
    return examples if fingerprint(examples) == evaluation.data else None


def _damaged(path: Path, error: Exception) -> RunError:
    return RunError(
        "{path} is damaged ({problem}). Measure the run again: jium evaluate {run}",
        path=path,
        problem=f"{type(error).__name__}: {error}",
        run=path.parent,
    )
