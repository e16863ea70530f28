"""How fast is a classifier tuned, and how fast does it answer, beside transformers?

    python benchmarks/classifier_speed.py [--data FILE --text COLUMN --label COLUMN] [--limit 20000]
        [--dim 192] [--layers 4] [--steps 40] [--rounds 5] [--threads 2]

One BERT with fresh weights, float32, exported from jium and loaded by transformers: the same model.
Tuning: jium's Trainer, on packed batches of as many tokens as 32 texts have on average; the Trainer
of transformers on batches of 32 texts, padded to the longest, drawn at random as it does by itself,
and grouped by length as it does where one asks. AdamW, clipping and dropout as it is by default in
both. Counted are texts a second of the steps after the first few.
Answering: `classify` of jium; the text-classification pipeline, one text at a time as it does by
itself, and 32 at a time; all from text to label.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from record import record
from rounds import interleave, ratio, show, spread

import jium
from jium.data import starter
from jium.data.frames import Frame
from jium.data.sources import read_rows
from jium.data.text_batches import TextBatches, TextRows
from jium.models.bert import Bert, BertConfig
from jium.models.heads import HeadConfig, Headed
from jium.objectives.labels import Labels
from jium.tasks.classify import Classifier
from jium.tasks.token_reader import TokenReader
from jium.text.settings import MASK
from jium.text.tokenizer import Tokenizer, TokenizerConfig
from jium.training.optimisers import AdamW
from jium.training.schedules import Constant
from jium.training.trainer import TrainConfig, Trainer

WARM = 5  # steps that are not counted
LR = 5e-5
BATCH = 32  # texts
MAX_LEN = 256


class Bench:
    """Texts, and one model in the words of both libraries."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.texts, labels = read(options)
        self.labels = sorted(set(labels))
        self.numbers = np.array([self.labels.index(label) for label in labels])
        settings = TokenizerConfig(
            kind="wordpiece", vocab_size=options.vocab_size, special_tokens=[MASK]
        )
        tokenizer = Tokenizer.train(settings, self.texts)
        torch.manual_seed(0)
        sizes = dict(dim=options.dim, n_heads=options.dim // 64, ffn_dim=4 * options.dim)
        config = BertConfig(
            vocab_size=tokenizer.vocab_size, n_layers=options.layers, max_len=MAX_LEN, **sizes
        )
        model = Headed(Bert(config), HeadConfig(kind="label", n_outputs=len(self.labels)))
        reader = TokenReader(tokenizer, Frame.of(tokenizer), MAX_LEN)
        self.task = Classifier(model.eval(), reader, self.labels)
        self.folder = folder / "model"
        self.task.export(self.folder)
        self.rows = TextRows(reader.encode(self.texts), self.numbers)

    def tuned(self) -> Classifier:
        """The task with its first weights."""
        return jium.load(self.folder)

    def theirs(self) -> Any:
        """The model, as transformers loads it, and its tokenizer."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        model = AutoModelForSequenceClassification.from_pretrained(self.folder)
        return model, AutoTokenizer.from_pretrained(self.folder)

    def agreement(self) -> float:
        """The largest difference of scores; stops if the models are not the same."""
        model, tokenizer = self.theirs()
        texts = self.texts[:64]
        inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            scores = model.eval()(**inputs).logits.numpy()
        gap = float(np.abs(scores - self.task.scores(texts)).max())
        if not gap < 1e-4:
            raise SystemExit(f"the models are not the same: their scores differ by {gap}")
        return gap

    # ------------------------------------------------------------ tuning, in texts a second

    def jium_tuning(self, number: int) -> float:
        mean = float(self.rows.lengths.mean())
        batches = TextBatches(self.rows.lengths, self.rows.batch, int(BATCH * mean), number)
        sizes: list[int] = []

        def counted() -> Iterator[Any]:
            for batch in batches:
                sizes.append(len(batch.layout.lengths))
                yield batch

        model = self.tuned().model
        trainer = Trainer(
            *(model, Labels(), counted(), {"main": AdamW(lr=LR).make(model, LR)}, Constant()),
            settings=TrainConfig(steps=WARM + self.options.steps),
        )
        ends = [time.perf_counter() for _ in trainer.steps()]
        done = sum(sizes[WARM : len(ends)])  # more may have been made ahead
        return done / (ends[-1] - ends[WARM - 1])

    def transformers_tuning(self, grouped: bool) -> Callable[[int], float]:
        def measure(number: int) -> float:
            from transformers import (
                DataCollatorWithPadding,
                PrinterCallback,
                Trainer,
                TrainerCallback,
                TrainingArguments,
            )

            ends: list[float] = []

            class Clock(TrainerCallback):
                def on_step_end(self, *given: Any, **named: Any) -> None:
                    ends.append(time.perf_counter())

            model, tokenizer = self.theirs()
            firsts = self.rows.ends - self.rows.lengths
            spans = zip(firsts, self.rows.ends, self.numbers, strict=True)
            rows = [
                {"input_ids": self.rows.ids[a:b].tolist(), "labels": int(n)} for a, b, n in spans
            ]
            order = dict(train_sampling_strategy="group_by_length") if grouped else {}
            with tempfile.TemporaryDirectory() as folder:
                arguments = TrainingArguments(
                    output_dir=folder,
                    per_device_train_batch_size=BATCH,
                    max_steps=WARM + self.options.steps,
                    learning_rate=LR,
                    lr_scheduler_type="constant",
                    seed=number,
                    use_cpu=True,
                    dataloader_pin_memory=False,
                    logging_strategy="no",
                    save_strategy="no",
                    report_to="none",
                    disable_tqdm=True,
                    **order,
                )
                collator = DataCollatorWithPadding(tokenizer)
                trainer = Trainer(model, arguments, collator, rows, callbacks=[Clock()])
                trainer.remove_callback(PrinterCallback)
                trainer.train()
            return BATCH * self.options.steps / (ends[-1] - ends[WARM - 1])

        return measure

    # ------------------------------------------------------------ answering, in texts a second

    def jium_answering(self, number: int) -> float:
        task, texts = self.tuned(), self.texts[: self.options.answers]
        task.classify(texts[:100])
        began = time.perf_counter()
        task.classify(texts)
        return len(texts) / (time.perf_counter() - began)

    def transformers_answering(self, batch: int) -> Callable[[int], float]:
        def measure(number: int) -> float:
            from transformers import pipeline

            model, tokenizer = self.theirs()
            ask = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
            texts = self.texts[: self.options.answers if batch > 1 else self.options.answers // 5]
            ask(texts[:100], batch_size=batch)
            began = time.perf_counter()
            ask(texts, batch_size=batch, truncation=True)
            return len(texts) / (time.perf_counter() - began)

        return measure


def read(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Texts and their labels; of the starter corpus, the two languages."""
    if options.data is None:
        pairs = list(islice(starter.read("train"), options.limit // 2))
        rows = [row for p in pairs for row in ((p.source, "first"), (p.target, "second"))]
    else:
        columns = [options.text, options.label]
        found = (row.values for row in read_rows(options.data, columns=columns))
        cells = ((str(row[options.text] or ""), str(row[options.label])) for row in found)
        rows = list(islice((row for row in cells if row[0].strip()), options.limit))
    return [text for text, _ in rows], [label for _, label in rows]


def measure(bench: Bench, options: argparse.Namespace) -> None:
    """All cases in turns; what came of it is printed and recorded."""
    gap = bench.agreement()
    tuning = {
        "jium": bench.jium_tuning,
        "Trainer": bench.transformers_tuning(grouped=False),
        "Trainer, by length": bench.transformers_tuning(grouped=True),
    }
    answering = {
        "classify": bench.jium_answering,
        "pipeline": bench.transformers_answering(1),
        "pipeline, 32": bench.transformers_answering(BATCH),
    }
    figures: dict[str, Any] = {}
    for name, cases in (("tuning", tuning), ("answering", answering)):
        speeds = interleave(cases, options.rounds)
        ours, *others = cases
        ratios = {f"{ours} / {other}": ratio(speeds, ours, other) for other in others}
        show(ratios)
        texts = {case: spread(values) for case, values in speeds.items()}
        figures[name] = {"texts_per_s": texts, "ratios": ratios}
    about = {
        "question": "texts a second in tuning a classifier, and in answering",
        "data": "starter corpus" if options.data is None else options.data.parent.name,
        "parameters": sum(p.numel() for p in bench.task.model.parameters()),
        "tokens_per_text": round(float(bench.rows.lengths.mean()), 1),
        "longest": int(bench.rows.lengths.max()),
        "precision": "float32",
        "batch": BATCH,
        "score_gap": gap,
        **{key: getattr(options, key) for key in ("dim", "layers", "steps", "rounds", "answers")},
    }
    print(record(options.name, figures, about))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="labelled texts; without it the starter corpus")
    parser.add_argument("--text", default="text", help="column")
    parser.add_argument("--label", default="label", help="column")
    parser.add_argument("--limit", type=int, default=20_000, help="texts")
    parser.add_argument("--answers", type=int, default=5000, help="texts classified in a round")
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--dim", type=int, default=192)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--steps", type=int, default=60, help="counted ones, in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", default="classifier_speed", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    options = parse()
    warnings.filterwarnings("ignore")  # what the peers say to their own users
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        measure(Bench(options, Path(folder)), options)


if __name__ == "__main__":
    main()
