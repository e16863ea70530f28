"""From a recipe for pre-training on spans to what a trainer needs: documents, tokenizer, model."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jium.data.documents import Documents, counts_of
from jium.data.span_batches import SpanBatches
from jium.data.spans import Corruption, sentinel_ids, sentinel_names
from jium.data.texts import Texts
from jium.errors import ConfigError, DataError
from jium.evaluation.translation import mean_loss
from jium.models.encoder_decoder import EncoderDecoder
from jium.objectives.span_corruption import SpanCorruption
from jium.tasks.fill_spans import SpanFiller
from jium.text.normalise import cleaning_of
from jium.text.settings import MASK
from jium.training.devices import autocast
from jium.training.language import decoder, store
from jium.training.recipe import Recipe
from jium.training.setup import OnDocuments
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, tokenizer_of

SHOWN = 3  # texts in the log
LONGEST = 40  # tokens of such a text
MEASURE_TOKENS = 8192


@dataclass
class SpanSetup(OnDocuments):
    """What a trainer works with."""

    task: SpanFiller
    train: SpanBatches
    valid: SpanBatches
    stored: dict[str, Documents]

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Loss and perplexity a token of the targets of the valid split, sentinels included."""
        with autocast(trainer.device, trainer.precision):
            batches = (batch.to(trainer.device) for batch in self.valid.once())
            loss = mean_loss(self.task.model, batches)
        return {"valid_loss": loss, "valid_perplexity": math.exp(min(loss, 700.0))}

    def samples(self) -> list[tuple[str, str, str]]:
        """Beginnings of texts of the valid split with a span taken out, what is written for it,
        and what stood there.
        """
        decode, tokens = self.task.tokenizer.decode, self.valid.documents.tokens
        rows = np.arange(min(SHOWN, len(self.valid.documents)))
        shown = []
        for start, end in self.valid.windows(rows, np.random.default_rng(0))[:SHOWN].tolist():
            text = tokens[start : min(end, start + LONGEST)].astype(np.int64)
            size = min(3, len(text) - 1)
            place = (len(text) - size) // 2
            before, span, after = np.split(text, [place, place + size])
            masked = f"{decode(before)}[MASK]{decode(after)}"
            shown.append((masked, self.task.spans(masked, max_tokens=12)[0], decode(span)))
        return shown


def set_up(recipe: Recipe, run: Path) -> SpanSetup:
    """Train the tokenizer, with sentinels, and encode the documents (or find both, when a run goes
    on), make the model.
    """
    if not isinstance(recipe.objective, SpanCorruption):
        raise ConfigError(
            'the model "{model}" learns by objective.kind={wanted}; got {given}.',
            key="objective.kind",
            model=recipe.values["model"]["kind"],
            wanted="span_corruption",
            given=recipe.values["objective"]["kind"],
        )
    if recipe.transfer.vectors is not None:
        raise ConfigError(
            "is for encoders and language models; a translator starts from a whole run: "
            "transfer.start=RUN.",
            key="transfer.vectors",
        )
    special = [MASK, *sentinel_names(recipe.objective.sentinels)]
    tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"), special)
    folder = run / "last" / "data"
    stored = {split: store(recipe, tokenizer, split, folder) for split in ("train", "valid")}
    check_valid(range(counts_of(stored["valid"])["documents"]), recipe.data.valid_share)
    for documents in stored.values():
        _check(counts_of(documents))
    model = decoder(recipe, run, tokenizer)
    assert isinstance(model, EncoderDecoder)
    task = SpanFiller.of(model, tokenizer, cleaning_of(recipe.data))
    corruption = Corruption(recipe.objective, sentinel_ids(tokenizer))

    def batches(split: str, budget: int) -> SpanBatches:
        return SpanBatches(
            stored[split].open(),
            corruption,
            task.format,
            recipe.model.max_len,
            budget,
            recipe.train.seed,
        )

    measured = max(MEASURE_TOKENS, 2 * recipe.model.max_len)
    train = batches("train", recipe.train.batch_tokens)
    return SpanSetup(task, train, batches("valid", measured), stored)


def _check(counts: dict[str, int]) -> None:
    """Raise DataError where no text is long enough to lose a part."""
    if counts["tokens"] <= counts["documents"]:
        raise DataError(
            "each of the {n} documents is a single token: nothing can be taken out.",
            n=counts["documents"],
        )
