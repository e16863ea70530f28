"""Pictures and texts as vectors of one space: search either by the other, classify by words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import load_model, read_config, understood
from jium.data.batches import packed
from jium.data.image_data import Fit
from jium.errors import ConfigError, DataError
from jium.models.clip import Clip
from jium.nn.layout import Layout
from jium.ranges import at_least
from jium.tasks.picture_inputs import in_parts, is_picture, listed
from jium.text.tokenizer import Tokenizer

TEXTS = 64  # at a time


@dataclass
class Matcher:
    """A CLIP and its tokenizer. fit: how a picture of another shape is brought to the model's."""

    sees: ClassVar[bool] = True  # the command line gives it pictures where files are named

    model: Clip
    tokenizer: Tokenizer
    fit: Fit = "crop"

    @classmethod
    def load(cls, run: Path) -> Self:
        """The matcher in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, Clip)
        with understood(run / "config.json"):
            fit = about["fit"]
        return cls(model, Tokenizer.load(run), fit)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "match", "fit": self.fit}

    # ------------------------------------------------------------ what a person asks for

    def embed(self, given: Any) -> NDArray[np.float32]:
        """The vector of a text or a picture, (dim,), of length 1; of a list of either or both, a
        row each.

        A str is a text; a picture is one of PIL, a uint8 array, or a Path. Of a text that is too
        long the beginning counts. Raises DataError for an empty text.
        """
        things, one = listed(given)
        seen = np.array([is_picture(thing) for thing in things], bool)
        found = np.empty((len(things), self.model.config.projection_dim), np.float32)
        training = self.model.training
        self.model.eval()
        found[seen] = self._images([t for t, s in zip(things, seen, strict=True) if s])
        found[~seen] = self._texts([t for t, s in zip(things, seen, strict=True) if not s])
        self.model.train(training)
        return found[0] if one else found

    def similar(
        self, query: Any, among: Sequence[Any] | None = None, n: int = 10
    ) -> list[tuple[Any, float]]:
        """The `n` texts or pictures of `among` nearest to a text or a picture, with the cosines,
        the highest first.
        """
        if among is None:
            raise ConfigError(
                "is missing: a text or picture is compared with others, which you give. --among "
                "FOLDER or FILE",
                key="among",
            )
        at_least(1, n=n)
        if not len(among):
            return []
        cosines = self.embed(list(among)) @ self.embed(query)
        order = np.argsort(-cosines, kind="stable")[:n]
        return [(among[i], float(cosines[i])) for i in order]

    def similarities(
        self, given: Sequence[Any], others: Sequence[Any] | None = None
    ) -> NDArray[np.float32]:
        """The cosine of each with each other one: (given, others)."""
        rows = self.embed(list(given))
        return rows @ (rows if others is None else self.embed(list(others))).T

    def classify(
        self,
        images: Any,
        labels: Sequence[str] | None = None,
        *,
        templates: Sequence[str] = ("{}",),
        probabilities: bool = False,
        top: int | None = None,
    ) -> Any:
        """The label that a picture is nearest to, or of a list of pictures each one's, by words
        alone (section 3.1 of the paper).

        templates: sentences in which {} is the label; a label's vector is the mean over them.
        probabilities: {label: probability} instead, likeliest first; top: of so many.
        """
        if not labels:
            raise ConfigError(
                "are missing: name the classes to choose from. --labels dog,cat", key="labels"
            )
        at_least(1, top=top)
        pictures, one = listed(images)
        scale = float(self.model.scale.detach())
        logits = scale * self.embed(pictures) @ self.label_vectors(labels, templates).T
        shares = torch.from_numpy(logits).softmax(1).numpy()
        found: list[Any] = [_ranked(labels, row, top) for row in shares]
        if not probabilities and top is None:
            found = [next(iter(table)) for table in found]
        return found[0] if one else found

    def label_vectors(self, labels: Sequence[str], templates: Sequence[str]) -> NDArray[np.float32]:
        """A vector of length 1 for each label: (labels, dim)."""
        for template in templates:
            if "{}" not in template:
                raise ConfigError(
                    "no {{}} in {template!r}, where the label would stand.",
                    key="templates",
                    template=template,
                )
        texts = [template.replace("{}", label) for label in labels for template in templates]
        rows = self.embed(texts).reshape(len(labels), len(templates), -1).mean(1)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    # ------------------------------------------------------------ how it is done

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the end, as the text tower reads them."""
        room, end = self.model.config.text.max_len - 1, self.tokenizer.eos_id
        return [[*ids[:room], end] for ids in self.tokenizer.encode_batch(list(texts))]

    @property
    def _device(self) -> torch.device:
        return self.model.log_scale.device

    @property
    def size(self) -> int:
        """Pixels a side that the model takes."""
        size = self.model.config.image.image_size
        assert size is not None, "settled when the model was made"
        return size

    @torch.inference_mode()
    def _images(self, pictures: list[Any]) -> NDArray[np.float32]:
        parts = in_parts(pictures, self.size, self.fit)
        return self._joined([self.model.embed_images(x.to(self._device)) for x in parts])

    @torch.inference_mode()
    def _texts(self, texts: list[Any]) -> NDArray[np.float32]:
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str):
                raise DataError(
                    "neither a text nor a picture: {kind}. Give str, or PIL, array or Path.",
                    kind=type(text).__name__,
                )
            if not text.strip():
                raise DataError(
                    "nothing to embed: text {number} is empty. Leave it out.", number=number
                )
        rows = [np.array(ids) for ids in self.encode(texts)]
        found = []
        for start in range(0, len(rows), TEXTS):
            part = rows[start : start + TEXTS]
            layout = Layout([len(row) for row in part], self._device)
            found.append(self.model.embed_texts(packed(part).to(self._device), layout))
        return self._joined(found)

    def _joined(self, parts: list[torch.Tensor]) -> NDArray[np.float32]:
        empty = np.empty((0, self.model.config.projection_dim), np.float32)
        return torch.cat(parts).cpu().numpy() if parts else empty


def _ranked(labels: Sequence[str], row: NDArray[np.float32], top: int | None) -> dict[str, float]:
    order = np.argsort(-row, kind="stable")[:top].tolist()
    return {labels[i]: float(row[i]) for i in order}
