"""Words to numbers and back, whatever letters they are written in."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from jium.errors import ConfigError, DataError
from jium.text.settings import SPECIAL_TOKENS
from jium.text.vocabulary import Vocabulary, padded

CORPUS = [["비", "가", "온다"], ["눈", "이", "온다"], ["rain", "가", "온다"]]
ODD = ["ㅋㅋ", "ㅠ", "👩‍👩‍👧", "🙂", "שלום", "مرحبا", "é", "a b", "ᆫ"]


def test_the_special_tokens_come_first_then_the_commonest_words():
    vocabulary = Vocabulary.build(CORPUS)
    assert vocabulary.words == [*SPECIAL_TOKENS, "온다", "가", "rain", "눈", "비", "이"]
    assert vocabulary.counts == [0, 0, 0, 0, 3, 2, 1, 1, 1, 1]
    assert [vocabulary.ids[token] for token in SPECIAL_TOKENS] == [0, 1, 2, 3]


def test_the_order_of_the_corpus_does_not_matter():
    assert Vocabulary.build(CORPUS) == Vocabulary.build(reversed(CORPUS))


def test_rare_words_and_words_beyond_the_size_are_left_out():
    assert Vocabulary.build(CORPUS, min_count=2, special=False).words == ["온다", "가"]
    assert Vocabulary.build(CORPUS, max_size=5).words[4:] == ["온다"]
    assert len(Vocabulary.build(CORPUS, max_size=3, special=False)) == 3


def test_words_come_back_from_their_numbers():
    vocabulary = Vocabulary.build([*CORPUS, ODD])
    for tokens in (*CORPUS, ODD):
        assert vocabulary.decode(vocabulary.encode(tokens)) == tokens


def test_an_unknown_word_is_unk_or_left_out():
    assert Vocabulary.build(CORPUS).encode(["비", "우박"]) == [8, 1]
    assert Vocabulary.build(CORPUS, special=False).encode(["우박", "온다"]) == [0]


def test_start_and_end_stand_around_a_sentence():
    vocabulary = Vocabulary.build(CORPUS)
    assert vocabulary.decode(vocabulary.encode(["눈"], ends=True)) == ["<START>", "눈", "<EOS>"]


def test_no_text_can_spell_a_special_token():
    vocabulary = Vocabulary.build([["<PAD>", "<EOS>", "비"]])
    assert vocabulary.words == [*SPECIAL_TOKENS, "비"]
    assert vocabulary.encode(["<PAD>", "<EOS>", "비"]) == [1, 1, 4]
    assert "<PAD>" not in vocabulary


def test_without_special_tokens_their_names_are_words():
    assert Vocabulary.build([["<PAD>", "비"]], special=False).encode(["<PAD>"]) == [0]


def test_normal_forms_are_one_word():
    composed, apart = "한글", unicodedata.normalize("NFD", "한글")
    vocabulary = Vocabulary.build([[composed, apart, apart]])
    assert vocabulary.words[4:] == [composed] and vocabulary.counts[4:] == [3]
    assert vocabulary.encode([apart]) == vocabulary.encode([composed]) == [4]
    assert apart in vocabulary and composed in vocabulary


def test_compatibility_jamo_stay_what_they_are():
    """NFKC would turn ㅋ U+314B into U+110F."""
    assert Vocabulary.build([["ㅋ"]]).words[4] == "\u314b"


def test_a_vocabulary_of_one_word_works(tmp_path: Path):
    vocabulary = Vocabulary.build([["하나", "하나"]], special=False)
    vocabulary.save(tmp_path)
    loaded = Vocabulary.load(tmp_path)
    assert (loaded.words, loaded.counts, loaded.encode(["하나", "둘"])) == (["하나"], [2], [0])


@pytest.mark.parametrize("special", [True, False])
def test_saving_and_loading_is_exact(tmp_path: Path, special: bool):
    vocabulary = Vocabulary.build([*CORPUS, ODD], special=special)
    vocabulary.save(tmp_path / "words.json")
    loaded = Vocabulary.load(tmp_path / "words.json")
    assert loaded == vocabulary and loaded.special is special
    assert loaded.ids == vocabulary.ids
    assert loaded.encode([*ODD, "<UNK>", "x"]) == vocabulary.encode([*ODD, "<UNK>", "x"])


def test_half_a_character_cannot_spoil_the_file(tmp_path: Path):
    vocabulary = Vocabulary.build([["비\ud800", "\udfff"]])
    assert vocabulary.words[4:] == ["비"]
    vocabulary.save(tmp_path)
    assert Vocabulary.load(tmp_path) == vocabulary


def test_near_spellings_are_near_by_letters():
    words = ["강아지", "고양이", "강아지풀", "망아지", "학교", "school", "schools", "👍"]
    vocabulary = Vocabulary.build([words, ["강아지풀"]])
    assert vocabulary.nearest("강아찌")[0] == "강아지"
    assert vocabulary.nearest("가아지", n=1) == ["강아지"]
    assert vocabulary.nearest("shcool")[0] == "school"
    assert vocabulary.nearest(unicodedata.normalize("NFD", "학꾜")) == ["학교"]
    assert vocabulary.nearest("비행기") == [] and vocabulary.nearest("") == []
    assert "<PAD>" not in vocabulary.nearest("<PAD>")


def test_padding_stands_on_the_side_asked_for_and_the_mask_knows():
    rows = [[5, 6, 7], [8], []]
    ids, mask = padded(rows, pad_id=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    left, left_mask = padded(rows, pad_id=0, side="left")
    assert left.tolist() == [[5, 6, 7], [0, 0, 8], [0, 0, 0]]
    for some, known in ((ids, mask), (left, left_mask)):
        assert [row[real].tolist() for row, real in zip(some, known, strict=True)] == rows
    assert padded([], 0)[0].shape == (0, 0) and np.issubdtype(ids.dtype, np.int64)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("corpus", [[], [[]], [[""]], [["<PAD>"]]])
def test_an_empty_corpus_is_refused(corpus: list[list[str]]):
    with pytest.raises(DataError, match="no word to make a vocabulary of: 0 different words"):
        Vocabulary.build(corpus)


def test_a_corpus_of_rare_words_says_how_many_there_were():
    with pytest.raises(DataError, match="6 different words, none seen 9 times or more"):
        Vocabulary.build(CORPUS, min_count=9)


def test_texts_that_were_not_cut_into_words_are_refused():
    with pytest.raises(DataError, match="not one string: '비가 온다'. Cut it into words"):
        Vocabulary.build(["비가 온다"])


def test_sizes_that_hold_no_word_are_refused():
    with pytest.raises(ConfigError, match="max_size: must be 5 or more.* 4 special.*got 4"):
        Vocabulary.build(CORPUS, max_size=4)
    with pytest.raises(ConfigError, match="min_count: must be at least 1; got 0"):
        Vocabulary.build(CORPUS, min_count=0)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(DataError, match=r"vocabulary.json: no such file"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        "{",
        [],
        {"words": ["a"]},
        {"special": False, "words": ["a", "a"], "counts": [1, 1]},
        {"special": False, "words": ["a"], "counts": [1, 1]},
        {"special": False, "words": [1], "counts": [1]},
        {"special": True, "words": ["a", "b"], "counts": [1, 1]},
    ],
)
def test_a_damaged_file_is_said(tmp_path: Path, values: object):
    path = tmp_path / "vocabulary.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    with pytest.raises(DataError, match="vocabulary.json: is damaged"):
        Vocabulary.load(path)
