"""Byte-pair encoding: the merges, and where they may not go."""

import json
from collections import Counter

from jium.text.pieces import BYTE_CHARACTERS, spell
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TOY = [
    "low low low low low",
    "lower lower",
    "newest newest newest newest",
    "widest widest widest 넓다 넓다",
]


def reference_merges(texts: list[str], n_merges: int) -> list[list[str]]:
    """BPE as in Sennrich et al. (2016): count pairs, merge the most frequent, repeat.

    Of equally frequent pairs the one with the smaller ids wins, as in `tokenizers`.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        for place, word in enumerate(text.split(" ")):
            counts[tuple(spell((" " * (place > 0) + word).encode()))] += 1
    ids = {piece: number for number, piece in enumerate(sorted(BYTE_CHARACTERS))}
    merges = []
    for _ in range(n_merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in counts.items():
            for pair in zip(word, word[1:], strict=False):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], -ids[pair[0]], -ids[pair[1]]))
        merges.append(list(best))
        ids.setdefault("".join(best), len(ids))
        counts = Counter({merged(word, best): count for word, count in counts.items()})
    return merges


def merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    out: list[str] = []
    for piece in word:
        if out and (out[-1], piece) == pair:
            out[-1] += piece
        else:
            out.append(piece)
    return tuple(out)


def learned_merges(tokenizer: Tokenizer) -> list[list[str]]:
    return json.loads(tokenizer.backend.to_str())["model"]["merges"]


def test_merges_equal_a_reference_on_a_toy_corpus():
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=260 + 22), TOY)
    assert learned_merges(tokenizer) == reference_merges(TOY, 22)


def test_no_merge_crosses_a_space():
    """Without a pre-tokenizer, "of the" said often enough would become one token."""
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=265), ["of the of the of the"] * 9)
    assert tokenizer.tokens("of the of the") == ["of", "▁the", "▁of", "▁the"]
    assert all("Ġ" not in (left + right)[1:] for left, right in learned_merges(tokenizer))


def test_a_pair_seen_too_seldom_is_not_merged():
    texts = ["aa aa aa bb"]
    often = Tokenizer.train(TokenizerConfig(vocab_size=262, min_frequency=2), texts)
    assert often.tokens("aa bb") == ["aa", "▁", "b", "b"]


def test_decoding_puts_no_space_where_none_was():
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=262), TOY)
    for text in ("lower, lowest!", "(low)", "새로운넓다", "a  b"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
