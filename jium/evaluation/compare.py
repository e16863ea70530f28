"""Several runs beside each other, ranked only where the figures mean the same.

Two scores may be ranked when they were measured on the same sentences and carry the same signature.
Where the predictions were kept, each run is also tested against the first by a paired bootstrap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jium.config import Values, build_kind
from jium.evaluation import METRICS
from jium.evaluation.bootstrap import Difference, paired
from jium.evaluation.metric import Metric
from jium.evaluation.saved import Evaluation, read_evaluation, read_predictions
from jium.evaluation.score import Example
from jium.messages import say


@dataclass(frozen=True)
class Comparison:
    """Runs, the best of each score, differences from the first run, and what may not be compared.

    best: score name to the runs that share the best value, without scores that cannot be ranked.
    differences: (run, score name) to its difference from the first run.
    """

    evaluations: list[Evaluation]
    best: dict[str, list[Path]] = field(default_factory=dict)
    differences: dict[tuple[Path, str], Difference] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The scores that any run has, in the order met."""
        return list(dict.fromkeys(name for one in self.evaluations for name in one.scores))

    def note(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def render(self) -> str:
        """The table and notes as text: `*` is best, p is that of `paired` against the first run."""
        table = Table(say("run"), say("sentences"), *self.names)
        for one in self.evaluations:
            cells = [self._cell(one, name) for name in self.names]
            table.add_row(str(one.run), str(one.sentences), *cells)
        text = StringIO()
        Console(file=text, width=10_000, markup=False, highlight=False, emoji=False).print(table)
        lines = [line.rstrip() for line in text.getvalue().splitlines()]
        return "\n".join([*lines, *self.notes]) + "\n"

    def values(self) -> list[Values]:
        """One plain record a run, for JSON."""
        return [self._record(one) for one in self.evaluations]

    def _cell(self, one: Evaluation, name: str) -> str:
        if name not in one.scores:
            return "-"
        score, against_first = one.scores[name], self.differences.get((one.run, name))
        star = "*" if one.run in self.best.get(name, []) else ""
        found = score.interval
        parts = [f"{score.value:.2f}{star}"]
        parts += [f"[{found.low:.2f}, {found.high:.2f}]"] if found else []
        parts += [f"p={against_first.p:.3f}"] if against_first else []
        return " ".join(parts)

    def _record(self, one: Evaluation) -> Values:
        return {
            "run": str(one.run),
            "sentences": one.sentences,
            "scores": {name: score.value for name, score in one.scores.items()},
            "best": [name for name, runs in self.best.items() if one.run in runs],
            "against_first": {
                name: vars(self.differences[one.run, name])
                for name in self.names
                if (one.run, name) in self.differences
            },
            "notes": self.notes,
        }


def compare(runs: Sequence[str | Path], samples: int = 1000, seed: int = 0) -> Comparison:
    """Compare measured runs.

    Raises RunError for a run that was not measured, or whose evaluation is damaged.
    """
    result = Comparison([read_evaluation(Path(run)) for run in runs])
    for name in result.names:
        _rank(result, name)
    for other in result.evaluations[1:]:
        _test(result, result.evaluations[0], other, samples, seed)
    return result


def _rank(result: Comparison, name: str) -> None:
    """Find the best of one score, or say why there is none."""
    having = [one for one in result.evaluations if name in one.scores]
    signatures = {one.scores[name].signature for one in having}
    if len({one.data for one in having}) > 1:
        result.note(
            say(
                "{score}: not ranked, because the runs were measured on different data.", score=name
            )
        )
    elif len(signatures) > 1:
        result.note(
            say(
                "{score}: not ranked, because the runs were measured differently: {signatures}",
                score=name,
                signatures="; ".join(sorted(signatures)),
            )
        )
    elif len(having) > 1:
        result.best[name] = _best(having, name)


def _best(having: list[Evaluation], name: str) -> list[Path]:
    finite = [one for one in having if math.isfinite(one.scores[name].value)]
    values = [one.scores[name].value for one in finite]
    choose = min if having[0].scores[name].lower_is_better else max
    best = choose(values, default=None)
    return [one.run for one in finite if one.scores[name].value == best]


def _test(
    result: Comparison, first: Evaluation, other: Evaluation, samples: int, seed: int
) -> None:
    """Test how `other` differs from `first`, where both were measured alike and kept sentences."""
    metrics = _shared_metrics(result, first, other)
    if not metrics:
        return
    ours, theirs = _predictions(result, first), _predictions(result, other)
    if ours is None or theirs is None:
        return
    a, b = ([example.prediction for example in examples] for examples in (ours, theirs))
    references = [example.reference for example in ours]
    for metric in metrics:
        for name, found in paired(metric, a, b, references, samples, seed=seed).items():
            result.differences[other.run, name] = found


def _predictions(result: Comparison, one: Evaluation) -> list[Example] | None:
    examples = read_predictions(one)
    if examples is None:
        result.note(
            say("{run}: not tested, because its predictions were not kept with it.", run=one.run)
        )
    return examples


def _shared_metrics(result: Comparison, first: Evaluation, other: Evaluation) -> list[Metric]:
    """The metrics by which both were measured alike, on the same sentences, and can be again."""
    if first.data != other.data:
        return []
    shared: dict[str, Metric] = {}
    for name, score in first.scores.items():
        same = name in other.scores and other.scores[name].signature == score.signature
        if same and score.metric is not None:
            metric = build_kind(METRICS, score.metric, "metric")
            if metric.signature() == score.signature:
                shared[f"{score.metric}"] = metric
            else:
                result.note(_other_signature(name, metric.signature()))
    return list(shared.values())


def _other_signature(name: str, signature: str) -> str:
    return say(
        "{score}: not tested, because it would be measured differently here: {signature}",
        score=name,
        signature=signature,
    )
