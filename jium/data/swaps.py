"""Texts with entities, again with other entities: few labelled texts made to go further.

An entity is exchanged for another of the same label that stands somewhere in the training data
("mention replacement" of Dai and Adel, 2020, https://aclanthology.org/2020.coling-main.343): a
tagger then learns how people are spoken of, and not by heart who they are.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from jium.data.tagged_rows import Tagged
from jium.text.bio import Span

SHARE = 0.5  # of the entities that are exchanged in a copy


def swapped(
    texts: Sequence[Tagged], copies: int, seed: int, apart: Iterable[str] = ()
) -> list[Tagged]:
    """The texts, and up to `copies` of each that has entities, with some of them exchanged: those
    that are new, and none of the texts that are set `apart`.
    """
    draw = np.random.default_rng(seed)
    mentions: dict[str, list[str]] = {}
    for text in texts:
        for span in text.spans:
            mentions.setdefault(span.label, []).append(text.text[span.start : span.end])
    named = [text for text in texts if text.spans]
    known = {text.text for text in texts} | set(apart)
    made = [*texts]
    for copy in (_again(text, mentions, draw) for _ in range(copies) for text in named):
        if copy.text not in known:
            known.add(copy.text)
            made.append(copy)
    return made


def _again(text: Tagged, mentions: dict[str, list[str]], draw: np.random.Generator) -> Tagged:
    parts: list[str] = []
    spans: list[Span] = []
    end = length = 0
    for span in sorted(text.spans):
        between, said = text.text[end : span.start], text.text[span.start : span.end]
        if draw.random() < SHARE:
            others = mentions[span.label]
            said = others[int(draw.integers(len(others)))]
        length += len(between)
        spans.append(Span(length, length + len(said), span.label))
        parts += [between, said]
        length += len(said)
        end = span.end
    return Tagged("".join([*parts, text.text[end:]]), tuple(spans))
