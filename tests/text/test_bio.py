"""Spans to tags and back, and other ways to write tags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.text.bio import Span, find_scheme, fits, from_tags, part, read_tags, tag_names, to_tags

LABELS = ["LC", "PS"]


@st.composite
def marked(draw: st.DrawFn) -> tuple[int, list[Span]]:
    """So many units, and spans of them, none over another."""
    places = sorted(draw(st.sets(st.integers(0, 30), max_size=12)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return 30, [Span(a, b, draw(st.sampled_from(LABELS))) for a, b in pairs]


@given(marked())
def test_spans_come_back_from_their_tags(drawn: tuple[int, list[Span]]):
    n, spans = drawn
    starts = np.arange(n)
    tags = to_tags(spans, starts, starts + 1, LABELS)
    assert from_tags(tags.tolist(), LABELS) == spans


@pytest.mark.parametrize(
    ("tags", "scheme", "spans", "repaired"),
    [
        ("B-PS I-PS O B-LC", "bio", [(0, 2, "PS"), (3, 4, "LC")], 0),
        ("B-PS B-PS I-PS", "bio", [(0, 1, "PS"), (1, 3, "PS")], 0),
        ("O I-PS I-PS", "bio", [(1, 3, "PS")], 1),
        ("B-PS I-LC I-PS", "bio", [(0, 1, "PS"), (1, 2, "LC"), (2, 3, "PS")], 2),
        ("PS_B PS_I O", "bio", [(0, 2, "PS")], 0),
        ("B-PS I-PS E-PS S-LC S-LC", "bioes", [(0, 3, "PS"), (3, 4, "LC"), (4, 5, "LC")], 0),
        ("B-PS L-PS U-LC O E-PS", "bioes", [(0, 2, "PS"), (2, 3, "LC"), (4, 5, "PS")], 1),
        ("B-PS E-PS I-PS", "bioes", [(0, 2, "PS"), (2, 3, "PS")], 1),
        ("PS PS O LC PS", "io", [(0, 2, "PS"), (3, 4, "LC"), (4, 5, "PS")], 0),
        ("I-PS I-PS O I-PS", "io", [(0, 2, "PS"), (3, 4, "PS")], 0),
        ("B-T-SHIRT I-T-SHIRT", "bio", [(0, 2, "T-SHIRT")], 0),
        ("O O", "bio", [], 0),
        ("", "bio", [], 0),
    ],
)
def test_tags_of_every_scheme_are_read(tags: str, scheme: str, spans: list, repaired: int):
    assert read_tags(tags.split(), scheme) == ([Span(*span) for span in spans], repaired)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-PS I-PS O", "bio"),
        ("B-PS O", "bio"),
        ("S-PS O", "bioes"),
        ("B-PS I-PS L-PS", "bioes"),
        ("PS LC O", "io"),
        ("I-PS O", "io"),
        ("O", "io"),
        ("B-PS LC", None),
    ],
)
def test_the_scheme_is_found(tags: str, scheme: str | None):
    assert find_scheme(tags.split()) == scheme


def test_a_tag_fits_its_scheme():
    assert fits("O", "bio") and fits("PS_B", "bio") and fits("PS", "io") and fits("E-PS", "bioes")
    assert not fits("E-PS", "bio") and not fits("PS", "bio") and not fits("B-PS", "io")
    assert part("B-PS") == part("PS_B") == ("B", "PS")


def test_a_unit_that_shares_a_character_with_a_span_belongs_to_it():
    starts, ends = np.array([0, 5, 9]), np.array([4, 8, 12])  # 서울에서, ...
    tags = to_tags([Span(0, 2, "LC"), Span(6, 10, "PS")], starts, ends, LABELS)
    assert [tag_names(LABELS)[tag] for tag in tags] == ["B-LC", "B-PS", "I-PS"]


def test_a_label_that_is_not_known_is_outside():
    assert to_tags([Span(0, 2, "QT")], np.arange(3), np.arange(3) + 1, LABELS).tolist() == [0, 0, 0]
