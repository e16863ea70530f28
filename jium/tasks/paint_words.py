"""What is to be painted, as a model is told it: captions, with weighted words, or names of classes.

Every text is read alone, so that what it says does not depend on the texts beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from jium.config import nearest
from jium.errors import ConfigError, DataError
from jium.generation.prompt_weights import read_weights, token_weights, weigh
from jium.models.conditioning import ClassConditioner, Context, TextConditioner
from jium.models.diffusion import Diffusion
from jium.nn.layout import Layout
from jium.text.tokenizer import Tokenizer


@dataclass
class Words:
    """A model, the tokenizer of its captions, and the names of its classes if it knows no words."""

    model: Diffusion
    tokenizer: Tokenizer | None = None
    names: dict[str, list[str]] = field(default_factory=dict)

    @property
    def max_len(self) -> int:
        """Tokens of a caption at most."""
        conditioner = self.model.conditioner
        return conditioner.config.max_len if isinstance(conditioner, TextConditioner) else 0

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Captions as the model reads them: their tokens, and the end."""
        assert self.tokenizer is not None
        return [[*ids, self.tokenizer.eos_id] for ids in self.tokenizer.encode_batch(texts)]

    def fits(self, caption: str) -> bool:
        """Whether the model reads all of it."""
        return len(self.ids([caption])[0]) <= self.max_len

    def class_of(self, labels: Mapping[str, str]) -> str:
        """The first of the classes of a picture that the model knows, as a prompt; "" for none."""
        known = ((kind, labels.get(kind, "")) for kind in self.names)
        return next((f"{k}={name}" for k, name in known if name in self.names[k]), "")

    def context(self, text: str) -> Context:
        """What one text says; an empty one nothing. Raises DataError for a class that nobody knows
        and for a text that is too long, ConfigError where the model takes neither.
        """
        conditioner = self.model.conditioner
        if conditioner is None:
            raise ConfigError(
                "this model was trained without captions and labels; leave it out.", key="prompt"
            )
        if not text.strip():
            return conditioner.null(1)
        if isinstance(conditioner, ClassConditioner):
            return conditioner(self._classes(text))
        return self._read(conditioner, text)

    def _read(self, conditioner: TextConditioner, prompt: str) -> Context:
        assert self.tokenizer is not None
        text, weights = read_weights(prompt)
        ids = self.ids([text])[0]
        tokens = torch.tensor(ids, device=conditioner.null_state.device)
        layout = Layout([len(ids)], tokens.device)
        context = conditioner(tokens, layout)
        if all(weight == 1 for weight in weights):
            return context
        of_tokens = [*token_weights(weights, self.tokenizer.offsets(text)), 1.0]  # 1: of the end
        found = torch.tensor([of_tokens], device=tokens.device)
        states = weigh(context.states, found, conditioner.null_state)
        return Context(states, context.mask, conditioner.pool(states[0], layout))

    def _classes(self, text: str) -> dict[str, Tensor]:
        """Class numbers of a text that names a class, or one of each kind with commas between: as
        "kind=name", or as a name, of the first kind that knows it and is not yet said.
        """
        device = self.model.conditioner.null_state.device  # type: ignore[union-attr]
        found = dict.fromkeys(self.names, -1)
        whole = self._class(text.strip(), found) is not None
        for word in [text.strip()] if whole else [part.strip() for part in text.split(",")]:
            one = self._class(word, found)
            if one is None:
                known = [name for names in self.names.values() for name in names]
                raise DataError(
                    'the model knows no "{word}".{near} It was trained on these classes: {known}.',
                    word=word,
                    near=nearest(word, known),
                    known=", ".join(known),
                )
            found |= dict([one])
        return {kind: torch.tensor([number], device=device) for kind, number in found.items()}

    def _class(self, word: str, found: Mapping[str, int]) -> tuple[str, int] | None:
        """The kind and the number of a class, of those kinds of which none is found."""
        free = {kind: names for kind, names in self.names.items() if found[kind] < 0}
        for kind, names in free.items():
            if word.startswith(f"{kind}=") and word.removeprefix(f"{kind}=") in names:
                return kind, names.index(word.removeprefix(f"{kind}="))
        return next(((k, names.index(word)) for k, names in free.items() if word in names), None)
