"""How well spelling is corrected: errors found and repaired, and good words spoiled.

Errors are put into texts by `jium.data.noise`; whatever the texts themselves misspell counts as
meant, so that a repair of it is a false alarm here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jium.config import Values
from jium.data.noise import Noise
from jium.errors import ConfigError, DataError
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.evaluation.texts import measured_texts
from jium.tasks.correct import Corrector
from jium.text.eojeol import word_spans


class SpellingScores(NamedTuple):
    """A correction counts where the word comes out as it was meant, exactly."""

    precision: float  # of the words changed, the share that are right now and were wrong
    recall: float  # of the wrong words, the share that are right now
    f1: float
    false_alarms: float  # of the right words, the share that were changed
    n_errors: int
    n_words: int


def spelling_scores(
    meant: Sequence[str], typed: Sequence[str], corrected: Sequence[str]
) -> SpellingScores:
    """Scores over texts, word by word; spaces must stand in the same places in all three."""
    errors = changed = right = spoiled = words = 0
    for texts in zip(meant, typed, corrected, strict=True):
        for good, before, after in zip(*(text.split() for text in texts), strict=True):
            if not any(True for _ in word_spans(good)):
                continue
            words += 1
            errors += good != before
            changed += before != after
            right += good != before and after == good
            spoiled += good == before and after != good
    precision = right / changed if changed else 0.0
    recall = right / errors if errors else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return SpellingScores(precision, recall, f1, spoiled / max(words - errors, 1), errors, words)


def evaluate_corrector(
    task: Corrector,
    texts: Sequence[str],
    noise: Noise | None = None,
    *,
    out: Path | None = None,
    about: Values | None = None,
) -> dict[str, Any]:
    """Spoil texts, correct them, and score the outcome; shares in percent.

    false_alarms: measured on the texts as they were, of all words. out: where evaluation.json,
    evaluation.md and predictions.jsonl go, texts ranked by the share of words that are right.
    """
    noise = noise or Noise()
    meant = [" ".join(text.split()) for text in texts]
    if not any(True for text in meant for _ in word_spans(text)):
        raise DataError("no Korean word in the {n} texts given.", n=len(meant))
    typed = noise(meant)
    corrected = task.correct(typed)
    found = spelling_scores(meant, typed, corrected)
    clean = spelling_scores(meant, meant, task.correct(meant))
    signature = (
        f"noise:{noise.rate}|seed:{noise.seed}|errors:{found.n_errors}|words:{found.n_words}"
    )
    scores = [
        Score("precision", 100 * found.precision, signature),
        Score("recall", 100 * found.recall, signature),
        Score("f1", 100 * found.f1, signature),
        Score("false_alarms", 100 * clean.false_alarms, f"clean|words:{clean.n_words}", True),
    ]
    if out is not None:
        rows = zip(typed, corrected, meant, strict=True)
        examples = [Example(*row, score=100 * _share_right(row[1], row[2])) for row in rows]
        write_report(out, scores, examples, ranked_by="words", settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": corrected}


def evaluate_run(
    task: Corrector,
    data: str | Sequence[str] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    rate: float = 0.05,
    seed: int = 0,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a corrector.

    data: the name of a split of the run's own data, a file, or texts. source: the column of the
    text in the file. rate: share of words that are spoiled.
    """
    for key, value in others.items():
        if value is not None:
            raise ConfigError("is nothing that a spelling corrector knows.", key=key)
    texts = measured_texts(run, data, source) if isinstance(data, str) else list(data)
    about = {"data": data if isinstance(data, str) else "given"}
    return evaluate_corrector(task, texts, Noise(rate=rate, seed=seed), out=out, about=about)


def _share_right(corrected: str, meant: str) -> float:
    pairs = list(zip(corrected.split(), meant.split(), strict=True))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0
