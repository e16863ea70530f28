"""How near do headlines come to those that people wrote?

    python benchmarks/headlines.py FOLDER [RUN ...] [--split test] [--limit N]
        [--write KEY=VALUE ...]

FOLDER holds files of documents with headlines, each named as its split. Measured are the first
sentence, one sentence chosen by TextRank and by LSA, and what runs write: ROUGE with bootstrap
intervals, and the difference of its ROUGE-L from that of the first sentence, resampled together.
--write sets how runs write, where that was tuned on another split. No sentence of the data is kept.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from record import record

import jium
from jium.config import read_toml
from jium.evaluation.bootstrap import paired
from jium.evaluation.score import measure, score_to_values
from jium.evaluation.summaries import metric_for, read_measured
from jium.tasks.extract import Extractor

COSINE = {"similarity": "cosine"}
MAIN = {"least": 1.0, "normalise": True}
CHOSEN: dict[str, dict[str, Any]] = {
    "lead": {"kind": "lead"},
    "textrank": {"kind": "textrank"},
    "textrank, cosine": {"kind": "textrank", **COSINE},
    "textrank, cosine, early 0.1": {"kind": "textrank", **COSINE, "early": 0.1},
    "lsa": {"kind": "lsa"},
    "lsa, main topic": {"kind": "lsa", **MAIN},
    "lsa, main topic, early 0.1": {"kind": "lsa", **MAIN, "early": 0.1},
}


def made(settings: dict[str, Any]) -> Extractor:
    """A chooser of one sentence."""
    values = {key: value for key, value in settings.items() if key != "kind"}
    return Extractor.of(settings["kind"], n_sentences=1, **values)


def file_of(folder: Path, split: str) -> Path:
    """The one file of a split."""
    found = sorted(folder.glob(f"{split}.*"))
    if len(found) != 1:
        raise SystemExit(f"{folder}: {len(found)} files named {split}.*; one is needed")
    return found[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, default=None, help="documents: the first")
    parser.add_argument("--name", default="headlines")
    parser.add_argument("--write", nargs="*", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    write = {key: json.loads(value) for key, value in (one.split("=") for one in options.write)}
    pairs = read_measured(None, str(file_of(options.folder, options.split)))[0][: options.limit]
    documents, references = [p.source for p in pairs], [p.target for p in pairs]
    metric = metric_for(pairs)
    tasks = {name: made(settings) for name, settings in CHOSEN.items()}
    tasks |= {run.name: jium.load(run) for run in options.runs}
    figures: dict[str, Any] = {}
    lead: list[str] = []
    for name, task in tasks.items():
        began = time.perf_counter()
        found = task.summarise(documents, **(write if name not in CHOSEN else {}))
        seconds = time.perf_counter() - began
        lead = lead or found
        scores = measure(metric, found, references)
        nearer = paired(metric, lead, found, references)["rougeL"]
        figures[name] = {score.name: score_to_values(score) for score in scores} | {
            "rougeL above lead": asdict(nearer),
            "characters": sum(map(len, found)) / len(found),
            "seconds a document": seconds / len(found),
        }
        shown = "  ".join(f"{score.name} {score.value:5.2f}" for score in scores)
        print(f"{name:28} {shown}  {nearer.value:+.2f} (p {nearer.p:.3f})", flush=True)
    about = {
        "data": options.folder.name,
        "split": options.split,
        "documents": len(pairs),
        "chosen": CHOSEN,
        "write": write,
        "runs": {run.name: read_toml(run / "recipe.toml") for run in options.runs},
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
