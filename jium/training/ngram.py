"""From a recipe for an n-gram language model to a fitted one: documents, tokenizer, counts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from jium.data.documents import counts_of
from jium.data.texts import Texts
from jium.models.kneser_ney import KneserNey
from jium.tasks.generate import Writer
from jium.text.chat_template import MARKS
from jium.training.language import LanguageSetup, store, text_bytes
from jium.training.recipe import Recipe
from jium.training.rnn_lm import whole_figures
from jium.training.understanding import tokenizer_of


@dataclass
class NgramSetup(LanguageSetup):
    """A writer that knows its tokenizer, and the documents whose n-grams it is to learn."""

    def facts(self) -> dict[str, str]:
        """What the model card says of the data, and how many n-grams were kept."""
        kept = ", ".join(f"{n}: {size:,}" for n, size in enumerate(self._config.n_grams, 1))
        return super().facts() | {"n-grams": kept}

    def fit(self) -> dict[str, float]:
        """Count and smooth; gives loss, perplexity and bits a byte on the valid split."""
        documents = self.stored["train"].open()
        firsts, ends = documents.spans(np.arange(len(documents)))
        end = self.task.ends[0]
        self.task.model = KneserNey.fit(self._config, documents.tokens, ends - firsts, end)
        if not counts_of(self.stored["valid"])["documents"]:
            return {}
        return whole_figures(self.task, self.stored["valid"], self.valid_bytes)

    def save(self, run: Path) -> None:
        """Nothing: the tokenizer was written before."""

    @property
    def _config(self) -> Any:
        return self.task.model.config


def set_up(recipe: Recipe, run: Path) -> NgramSetup:
    """Train the tokenizer and encode the documents, or find both."""
    tokenizer = tokenizer_of(recipe, run, lambda: Texts(recipe.data).split("train"), MARKS)
    folder = run / "last" / "data"
    stored = {split: store(recipe, tokenizer, split, folder) for split in ("train", "valid")}
    rows = max(recipe.model.vocab_size or 0, tokenizer.vocab_size)
    config = replace(recipe.model, vocab_size=rows, start_id=tokenizer.start_id)
    ends = (tokenizer.start_id,), (tokenizer.eos_id,)
    task = Writer(KneserNey(config), tokenizer, *ends, recipe.generation)
    return NgramSetup(task, None, None, stored, text_bytes(stored["valid"], tokenizer))
