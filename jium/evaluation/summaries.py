"""Measuring summaries: ROUGE against those that people wrote, beside that of the first sentence."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jium.config import Values, build, read_toml
from jium.data.pairs import Pair, Prepared
from jium.data.split import SPLITS
from jium.data.summaries import SummaryData, prepare_summaries, read_summaries
from jium.errors import ConfigError, DataError
from jium.evaluation.metric import language_of
from jium.evaluation.report import write_report
from jium.evaluation.rouge import Rouge
from jium.evaluation.score import Score, measure, score_sentences
from jium.tasks.extract import Extractor

DOCUMENTS = "documents"  # in `last` of a run: its documents, whole
LEAD = "lead1_"  # begins the names of what the first sentence scores
SHOWN = 300  # characters of a document in predictions.jsonl


def evaluate_run(
    task: Any,
    data: str | Sequence[Pair] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    target: str | None = None,
    samples: int = 1000,
    **options: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a summariser.

    data: the name of a split of the run's own data, a file, or pairs of document and summary.
    source, target: columns of the file, where they have other names than the usual. options: those
    of the task's own `summarise`. out: where evaluation.json, evaluation.md and predictions.jsonl
    go; of each document its beginning is kept.
    Returns {"scores": [Score, ...], "by_tag": {}, "predictions": [summary, ...]}.
    """
    if isinstance(data, str):
        pairs, about = read_measured(run, data, source, target)
    else:
        pairs, about = list(data), {"data": "given"}
    if not pairs:
        raise DataError("There is no document with a summary to measure. Give at least one.")
    predictions = task.summarise([pair.source for pair in pairs], **options)
    scores = rouge_beside_lead(pairs, predictions, samples)
    if out is not None:
        documents = [_beginning(pair.source) for pair in pairs]
        references = [pair.target for pair in pairs]
        ranked = score_sentences(metric_for(pairs), documents, predictions, references)
        write_report(out, scores, ranked, ranked_by="rougeL", settings=about | options)
    return {"scores": scores, "by_tag": {}, "predictions": predictions}


def rouge_beside_lead(
    pairs: Sequence[Pair], predictions: Sequence[str], samples: int = 1000
) -> list[Score]:
    """ROUGE-1, 2 and L of summaries, then of the first sentence of each document."""
    metric, references = metric_for(pairs), [pair.target for pair in pairs]
    first = Extractor.of("lead", n_sentences=1).summarise([pair.source for pair in pairs])
    lead = measure(metric, first, references, samples)
    return [
        *measure(metric, predictions, references, samples),
        *(replace(score, name=f"{LEAD}{score.name}", metric=None) for score in lead),
    ]


def metric_for(pairs: Sequence[Pair]) -> Rouge:
    """Over morphemes where a summary has a Korean letter, else over words."""
    return Rouge(language=language_of(pair.target for pair in pairs))


def read_measured(
    run: Path | None, data: str, source: str | None = None, target: str | None = None
) -> tuple[list[Pair], Values]:
    """The documents and summaries to measure on, and what is to be said of them."""
    if data not in SPLITS:
        columns = {"source": source, "target": target}
        settings = build(SummaryData, {"train": data, "test": data, **columns}, "data")
        rows = [row.pair for row in read_summaries(settings, "test") if not row.problem]
        return [pair for pair in rows if pair.source and pair.target], {"data": data}
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or pairs.",
            key="data",
            data=data,
        )
    section = read_toml(run / "recipe.toml")["data"]
    prepared = run / "last" / DOCUMENTS
    if not (prepared / "report.json").is_file():
        values = {key: value for key, value in section.items() if key != "kind"}
        prepare_summaries(build(SummaryData, values, "data"), prepared)
    pairs = list(Prepared.load(prepared).pairs(data))
    return pairs, {"data": str(section["train"]), "split": data}


def _beginning(document: str) -> str:
    return document if len(document) <= SHOWN else f"{document[:SHOWN]}…"
