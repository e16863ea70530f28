"""Latents of a data set on disk: a picture goes through the encoder once, and not in every epoch.

A cache is a folder: `latents-CxHxW.bin` (float16 or float32, latent after latent, one file a shape)
and `about.json`, which is written last: a folder with it is whole. Rows are those of the pictures,
so captions and labels are looked up there.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.image_batches import Encode, ImageBatch, ImageBatches, as_tensor
from jium.data.image_store import Pictures
from jium.errors import DataError
from jium.files import explained, make_folder, write_text

Shape = tuple[int, int, int]  # channels, height, width
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
                np.memmap(_path(folder, i, shape), dtype, "r", shape=(count, *shape))
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
        return replace(batch, images=self.latents.latents(batch.rows))


def cache_latents(
    pictures: Pictures,
    encode: Callable[[Tensor], Tensor],
    folder: str | Path,
    made_by: str,
    batch_size: int = 64,
    dtype: Kind = "float32",
) -> Latents:
    """The latents of all pictures, made once in `folder` and found there the next time.

    encode: (batch, 3, height, width) in [-1, 1] to (batch, channels, height, width). made_by: what
    tells one encoder from another, such as `fingerprint` of its weights; where it or the pictures
    have changed, the latents are made anew.
    """
    folder = Path(folder)
    about: dict[str, Any] = {"made_by": made_by, "dtype": dtype, "pictures": _digest(pictures)}
    if _settled(folder) != about:
        (make_folder(folder) / "about.json").unlink(missing_ok=True)
        shapes = [
            _write(folder, number, block, encode, batch_size, dtype)
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


def _settled(folder: Path) -> dict[str, Any] | None:
    """What a whole cache says it was made of and by; None where there is none."""
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return {name: value for name, value in about.items() if name != "shapes"}


def _write(
    folder: Path,
    number: int,
    block: NDArray[np.uint8],
    encode: Callable[[Tensor], Tensor],
    batch_size: int,
    dtype: Kind,
) -> list[int]:
    """The latents of the pictures of one shape; returns how many, and their shape."""
    file: BinaryIO | None = None
    shape: Shape = (0, 0, 0)
    with ExitStack() as stack, torch.inference_mode():
        stack.enter_context(explained(folder))
        for start in range(0, len(block), batch_size):
            images = as_tensor(np.asarray(block[start : start + batch_size]))
            found = encode(images).float().cpu().numpy().astype(dtype)
            if file is None:
                shape = found.shape[1:]
                file = stack.enter_context(_path(folder, number, shape).open("wb"))
            file.write(found.tobytes())
    return [len(block), *shape]


def _digest(pictures: Pictures) -> str:
    """Which pictures they are: how many of each shape, and the pixels of some all over."""
    digest = hashlib.sha256()
    for block in pictures.blocks:
        digest.update(str(block.shape).encode())
        digest.update(np.asarray(block[:: max(1, len(block) // 256)]).tobytes())
    return digest.hexdigest()


def _path(folder: Path, number: int, shape: Sequence[int]) -> Path:
    return folder / f"latents-{number}-{'x'.join(map(str, shape))}.bin"
