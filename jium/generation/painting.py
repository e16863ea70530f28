"""How a run paints: the [paint] section of a recipe, and what a call may say instead."""

from jium.config import config
from jium.errors import ConfigError
from jium.generation.diffusion import Spacing, find_sampler
from jium.generation.guidance import Guidance
from jium.ranges import at_least, share


@config
class PaintConfig:
    """[paint]: the defaults of `paint`; a call overrides any of them."""

    sampler: str = "dpm++2m"
    steps: int = 25
    spacing: Spacing = "uniform"  # of the times that the sampler stops at
    guidance: float = 3.0  # 1: the caption as trained; 0: as if there were none
    guidance_rescale: float = 0.0  # share of the contrast that guidance adds which is taken back
    guidance_start: float = 0.0  # guided only at times between these two, 0 clean and 1 noise
    guidance_end: float = 1.0
    guidance_rise: float = 0.0  # 1: from none in the noise to all of it in the clean picture
    clip: bool = True  # pictures as guessed on the way are kept within [-1, 1]
    tile: int | None = None  # pixels a side of the overlapping squares that a larger picture is
    # seen in; None: as a whole
    enlarge: int = 1  # painted first, then so many times larger, in a second pass
    detail: float = 0.5  # share of the way back to noise from which the second pass begins

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps, tile=self.tile, enlarge=self.enlarge)
        share(detail=self.detail)
        find_sampler(self.sampler)
        try:
            self.steering()
        except ConfigError as error:
            error.key = "guidance" if error.key == "scale" else f"guidance_{error.key}"
            raise

    def steering(self) -> Guidance:
        """How strongly words steer, and when."""
        return Guidance(
            scale=self.guidance,
            rescale=self.guidance_rescale,
            start=self.guidance_start,
            end=self.guidance_end,
            rise=self.guidance_rise,
        )
