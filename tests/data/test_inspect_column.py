"""What is counted in a column."""

import unicodedata
from random import Random

import pytest

from jium.data.inspect_column import BINS, Tally, histogram, language_of, loosely
from jium.data.scripts import count_letters


def tallied(*values: object) -> Tally:
    tally = Tally(Random(0))
    for value in values:
        tally.add(value)
    return tally


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("나는 간다.", "ko"),
        ("ㅋㅋㅋ", "ko"),
        ("I go.", "latin"),
        ("Ich gehe über die Straße.", "latin"),
        ("오늘 meeting 있어요", "mixed"),
        ("Привет мир", "other"),
        ("東京タワー", "other"),
        ("שלום", "other"),
        ("2024-01-01 👍", "none"),
        ("", "none"),
    ],
)
def test_a_value_has_one_language(text: str, language: str):
    assert language_of(count_letters(text)) == language


def test_languages_are_shares_of_the_values_not_of_the_letters():
    column = tallied("가", "나 다", "a long sentence in English", "12", None).column("x", 5)
    assert column.languages == {"ko": 0.5, "latin": 0.25, "none": 0.25}
    assert column.empty == 0.2


def test_repeated_values_are_counted_exactly_and_loosely():
    apart = unicodedata.normalize("NFD", "비가 온다")
    column = tallied("비가 온다", "비가 온다", "비가  온다!", apart, "비 온다").column("x", 5)
    assert (column.repeated, column.repeated_loosely) == (1, 3)


def test_texts_of_signs_alone_are_not_all_the_same():
    assert loosely("👍") != loosely("👎") and loosely("It's OK!") == loosely("its ok")


def test_the_histogram_has_every_value_once():
    for lengths in ([0], [1], [5] * 10, list(range(1, 1000)), [1] * 99 + [100_000]):
        bins = histogram(sorted(lengths))
        assert sum(share for _, share in bins) == pytest.approx(1)
        assert len(bins) <= BINS and bins[0][0] == 0
        assert len({b[0] - a[0] for a, b in zip(bins, bins[1:], strict=False)}) <= 1


def test_one_long_value_does_not_flatten_the_picture():
    assert histogram([1] * 500 + [100_000])[-1][0] == 1


def test_text_columns_are_known_from_numbers():
    assert tallied("나는 간다", "I go").column("x", 2).is_text
    assert not tallied(1, 2.5).column("x", 2).is_text
    assert not tallied("1", "2024-01-01").column("x", 2).is_text
