"""Pictures from a GAN: drawn at once, not step by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import nearest
from jium.data.image_batches import as_pixels
from jium.data.pillow import Image
from jium.errors import ConfigError
from jium.generation.edit import lerp, slerp
from jium.models.gan import Gan
from jium.ranges import at_least
from jium.tasks.paint import Painter
from jium.tasks.paint_words import Words
from jium.tasks.painted import Painted, facts_of_own, seeds_of, understood_facts
from jium.text.tokenizer import Tokenizer

TOGETHER = 32  # pictures painted at a time on a GPU


@dataclass
class GanPainter:
    """A GAN and the tokenizer of its captions. names: of the classes of a model that knows no
    words.
    """

    model: Gan
    tokenizer: Tokenizer | None = None
    names: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, run: Path) -> Self:
        """The GAN in a run folder, ready to paint."""
        about = read_config(run)["jium"]
        model: Any = load_model(run)
        with understood(run / "config.json"):
            names = dict(about["names"])
        tokenizer = Tokenizer.load(run) if model.config.text is not None else None
        return cls(model, tokenizer, names)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "paint", "names": self.names}

    @property
    def guided(self) -> bool:
        """Whether words or classes say what is painted."""
        return self.model.conditioner is not None

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def fingerprint(self) -> str:
        """Sixteen digits that say which weights these are."""
        model: Any = self.model
        return Painter(model).fingerprint

    @cached_property
    def words(self) -> Words:
        """What reads the texts."""
        model: Any = self.model  # it has a conditioner, and Words asks for nothing else
        return Words(model, self.tokenizer, self.names)

    # ------------------------------------------------------------ words to pictures

    def paint(
        self,
        prompt: str | Sequence[str] | None = None,
        *,
        n: int = 1,
        seed: int | Sequence[int] | None = None,
        truncation: float = 1.0,
        size: int | tuple[int, int] | None = None,
        batch: int | None = None,
        **options: Any,
    ) -> Painted:
        """Paint `n` pictures of a text, or of each of a list of texts, text by text.

        prompt: None and "" say nothing: the model paints what it likes. Of a model that knows
        classes and no words, the name of a class. seed: of the first picture, the others have the
        numbers after it; or one for each picture. truncation: what the latent is multiplied by:
        below 1 pictures are more usual and less different (Brock et al., 2019, section 3.1).
        size: as trained, or None. batch: pictures painted at a time; None: on a CPU one, so that a
        picture is the same to the bit whatever is painted with it.
        Raises ConfigError for a setting that cannot be, such as those of sampling step by step;
        DataError for a class that nobody knows, and a text that is too long.
        """
        self._check(options, n, size, truncation)
        at_least(1, batch=batch)
        texts = [prompt or ""] if prompt is None or isinstance(prompt, str) else list(prompt)
        wanted = [text for text in texts for _ in range(n)]
        seeds = seeds_of(seed, len(wanted))
        together = batch or (1 if self.device.type == "cpu" else TOGETHER)
        made = Painted()
        for first in range(0, len(wanted), together):
            rows = slice(first, first + together)
            made += self._draw(wanted[rows], seeds[rows], truncation)
        common: dict[str, Any] = {"sampler": "gan", "size": [self.model.config.picture_size] * 2}
        common |= {"truncation": truncation, "batch": together, "model": self.fingerprint}
        common |= {"version": version("jium")}
        made.facts = [
            {"prompt": text, "seed": own} | common for text, own in zip(wanted, seeds, strict=True)
        ]
        return made

    def paint_like(
        self, path: str | Path, prompt: str | Sequence[str] | None = None, **options: Any
    ) -> Painted:
        """Paint a picture again, as its file says it was painted; what is given counts instead.

        Raises DataError where the file says nothing, or was painted by another model.
        """
        facts = facts_of_own(Path(path), self.fingerprint)
        with understood_facts(path):
            known = {name: facts[name] for name in ("seed", "truncation", "batch")}
            prompt = facts["prompt"] if prompt is None else prompt
        return self.paint(prompt, **known | options)

    @torch.inference_mode()
    def interpolate(
        self,
        a: str = "",
        b: str = "",
        steps: int = 8,
        *,
        seed: int | None = None,
        to_seed: int | None = None,
        truncation: float = 1.0,
        **options: Any,
    ) -> Painted:
        """`steps` pictures from what text a says to what b says; "" says nothing.

        seed: of the latent that all of them come from, or, with to_seed, that of the first, from
        which the latent turns to that of the last. truncation: as of `paint`.
        """
        self._check(options, 1, None, truncation)
        at_least(2, steps=steps)  # for both ends
        (seed,) = seeds_of(seed, 1)
        (to_seed,) = [seed] if to_seed is None else seeds_of(to_seed, 1)
        shares = [i / (steps - 1) for i in range(steps)]
        first, last = (self.latents([one]) for one in (seed, to_seed))
        latent = torch.cat([slerp(first, last, share) for share in shares])
        pooled = self._pooled([a, b])
        if pooled is not None:
            pooled = torch.cat([lerp(pooled[:1], pooled[1:], share) for share in shares])
        said = [{"prompt": a, "to": b, "share": share, "seed": seed} for share in shares]
        return Painted(self._drawn(truncation * latent, pooled), said)

    # ------------------------------------------------------------ how it is done

    @torch.inference_mode()
    def _draw(self, texts: list[str], seeds: list[int], truncation: float) -> list[Image.Image]:
        return self._drawn(truncation * self.latents(seeds), self._pooled(texts))

    def _pooled(self, texts: list[str]) -> Tensor | None:
        """What texts say, (texts, dim); None where the model reads none and none is given."""
        if not self.guided and not any(text.strip() for text in texts):
            return None
        return torch.cat([self.words.context(text).pooled for text in texts])

    def _drawn(self, latent: Tensor, pooled: Tensor | None) -> list[Image.Image]:
        """The pictures of latents, (batch, latent_dim)."""
        training = self.model.training
        self.model.eval()
        images = self.model.generator.draw(latent.to(self.device), pooled)
        self.model.train(training)
        return [Image.fromarray(one) for one in as_pixels(images)]

    def latents(self, seeds: Iterable[int]) -> Tensor:
        """One for each seed, (seeds, latent_dim), the same on every machine."""
        draws = [torch.Generator().manual_seed(seed) for seed in seeds]
        size = self.model.config.latent_dim
        return torch.stack([torch.randn(size, generator=draw) for draw in draws])

    def _check(self, options: dict[str, Any], n: int, size: Any, truncation: float) -> None:
        for name in options:
            known = ("n", "seed", "truncation", "size", "batch")
            raise ConfigError(
                "a GAN draws a picture at once and knows no such setting.{near} Known: {known}.",
                key=name,
                near=nearest(name, known),
                known=", ".join(known),
            )
        at_least(1, n=n)
        at_least(0, truncation=truncation)
        own = self.model.config.picture_size
        if size is not None and size not in (own, (own, own)):
            raise ConfigError(
                "this model draws pictures of {own} x {own} pixels and no others; leave it out.",
                key="size",
                own=own,
            )
