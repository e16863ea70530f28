"""Latents of a data set on disk: a picture goes through the encoder once, and not in every epoch.

A cache is a folder: `latents-N.bin` (float16 or float32, latent after latent, one file a shape of
the pictures) and `about.json`: what they were made of and by, and, written last, their shapes. A
folder that says these is whole; with another, work goes on where it stopped. Rows are those of the
pictures, so captions and labels are looked up there.

Notable: one latent is kept for a picture, so an encoder that draws its latents, or sees pictures
augmented, has to be asked every time instead.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.image_batches import Encode, ImageBatch, ImageBatches, as_tensor
from jium.data.image_store import Pictures
from jium.errors import DataError
from jium.files import explained, make_folder, write_text

Kind = Literal["float16", "float32"]


@dataclass
class Latents:
    """The latents of pictures. blocks: (pictures, channels, height, width), one a shape of the
    pictures; places: (pictures, 2), the block of each and its place in it.
    """

    blocks: list[NDArray[Any]]
    places: NDArray[np.int64]

    @classmethod
    def load(cls, folder: str | Path, pictures: Pictures) -> Self:
        """What `cache_latents` left in a folder. Raises DataError where it is not whole, or of
        other pictures.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "about.json").read_text("utf-8"))
            counts, dtype = [n for n, *_ in about["shapes"]], np.dtype(about["dtype"])
            blocks: list[NDArray[Any]] = [
                np.memmap(_path(folder, i), dtype, "r", shape=(count, *shape))
                for i, (count, *shape) in enumerate(about["shapes"])
            ]
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                "{path}: holds no latents ({error}). Make them again.", path=folder, error=error
            ) from error
        if counts != [len(block) for block in pictures.blocks]:
            raise DataError(
                "{path}: holds latents of {found} pictures, and there are {wanted}. Make them "
                "again.",
                path=folder,
                found=sum(counts),
                wanted=len(pictures),
            )
        return cls(blocks, pictures.places)

    def __len__(self) -> int:
        return len(self.places)

    def latents(self, rows: NDArray[np.int64] | Sequence[int]) -> Tensor:
        """Latents of pictures of one shape together, float32 (rows, channels, height, width)."""
        places = self.places[np.asarray(rows, np.int64)]
        found = self.blocks[places[0, 0]][places[:, 1]]
        return torch.from_numpy(np.asarray(found, np.float32))


class LatentBatches(ImageBatches):
    """`ImageBatches` whose `images` are latents. Pictures are never read, so none is augmented."""

    def __init__(
        self,
        pictures: Pictures,
        latents: Latents,
        batch_size: int,
        seed: int = 0,
        encode: Encode | None = None,
    ) -> None:
        # A stand-in of one value a picture: what the batches read is thrown away.
        blocks = [np.zeros((len(block), 1, 1, 3), np.uint8) for block in pictures.blocks]
        super().__init__(replace(pictures, blocks=blocks), batch_size, seed, encode)
        self.latents = latents

    def __iter__(self) -> Iterator[ImageBatch]:
        return (self._filled(batch) for batch in super().__iter__())

    def once(self, most: int | None = None) -> Iterator[ImageBatch]:
        """Every picture once, as of `ImageBatches`."""
        return (self._filled(batch) for batch in super().once(most))

    def _filled(self, batch: ImageBatch) -> ImageBatch:
        return replace(batch, images=self.latents.latents(batch.rows), encoded=True)


def cache_latents(
    pictures: Pictures,
    encode: Callable[[Tensor], Tensor],
    folder: str | Path,
    made_by: str,
    batch_size: int = 64,
    dtype: Kind = "float32",
) -> Latents:
    """The latents of all pictures, made once in `folder` and found there the next time; work that
    was cut short goes on.

    encode: (batch, 3, height, width) in [-1, 1] to (batch, channels, height, width). made_by: what
    tells one encoder from another, such as `fingerprint` of its weights; where it or the pictures
    have changed, the latents are made anew.
    """
    folder = Path(folder)
    about: dict[str, Any] = {"made_by": made_by, "dtype": dtype, "pictures": _digest(pictures)}
    known = _known(folder)
    shapes = known.pop("shapes", None)
    if known != about:
        for file in make_folder(folder).glob("latents-*.bin"):
            file.unlink()
        write_text(folder / "about.json", json.dumps(about))
        shapes = None
    if shapes is None:
        shapes = [
            _write(_path(folder, number), block, encode, batch_size, np.dtype(dtype))
            for number, block in enumerate(pictures.blocks)
        ]
        write_text(folder / "about.json", json.dumps(about | {"shapes": shapes}))
    return Latents.load(folder, pictures)


def fingerprint(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """A digest of named tensors, as of `model.state_dict().items()`."""
    digest = hashlib.sha256()
    for name, tensor in tensors:
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _known(folder: Path) -> dict[str, Any]:
    """What a cache says of itself; nothing where there is none."""
    try:
        return dict(json.loads((folder / "about.json").read_text("utf-8")))
    except (OSError, ValueError):
        return {}


@torch.inference_mode()
def _write(
    path: Path,
    block: NDArray[np.uint8],
    encode: Callable[[Tensor], Tensor],
    batch_size: int,
    dtype: np.dtype[Any],
) -> list[int]:
    """The latents of the pictures of one shape, those that the file lacks; returns how many there
    are then, and their shape.
    """

    def made(start: int, end: int) -> NDArray[Any]:
        return encode(as_tensor(np.asarray(block[start:end]))).float().cpu().numpy().astype(dtype)

    if not len(block):
        return [0, 0, 0, 0]
    first = made(0, 1)
    with explained(path), path.open("ab") as file:
        done = file.tell() // first.nbytes
        file.truncate(done * first.nbytes)  # the last may be cut
        for start in range(done, len(block), batch_size):
            file.write(made(start, start + batch_size).tobytes())
    return [len(block), *first.shape[1:]]


def _digest(pictures: Pictures) -> str:
    """Which pictures they are: how many of each shape, and all their pixels."""
    digest = hashlib.sha256()
    for block in pictures.blocks:
        digest.update(str(block.shape).encode())
        for start in range(0, len(block), 1024):
            digest.update(block[start : start + 1024].tobytes())
    return digest.hexdigest()


def _path(folder: Path, number: int) -> Path:
    return folder / f"latents-{number}.bin"
