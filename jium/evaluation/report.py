"""What an evaluation leaves in the run folder: figures for programs, sentences for people.

evaluation.json    scores, intervals, signatures, counts, settings, a fingerprint of the data
evaluation.md      the scores, and the best and worst sentences
predictions.jsonl  every sentence, so that another run can be compared with this one
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jium.evaluation.score import Example, Score, fingerprint, score_to_values
from jium.files import make_folder, write_text
from jium.messages import say

EVALUATION, TABLE, PREDICTIONS = "evaluation.json", "evaluation.md", "predictions.jsonl"
_CELL = 300  # characters of a sentence that a table shows


def write_report(
    folder: Path,
    scores: Sequence[Score],
    examples: Sequence[Example],
    *,
    ranked_by: str = "",
    settings: Mapping[str, Any] | None = None,
    shown: int = 10,
) -> None:
    """Write the three files.

    examples: in the order of the data. ranked_by: the name among `scores` that the sentence scores
    belong to; it says which end is best. settings: what was measured and how (data, split, beam,
    ...), kept as given.
    Raises RunError where the folder cannot be written.
    """
    figures = {
        "scores": {score.name: score_to_values(score) for score in scores},
        "counts": _counts(examples),
        "data": fingerprint(examples),
        "settings": dict(settings or {}),
    }
    lines = [json.dumps(vars(example), ensure_ascii=False) for example in examples]
    best, worst = best_and_worst(examples, _lower_is_better(scores, ranked_by), shown)
    folder = make_folder(Path(folder))
    write_text(folder / PREDICTIONS, "".join(line + "\n" for line in lines))
    write_text(folder / TABLE, markdown(scores, best, worst, ranked_by))
    document = json.dumps(figures, ensure_ascii=False, indent=2, default=str)
    write_text(folder / EVALUATION, document + "\n")


def best_and_worst(
    examples: Sequence[Example], lower_is_better: bool = False, shown: int = 10
) -> tuple[list[Example], list[Example]]:
    """The `shown` best sentences, best first, and of the others the `shown` worst, worst first."""
    scored = [(example.score, example) for example in examples if example.score is not None]
    ordered = [e for _, e in sorted(scored, key=lambda pair: pair[0], reverse=not lower_is_better)]
    return ordered[:shown], ordered[shown:][::-1][:shown]


def markdown(
    scores: Sequence[Score], best: Sequence[Example], worst: Sequence[Example], ranked_by: str = ""
) -> str:
    """The scores and the two tables of sentences as Markdown."""
    parts = [f"# {say('Evaluation')}", _score_table(scores)]
    if best:
        parts += [f"## {say('Best sentences')}", _example_table(best, ranked_by)]
    if worst:
        parts += [f"## {say('Worst sentences')}", _example_table(worst, ranked_by)]
    return "\n\n".join(parts) + "\n"


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return {
        "sentences": len(examples),
        "empty_predictions": sum(not example.prediction.strip() for example in examples),
        "exact_matches": sum(example.prediction == example.reference for example in examples),
    }


def _lower_is_better(scores: Sequence[Score], ranked_by: str) -> bool:
    return any(score.lower_is_better for score in scores if score.name == ranked_by)


def _score_table(scores: Sequence[Score]) -> str:
    header = [say("score"), say("value"), say("interval"), say("signature")]
    return markdown_table(header, [_score_row(score) for score in scores])


def _score_row(score: Score) -> list[str]:
    found = score.interval
    interval = f"{found.low:.2f} - {found.high:.2f} ({found.level:.0%})" if found else ""
    return [score.name, f"{score.value:.2f}", interval, score.signature]


def _example_table(examples: Sequence[Example], ranked_by: str) -> str:
    header = [ranked_by or say("score"), say("source"), say("prediction"), say("reference")]
    rows = [[f"{e.score:.1f}", e.source, e.prediction, e.reference] for e in examples]
    return markdown_table(header, rows)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts."""
    lines = [header, ["---"] * len(header), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text that cannot break out of its cell, nor be taken for a tag."""
    text = text if len(text) <= _CELL else text[:_CELL] + "…"
    for character, spelling in (("&", "&amp;"), ("<", "&lt;"), ("\\", "\\\\"), ("|", "\\|")):
        text = text.replace(character, spelling)
    return "<br>".join(text.splitlines())
