"""Pictures to few numbers and back: what lies between two pictures, what a model would draw, what
it has never seen the like of.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from torch import Tensor

from jium.checkpoint.run import load_model, read_config, understood
from jium.data.image_batches import as_pixels
from jium.data.image_data import Fit
from jium.data.pillow import Image
from jium.errors import ConfigError, DataError, RunError
from jium.models.vae import Vae
from jium.models.vqvae import VqVae
from jium.ranges import at_least
from jium.tasks.painted import Painted, seeds_of
from jium.tasks.picture_inputs import in_parts, listed

ROWS = 64  # latents at a time
Picture = Image.Image


@dataclass
class Reconstructor:
    """An autoencoder. fit: how a picture of another size is brought to the model's."""

    model: Vae | VqVae
    fit: Fit = "crop"
    guided: ClassVar[bool] = False  # by words

    @classmethod
    def load(cls, run: Path) -> Self:
        """The autoencoder in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        assert isinstance(model, Vae | VqVae)
        with understood(run / "config.json"):
            return cls(model, TypeAdapter(Fit).validate_python(about["fit"]))

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "reconstruct", "fit": self.fit}

    @property
    def size(self) -> int:
        """Pixels of a side."""
        assert self.model.config.image_size is not None, "training gives it"
        return self.model.config.image_size

    # ------------------------------------------------------------ what a person asks for

    def reconstruct(self, images: Any) -> Any:
        """A picture as the model remembers it, or each of a list.

        A picture is one of PIL, a uint8 array (height, width, 3), or the path of a file.
        """
        return self.decode(self.encode(images))

    def encode(self, images: Any) -> NDArray[np.float32]:
        """The latents of a picture, (channels, height, width), or of each of a list, (pictures,
        channels, height, width); of unit variance over all pictures.
        """
        given, one = listed(images)
        found = self._over(self.model.to_latents, in_parts(filled(given), self.size, self.fit))
        return found[0] if one else found

    def decode(self, latents: NDArray[np.float32]) -> Any:
        """The picture of latents, (channels, height, width), or the pictures of a batch of them.

        Raises DataError for numbers that are no latents of this model.
        """
        latents = np.asarray(latents, np.float32)
        wanted = self.model.config.latent_shape
        if latents.shape[-3:] != wanted or latents.ndim > 4 or not len(latents):
            raise DataError(
                "latents of {found} do not fit; the model knows {wanted}, or several of them.",
                found=latents.shape,
                wanted=wanted,
            )
        rows = torch.from_numpy(latents).view(-1, *wanted)
        pictures = as_pictures(self._over(self.model.from_latents, rows.split(ROWS)))
        return pictures if latents.ndim == 4 else pictures[0]

    def paint(
        self,
        prompts: Sequence[str] | None = None,
        *,
        n: int = 1,
        seed: int | None = None,
        **others: Any,
    ) -> Painted:
        """`n` pictures that the model thinks up. A picture depends on its seed alone, which is
        counted on from `seed`. Raises ConfigError for words and whatever else goes with them.
        """
        asked = {**({} if prompts is None else {"prompts": prompts}), **others}
        for key in asked:
            raise ConfigError("is nothing that an autoencoder knows: it draws freely.", key=key)
        at_least(1, n=n)
        seeds = seeds_of(seed, n)
        drawn = [self.model.draw_latents(1, torch.Generator().manual_seed(s)) for s in seeds]
        found = self._over(self.model.from_latents, torch.cat(drawn).split(ROWS))
        return Painted(as_pictures(found), [{"seed": s} for s in seeds])

    def interpolate(self, a: Any, b: Any, steps: int = 8) -> list[Picture]:
        """`steps` pictures from a to b, both as the model remembers them, on a straight line
        between their latents.
        """
        at_least(2, steps=steps)  # for both ends
        first, last = self.encode([a, b])
        shares = np.linspace(0, 1, steps, dtype=np.float32)[:, None, None, None]
        return self.decode((1 - shares) * first + shares * last)

    def anomaly(self, images: Any) -> Any:
        """How strange a picture is to the model, or each of a list, (pictures,): higher is
        stranger. For a VAE -ELBO in nats a value but for a constant, for a VQ-VAE the mean
        square of what is wrong.
        """
        given, one = listed(images)
        found = self._over(self.model.strangeness, in_parts(filled(given), self.size, self.fit))
        return float(found[0]) if one else found

    def stranger_than(self, scores: Any) -> Any:
        """The share of the pictures it was validated with that score lower than each score."""
        usual = self.model.usual.cpu().numpy()
        if np.isnan(usual).any():
            raise RunError("the model was never measured on valid pictures. Train it further.")
        shares = np.interp(scores, usual, np.linspace(0, 1, len(usual)))
        return shares if np.ndim(scores) else float(shares)

    # ------------------------------------------------------------ how it is done

    @torch.inference_mode()
    def _over(
        self, function: Callable[[Tensor], Tensor], parts: Iterable[Tensor]
    ) -> NDArray[np.float32]:
        """A function of the model over some rows at a time, in evaluation mode."""
        training, device = self.model.training, self.model.latent_scale.device
        self.model.eval()
        try:
            found = [function(part.to(device)).float().cpu() for part in parts]
        finally:
            self.model.train(training)
        return torch.cat(found).numpy()


def filled(given: Sequence[Any]) -> Sequence[Any]:
    """The same pictures. Raises DataError where there is none."""
    if not len(given):
        raise DataError("There is no picture. Give at least one.")
    return given


def as_pictures(images: NDArray[np.float32]) -> list[Picture]:
    """(pictures, 3, height, width) in [-1, 1] as PIL images."""
    return [Image.fromarray(pixels) for pixels in as_pixels(torch.from_numpy(images))]
