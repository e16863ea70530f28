"""Tokenizers side by side on one corpus: how large, how lossy, how long, how fast, how Korean.

Tokens are counted per eojeol (what stands between spaces), per character and per byte, for each
misleads alone: bytes favour Hangul, three to a syllable.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.table import Table

from jium.errors import TokenizerError
from jium.messages import say
from jium.text.korean import analyse
from jium.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Row:
    """One tokenizer on one corpus.

    unknown: share of tokens that are unknown. exact: share of texts that come back as they were.
    particles_split: share of the particles after a noun that begin a token of their own; None if
    not asked.
    """

    name: str
    kind: str
    vocab_size: int
    unknown: float
    exact: float
    tokens_per_eojeol: float
    tokens_per_character: float
    bytes_per_token: float
    megabytes_per_s: float
    particles_split: float | None


def compare(
    tokenizers: Mapping[str, Tokenizer], texts: Sequence[str], n_particle_texts: int = 1000
) -> list[Row]:
    """A row for each tokenizer, in the order given.

    n_particle_texts: how many texts Kiwi looks at for particles; 0 leaves Kiwi out.
    """
    if not any(text.strip() for text in texts):
        raise TokenizerError("There is no text to compare tokenizers on; give some.")
    borders = [(text, list(particle_starts(text))) for text in texts[:n_particle_texts]]
    return [_row(name, one, list(texts), borders) for name, one in tokenizers.items()]


def particle_starts(text: str) -> Iterator[int]:
    """Where a particle (조사) stands right after its noun, as Kiwi judges."""
    for noun, particle in pairwise(analyse(text)):
        follows = noun.tag.startswith("N") and particle.tag.startswith("J")
        if follows and noun.end == particle.start:
            yield particle.start


def word_growth(texts: Sequence[str], points: int = 10) -> list[tuple[int, int]]:
    """(words read, different ones among them) at even steps: how word vocabularies explode."""
    words = [word for text in texts for word in text.split()]
    marks = {len(words) * step // points for step in range(1, points + 1)}
    seen: set[str] = set()
    curve = []
    for count, word in enumerate(words, 1):
        seen.add(word)
        if count in marks:
            curve.append((count, len(seen)))
    return curve


def _row(
    name: str, tokenizer: Tokenizer, texts: list[str], borders: list[tuple[str, list[int]]]
) -> Row:
    start = time.perf_counter()
    ids = tokenizer.encode_batch(texts)
    seconds = time.perf_counter() - start
    n_tokens = max(1, sum(map(len, ids)))
    n_bytes = sum(len(text.encode()) for text in texts)
    back = tokenizer.decode_batch(ids)
    return Row(
        name=name,
        kind=tokenizer.kind,
        vocab_size=tokenizer.vocab_size,
        unknown=sum(row.count(tokenizer.unk_id) for row in ids if tokenizer.unk_id is not None)
        / n_tokens,
        exact=sum(a == b for a, b in zip(texts, back, strict=True)) / len(texts),
        tokens_per_eojeol=n_tokens / sum(len(text.split()) for text in texts),
        tokens_per_character=n_tokens / sum(map(len, texts)),
        bytes_per_token=n_bytes / n_tokens,
        megabytes_per_s=n_bytes / 1e6 / seconds,
        particles_split=_particles_split(tokenizer, borders),
    )


def _particles_split(tokenizer: Tokenizer, borders: list[tuple[str, list[int]]]) -> float | None:
    kept = [(text, places) for text, places in borders if places]
    hits = [
        place in starts
        for text, places in kept
        for starts in [{start for start, _ in tokenizer.offsets(text)}]
        for place in places
    ]
    return sum(hits) / len(hits) if hits else None


def as_table(rows: Sequence[Row]) -> Table:
    """The rows of `compare`, for a person."""
    names = (
        *("tokenizer", "kind", "vocabulary", "unknown", "exact", "tokens / eojeol"),
        *("tokens / character", "bytes / token", "MB/s", "particles split"),
    )
    table = Table(*(say(name) for name in names), box=None)
    for row in rows:
        split = "-" if row.particles_split is None else f"{row.particles_split:.1%}"
        table.add_row(
            *(row.name, row.kind, f"{row.vocab_size:,}", f"{row.unknown:.2%}", f"{row.exact:.1%}"),
            *(f"{row.tokens_per_eojeol:.2f}", f"{row.tokens_per_character:.2f}"),
            *(f"{row.bytes_per_token:.2f}", f"{row.megabytes_per_s:.2f}", split),
        )
    return table
