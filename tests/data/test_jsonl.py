import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.jsonl import read_json, read_jsonl
from jium.errors import DataError

TEXT = st.text(st.characters(exclude_categories=("Cs",)))
OBJECT = st.dictionaries(
    st.text("abc", min_size=1), TEXT | st.integers() | st.none() | st.lists(TEXT)
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


@given(st.lists(OBJECT, min_size=1), st.sampled_from([None, 1]), st.booleans())
def test_objects_come_back_as_they_were(tmp_path_factory, objects, indent, ascii_only) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.getbasetemp()
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    rows = list(read_json(write(folder / "any.json", text)))
    assert [row.values for row in rows] == objects
    assert [row.line for row in rows] == list(range(1, len(objects) + 1))
    lines = "".join(json.dumps(item, ensure_ascii=ascii_only) + "\n" for item in objects)
    assert [row.values for row in read_jsonl(write(folder / "any.jsonl", lines))] == objects


def test_a_list_longer_than_a_chunk_is_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jium.data.compressed.CHUNK", 7)  # cuts within letters and within objects
    objects = [{"ko": "가나다" * n, "n": n} for n in range(200)]
    path = write(tmp_path / "a.json", json.dumps(objects, ensure_ascii=False))
    assert [row.values for row in read_json(path)] == objects


def test_nested_objects_have_dotted_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": 1, "translation": {"ko": "나", "en": "I"}}\n')
    assert next(read_jsonl(path)).values == {"id": 1, "translation.ko": "나", "translation.en": "I"}


def test_a_broken_line_is_marked_and_the_rest_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"a": 1}\n{"a": \n\n[1]\n{"a": 2}\n')
    rows = [(row.line, row.problem) for row in read_jsonl(path)]
    assert rows == [(1, ""), (2, "not_json"), (4, "not_json"), (5, "")]


@pytest.mark.parametrize("text", ["ko\ten\n", "[1]\n", '"나"\n', "[" * 100_000])
def test_a_first_line_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="line 1: is not a JSON object"):
        list(read_jsonl(write(tmp_path / "a.jsonl", text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"ko": "나"}', "it begins with '{'"),
        ('{"ko": "나"}\n{"ko": "너"}\n', "name the file .jsonl"),
        ("[1, 2]", "item 1 is int"),
        ('[{"a": 1}, 2]', "item 2 is int"),
        ('[{"a": 1} {"a": 2}]', "no comma after object 1"),
        ('[{"a": 1}, {"a": ', "item 2: "),
        ('[{"a": 1}, ]', "item 2: "),
        ('[{"a": 1}', "no comma after object 1"),
    ],
)
def test_a_json_that_is_no_list_of_objects_is_refused(
    tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(DataError, match="is not a list of objects") as caught:
        list(read_json(write(tmp_path / "a.json", text)))
    assert found in str(caught.value)


def test_an_empty_list_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        list(read_json(write(tmp_path / "a.json", " [ ] ")))
