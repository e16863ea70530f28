"""What a recipe becomes before it is trained: a task and its data, in one of two shapes."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from jium.config import nearest
from jium.data.documents import Documents, counts_of
from jium.errors import ConfigError
from jium.messages import say
from jium.training.trainer import Batch, Trainer


class Setup(Protocol):
    """What every training has.

    task: what the run will be loaded as: its `model`, and `about()` for config.json. Where there is
    a method `card`, its lines of Markdown stand in the model card, such as samples.
    """

    task: Any

    def opening(self) -> str:
        """A line for a person, before the work begins: how much data there is."""

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""


class OnDocuments:
    """What every training on running text says of it. stored: its documents by split."""

    stored: dict[str, Documents]

    def opening(self) -> str:
        """How much text there is."""
        counts = counts_of(self.stored["train"])
        return say(
            "{documents} documents to train on, {tokens} tokens; {valid} to validate with",
            documents=f"{counts['documents']:,}",
            tokens=f"{counts['tokens']:,}",
            valid=f"{counts_of(self.stored['valid'])['documents']:,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        found = {split: counts_of(store) for split, store in self.stored.items()}
        dropped = self.stored["train"].dropped
        return {
            "documents": ", ".join(f"{split} {n['documents']:,}" for split, n in found.items()),
            "tokens": ", ".join(f"{split} {n['tokens']:,}" for split, n in found.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
        }

    def picture(self) -> None:
        """Nothing to see."""
        return None


class Batches(Protocol):
    """Batches without end; `go_on` begins them where `after` of an earlier batch says."""

    def __iter__(self) -> Iterator[Batch]: ...
    def go_on(self, position: Any) -> None: ...


class Learned(Setup, Protocol):
    """A task whose model is learned by gradients, step by step."""

    train: Batches

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Measures on the valid split: "valid_loss", and "valid_X" where train.metric is X."""

    def samples(self) -> list[tuple[str, str, str]]:
        """Some inputs with what the model makes of them and what was wanted; may be none."""

    def picture(self) -> Any | None:
        """What TensorBoard shows, uint8 (height, width, 3); None where there is nothing to see."""


@runtime_checkable
class Fitted(Setup, Protocol):
    """A task whose model is fitted at once, by counting or by a library's solver."""

    def fit(self) -> dict[str, float]:
        """Fit and return measures on the valid split, as `figures` does."""

    def save(self, run: Any) -> None:
        """Write what stands beside the weights, such as the vocabulary."""


def check_metric(metric: str, known: Sequence[str]) -> None:
    """Raise ConfigError where no figure of that name is taken on the valid split."""
    if metric not in known:
        raise ConfigError(
            'no figure "{metric}" is taken on the valid split.{near} Known: {known}.',
            key="train.metric",
            metric=metric,
            near=nearest(metric, known),
            known=", ".join(known),
        )
