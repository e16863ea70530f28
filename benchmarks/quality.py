"""How good is a trained run on its test split, or each of several?

    python benchmarks/quality.py RUN [RUN ...] --name NAME [--split SPLIT] [--to LANGUAGE]
        [--began COMMIT]

Records every score with its interval and signature, the scores by tag, and what the run's own card
says: steps, time, machine, command. No sentence of the data is kept.
"""

import argparse
import re
from pathlib import Path
from typing import Any

from record import record

import jium
from jium.config import read_toml
from jium.evaluation.score import score_to_values


def card(run: Path) -> dict[str, str]:
    """The table of a model card, and the command under it."""
    text = (run / "README.md").read_text("utf-8")
    table = text.split("\n## ")[0]  # later ones may hold sentences of the data
    facts = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE))
    command = re.search(r"```\n(.+?)\n```", text, re.DOTALL)
    return {**facts, "command": command.group(1) if command else "unknown"}


def count(predictions: Any) -> int:
    """How many there are, where they stand under languages, too."""
    some = predictions.values() if isinstance(predictions, dict) else [predictions]
    return sum(map(len, some))


def quality(
    run: Path, split: str, to: str | None, began: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scores of a run, and what they are of."""
    found = jium.evaluate(run, split, **({"to": to} if to else {}))
    figures: dict[str, Any] = {score.name: score_to_values(score) for score in found["scores"]}
    about = {
        "split": split,
        "sentences": count(found["predictions"]),
        "by_tag": found["by_tag"],
        "training": card(run) | ({"began at": began} if began else {}),
        "recipe": read_toml(run / "recipe.toml"),
    }
    shown = "  ".join(f"{score.name} {score.value:.2f}" for score in found["scores"])
    print(f"{run.name}  {shown}", flush=True)
    return figures, about


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--name", required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--to", default=None)
    parser.add_argument("--began", default=None, help="commit at which the training began")
    options = parser.parse_args()
    found = {
        run.name: quality(run, options.split, options.to, options.began) for run in options.runs
    }
    if len(found) == 1:
        figures, about = next(iter(found.values()))
    else:
        figures = {name: figures for name, (figures, _) in found.items()}
        about = {name: about for name, (_, about) in found.items()}
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
