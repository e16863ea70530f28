import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jium.explanation.words import make_side, to_words


def cut(text: str, *places: int) -> list[tuple[int, int]]:
    ends = [*places, len(text)]
    return list(zip([0, *ends], ends, strict=False))


def test_pieces_of_a_word_come_together():
    text = "나는 사과를 먹어."
    spans = cut(text, 1, 2, 4, 6, 8, 9)  # 나|는| 사|과를| 먹|어|.
    side = make_side(text, [text[a:b] for a, b in spans], spans, ["<2en>"], ["<EOS>"])
    assert side.words == ["<2en>", "나는", "사과를", "먹어", ".", "<EOS>"]
    assert side.word_of == [0, 1, 1, 2, 2, 3, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't pay 3.5 won!", ["don't", "pay", "3.5", "won", "!"]),
        ("정말?! (네)", ["정말", "?!", "(", "네", ")"]),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_or_of_signs(text: str, words: list[str]):
    spans = [(i, i + 1) for i in range(len(text))]
    assert make_side(text, list(text), spans).words == words


def test_a_space_that_is_a_piece_is_of_the_next_word():
    side = make_side("a b", ["a", "▁", "b"], [(0, 1), (1, 2), (2, 3)])
    assert side.word_of == [0, 1, 1]


def test_parts_of_one_character_share_its_word():
    side = make_side("가 나", ["<0xEA>", "<0xB0>", "<0x80>", "▁나"], [(0, 1)] * 3 + [(1, 3)])
    assert side.words == ["가", "나"]
    assert side.word_of == [0, 0, 0, 1]


def test_a_text_of_spaces_has_a_word_that_says_nothing():
    assert make_side("  ", ["▁▁"], [(0, 2)], (), ["<EOS>"]).words == ["", "<EOS>"]


def test_after_start_the_last_piece_is_not_seen():
    side = make_side("ab c", ["a", "b", "▁c"], [(0, 1), (1, 2), (2, 4)], (), ["<EOS>"])
    before = side.after("<START>")
    assert before.pieces == ["<START>", "a", "b", "▁c"]
    assert before.words == ["<START>", "ab", "c"]
    assert before.word_of == [0, 1, 1, 2]


def test_keys_are_summed_and_queries_averaged():
    rows = make_side("ab c", ["a", "b", "c"], [(0, 1), (1, 2), (3, 4)])
    weights = np.array([[0.5, 0.1, 0.4], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]])
    assert np.allclose(to_words(weights, rows, rows), [[0.4, 0.6], [1.0, 0.0]])


@settings(deadline=None)
@given(st.text("가나 .,a1\n", max_size=12), st.data())
def test_every_word_has_pieces_and_every_row_still_sums_to_one(text: str, data: st.DataObject):
    places = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    spans = [(a, b) for a, b in cut(text, *places) if a < b]
    side = make_side(text, [text[a:b] for a, b in spans], spans, (), ["<EOS>"])
    assert sorted(set(side.word_of)) == list(range(len(side.words)))
    assert side.word_of == sorted(side.word_of)
    weights = np.random.default_rng(0).dirichlet(np.ones(len(side.pieces)), len(side.pieces))
    assert np.allclose(to_words(weights, side, side).sum(-1), 1)
