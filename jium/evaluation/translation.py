"""Measuring translation: loss on batches, answers against references."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from jium.config import build, read_toml
from jium.data.pair_rows import read_pairs
from jium.data.pairs import Pair, PairData, Prepared, prepare
from jium.data.split import SPLITS
from jium.errors import ConfigError
from jium.evaluation.bleu import Bleu
from jium.evaluation.chrf import Chrf
from jium.evaluation.meteor import Meteor
from jium.evaluation.metric import Metric
from jium.evaluation.report import write_report
from jium.evaluation.rouge import Rouge
from jium.evaluation.score import Score, measure, score_sentences
from jium.evaluation.ter import Ter
from jium.models.encoder_decoder import EncoderDecoder
from jium.nn.cross_entropy import linear_cross_entropy
from jium.tasks.translate import ROWS, Translator


@torch.no_grad()
def mean_loss(model: EncoderDecoder, batches: Iterable[Any]) -> float:
    """Cross-entropy a target token, in nats, without smoothing; its exponential: perplexity."""
    training = model.training
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        hidden = model(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        total += float(linear_cross_entropy(hidden, model.output.weight, batch.target_out))
        count += len(batch.target_out)
    model.train(training)
    return total / max(count, 1)


def metrics_for(language: str) -> list[Metric]:
    """What translations into `language` are measured by; the first ranks sentences."""
    return [
        Chrf(),
        Bleu(language=language),
        Ter(),
        Rouge(language=language),
        Meteor(language=language),
    ]


def evaluate_translation(
    task: Translator,
    pairs: Sequence[Pair],
    *,
    backward: bool = False,
    out: Path | None = None,
    about: dict[str, Any] | None = None,
    samples: int = 1000,
    **options: Any,
) -> dict[str, Any]:
    """Translate the sources of `pairs` and score the answers, in all and by tag.

    backward: from target to source, for a model that knows both. out: where evaluation.json,
    evaluation.md and predictions.jsonl go. about: what is measured, kept with the figures. options:
    settings of generation.
    """
    sources = [pair.target if backward else pair.source for pair in pairs]
    references = [pair.source if backward else pair.target for pair in pairs]
    tags = [pair.tag for pair in pairs]
    language = task.languages[0] if backward else task.languages[1]
    predictions = _translate(task, sources, tags, language, options)
    metrics = metrics_for(language)
    scores = [s for metric in metrics for s in measure(metric, predictions, references, samples)]
    scores += likelihood(task, sources, references, tags, language)
    by_tag = {
        tag: _plain(metrics[:2], *_only(tag, tags, predictions, references))
        for tag in sorted(set(tags))
        if tag
    }
    settings = {**(about or {}), **options, "by_tag": by_tag, "to": language}
    if out is not None:
        examples = score_sentences(metrics[0], sources, predictions, references)
        write_report(out, scores, examples, ranked_by=scores[0].name, settings=settings)
    return {"scores": scores, "by_tag": by_tag, "predictions": predictions}


def likelihood(
    task: Translator, sources: list[str], references: list[str], tags: list[str], to: str
) -> list[Score]:
    """Perplexity a token, for runs with one tokenizer, and bits a byte, for any two runs."""
    direction = task.direction(to if task.format.forward is not None else None)
    loss, tokens, size = 0.0, 0, 0
    for start in range(0, len(sources), ROWS):
        part = slice(start, start + ROWS)
        batch = task.batch(sources[part], references[part], tags[part], direction)
        loss += mean_loss(task.model, [batch]) * len(batch.target_out)
        tokens += len(batch.target_out)
        size += sum(len(reference.encode()) for reference in references[part])
    digest = hashlib.sha256(task.tokenizer.backend.to_str().encode()).hexdigest()[:12]
    return [
        Score("perplexity", math.exp(min(loss / tokens, 700.0)), f"tokenizer:{digest}", True),
        Score("bits_per_byte", loss / math.log(2) / max(size, 1), "byte:utf-8|end:counted", True),
    ]


def _translate(
    task: Translator, sources: list[str], tags: list[str], language: str, options: dict[str, Any]
) -> list[str]:
    """Each source with its own tag, where the model knows it."""
    to = language if task.format.forward is not None else None
    answers = [""] * len(sources)
    for tag in sorted({tag if tag in task.tags else "" for tag in tags}):
        rows = [i for i, t in enumerate(tags) if (t if t in task.tags else "") == tag]
        found = task.translate([sources[i] for i in rows], to=to, tag=tag or None, **options)
        for i, answer in zip(rows, found, strict=True):
            answers[i] = answer
    return answers


def _only(
    tag: str, tags: list[str], predictions: list[str], references: list[str]
) -> tuple[list[str], list[str]]:
    rows = [i for i, t in enumerate(tags) if t == tag]
    return [predictions[i] for i in rows], [references[i] for i in rows]


def _plain(
    metrics: Sequence[Metric], predictions: list[str], references: list[str]
) -> dict[str, float]:
    figures = {"sentences": float(len(predictions))}
    for metric in metrics:
        figures |= {k: round(v, 2) for k, v in metric(predictions, references).items()}
    return figures


def evaluate_run(
    task: Translator,
    data: str | Sequence[Pair],
    *,
    run: Path | None,
    out: Path | None,
    to: str | None = None,
    source: str | None = None,
    target: str | None = None,
    tag: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a translator.

    data: a split, a file (its columns by `source`, `target` and `tag`, or found by their usual
    names), or pairs. to: the language to translate into, for a model that knows both directions.
    options: settings of generation.
    """
    if isinstance(data, str):
        pairs, about = read_measured(run, data, source, target, tag)
    else:
        pairs, about = list(data), {"data": "given"}
    backward = to is not None and to == task.languages[0] and to != task.languages[1]
    return evaluate_translation(task, pairs, backward=backward, out=out, about=about, **options)


def read_measured(
    run: Path | None,
    data: str,
    source: str | None = None,
    target: str | None = None,
    tag: str | None = None,
) -> tuple[list[Pair], dict[str, Any]]:
    """The pairs to measure on: a split of the run's own data, by its recipe, or a file."""
    if data not in SPLITS:
        columns = {"source": source, "target": target, "tag": tag}
        settings = build(PairData, {"train": data, "test": data, **columns})
        rows = [row for row in read_pairs(settings, "test") if not row.problem]
        pairs = [row.pair for row in rows if row.pair.source and row.pair.target]
        return pairs, {"data": data}
    if run is None:
        raise ConfigError(
            "{data!r} is a split of a run's own data; give the run folder, or a file, or pairs.",
            key="data",
            data=data,
        )
    prepared = run / "last" / "data"
    if not (prepared / "report.json").is_file():
        recipe = read_toml(run / "recipe.toml")
        values = {k: v for k, v in recipe["data"].items() if k != "kind"}
        prepare(build(PairData, values, "data"), prepared)
    pairs = list(Prepared.load(prepared).pairs(data))
    return pairs, {"data": str(read_toml(run / "recipe.toml")["data"]["train"]), "split": data}
