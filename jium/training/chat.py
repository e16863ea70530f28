"""From a recipe for chats to what a trainer needs: chats, tokenizer, model, batches.

Only what the assistant says is learned. Started from a language model (transfer.start) this is
supervised fine-tuning, from a folder of Hugging Face too; from scratch it is all the model knows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from jium.data.chats import chats, prepare_chats
from jium.data.epochs import START, Position
from jium.data.pairs import Prepared
from jium.data.text_batches import TextBatch, TextBatches, TextRows
from jium.errors import DataError
from jium.evaluation.metric import language_of, metric_in
from jium.messages import say
from jium.objectives.loss import IGNORE
from jium.tasks.chat import Chatter
from jium.tasks.generate import Writer
from jium.text.chat_template import END, MARKS, ChatTemplate, Message, newest
from jium.text.tokenizer import Tokenizer
from jium.training.chat_samples import section
from jium.training.language import MEASURE_TOKENS, decoder, figures_of, measure
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, tokenizer_of

SHOWN = 3  # answers in the log


@dataclass
class ChatSetup:
    """What a trainer works with.

    valid_chats: those that are answered and shown; too_long: chats of train of which not even the
    last exchange fits.
    """

    task: Chatter
    train: TextBatches
    valid: TextBatches
    valid_chats: list[list[Message]]
    prepared: Prepared
    too_long: int

    def opening(self) -> str:
        """How many chats there are."""
        counts = self.prepared.counts
        return say(
            "{n} chats to train on, {valid} to validate with; {dropped} rows dropped ({path})",
            n=f"{counts['train']:,}",
            valid=f"{counts['valid']:,}",
            dropped=f"{sum(self.prepared.dropped.values()):,}",
            path=self.prepared.folder / "dropped.jsonl",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        counts, dropped = self.prepared.counts, self.prepared.dropped
        return {
            "chats": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
            "longer than the model takes": f"{self.too_long:,}",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Loss a token and perplexity of the assistant's words; a score of answers, where asked."""
        nats, tokens = measure(
            trainer, self.task.model, lambda: (batch for _, batch in self.valid.once())
        )
        figures = figures_of(nats, tokens)
        if trainer.settings.metric not in ("loss", "perplexity"):
            answers = self.task.chat([chat[:-1] for chat in self.valid_chats], temperature=0.0)
            wanted = [chat[-1]["content"] for chat in self.valid_chats]
            scores = metric_in(trainer.settings.metric, language_of(wanted))(answers, wanted)
            figures |= {f"valid_{name}": value for name, value in scores.items()}
        return figures

    def samples(self) -> list[tuple[str, str, str]]:
        """Chats of the valid split: what was asked, answered, and wanted."""
        shown = self.valid_chats[:SHOWN]
        answers = self.task.chat([chat[:-1] for chat in shown], temperature=0.0, max_tokens=50)
        return [
            (chat[-2]["content"], answer, chat[-1]["content"])
            for chat, answer in zip(shown, answers, strict=True)
        ]

    def picture(self) -> None:
        """Nothing to see."""
        return None

    def card(self) -> list[str]:
        """Dialogues of the finished model."""
        return section(self.task, self.valid_chats)


def set_up(recipe: Recipe, run: Path) -> ChatSetup:
    """Prepare the chats (or find them prepared, when a run goes on), make tokenizer and model."""
    folder = run / "last" / "data"
    done = (folder / "report.json").is_file()
    prepared = Prepared.load(folder) if done else prepare_chats(recipe.data, folder)
    check_valid(range(prepared.counts["valid"]), recipe.data.valid_share)
    tokenizer = tokenizer_of(recipe, run, lambda: _words(prepared), MARKS)
    template = _template(tokenizer, run)
    model = decoder(recipe, run, tokenizer)
    task = Chatter(_writer(model, tokenizer, recipe), template, recipe.data.system)
    max_len = recipe.model.max_len
    made = {split: encoded(template, chats(prepared, split), max_len) for split in SPLITS}
    for split, (rows, _) in made.items():
        if not len(rows):
            raise DataError(
                "no {split} chat fits model.max_len={max_len} tokens. Raise it.",
                split=split,
                max_len=max_len,
            )
    train = _batches(made["train"][0], recipe.train.batch_tokens, recipe.train.seed)
    valid = _batches(made["valid"][0], max(MEASURE_TOKENS, max_len))
    readable = (chat for chat in chats(prepared, "valid") if task.takes(chat[:-1]))
    shown = list(islice(readable, recipe.train.metric_examples))
    return ChatSetup(task, train, valid, shown, prepared, made["train"][1])


SPLITS = ("train", "valid")


def encoded(
    template: ChatTemplate, found: Iterator[Sequence[Message]], max_len: int
) -> tuple[TextRows, int]:
    """Chats as rows of tokens, each with the next one where that is the assistant's; and how many
    were left out, being too long. Of a long chat the newest turns are kept.
    """
    readings, targets = [], []
    counts: Counter[str] = Counter()
    for chat in found:
        kept = newest(chat, lambda some: len(template.ids(some)) <= max_len + 1)
        if not kept:
            counts["too_long"] += 1
            continue
        ids, learned = template.learned(kept)
        row = np.array(ids, np.int32)
        readings.append((row[:-1], None))
        targets.append(np.where(learned[1:], row[1:], IGNORE))
    return TextRows(readings, targets), counts["too_long"]


def _batches(rows: TextRows, budget: int, seed: int = 0) -> TextBatches:
    def make(items: Any, after: Position = START) -> TextBatch:
        return rows.batch(items, after)

    return TextBatches(rows.lengths, make, budget, seed)


def _template(tokenizer: Tokenizer, run: Path) -> ChatTemplate:
    """That of the model which the run starts from, or jium's own, kept with the tokenizer."""
    if tokenizer.chat_template is None:
        tokenizer.add_special_tokens(MARKS)
    template = ChatTemplate(tokenizer)
    tokenizer.chat_template = template.source
    tokenizer.save(run)
    return template


def _writer(model: Any, tokenizer: Tokenizer, recipe: Recipe) -> Writer:
    end = tokenizer.token_id(END)
    ends = [] if end is None else [end]
    ends += [tokenizer.eos_id] if "eos_token" in tokenizer.roles else []
    before = (tokenizer.start_id,) if "bos_token" in tokenizer.roles else ()
    return Writer(model, tokenizer, before, tuple(ends), recipe.generation)


def _words(prepared: Prepared) -> Iterator[str]:
    for chat in chats(prepared, "train"):
        yield from (message["content"] for message in chat)
