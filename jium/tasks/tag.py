"""Text to the entities in it: what is named, what it is called, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import to_values
from jium.data.frames import Frame
from jium.data.tag_batches import TagReader, TagRows, Unit, Units, Window
from jium.data.text_batches import by_length
from jium.models.characters import CharacterHead, tag_scores
from jium.models.heads import Headed
from jium.tasks.export import export, named
from jium.text.bio import Span, from_tags, tag_names
from jium.text.composed import Composed
from jium.text.tokenizer import Tokenizer
from jium.text.viterbi import best_tags

BATCH_TOKENS = 8192  # read at a time
TEXTS = 1024  # texts at a time
TOGETHER = 2**16  # units of texts whose tags are found at a time

Entity = dict[str, Any]  # text, label, start, end, score


class Found(NamedTuple):
    """A span, and how sure the model is: the mean probability of the tags in it."""

    span: Span
    score: float


@dataclass
class Tagger:
    """An encoder with a head for tags, its tokenizer, and the names of the labels.

    unit: what gets a tag. overlap: tokens that windows of a long text share. The outputs of the
    head are in the order of `bio.tag_names(labels)`.
    """

    model: Headed
    tokenizer: Tokenizer
    frame: Frame
    labels: list[str]
    unit: Unit = "characters"
    overlap: int = 64

    @classmethod
    def load(cls, run: Path) -> Self:
        """The tagger in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, Headed)
        with understood(run / "config.json"):
            before, after, between = (tuple(part) for part in about["frame"])
            frame = Frame(before, after, between)
            labels = [str(label) for label in about["labels"]]
            unit, overlap = about["unit"], int(about["overlap"])
        return cls(model, Tokenizer.load(run), frame, labels, unit, overlap)

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads, with the names of the tags. There each token gets
        one, whatever the unit here is. Raises RunError for a model or tokenizer that others do not
        know, such as one with a head for characters.
        """
        tags = named(tag_names(self.labels))
        export(out, to, self.model, self.tokenizer, self.frame, **tags)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "tag",
            "labels": self.labels,
            "unit": self.unit,
            "overlap": self.overlap,
            "frame": [list(x) for x in (self.frame.before, self.frame.after, self.frame.between)],
            "head": to_values(self.model.head_config),
        }

    # ------------------------------------------------------------ what a person asks for

    def tag(self, text: str | Sequence[str]) -> Any:
        """The entities of a text, or a list of them for each of a list: {"text", "label", "start",
        "end", "score"}, in the order of their places, none over another.

        start, end: characters of the text as given, of any length. score: the mean probability of
        the tags of the entity. A text with nothing in it has no entities.
        """
        texts = [text] if isinstance(text, str) else list(text)
        answers: list[list[Entity]] = []
        for start in range(0, len(texts), TEXTS):
            part = texts[start : start + TEXTS]
            composed = [Composed.of(one) for one in part]
            found = self.find([one.text for one in composed])
            for given, whole, entities in zip(part, composed, found, strict=True):
                answers.append([_entity(given, whole, one) for one in entities])
        return answers[0] if isinstance(text, str) else answers

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """The entities of texts in NFC, with their scores."""
        read = self.reader.read(texts)
        logs = self._log_probabilities(read)
        return [
            self._entities(units, tags, log)
            for (units, _), tags, log in zip(read, _best(logs), logs, strict=True)
        ]

    # ------------------------------------------------------------ how it is done

    @property
    def reader(self) -> TagReader:
        """What makes of texts what the model takes."""
        head = self.model.head
        characters = head.settings.characters if isinstance(head, CharacterHead) else ""
        max_len = self.model.config.max_len
        return TagReader(
            self.tokenizer, self.frame, max_len, self.unit, characters, min(self.overlap, max_len)
        )

    @torch.inference_mode()
    def _log_probabilities(self, read: Sequence[tuple[Units, list[Window]]]) -> list[NDArray]:
        """(units, tags) of each text, from the windows in which its units count."""
        owners = [number for number, (_, windows) in enumerate(read) for _ in windows]
        rows = TagRows([window for _, windows in read for window in windows])
        n_tags = 2 * len(self.labels) + 1
        logs = [np.zeros((len(units), n_tags), np.float32) for units, _ in read]
        device = next(self.model.parameters()).device
        training = self.model.training
        self.model.eval()
        for items in by_length(rows.lengths, BATCH_TOKENS):
            scores = tag_scores(self.model, rows.batch(items).to(device)).float()
            found = scores.log_softmax(-1).cpu().numpy()
            end = 0
            for item in items:
                window = rows.windows[item]
                start, end = end, end + len(window.places)
                place = window.first + window.kept.nonzero()[0]
                logs[owners[item]][place] = found[start:end][window.kept]
        self.model.train(training)
        return logs

    def _entities(self, units: Units, tags: NDArray, logs: NDArray) -> list[Found]:
        sure = np.exp(logs[np.arange(len(tags)), tags])
        return [
            Found(units.span(span), float(sure[span.start : span.end].mean()))
            for span in from_tags(tags.tolist(), self.labels)
        ]


def _best(logs: Sequence[NDArray]) -> list[NDArray]:
    """The likeliest tags of each text, texts of like length at a time."""
    lengths = np.array([len(log) for log in logs], np.int64)
    found: list[NDArray] = [np.empty(0, np.int64) for _ in logs]
    for items in by_length(lengths, TOGETHER):
        part = lengths[items]
        scores = np.zeros((len(items), part.max(initial=0), logs[0].shape[1]), np.float32)
        for row, item in enumerate(items):
            scores[row, : part[row]] = logs[item]
        for item, tags in zip(items, best_tags(scores, part.tolist()), strict=True):
            found[item] = tags
    return found


def _entity(given: str, whole: Composed, found: Found) -> Entity:
    start, end = whole.given(found.span.start, found.span.end)
    entity = {"text": given[start:end], "label": found.span.label, "start": start, "end": end}
    return entity | {"score": found.score}
