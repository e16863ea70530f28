"""From a recipe for pre-training to what a trainer needs: documents, tokenizer, model, batches."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from jium.checkpoint.start import load_start
from jium.checkpoint.state import NAME as STATE
from jium.data.documents import Documents, counts_of, prepare_documents
from jium.data.frames import Frame
from jium.data.masked_batches import MaskedBatches
from jium.data.masking import Masking, Unmasked
from jium.data.texts import Texts
from jium.errors import ConfigError, DataError
from jium.models.bert import Bert
from jium.models.electra import Electra, ElectraConfig
from jium.models.elmo import Elmo, ElmoConfig
from jium.models.heads import HeadConfig, Headed
from jium.objectives.bidirectional import Bidirectional
from jium.objectives.masked import Masked
from jium.tasks.fill import Filler
from jium.text.normalise import cleaning_of
from jium.text.tokenizer import Tokenizer
from jium.training.devices import autocast
from jium.training.recipe import Recipe
from jium.training.setup import OnDocuments
from jium.training.trainer import Trainer
from jium.training.understanding import begin_with_vectors, check_valid, tokenizer_of

SHOWN = 3  # masked sentences in the log
MEASURE_TOKENS = 8192


@dataclass
class PretrainSetup(OnDocuments):
    """What a trainer works with."""

    task: Filler
    train: MaskedBatches
    valid: MaskedBatches
    stored: dict[str, Documents]

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """The objective's mean loss on the valid split, and each part of it."""
        totals: dict[str, float] = {}
        count = 0
        devices = [trainer.device] if trainer.device.type == "cuda" else []
        measuring = torch.random.fork_rng(devices)  # must not change what training draws
        with measuring, torch.inference_mode(), autocast(trainer.device, trainer.precision):
            torch.manual_seed(0)
            for batch in self.valid.once():
                for loss in trainer.objective(self.task.model, batch.to(trainer.device)):
                    count += loss.count
                    parts = {"loss": float(loss.total), **loss.metrics}
                    for name, value in parts.items():
                        totals[name] = totals.get(name, 0.0) + value
        figures = {f"valid_{name}": value / count for name, value in totals.items()}
        if "valid_masked" in figures:
            figures["valid_perplexity"] = math.exp(min(figures["valid_masked"], 700.0))
        return figures

    def samples(self) -> list[tuple[str, str, str]]:
        """Sentences of the valid split with one token masked, and what was guessed."""
        documents = self.valid.documents
        shown = []
        for row in range(min(SHOWN, len(documents))):
            ids = documents.sentences(row)[0][: min(40, self.task.max_len - 4)].tolist()
            place = len(ids) // 2
            masked = [*ids[:place], self.task.tokenizer.mask_id, *ids[place + 1 :]]
            guess = self._guess(masked)
            text = self.task.tokenizer.decode(ids[:place])
            after = self.task.tokenizer.decode(ids[place + 1 :])
            shown.append((f"{text}[MASK]{after}", guess, self.task.tokenizer.pieces[ids[place]]))
        return shown

    @torch.inference_mode()
    def _guess(self, ids: list[int]) -> str:
        framed = torch.from_numpy(self.task.frame(ids, self.task.max_len)).to(self.task._device)
        place = int((framed == self.task.tokenizer.mask_id).nonzero()[0])
        logits = self.task._logits(framed)[place]
        return ", ".join(self.task.tokenizer.pieces[i] for i in logits.topk(3).indices.tolist())


def set_up(recipe: Recipe, run: Path) -> PretrainSetup:
    """Train the tokenizer and encode the documents (or find both, when a run goes on), make the
    model.
    """
    _check_objective(recipe)
    tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"))
    folder = run / "last" / "data"
    stored = {split: _stored(recipe, tokenizer, split, folder) for split in ("train", "valid")}
    check_valid(range(counts_of(stored["valid"])["documents"]), recipe.data.valid_share)
    torch.manual_seed(recipe.train.seed)
    pairs = recipe.objective.pairs if isinstance(recipe.objective, Masked) else None
    if pairs is not None:
        _check_pairs(counts_of(stored["train"]))
    model = _model(recipe, recipe.model.vocab_size or tokenizer.vocab_size, bool(pairs))
    start = recipe.transfer.start
    if start is not None and isinstance(model, Headed) and not (run / STATE).is_file():
        load_start(Path(start), model.encoder, model.head)
    begin_with_vectors(model, tokenizer, recipe.transfer)
    task = Filler(model, tokenizer, Frame.of(tokenizer), cleaning_of(recipe.data))
    both_ways = isinstance(recipe.objective, Bidirectional)
    masking = Unmasked() if both_ways else Masking.of(recipe.objective, tokenizer)

    def batches(split: str, budget: int) -> MaskedBatches:
        return MaskedBatches(
            stored[split].open(),
            task.frame,
            masking,
            recipe.model.max_len,
            budget,
            recipe.train.seed,
            pairs,
        )

    train = batches("train", recipe.train.batch_tokens)
    measured = max(MEASURE_TOKENS, recipe.model.max_len)
    return PretrainSetup(task, train, batches("valid", measured), stored)


def _check_objective(recipe: Recipe) -> None:
    """Raise ConfigError where model and objective do not go together."""
    wanted = {"electra": "replaced", "elmo": "bidirectional"}.get(
        recipe.values["model"]["kind"], "masked"
    )
    given = recipe.values["objective"]["kind"]
    if given != wanted:
        raise ConfigError(
            'the model "{model}" learns by objective.kind={wanted}; got {given}.',
            key="objective.kind",
            model=recipe.values["model"]["kind"],
            wanted=wanted,
            given=given,
        )


def _check_pairs(counts: dict[str, int]) -> None:
    """Raise DataError where no document has two sentences to pair."""
    if counts["sentences"] <= counts["documents"]:
        raise DataError(
            "objective.pairs needs documents of several sentences; each of the {n} has one. A row "
            "or a line is a document: give data.sentences=split to cut it, or leave pairs out.",
            n=counts["documents"],
        )


def _model(recipe: Recipe, vocab_size: int, pairs: bool) -> nn.Module:
    config = replace(recipe.model, vocab_size=vocab_size)
    if isinstance(config, ElectraConfig):
        return Electra(config)
    if isinstance(config, ElmoConfig):
        return Headed(Elmo(config), HeadConfig(kind="bidirectional", n_outputs=vocab_size))
    config = replace(config, pooler=config.pooler or pairs)
    head = HeadConfig(kind="masked", n_outputs=vocab_size, settings={"pairs": pairs})
    return Headed(Bert(config), head)


def _stored(recipe: Recipe, tokenizer: Tokenizer, split: str, folder: Path) -> Documents:
    if (folder / split / "documents.json").is_file():
        return Documents(folder / split)
    return prepare_documents(
        recipe.data, split, folder / split, tokenizer.encode_batch, tokenizer.vocab_size
    )
