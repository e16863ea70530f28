"""Ways to tell a Transformer the order of tokens: two are added to embeddings, two act inside
attention.

Each class may offer `embed` (added to the token embedding), `rotation` (turns queries and keys) and
`bias` (added to attention scores); what it does not offer returns None.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from jium.config import config
from jium.errors import ConfigError, JiumError
from jium.ranges import above_zero

Scheme = Literal["sinusoidal", "sinusoidal_halves", "learned", "rotary", "alibi", "none"]


@config
class RopeScaling:
    """How rotary angles shrink, so that a model reads texts longer than it was first trained on.

    "linear" divides every angle by `factor` (Chen et al., 2023, https://arxiv.org/abs/2306.15595).
    "llama3" leaves wavelengths below original_len / high_freq_factor as they are, divides those
    above original_len / low_freq_factor, and goes from one to the other between (Llama 3.1).
    """

    kind: Literal["linear", "llama3"] = "linear"
    factor: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_len: int = 8192  # tokens

    def __post_init__(self) -> None:
        above_zero(
            factor=self.factor, low_freq_factor=self.low_freq_factor, original_len=self.original_len
        )
        if self.high_freq_factor <= self.low_freq_factor:
            raise ConfigError(
                "must be above low_freq_factor={low}; got {value}.",
                key="high_freq_factor",
                low=self.low_freq_factor,
                value=self.high_freq_factor,
            )


class Positions(nn.Module):
    """No order at all; the parent of the four schemes."""

    def embed(self, positions: Tensor) -> Tensor | None:
        """(tokens,) positions to (tokens, dim), or None."""
        return None

    def rotation(self, positions: Tensor) -> tuple[Tensor, Tensor] | None:
        """(..., time) positions to cosines and sines, each (..., time, head_dim), or None."""
        return None

    def bias(self, queries: Tensor, keys: Tensor) -> Tensor | None:
        """Positions of queries, (..., queries), and of keys to (..., heads, queries, keys), or
        None.
        """
        return None


class Sinusoidal(Positions):
    """Sines and cosines of geometric wavelengths, interleaved; section 3.5 of Vaswani et al.
    (2017),
    https://arxiv.org/abs/1706.03762.

    halves: all sines before all cosines, as tensor2tensor and Marian have it.
    """

    def __init__(self, dim: int, max_len: int, halves: bool = False) -> None:
        super().__init__()
        table = sinusoids(max_len, dim)
        if halves:
            table = torch.cat((table[:, 0::2], table[:, 1::2]), dim=1)
        self.table: Tensor
        self.register_buffer("table", table, persistent=False)

    def embed(self, positions: Tensor) -> Tensor:
        return self.table[positions]


class Learned(Positions):
    """One learned vector a position."""

    def __init__(self, dim: int, max_len: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_len, dim)
        nn.init.normal_(self.table.weight, std=0.02)

    def embed(self, positions: Tensor) -> Tensor:
        return self.table(positions)


class Rotary(Positions):
    """Queries and keys turned by an angle that grows with position, so that scores depend on
    distance only;
    Su et al. (2021), https://arxiv.org/abs/2104.09864. Halves are paired (i with i + head_dim / 2),
    as Llama has it."""

    def __init__(
        self,
        head_dim: int,
        max_len: int,
        theta: float = 10_000.0,
        scaling: RopeScaling | None = None,
    ) -> None:
        super().__init__()
        frequency = 1.0 / theta ** (torch.arange(0, head_dim, 2) / head_dim)
        if scaling is not None:
            frequency = scaled(frequency, scaling)
        angles = torch.outer(torch.arange(max_len), frequency).repeat(1, 2)  # (max_len, head_dim)
        self.cos: Tensor
        self.sin: Tensor
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def rotation(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        return self.cos[positions], self.sin[positions]


class Alibi(Positions):
    """A penalty on the score for each step of distance, steeper in some heads;
    Press et al. (2022), https://arxiv.org/abs/2108.12409. Symmetric where attention is."""

    def __init__(self, n_heads: int) -> None:
        super().__init__()
        self.slopes: Tensor
        self.register_buffer("slopes", alibi_slopes(n_heads), persistent=False)

    def bias(self, queries: Tensor, keys: Tensor) -> Tensor:
        distance = (queries[..., None] - keys).abs()  # (..., queries, keys)
        return -self.slopes[:, None, None] * distance[..., None, :, :]


def sinusoids(max_len: int, dim: int) -> Tensor:
    """(max_len, dim): sin(p / 10000^(2i/dim)) at even, the cosine at odd places."""
    wavelengths = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000.0) / dim))
    angles = torch.outer(torch.arange(max_len, dtype=torch.float), wavelengths)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :dim]


def scaled(frequency: Tensor, scaling: RopeScaling) -> Tensor:
    """Rotary frequencies, in radians a token, as `scaling` has them."""
    slow = frequency / scaling.factor
    if scaling.kind == "linear":
        return slow
    turns = scaling.original_len * frequency / (2 * math.pi)  # in a text of the first length
    share = (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor)
    return torch.lerp(slow, frequency, share.clamp(0, 1))


def alibi_slopes(n_heads: int) -> Tensor:
    """2^(-8/n), 2^(-16/n), ...; between two powers of two, every other slope of the next power is
    added.
    """
    power = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    extra = [2 ** (-4 * (2 * i + 1) / power) for i in range(n_heads - power)]
    return torch.tensor(slopes + extra)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn x, (batch, heads, time, head_dim), by the cosines and sines of `Rotary.rotation`."""
    cos, sin = (part.to(x.dtype) for part in rotation)
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


def make_positions(
    kind: str,
    dim: int,
    n_heads: int,
    head_dim: int,
    max_len: int,
    theta: float,
    scaling: RopeScaling | None = None,
) -> Positions:
    """The scheme that a recipe calls `kind`: sinusoidal, sinusoidal_halves, learned, rotary, alibi
    or none.
    """
    match kind:
        case "sinusoidal" | "sinusoidal_halves":
            return Sinusoidal(dim, max_len, halves=kind == "sinusoidal_halves")
        case "learned":
            return Learned(dim, max_len)
        case "rotary":
            return Rotary(head_dim, max_len, theta, scaling)
        case "alibi":
            return Alibi(n_heads)
        case "none":
            return Positions()
    raise JiumError(
        "no positions {kind!r}. Known: sinusoidal, learned, rotary, alibi, none.", kind=kind
    )
