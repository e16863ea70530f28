"""Stop words of Korean morphemes and English words, and changing them."""

import unicodedata
from pathlib import Path

import pytest

from jium.errors import DataError
from jium.text.korean import analyse
from jium.text.stopwords import StopWords


def test_kiwis_list_leaves_what_a_text_is_about():
    pytest.importorskip("kiwipiepy")
    stop = StopWords.korean()
    left = [m.form for m in stop.without(analyse("나는 도서관에서 책을 읽었다."))]
    assert left == ["도서관", "책", "읽"]
    assert len(stop) > 90


def test_grammar_is_a_stop_word_when_asked_for():
    pytest.importorskip("kiwipiepy")
    text = analyse("비가 오더라도 갈게요")
    some = {m.form for m in StopWords.korean().without(text)}
    assert "더라도" in some
    assert [m.form for m in StopWords.korean(grammar=True).without(text)] == ["비", "오", "가"]


def test_english_function_words_go_in_either_case():
    words = ["The", "train", "wasn’t", "late", "and", "I", "didn't", "miss", "it"]
    assert StopWords.english().without(words) == ["train", "late", "miss"]


def test_a_list_can_be_changed():
    stop = StopWords(["것/NNB", "/JKS", "the"])
    assert ("것", "NNB") in stop and ("가", "JKS") in stop and "The" in stop
    assert ("것", "NNG") not in stop and "a" not in stop
    stop.add("정말/MAG", "a")
    stop.remove("/JKS", "the")
    assert ("가", "JKS") not in stop and "the" not in stop
    assert stop.without(["a", "정말", "날"]) == ["날"]  # an adverb stands alone as a word


def test_irregular_verbs_are_verbs():
    stop = StopWords(["걷/VV"])
    assert ("걷", "VV-I") in stop and ("걷", "VV-R") in stop and ("걷", "VX") not in stop


def test_an_ending_may_be_typed_with_the_letter_of_the_keyboard():
    pytest.importorskip("kiwipiepy")
    tokens = analyse("예쁜 꽃")
    assert ("ᆫ", "ETM") in StopWords(["ㄴ/ETM"])
    assert len(StopWords(["ㄴ/ETM"]).without(tokens)) == len(tokens) - 1


def test_normal_forms_are_one_word():
    stop = StopWords([unicodedata.normalize("NFD", "정말"), "Café"])
    assert "정말" in stop and unicodedata.normalize("NFD", "정말") in stop
    assert unicodedata.normalize("NFD", "café") in stop


def test_odd_entries_are_words_like_others(tmp_path: Path):
    odd = ["ㅋㅋ", "👍🏽", "שלום", "and/or", "a/", "/", "//", "#1"]
    stop = StopWords(odd)
    stop.save(tmp_path / "stop.txt")
    loaded = StopWords.load(tmp_path / "stop.txt")
    assert stop.without(odd) == loaded.without(odd) == []


def test_saving_and_loading_is_exact(tmp_path: Path):
    stop = StopWords(["것/NNB", "/JKS", "the", "ᆫ/ETM"])
    stop.save(tmp_path / "stop.txt")
    assert StopWords.load(tmp_path / "stop.txt").entries() == stop.entries()
    assert (tmp_path / "stop.txt").read_text("utf-8") == "/JKS\nᆫ/ETM\n것/NNB\nthe\n"


def test_remarks_and_empty_lines_are_skipped(tmp_path: Path):
    path = tmp_path / "stop.txt"
    path.write_text("\ufeff# mine\n\n  것/NNB  \n", "utf-8")
    assert StopWords.load(path).entries() == ["것/NNB"]


def test_a_file_that_kiwi_saved_will_do(tmp_path: Path):
    utils = pytest.importorskip("kiwipiepy.utils")
    utils.Stopwords().save(str(tmp_path / "kiwi.txt"))
    assert StopWords.load(tmp_path / "kiwi.txt").entries() == StopWords.korean().entries()


# ---------------------------------------------------------------- bad input


def test_removing_what_is_not_there_is_refused():
    with pytest.raises(DataError, match="'the' is not among the stop words"):
        StopWords().remove("the")


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(DataError, match=r"stop.txt: no such file"):
        StopWords.load(tmp_path / "stop.txt")


def test_another_encoding_is_said(tmp_path: Path):
    path = tmp_path / "stop.txt"
    path.write_bytes("것/NNB".encode("cp949"))
    with pytest.raises(DataError, match=r"stop.txt: cannot be read"):
        StopWords.load(path)
