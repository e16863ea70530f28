"""Token counts of OpenAI's models, from a rank file, and what Korean costs beside English.

A rank file (`.tiktoken`) holds a token in base64 and its rank on each line; ranks are ids and, in
order, merges. It says neither how text is cut into words nor what its special tokens are: those
follow from its length.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from jium.errors import TokenizerError
from jium.text.pieces import spell

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SUFFIX}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END_OF_TEXT = "<|endoftext|>"
# Ranks in the file -> how text is cut, and the id of the end of text.
_KNOWN = {
    50_256: (GPT2, 50_256),
    50_280: (GPT2, 50_256),
    100_256: (CL100K, 100_257),
    199_998: (O200K, 199_999),
}


def load(path: Path) -> Tokenizer:
    """The tokenizer of a rank file. One of a length not known is cut as cl100k (GPT-4) is."""
    ranks = read_ranks(path)
    pattern, end = _KNOWN.get(len(ranks), (CL100K, None))
    return build(ranks, pattern, {} if end is None else {END_OF_TEXT: end})


def read_ranks(path: Path) -> dict[bytes, int]:
    """Tokens and their ranks. Raises TokenizerError with the line that is not one."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise TokenizerError(
                "{path}, line {number}: is not a token in base64 and its rank.",
                path=path,
                number=number,
            ) from error
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise TokenizerError(
            "{path}: {n} of the 256 bytes have no rank, so some text could not be written.",
            path=path,
            n=len(missing),
        )
    return ranks


def build(ranks: Mapping[bytes, int], pattern: str, special_tokens: Mapping[str, int]) -> Tokenizer:
    """A `tokenizers` tokenizer with the ids of the ranks."""
    vocabulary = {spell(token): rank for token, rank in ranks.items()} | dict(special_tokens)
    backend = Tokenizer(models.BPE(vocabulary, _merges(ranks), ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(list(special_tokens))
    return backend


def _merges(ranks: Mapping[bytes, int]) -> list[tuple[str, str]]:
    """Every way to make a token of two others, in the order of the token's rank."""
    ways = [
        (rank, ranks[token[:cut]], ranks[token[cut:]], token, cut)
        for token, rank in ranks.items()
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]
    return [(spell(token[:cut]), spell(token[cut:])) for *_, token, cut in sorted(ways)]


# ---------------------------------------------------------------- what it costs


@dataclass(frozen=True)
class Cost:
    """What one text takes. `ratio` is to the first text of the report: 9/4 = 2.25."""

    name: str
    characters: int
    bytes: int
    tokens: int
    ratio: float
    price: float


def costs(count: Mapping[str, tuple[str, int]], price_per_million: float = 0.0) -> list[Cost]:
    """A report over texts that say the same: name to (text, its tokens), the yardstick first."""
    if not count:
        return []
    base = next(iter(count.values()))[1]
    return [
        Cost(
            name=name,
            characters=len(text),
            bytes=len(text.encode()),
            tokens=tokens,
            ratio=tokens / base if base else float("nan"),
            price=tokens * price_per_million / 1e6,
        )
        for name, (text, tokens) in count.items()
    ]
