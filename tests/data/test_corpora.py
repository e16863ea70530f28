"""Texts as one row of word numbers."""

import unicodedata

import numpy as np
import pytest

from jium.data.corpora import END, Corpus, CorpusData, prepare_corpus
from jium.errors import ConfigError, DataError


def prepare(folder, lines, **settings):
    file = folder / "texts.txt"
    file.write_text("\n".join(lines), "utf-8")
    settings = {"min_count": 1, "valid_share": 0.0, "drop_duplicates": False} | settings
    return prepare_corpus(CorpusData(train=str(file), **settings), folder / "corpus")


def decoded(corpus, split="train"):
    words = [*corpus.vocabulary.words, "|"]
    return " ".join(words[i] for i in corpus.ids(split))


def test_words_are_numbered_by_how_often_they_stand(tmp_path):
    corpus = prepare(tmp_path, ["나 너 나", "우리 나 너"])
    assert corpus.vocabulary.words == ["나", "너", "우리"]
    assert corpus.vocabulary.counts == [3, 2, 1]
    assert decoded(corpus) == "나 너 나 | 우리 나 너 |"
    assert corpus.n_texts == 2


def test_rare_words_go_and_their_neighbours_meet(tmp_path):
    corpus = prepare(tmp_path, ["가 나 다", "가 라 다"], min_count=2)
    assert decoded(corpus) == "가 다 | 가 다 |"


def test_only_the_commonest_words_stay_where_a_number_is_given(tmp_path):
    assert prepare(tmp_path, ["가 가 나 나 나 다"], max_words=2).vocabulary.words == ["나", "가"]


def test_a_corpus_is_opened_again_as_it_was(tmp_path):
    made = prepare(tmp_path, ["가 나", "다 가"])
    opened = Corpus.load(tmp_path / "corpus")
    assert opened == made
    assert np.array_equal(opened.ids("train"), made.ids("train"))


def test_a_word_typed_in_two_normal_forms_is_one_word(tmp_path):
    apart = unicodedata.normalize("NFD", "한글")
    for clean in (True, False):
        folder = tmp_path / str(clean)
        folder.mkdir()
        corpus = prepare(folder, [f"한글 {apart} 좋다"], clean=clean)
        assert dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts, strict=True)) == {
            "한글": 2,
            "좋다": 1,
        }


def test_no_word_holds_a_space(tmp_path, monkeypatch):
    """The formats of word vectors could not hold it; Kiwi has a few such morphemes."""
    cut = "jium.data.corpora.split_words"
    monkeypatch.setattr(
        cut, lambda texts, analyser, **others: [["트윈 침대", "좋다"] for _ in texts]
    )
    assert prepare(tmp_path, ["하나"]).vocabulary.words == ["좋다", "트윈침대"]


def test_lone_jamo_right_to_left_text_and_emoji_are_words(tmp_path):
    corpus = prepare(tmp_path, ["ㄱ ㅠㅠ 😀 שלום", "ㄱ 😀"])
    assert set(corpus.vocabulary.words) == {"ㄱ", "ㅠㅠ", "😀", "שלום"}


def test_a_share_of_the_texts_is_set_apart_and_read_in_the_same_numbers(tmp_path):
    lines = [f"말{i % 7} 글{i % 5} 책{i}" for i in range(300)]
    corpus = prepare(tmp_path, lines, valid_share=0.2, min_count=5)
    n_valid = int((corpus.ids("valid") == END).sum())
    assert 30 < n_valid < 90
    assert n_valid + int((corpus.ids("train") == END).sum()) == 300
    assert corpus.ids("valid").max() < len(corpus.vocabulary)


def test_files_given_for_validation_are_read(tmp_path):
    (tmp_path / "valid.txt").write_text("나 처음\n가 나\n", "utf-8")
    corpus = prepare(tmp_path, ["가 나 다"], valid=str(tmp_path / "valid.txt"))
    assert decoded(corpus, "valid") == "나 | 가 나 |"


def test_an_empty_file_is_said(tmp_path):
    with pytest.raises(DataError, match="is empty"):
        prepare(tmp_path, [""])


def test_signs_alone_are_no_corpus(tmp_path):
    with pytest.raises(DataError, match="no word to make a vocabulary of: 0 different words"):
        prepare(tmp_path, ["...", "!!!"])


def test_a_corpus_of_rare_words_is_said(tmp_path):
    with pytest.raises(DataError, match="3 different words, none seen 5 times"):
        prepare(tmp_path, ["하나 둘 셋"], min_count=5)


def test_a_vocabulary_of_one_is_said(tmp_path):
    with pytest.raises(DataError, match=r"one word only \('나'\) stands 2 times or more"):
        prepare(tmp_path, ["나 너", "나 그"], min_count=2)


def test_texts_of_one_word_are_said(tmp_path):
    with pytest.raises(DataError, match="no two words stand side by side"):
        prepare(tmp_path, ["하나", "둘", "하나"])


def test_a_smallest_count_below_one_is_refused():
    with pytest.raises(ConfigError, match="min_count: must be at least 1"):
        CorpusData(train="x", min_count=0)
