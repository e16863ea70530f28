"""From a recipe for a language model to what a trainer needs."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.checkpoint.start import load_whole
from jium.checkpoint.state import NAME as STATE
from jium.config import find_kind
from jium.data.documents import Documents, counts_of, prepare_documents
from jium.data.language_batches import LanguageBatches
from jium.data.texts import Texts
from jium.errors import ConfigError
from jium.models import MODELS
from jium.tasks.generate import Writer
from jium.text.chat_template import MARKS
from jium.text.tokenizer import Tokenizer
from jium.training.devices import autocast
from jium.training.recipe import Recipe
from jium.training.setup import OnDocuments
from jium.training.trainer import Trainer
from jium.training.understanding import begin_with_vectors, check_valid, tokenizer_of

SHOWN = 3  # texts written on in the log
HEAD = 8  # tokens that such a text begins with
MEASURE_TOKENS = 8192


@dataclass
class LanguageSetup(OnDocuments):
    """What a trainer works with. valid_bytes: of the text that the valid split was encoded from."""

    task: Any
    train: Any
    valid: Any
    stored: dict[str, Documents]
    valid_bytes: int

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Loss a token, perplexity, bits a byte, of windows that see nothing before them."""
        nats, tokens = measure(trainer, self.task.model, self.valid.once)
        return figures_of(nats, tokens) | {
            "valid_bits_per_byte": nats / math.log(2) / max(self.valid_bytes, 1)
        }

    def samples(self) -> list[tuple[str, str, str]]:
        """Beginnings of documents of the valid split, how the model goes on, how the text does."""
        documents = self.stored["valid"].open()
        max_len = getattr(self.task.model.config, "max_len", 4 * HEAD)
        head = min(HEAD, (max_len - 1) // 2)
        settings, _ = self.task.asked({"max_tokens": 3 * HEAD})
        shown = []
        for row in range(min(SHOWN, len(documents))):
            ids = documents.sentences(row)[0][: 4 * HEAD].tolist()
            given, rest = (self.task.tokenizer.decode(part) for part in (ids[:head], ids[head:]))
            if given.strip():
                read = [*self.task.before, *ids[:head]]
                shown.append((given, self.task.write([read], settings)[0][0].text, rest))
        return shown


def measure(
    trainer: Trainer, model: nn.Module, batches: Callable[[], Iterator[Any]]
) -> tuple[float, int]:
    """Nats and tokens of what `batches` gives, by the objective without smoothing."""
    settings = trainer.objective
    objective: Any = replace(settings, label_smoothing=0.0)  # type: ignore[type-var]
    total, count = 0.0, 0
    with torch.inference_mode(), autocast(trainer.device, trainer.precision):
        for batch in batches():
            for loss in objective(model, batch.to(trainer.device)):
                total += float(loss.total)
                count += loss.count
    return total, count


def figures_of(nats: float, tokens: int) -> dict[str, float]:
    """Mean loss a token, and its exponential."""
    loss = nats / max(tokens, 1)
    return {"valid_loss": loss, "valid_perplexity": math.exp(min(loss, 700.0))}


def set_up(recipe: Recipe, run: Path) -> LanguageSetup:
    """Train the tokenizer and encode the documents (or find both, when a run goes on), make the
    model.
    """
    tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"), MARKS)
    folder = run / "last" / "data"
    stored = {split: store(recipe, tokenizer, split, folder) for split in ("train", "valid")}
    check_valid(range(counts_of(stored["valid"])["documents"]), recipe.data.valid_share)
    model = decoder(recipe, run, tokenizer)
    ends = (tokenizer.start_id,), (tokenizer.eos_id,)
    task = Writer(model, tokenizer, *ends, recipe.generation)

    def batches(split: str, budget: int) -> LanguageBatches:
        return LanguageBatches(
            stored[split].open(),
            task.before,
            tokenizer.eos_id,
            recipe.model.max_len,
            budget,
            recipe.train.seed,
        )

    measured = max(MEASURE_TOKENS, recipe.model.max_len)
    train, valid = batches("train", recipe.train.batch_tokens), batches("valid", measured)
    return LanguageSetup(task, train, valid, stored, text_bytes(stored["valid"], tokenizer))


def decoder(recipe: Recipe, run: Path, tokenizer: Tokenizer) -> nn.Module:
    """A model that writes: its weights are those it starts from, or drawn by train.seed."""
    transfer = recipe.transfer
    if transfer.mode != "full" or transfer.layer_decay != 1:
        raise ConfigError(
            "is for encoders with a head; a model that writes learns whole.", key="transfer.mode"
        )
    rows = max(recipe.model.vocab_size or 0, tokenizer.vocab_size)
    torch.manual_seed(recipe.train.seed)
    kind = recipe.values["model"]["kind"]
    model = find_kind(MODELS, kind, "model")(replace(recipe.model, vocab_size=rows))
    if not (run / STATE).is_file():
        if transfer.start is not None:
            load_whole(Path(transfer.start), model)
        begin_with_vectors(model, tokenizer, transfer)
    return model


def store(recipe: Recipe, tokenizer: Tokenizer, split: str, folder: Path) -> Documents:
    """The encoded documents of a split, found or made."""
    if recipe.data.sentences != "none":
        raise ConfigError(
            "is for encoders; a model that writes reads a document whole. Leave it out.",
            key="data.sentences",
        )
    if (folder / split / "documents.json").is_file():
        return Documents(folder / split)
    return prepare_documents(
        recipe.data, split, folder / split, tokenizer.encode_batch, tokenizer.vocab_size
    )


def text_bytes(documents: Documents, tokenizer: Tokenizer) -> int:
    """Of the text, as UTF-8, that documents were encoded from."""
    if documents.n_bytes is not None:
        return documents.n_bytes
    found = documents.open()
    texts = ([*map(int, part)] for row in range(len(found)) for part in found.sentences(row))
    return sum(len(text.encode()) for text in tokenizer.decode_batch(texts))
