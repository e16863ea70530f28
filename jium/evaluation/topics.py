"""How good topics are: whether their words go together, and whether topics differ."""

import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from jium.errors import ConfigError, DataError
from jium.evaluation.report import write_report
from jium.evaluation.score import Score
from jium.evaluation.texts import measured_texts
from jium.tasks.topics import TopicModel


def coherence(counts: Any, words: Sequence[int]) -> float:
    """Mean normalised pointwise mutual information of pairs of words, over whole texts, -1 to 1.

    Bouma (2009), and as a measure of topics Lau, Newman and Baldwin (2014),
    https://aclanthology.org/E14-1056. counts: (texts, vocab). Pairs never seen together count -1;
    those of which a word is not in these texts at all are left out.
    """
    there = (counts[:, list(words)] > 0).astype(np.float64)
    together = (there.T @ there).toarray() / counts.shape[0]
    alone = together.diagonal()
    found = []
    for i, j in combinations(range(len(words)), 2):
        if not (alone[i] and alone[j]):
            continue
        both = together[i, j]
        if both in (0.0, 1.0):
            found.append(1.0 if both else -1.0)
        else:
            found.append(math.log(both / (alone[i] * alone[j])) / -math.log(both))
    return float(np.mean(found)) if found else 0.0


def diversity(best: Sequence[Sequence[int]]) -> float:
    """The share of the topics' telling words that differ, as Dieng et al. (2020) count it."""
    words = [word for topic in best for word in topic]
    return len(set(words)) / len(words)


def evaluate_topics(
    task: TopicModel, texts: Sequence[str], *, out: Path | None = None, n_words: int = 10
) -> dict[str, Any]:
    """Coherence of the topics on other texts (mean, and by topic), and how much they differ."""
    if not texts:
        raise DataError("There is no text to measure. Give at least one.")
    counts = task.reader(texts)
    best = task.best_words(n_words)
    each = [coherence(counts, words) for words in best]
    scores = [
        Score("coherence", float(np.mean(each)), f"npmi|words:{n_words}|texts:{len(texts)}"),
        Score("diversity", 100 * diversity(best), f"words:{n_words}"),
    ]
    if out is not None:
        write_report(out, scores, [], settings={"texts": len(texts)})
    by_topic = {str(topic): {"coherence": value} for topic, value in enumerate(each)}
    return {"scores": scores, "by_tag": by_topic, "predictions": []}


def evaluate_run(
    task: TopicModel,
    data: str | Sequence[str] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    source: str | None = None,
    **others: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for topics. data: a split of the run's own, a file, or texts."""
    for key, value in others.items():
        if value is not None:
            raise ConfigError("is nothing that topics know.", key=key)
    texts = measured_texts(run, data, source) if isinstance(data, str) else list(data)
    return evaluate_topics(task, texts, out=out)
