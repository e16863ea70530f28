"""From a recipe for topics to fitted ones: texts, counts of words, LDA or NMF."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.config import find_kind
from jium.data.texts import Texts
from jium.errors import DataError
from jium.evaluation.topics import coherence, evaluate_topics
from jium.messages import say
from jium.models import MODELS
from jium.tasks.topics import TopicModel
from jium.text.vectorise import Vectoriser
from jium.training.recipe import Recipe

TYPICAL = 3  # texts kept for each topic
SHOWN = 200  # characters of each
MEASURED = 2000  # texts of the valid split


@dataclass
class TopicsSetup:
    """Topics that know their vocabulary, and the texts they are to be found in."""

    task: TopicModel
    recipe: Recipe
    texts: list[str] = field(repr=False)
    counts: Any = field(repr=False)
    dropped: dict[str, int] = field(default_factory=dict)

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} texts to learn from; {dropped} rows dropped",
            n=f"{len(self.texts):,}",
            dropped=f"{sum(self.dropped.values()):,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data, and of the topics found."""
        found = {
            f"topic {topic.number}": f"{100 * topic.share:.1f} %: {', '.join(topic.words)}"
            for topic in self.task.topics()
        }
        return {"texts": f"{len(self.texts):,}", "words": f"{self.counts.shape[1]:,}"} | found

    def fit(self) -> dict[str, float]:
        """Find the topics; gives their coherence on the valid split and how much they differ."""
        shares = self.task.model.fit(self.counts)
        self.task.described = describe(self.task, self.texts, self.counts, shares)
        valid = list(islice(Texts(self.recipe.data).split("valid"), MEASURED))
        if not valid:
            return {}
        return {f"valid_{s.name}": s.value for s in evaluate_topics(self.task, valid)["scores"]}

    def save(self, run: Path) -> None:
        """Write the words and the topics."""
        self.task.save(run)


def set_up(recipe: Recipe, run: Path) -> TopicsSetup:
    """Read the texts and count their words."""
    source = Texts(recipe.data)
    texts = list(source.split("train"))
    if not texts:
        raise DataError(
            "no text to learn from. Dropped: {dropped}.",
            dropped=", ".join(f"{why} {n}" for why, n in source.dropped.items()) or "0",
        )
    reader, counts = Vectoriser.fit([recipe.model.words], texts)
    config = replace(recipe.model, features=recipe.model.words, vocab_size=counts.shape[1])
    model = find_kind(MODELS, recipe.values["model"]["kind"], "model")(config)
    task = TopicModel(model, reader, [])
    return TopicsSetup(task, recipe, texts, counts, dict(source.dropped))


def describe(
    task: TopicModel, texts: Sequence[str], counts: Any, shares: NDArray[np.float64]
) -> list[dict[str, Any]]:
    """Coherence and typical texts of each topic: the texts that are most about it, the longer
    first among equals.
    """
    known = np.asarray(counts.sum(axis=1)).ravel()
    found = []
    for topic, words in enumerate(task.best_words()):
        order = np.lexsort((-known, -np.round(shares[:, topic], 2)))[:TYPICAL]
        kept = [texts[i][:SHOWN] for i in order]
        found.append({"number": topic, "coherence": coherence(counts, words), "texts": kept})
    return found
