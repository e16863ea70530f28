import math
import os
from collections import Counter
from pathlib import Path

import pytest

from jium.errors import ConfigError, DataError, RunError
from jium.retrieval import keywords
from jium.retrieval.keywords import KeywordIndex, Search

DIARY = """오늘은 강아지와 함께 강가를 걸었다.
물이 아주 맑았다.

저녁에는 고양이가 창가에서 잠을 잤다. 강아지는 고양이를 보았다.

내일은 도서관에서 책을 빌리려고 한다.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = tmp_path / "texts"
    (texts / "notes").mkdir(parents=True)
    (texts / "diary.txt").write_text(DIARY, "utf-8")
    (texts / "notes" / "animals.md").write_text("# Dogs\n\nTwo dogs, one Cat.\n", "utf-8")
    (texts / "page.html").write_text(
        "<html>\n<head><title>x</title></head>\n<body>\n<p>기차가 역에 섰다.</p>\n"
        "<p>비행기가 하늘을 난다 ✈️</p></body></html>\n",
        "utf-8",
    )
    (texts / "table.tsv").write_text("id\ttext\n1\t강아지 사료를 샀다\n2\tשלום עולם\n", "utf-8")
    return texts


def brute_force(documents: list[list[str]], query: list[str], k1: float, b: float) -> list[float]:
    """Lucene's BM25, as Kamphuis et al. (2020) write it."""
    average = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        counts, total = Counter(document), 0.0
        for term in query:
            df = sum(term in other for other in documents)
            if df:
                idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
                norm = k1 * (1 - b + b * len(document) / average)
                total += idf * counts[term] / (counts[term] + norm)
        scores.append(total)
    return scores


@pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.9, 0.0), (2.0, 1.0)])
def test_scores_equal_bm25_by_brute_force(folder: Path, k1: float, b: float) -> None:
    settings = Search(k1=k1, b=b)
    index = KeywordIndex.build(folder, settings)
    query = "강아지 고양이 dogs 강아지"
    documents = settings([passage.text for passage in index.passages])
    wanted = brute_force(documents, settings([query])[0], k1, b)
    scores = {(hit.file, hit.line): hit.score for hit in index.search(query, 100)}
    for passage, score in zip(index.passages, wanted, strict=True):
        assert scores.get((passage.file, passage.line), 0.0) == pytest.approx(score, abs=1e-5)
    assert sum(score > 0 for score in wanted) == len(scores) == 5


def test_a_word_is_found_whatever_particle_or_ending_it_has(folder: Path) -> None:
    index = KeywordIndex.build(folder)
    assert {hit.file for hit in index.search("강아지도")} == {"diary.txt", "table.tsv"}
    assert index.search("빌려서")[0].text.startswith("내일은 도서관")
    assert index.search("DOG")[0].file == "notes/animals.md"


def test_every_hit_stands_where_it_says(folder: Path) -> None:
    index = KeywordIndex.build(folder)
    for query in ("강아지", "고양이", "dog", "비행기", "기차", "도서관"):
        for hit in index.search(query):
            line = (folder / hit.file).read_text("utf-8").splitlines()[hit.line - 1]
            assert hit.text.split()[0] in line


def test_rare_scripts_and_emoji_are_found(folder: Path) -> None:
    index = KeywordIndex.build(folder)
    assert index.search("שלום")[0].file == "table.tsv"
    assert index.search("✈️")[0].file == "page.html"


def test_decomposed_hangul_finds_what_composed_finds(folder: Path) -> None:
    import unicodedata

    index = KeywordIndex.build(folder)
    assert index.search(unicodedata.normalize("NFD", "도서관")) == index.search("도서관")


def test_syllable_pairs_find_part_of_a_compound_and_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("눈꽃빙수가게에 갔다\n", "utf-8")
    assert KeywordIndex.build(tmp_path).search("눈꽃빙수")
    terms = Search(bigrams=False)(["눈꽃빙수가게에 갔다"])[0]
    assert not any(term.startswith("·") for term in terms)


def test_a_saved_index_gives_the_same_hits(folder: Path, tmp_path: Path) -> None:
    made = KeywordIndex.build(folder, index=tmp_path / "index")
    loaded = KeywordIndex.load(tmp_path / "index")
    assert loaded.search("강아지 dogs") == made.search("강아지 dogs")
    for array in (tmp_path / "index").rglob("*.np*"):
        assert b"\x80\x04" not in array.read_bytes()[:2]  # no pickle


def test_only_changed_files_are_read_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "index"
    KeywordIndex.build(folder, index=place)
    read: list[str] = []
    original = keywords.passages
    monkeypatch.setattr(keywords, "passages", lambda p, n: read.append(n) or original(p, n))
    KeywordIndex.build(folder, index=place)
    assert read == []
    (folder / "diary.txt").write_text("기린은 목이 길다.\n", "utf-8")
    (folder / "new.txt").write_text("하마는 물을 좋아한다.\n", "utf-8")
    (folder / "page.html").unlink()
    index = KeywordIndex.build(folder, index=place)
    assert sorted(read) == ["diary.txt", "new.txt"]
    assert index.search("기린")[0].file == "diary.txt"
    assert all(passage.file != "page.html" for passage in index.passages)
    fresh = KeywordIndex.build(folder)
    assert index.search("강아지 하마") == fresh.search("강아지 하마")


def test_other_settings_make_the_index_anew(folder: Path, tmp_path: Path) -> None:
    KeywordIndex.build(folder, index=tmp_path / "index")
    again = KeywordIndex.build(folder, Search(bigrams=False), index=tmp_path / "index")
    assert not any(
        term.startswith("·") for part in again.parts.values() for term in sum(part.terms, [])
    )


def test_unreadable_and_binary_files_are_named_and_the_rest_is_searched(folder: Path) -> None:
    (folder / "binary.txt").write_bytes(bytes(200))
    (folder / "old.txt").write_bytes("옛날 글자로 쓴 글입니다".encode("cp949"))
    (folder / "empty.md").write_text("", "utf-8")
    index = KeywordIndex.build(folder)
    said = " ".join(index.problems)
    assert "binary data" in said and "CP949" in said and "is empty" in said
    assert index.search("강아지")


def test_a_folder_with_nothing_to_search_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to search in this folder"):
        KeywordIndex.build(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        KeywordIndex.build(tmp_path / "absent")
    (tmp_path / "a.txt").write_bytes(bytes(100))
    with pytest.raises(DataError, match="no text to search in 1 files"):
        KeywordIndex.build(tmp_path)


def test_an_unknown_word_is_answered_with_the_nearest_spelling(folder: Path) -> None:
    index = KeywordIndex.build(folder, Search(bigrams=False))
    with pytest.raises(DataError, match='none of these words.*Did you mean "고양이"'):
        index.search("고얌이")
    with pytest.raises(DataError, match="has no word to search for"):
        index.search("...")
    with pytest.raises(DataError, match="has no word to search for"):
        index.search("")


def test_wrong_settings_are_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match="b: must be between 0 and 1; got 2"):
        Search(b=2)
    with pytest.raises(ConfigError, match="top: must be at least 1; got 0"):
        KeywordIndex.build(folder).search("강아지", 0)


def test_a_damaged_index_is_named_and_built_anew(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "index"
    KeywordIndex.build(folder, index=place)
    (place / "terms.npz").write_bytes(b"nothing")
    with pytest.raises(RunError, match="is no index of this jium"):
        KeywordIndex.load(place)
    assert KeywordIndex.build(folder, index=place).search("강아지")
    assert KeywordIndex.load(place).search("강아지")


def test_a_folder_of_something_else_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(RunError, match="holds something that is no index"):
        KeywordIndex.build(folder, index=tmp_path / "mine")
    assert os.listdir(tmp_path / "mine") == ["letter.txt"]
