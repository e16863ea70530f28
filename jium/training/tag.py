"""From a recipe for a tagger to what a trainer needs: data, tokenizer, model, windows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from jium.data.frames import Frame
from jium.data.pairs import Prepared
from jium.data.swaps import swapped
from jium.data.tag_batches import Unit, labelled_rows
from jium.data.tagged import Learned, Tagged, TaggedData, prepare_tagged, tagged_texts
from jium.data.text_batches import TextBatches
from jium.evaluation.entities import Entities
from jium.messages import say
from jium.models.heads import HeadConfig
from jium.objectives.tags import Tags
from jium.tasks.tag import BATCH_TOKENS, Tagger
from jium.text.bio import Span, from_tags, to_tags
from jium.training.devices import autocast
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, headed, tokenizer_of

FIGURES = ("f1", "precision", "recall", "macro_f1")
LOOKED = 2000  # texts from which the reach of tags is learned
SHOWN = 5  # texts with their entities in the log
RARE = 2  # characters seen less often share one embedding, which so learns what to do with others


@dataclass
class TagSetup:
    """What a trainer works with. reach: the share of entities that begin and end where units do."""

    task: Tagger
    prepared: Prepared
    learned: Learned
    train: TextBatches
    valid: list[Tagged] = field(repr=False)
    reach: float = 1.0

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} texts with {entities} entities of {labels} labels to train on; {valid} to "
            "validate with; {dropped} rows dropped ({path}); tags of {unit} can say {share} of the "
            "entities",
            n=f"{self.prepared.counts['train']:,}",
            entities=f"{sum(self.learned.labels.values()):,}",
            labels=len(self.task.labels),
            valid=f"{len(self.valid):,}",
            dropped=f"{sum(self.prepared.dropped.values()):,}",
            path=self.prepared.folder / "dropped.jsonl",
            unit=self.task.unit,
            share=f"{self.reach:.1%}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        counts, dropped = self.prepared.counts, self.prepared.dropped
        return {
            "labels": ", ".join(f"{label} {n:,}" for label, n in self.learned.labels.items()),
            "texts": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
            "entities that began with an I": f"{self.learned.repaired:,}",
            "tagged": f"{self.task.unit}, which can say {self.reach:.1%} of the entities",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Mean loss of a unit on the valid split, and how well its entities are found, in
        percent.
        """
        rows = labelled_rows(
            self.task.reader,
            [text.text for text in self.valid],
            [text.spans for text in self.valid],
            self.task.labels,
        )
        total, count = 0.0, 0
        batches = TextBatches(rows.lengths, rows.batch, BATCH_TOKENS)
        with torch.inference_mode(), autocast(trainer.device, trainer.precision):
            for _, batch in batches.once():
                for loss in trainer.objective(self.task.model, batch.to(trainer.device)):
                    total, count = total + float(loss.total), count + loss.count
            found = self._found(self.valid)
        scores = Entities(labels=self.task.labels)(found, [text.spans for text in self.valid])
        figures = {f"valid_{name}": scores[name] for name in FIGURES}
        return {"valid_loss": total / max(count, 1)} | figures

    def samples(self) -> list[tuple[str, str, str]]:
        """Some texts of the valid split, with the entities found and those there are."""
        shown = self.valid[:SHOWN]
        parts = zip(shown, self._found(shown), strict=True)
        return [(t.text, _said(t.text, found), _said(t.text, t.spans)) for t, found in parts]

    def picture(self) -> None:
        """Nothing to see."""
        return None

    def _found(self, texts: Sequence[Tagged]) -> list[list[Span]]:
        found = self.task.find([text.text for text in texts])
        return [[one.span for one in entities] for entities in found]


def set_up(recipe: Recipe, run: Path) -> TagSetup:
    """Prepare the data and train the tokenizer (or find both, when a run goes on), make the
    model.
    """
    prepared = _prepared(recipe.data, run / "last" / "data")
    learned = Learned.load(prepared)
    train, valid = (tagged_texts(prepared, split) for split in ("train", "valid"))
    check_valid(valid, recipe.data.valid_share)
    tokenizer = tokenizer_of(recipe, run, lambda: (text.text for text in train))
    labels = sorted(learned.labels)
    unit = _unit(recipe.objective, learned)
    head = head_config(recipe.objective, unit, train, 2 * len(labels) + 1)
    model = headed(recipe, run, tokenizer, head, **_without_pooler(recipe.model))
    task = Tagger(model, tokenizer, Frame.of(tokenizer), labels, unit)
    apart = [text.text for split in ("valid", "test") for text in _split(prepared, split)]
    seen = swapped(train, recipe.data.swaps, recipe.train.seed, apart)
    rows = labelled_rows(task.reader, [t.text for t in seen], [t.spans for t in seen], labels)
    batches = TextBatches(rows.lengths, rows.batch, recipe.train.batch_tokens, recipe.train.seed)
    return TagSetup(task, prepared, learned, batches, valid, reach(task, train[:LOOKED]))


def reach(task: Tagger, texts: Sequence[Tagged]) -> float:
    """The share of the entities that perfect tags would give: those that begin and end where units
    do. Of characters it is 1; a word or a token may hold an entity and more.
    """
    said = total = 0
    read = task.reader.read([text.text for text in texts])
    for text, (units, _) in zip(texts, read, strict=True):
        tags = to_tags(text.spans, units.starts, units.ends, task.labels)
        found = {units.span(span) for span in from_tags(tags.tolist(), task.labels)}
        said += len(found & set(text.spans))
        total += len(text.spans)
    return said / max(total, 1)


def head_config(tags: Tags, unit: Unit, texts: Sequence[Tagged], n_outputs: int) -> HeadConfig:
    """The head that gives a unit its tags; that of characters knows those seen in training."""
    if unit != "characters":
        return HeadConfig(kind="tags", n_outputs=n_outputs, dropout=tags.dropout)
    counts = Counter(character for text in texts for character in text.text)
    kept = sorted(character for character, n in counts.items() if n >= RARE)
    settings: dict[str, Any] = {"mixer": tags.mixer, "width": tags.width}
    return HeadConfig(
        kind="characters",
        n_outputs=n_outputs,
        dropout=tags.dropout,
        settings=settings | {"characters": "".join(kept)},
    )


def _unit(tags: Tags, learned: Learned) -> Unit:
    if tags.unit != "auto":
        return tags.unit
    return "words" if learned.level == "words" else "characters"


def _split(prepared: Prepared, split: str) -> list[Tagged]:
    return tagged_texts(prepared, split) if prepared.counts.get(split) else []


def _without_pooler(config: Any) -> dict[str, bool]:
    """No text is judged as a whole."""
    return {"pooler": False} if hasattr(config, "pooler") else {}


def _prepared(data: TaggedData, folder: Path) -> Prepared:
    if (folder / "report.json").is_file():
        return Prepared.load(folder)
    return prepare_tagged(data, folder)


def _said(text: str, spans: Sequence[Span]) -> str:
    return ", ".join(f"{text[span.start : span.end]}/{span.label}" for span in spans)
