"""What the families of encoders share: a pooler that some heads have, under a name of their own,
and an output layer that is the table of token embeddings.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from jium.checkpoint.names.table import Family, Head, Tensors, Values, refuse
from jium.errors import RunError

POOLER = "pooler."
WORDS = "embeddings.word_embeddings.weight"
OLD_NORM = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
SPAN: Values = {"n_outputs": 2}  # the first and the last token of an answer
ABSOLUTE: dict[str, tuple[Any, ...]] = {
    "position_embedding_type": ("absolute", None),
    "is_decoder": (False, None),
    "add_cross_attention": (False, None),
}


@dataclass(frozen=True)
class EncoderHead(Head):
    """pooler: their whole name of the layer that our encoder pools a text with; "": the head reads
    tokens, and none is there.
    """

    pooler: str = ""


@dataclass(frozen=True)
class EncoderFamily(Family):
    """decoder: their layer from the states of a masked head to the vocabulary, which must be the
    table of embeddings.
    """

    decoder: str = ""

    def ours(
        self, tensors: Tensors, head: Head | None = None
    ) -> tuple[Tensors, Tensors, list[str]]:
        found = dict(tensors)
        self._untie(found)
        pooler = head.pooler if isinstance(head, EncoderHead) else ""
        taken = {
            name: found.pop(name) for name in list(found) if pooler and name.startswith(pooler)
        }
        body, top, unknown = super().ours(found, head)
        if pooler:
            if not taken:
                raise RunError("its weights lack {name}, a layer of this head.", name=pooler)
            body = {name: tensor for name, tensor in body.items() if not name.startswith(POOLER)}
            body |= {POOLER + name.removeprefix(pooler): tensor for name, tensor in taken.items()}
        return body, top, unknown

    def theirs(self, tensors: Tensors, architecture: str) -> Tensors:
        head = self.heads.get(architecture)
        if not isinstance(head, EncoderHead):
            return super().theirs(tensors, architecture)
        pooler = {n.removeprefix(POOLER): t for n, t in tensors.items() if n.startswith(POOLER)}
        if head.pooler and not pooler:
            raise RunError(
                "a {architecture} has a layer that pools a text. Train with model.pooler=true to "
                "write one.",
                architecture=architecture,
            )
        rest = {name: t for name, t in tensors.items() if not name.startswith(POOLER)}
        kept = {head.pooler + name: t for name, t in pooler.items() if head.pooler}
        return super().theirs(rest, architecture) | kept

    def _untie(self, tensors: Tensors) -> None:
        """Leave out the copy of the embeddings that old files have as their output, and take its
        bias where the other name of it is missing.

        Raises RunError where it is no copy, for then the model says something else than ours.
        """
        copy = tensors.pop(f"{self.decoder}.weight", None)
        words = self._words(tensors)
        if copy is not None and words is not None and not _same(copy, words):
            raise RunError(
                "{name} is not the table of token embeddings, as it is here.",
                name=f"{self.decoder}.weight",
            )
        above, _, _ = self.decoder.rpartition(".decoder")
        bias = tensors.get(f"{self.decoder}.bias")
        if above and bias is not None:
            tensors.setdefault(f"{above}.bias", bias)
            del tensors[f"{self.decoder}.bias"]

    def _words(self, tensors: Tensors) -> Tensor | None:
        return tensors.get(self.prefix + WORDS, tensors.get(WORDS))


def refuse_others(document: Values, activation: str, known: tuple[str, ...]) -> None:
    """Raises RunError for a decoder, other positions, or an activation that is not known here."""
    refuse(document, ABSOLUTE | {activation: known})


def of_activation(document: Values, name: str = "hidden_act") -> Values:
    """Values of `HeadConfig` for a head with the activation of its encoder."""
    given = document.get(name, "gelu")
    return {} if given == "gelu" else {"settings": {"activation": given}}


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and one.equal(other)
