"""The picture of what is in a file."""

import json
from pathlib import Path

import pytest

from jium.data.inspect import inspect
from jium.errors import ConfigError, DataError
from jium.explanation.data_report import draw, page, save
from jium.messages import set_language

pytest.importorskip("matplotlib")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [("비가 옵니다.", "It rains."), ("나는 $5를 냈다.", "I <b>paid</b> $5."), ("", "x")]
    path = tmp_path / "쌍.jsonl"
    lines = [json.dumps({"번호": n, "ko": a, "en": b}) for n, (a, b) in enumerate(rows)]
    path.write_text("\n".join(lines))
    return path


def texts(path: Path) -> list[str]:
    figure = draw(inspect(path))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    labels = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    return [figure.get_suptitle(), *titles, *labels, *inside]


def test_each_text_column_has_four_panels(pairs: Path):
    pytest.importorskip("kiwipiepy")
    figure = draw(inspect(pairs))
    assert len(figure.axes) == 8  # two columns of text; the third holds numbers
    for part in (
        "ko: languages",
        "length in characters (median 10)",
        "speech levels (2 sentences)",
    ):
        assert part in [axes.get_title(loc="left") for axes in figure.axes]
    assert {"hasipsio", "haera", "50%", "100.0%", "only for Korean"} <= set(texts(pairs))


def test_the_picture_speaks_korean(pairs: Path):
    pytest.importorskip("kiwipiepy")
    set_language("ko")
    found = texts(pairs)
    assert found[0] == "쌍.jsonl: 3행, 중복 0행"
    assert {"ko: 언어", "하십시오체", "해라체", "한국어", "로마자"} <= set(found)


def test_a_page_needs_nothing_else_and_its_numbers_can_be_read(pairs: Path):
    found = page(inspect(pairs))
    assert 'src="data:image/png;base64,' in found and "http" not in found
    assert '<html lang="en">' in found and 'alt="쌍.jsonl: 3 rows, 0 duplicates"' in found
    assert "<td>en</td><td>Latin letters 100%</td>" in found


def test_names_are_no_markup(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"<script>$x": "비가 온다"}))
    assert "<script>" not in page(inspect(path))


def test_every_kind_of_file_is_written(pairs: Path, tmp_path: Path):
    report = inspect(pairs)
    kinds = (("a.png", b"\x89PNG"), ("a.HTML", b"<!doctype html>"), ("a.json", b"{"))
    for name, start in kinds:
        save(report, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(
        ConfigError, match=r"a.pdf: a report on data is saved as .html, .png or .json"
    ):
        save(report, tmp_path / "a.pdf")


def test_a_file_without_text_cannot_be_drawn(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"n": 1}\n{"n": 2}')
    with pytest.raises(DataError, match="has no column of text to draw"):
        draw(inspect(path))
