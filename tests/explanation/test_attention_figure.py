import dataclasses

import matplotlib
import numpy as np
import pytest

from jium.explanation import explain
from jium.explanation.attention import AttentionMap
from jium.explanation.attention_figure import LONGEST, draw, picture
from jium.explanation.words import Side
from jium.messages import set_language
from jium.tasks.translate import Translator


@pytest.fixture(scope="module")
def found(rough: Translator) -> AttentionMap:
    return explain(rough, "나는 사과를 먹고 싶어.", target="I want to eat an apple.")


def with_words(found: AttentionMap, words: list[str]) -> AttentionMap:
    """The same map with other source words, a piece each."""
    n = len(words)
    side = Side(words, words, list(range(n)))
    cross = np.full((3, 2, len(found.target), n), 1 / n, dtype=np.float32)
    return dataclasses.replace(found, reads=side, cross=cross)


def labels(found: AttentionMap) -> list[str]:
    (axes,) = draw(found).axes
    return [label.get_text() for label in axes.get_xticklabels()]


def test_rows_are_target_words_and_columns_source_words(found: AttentionMap):
    (axes,) = found.figure().axes
    assert labels(found) == ["<2en>", "나는", "사과를", "먹고", "싶어", ".", "<EOS>"]
    assert axes.get_yticklabels()[1].get_text() == "want"
    assert np.allclose(axes.images[0].get_array(), found.table().weights)


def test_one_layer_and_head_can_be_drawn(found: AttentionMap):
    (axes,) = found.figure("decoder", layer=1, head=0).axes
    assert np.allclose(axes.images[0].get_array(), found.table("decoder", 1, 0).weights)
    assert "layer 1, head 0" in axes.get_title()


def test_hangul_is_drawn_and_not_as_boxes(found: AttentionMap):
    """Two words of two boxes each would look the same; a missing glyph is a warning, so an
    error.
    """
    apple, school, missing = (
        picture(with_words(found, [word] * 4)) for word in ("사과", "학교", "□□")
    )
    assert not np.array_equal(apple, school)
    assert not np.array_equal(apple, missing)


def test_the_title_is_korean_for_a_korean_reader(found: AttentionMap, monkeypatch):
    monkeypatch.setattr("jium.messages._korean", lambda: {"mean over layers": "층 평균"})
    set_language("ko")
    (axes,) = found.figure().axes
    assert "층 평균" in axes.get_title()
    assert picture(found).std() > 0


def test_the_picture_is_an_image_of_bytes(found: AttentionMap):
    image = picture(found)
    assert image.dtype == np.uint8
    assert image.ndim == 3 and image.shape[2] == 3
    assert image.min() < 60 and image.max() == 255


@pytest.mark.parametrize("word", ["$x_1$", "\\frac", "\U0001fae0", "שלום", "a\x00b", "_^{"])
def test_any_word_can_be_drawn(found: AttentionMap, word: str):
    assert picture(with_words(found, [word, "나"])).std() > 0


def test_long_words_are_cut_and_long_texts_still_fit(found: AttentionMap):
    longest = with_words(found, ["가" * 200, *["나"] * 60])
    assert labels(longest)[0] == "가" * (LONGEST - 1) + "…"
    assert picture(longest).shape[1] > picture(found).shape[1]


def test_nothing_is_left_in_the_global_state_of_matplotlib(found: AttentionMap):
    before = dict(matplotlib.rcParams)
    draw(found)
    assert dict(matplotlib.rcParams) == before
