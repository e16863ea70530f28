"""A tag for each character over an encoder of tokens.

Entities of Korean end within words, and often within tokens: 서울에서 is a place and a particle. So
each character is told apart by what its token means in the text, by which character it is, and by
its place in the token; a layer over characters then lets neighbours speak (as the character layers
of Ma and Hovy, 2016, https://arxiv.org/abs/1603.01354, but above the encoder).
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from jium.config import build, config
from jium.errors import ConfigError
from jium.models.heads import HeadConfig, Headed, small
from jium.nn.dropout import Dropout
from jium.nn.layout import Layout
from jium.ranges import at_least


@config
class CharacterSettings:
    """What only this head knows, in HeadConfig.settings."""

    characters: str = (
        ""  # those with an embedding of their own, by code point; all others share one
    )
    mixer: Literal["gru", "conv", "none"] = "gru"  # the layer over characters
    width: int = 128  # of a character's state, both directions together
    window: int = 5  # characters that a convolution sees
    n_places: int = 16  # in a token, that are told apart

    def __post_init__(self) -> None:
        if list(self.characters) != sorted(set(self.characters)):
            raise ConfigError("must be sorted, each character once.", key="characters")
        at_least(1, n_places=self.n_places)
        check_even(self.width)
        if self.window < 1 or not self.window % 2:
            raise ConfigError(
                "must be an odd number; got {value}.", key="window", value=self.window
            )


def check_even(width: int) -> None:
    """Raise ConfigError where a width has no two halves, one for each direction."""
    if width < 2 or width % 2:
        raise ConfigError(
            "must be an even number, 2 or more; got {value}.", key="width", value=width
        )


class CharacterHead(nn.Module):
    """Scores of the tags of each character: (characters, n_outputs)."""

    def __init__(self, config: Any, settings: HeadConfig) -> None:
        super().__init__()
        self.settings = build(CharacterSettings, settings.settings or {}, "settings")
        width = self.settings.width
        self.token = nn.Linear(config.dim, width)
        self.letter = nn.Embedding(len(self.settings.characters) + 1, width)
        self.within = nn.Embedding(self.settings.n_places, width)
        for table in (self.letter, self.within):
            nn.init.normal_(table.weight, std=0.1)
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(settings.dropout)
        self.mixer = _mixer(self.settings)
        self.output = small(nn.Linear(width, settings.n_outputs))

    def forward(
        self,
        encoder: Any,
        hidden: Tensor,
        layout: Layout,
        places: Tensor,
        letters: Tensor,
        within: Tensor,
        characters: Layout,
    ) -> Tensor:
        """hidden: (tokens, dim). places, letters, within: (characters,) the token of each
        character, its number, its place in the token; `characters` is their layout.
        """
        x = self.token(hidden)[places] + self.letter(letters)
        x = x + self.within(within.clamp(max=self.settings.n_places - 1))
        x = self.dropout(self.norm(x))  # (characters, width)
        if self.mixer is not None:
            x = x + self.dropout(self.mixer(x, characters))
        return self.output(x)


class Recurrent(nn.Module):
    """A GRU (Cho et al., 2014) over the characters of each text, in both directions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cells = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        lengths = torch.tensor(layout.lengths)
        run = pack_padded_sequence(layout.pad(x), lengths, batch_first=True, enforce_sorted=False)
        return layout.unpad(pad_packed_sequence(self.cells(run)[0], batch_first=True)[0])


class Convolution(nn.Module):
    """A convolution over the characters of each text; zeros stand around it."""

    def __init__(self, width: int, window: int) -> None:
        super().__init__()
        self.layer = nn.Conv1d(width, width, window, padding=window // 2)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        return layout.unpad(torch.relu(self.layer(layout.pad(x).mT)).mT)


def _mixer(settings: CharacterSettings) -> nn.Module | None:
    if settings.mixer == "gru":
        return Recurrent(settings.width)
    return Convolution(settings.width, settings.window) if settings.mixer == "conv" else None


def tag_scores(model: Headed, batch: Any) -> Tensor:
    """The scores of the tags of each unit of a TagBatch, (units, n_outputs), by either head."""
    hidden = model.encoder(batch.tokens, batch.layout)
    if not isinstance(model.head, CharacterHead):
        return model.head(model.encoder, hidden, batch.layout)[batch.places]
    own = (batch.places, batch.letters, batch.within, batch.units)
    return model.head(model.encoder, hidden, batch.layout, *own)
