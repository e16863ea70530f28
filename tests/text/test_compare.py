"""Tokenizers side by side."""

import pytest

from jium.errors import TokenizerError
from jium.text.compare import compare, particle_starts, word_growth
from jium.text.tokenizer import Tokenizer, TokenizerConfig

pytest.importorskip("kiwipiepy")
LEARN = ["학교가 멀다", "나무가 크다", "학교를 찾는다", "나무를 심는다"] * 5
TEST = ["학교가 크다", "학교를 심는다", "바다가 멀다"]


def rows(n_particle_texts: int = 10) -> dict:
    sizes = {"bpe": 290, "morpheme": 280, "word": 100, "char": 100}
    trained = {
        kind: Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=size), LEARN)
        for kind, size in sizes.items()
    }
    return {row.name: row for row in compare(trained, TEST, n_particle_texts)}


def test_words_explode_into_unknowns_and_subwords_do_not():
    found = rows()
    assert found["word"].unknown == pytest.approx(1 / 6)  # 바다가
    assert found["char"].unknown == pytest.approx(1 / 19)  # 바
    assert found["bpe"].unknown == found["morpheme"].unknown == 0
    assert found["bpe"].exact == found["morpheme"].exact == 1
    assert found["word"].exact == found["char"].exact == pytest.approx(2 / 3)


def test_lengths_are_counted_per_eojeol_character_and_byte():
    found = rows()
    n_bytes = sum(len(text.encode()) for text in TEST)
    assert found["word"].tokens_per_eojeol == 1
    assert found["char"].tokens_per_character == 1
    assert found["char"].bytes_per_token == pytest.approx(n_bytes / 19)
    assert found["char"].tokens_per_eojeol == pytest.approx(19 / 6)
    assert all(row.megabytes_per_s > 0 for row in found.values())


def test_particles_are_split_by_morphemes_and_characters_and_never_by_words():
    found = rows()
    assert found["morpheme"].particles_split == found["char"].particles_split == 1
    assert found["word"].particles_split == 0
    assert rows(n_particle_texts=0)["word"].particles_split is None


def test_a_particle_begins_where_its_noun_ends():
    assert list(particle_starts("학교가 멀고 나무를 심는다")) == [2, 9]


def test_the_number_of_different_words_grows_with_the_text():
    assert word_growth(["가 나 가 다", "라 가 마 바"], points=4) == [(2, 2), (4, 3), (6, 4), (8, 6)]


def test_no_text_to_compare_on_is_an_error():
    with pytest.raises(TokenizerError, match="There is no text to compare"):
        compare({}, [""])
