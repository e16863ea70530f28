"""What a model makes of texts, in the shapes that compute_metrics of `transformers` is given."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from jium.data.text_batches import TextBatch
from jium.errors import ConfigError
from jium.models.heads import Headed
from jium.objectives.labels import Labels
from jium.objectives.loss import IGNORE, Loss
from jium.objectives.span import span_loss
from jium.tasks.answer import Answerer
from jium.tasks.classify import Classifier
from jium.tasks.tag import Tagger
from jium.training.devices import autocast
from jium.training.familiar.rows import Example, RowReader, Task

Metrics = dict[str, float]
Scorer = Callable[[Tensor, TextBatch], Loss]


class EvalPrediction(NamedTuple):
    """What compute_metrics is given, as arrays in the order of the data set.

    predictions: logits, (texts, classes); of tags (texts, time, tags), -100 where a text has ended;
    of spans two, (texts, time) each, of beginning and of ending. label_ids: (texts,), (texts,
    classes) or (texts, time); of spans two, (texts,) each; None where rows say nothing.
    """

    predictions: Any
    label_ids: Any


class Seen(NamedTuple):
    """A data set as the model sees it; loss: mean, None where rows say nothing."""

    predictions: Any
    label_ids: Any
    loss: float | None


class TrainOutput(NamedTuple):
    """What `train` gives back; training_loss: the mean of its steps."""

    global_step: int
    training_loss: float
    metrics: Metrics


class PredictionOutput(NamedTuple):
    """What `predict` gives back, arrays as those of EvalPrediction."""

    predictions: Any
    label_ids: Any
    metrics: Metrics


@dataclass
class TrainerState:
    """How far a training has come, and what was logged and measured on the way."""

    global_step: int = 0
    max_steps: int = 0
    epoch: float = 0.0
    best_metric: float | None = None
    best_global_step: int | None = None
    best_model_checkpoint: str | None = None  # the folder whose model is the best
    log_history: list[Metrics] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # since the last log


def loss_of(task: Task, smoothing: float) -> Scorer:
    """The loss of scores on a batch: summed over texts, or over the tokens that have a label.

    Raises ConfigError for smoothing where no single class is right.
    """
    single = isinstance(task, Tagger) or isinstance(task, Classifier) and task.gives == "label"
    if smoothing and not single:
        raise ConfigError("is for one class a text or token.", key="label_smoothing_factor")
    if isinstance(task, Classifier):
        labels = Labels(label_smoothing=smoothing)
        return lambda scores, batch: Loss(
            labels.losses(scores, _there(batch)).sum(), batch.layout.batch
        )
    if isinstance(task, Answerer):
        return lambda scores, batch: Loss(
            span_loss(scores, batch.layout, _there(batch)), batch.layout.batch
        )

    def of_tags(scores: Tensor, batch: TextBatch) -> Loss:
        targets = _there(batch)
        total = F.cross_entropy(
            scores, targets, ignore_index=IGNORE, reduction="sum", label_smoothing=smoothing
        )
        return Loss(total, int((targets != IGNORE).sum()))

    return of_tags


@torch.inference_mode()
def see(
    reader: RowReader,
    batches: Iterable[tuple[NDArray[np.int64], list[Example]]],
    loss: Scorer,
    device: torch.device,
    precision: str,
) -> Seen:
    """Show a data set to the model; batches: the numbers of some texts, and these."""
    model = reader.task.model
    training = model.training
    model.eval()
    total, count = 0.0, 0
    scores: dict[int, NDArray[np.float32]] = {}
    said: dict[int, Any] = {}
    for items, examples in batches:
        batch = reader.pack(examples).to(device)
        with autocast(device, precision):
            found = scores_of(model, batch)
        if batch.targets is not None:
            part = loss(found, batch)
            total, count = total + float(part.total), count + part.count
        by_text = isinstance(reader.task, Classifier)
        parts = found.cpu().numpy()
        cuts = np.cumsum([1 if by_text else len(e.ids) for e in examples])[:-1]
        scores |= dict(zip(items.tolist(), np.split(parts, cuts), strict=True))
        said |= {int(i): e.said for i, e in zip(items, examples, strict=True)}
    model.train(training)
    in_order = [scores[i] for i in range(len(scores))]
    labels = [said[i] for i in range(len(said))]
    mean = total / max(count, 1) if all(one is not None for one in labels) else None
    return Seen(_predictions(reader, in_order), _label_ids(reader.task, labels), mean)


def scores_of(model: Any, batch: TextBatch) -> Tensor:
    """(texts, outputs) or (tokens, outputs), in float32."""
    assert isinstance(model, Headed)
    return model(batch.tokens, batch.layout, batch.segments).float()


def _predictions(reader: RowReader, scores: Sequence[NDArray[np.float32]]) -> Any:
    if isinstance(reader.task, Classifier):
        return np.concatenate(scores)[:, reader.order]
    if isinstance(reader.task, Tagger):
        return _padded([rows[:, reader.order] for rows in scores])
    return tuple(_padded([rows[:, side] for rows in scores]) for side in (0, 1))


def _label_ids(task: Task, said: Sequence[Any]) -> Any:
    if any(one is None for one in said):
        return None
    if isinstance(task, Tagger):
        return _padded(said)
    together = np.array(said)
    return (together[:, 0], together[:, 1]) if isinstance(task, Answerer) else together


def _padded(rows: Sequence[NDArray]) -> NDArray:
    """(texts, time, ...), -100 where a text has ended."""
    time = max(len(row) for row in rows)
    made = np.full((len(rows), time, *rows[0].shape[1:]), IGNORE, rows[0].dtype)
    for place, row in zip(made, rows, strict=True):
        place[: len(row)] = row
    return made


def _there(batch: TextBatch) -> Tensor:
    assert batch.targets is not None
    return batch.targets
