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


WORDS: dict[str, str | None] = {
    "data": "corpus",
    "tokenizer": None,
    "optim": "adagrad",
    "train": None,
}
ENCODERS = ("bert", "rnn", "cnn", "fasttext", "elmo")
TOKEN_ENCODERS = ("bert", "rnn", "cnn", "elmo")  # those that give each token a vector
ENCODER: dict[str, str | None] = {
    "tokenizer": None,
    "transfer": None,
    "optim": "adamw",
    "schedule": "linear",
    "train": None,
}
ENCODER_DECODERS = ("seq2seq", "t5", "rnn_seq2seq")
EXTRACTIVE = ("textrank", "lsa", "lead")
TRANSLATE: dict[str, str | None] = {
    "data": "pairs",
    "tokenizer": None,
    "transfer": None,
    "objective": "translation",
    "optim": "adam",
    "schedule": "noam",
    "train": None,
    "generation": None,
}
WRITER: dict[str, str | None] = {
    "data": "documents",
    "tokenizer": None,
    "transfer": None,
    "objective": "next_token",
    "optim": "adamw",
    "schedule": "cosine",
    "train": None,
    "generation": None,
}
PRETRAIN: dict[str, str | None] = {
    "data": "documents",
    "tokenizer": None,
    "transfer": None,
    "model": "bert",
    "optim": "adamw",
    "schedule": "linear",
    "train": None,
}
PICTURES: dict[str, str | None] = {
    "data": "images",
    "optim": "adamw",
    "schedule": "cosine",
    "train": None,
}

# Task to kind of model to plan; the first kind is taken where none is named.
PLANS: dict[str, dict[str, Plan]] = {
    "translate": {
        kind: Plan("jium.training.translation:set_up", {**TRANSLATE, "model": kind})
        for kind in ENCODER_DECODERS
    },
    "generate": {
        "gpt": Plan("jium.training.language:set_up", {**WRITER, "model": "gpt"}),
        "rnn_lm": Plan("jium.training.rnn_lm:set_up", {**WRITER, "model": "rnn_lm"}),
        "ngram": Plan(
            "jium.training.ngram:set_up",
            {"data": "documents", "tokenizer": None, "model": "ngram", "generation": None},
        ),
    },
    "chat": {
        "gpt": Plan("jium.training.chat:set_up", {**WRITER, "data": "chats", "model": "gpt"}),
    },
    "fill": {
        "bert": Plan("jium.training.pretrain:set_up", {**PRETRAIN, "objective": "masked"}),
        "electra": Plan(
            "jium.training.pretrain:set_up",
            {**PRETRAIN, "model": "electra", "objective": "replaced"},
        ),
        "elmo": Plan(
            "jium.training.pretrain:set_up",
            {**PRETRAIN, "model": "elmo", "objective": "bidirectional"},
        ),
        **{
            kind: Plan(
                "jium.training.span_pretrain:set_up",
                {**PRETRAIN, "model": kind, "objective": "span_corruption"},
            )
            for kind in ("seq2seq", "t5")
        },
    },
    "classify": {
        "tfidf": Plan("jium.training.tfidf:set_up", {"data": "labels", "model": "tfidf"}),
        **{
            kind: Plan(
                "jium.training.classify:set_up",
                {**ENCODER, "data": "labels", "model": kind, "objective": "labels"},
            )
            for kind in ENCODERS
        },
    },
    "tag": {
        kind: Plan(
            "jium.training.tag:set_up",
            {**ENCODER, "data": "tagged", "model": kind, "objective": "tags"},
        )
        for kind in TOKEN_ENCODERS
    },
    "answer": {
        kind: Plan(
            "jium.training.answer:set_up",
            {**ENCODER, "data": "questions", "model": kind, "objective": "span"},
        )
        for kind in TOKEN_ENCODERS
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
    "match": {
        "clip": Plan(
            "jium.training.match:set_up",
            {**PICTURES, "tokenizer": None, "model": "clip", "objective": "clip"},
        ),
    },
    "caption": {
        "captioner": Plan(
            "jium.training.caption:set_up",
            {
                **PICTURES,
                "tokenizer": None,
                "model": "captioner",
                "objective": "caption",
                "generation": None,
            },
        ),
    },
    "attributes": {
        kind: Plan(
            "jium.training.attributes:set_up",
            {**PICTURES, "model": kind, "objective": "attributes"},
        )
        for kind in ("image_classifier", "vit")
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
    "summarise": {
        **{
            kind: Plan(
                "jium.training.summaries:set_up_pairs",
                {**TRANSLATE, "data": "summaries", "model": kind},
            )
            for kind in ENCODER_DECODERS
        },
        "gpt": Plan(
            "jium.training.summaries:set_up_chats", {**WRITER, "data": "summaries", "model": "gpt"}
        ),
        **{
            kind: Plan(
                "jium.training.summaries:set_up_extractive", {"data": "summaries", "model": kind}
            )
            for kind in EXTRACTIVE
        },
    },
    "reconstruct": {
        kind: Plan(
            "jium.training.reconstruct:set_up", {**PICTURES, "model": kind, "objective": kind}
        )
        for kind in ("vae", "vqvae")
    },
    "paint": {
        "diffusion": Plan(
            "jium.training.paint:set_up",
            {
                **PICTURES,
                "tokenizer": None,
                "model": "diffusion",
                "objective": "diffusion",
                "paint": None,
            },
        ),
        "gan": Plan(
            "jium.training.gan:set_up",
            {**PICTURES, "tokenizer": None, "model": "gan", "objective": "gan"},
        ),
    },
}


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The plan of a recipe. Raises ConfigError for an unknown task, and a model of another task."""
    task = values.get("task", TASK)
    find_kind({name: TASKS[name] for name in PLANS}, task, "task")  # not all can be trained
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
