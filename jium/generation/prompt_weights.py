"""Words that count more, or less: "a (red:1.3) fox in the (snow:0.6)"."""

import re
from typing import NamedTuple

from torch import Tensor

from jium.errors import DataError

MARK = re.compile(r"\\([()\\])|(\()|:\s*([-+.\d][^\s:()\\]*)\s*\)|(\))")


class Weighted(NamedTuple):
    """A prompt without its marks, and the weight of each of its characters."""

    text: str
    weights: list[float]


def read_weights(prompt: str) -> Weighted:
    """Read `(words:weight)`, which may be nested: weights multiply. Brackets without a weight stay
    what they are, and `\\(`, `\\)` and `\\\\` are never marks.

    Raises DataError for a weight that is no number from 0 to 10.
    """
    text: list[str] = []
    weights: list[float] = []
    open_at: list[int] = []
    place = 0
    for mark in MARK.finditer(prompt):
        _write(prompt[place : mark.start()], text, weights)
        place = mark.end()
        literal, opens, weight, _ = mark.groups()
        if literal:
            _write(literal, text, weights)
        elif weight is not None and open_at:
            begin = open_at.pop()
            factor = _weight(weight, prompt)
            del text[begin], weights[begin]  # the bracket that opened it
            weights[begin:] = [w * factor for w in weights[begin:]]
        else:
            if opens:
                open_at.append(len(text))
            elif open_at:
                open_at.pop()
            _write(mark.group(), text, weights)
    _write(prompt[place:], text, weights)
    return Weighted("".join(text), weights)


def as_said(text: str) -> str:
    """A prompt that says exactly this, whatever brackets are in it."""
    return re.sub(r"[()\\]", r"\\\g<0>", text)


def _write(words: str, text: list[str], weights: list[float]) -> None:
    text.extend(words)
    weights.extend([1.0] * len(words))


def _weight(said: str, prompt: str) -> float:
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise DataError(
            'the weight "{value}" in "{prompt}" must be a number from 0 to 10, as in (red:1.3).',
            value=said,
            prompt=prompt,
        )
    return value


def token_weights(weights: list[float], offsets: list[tuple[int, int]]) -> list[float]:
    """The weight of each token, the mean over its characters; 1 where it stands for none.

    offsets: where tokens begin and end in the text, in characters.
    """
    spans = [weights[begin:end] for begin, end in offsets]
    return [sum(span) / len(span) if span else 1.0 for span in spans]


def weigh(states: Tensor, weights: Tensor, neutral: Tensor) -> Tensor:
    """What a text means with weighted tokens: each state is moved away from the neutral one, or
    towards it: neutral + weight * (state - neutral). At weight 1 nothing changes; at 0 a word says
    no more than an empty prompt.

    states: (batch, time, dim). weights: (batch, time). neutral: what an empty prompt means, as
    (dim,) or (batch, 1, dim).
    """
    moved = neutral + weights[..., None].to(states) * (states - neutral)
    return moved.where(weights[..., None] != 1, states)
