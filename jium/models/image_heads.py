"""What stands on a picture encoder to name several attributes at once."""

from collections.abc import Mapping

from torch import Tensor, nn

from jium.models.heads import small


class AttributeHeads(nn.Module):
    """A score for each class of each attribute, from one vector a picture."""

    def __init__(self, dim: int, heads: Mapping[str, int]) -> None:
        super().__init__()
        self.names = list(heads)
        self.outputs = nn.ModuleList(small(nn.Linear(dim, n)) for n in heads.values())

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """(batch, dim) to {name: (batch, classes)}."""
        return {name: out(pooled) for name, out in zip(self.names, self.outputs, strict=True)}
