"""From a recipe for word vectors to what the trainer needs: corpus, batches, model, measures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jium.data.cooccurrence import CountBatches, Counts, count_pairs, read_counts, write_counts
from jium.data.corpora import Corpus, CorpusData, facts, prepare_corpus
from jium.data.texts import Texts
from jium.data.windows import WindowBatches, Windows
from jium.errors import ConfigError, DataError, TrainingError
from jium.messages import say
from jium.models.glove import Glove
from jium.models.word2vec import Word2Vec
from jium.objectives.glove import GloveLoss
from jium.tasks.words import WordVectors
from jium.text.normalise import cleaning_of
from jium.training.recipe import Recipe
from jium.training.setup import Batches
from jium.training.trainer import Trainer
from jium.training.understanding import tokenizer_of

SHOWN = 8  # words whose neighbours TensorBoard shows
LOOKED_AT = 200  # of the commonest words, from which they are taken
MEASURE_TOKENS = 2**14


@dataclass
class Setup:
    """Word vectors to be, and the batches they learn from.

    valid: gives the batches to measure on, anew at each call. steps: batches in an epoch.
    """

    task: WordVectors
    corpus: Corpus
    objective: Any
    train: Batches
    valid: Callable[[], Iterable[Any]]
    steps: int
    pairs: int | None = None  # counts to fit, where the model fits counts

    def opening(self) -> str:
        """How much data there is, and how many steps see it once."""
        return say(
            "{words} words, {kinds} different, from {texts} texts; every word is seen once in "
            "{steps} steps",
            words=f"{facts(self.corpus)['train']:,}",
            kinds=f"{len(self.corpus.vocabulary):,}",
            texts=f"{self.corpus.n_texts:,}",
            steps=f"{self.steps:,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        sizes, dropped = facts(self.corpus), self.corpus.dropped
        found = {
            say("words to train on"): f"{sizes['train']:,}",
            say("words to validate with"): f"{sizes['valid']:,}",
            say("different words"): f"{len(self.corpus.vocabulary):,}",
            say("texts dropped"): ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "0",
            say("steps that see every word once"): f"{self.steps:,}",
        }
        return found if self.pairs is None else found | {say("word pairs"): f"{self.pairs:,}"}

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """The loss on held-out text; for GloVe on held-out counts."""
        batches = (batch.to(trainer.device) for batch in self.valid())
        return {"valid_loss": mean_loss(self.objective, self.task.model, batches)}

    def samples(self) -> list[tuple[str, str, str]]:
        """Common words with what is now most like them."""
        task = replace(self.task)  # knows the vectors of this moment
        words = self.corpus.vocabulary.words[:LOOKED_AT]
        chosen = words[:: max(1, len(words) // SHOWN)][:SHOWN]
        return [(w, ", ".join(other for other, _ in task.similar(w, 5)), "") for w in chosen]

    def picture(self) -> None:
        """Nothing to see."""
        return None


def set_up_word2vec(recipe: Recipe, run: Path) -> Setup:
    """Prepare the corpus (or find it prepared, when a run goes on), make model and batches."""
    _check_kinds(recipe, Windows, "skip_gram, cbow")
    corpus = _corpus(recipe, run)
    if not len(corpus.ids("valid")):
        raise DataError(
            "No text to validate with. Give data.valid=FILE, or set apart more than "
            "data.valid_share={share} of the texts, as in data.valid_share=0.1.",
            share=recipe.data.valid_share,
        )
    task = _task(recipe, Word2Vec, corpus)
    counts, windows, seed = corpus.vocabulary.counts, recipe.objective, recipe.train.seed
    train = WindowBatches(corpus.ids("train"), counts, windows, recipe.train.batch_tokens, seed)
    valid = WindowBatches(corpus.ids("valid"), counts, windows, MEASURE_TOKENS, seed)
    return Setup(task, corpus, windows, train, valid.once, train.n_batches)


def set_up_glove(recipe: Recipe, run: Path) -> Setup:
    """Prepare the corpus, count which words stand near one another, make model and batches."""
    _check_kinds(recipe, GloveLoss, "glove")
    corpus = _corpus(recipe, run)
    folder = run / "last" / "counts"
    if (folder / "counts.json").is_file():
        counts = read_counts(folder)
    else:
        objective, n_words = recipe.objective, len(corpus.vocabulary)
        found = count_pairs(corpus.ids("train"), n_words, objective.window)
        counts = write_counts(folder, found, recipe.train.seed)
    train, valid = _split(counts, recipe.objective.valid_share)
    batches = CountBatches(train, recipe.train.batch_tokens, recipe.train.seed)
    measured = CountBatches(valid, MEASURE_TOKENS)
    task = _task(recipe, Glove, corpus)
    n = batches.n_batches
    pairs = len(counts.words)
    return Setup(task, corpus, recipe.objective, batches, measured.once, n, pairs)


@torch.inference_mode()
def mean_loss(objective: Any, model: nn.Module, batches: Iterable[Any]) -> float:
    """The loss over all batches, divided once."""
    total, count = 0.0, 0
    for batch in batches:
        for loss in objective(model, batch):
            total, count = total + float(loss.total), count + loss.count
    if not count:
        raise TrainingError(
            "there is too little text to validate with: no two known words stand side by side in "
            "it. Give data.valid=FILE, or raise data.valid_share."
        )
    return total / count


def _check_kinds(recipe: Recipe, objective: type, known: str) -> None:
    """Raise ConfigError where data or objective are for models of another kind."""
    wrong = [
        (section, choices)
        for section, cls, choices in (
            ("data", CorpusData, "corpus"),
            ("objective", objective, known),
        )
        if not isinstance(getattr(recipe, section), cls)
    ]
    for section, choices in wrong:
        raise ConfigError(
            'no {what} "{kind}" for the model "{model}". Known: {known}.',
            key=f"{section}.kind",
            what=section,
            kind=recipe.values[section]["kind"],
            model=recipe.values["model"]["kind"],
            known=choices,
        )


def _corpus(recipe: Recipe, run: Path) -> Corpus:
    folder = run / "last" / "data"
    if (folder / "corpus.json").is_file():
        return Corpus.load(folder)
    tokenizer = None
    if recipe.data.analyser == "pieces":
        tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"))
    corpus = prepare_corpus(recipe.data, folder, tokenizer)
    corpus.vocabulary.save(run / "vocabulary.json")
    return corpus


def _task(recipe: Recipe, model: type[nn.Module], corpus: Corpus) -> WordVectors:
    torch.manual_seed(recipe.train.seed)
    made: Any = model(replace(recipe.model, vocab_size=len(corpus.vocabulary)))
    made.spell(corpus.vocabulary.words)
    return WordVectors(made, corpus.vocabulary, cleaning_of(recipe.data))


def _split(counts: Counts, share: float) -> tuple[Counts, Counts]:
    """Shuffled counts to fit, and those to measure on: one at least."""
    n = len(counts.words)
    cut = min(n - 1, round(n * (1 - share)))
    return counts.part(0, max(cut, 1)), counts.part(cut, n)
