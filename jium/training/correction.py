"""From a recipe for a spelling corrector to a fitted one: texts, counts, a noisy channel."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from jium.data.texts import Texts
from jium.errors import DataError
from jium.evaluation.spelling import evaluate_corrector
from jium.messages import say
from jium.models.noisy_channel import NoisyChannel
from jium.tasks.correct import Corrector
from jium.training.recipe import Recipe

MEASURED = 500  # texts of the valid split that are spoiled and repaired


@dataclass
class CorrectionSetup:
    """The texts to learn from, and once they are learned the corrector."""

    recipe: Recipe
    texts: list[str] = field(repr=False)
    dropped: dict[str, int]
    task: Any = None

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} texts to learn from; {dropped} rows dropped",
            n=f"{len(self.texts):,}",
            dropped=f"{sum(self.dropped.values()):,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        return {
            "texts": f"{len(self.texts):,}",
            "dropped": ", ".join(f"{why} {n:,}" for why, n in self.dropped.items()) or "none",
            "words": f"{len(self.task.words):,}",
        }

    def fit(self) -> dict[str, float]:
        """Count the texts; gives precision, recall and F1 on errors put into the valid split."""
        self.task = Corrector(*NoisyChannel.learn(self.recipe.model, self.texts))
        valid = list(islice(Texts(self.recipe.data).split("valid"), MEASURED))
        if not valid:
            return {}
        scores = evaluate_corrector(self.task, valid)["scores"]
        return {f"valid_{score.name}": score.value for score in scores}

    def save(self, run: Path) -> None:
        """Write the words."""
        self.task.save(run)


def set_up(recipe: Recipe, run: Path) -> CorrectionSetup:
    """Read the texts."""
    texts = Texts(recipe.data)
    found = list(texts.split("train"))
    if not found:
        raise DataError(
            "no text to learn from. Dropped: {dropped}.",
            dropped=", ".join(f"{why} {n}" for why, n in texts.dropped.items()) or "0",
        )
    return CorrectionSetup(recipe, found, dict(texts.dropped))
