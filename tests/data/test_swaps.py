"""Entities exchanged for others of their label."""

from jium.data.swaps import swapped
from jium.data.tagged_rows import Tagged
from jium.text.bio import Span

TEXTS = [
    Tagged("철수는 서울에 갔다", (Span(0, 2, "PS"), Span(4, 6, "LC"))),
    Tagged("영희가 부산광역시에서 왔다", (Span(0, 2, "PS"), Span(4, 9, "LC"))),
    Tagged("비가 온다", ()),
]
SAID = {"PS": {"철수", "영희"}, "LC": {"서울", "부산광역시"}}


def test_copies_are_whole_and_their_entities_are_where_they_say():
    found = swapped(TEXTS, 200, seed=0)
    assert found[:3] == TEXTS and len(found) == 9  # two names at two places, in two texts
    for text in found[3:]:
        rest, end = "", 0
        for span in text.spans:
            assert text.text[span.start : span.end] in SAID[span.label]
            rest += text.text[end : span.start] + span.label
            end = span.end
        assert rest + text.text[end:] in ("PS는 LC에 갔다", "PS가 LC에서 왔다")
    assert {text.text for text in found} >= {"영희는 부산광역시에 갔다", "철수가 서울에서 왔다"}


def test_the_same_seed_gives_the_same_copies_and_none_are_made_unasked():
    assert swapped(TEXTS, 1, seed=1) == swapped(TEXTS, 1, seed=1)
    assert swapped(TEXTS, 0, seed=1) == TEXTS


def test_what_is_measured_on_is_never_made():
    apart = ["영희는 부산광역시에 갔다"]
    found = {text.text for text in swapped(TEXTS, 200, seed=0, apart=apart)}
    assert not found & set(apart) and len(found) == 8
