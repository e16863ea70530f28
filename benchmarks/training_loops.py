"""Three ways to take training steps on the same model and batches, each timed step by step."""

import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from padded import PaddedBatch
from peers import TorchTransformer
from torch import nn

from jium.data.batches import PairBatches
from jium.models.seq2seq import Seq2Seq
from jium.objectives.loss import IGNORE
from jium.objectives.translation import Translation
from jium.training.devices import autocast
from jium.training.optimisers import AdamW
from jium.training.schedules import Constant
from jium.training.trainer import CPU, TrainConfig, Trainer

WARM = 3  # steps that are not counted
LR = 3e-4
SMOOTHING = 0.1


class Step(NamedTuple):
    """A step that was taken: real tokens, mean loss, and the clock at its end."""

    tokens: int
    loss: float
    end: float


def jium_steps(model: Seq2Seq, batches: PairBatches, steps: int, precision: str) -> list[Step]:
    """Train with jium's own Trainer."""
    optimiser = AdamW(lr=LR).make(model, LR)
    settings = TrainConfig(steps=steps)
    trainer = Trainer(
        *(model, Translation(label_smoothing=SMOOTHING), batches, {"main": optimiser}, Constant()),
        settings=settings,
        precision=precision,
    )
    return [Step(r.tokens, r.loss, time.perf_counter()) for r in trainer.steps()]


def torch_steps(
    model: TorchTransformer, batches: Iterator[PaddedBatch], steps: int, precision: str
) -> list[Step]:
    """Train as one does without a library."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=LR, betas=(0.9, 0.98), fused=True)
    model.train()
    done = []
    for batch in islice(batches, steps):
        with autocast(CPU, precision):
            logits = forward(model, batch)
        loss = cross_entropy(logits, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        done.append(Step(batch.n_tokens, loss.item(), time.perf_counter()))
    return done


def forward(model: nn.Module, batch: PaddedBatch) -> torch.Tensor:
    """Logits of either peer, (batch, time, vocab)."""
    if isinstance(model, TorchTransformer):
        return model(batch.source, ~batch.source_mask, batch.target_in)
    inputs = dict(input_ids=batch.source, attention_mask=batch.source_mask.long())
    return model(**inputs, decoder_input_ids=batch.target_in).logits


def cross_entropy(logits: torch.Tensor, batch: PaddedBatch) -> torch.Tensor:
    flat, labels = logits.flatten(0, 1).float(), batch.labels.flatten()
    return F.cross_entropy(flat, labels, ignore_index=IGNORE, label_smoothing=SMOOTHING)


def transformers_steps(
    model: nn.Module, batches: Iterator[PaddedBatch], steps: int, precision: str
) -> list[Step]:
    """Train with the Trainer of transformers, which is handed whole batches."""
    from torch.utils.data import DataLoader, IterableDataset
    from transformers import PrinterCallback, Trainer, TrainingArguments

    class Stream(IterableDataset):
        def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
            for batch in batches:
                yield dict(
                    input_ids=batch.source,
                    attention_mask=batch.source_mask.long(),
                    decoder_input_ids=batch.target_in,
                    labels=batch.labels,
                )

    done = []

    class Timed(Trainer):
        def get_train_dataloader(self) -> DataLoader:
            return DataLoader(Stream(), batch_size=None)

        def training_step(self, model: nn.Module, inputs: Any, *rest: Any) -> torch.Tensor:
            if done:  # the step before ends where this begins: with optimiser and next batch
                done[-1] = done[-1]._replace(end=time.perf_counter())
            tokens = int(inputs["attention_mask"].sum() + (inputs["labels"] != IGNORE).sum())
            loss = super().training_step(model, inputs, *rest)
            done.append(Step(tokens, float(loss), time.perf_counter()))
            return loss

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=steps + 1,  # the last only ends the one before
            learning_rate=LR,
            lr_scheduler_type="constant",
            adam_beta2=0.98,
            weight_decay=0.01,
            optim="adamw_torch_fused",
            max_grad_norm=1.0,
            label_smoothing_factor=SMOOTHING,
            bf16=precision == "bfloat16",
            use_cpu=True,
            dataloader_pin_memory=False,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = Timed(model, arguments)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return done[:steps]


def speed(steps: list[Step]) -> float:
    """Real tokens a second, the first WARM steps left out."""
    counted = steps[WARM:]
    return sum(step.tokens for step in counted) / (counted[-1].end - steps[WARM - 1].end)
