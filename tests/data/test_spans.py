"""Span corruption: exact shares, sentinels in order, and nothing lost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.config import build
from jium.data.spans import Corruption, SpanConfig, sentinel_ids, sentinel_names
from jium.errors import ConfigError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

MARKS = tuple(range(1000, 1400))
TEXTS = ["나는 학교에 간다.", "I go to school."]


def corruption(**settings: Any) -> Corruption:
    return Corruption(SpanConfig(**settings), MARKS)


def test_it_is_the_example_of_the_paper() -> None:
    """Figure 2: "Thank you for inviting me to your party last week"."""
    text = "Thank you for inviting me to your party last week"
    words = dict(enumerate(text.split()))
    ids = np.array(list(words))
    source, target = corruption().parted(ids, [2, 8], [2, 1])
    names = dict(zip(MARKS, "XYZ", strict=False)) | words
    assert " ".join(names[i] for i in source.tolist()) == "Thank you X me to your party Y week"
    assert " ".join(names[i] for i in target.tolist()) == "X for inviting Y last Z"


@pytest.mark.parametrize("n_tokens", [20, 100, 512])
def test_exactly_fifteen_per_cent_in_spans_of_three(n_tokens: int) -> None:
    change, rng = corruption(), np.random.default_rng(0)
    taken = round(0.15 * n_tokens)
    for _ in range(20):
        source, target = change(np.arange(n_tokens), rng)
        marks = source[source >= 1000]
        assert len(source) - len(marks) == n_tokens - taken
        assert len(target) - len(marks) - 1 == taken
        assert len(marks) == round(taken / 3)


@given(
    n=st.integers(2, 200),
    rate=st.floats(0.01, 0.99),
    mean=st.floats(1, 20),
    seed=st.integers(0, 2**32),
)
def test_source_and_target_together_are_the_text(n, rate, mean, seed) -> None:
    change = Corruption(SpanConfig(rate=rate, mean_span=mean), MARKS)
    tokens = np.random.default_rng(seed).integers(0, 1000, n)
    source, target = change(tokens, np.random.default_rng(seed))
    n_spans = int((source >= 1000).sum())
    spans = change.spans(target.tolist(), n_spans)
    assert change.restored(source.tolist(), spans) == tokens.tolist()
    assert all(spans), "no span is empty"
    assert (sum(map(len, spans)), n_spans) == change.config.counts(n)
    assert source[source >= 1000].tolist() == list(MARKS[:n_spans])
    assert target[target >= 1000].tolist() == list(MARKS[: n_spans + 1])
    assert target[-1] == MARKS[n_spans]
    beside = np.diff(np.flatnonzero(source >= 1000))
    assert (beside > 1).all(), "two spans that touch would be one"
    assert max(len(source), len(target)) <= n + 2


def test_every_place_but_the_ends_is_taken_out_about_as_often() -> None:
    change, rng, times = corruption(), np.random.default_rng(0), np.zeros(40)
    for _ in range(2000):
        source, _ = change(np.arange(40), rng)
        times[list(set(range(40)) - set(source.tolist()))] += 1
    assert times.sum() == 2000 * 6
    assert times[4:-4].min() > 240 and times[4:-4].max() < 370  # 300 is the mean
    assert times.min() > 90, "no span lies half outside, so the very ends are taken less often"


def test_what_a_model_leaves_out_or_says_beyond_is_no_error() -> None:
    change = corruption()
    said = [7, MARKS[1], 5, 6, MARKS[3], 9, MARKS[0], 4]
    assert change.spans(said, 3) == [[4], [5, 6], []]
    assert change.restored([1, MARKS[0], 2, MARKS[2]], [[4], [5], []]) == [1, 4, 2]


def test_sentinels_are_special_tokens_named_as_those_of_t5() -> None:
    settings = TokenizerConfig(vocab_size=266, special_tokens=sentinel_names(3))
    tokenizer = Tokenizer.train(settings, TEXTS)
    ids = sentinel_ids(tokenizer)
    assert [tokenizer.pieces[i] for i in ids] == ["<extra_id_0>", "<extra_id_1>", "<extra_id_2>"]
    assert tokenizer.decode([*tokenizer.encode("I"), ids[0]]).strip() == "I"
    assert ids[0] not in tokenizer.encode("<extra_id_0>"), "typed, it is text"
    assert sentinel_ids(Tokenizer.train(TokenizerConfig(vocab_size=263), TEXTS)) == ()


@pytest.mark.parametrize("values", [dict(rate=0.0), dict(rate=1.0), dict(mean_span=0.5)])
def test_what_cannot_be_is_said(values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        build(SpanConfig, values)
