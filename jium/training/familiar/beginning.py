"""From what a person gives as a model to a task that can be trained: a folder, a task of jium, a
model with a head, or a model of another library that can save itself as a folder.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import torch

from jium.checkpoint.foreign import architecture_of, is_foreign, read_document
from jium.checkpoint.run import read_config, understood
from jium.checkpoint.start import load_start, start_values
from jium.config import build, find_kind
from jium.data.frames import Frame
from jium.data.passages import Windows
from jium.errors import ConfigError, DataError
from jium.files import write_text
from jium.models import CONFIGS, MODELS
from jium.models.heads import HeadConfig, Headed
from jium.tasks import load
from jium.tasks.answer import Answerer
from jium.tasks.classify import Classifier, Gives
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import TokenReader
from jium.text.bio import part, tag_names
from jium.text.tokenizer import Tokenizer
from jium.training.familiar.rows import (
    SPAN,
    RowReader,
    Task,
    find_columns,
    names_in,
    outputs,
    rows_of,
)

Said = Literal["label", "labels", "score", "tags", "span"]
HEADED_TASKS = ("classify", "tag", "answer")  # of run folders
HEADED = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")
UNNAMED = re.compile(r"LABEL_\d+|\d+")  # of classes that nobody has named


def begin(
    model: Any, tokenizer: Any, dataset: Any, labels: list[str] | None, seed: int
) -> RowReader:
    """A task to train, and what makes examples of rows for it.

    dataset: to learn from it which head a folder without one needs; may be None where there is one.
    labels: the names of classes or tags, as the rows number them. seed: of the weights of a new
    head. Raises ConfigError for a model that cannot be trained so.
    """
    if hasattr(model, "save_pretrained"):
        return _begin_elsewhere(model, tokenizer, dataset, labels, seed)
    names = labels or _names_of(dataset)
    given = None if tokenizer is None else read_tokenizer(tokenizer)
    if isinstance(model, str | Path):
        names = names or _names_in_folder(Path(model))
        task = _open(Path(model), given, dataset, names, seed)
    elif isinstance(model, Headed):
        task = _around(model, given, dataset, names)
    else:
        task = model
    _check(task, given)
    return RowReader(task, _named(task, names))


def read_tokenizer(given: Any) -> Tokenizer:
    """A tokenizer of jium, the one in a folder, or one that can save itself as such."""
    if isinstance(given, Tokenizer):
        return given
    if isinstance(given, str | Path):
        return Tokenizer.load(given)
    if not hasattr(given, "save_pretrained"):
        raise ConfigError(
            "must be a jium.Tokenizer or a folder; got a {kind}.",
            key="processing_class",
            kind=type(given).__name__,
        )
    with TemporaryDirectory() as folder:
        given.save_pretrained(folder)
        return Tokenizer.load(folder)


def tokenizer_in(task: Task) -> Tokenizer:
    """The tokenizer of a task."""
    if not isinstance(task, Classifier):
        return task.tokenizer
    assert isinstance(task.reader, TokenReader)
    return task.reader.tokenizer


# ---------------------------------------------------------------- folders


def _begin_elsewhere(
    model: Any, tokenizer: Any, dataset: Any, labels: list[str] | None, seed: int
) -> RowReader:
    """A model of another library, through the folder it saves."""
    if tokenizer is None:
        raise ConfigError(
            "is missing; the model needs its tokenizer to become a run.", key="processing_class"
        )
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        if hasattr(tokenizer, "save_pretrained"):
            tokenizer.save_pretrained(folder)
        else:
            read_tokenizer(tokenizer).save(folder)
        _tell(Path(folder) / "config.json", labels or _names_of(dataset), dataset)
        return begin(folder, None, dataset, labels, seed)


def _tell(path: Path, names: list[str] | None, dataset: Any) -> None:
    """Say in config.json what a model of transformers learns only as it trains: the names of its
    classes or tags, and whether a text may have several.
    """
    if not is_foreign(path.parent):
        return
    document = json.loads(path.read_text("utf-8"))
    unnamed = all(UNNAMED.fullmatch(str(n)) for n in document.get("id2label", {}).values())
    if names and unnamed:
        document["id2label"] = dict(enumerate(names))
    if dataset is not None and document.get("problem_type") is None and _has_head(path.parent):
        several = find_columns(dataset).target is not None and what_is_said(dataset) == "labels"
        document |= {"problem_type": "multi_label_classification"} if several else {}
    write_text(path, json.dumps(document))


def _open(
    folder: Path, tokenizer: Tokenizer | None, dataset: Any, names: list[str] | None, seed: int
) -> Any:
    """The task in a folder; a new head on its encoder where it has none that fits."""
    if _has_head(folder):
        return load(folder)
    if dataset is None:
        raise ConfigError(
            "{folder}: has no head yet. Give train_dataset, to learn which it needs.",
            key="model",
            folder=folder,
        )
    said = what_is_said(dataset)
    values = start_values(folder)
    kind = values.pop("kind")
    config = build(find_kind(CONFIGS, kind, "model"), values)
    if said in ("tags", "span"):
        config = replace(config, pooler=False)
    names = names or _names_from(dataset, said)
    n_outputs = 2 if said == "span" else len(names)
    if said == "tags":
        n_outputs = len(tag_names(_entities(names)))
    head = {"tags": "tags", "span": "span"}.get(said, "label")
    torch.manual_seed(seed)
    encoder = find_kind(MODELS, kind, "model")(config)
    load_start(folder, encoder)
    dropout = 0.0 if said == "span" else config.dropout
    model = Headed(encoder, HeadConfig(kind=head, n_outputs=n_outputs, dropout=dropout))
    return _around(model, tokenizer or Tokenizer.load(folder), dataset, names)


def _has_head(folder: Path) -> bool:
    if is_foreign(folder):
        return architecture_of(*read_document(folder)).endswith(HEADED)
    return read_config(folder)["jium"].get("task") in HEADED_TASKS


def _names_in_folder(folder: Path) -> list[str] | None:
    """The tags of a foreign folder as it numbers them; the task has an order of its own."""
    if not is_foreign(folder):
        return None
    document, family = read_document(folder)
    if not architecture_of(document, family).endswith("ForTokenClassification"):
        return None
    with understood(folder / "config.json"):
        named = {int(number): str(name) for number, name in document["id2label"].items()}
        return [named[number] for number in range(len(named))]


# ---------------------------------------------------------------- heads


def what_is_said(dataset: Any) -> Said:
    """What the first row has to learn: the head it needs."""
    columns = find_columns(dataset)
    if columns.span:
        return "span"
    if columns.target is None:
        raise DataError(
            "rows have nothing to learn: no labels, no start_positions and end_positions."
        )
    value = np.asarray(dataset[0][columns.target])
    if value.ndim == 0:
        return "score" if value.dtype.kind == "f" else "label"
    return "labels" if columns.text is not None or value.dtype.kind == "f" else "tags"


def _around(
    model: Headed, tokenizer: Tokenizer | None, dataset: Any, names: list[str] | None
) -> Task:
    """The task of a model with a head."""
    if tokenizer is None:
        raise ConfigError(
            "is missing; the model needs its tokenizer to become a run.", key="processing_class"
        )
    frame, kind = Frame.of(tokenizer), model.head_config.kind
    if kind == "span":
        silent = dataset is not None and any(int(row[SPAN[0]]) == 0 for row in rows_of(dataset))
        return Answerer(model, tokenizer, frame, Windows(), 0.0 if silent else None)
    said = "label" if dataset is None else what_is_said(dataset)
    if names is None and dataset is not None:
        names = _names_from(dataset, said)
    n_outputs = model.head_config.n_outputs
    if kind == "tags":
        labels = _entities(names or [])
        _check_outputs(n_outputs, tag_names(labels))
        return Tagger(model, tokenizer, frame, labels, "tokens")
    if names is None or all(name.isdecimal() for name in names):
        names = [str(number) for number in range(n_outputs)]
    _check_outputs(n_outputs, names)
    reader = TokenReader(tokenizer, frame, model.config.max_len)
    gives: Gives = "labels" if said == "labels" else "score" if said == "score" else "label"
    return Classifier(model, reader, names, gives=gives)


def _check_outputs(n: int, names: list[str]) -> None:
    if n != len(names):
        raise ConfigError(
            "the head has {n} outputs, and there are {known} names: {names}.",
            key="labels",
            n=n,
            known=len(names),
            names=", ".join(names[:30]),
        )


# ---------------------------------------------------------------- names of classes and tags


def _names_of(dataset: Any) -> list[str] | None:
    return None if dataset is None else names_in(dataset, find_columns(dataset).target)


def _names_from(dataset: Any, said: Said) -> list[str]:
    """The names of classes that stand in the rows; numbers are their own names."""
    if said == "score":
        return ["score"]
    if said == "span":
        return []
    if said == "tags":
        raise ConfigError(
            'tags are known by number only. Give their names in that order: labels=["O", "B-PS", '
            '"I-PS"].',
            key="labels",
        )
    column = str(find_columns(dataset).target)
    given = [row[column] for row in rows_of(dataset)]
    if said == "labels" and not isinstance(given[0][0] if len(given[0]) else "", str):
        return [str(number) for number in range(len(given[0]))]
    flat = [one for row in given for one in row] if said == "labels" else given
    if any(isinstance(one, str) for one in flat):
        return sorted({str(one) for one in flat})
    return [str(number) for number in range(int(max(flat)) + 1)]


def _entities(names: list[str]) -> list[str]:
    """The labels of BIO tags, in order. Raises ConfigError for tags of another kind."""
    labels = list(dict.fromkeys(part(name)[1] for name in names if part(name)[1]))
    known = tag_names(labels)
    for name in names:
        if name not in known:
            raise ConfigError(
                "{name!r} is no tag of the kind O, B-PS, I-PS.", key="labels", name=name
            )
    return labels


def _named(task: Task, names: list[str] | None) -> list[str]:
    """The names as rows number them; classes that nobody has named yet are called so."""
    if names is None or isinstance(task, Answerer):
        return outputs(task)
    unnamed = isinstance(task, Classifier) and all(UNNAMED.fullmatch(n) for n in task.labels)
    if unnamed and len(names) == len(task.labels):
        task.labels = list(names)
    return names


def _check(task: Any, tokenizer: Tokenizer | None) -> None:
    """That a task has a head which learns from rows."""
    headed = isinstance(task, Classifier | Tagger | Answerer) and isinstance(task.model, Headed)
    if not headed:
        raise ConfigError(
            "a {kind} is not trained so; jium.Trainer trains encoders with a head for labels, tags "
            "or spans. For others there are recipes: jium train --help.",
            key="model",
            kind=type(task).__name__,
        )
    if isinstance(task, Tagger) and task.unit != "tokens":
        raise ConfigError(
            "its head tags {unit}, and rows have tags of tokens. Train it by a recipe: jium train "
            "entities-ko.",
            key="model",
            unit=task.unit,
        )
    own = tokenizer_in(task).vocab_size
    if tokenizer is not None and tokenizer.vocab_size != own:
        raise ConfigError(
            "has {n} ids, and the tokenizer of the model {own}. Leave it out.",
            key="processing_class",
            n=tokenizer.vocab_size,
            own=own,
        )
