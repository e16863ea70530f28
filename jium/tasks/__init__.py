"""What a person asks for, by the name that config.json and a recipe give it."""

from importlib import import_module
from pathlib import Path
from typing import Any

from jium.checkpoint.foreign import is_foreign
from jium.checkpoint.run import read_config, understood
from jium.config import find_kind
from jium.errors import ConfigError

TASKS = {
    "translate": "jium.tasks.translate:Translator",
    "fill": "jium.tasks.fill:Filler",
    "fill_spans": "jium.tasks.fill_spans:SpanFiller",
    "generate": "jium.tasks.generate:Writer",
    "chat": "jium.tasks.chat:Chatter",
    "classify": "jium.tasks.classify:Classifier",
    "ensemble": "jium.tasks.ensemble:Ensemble",
    "tag": "jium.tasks.tag:Tagger",
    "answer": "jium.tasks.answer:Answerer",
    "words": "jium.tasks.words:WordVectors",
    "embed": "jium.tasks.embed:SentenceEmbedder",
    "match": "jium.tasks.match:Matcher",
    "caption": "jium.tasks.caption:PictureCaptioner",
    "attributes": "jium.tasks.attributes:AttributeClassifier",
    "correct": "jium.tasks.correct:Corrector",
    "topics": "jium.tasks.topics:TopicModel",
    "summarise": "jium.tasks.summarise:Summariser",
    "reconstruct": "jium.tasks.reconstruct:Reconstructor",
    "outside": "jium.tasks.outside:Outside",
    "paint": "jium.tasks.paint:Painter",
}
OUTSIDE = "openai:"  # before the name of a model elsewhere


def load(run: str | Path, **options: Any) -> Any:
    """The task object of a run folder, ready to use; openai:NAME is a model elsewhere.

    options: of a model elsewhere, such as budget=1.0; see `Outside`. Raises RunError if the folder
    is none, or is damaged.
    """
    if str(run).startswith(OUTSIDE):
        return find_kind(TASKS, "outside", "task").load(run, **options)
    if options:
        raise ConfigError("is only for a model elsewhere, openai:NAME.", key=next(iter(options)))
    if (Path(run) / "modules.json").is_file():  # of sentence-transformers
        return find_kind(TASKS, "embed", "task").read(run)
    if is_foreign(Path(run)):  # of Hugging Face
        return import_module("jium.tasks.foreign").read(Path(run))
    about = read_config(Path(run))["jium"]
    with understood(Path(run) / "config.json"):
        task = find_kind(TASKS, about["task"], "task")
    return task.load(Path(run))
