"""Text to SQL: how often does a small model of one's own ask the database what was asked of it?

    python benchmarks/text_to_sql.py OUT [--steps N] [key.path=value ...]

Trains the recipe `translate` on questions in Korean and English about the table of
`jium/data/worker.py`, and scores what it writes by execution. In no test question do wish,
conditions and order stand together as in training. OUT: a folder for the data and the run; where
the run stands there already, it is only measured, and one that was stopped goes on.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from record import record

import jium
from jium.data.split import Split
from jium.data.worker_questions import Question, questions
from jium.evaluation.bootstrap import intervals
from jium.evaluation.execution import Execution

SIZES: dict[Split, int] = {"train": 30_000, "valid": 300, "test": 1000}
SETTINGS = [
    "data.source=question",
    "data.target=query",
    "data.source_language=en",  # and Korean; no setting depends on it
    "data.target_language=en",
    "data.clean=false",
    "tokenizer.vocab_size=1000",
    "model.dim=160",
    "model.ffn_dim=480",
    "model.n_encoder_layers=3",
    "model.n_decoder_layers=3",
    "model.dropout=0.1",
    "generation.beam=1",
    "schedule.warmup=300",
    "train.patience=null",
]


def write(split: Split, folder: Path) -> list[Question]:
    """The questions of a split, written as a table into the folder too."""
    found = list(questions(split, SIZES[split]))
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["question", "query"])
        table.writerows(found)
    return found


def scores(asked: Sequence[Question], written: Sequence[str]) -> dict[str, Any]:
    """Execution accuracy with its interval, and the share written letter by letter as expected."""
    metric = Execution()
    rows = metric.statistics(written, [question.query for question in asked])
    found = intervals(metric, rows)["execution"]
    totals = metric.score(rows.sum(axis=0).tolist())
    exact = sum(text == question.query for text, question in zip(written, asked, strict=True))
    return {
        **{name: round(value, 1) for name, value in totals.items()},
        "interval": [round(found.low, 1), round(found.high, 1)],
        "same_text": round(100 * exact / len(asked), 1),
        "questions": len(asked),
    }


def by_language(asked: Sequence[Question], written: Sequence[str]) -> dict[str, Any]:
    parts: dict[str, list[tuple[Question, str]]] = defaultdict(list)
    for question, text in zip(asked, written, strict=True):
        parts["en" if question.text.isascii() else "ko"].append((question, text))
    figures = {name: scores(*zip(*part, strict=True)) for name, part in sorted(parts.items())}
    return {"all": scores(asked, written), **figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("overrides", nargs="*")
    options = parser.parse_intermixed_args()
    splits = {split: write(split, options.out / "data") for split in SIZES}
    files = [f"data.{split}={options.out / 'data' / split}.tsv" for split in SIZES]
    settings = [*SETTINGS, f"train.steps={options.steps}", *options.overrides]
    run = options.out / "run"
    began = time.perf_counter()
    if (run / "README.md").is_file():
        task = jium.load(run)
    else:
        task = jium.train("translate", *files, *settings, out=run, resume=run.exists())
    minutes = (time.perf_counter() - began) / 60
    figures: dict[str, Any] = {}
    for split in ("valid", "test"):
        asked = splits[split]
        written = task.translate([question.text for question in asked])
        figures[split] = by_language(asked, written)
        print(split, figures[split]["all"], flush=True)
    wrong = [
        {"question": question.text, "expected": question.query, "written": text}
        for question, text in zip(asked, written, strict=True)
        if not Execution().sentence(text, question.query)
    ]
    about = {
        "sizes": SIZES,
        "settings": settings,
        "parameters": sum(weight.numel() for weight in task.model.parameters()),
        "minutes_of_this_call": round(minutes, 1),
        "wrong": wrong[:20],
    }
    print(record("text-to-sql", figures, about))


if __name__ == "__main__":
    main()
