"""From a recipe for translation to everything its trainer needs: tokenizer, encoded data, model,
task.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from tokenizers import AddedToken

from jium.data.batches import PairBatches, PairFormat
from jium.data.pairs import Pair, Prepared, prepare
from jium.data.store import Encode, PairStore, write_store
from jium.errors import ConfigError, DataError, MissingExtra
from jium.evaluation.metric import metric_in
from jium.evaluation.translation import mean_loss
from jium.explanation import explain
from jium.explanation.attention_figure import picture
from jium.messages import say
from jium.models.encoder_decoder import EncoderDecoder
from jium.tasks.translate import Translator
from jium.text.tokenizer import Tokenizer
from jium.training.devices import autocast
from jium.training.language import decoder
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SAMPLES = 3  # translations shown at each evaluation
MOST_TAGS = 500
SAMPLE = 1_000_000  # texts that a tokenizer is trained on at most
MEASURE_TOKENS = 8192  # in a batch that only measures


@dataclass
class Setup:
    """What a trainer works with."""

    task: Translator
    train: PairBatches
    valid: PairBatches
    valid_pairs: list[Pair]
    prepared: Prepared
    too_long: int  # training pairs longer than the model takes
    both_directions: bool

    def opening(self) -> str:
        return say(
            "{n} pairs to train on; {dropped} rows dropped ({path})",
            n=f"{self.prepared.counts['train']:,}",
            dropped=f"{sum(self.prepared.dropped.values()):,}",
            path=self.prepared.folder / "dropped.jsonl",
        )

    def facts(self) -> dict[str, str]:
        counts, dropped = self.prepared.counts, self.prepared.dropped
        both = ", both ways" if self.both_directions else ""
        return {
            "languages": " to ".join(self.task.languages) + both,
            "pairs": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
            "longer than the model takes": f"{self.too_long:,}",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        with autocast(trainer.device, trainer.precision):
            batches = (batch.to(trainer.device) for batch in self.valid.once())
            loss = mean_loss(self.task.model, batches)
        figures = {"valid_loss": loss, "valid_perplexity": math.exp(min(loss, 700.0))}
        if trainer.settings.metric != "loss":
            answers = self.task.translate([pair.source for pair in self.valid_pairs], beam=1)
            metric = metric_in(trainer.settings.metric, self.task.languages[1])
            scores = metric(answers, [pair.target for pair in self.valid_pairs])
            figures |= {f"valid_{name}": value for name, value in scores.items()}
        return figures

    def samples(self) -> list[tuple[str, str, str]]:
        pairs = self.valid_pairs[:SAMPLES]
        answers = self.task.translate([pair.source for pair in pairs], beam=1)
        return [(p.source, a, p.target) for p, a in zip(pairs, answers, strict=True)]

    def picture(self) -> Any | None:
        """What the model looks at in the first valid sentence, where plotting is installed."""
        try:
            return picture(explain(self.task, self.valid_pairs[0].source))
        except MissingExtra:
            return None


def set_up(recipe: Recipe, run: Path) -> Setup:
    """Prepare the data (or find it prepared, when a run goes on), train the tokenizer, make the
    model.
    """
    if recipe.transfer.vectors is not None:
        raise ConfigError(
            "is for encoders and language models; a translator starts from a whole run: "
            "transfer.start=RUN.",
            key="transfer.vectors",
        )
    folder = run / "last" / "data"
    prepared = _prepared(recipe, folder)
    languages = _languages(recipe, prepared)
    tokenizer, tags = _tokenizer(recipe, prepared, languages, run)
    task = _task(recipe, run, tokenizer, tags, languages)
    train_stores = _train_stores(recipe, prepared, task, folder)
    if not len(train_stores[0]):
        raise DataError(
            "no training pair fits model.max_len={max_len} tokens. Raise it.",
            max_len=recipe.model.max_len,
        )
    train = PairBatches(
        train_stores,
        task.format,
        recipe.train.batch_tokens,
        recipe.train.seed,
        recipe.data.both_directions,
        recipe.data.tag_dropout if tags else 0.0,
    )
    valid = PairBatches(
        [_store(recipe, prepared, "valid", task, folder / "valid")],
        task.format,
        MEASURE_TOKENS,
        both_directions=recipe.data.both_directions,
    )
    pairs = list(islice(prepared.pairs("valid"), recipe.train.metric_examples))
    both = recipe.data.both_directions
    return Setup(task, train, valid, pairs, prepared, train_stores[0].too_long, both)


def _prepared(recipe: Recipe, folder: Path) -> Prepared:
    """What an earlier start of this run prepared, or new."""
    if (folder / "report.json").is_file():
        return Prepared.load(folder)
    return prepare(recipe.data, folder)


def _languages(recipe: Recipe, prepared: Prepared) -> tuple[str, str]:
    """The languages that the recipe names, else "ko" for a side that is mostly Hangul and "en" for
    the other.
    """
    first = list(islice(prepared.pairs("train"), 500))
    guessed = [
        "ko" if share_of_hangul(" ".join(getattr(pair, side) for pair in first)) > 0.3 else "en"
        for side in ("source", "target")
    ]
    return (
        recipe.data.source_language or guessed[0],
        recipe.data.target_language or guessed[1],
    )


def _tokenizer(
    recipe: Recipe, prepared: Prepared, languages: tuple[str, str], run: Path
) -> tuple[Tokenizer, dict[str, int]]:
    """The run's own tokenizer, or a new one, with tokens for directions and tags."""
    tags = _tags(prepared) if recipe.data.tag else []
    directions = list(languages) if recipe.data.both_directions else []
    tokens = {tag: f"<tag:{tag}>" for tag in tags}
    special = [f"<2{language}>" for language in directions] + list(tokens.values())
    if (run / "tokenizer.json").is_file():
        tokenizer = Tokenizer.load(run)
    elif recipe.transfer.start is not None:
        tokenizer = _with_tokens(Tokenizer.load(Path(recipe.transfer.start)), special)
        tokenizer.save(run)
    else:
        settings = replace(
            recipe.tokenizer, special_tokens=[*recipe.tokenizer.special_tokens, *special]
        )
        tokenizer = Tokenizer.train(settings, islice(_texts(prepared), SAMPLE))
        tokenizer.save(run)
    return tokenizer, {tag: _id(tokenizer, token) for tag, token in tokens.items()}


def _with_tokens(tokenizer: Tokenizer, special: list[str]) -> Tokenizer:
    """A tokenizer with more special tokens, behind all that it has."""
    backend = tokenizer.backend
    new = [token for token in special if backend.token_to_id(token) is None]
    backend.add_special_tokens([AddedToken(token, normalized=False) for token in new])
    return Tokenizer(backend, tokenizer.kind, tokenizer.roles, **tokenizer._config)


def _tags(prepared: Prepared) -> list[str]:
    """Every tag of the training pairs, each to be a token."""
    tags = sorted({pair.tag for pair in prepared.pairs("train")} - {""})
    if len(tags) > MOST_TAGS:
        raise ConfigError(
            "{n} different values make too many tags, {first!r} among them; at most {most}. Name a "
            "column that says what kind of text it is.",
            key="data.tag",
            n=len(tags),
            first=tags[0],
            most=MOST_TAGS,
        )
    return tags


def share_of_hangul(text: str) -> float:
    """Of the letters in a text, the share that is Hangul."""
    letters = [character for character in text if character.isalpha()]
    return sum("가" <= character <= "힣" for character in letters) / max(len(letters), 1)


def _texts(prepared: Prepared) -> Iterator[str]:
    for pair in prepared.pairs("train"):
        yield pair.source
        yield pair.target


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_id(token)
    assert found is not None, f"{token} was added when the tokenizer was trained"
    return found


def _task(
    recipe: Recipe,
    run: Path,
    tokenizer: Tokenizer,
    tags: dict[str, int],
    languages: tuple[str, str],
) -> Translator:
    directions: list[int | None] = [None, None]
    if recipe.data.both_directions:
        directions = [_id(tokenizer, f"<2{language}>") for language in reversed(languages)]
    format = PairFormat(tokenizer.start_id, tokenizer.eos_id, *directions)
    model = decoder(recipe, run, tokenizer)
    assert isinstance(model, EncoderDecoder)
    return Translator(model, tokenizer, format, languages, tags, recipe.generation)


def _train_stores(
    recipe: Recipe, prepared: Prepared, task: Translator, folder: Path
) -> list[PairStore]:
    """The training pairs encoded once, or several times where segmentations are drawn."""
    dropout = recipe.tokenizer.dropout
    if not dropout:
        return [_store(recipe, prepared, "train", task, folder / "train")]
    stores = []
    for number in range(recipe.tokenizer.segmentations):
        seeds = count(number * 2**32)
        encode = partial(_encode_drawn, task.tokenizer, dropout, seeds)
        place = folder / f"train-{number}"
        stores.append(_store(recipe, prepared, "train", task, place, encode))
    return stores


def _encode_drawn(
    tokenizer: Tokenizer, dropout: float, seeds: Iterator[int], texts: list[str]
) -> list[list[int]]:
    return tokenizer.encode_batch(texts, dropout=dropout, seed=next(seeds))


def _store(
    recipe: Recipe,
    prepared: Prepared,
    split: str,
    task: Translator,
    folder: Path,
    encode: Encode | None = None,
) -> PairStore:
    if (folder / "store.json").is_file():
        return PairStore(folder)
    pairs = ((p.source, p.target, task.tags.get(p.tag, -1)) for p in prepared.pairs(split))
    tokenizer = task.tokenizer
    return write_store(
        folder,
        pairs,
        encode or tokenizer.encode_batch,
        tokenizer.vocab_size,
        recipe.model.max_len,
    )
