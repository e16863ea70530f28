from pathlib import Path

import pytest

from jium.data.columns import by_number, find_columns
from jium.errors import DataError

FILE = Path("pairs.tsv")


@pytest.mark.parametrize(
    ("present", "found"),
    [
        (["ko", "en"], ("ko", "en")),
        (["en", "ko"], ("ko", "en")),
        (["id", "src", "tgt", "domain"], ("src", "tgt")),
        (["Source", "TARGET"], ("Source", "TARGET")),
        (["translation.ko", "translation.en"], ("translation.ko", "translation.en")),
        (["원문", "번역문"], ("원문", "번역문")),
        (["de", "en"], ("de", "en")),
        (["input", "output"], ("input", "output")),
    ],
)
def test_usual_names_are_found(present: list[str], found: tuple[str, str]) -> None:
    assert find_columns(FILE, present, None, None, None)[:2] == found


def test_given_names_win_over_usual_ones() -> None:
    assert find_columns(FILE, ["ko", "en", "tag"], "en", "ko", "tag") == ("en", "ko", "tag")


def test_of_two_columns_the_other_one_is_the_other_side() -> None:
    assert find_columns(FILE, ["말", "글"], "글", None, None)[:2] == ("글", "말")
    assert find_columns(FILE, ["말", "글"], None, "글", None)[:2] == ("말", "글")


@pytest.mark.parametrize("side", ["source", "target", "tag"])
def test_unknown_column_lists_those_present_and_the_nearest(side: str) -> None:
    given = {"source": "ko", "target": "en", "tag": None} | {side: "domian"}
    with pytest.raises(DataError) as caught:
        find_columns(FILE, ["ko", "en", "domain"], **given)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "pairs.tsv: no column 'domian'. Did you mean \"domain\"? It has: ko, en, domain. "
        f"Name one: data.{side}=..."
    )


@pytest.mark.parametrize(
    ("present", "side"),
    [
        (["a", "b", "c"], "source"),
        (["ko", "source", "en"], "source"),
        (["ko", "b", "c"], "target"),
        (["ko", "en", "tgt"], "target"),
        (["나는 간다.", "I go."], "source"),
    ],
)
def test_columns_in_doubt_are_asked_for(present: list[str], side: str) -> None:
    with pytest.raises(
        DataError, match=f"which column is the {side}. It has: {', '.join(present)}"
    ):
        find_columns(FILE, present, None, None, None)


def test_one_column_is_no_pair() -> None:
    with pytest.raises(DataError, match="has one column, 'text'; a pair needs two.*paste"):
        find_columns(FILE, ["text"], None, None, None)


def test_numbers_mean_a_file_without_a_header() -> None:
    assert by_number("0", "1", None)
    assert not by_number("0", "en")
    assert not by_number(None, None)
