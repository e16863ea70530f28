"""Sentences as vectors: near ones mean nearly the same."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import load_model, read_config, understood
from jium.checkpoint.sentence_transformers import read_folder, write_folder
from jium.config import build, to_values
from jium.data.batches import packed
from jium.data.frames import Frame
from jium.errors import ConfigError, DataError
from jium.models.sentence import SentenceEncoder
from jium.nn.layout import Layout
from jium.ranges import at_least
from jium.text.normalise import Cleaning, clean
from jium.text.tokenizer import Tokenizer

ROWS = 64  # texts at a time

Ranked = list[tuple[str, float]]  # texts with their cosines, the highest first


@dataclass
class SentenceEmbedder:
    """A sentence encoder, its tokenizer, and the special tokens around what it reads.

    cleaning: as the training data was cleaned; None for texts as they stand.
    """

    model: SentenceEncoder
    tokenizer: Tokenizer
    frame: Frame = Frame()
    cleaning: Cleaning | None = None

    @classmethod
    def load(cls, run: Path) -> Self:
        """The embedder in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, SentenceEncoder)
        with understood(run / "config.json"):
            frame = Frame(tuple(about["frame"][0]), tuple(about["frame"][1]))
            cleaning = about["cleaning"] and build(Cleaning, about["cleaning"])
        return cls(model, Tokenizer.load(run), frame, cleaning or None)

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """The embedder in a folder that sentence-transformers saved.

        Raises RunError where it holds something that jium has no twin of.
        """
        model, tokenizer, frame = read_folder(Path(folder))
        return cls(model, tokenizer, frame)

    def export(self, out: str | Path, to: str = "sentence-transformers") -> None:
        """Write a folder that sentence-transformers loads, with equal vectors for clean text."""
        if to != "sentence-transformers":
            raise ConfigError(
                'no format "{to}" for sentence vectors. Known: sentence-transformers.',
                key="to",
                to=to,
            )
        write_folder(Path(out), self.model, self.tokenizer, self.frame)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "embed",
            "frame": [list(self.frame.before), list(self.frame.after)],
            "cleaning": to_values(self.cleaning) if self.cleaning else {},
        }

    # ------------------------------------------------------------ what a person asks for

    @torch.inference_mode()
    def embed(self, text: str | Sequence[str]) -> NDArray[np.float32]:
        """The vector of a text, (dim,), or of each of a list, (texts, dim); of length 1 where the
        model normalises. Of a text longer than model.max_len the beginning counts.

        Raises DataError for a text with nothing in it.
        """
        texts = [text] if isinstance(text, str) else list(text)
        rows = self._encode(texts)
        order = np.argsort([len(row) for row in rows], kind="stable")
        training = self.model.training
        self.model.eval()
        found = np.empty((len(rows), self.model.config.dim), np.float32)
        for start in range(0, len(rows), ROWS):
            part = order[start : start + ROWS]
            found[part] = self._vectors([rows[i] for i in part])
        self.model.train(training)
        return found[0] if isinstance(text, str) else found

    def similar(self, text: str, among: Sequence[str] | None = None, n: int = 10) -> Ranked:
        """The `n` texts of `among` nearest in meaning, with the cosines."""
        if among is None:
            raise ConfigError(
                "is missing: sentences are ranked among others, which you give. --among FILE",
                key="among",
            )
        at_least(1, n=n)
        if not among:
            return []
        cosines = self.similarities([text], among)[0].tolist()
        return sorted(zip(among, cosines, strict=True), key=lambda pair: -pair[1])[:n]

    def similarity(self, a: str | Sequence[str], b: str | Sequence[str]) -> Any:
        """The cosine of two texts, -1 to 1; of two lists, one for each pair."""
        first, second = ([t] if isinstance(t, str) else list(t) for t in (a, b))
        if isinstance(a, str) != isinstance(b, str) or len(first) != len(second):
            raise DataError("Give two texts, or two lists of as many texts each.")
        if not first:
            return np.empty(0, np.float32)
        cosines = (unit_rows(self.embed(first)) * unit_rows(self.embed(second))).sum(1)
        return float(cosines[0]) if isinstance(a, str) else cosines

    def similarities(
        self, texts: Sequence[str], others: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """The cosine of every text with every other one: (texts, others)."""
        rows = unit_rows(self.embed(list(texts)))
        return rows @ (rows if others is None else unit_rows(self.embed(list(others)))).T

    # ------------------------------------------------------------ how it is done

    @property
    def max_len(self) -> int:
        """Tokens that the model takes, those of the frame included."""
        return self.model.config.max_len

    def encode(self, texts: list[str]) -> list[NDArray]:
        """Token ids in their frame, as the model reads them; nothing for an empty text."""
        found = self.tokenizer.encode_batch(texts) if texts else []
        return [self.frame(ids, self.max_len) if ids else np.empty(0, np.int64) for ids in found]

    def _encode(self, texts: list[str]) -> list[NDArray]:
        cleaned = [self._clean(text) for text in texts]
        ids = self.encode(cleaned)
        for number, (text, found) in enumerate(zip(cleaned, ids, strict=True), 1):
            if not text.strip() or not len(found):
                raise DataError(
                    "nothing to embed: text {number} is empty. Leave it out.", number=number
                )
        return ids

    def _clean(self, text: str) -> str:
        """As the training data was, but for tags: what a person types is no web page."""
        if self.cleaning is None:
            return text
        return clean(text, dataclasses.replace(self.cleaning, html=False))

    def _vectors(self, rows: list[NDArray]) -> NDArray[np.float32]:
        device = self.model.bert.embeddings.token.weight.device
        layout = Layout([len(row) for row in rows], device)
        return self.model(packed(rows).to(device), layout).float().cpu().numpy()


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)
