"""From a recipe for sentence vectors to what the trainer needs: data, tokenizer, model, batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jium.data.frames import Frame
from jium.data.similar import Sentences, read_similar
from jium.data.similar_batches import Encoded, SimilarBatches
from jium.data.similar_data import Similar
from jium.evaluation.correlation import pearson, spearman
from jium.messages import say
from jium.models.sentence import SentenceEncoder
from jium.tasks.embed import SentenceEmbedder
from jium.text.normalise import cleaning_of
from jium.text.tokenizer import Tokenizer
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer

SAMPLE = 200_000  # texts that a tokenizer is trained on at most
SHOWN = 8  # pairs with their cosines in the log


@dataclass
class Setup:
    """What a trainer works with."""

    task: SentenceEmbedder
    sentences: Sentences
    train: SimilarBatches

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} examples to train on, from {sources} sources; {valid} pairs to validate with",
            n=f"{sum(map(len, self.sentences.sources)):,}",
            sources=len(self.sentences.sources),
            valid=f"{len(self.sentences.valid):,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        described = zip(self.sentences.data.sources, self.sentences.sources, strict=True)
        dropped = self.sentences.dropped
        return {
            "sources": ", ".join(f"{s.kind} {len(found):,}" for s, found in described),
            "valid": f"{len(self.sentences.valid):,} pairs",
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Correlations of cosines with scores on the valid split; the loss is the mean square of
        what lies between them.
        """
        pairs = self.sentences.valid
        cosines = self._cosines(pairs)
        wanted = np.array([pair.score for pair in pairs])
        return {
            "valid_loss": float(((cosines - wanted) ** 2).mean()),
            "valid_spearman": spearman(cosines, wanted),
            "valid_pearson": pearson(cosines, wanted),
        }

    def samples(self) -> list[tuple[str, str, str]]:
        """Some pairs of the valid split, with cosine and score."""
        pairs = self.sentences.valid[:SHOWN]
        shown = zip(pairs, self._cosines(pairs), strict=True)
        return [(f"{p.first} | {p.second}", f"{c:.3f}", f"{p.score:.3f}") for p, c in shown]

    def picture(self) -> None:
        """Nothing to see."""
        return None

    def _cosines(self, pairs: Sequence[Similar]) -> Any:
        return self.task.similarity([p.first for p in pairs], [p.second for p in pairs])


def set_up(recipe: Recipe, run: Path) -> Setup:
    """Read the data, train the tokenizer (or find it, when a run goes on), make the model."""
    sentences = read_similar(recipe.data)
    tokenizer = _tokenizer(recipe, sentences, run)
    frame = Frame((tokenizer.start_id,) if recipe.model.pooling == "cls" else ())
    torch.manual_seed(recipe.train.seed)
    model = SentenceEncoder(replace(recipe.model, vocab_size=tokenizer.vocab_size))
    task = SentenceEmbedder(model, tokenizer, frame, cleaning_of(recipe.data))
    encoded = [Encoded(found, task.encode) for found in sentences.sources]
    if model.weights is not None:
        start_at_idf(model, (row for source in encoded for texts in source.ids for row in texts))
    batches = SimilarBatches(
        encoded,
        recipe.data.sources,
        recipe.train.batch_tokens,
        recipe.train.steps * recipe.train.accumulate,
        recipe.train.seed,
    )
    return Setup(task, sentences, batches)


@torch.no_grad()
def start_at_idf(model: SentenceEncoder, texts: Iterable[Sequence[int]]) -> None:
    """Begin with a rare token weighing more than a common one: ln((1 + n) / (1 + df)) + 1."""
    assert model.weights is not None
    counts = torch.zeros(model.weights.num_embeddings)
    n = 0
    for ids in texts:
        if len(ids):
            counts[torch.from_numpy(np.unique(ids))] += 1
            n += 1
    idf = torch.log((1 + n) / (1 + counts)) + 1
    model.weights.weight.copy_(idf.log()[:, None])


def _tokenizer(recipe: Recipe, sentences: Sentences, run: Path) -> Tokenizer:
    """The run's own tokenizer, or a new one."""
    if (run / "tokenizer.json").is_file():
        return Tokenizer.load(run)
    tokenizer = Tokenizer.train(recipe.tokenizer, islice(sentences.texts(), SAMPLE))
    tokenizer.save(run)
    return tokenizer
