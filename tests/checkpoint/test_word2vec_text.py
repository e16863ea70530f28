"""The text format of word2vec, in and out."""

import gzip
import unicodedata

import numpy as np
import pytest

from jium.checkpoint.word2vec_text import read_vectors, write_vectors
from jium.errors import DataError

WORDS = ["강아지", "고양이", "자동차", "😀", "שלום"]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


def given(folder, text, name="v.txt"):
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_what_is_written_is_read_again_exactly(tmp_path):
    write_vectors(tmp_path / "v.txt", WORDS, VECTORS)
    words, vectors = read_vectors(tmp_path / "v.txt")
    assert words == WORDS
    assert np.array_equal(vectors, VECTORS)


def test_gensim_reads_what_is_written_and_finds_the_same_neighbours(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    from jium.tasks.words import WordVectors

    task = WordVectors.of(WORDS, VECTORS)
    task.export(tmp_path / "v.txt")
    theirs = gensim.KeyedVectors.load_word2vec_format(str(tmp_path / "v.txt"))
    for word in WORDS:
        ours, other = task.similar(word, 4), theirs.most_similar(word, topn=4)
        assert [w for w, _ in ours] == [w for w, _ in other]
        np.testing.assert_allclose([s for _, s in ours], [s for _, s in other], atol=1e-6)
    found = theirs.most_similar(positive=["고양이", "자동차"], negative=["강아지"], topn=2)
    assert [w for w, _ in task.analogy("강아지", "고양이", "자동차", 2)] == [w for w, _ in found]


def test_what_gensim_writes_is_read(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    theirs = gensim.KeyedVectors(7)
    theirs.add_vectors(WORDS, VECTORS)
    theirs.save_word2vec_format(str(tmp_path / "v.txt"))
    words, vectors = read_vectors(tmp_path / "v.txt")
    assert words == WORDS
    np.testing.assert_allclose(vectors, VECTORS, rtol=1e-6)


def test_a_file_without_the_line_of_sizes_is_read_as_glove_writes_it(tmp_path):
    words, vectors = read_vectors(given(tmp_path, "왕 1 2.5\n여왕 -1 0\n"))
    assert (words, vectors.tolist()) == (["왕", "여왕"], [[1.0, 2.5], [-1.0, 0.0]])


def test_a_compressed_file_is_read(tmp_path):
    with gzip.open(tmp_path / "v.txt.gz", "wt", encoding="utf-8") as file:
        file.write("1 2\n왕 1 2\n")
    assert read_vectors(tmp_path / "v.txt.gz")[0] == ["왕"]


def test_words_come_in_nfc(tmp_path):
    apart = unicodedata.normalize("NFD", "한글")
    assert read_vectors(given(tmp_path, f"1 1\n{apart} 1\n"))[0] == ["한글"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 2\n왕 1 nan\n여왕 1 2\n", r"line 2: the vector of '왕' holds 'nan', which is not"),
        ("2 2\n왕 1 2\n여왕 -inf 2\n", r"line 3: the vector of '여왕' holds '-inf'"),
        ("1 2\n왕 1 두\n", r"line 2: the vector of '왕' holds '두'"),
        ("2 2\n왕 1 2\n여왕 1\n", r"line 3: '여왕' has 1 numbers; 2 are needed"),
        ("2 2\n왕 1 2\n여왕 1 2 3\n", r"line 3: '여왕' has 3 numbers; 2 are needed"),
        ("2 1\n왕 1\n왕 2\n", r"line 3: the word '왕' stands on line 2 already"),
        ("3 1\n왕 1\n여왕 2\n", r"the first line says 3 words, but there are 2"),
        ("0 5\n", r"holds no vector"),
        ("왕\n", r"line 1: '왕' has 0 numbers; 1 are needed"),
        ("", r"is empty"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_line(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_vectors(given(tmp_path, text))


def test_the_same_word_in_two_normal_forms_stands_twice(tmp_path):
    apart = unicodedata.normalize("NFD", "한글")
    with pytest.raises(DataError, match="line 3: the word '한글' stands on line 2 already"):
        read_vectors(given(tmp_path, f"2 1\n한글 1\n{apart} 2\n"))
