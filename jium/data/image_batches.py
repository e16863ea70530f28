"""Batches of pictures, with captions and classes: seeded, resumable at any batch.

An epoch is shuffled and cut into batches, each of one shape, and the batches are shuffled: all a
function of (seed, epoch), so going on costs nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.epochs import START, Batch, Epochs, Position
from jium.data.image_augment import Augment, Seen
from jium.data.image_store import Pictures
from jium.nn.layout import Layout

Encode = Callable[[list[str]], Sequence[Sequence[int]]]


@dataclass(frozen=True)
class ImageBatch(Batch):
    """Pictures of one shape.

    images: (batch, 3, height, width), RGB in [-1, 1]. tokens: (tokens,) ids of a caption each, one
    after another as `layout` says; both None where captions are not asked for. labels: (batch,)
    class numbers, -1 where there is none. rows: (batch,), their numbers among the pictures.
    """

    images: Tensor
    rows: NDArray[np.int64]
    tokens: Tensor | None = None
    layout: Layout | None = None
    labels: dict[str, Tensor] = field(default_factory=dict)
    captions: tuple[str, ...] = ()  # those that `tokens` stand for
    after: Position = START
    encoded: bool = False  # images are latents already

    @property
    def n_tokens(self) -> int:
        """Pictures: what speed is told in."""
        return len(self.images)

    def __len__(self) -> int:
        return len(self.images)


class ImageBatches(Epochs[NDArray[np.int64], ImageBatch]):
    """Batches without end, over the epochs; `once` gives each picture once, as it is.

    encode: captions to ids, at least one id each (the empty caption too); None: no captions are
    read. One of the captions of a picture is drawn each time, so languages take turns.
    augment: how a picture is changed each time; None: not at all.
    """

    def __init__(
        self,
        pictures: Pictures,
        batch_size: int,
        seed: int = 0,
        encode: Encode | None = None,
        augment: Augment | None = None,
    ) -> None:
        self.pictures = pictures
        self.batch_size = batch_size
        self.seed = seed
        self.encode = encode
        self.augment = augment if augment is not None and augment.changes else None

    def once(self, most: int | None = None) -> Iterator[ImageBatch]:
        """Every picture once (the first `most`), unchanged, shape by shape, for measuring. Of its
        captions the one that its number falls on, so that all languages occur.
        """
        for shape in range(len(self.pictures.blocks)):
            rows = self.pictures.rows(shape)
            rows = rows if most is None else rows[rows < most]
            for start in range(0, len(rows), self.batch_size):
                yield self._batch(rows[start : start + self.batch_size], None, START)

    def _plan(self, epoch: int, pool: int) -> list[NDArray[np.int64]]:
        """The batches of an epoch, each an array of picture numbers."""
        rng = np.random.default_rng((self.seed, epoch))
        batches = []
        for shape in range(len(self.pictures.blocks)):
            rows = rng.permutation(self.pictures.rows(shape))
            cuts = range(self.batch_size, len(rows), self.batch_size)
            batches += np.split(rows, cuts) if len(rows) else []
        return [batches[i] for i in rng.permutation(len(batches))]

    def _make(self, item: NDArray[np.int64], place: Position, after: Position) -> ImageBatch:
        rng = np.random.default_rng((self.seed, place.epoch, place.batch))
        return self._batch(item, rng, after)

    def _batch(
        self, rows: NDArray[np.int64], rng: np.random.Generator | None, after: Position
    ) -> ImageBatch:
        images = self.pictures.images(rows)
        captions = [self._caption(row, rng) for row in rows.tolist()] if self._reads else []
        labels = {name: numbers[rows] for name, numbers in self.pictures.labels.items()}
        if self.augment is not None and rng is not None:
            images, captions, labels = self._changed(rows, images, captions, labels, rng)
        ids = self.encode(captions) if self.encode is not None else None
        return ImageBatch(
            as_tensor(images),
            rows,
            None if ids is None else torch.tensor([i for one in ids for i in one]),
            None if ids is None else Layout([len(one) for one in ids]),
            {name: torch.from_numpy(numbers) for name, numbers in labels.items()},
            tuple(captions) if ids is not None else (),
            after,
        )

    @property
    def _reads(self) -> bool:
        """Whether captions are needed: to be learned from, or to know what may be mirrored."""
        return self.encode is not None or self.augment is not None

    def _caption(self, row: int, rng: np.random.Generator | None) -> str:
        captions = self.pictures.captions(row)
        if not captions:
            return ""
        return captions[row % len(captions) if rng is None else rng.integers(len(captions))]

    def _changed(
        self,
        rows: NDArray[np.int64],
        images: NDArray[np.uint8],
        captions: list[str],
        labels: dict[str, NDArray[np.int64]],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], list[str], dict[str, NDArray[np.int64]]]:
        """Each picture as it is seen this time, with what is then true of it."""
        assert self.augment is not None
        names, changed = self.pictures.names, np.empty_like(images)
        for i, row in enumerate(rows.tolist()):
            known = self.pictures.named(row)
            seen = self.augment(Seen(images[i], captions[i], known), rng)
            if any(label not in names[name] for name, label in seen.labels.items()):
                seen = Seen(images[i], captions[i], known)  # the other side is no class here
            changed[i], captions[i] = seen.image, seen.caption
            for name, label in seen.labels.items():
                labels[name][i] = names[name].index(label)
        return changed, captions, labels


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """uint8 (batch, height, width, 3) to float32 (batch, 3, height, width) in [-1, 1]."""
    pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    return pixels.to(torch.float32).div_(127.5).sub_(1)


def as_pixels(images: Tensor) -> NDArray[np.uint8]:
    """Float (batch, 3, height, width) in [-1, 1] to uint8 (batch, height, width, 3); what is beyond
    is cut off. `as_pixels(as_tensor(x))` is x.
    """
    pixels = images.detach().float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
