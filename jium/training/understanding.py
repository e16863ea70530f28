"""What the set-ups of encoders share: the tokenizer, and where embeddings and weights begin."""

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.checkpoint.run import load_model
from jium.checkpoint.start import load_start
from jium.checkpoint.state import NAME as STATE
from jium.config import find_kind
from jium.errors import ConfigError, DataError, RunError
from jium.models import MODELS
from jium.models.heads import HeadConfig, Headed
from jium.text.settings import MASK
from jium.text.tokenizer import Tokenizer
from jium.text.vocabulary import Vocabulary
from jium.training.recipe import Recipe

SAMPLE = 300_000  # texts that a tokenizer is trained on at most
SPREAD = 0.05  # standard deviation of embeddings that begin as word vectors


def tokenizer_of(
    recipe: Recipe,
    run: Path,
    texts: Callable[[], Iterable[str]],
    special: Sequence[str] = (MASK,),
) -> Tokenizer:
    """The run's own tokenizer when it goes on; that of the model or of the vectors it starts from;
    or a new one, with the `special` tokens that such a model needs (for what is masked).
    """
    if (run / "tokenizer.json").is_file():
        return Tokenizer.load(run)
    transfer = recipe.transfer
    if transfer is not None and (start := transfer.start or transfer.vectors):
        if not Path(start).is_dir():
            raise RunError(
                "{run}: no such run folder. Train it first, or give another one: "
                "transfer.start=RUN or transfer.vectors=RUN.",
                run=start,
            )
        tokenizer = Tokenizer.load(Path(start))
    else:
        settings = recipe.tokenizer
        new = [token for token in special if token not in settings.special_tokens]
        settings = replace(settings, special_tokens=[*settings.special_tokens, *new])
        tokenizer = Tokenizer.train(settings, islice(texts(), SAMPLE))
    tokenizer.save(run)
    return tokenizer


def check_valid(items: Sized, share: float) -> None:
    """Raise DataError where there is nothing to validate with."""
    if not len(items):
        raise DataError(
            "nothing to validate with. Give data.valid=FILE, or set apart more than "
            "data.valid_share={share} of the data, as in data.valid_share=0.1.",
            share=share,
        )


def headed(
    recipe: Recipe, run: Path, tokenizer: Tokenizer, head: HeadConfig, **model: Any
) -> Headed:
    """An encoder with a new head: its weights are those it starts from, or drawn by train.seed.

    model: settings that the task needs otherwise, such as pooler=False. Raises ConfigError where
    the embeddings have fewer rows than the tokenizer has ids.
    """
    config = replace(recipe.model, **model)
    rows = config.vocab_size or tokenizer.vocab_size
    if rows < tokenizer.vocab_size:
        raise ConfigError(
            "the tokenizer has {ids} ids, and the embeddings of the model have {rows} rows. Take "
            "the tokenizer that the model was trained with.",
            key="model.vocab_size",
            ids=tokenizer.vocab_size,
            rows=rows,
        )
    torch.manual_seed(recipe.train.seed)
    kind = recipe.values["model"]["kind"]
    encoder = find_kind(MODELS, kind, "model")(replace(config, vocab_size=rows))
    made = Headed(encoder, head)
    if recipe.transfer is not None and not (run / STATE).is_file():
        if recipe.transfer.start is not None:
            load_start(Path(recipe.transfer.start), encoder)
        begin_with_vectors(made, tokenizer, recipe.transfer)
    return made


@torch.no_grad()
def begin_with_vectors(model: Any, tokenizer: Tokenizer, transfer: Any) -> None:
    """Let token embeddings begin as the vectors of a run, all of them scaled alike; a token without
    a vector keeps what it has. Raises RunError where none fits, or the widths differ.
    """
    if transfer is None or transfer.vectors is None:
        return
    run = Path(transfer.vectors)
    vectors = _vectors(run)
    words = Vocabulary.load(run / "vocabulary.json").ids
    table = token_embedding(getattr(model, "encoder", model)).weight
    if vectors.size(1) != table.size(1):
        raise RunError(
            "{run}: its vectors have {theirs} dimensions, the embeddings of the model {ours}. "
            "Train them with model.dim={ours}.",
            run=run,
            theirs=vectors.size(1),
            ours=table.size(1),
        )
    found = [(i, words[piece]) for i, piece in enumerate(tokenizer.pieces) if piece in words]
    if not found:
        raise RunError(
            "{run}: has a vector for no piece of the tokenizer. Train it with "
            "data.analyser=pieces.",
            run=run,
        )
    rows, places = torch.tensor(found).T
    kept = vectors[places]
    table[rows] = kept / kept.std() * SPREAD


def token_embedding(encoder: Any) -> nn.Embedding:
    """The table of token embeddings of an encoder of any family."""
    embeddings = getattr(encoder, "embeddings", None)
    return encoder.embedding if embeddings is None else embeddings.token


def _vectors(run: Path) -> torch.Tensor:
    model: Any = load_model(run)
    return torch.as_tensor(model.vectors()).float()
