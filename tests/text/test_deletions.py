from hypothesis import given
from hypothesis import strategies as st

from jium.text.deletions import DeletionIndex

WORDS = st.text("abc", max_size=6)


def one_edit(a: str, b: str) -> bool:
    """Whether one insertion, deletion, substitution or transposition makes b of a."""
    swapped = [a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)]
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b, strict=True)) <= 1 or b in swapped
    longer, shorter = sorted((a, b), key=len, reverse=True)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


@given(st.lists(WORDS, unique=True), WORDS)
def test_every_string_one_edit_away_is_found(strings: list[str], asked: str) -> None:
    found = DeletionIndex(strings).near(asked)
    assert {string for string in strings if one_edit(string, asked)} <= set(found)
    assert set(found) <= set(strings)


def test_membership_is_exact() -> None:
    index = DeletionIndex(["강아지"])
    assert "강아지" in index
    assert "강아" not in index
    assert DeletionIndex([]).near("강아지") == []
