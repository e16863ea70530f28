"""Words as vectors: which are alike, and a is to b as c is to what."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from jium.checkpoint.run import load_model, read_config, save_config, save_weights, understood
from jium.checkpoint.word2vec_text import read_vectors, write_vectors
from jium.config import build, to_values
from jium.errors import ConfigError, DataError, RunError
from jium.messages import say
from jium.models.word_table import WordTable
from jium.ranges import at_least
from jium.text.normalise import Cleaning, clean
from jium.text.vocabulary import Vocabulary

Ranked = list[tuple[str, float]]  # words with their cosines, the highest first


@dataclass
class WordVectors:
    """A model of word vectors and its words.

    model: gives `vectors()`, a row for each word, and `spelled(words)`, vectors by spelling, or
    None. cleaning: as the corpus was cleaned; None for words as they stand.
    """

    model: nn.Module
    vocabulary: Vocabulary
    cleaning: Cleaning | None = None

    @classmethod
    def load(cls, run: Path) -> Self:
        """The word vectors in a run folder."""
        about = read_config(run)["jium"]
        model: Any = load_model(run)
        with understood(run / "config.json"):
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
        try:
            vocabulary = Vocabulary.load(run)
        except DataError as error:
            raise _damaged(run, error) from error
        if len(vocabulary) != model.config.vocab_size:
            problem = say(
                "{n} words, {wanted} expected", n=len(vocabulary), wanted=len(model.words)
            )
            raise _damaged(run, problem)
        model.spell(vocabulary.words)
        return cls(model, vocabulary, cleaning or None)

    @classmethod
    def of(cls, words: Sequence[str], vectors: Any) -> Self:
        """Given vectors, (words, dim), as an array or a nested list."""
        table = WordTable.of(torch.as_tensor(np.asarray(vectors, np.float32)))
        return cls(table, Vocabulary(words, [0] * len(words), special=False))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Vectors in the text format of word2vec, or of GloVe, which has no first line of sizes."""
        return cls.of(*read_vectors(Path(path)))

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "words",
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
        }

    def save(self, run: str | Path) -> None:
        """Write a run folder."""
        run, model = Path(run), self.model
        kind = "word_table" if isinstance(model, WordTable) else type(model).__name__.lower()
        save_config(run, kind, model.config, self.about())
        self.vocabulary.save(run / "vocabulary.json")
        save_weights(run, model)

    def export(self, out: str | Path, to: str = "word2vec") -> None:
        """Write the vectors in the text format of word2vec, which gensim and others read."""
        if to != "word2vec":
            raise ConfigError(
                'no format "{to}" for word vectors. Known: word2vec.', key="to", to=to
            )
        write_vectors(Path(out), self.vocabulary.words, self.vectors)

    # ------------------------------------------------------------ what a person asks for

    def embed(self, words: str | Sequence[str]) -> NDArray[np.float32]:
        """The vector of a word, (dim,), or of each of a list, (words, dim).

        Raises DataError, with the nearest spellings, for a word that was not in the corpus, unless
        the model knows words by their pieces.
        """
        asked = [words] if isinstance(words, str) else list(words)
        rows = [self._row(word) for word in asked]
        found = np.stack(rows) if rows else self.vectors[:0]
        return found[0] if isinstance(words, str) else found

    def similar(self, word: str, n: int = 10, among: Sequence[str] | None = None) -> Ranked:
        """The `n` words most like a word, with the cosines; the word itself is left out.

        among: rank these words, not all that are known.
        """
        if among is None:
            return self.nearest(self.embed(word), n, without=[word])
        cosines = self.similarities([word], list(among))[0].tolist()
        return sorted(zip(among, cosines, strict=True), key=lambda pair: -pair[1])[:n]

    def analogy(self, a: str, b: str, c: str, n: int = 5, *, unit: bool = True) -> Ranked:
        """What is to c as b is to a: the words nearest to b - a + c, none of the three among them.

        unit: make the three vectors of length 1 first, as is usual (Levy and Goldberg, 2014).
        """
        rows = self.embed([a, b, c])
        if unit:
            rows = unit_rows(rows)
        return self.nearest(rows[1] - rows[0] + rows[2], n, without=[a, b, c])

    def nearest(self, vector: Any, n: int = 10, without: Sequence[str] = ()) -> Ranked:
        """The `n` words whose vectors point most nearly where `vector` does."""
        at_least(1, n=n)
        cosines = self.unit_vectors @ unit_rows(np.asarray(vector, np.float32)[None])[0]
        left_out = [self.vocabulary.ids[w] for word in without if (w := self.known(word))]
        cosines[left_out] = -np.inf
        best = np.argsort(-cosines, kind="stable")[:n]
        words = self.vocabulary.words
        return [(words[i], float(cosines[i])) for i in best if cosines[i] > -np.inf]

    def similarities(
        self, words: Sequence[str], others: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """The table of cosines, (words, others), or of words among themselves."""
        rows = unit_rows(self.embed(list(words)))
        columns = rows if others is None else unit_rows(self.embed(list(others)))
        return rows @ columns.T

    # ------------------------------------------------------------ how it is done

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vector of each word of the vocabulary, in its order: (words, dim)."""
        model: Any = self.model
        return model.vectors().detach().float().cpu().numpy()

    @cached_property
    def unit_vectors(self) -> NDArray[np.float32]:
        """The same, of length 1."""
        return unit_rows(self.vectors)

    def known(self, word: str) -> str | None:
        """The word of the vocabulary that is meant, or None."""
        for form in (word, self._cleaned(word)):
            if form in self.vocabulary.ids:
                return form
        return None

    def _row(self, word: str) -> NDArray[np.float32]:
        if (found := self.known(word)) is not None:
            return self.vectors[self.vocabulary.ids[found]]
        model: Any = self.model
        cleaned = self._cleaned(word)
        spelled = model.spelled([cleaned]) if cleaned else None
        if spelled is None:
            raise self._unknown(word, cleaned)
        return spelled[0].float().cpu().numpy()

    def _cleaned(self, word: str) -> str:
        settings = self.cleaning or Cleaning(mojibake=False)
        return clean(word, dataclasses.replace(settings, html=False))

    def _unknown(self, word: str, cleaned: str) -> DataError:
        if not cleaned:
            return DataError("There is no word in {word!r}. Give one.", word=word)
        near = self.vocabulary.nearest(cleaned)
        return DataError(
            "{word!r} is none of the {n} words that have a vector.{near} A model with "
            "model.subwords=jamo has one for every word.",
            word=word,
            n=f"{len(self.vocabulary):,}",
            near=say(" Spelled alike: {words}.", words=", ".join(near)) if near else "",
        )


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows made of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def _damaged(run: Path, problem: object) -> RunError:
    path = run / "vocabulary.json"
    return RunError("{path}: is damaged ({error}). Copy the run again.", path=path, error=problem)
