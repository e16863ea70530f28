"""Counts as textbooks have them; the exact values are the Figures of the project."""

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jium.errors import ConfigError, DataError, RunError
from jium.text.vectorise import (
    FILE,
    Ngrams,
    Table,
    Vectoriser,
    bag_of_words,
    cosines,
    one_hot,
    tfidf,
)

DOCUMENTS = ["good movie", "not a good movie", "did not like"]
PHONES = ["not an issue, phone is working", "an issue, phone is not working"]


def row(table: Table, number: int) -> dict[str, float]:
    values = table.rows.toarray()[number]
    return {name: round(float(x), 4) for name, x in zip(table.columns, values, strict=True) if x}


# ---------------------------------------------------------------- figures


def test_figure_bag_of_words_in_the_order_seen():
    table = bag_of_words(DOCUMENTS)
    assert table.columns == ["good", "movie", "not", "a", "did", "like"]
    assert table.rows.toarray().tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [0, 0, 1, 0, 1, 1],
    ]


def test_figure_eleven_unigrams_and_bigrams():
    table = bag_of_words(DOCUMENTS, max_n=2)
    assert len(table.columns) == 11
    assert table.columns[:3] == ["good", "movie", "good movie"]


def test_scikit_learn_alone_would_give_nine_because_it_drops_one_letter_words():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    assert text.CountVectorizer(ngram_range=(1, 2)).fit_transform(DOCUMENTS).shape[1] == 9
    assert bag_of_words(["나 너 우리", "a b"]).columns == ["나", "너", "우리", "a", "b"]


def test_figure_tfidf_of_unigrams():
    table = tfidf(DOCUMENTS)
    assert row(table, 0) == {"good": 0.7071, "movie": 0.7071}
    assert row(table, 1) == {"good": 0.4599, "movie": 0.4599, "not": 0.4599, "a": 0.6047}
    assert row(table, 2) == {"not": 0.4736, "did": 0.6228, "like": 0.6228}


def test_figure_idf():
    """One word a text, so that its weight before it is made of length 1 can be told: n=3."""
    table = tfidf(DOCUMENTS)
    ratio = row(table, 1)["a"] / row(table, 1)["good"]  # 1.6931 / 1.2877
    assert np.log(4 / 3) + 1 == pytest.approx(1.2877, abs=5e-5)
    assert np.log(4 / 2) + 1 == pytest.approx(1.6931, abs=5e-5)
    assert ratio == pytest.approx(1.6931 / 1.2877, abs=2e-4)


def test_figure_tfidf_with_bigrams_shows_did_not_in_the_third_document_only():
    table = tfidf(DOCUMENTS, max_n=2)
    assert len(table.columns) == 11
    assert row(table, 2) == {
        "not": 0.3554,
        **dict.fromkeys(["did", "like", "did not", "not like"], 0.4674),
    }
    assert not {"did not", "not like"} & (row(table, 0).keys() | row(table, 1).keys())


def test_figure_word_order_is_seen_by_bigrams_only():
    assert row(bag_of_words(PHONES), 0) == row(bag_of_words(PHONES), 1)
    pairs = bag_of_words(PHONES, min_n=2, max_n=2)
    assert "not working" in row(pairs, 1) and "not working" not in row(pairs, 0)
    assert row(pairs, 0) != row(pairs, 1)


def test_figure_one_hot_words_are_all_equally_unlike():
    table = one_hot(["왕", "여왕", "사과", "왕"])
    assert table.columns == ["왕", "여왕", "사과"]
    assert table.rows.toarray().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert np.array_equal(cosines(one_hot(["man", "woman", "king"]).rows), np.eye(3))


# ---------------------------------------------------------------- as scikit-learn


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"max_n": 2}, {"token_pattern": r"(?u)\b\w+\b", "ngram_range": (1, 2)}),
        ({"analyser": "char", "max_n": 4}, {"analyzer": "char", "ngram_range": (1, 4)}),
        ({"analyser": "char", "max_n": 3, "min_texts": 2},
         {"analyzer": "char", "ngram_range": (1, 3), "min_df": 2}),
    ],
)  # fmt: skip
def test_counts_equal_those_of_scikit_learn(ours: dict[str, Any], theirs: dict[str, Any]):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    texts = [*DOCUMENTS, *PHONES, "밥 먹었니? 👍👍", "밥은 먹었지 ㅋㅋ", "שלום עולם"]
    counter = text.CountVectorizer(**theirs)
    expected = counter.fit_transform(texts).toarray()
    table = bag_of_words(texts, order="sorted", **ours)
    assert table.columns == list(counter.get_feature_names_out())
    assert np.array_equal(table.rows.toarray(), expected)


def test_sublinear_weights_equal_those_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    texts = ["a a a b", "b c", "c c"]
    made = text.TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True).fit_transform(texts)
    found = tfidf(texts, sublinear=True, order="sorted").rows
    assert np.allclose(found.toarray(), made.toarray())


# ---------------------------------------------------------------- analysers and settings


def test_morphemes_are_counted_by_form_and_tag():
    pytest.importorskip("kiwipiepy")
    table = bag_of_words(["코로나가 심하다", "코로나는 심하다"], analyser="morpheme")
    assert row(table, 0) == {"코로나/NNP": 1, "가/JKS": 1, "심하/VA": 1, "다/EF": 1}
    nouns = bag_of_words(["코로나가 심하다"], analyser="morpheme", tags=["N"])
    assert nouns.columns == ["코로나/NNP"]
    without = bag_of_words(["코로나가 심하다"], analyser="morpheme", stop_words=["가", "다"])
    assert without.columns == ["코로나/NNP", "심하/VA"]


def test_jamo_let_like_syllables_share_ngrams():
    table = bag_of_words(["간", "온"], analyser="jamo")
    assert row(table, 0).keys() & row(table, 1).keys() == {"\u11ab"}


def test_stop_words_and_the_commonest():
    assert "a" not in bag_of_words(DOCUMENTS, stop_words=["a"]).columns
    assert bag_of_words(DOCUMENTS, max_features=3).columns == ["good", "movie", "not"]
    assert bag_of_words(DOCUMENTS, min_texts=2).columns == ["good", "movie", "not"]


def test_case_counts_only_where_it_is_kept():
    assert bag_of_words(["Good good"]).columns == ["good"]
    assert bag_of_words(["Good good"], lowercase=False).columns == ["Good", "good"]


@pytest.mark.parametrize("analyser", ["word", "char", "jamo"])
def test_normal_forms_count_alike(analyser: str):
    text = "각각의 카페"
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    table = bag_of_words([composed, apart, f"{composed} {apart}"], analyser=analyser)
    assert row(table, 0) == row(table, 1)


@pytest.mark.parametrize("analyser", ["char", "jamo"])
@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧‍👦🇰🇷", "שלום", "مرحبا", "ㅋㅋㅠ", "\u1100\u1161\u11a8\u1100", "\x00"]
)
def test_any_character_can_be_counted(analyser: Any, text: str):
    vectoriser, counts = Vectoriser.fit([Ngrams(analyser=analyser, max_n=2)], [text, "글"])
    assert counts[[0]].sum() > 0
    assert (vectoriser([text, "글"]) != counts).nnz == 0


def test_one_word_is_a_corpus():
    assert bag_of_words(["말"]).rows.toarray().tolist() == [[1]]
    assert tfidf(["말"]).rows.toarray().tolist() == [[1]]


@pytest.mark.parametrize("texts", [[], [""], ["", "  "], ["!?", "..."]])
def test_nothing_to_count_is_said(texts: list[str]):
    with pytest.raises(DataError, match=f"nothing to count: {len(texts)} texts.* word n-gram of 1"):
        bag_of_words(texts)


def test_a_string_is_no_list_of_texts():
    with pytest.raises(DataError, match="Texts are a list"):
        bag_of_words("good movie")


def test_no_word_has_no_vector():
    with pytest.raises(DataError, match="There is no word"):
        one_hot([])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_n": 3, "max_n": 2}, "max_n: must be at least min_n.*min_n=3, max_n=2"),
        ({"max_features": 0}, "max_features: must be at least 1; got 0"),
        ({"analyser": "char", "stop_words": ["a"]}, "stop_words: are for the word and morpheme"),
        ({"tags": ["N"]}, "tags: are for the morpheme analyser; this is word"),
        ({"analyser": "words"}, "analyser: must be one of"),
        ({"ngrams": 2}, "ngrams: unknown key.*Known: analyser"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        bag_of_words(DOCUMENTS, **settings)


# ---------------------------------------------------------------- on disk


def test_a_saved_vocabulary_counts_as_before(tmp_path: Path):
    kinds = [Ngrams(max_n=2), Ngrams(analyser="char", max_n=3)]
    vectoriser, counts = Vectoriser.fit(kinds, DOCUMENTS)
    vectoriser.save(tmp_path)
    loaded = Vectoriser.load(tmp_path)
    assert loaded.columns == vectoriser.columns and loaded.kinds == kinds
    assert (loaded(DOCUMENTS) != counts).nnz == 0


def test_a_damaged_vocabulary_is_explained(tmp_path: Path):
    with pytest.raises(RunError, match="has no vocabulary.json"):
        Vectoriser.load(tmp_path)
    for text in ("{", "[]", '{"features": [{}]}', '{"features": [{"ngrams": [], "max_n": 0}]}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(RunError, match="vocabulary.json: is damaged"):
            Vectoriser.load(tmp_path)
