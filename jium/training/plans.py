"""How each task is trained: the function that sets it up and the sections its recipes have."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from jium.config import find_kind, nearest
from jium.errors import ConfigError
from jium.models import CONFIGS
from jium.tasks import TASKS

TASK = "translate"  # where a recipe names none


@dataclass(frozen=True)
class Plan:
    """Recipes of one task with one kind of model.

    set_up: "module:function", which makes a Setup (jium.training.setup) of a recipe and a folder.
    sections: each section of such a recipe, and the kind taken where none is named (None: the
    section is of one kind).
    """

    set_up: str
    sections: Mapping[str, str | None]

    def __call__(self, recipe: Any, run: Any) -> Any:
        module, name = self.set_up.split(":")
        return getattr(import_module(module), name)(recipe, run)


WORDS: dict[str, str | None] = {"data": "corpus", "optim": "adagrad", "train": None}

# Task to kind of model to plan; the first kind is taken where none is named.
PLANS: dict[str, dict[str, Plan]] = {
    "translate": {
        "seq2seq": Plan(
            "jium.training.translation:set_up",
            {
                "data": "pairs",
                "tokenizer": None,
                "model": "seq2seq",
                "objective": "translation",
                "optim": "adam",
                "schedule": "noam",
                "train": None,
                "generation": None,
            },
        )
    },
    "classify": {
        "tfidf": Plan("jium.training.tfidf:set_up", {"data": "labels", "model": "tfidf"}),
    },
    "words": {
        "word2vec": Plan(
            "jium.training.words:set_up_word2vec",
            {**WORDS, "model": "word2vec", "objective": "skip_gram", "schedule": "linear"},
        ),
        "glove": Plan(
            "jium.training.words:set_up_glove",
            {**WORDS, "model": "glove", "objective": "glove", "schedule": "constant"},
        ),
    },
    "embed": {
        "sentence": Plan(
            "jium.training.embed:set_up",
            {
                "data": "similar",
                "tokenizer": None,
                "model": "sentence",
                "objective": "contrastive",
                "optim": "adamw",
                "schedule": "cosine",
                "train": None,
            },
        ),
    },
    "correct": {
        "noisy_channel": Plan(
            "jium.training.correction:set_up", {"data": "texts", "model": "noisy_channel"}
        ),
    },
    "topics": {
        kind: Plan("jium.training.topics:set_up", {"data": "texts", "model": kind})
        for kind in ("lda", "nmf")
    },
}


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The plan of a recipe. Raises ConfigError for an unknown task, and a model of another task."""
    task = values.get("task", TASK)
    find_kind(TASKS, task, "task")
    kinds, model = PLANS[task], values.get("model", {})
    kind = model.get("kind") if isinstance(model, Mapping) else None
    if kind is None:
        return next(iter(kinds.values()))
    find_kind(CONFIGS, kind, "model")
    if kind not in kinds:
        raise ConfigError(
            'no model "{kind}" for the task "{task}".{near} Known: {known}.',
            key="model.kind",
            kind=kind,
            task=task,
            near=nearest(kind, kinds),
            known=", ".join(kinds),
        )
    return kinds[kind]
