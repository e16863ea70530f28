"""Which tokens are masked: how many, of which kind, in which units."""

from typing import Any

import numpy as np
import pytest

from jium.config import build
from jium.data.masking import Masking, MaskingConfig
from jium.errors import ConfigError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

WORDS = [
    "영화가",
    "정말",
    "재미있었다.",
    "배우들의",
    "연기도",
    "좋았고!",
    "나는",
    "어제",
    "극장에서",
    "친구와",
    "영화를",
    "보았다.",
]
TEXTS = [" ".join(WORDS[(7 * n + i * n) % len(WORDS)] for i in range(9)) for n in range(60)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    settings = TokenizerConfig(kind="unigram", vocab_size=328, special_tokens=["<MASK>"])
    return Tokenizer.train(settings, TEXTS)


def masking(tokenizer: Tokenizer, **settings: Any) -> Masking:
    return Masking.of(build(MaskingConfig, settings), tokenizer)


def row(tokenizer: Tokenizer, n: int) -> np.ndarray:
    """n tokens of framed texts."""
    ids = [
        number
        for text in TEXTS
        for number in (tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id)
    ]
    return np.resize(np.array(ids), n)


def test_of_a_million_tokens_15_percent_are_chosen_and_split_80_10_10(tokenizer: Tokenizer):
    tokens = row(tokenizer, 1_000_000)
    seen, chosen = masking(tokenizer)(tokens, np.random.default_rng(0))
    special = np.isin(tokens, (tokenizer.cls_id, tokenizer.sep_id))
    assert len(chosen) / (~special).sum() == pytest.approx(0.15, abs=0.001)
    masked = seen[chosen] == tokenizer.mask_id
    kept = seen[chosen] == tokens[chosen]
    assert masked.mean() == pytest.approx(0.8, abs=0.005)
    # A random token is the true one now and then.
    assert kept.mean() == pytest.approx(0.1, abs=0.005)
    assert (~masked & ~kept).mean() == pytest.approx(0.1, abs=0.005)


def test_special_tokens_are_never_chosen_and_nothing_else_changes(tokenizer: Tokenizer):
    tokens = row(tokenizer, 5000)
    seen, chosen = masking(tokenizer, rate=0.9)(tokens, np.random.default_rng(1))
    assert not np.isin(tokens[chosen], (tokenizer.cls_id, tokenizer.sep_id)).any()
    others = np.setdiff1d(np.arange(len(tokens)), chosen)
    assert (seen[others] == tokens[others]).all()
    put_in = np.setdiff1d(seen[chosen], [tokenizer.mask_id])
    assert not np.isin(put_in, [0, 1, 2, 3]).any()


def test_the_same_seed_gives_the_same_mask(tokenizer: Tokenizer):
    tokens, of = row(tokenizer, 3000), masking(tokenizer, unit="word")
    first, second = (of(tokens, np.random.default_rng(7)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    other = of(tokens, np.random.default_rng(8))
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize("unit", ["word", "eojeol"])
def test_units_are_chosen_whole(tokenizer: Tokenizer, unit: str):
    tokens = row(tokenizer, 4000)
    of = masking(tokenizer, unit=unit)
    _, chosen = of(tokens, np.random.default_rng(0))
    pieces = [tokenizer.pieces[i] for i in tokens]
    special = {tokenizer.cls_id, tokenizer.sep_id}
    taken = set(chosen.tolist())
    for place in range(1, len(tokens)):
        if tokens[place] in special or tokens[place - 1] in special:
            continue
        joined = not pieces[place].startswith("▁")
        if unit == "word":
            joined &= not set(".!?") & set(pieces[place] + pieces[place - 1])
        if joined:
            assert (place in taken) == (place - 1 in taken), pieces[place - 1 : place + 1]
    share = len(chosen) / sum(t not in special for t in tokens.tolist())
    assert share == pytest.approx(0.15, abs=0.01)


def test_wordpiece_words_are_chosen_whole():
    settings = TokenizerConfig(kind="wordpiece", vocab_size=560, special_tokens=["<MASK>"])
    tokenizer = Tokenizer.train(settings, TEXTS)
    tokens = row(tokenizer, 3000)
    _, chosen = masking(tokenizer, unit="word")(tokens, np.random.default_rng(0))
    taken = set(chosen.tolist())
    for place in range(1, len(tokens)):
        if tokenizer.pieces[tokens[place]].startswith("##"):
            assert (place in taken) == (place - 1 in taken)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 0.0}, "rate: must be in"),
        ({"masked": 1.2}, "masked: must be between 0 and 1"),
        ({"masked": 0.8, "replaced": 0.3}, "must be at most 1"),
    ],
)
def test_impossible_shares_are_said(settings: dict[str, float], message: str):
    with pytest.raises(ConfigError, match=message):
        build(MaskingConfig, settings)


@pytest.mark.parametrize(("masked", "replaced"), [(0.5, 0.5), (0.9, 0.1)])
def test_shares_that_fill_the_whole_fit_any_number_of_tokens(masked: float, replaced: float):
    for n in range(1, 60):
        settings = MaskingConfig(rate=0.99, masked=masked, replaced=replaced)
        masking = Masking(settings, 0, np.arange(1, 9), np.ones(9, bool), np.zeros(9, bool))
        row = np.arange(n) % 8 + 1
        seen, chosen = masking(row, np.random.default_rng(n))
        assert len(chosen) and len(seen) == n
