"""Pictures from words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, find_kind, to_values
from jium.data.image_batches import as_pixels
from jium.data.pillow import Image
from jium.errors import ConfigError, DataError
from jium.generation.diffusion import Denoise, Draws
from jium.generation.edit import blended, slerp
from jium.generation.painting import PaintConfig
from jium.models.diffusion import Diffusion
from jium.ranges import at_least
from jium.tasks.paint_begin import Beginning, beginning
from jium.tasks.paint_steer import Box, Steering, areas_of
from jium.tasks.paint_words import Words
from jium.tasks.painted import Painted, Preview, after, facts_of_own, seeds_of, understood_facts
from jium.text.tokenizer import Tokenizer

# Kind of model to what paints with it; each is loaded from a run and has `paint`.
PAINTERS = {
    "diffusion": "jium.tasks.paint:Painter",
    "gan": "jium.tasks.paint_gan:GanPainter",
}
TOGETHER = 32  # pictures painted at a time on a GPU


@dataclass
class Painter:
    """A diffusion model, the tokenizer of its captions, and how it paints unless told otherwise.

    names: of the classes of a model that knows no words.
    """

    model: Diffusion
    tokenizer: Tokenizer | None = None
    settings: PaintConfig = field(default_factory=PaintConfig)
    names: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, run: Path) -> Any:
        """The painter in a run folder, whatever kind of model it has."""
        about = read_config(run)["jium"]
        with understood(run / "config.json"):
            painter = find_kind(PAINTERS, about["kind"], "model")
        return cls.read(run) if painter is cls else painter.load(run)

    @classmethod
    def read(cls, run: Path) -> Self:
        """The diffusion model in a run folder, ready to paint."""
        about = read_config(run)["jium"]
        model: Any = load_model(run)
        with understood(run / "config.json"):
            settings = build(PaintConfig, about["paint"])
            names = dict(about["names"])
        tokenizer = Tokenizer.load(run) if model.config.text is not None else None
        return cls(model, tokenizer, settings, names)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "paint", "paint": to_values(self.settings), "names": self.names}

    @property
    def guided(self) -> bool:
        """Whether words or classes say what is painted."""
        return self.model.conditioner is not None

    @cached_property
    def words(self) -> Words:
        """What reads the texts."""
        return Words(self.model, self.tokenizer, self.names)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def fingerprint(self) -> str:
        """Sixteen digits that say which weights these are."""
        found = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            found.update(name.encode())
            found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return found.hexdigest()[:16]

    # ------------------------------------------------------------ words to pictures

    def paint(
        self,
        prompt: str | Sequence[str] | None = None,
        *,
        n: int = 1,
        seed: int | Sequence[int] | None = None,
        size: int | tuple[int, int] | None = None,
        negative: str | None = None,
        image: Image.Image | None = None,
        strength: float | None = None,
        mask: Image.Image | None = None,
        areas: Sequence[tuple[str, Box]] = (),
        preview: Preview | None = None,
        batch: int | None = None,
        **options: Any,
    ) -> Painted:
        """Paint `n` pictures of a text, or of each of a list of texts, text by text.

        prompt: None and "" say nothing: the model paints what it likes. Of a model that knows
        classes and no words, the name of a class. `(word:1.3)` counts more than the rest.
        seed: of the first picture, the others have the numbers after it; or one for each picture.
        size: pixels of a side, or width and height; None: as trained. negative: what pictures are
        to lack. image: begin from it, with `strength` of the way to noise (0 keeps it, 1 begins
        anew); mask: paint only where it is white. areas: parts with words of their own, ("a red
        dog", (left, top, right, bottom)). preview: called after each step with the steps done and
        the pictures as guessed so far. batch: pictures painted at a time; None: on a CPU one, so
        that a picture is the same to the bit whatever is painted with it.
        options: any setting of `PaintConfig`, such as steps=30, guidance=5.0, sampler="ddim";
        tile and enlarge for pictures larger than the model was trained on.

        Raises ConfigError for a setting that cannot be, DataError for what the model cannot take.
        """
        settings = build(PaintConfig, to_values(self.settings) | options)
        at_least(1, n=n, batch=batch)
        texts = [prompt or ""] if prompt is None or isinstance(prompt, str) else list(prompt)
        wanted = [text for text in texts for _ in range(n)]
        seeds = seeds_of(seed, len(wanted))
        begin = beginning(self.model.config.picture_size, size, image, strength, mask)
        if mask is not None and settings.enlarge > 1:
            raise ConfigError("goes with no mask: it draws all of a picture anew.", key="enlarge")
        parts = areas_of(areas, begin.width, begin.height)
        steering = Steering(self.model, self.words, settings, negative or "", parts)
        together = batch or (1 if self.device.type == "cpu" else TOGETHER)
        made = Painted()
        for first in range(0, len(wanted), together):
            rows = slice(first, first + together)
            watch = None if preview is None else after(preview, made)
            made += self._paint(steering, wanted[rows], seeds[rows], begin, watch)
        common: dict[str, Any] = {"negative": negative or ""}
        common |= {"size": [begin.width, begin.height]} | begin.about() | to_values(settings)
        common |= {"areas": [[text, list(box)] for text, box in parts]} if parts else {}
        common |= {"batch": together, "model": self.fingerprint, "version": version("jium")}
        each = zip(wanted, seeds, strict=True)
        made.facts = [{"prompt": text, "seed": own} | common for text, own in each]
        return made

    def paint_like(
        self, path: str | Path, prompt: str | Sequence[str] | None = None, **options: Any
    ) -> Painted:
        """Paint a picture again, as its file says it was painted; what is given counts instead.

        Raises DataError where the file says nothing, was painted by another model, or began from a
        picture that is not given.
        """
        facts = facts_of_own(Path(path), self.fingerprint)
        with understood_facts(path):
            known: dict[str, Any] = {name: facts[name] for name in to_values(self.settings)}
            known |= {"seed": facts["seed"], "size": tuple(facts["size"])}
            known |= {"negative": facts["negative"], "batch": facts["batch"]}
            known |= {"strength": facts["strength"]} if "image" in facts else {}
            known |= {"areas": facts.get("areas", [])}
            prompt = facts["prompt"] if prompt is None else prompt
        if any(name in facts and options.get(name) is None for name in ("image", "mask")):
            raise DataError(
                "{path}: was painted over a picture. Give that picture, and the mask if any.",
                path=path,
            )
        return self.paint(prompt, **known | options)

    def interpolate(
        self,
        a: str = "",
        b: str = "",
        steps: int = 8,
        *,
        seed: int | None = None,
        to_seed: int | None = None,
        size: int | tuple[int, int] | None = None,
        negative: str | None = None,
        **options: Any,
    ) -> Painted:
        """`steps` pictures from what text a says to what b says; "" says nothing.

        seed: the noise that all of them come from, or, with to_seed, that of the first, from which
        the noise turns to that of the last. options: as of `paint`.
        """
        at_least(2, steps=steps)  # for both ends
        settings = build(PaintConfig, to_values(self.settings) | options)
        begin = beginning(self.model.config.picture_size, size, None, None, None)
        steering = Steering(self.model, self.words, settings, negative or "")
        (seed,) = seeds_of(seed, 1)
        (to_seed,) = [seed] if to_seed is None else seeds_of(to_seed, 1)
        shape, made = self.model.shape(begin.height, begin.width), Painted()
        for i in range(steps):
            share, draw = i / (steps - 1), Draws([seed], shape, self.device)
            noise = draw()
            if to_seed != seed:
                noise = slerp(noise, Draws([to_seed], shape, self.device)(), share)
            ask = partial(_between, a, b, share)
            with torch.inference_mode():
                denoise = ask(steering, begin.width, begin.height)
                clean = steering.sampled(denoise, noise, draw=draw)
                made += self._pictures(steering.larger(clean, begin, ask, draw=draw))
            made.facts.append({"prompt": a, "to": b, "share": share, "seed": seed})
        return made

    # ------------------------------------------------------------ how it is done

    @torch.inference_mode()
    def _paint(
        self,
        steering: Steering,
        texts: list[str],
        seeds: list[int],
        begin: Beginning,
        watch: Preview | None,
    ) -> list[Image.Image]:
        """Pictures of some texts, a seed each, together."""
        draw = Draws(seeds, self.model.shape(begin.height, begin.width), self.device)
        seen = None if watch is None else lambda step, clean: watch(step, self._pictures(clean))
        made = self._pictures(steering.draw(texts, begin, draw, seen))
        return made if begin.mask is None else [begin.keep(picture) for picture in made]

    def _pictures(self, clean: Tensor) -> list[Image.Image]:
        return [Image.fromarray(one) for one in as_pixels(self.model.decode(clean))]


def _between(a: str, b: str, share: float, steering: Steering, width: int, height: int) -> Denoise:
    """What is asked between two texts."""
    one, other = (steering.denoise([text], width, height) for text in (a, b))
    return blended(one, other, share)
