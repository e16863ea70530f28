"""Special tokens around one text, and around two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.processors import TemplateProcessing

from jium.data.frames import Frame, longest_first
from jium.errors import ConfigError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

FRAME = Frame((101,), (102,), (102,))
IDS = st.lists(st.integers(0, 99), max_size=30)


def test_one_text_keeps_its_frame_when_it_is_cut():
    assert FRAME([1, 2, 3, 4, 5], 5).tolist() == [101, 1, 2, 3, 102]


def test_a_pair_is_cls_first_sep_second_sep_with_segments():
    ids, segments = FRAME.pair([1, 2], [3], 16)
    assert ids.tolist() == [101, 1, 2, 102, 3, 102]
    assert segments.tolist() == [0, 0, 0, 0, 1, 1]


@given(IDS, IDS, st.integers(2, 40))
def test_the_longer_text_is_cut_first(first: list[int], second: list[int], room: int):
    a, b = longest_first(first, second, room)
    assert len(a) + len(b) == min(room, len(first) + len(second))
    assert a == first[: len(a)] and b == second[: len(b)]
    if len(a) < len(first) and len(b) < len(second):
        assert abs(len(a) - len(b)) <= 1
    elif len(a) < len(first):
        assert len(a) >= len(b)
    elif len(b) < len(second):
        assert len(b) >= len(a) - 1


def test_a_pair_fills_the_model_and_no_more():
    ids, segments = FRAME.pair(range(50), range(50), 20)
    assert len(ids) == len(segments) == 20
    assert np.count_nonzero(ids == 102) == 2


def test_no_room_for_a_pair_is_said():
    with pytest.raises(ConfigError, match="no room for two texts"):
        FRAME.pair([1], [2], 4)


def test_the_frame_of_a_tokenizer_is_that_which_it_puts() -> None:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=270), ["나는 학교에 간다."])
    roberta = Frame((2,), (3,), (3, 3), 0)
    plain = Frame.of(tokenizer)
    assert plain == Frame((2,), (3,), (3,)), "one of ours has none, and gets BERT's"
    assert Frame.of(roberta.put_on(tokenizer)) == roberta
    assert Frame.of(tokenizer) == plain, "the tokenizer given stays as it was"
    decoder = plain.put_on(tokenizer)
    decoder.backend.post_processor = TemplateProcessing(
        single="<START> $A", special_tokens=[("<START>", 2)]
    )
    assert Frame.of(decoder) == plain, "one for decoders frames no pair"


def test_of_two_texts_that_are_told_apart_by_no_segment_all_are_in_the_first() -> None:
    ids, segments = Frame((2,), (3,), (3, 3), 0).pair([7, 8], [9], 16)
    assert ids.tolist() == [2, 7, 8, 3, 3, 9, 3]
    assert not segments.any()
