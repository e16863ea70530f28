"""From a recipe for a recurrent language model to what a trainer needs: text in streams, model."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jium.data.documents import Documents, counts_of
from jium.data.streams import StreamBatches
from jium.data.texts import Texts
from jium.evaluation.perplexity import surprise
from jium.models.rnn_lm import RnnLm
from jium.tasks.generate import Writer
from jium.text.chat_template import MARKS
from jium.training.devices import autocast
from jium.training.language import LanguageSetup, decoder, figures_of, store, text_bytes
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, tokenizer_of


@dataclass
class StreamSetup(LanguageSetup):
    """What a trainer works with: as of other language models, but that documents are read whole."""

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Loss a token, perplexity and bits a byte of whole documents."""
        with autocast(trainer.device, trainer.precision):
            return whole_figures(self.task, self.stored["valid"], self.valid_bytes)


def set_up(recipe: Recipe, run: Path) -> StreamSetup:
    """Train the tokenizer and encode the documents (or find both, when a run goes on), make the
    model.
    """
    tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"), MARKS)
    folder = run / "last" / "data"
    stored = {split: store(recipe, tokenizer, split, folder) for split in ("train", "valid")}
    check_valid(range(counts_of(stored["valid"])["documents"]), recipe.data.valid_share)
    own = replace(recipe.model, start_id=tokenizer.start_id)
    model = decoder(replace(recipe, model=own), run, tokenizer)
    assert isinstance(model, RnnLm)
    batches = StreamBatches(
        stored["train"].open(),
        tokenizer.start_id,
        tokenizer.eos_id,
        own.window,
        recipe.train.batch_tokens,
        recipe.train.seed,
        own.across_documents,
        own.restarts,
    )
    model.open_streams(batches.n_streams)
    ends = (tokenizer.start_id,), (tokenizer.eos_id,)
    task = Writer(model, tokenizer, *ends, recipe.generation)
    return StreamSetup(task, batches, None, stored, text_bytes(stored["valid"], tokenizer))


def whole_figures(task: Writer, documents: Documents, n_bytes: int) -> dict[str, float]:
    """Loss a token, perplexity and bits a byte of documents that are each read from beginning to
    end.
    """
    found = documents.open()
    spans = zip(*(side.tolist() for side in found.spans(np.arange(len(found)))), strict=True)
    rows = [found.tokens[a:b].tolist() for a, b in spans]
    each = surprise(task.model, rows, task.before, task.ends[0])
    nats, tokens = (sum(part) for part in zip(*each, strict=True))
    return figures_of(nats, tokens) | {"valid_bits_per_byte": nats / math.log(2) / max(n_bytes, 1)}
