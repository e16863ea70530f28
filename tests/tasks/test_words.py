"""Word vectors as a person asks for them."""

import unicodedata

import numpy as np
import pytest

import jium
from jium.errors import ConfigError, DataError, RunError
from jium.models.word2vec import Word2Vec, Word2VecConfig
from jium.tasks.words import WordVectors
from jium.text.vocabulary import Vocabulary

TOY = {  # the table of the Figures: gender, royalty, age, food
    "Man": (-1, 0.01, 0.03, 0.04),
    "Woman": (1, 0.02, 0.02, 0.01),
    "King": (-0.95, 0.93, 0.7, 0.02),
    "Queen": (0.97, 0.95, 0.69, 0.01),
    "Apple": (0, -0.01, 0.03, 0.95),
    "Orange": (0.01, 0, -0.02, 0.97),
}


@pytest.fixture
def toy():
    return WordVectors.of(list(TOY), list(TOY.values()))


def test_king_less_man_and_woman_is_queen_as_in_the_figures(toy):
    man, woman, king = toy.embed(["Man", "Woman", "King"])
    asked = king - man + woman
    assert asked == pytest.approx([1.05, 0.94, 0.69, -0.01], abs=1e-6)
    (first, high), (second, next_high), *_ = toy.nearest(asked)
    assert (first, round(high, 4)) == ("Queen", 0.9990)
    assert (second, round(next_high, 4)) == ("Woman", 0.6895)
    assert round(float(toy.similarities(["Apple"], ["Orange"])[0, 0]), 4) == 0.9985
    assert round(float(toy.similarities(["King"], ["Queen"])[0, 0]), 4) == 0.1945


def test_the_words_asked_with_are_no_answers(toy):
    for unit in (True, False):
        found = toy.analogy("Man", "King", "Woman", 10, unit=unit)
        assert found[0][0] == "Queen"
        assert {word for word, _ in found} == {"Queen", "Apple", "Orange"}
    assert round(toy.analogy("Man", "King", "Woman", 1, unit=False)[0][1], 4) == 0.9990
    # Without that rule a word asked with would be the answer to 1:1 questions.
    assert toy.nearest(toy.embed("King"))[0][0] == "King"
    assert "King" not in dict(toy.similar("King"))


def test_a_list_gives_a_row_each_and_a_word_a_vector(toy):
    assert toy.embed("Man").shape == (4,)
    assert toy.embed(["Man", "King"]).shape == (2, 4)
    assert toy.embed([]).shape == (0, 4)


def test_similarities_are_a_table_of_cosines():
    task = WordVectors.of(["가", "나", "다"], [[1, 0], [2, 0], [0, 3]])
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert task.similarities(["가", "나", "다"]).tolist() == expected


def test_only_the_words_given_are_ranked_where_some_are(toy):
    found = toy.similar("Apple", among=["King", "Orange"])
    assert [word for word, _ in found] == ["Orange", "King"]


def test_a_word_never_seen_is_answered_with_the_nearest_spellings():
    task = WordVectors.of(["강아지", "고양이"], np.eye(2))
    with pytest.raises(DataError, match=r"'망아지' is none of the 2 words.* Spelled alike: 강아지"):
        task.similar("망아지")
    with pytest.raises(
        DataError, match=r"'zzz' is none of the 2 words that have a vector. A model"
    ):
        task.embed(["강아지", "zzz"])


@pytest.mark.parametrize(
    "typed", [" 강아지 ", unicodedata.normalize("NFD", "강아지"), "강아지\u200b"]
)
def test_what_a_person_types_is_cleaned(typed):
    task = WordVectors.of(["강아지", "고양이"], np.eye(2))
    assert task.embed(typed).tolist() == [1.0, 0.0]
    assert [word for word, _ in task.similar(typed)] == ["고양이"]


@pytest.mark.parametrize("typed", ["", "  "])
def test_nothing_is_no_word(typed):
    with pytest.raises(DataError, match="There is no word in"):
        WordVectors.of(["가", "나"], np.eye(2)).embed(typed)


def test_emoji_lone_jamo_and_right_to_left_words_have_vectors():
    words = ["😀", "ㅠㅠ", "שלום"]
    task = WordVectors.of(words, np.eye(3))
    assert task.embed(words).tolist() == np.eye(3).tolist()


def test_no_answer_is_no_number(toy):
    with pytest.raises(ConfigError, match="n: must be at least 1; got 0"):
        toy.similar("Man", 0)


def test_a_vocabulary_of_one_has_nothing_similar():
    assert WordVectors.of(["나"], [[1.0, 2.0]]).similar("나") == []


def test_given_vectors_are_a_run_as_trained_ones_are(toy, tmp_path):
    toy.save(tmp_path)
    again = jium.load(tmp_path)
    assert np.array_equal(again.vectors, toy.vectors)
    assert again.similar("Apple", 1)[0][0] == "Orange"


def test_subwords_are_the_same_after_loading(tmp_path):
    words = ["강아지", "고양이"]
    model = Word2Vec(Word2VecConfig(dim=4, vocab_size=2, subwords="jamo", n_buckets=50))
    model.spell(words)
    task = WordVectors(model, Vocabulary(words, [2, 1], special=False))
    task.save(tmp_path)
    again = jium.load(tmp_path)
    for word in ("강아지", "망아지"):
        assert np.array_equal(again.embed(word), task.embed(word))


def test_a_vocabulary_that_is_missing_or_of_another_size_is_said(toy, tmp_path):
    toy.save(tmp_path)
    Vocabulary(["Man"], [1], special=False).save(tmp_path / "vocabulary.json")
    with pytest.raises(RunError, match=r"vocabulary.json: is damaged \(1 words, 6 expected\)"):
        jium.load(tmp_path)
    (tmp_path / "vocabulary.json").unlink()
    with pytest.raises(RunError, match="vocabulary.json: is damaged .*no such file"):
        jium.load(tmp_path)


def test_a_format_that_is_unknown_is_refused(toy, tmp_path):
    with pytest.raises(ConfigError, match='no format "pickle" for word vectors'):
        toy.export(tmp_path / "x", to="pickle")


@pytest.mark.parametrize(
    ("key", "value"), [("min_n", 4), ("max_n", 2), ("dim", 0), ("n_buckets", 0)]
)
def test_sizes_that_cannot_be_are_refused(key, value):
    with pytest.raises(ConfigError, match=f"{key}: must be"):
        Word2VecConfig(**{key: value})
