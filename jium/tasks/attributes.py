"""Pictures to what they show in several respects: the judge of drawn pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from jium.checkpoint.run import load_model, read_config, understood
from jium.data.image_data import Fit
from jium.tasks.picture_inputs import in_parts, listed


@dataclass
class AttributeClassifier:
    """A model with a head an attribute, and the names of the classes of each.

    fit: how a picture of another shape is brought to the model's.
    """

    sees: ClassVar[bool] = True  # the command line gives it pictures

    model: nn.Module
    names: dict[str, list[str]]
    fit: Fit = "crop"

    @classmethod
    def load(cls, run: Path) -> Self:
        """The judge in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            names = {str(name): list(map(str, known)) for name, known in about["names"].items()}
            fit = about["fit"]
        return cls(model, names, fit)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {"task": "attributes", "names": self.names, "fit": self.fit}

    # ------------------------------------------------------------ what a person asks for

    def classify(self, images: Any, *, probabilities: bool = False) -> Any:
        """The class of each attribute of a picture, {attribute: class}, or a list of such.

        probabilities: {attribute: {class: probability}} instead, likeliest first.
        """
        pictures, one = listed(images)
        shares = self.probabilities(pictures)
        rows: list[Any] = [self._ranked(shares, i) for i in range(len(pictures))]
        if not probabilities:
            rows = [{name: next(iter(table)) for name, table in row.items()} for row in rows]
        return rows[0] if one else rows

    def probabilities(self, images: Any) -> dict[str, Tensor]:
        """How likely each class of each attribute is: {attribute: (pictures, classes)}."""
        return {name: s.softmax(1) for name, s in self.scores(images).items()}

    def scores(self, images: Any) -> dict[str, Tensor]:
        """Scores of each class of each attribute: {attribute: (pictures, classes)}, float32."""
        parts = self._of_parts(self.model, images)
        return {
            name: torch.cat([torch.empty(0, len(known)), *(p[name].float().cpu() for p in parts)])
            for name, known in self.names.items()
        }

    def features(self, images: Any) -> Tensor:
        """What the model sees in pictures before it names anything, (pictures, dim), float32: what
        distances between sets of pictures are taken on.
        """
        model: Any = self.model
        parts = self._of_parts(model.features, images)
        return torch.cat([part.float().cpu() for part in parts]) if parts else torch.empty(0, 0)

    @torch.inference_mode()
    def _of_parts(self, function: Callable[[Tensor], Any], images: Any) -> list[Any]:
        """What a function of the model gives for some pictures at a time."""
        pictures, _ = listed(images)
        training = self.model.training
        self.model.eval()
        device = next(self.model.parameters()).device
        found = [function(x.to(device)) for x in in_parts(pictures, self.size, self.fit)]
        self.model.train(training)
        return found

    @property
    def size(self) -> int:
        """Pixels a side that the model takes."""
        config: Any = self.model.config
        return config.image_size

    def _ranked(self, shares: dict[str, Tensor], i: int) -> dict[str, dict[str, float]]:
        found = {}
        for name, known in self.names.items():
            order = shares[name][i].argsort(descending=True, stable=True).tolist()
            found[name] = {known[n]: float(shares[name][i, n]) for n in order}
        return found
