"""How good is a trained run on its test split?

    python benchmarks/quality.py RUN --name NAME [--to LANGUAGE] [--began COMMIT]

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
    facts = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE))
    command = re.search(r"```\n(.+?)\n```", text, re.DOTALL)
    return {**facts, "command": command.group(1) if command else "unknown"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--to", default=None)
    parser.add_argument("--began", default=None, help="commit at which the training began")
    options = parser.parse_args()
    direction = {"to": options.to} if options.to else {}
    found = jium.evaluate(options.run, "test", **direction)
    figures: dict[str, Any] = {score.name: score_to_values(score) for score in found["scores"]}
    about = {
        "sentences": len(found["predictions"]),
        "by_tag": found["by_tag"],
        "training": card(options.run) | ({"began at": options.began} if options.began else {}),
        "recipe": read_toml(options.run / "recipe.toml"),
    }
    path = record(options.name, figures, about)
    shown = "  ".join(f"{score.name} {score.value:.2f}" for score in found["scores"])
    print(f"{shown}  {path}")


if __name__ == "__main__":
    main()
