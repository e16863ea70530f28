"""What a tagger reads: units, the tokens that speak for them, and windows over long texts."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.frames import Frame
from jium.data.passages import read_passages
from jium.data.tag_batches import (
    IGNORED,
    TagReader,
    TagRows,
    Unit,
    cuts,
    find_units,
    labelled_rows,
    letter_numbers,
)
from jium.errors import ConfigError
from jium.text.bio import Span
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXT = "어제 서울에서 김철수가, 부산에서 이영희가 Berlin(베를린) 이야기를 했다. "
SIZES = {"bpe": 300, "wordpiece": 560, "unigram": 318, "jamo": 300, "char": 300}
UNITS: tuple[Unit, ...] = ("characters", "words", "tokens")


@pytest.fixture(scope="module", params=SIZES)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    settings = TokenizerConfig(kind=request.param, vocab_size=SIZES[request.param])
    return Tokenizer.train(settings, [TEXT] * 5)


def reader(tokenizer: Tokenizer, unit: Unit, max_len: int = 64) -> TagReader:
    known = "".join(sorted(set(TEXT)))
    return TagReader(tokenizer, Frame((1,), (2,)), max_len, unit, known, overlap=8)


@pytest.mark.parametrize("text", [TEXT, "처음 보는 글자 漢字 👍 옳", "a\u0301\n\t나"])
@pytest.mark.parametrize("unit", UNITS)
def test_units_stand_in_order_and_their_tokens_too(tokenizer: Tokenizer, unit: Unit, text: str):
    (passage,) = read_passages(tokenizer, [text])
    units = find_units(passage, unit)
    assert (units.starts < units.ends).all() and (np.diff(units.tokens) >= 0).all()
    assert units.tokens.min() >= 0 and units.tokens.max() < len(passage)
    if unit == "characters":
        assert len(units) == len(text)
    if unit == "words":
        assert [text[a:b] for a, b in zip(units.starts, units.ends, strict=True)][-1].strip()


def test_the_first_token_of_a_word_speaks_for_it(tokenizer: Tokenizer):
    (passage,) = read_passages(tokenizer, [TEXT])
    units = find_units(passage, "words")
    for start, end, token in zip(units.starts, units.ends, units.tokens, strict=True):
        assert passage.starts[token] < end and passage.ends[token] > start
        assert token == 0 or passage.ends[token - 1] <= start


def test_the_token_that_holds_a_character_speaks_for_it(tokenizer: Tokenizer):
    (passage,) = read_passages(tokenizer, [TEXT])
    units = find_units(passage, "characters")
    held = passage.starts[units.tokens] <= units.starts
    there = units.ends <= passage.ends[units.tokens]
    space = np.array([character.isspace() for character in TEXT])  # some tokenizers leave it out
    assert held[~space].all() and there[~space].all()


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_of_a_long_text_counts_once(tokenizer: Tokenizer, unit: Unit):
    ((units, windows),) = reader(tokenizer, unit, max_len=20).read([TEXT * 4])
    assert len(windows) > 2
    counted = np.zeros(len(units), int)
    for window in windows:
        assert len(window.ids) <= 20 and (window.ids[0], window.ids[-1]) == (1, 2)
        counted[window.first : window.first + len(window.places)] += window.kept
    assert (counted == 1).all()


def test_a_window_reads_the_tokens_that_its_units_point_at(tokenizer: Tokenizer):
    text = TEXT * 4
    (passage,) = read_passages(tokenizer, [text])
    ((units, windows),) = reader(tokenizer, "characters", max_len=20).read([text])
    for window in windows:
        own = slice(window.first, window.first + len(window.places))
        assert np.array_equal(window.ids[window.places], passage.ids[units.tokens[own]])


@given(st.integers(1, 300), st.integers(1, 50), st.integers(0, 60))
def test_windows_hold_everything_and_count_it_once(n: int, room: int, overlap: int):
    found = cuts(n, room, overlap)
    assert found[0][2] == 0 and found[-1][3] == n
    assert all(a[3] == b[2] for a, b in pairwise(found))
    assert all(start <= low < high <= end <= start + room for start, end, low, high in found)


def test_what_is_counted_stands_far_from_the_ends_of_its_window():
    for start, end, low, high in cuts(200, 40, 20):
        assert (low - start >= 10 or start == 0) and (end - high >= 10 or end == 200)


def test_targets_of_a_text_in_windows_are_those_of_the_text(tokenizer: Tokenizer):
    text = TEXT * 4
    spans = [[Span(3, 5, "LC"), Span(8, 11, "PS")]]
    whole = labelled_rows(reader(tokenizer, "characters", 1000), [text], spans, ["LC", "PS"])
    parts = labelled_rows(reader(tokenizer, "characters", 20), [text], spans, ["LC", "PS"])
    assert whole.targets is not None and parts.targets is not None
    assert whole.targets[0][:12].tolist() == [0, 0, 0, 1, 2, 0, 0, 0, 3, 4, 4, 0]
    counted = [target[target != IGNORED] for target in parts.targets]
    assert np.concatenate(counted).tolist() == whole.targets[0].tolist()


def test_a_batch_points_at_its_own_tokens(tokenizer: Tokenizer):
    texts = [TEXT, "서울", "가 나"]
    rows = labelled_rows(reader(tokenizer, "characters"), texts, [[], [], []], ["LC"])
    batch = rows.batch(np.array([2, 0, 1]))
    for row, item in enumerate((2, 0, 1)):
        start = sum(batch.layout.lengths[:row])
        begin = sum(batch.units.lengths[:row])
        window = rows.windows[item]
        places = batch.places[begin : begin + len(window.places)] - start
        assert places.tolist() == window.places.tolist()
    assert batch.n_tokens == sum(batch.layout.lengths) and batch.letters is not None
    assert set(batch.tensors()) == set(vars(batch)) - {"layout", "after"} | {"lengths"}


def test_words_and_tokens_need_no_characters(tokenizer: Tokenizer):
    windows = reader(tokenizer, "words").read([TEXT])[0][1]
    assert TagRows(windows).batch(np.array([0])).letters is None


@pytest.mark.parametrize("unit", UNITS)
def test_a_text_with_nothing_in_it_has_no_window(tokenizer: Tokenizer, unit: Unit):
    found = reader(tokenizer, unit).read(["", "서울"])
    assert (len(found[0][0]), found[0][1]) == (0, [])
    assert len(found[1][1]) == 1


def test_unknown_characters_are_number_0():
    assert letter_numbers("b漢a👍", "ab가").tolist() == [2, 0, 1, 0]
    assert letter_numbers("ab", "").tolist() == [0, 0]


def test_a_model_too_short_for_any_text_is_refused(tokenizer: Tokenizer):
    with pytest.raises(ConfigError, match="model.max_len: leaves no room for a text"):
        reader(tokenizer, "characters", max_len=2).read([TEXT])


def test_a_saved_tokenizer_reads_alike(tokenizer: Tokenizer, tmp_path: Path):
    tokenizer.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    (first,), (second,) = (reader(t, "characters").read([TEXT])[0][1] for t in (tokenizer, again))
    assert np.array_equal(first.ids, second.ids) and np.array_equal(first.places, second.places)
