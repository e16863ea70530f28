"""The special tokens around what an encoder reads: one text, or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend
from tokenizers.processors import TemplateProcessing

from jium.errors import ConfigError
from jium.text.tokenizer import Tokenizer

Ids = Sequence[int] | NDArray


@dataclass(frozen=True)
class Frame:
    """The special tokens before and after a text, and between two. second: the segment of the
    second text.
    """

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    between: tuple[int, ...] = ()
    second: int = 1

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """As the tokenizer frames a text by itself, such as <s> text </s></s> text </s>; else
        [CLS] text [SEP], and [CLS] text [SEP] text [SEP], as BERT has it.
        """
        own = cls._template(tokenizer.backend)
        return own or cls((tokenizer.cls_id,), (tokenizer.sep_id,), (tokenizer.sep_id,))

    @classmethod
    def _template(cls, backend: Backend) -> Self | None:
        """What a tokenizer that comes from elsewhere puts around two texts, and between them."""
        if backend.post_processor is None:
            return None
        pair = backend.encode("a", "a")
        owners = pair.sequence_ids  # None of a special token
        if not {0, 1} <= set(owners) or owners[0] is not None or owners[-1] is not None:
            return None
        first = [i for i, owner in enumerate(owners) if owner == 0]
        second = [i for i, owner in enumerate(owners) if owner == 1]
        return cls(
            tuple(pair.ids[: first[0]]),
            tuple(pair.ids[second[-1] + 1 :]),
            tuple(pair.ids[first[-1] + 1 : second[0]]),
            pair.type_ids[second[0]],
        )

    def put_on(self, tokenizer: Tokenizer) -> Tokenizer:
        """A tokenizer that puts the frame around texts by itself, where other programs use it."""
        backend = Backend.from_str(tokenizer.backend.to_str())
        if self._template(backend) != self:
            before, after, between = (
                [tokenizer.backend.id_to_token(i) for i in part]
                for part in (self.before, self.after, self.between)
            )
            backend.post_processor = TemplateProcessing(
                single=[*before, "$A", *after],
                pair=[
                    *[*before, "$A", *between],
                    *[f"$B:{self.second}", *(f"{token}:{self.second}" for token in after)],
                ],
                special_tokens=[
                    (str(tokenizer.backend.id_to_token(i)), i)
                    for i in sorted({*self.before, *self.after, *self.between})
                ],
            )
        if "mask_token" in tokenizer.roles and tokenizer.kind != "char":
            mask = tokenizer.roles["mask_token"]  # the space before it is of the word it stands for
            backend.add_special_tokens([AddedToken(mask, lstrip=True, normalized=False)])
        return Tokenizer(backend, tokenizer.kind, tokenizer.roles, **tokenizer._config)

    def __call__(self, ids: Ids, max_len: int) -> NDArray[np.int64]:
        """The ids with their frame, the end of a text cut off where the model takes no more."""
        room = max_len - len(self.before) - len(self.after)
        if room < 1:
            raise ConfigError("leaves no room for a text. Raise it.", key="model.max_len")
        return np.array([*self.before, *ids[:room], *self.after], np.int64)

    def pair(
        self, first: Ids, second: Ids, max_len: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two texts in one, and the segment of each token: 0 up to the end of the first, then
        `second`.

        The longer one loses its last tokens until both fit. Raises ConfigError where the model
        takes no pair at all.
        """
        first, second = longest_first(first, second, max_len - self.extra)
        ids = [*self.before, *first, *self.between, *second, *self.after]
        n_first = len(self.before) + len(first) + len(self.between)
        segments = np.zeros(len(ids), np.int64)
        segments[n_first:] = self.second
        return np.array(ids, np.int64), segments

    @property
    def extra(self) -> int:
        """How many special tokens stand around a pair."""
        return len(self.before) + len(self.between) + len(self.after)


def longest_first(first: Ids, second: Ids, room: int) -> tuple[Ids, Ids]:
    """Both, cut to `room` tokens together: the longer one is cut until it is as short as the other,
    then both alike, the second one first.
    """
    if room < 2:
        raise ConfigError("leaves no room for two texts. Raise it.", key="model.max_len")
    if len(first) + len(second) <= room:
        return first, second
    half = room // 2
    if len(first) <= room - half:
        return first, second[: room - len(first)]
    if len(second) <= half:
        return first[: room - len(second)], second
    return first[: room - half], second[:half]
