"""What a person asks for, by the name that config.json and a recipe give it."""

from importlib import import_module
from pathlib import Path
from typing import Any

from jium.checkpoint.foreign import is_foreign
from jium.checkpoint.run import read_config, understood
from jium.config import find_kind

TASKS = {
    "translate": "jium.tasks.translate:Translator",
    "fill": "jium.tasks.fill:Filler",
    "generate": "jium.tasks.generate:Writer",
    "classify": "jium.tasks.classify:Classifier",
    "ensemble": "jium.tasks.ensemble:Ensemble",
    "tag": "jium.tasks.tag:Tagger",
    "answer": "jium.tasks.answer:Answerer",
    "words": "jium.tasks.words:WordVectors",
    "embed": "jium.tasks.embed:SentenceEmbedder",
    "correct": "jium.tasks.correct:Corrector",
    "topics": "jium.tasks.topics:TopicModel",
}


def load(run: str | Path) -> Any:
    """The task object of a run folder, ready to use. Raises RunError if the folder is none, or is
    damaged.
    """
    if (Path(run) / "modules.json").is_file():  # of sentence-transformers
        return find_kind(TASKS, "embed", "task").read(run)
    if is_foreign(Path(run)):  # of Hugging Face
        return import_module("jium.tasks.foreign").read(Path(run))
    about = read_config(Path(run))["jium"]
    with understood(Path(run) / "config.json"):
        task = find_kind(TASKS, about["task"], "task")
    return task.load(Path(run))
