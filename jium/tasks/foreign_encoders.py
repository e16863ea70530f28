"""Encoders of Hugging Face as task objects, each by the head that it has."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import skip_init

from jium.checkpoint.foreign import Foreign
from jium.checkpoint.run import understood
from jium.config import build, to_values
from jium.data.frames import Frame
from jium.data.passages import Windows
from jium.errors import RunError
from jium.models.bert import Bert, BertConfig
from jium.models.heads import Headed, TokenHead
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.tasks.answer import Answerer
from jium.tasks.classify import PROBLEM_TYPES, Classifier, Gives
from jium.tasks.embed import SentenceEmbedder
from jium.tasks.fill import Filler
from jium.tasks.foreign import tokenizer_of
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import TokenReader
from jium.text.bio import part, tag_names
from jium.text.tokenizer import Tokenizer

GIVES = {theirs: ours for ours, theirs in PROBLEM_TYPES.items()}
FOLLOWS = ["next", "not next"]  # what a head for next sentences says of two texts
NEVER = -1e4  # the score of a tag that the model does not have


def filler(folder: Path, found: Foreign) -> Filler:
    """A head that guesses masked words."""
    tokenizer = tokenizer_of(folder, found)
    return Filler(found.model, tokenizer, Frame.of(tokenizer))


def classifier(folder: Path, found: Foreign) -> Classifier:
    """A head that judges a text or two: classes by id2label, or a number."""
    tokenizer = tokenizer_of(folder, found)
    model = _headed(found)
    names = _names(folder, found)
    gives: Gives = "score" if len(names) == 1 else "label"
    gives = GIVES.get(str(found.document.get("problem_type")), gives)
    if gives == "score" and len(names) > 1:
        raise RunError(
            "{folder}: gives {n} numbers for a text. Here a model gives one.",
            folder=folder,
            n=len(names),
        )
    return Classifier(model, _reader(tokenizer, model), names, gives=gives)


def pairs(folder: Path, found: Foreign) -> Classifier:
    """A head that says whether one text follows another."""
    tokenizer = tokenizer_of(folder, found)
    model = _headed(found)
    return Classifier(model, _reader(tokenizer, model), FOLLOWS)


def tagger(folder: Path, found: Foreign) -> Tagger:
    """A head that tags tokens, its outputs put in the order of ours.

    Raises RunError where its tags are not O, and a B, perhaps an I, for each label.
    """
    tokenizer = tokenizer_of(folder, found)
    model = _headed(found)
    names = _names(folder, found)
    places = {part(name): number for number, name in enumerate(names)}
    labels = sorted({label for _, label in places if label})
    known = {("", ""), *((letter, label) for label in labels for letter in "BI")}
    wrong = not places.keys() <= known or any(("B", label) not in places for label in labels)
    if wrong or ("", "") not in places or len(places) < len(names):
        raise RunError(
            "{folder}: its labels are no O, and no B-X with I-X for each X: {names}. Other ways to "
            "tag are not read from such folders.",
            folder=folder,
            names=", ".join(names),
        )
    _reorder(model, [places.get(part(tag)) for tag in tag_names(labels)])
    return Tagger(model, tokenizer, Frame.of(tokenizer), labels, "tokens")


def answerer(folder: Path, found: Foreign) -> Answerer:
    """A head that finds answers in passages. It answers every question: what its margin for none is
    the folder does not say.
    """
    tokenizer = tokenizer_of(folder, found)
    return Answerer(_headed(found), tokenizer, Frame.of(tokenizer), Windows())


def embedder(folder: Path, found: Foreign) -> SentenceEmbedder:
    """An encoder without a head, or with one that no task asks for: a text is the mean of its
    tokens.
    """
    tokenizer = tokenizer_of(folder, found)
    bert = found.model.encoder if isinstance(found.model, Headed) else found.model
    assert isinstance(bert, Bert)
    with torch.device("meta"):
        values = {field.name: getattr(bert.config, field.name) for field in fields(BertConfig)}
        model = SentenceEncoder(SentenceConfig(**values, normalise=False))
    model.bert = bert
    return SentenceEmbedder(model.eval(), tokenizer, Frame.of(tokenizer))


def _headed(found: Foreign) -> Headed:
    assert isinstance(found.model, Headed)
    return found.model


def _reader(tokenizer: Tokenizer, model: Headed) -> TokenReader:
    return TokenReader(tokenizer, Frame.of(tokenizer), model.config.max_len)


def _names(folder: Path, found: Foreign) -> list[str]:
    """The names of the outputs, in order."""
    n = _headed(found).head_config.n_outputs
    with understood(folder / "config.json"):
        given = found.document.get("id2label") or {i: f"LABEL_{i}" for i in range(n)}
        by_number = {int(number): str(name) for number, name in dict(given).items()}
        return [by_number[number] for number in range(n)]


@torch.no_grad()
def _reorder(model: Headed, places: Sequence[int | None]) -> None:
    """Give a head for tags the outputs of these places, in this order; None: one that never is."""
    assert isinstance(model.head, TokenHead)
    old = model.head.output
    model.head.output = new = skip_init(nn.Linear, old.in_features, len(places))
    for row, place in enumerate(places):
        new.weight[row] = 0.0 if place is None else old.weight[place]
        new.bias[row] = NEVER if place is None else old.bias[place]
    values = to_values(model.head_config) | {"n_outputs": len(places)}
    model.head_config = build(type(model.head_config), values)
