"""What a painting follows at each step: words and what is not wanted, in areas, tile by tile; and
the steps themselves, in one pass or two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from jium.errors import ConfigError
from jium.generation.diffusion import Denoise, Draws, sample
from jium.generation.edit import (
    by_area,
    enlarge,
    image_to_image,
    inpaint,
    mask_for_latent,
    tiled,
)
from jium.generation.guidance import clipped, guided
from jium.generation.painting import PaintConfig
from jium.models.conditioning import join
from jium.models.diffusion import Diffusion, check_pixels
from jium.tasks.paint_begin import Beginning
from jium.tasks.paint_words import Words

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels of the picture


class Area(NamedTuple):
    """A part of a picture with words of its own."""

    text: str
    box: Box


def areas_of(given: Sequence[Any], width: int, height: int) -> list[Area]:
    """Pairs of a text and a box. Raises ConfigError for a box that is empty or leaves a picture of
    width x height, and for what is no such pair.
    """
    found = []
    for pair in given:
        try:
            text, (left, top, right, bottom) = pair
        except (TypeError, ValueError):
            raise ConfigError(
                "an area is a text and its box, left, top, right and bottom; got {value!r}.",
                key="areas",
                value=pair,
            ) from None
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise ConfigError(
                "the box {box} is empty or leaves the picture of {width} x {height} pixels.",
                key="areas",
                box=f"{left},{top},{right},{bottom}",
                width=width,
                height=height,
            )
        found.append(Area(str(text), (left, top, right, bottom)))
    return found


@dataclass
class Steering:
    """A model, what reads its texts, how it is to paint; and, for all pictures alike, what they are
    to lack and which areas have words of their own.
    """

    model: Diffusion
    words: Words
    settings: PaintConfig
    negative: str = ""
    areas: Sequence[Area] = ()

    def draw(
        self,
        texts: Sequence[str],
        begin: Beginning,
        draw: Draws,
        preview: Callable[[int, Tensor], object] | None = None,
    ) -> Tensor:
        """Clean pictures or latents of a text each, (batch, channels, height, width), in a second
        pass so many times larger as the settings say. draw: the noise, of the first pass's shape.
        """
        options: dict[str, Any] = {"draw": draw}
        options |= {} if preview is None else {"preview": preview}
        denoise, noise = self.denoise(texts, begin.width, begin.height), draw()
        if begin.image is None:
            clean = self.sampled(denoise, noise, **options)
        else:
            clean = self._over(begin, denoise, noise, **options)
        return self.larger(clean, begin, lambda s, w, h: s.denoise(texts, w, h), **options)

    def larger(
        self,
        clean: Tensor,
        begin: Beginning,
        ask: Callable[["Steering", int, int], Denoise],
        *,
        draw: Draws,
        **options: Any,
    ) -> Tensor:
        """The second pass over what the first has drawn. ask: what is asked at each of its steps,
        of the width and height that it has.
        """
        times = self.settings.enlarge
        if times == 1:
            return clean
        width, height = times * begin.width, times * begin.height
        draw.shape = self.model.shape(height, width)
        wanted, options = ask(self._enlarged(times), width, height), options | self._walk()
        detail = self.settings.detail
        return enlarge(wanted, self.model.noise, clean, draw(), detail, draw=draw, **options)

    def sampled(self, denoise: Denoise, noise: Tensor, **options: Any) -> Tensor:
        """Out of nothing but noise."""
        return sample(denoise, self.model.noise, noise, **self._walk(), **options)

    def _over(self, begin: Beginning, denoise: Denoise, noise: Tensor, **options: Any) -> Tensor:
        """Over the picture that is begun from, or into the part that may change."""
        assert begin.image is not None
        schedule, options = self.model.noise, options | self._walk()
        image = self.model.encode(begin.image.to(noise.device)).expand_as(noise)
        if begin.mask is None:
            return image_to_image(denoise, schedule, image, noise, begin.strength, **options)
        mask = begin.mask_for(noise)
        return inpaint(denoise, schedule, image, mask, noise, begin.strength, **options)

    def _walk(self) -> dict[str, Any]:
        known = ("sampler", "steps", "spacing")
        return {name: getattr(self.settings, name) for name in known}

    # ------------------------------------------------------------ what is asked at each step

    def denoise(self, texts: Sequence[str], width: int, height: int) -> Denoise:
        """The clean pictures of so many pixels, a text each, as the settings and areas say."""
        whole = self._tiled(self._towards(texts), width, height)
        if self.areas:
            parts = []
            for area in self.areas:
                own = self._tiled(self._towards([area.text] * len(texts)), width, height)
                parts.append((own, self._mask(area.box, width, height)))
            whole = by_area(whole, parts)
        return clipped(whole) if self.settings.clip and self.model.vae is None else whole

    def _enlarged(self, times: int) -> "Steering":
        """The same, where pictures are so many times larger."""
        areas = [
            Area(text, (times * left, times * top, times * right, times * bottom))
            for text, (left, top, right, bottom) in self.areas
        ]
        return replace(self, areas=areas)

    def _towards(self, texts: Sequence[str]) -> Denoise:
        """By the words of each picture, away from what is not wanted; where there are neither, the
        model is asked once, without.
        """
        model = self.model
        if not self.negative.strip() and not any(text.strip() for text in texts):
            return lambda x, time: model.denoise(x, time)
        words = join([self.words.context(text) for text in texts])
        without = join([self.words.context(self.negative)] * len(texts))
        pair = join([words, without])

        def both(x: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
            first, second = model.denoise(x.repeat(2, 1, 1, 1), time.repeat(2), pair).chunk(2)
            return first, second

        return guided(
            lambda x, time: model.denoise(x, time, words),
            lambda x, time: model.denoise(x, time, without),
            self.settings.steering(),
            both,
        )

    def _tiled(self, denoise: Denoise, width: int, height: int) -> Denoise:
        """In squares, where the picture is larger than one. Raises ConfigError for a tile that the
        model does not take.
        """
        tile = self.settings.tile
        if tile is None:
            return denoise
        check_pixels("tile", tile, self.model.config.multiple)
        if tile >= max(width, height):
            return denoise
        _, _, side = self.model.shape(*[min(tile, width, height)] * 2)
        return tiled(denoise, side)

    def _mask(self, box: Box, width: int, height: int) -> Tensor:
        """Where a box is, in what is noised: bool (1, 1, height, width)."""
        left, top, right, bottom = box
        mask = torch.zeros(1, 1, height, width)
        mask[..., top:bottom, left:right] = 1
        return mask_for_latent(mask, *self.model.shape(height, width)[1:])
