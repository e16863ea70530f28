"""`jium quickstart`: from nothing to a measured translator, with a picture of what it looked at."""

from pathlib import Path
from typing import Any

from rich.console import Console

from jium.checkpoint.run import WEIGHTS
from jium.data import starter
from jium.data.pairs import Pair
from jium.errors import MissingExtra
from jium.evaluation.runner import evaluate, score_table
from jium.messages import say
from jium.tasks import load
from jium.training.run import train

NEW = [
    "선생님은 내일 부산에 기차로 가실 거예요.",
    "민지는 언니보다 키가 커요.",
    "저는 도서관에서 책을 읽고 있어요.",
]
PICTURE = "attention.png"


def quickstart(out: Path) -> None:
    """Train the starter translator into `out`, measure it, translate new sentences, draw its
    attention.

    A run that stands there is gone on with, or used if it is finished.
    """
    console = Console(highlight=False)
    begun = (out / "recipe.toml").is_file()
    console.rule(say("1. Training a Korean to English translator on the starter corpus"))
    finished = (out / "README.md").is_file() and (out / WEIGHTS).is_file()
    task = load(out) if finished else train("quickstart", out=out, resume=begun)
    console.rule(say("2. Measuring it on sentences it has not seen"))
    console.print(score_table(evaluate(out, "test", out=out) | {"by_tag": {}}))
    unseen = [Pair(p.source, p.target) for p in starter.read("unseen")]
    beyond = {s.name: s.value for s in evaluate(task, unseen)["scores"]}
    console.print(
        say(
            "Those are new combinations of known patterns. On {n} sentences of no known pattern "
            "BLEU is {bleu:.1f}: "
            "a model this small knows little beyond what it was shown.",
            n=len(unseen),
            bleu=beyond["bleu"],
        )
    )
    console.rule(say("3. Translating three new sentences"))
    for source, answer in zip(NEW, task.translate(NEW), strict=True):
        console.print(f"  {source}\n  → {answer}", markup=False, style="bold")
    console.rule(say("4. What it looked at"))
    _draw(task, out, console)
    console.rule(say("Next"))
    for line in _next_commands(out):
        console.print(f"  {line}", soft_wrap=True)


def _draw(task: Any, out: Path, console: Console) -> None:
    from jium.explanation import explain

    found = explain(task, NEW[0])
    found.save(out / "attention.html")
    try:
        found.save(out / PICTURE)
        console.print(f"  {out / PICTURE}\n  {out / 'attention.html'}")
    except MissingExtra as error:
        console.print(f"  {out / 'attention.html'}\n  {error}")


def _next_commands(out: Path) -> list[str]:
    return [
        f'jium translate {out} "여동생은 라면을 먹고 싶어 해요."',
        "jium train translate data.train=my-pairs.tsv data.source=korean data.target=english",
        f"jium selfcheck --run {out}",
    ]
