"""The card of a set of pictures: what is there, what is said of it, what was left out."""

import json
from io import BytesIO

import numpy as np
import pytest
from typer.testing import CliRunner

from jium.cli.root import app
from jium.data.image_data import ImageData
from jium.data.image_report import holds_pictures, inspect_images, language_of, survey
from jium.data.image_report_view import markdown
from jium.data.image_topics import STYLE_WORDS, TOPIC_WORDS, found_in
from jium.errors import ConfigError, DataError
from jium.explanation.image_card import save

PIL = pytest.importorskip("PIL.Image")
SAID = ["수묵화로 그린 개", "a robot in space", "빨간 사과 두 개", "a king", "도시의 밤", "?"]


def smooth(seed, size=(48, 32)):
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return PIL.fromarray(small).resize(size, PIL.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path):
    """Six pictures; of the first a copy to the pixel and a smaller one, and one that is broken."""
    where = tmp_path / "pictures"
    where.mkdir()
    for number, text in enumerate(SAID):
        smooth(number).save(where / f"{number}.png")
        (where / f"{number}.txt").write_text(text, "utf-8")
    smooth(0).save(where / "copy.png")
    smooth(0).resize((24, 16)).save(where / "small.png")
    PIL.new("RGB", (32, 48), "red").save(where / "flat.png")
    for name in ("copy", "small", "flat"):
        (where / f"{name}.txt").write_text("무엇", "utf-8")
    (where / "broken.png").write_bytes(b"no picture")
    (where / "broken.txt").write_text("broken")
    (where / "LICENSE.txt").write_text("CC0")
    return where


def test_the_report_counts_what_is_there(folder):
    report = inspect_images(folder)
    assert (report.pictures, report.captioned, report.captions) == (8, 8, 8)
    assert report.removed == {"not_a_picture": 1, "duplicate": 1}
    assert report.examples["not_a_picture"] == [str(folder / "broken.png")]
    assert report.languages == {"Korean": 5, "Latin letters": 2, "no letters": 1}
    assert report.topics["science fiction"] == report.topics["people"] == 1
    assert report.topics["other"] == 3
    assert report.styles["ink painting (수묵)"] == 1
    assert report.sides == (16, 32, 48)
    assert report.shapes == {"wide": 7, "tall": 1}
    assert (report.copies, report.near, report.flat) == (1, 2, 1)
    assert [[name.rsplit("/", 1)[1] for name in g] for g in report.near_groups] == [
        ["0.png", "small.png"]
    ]
    assert report.licence_files == [str(folder / "LICENSE.txt")]
    assert len(report.sheet) == 8


def test_a_licence_column_is_counted(tmp_path):
    parquet, pyarrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    rows = []
    for number in range(4):
        file = BytesIO()
        smooth(number).save(file, "PNG")
        rows.append({"image": file.getvalue(), "license": ["CC0", "CC BY 4.0"][number % 2]})
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert holds_pictures(path)
    assert inspect_images(path).licences == {"CC0": 2, "CC BY 4.0": 2}
    with pytest.raises(DataError, match="no column 'imag' with pictures.* Did you mean"):
        inspect_images(path, "imag")


@pytest.mark.parametrize(
    "text, topics",
    [
        ("우주에 있는 개", ["animals", "science fiction"]),
        ("개나리가 핀 산", ["landscape and city"]),
        ("two dogs", ["animals"]),
        ("a dogma", []),
        ("새를 든 사람", ["people", "animals"]),
        ("새로운 것", []),
        ("an umbrella by the sea", ["landscape and city", "objects"]),
    ],
)
def test_topics_are_told_by_whole_words(text, topics):
    assert found_in([text], TOPIC_WORDS) == topics


def test_styles_are_told_by_words_of_both_languages():
    assert found_in(["단청 스타일"], STYLE_WORDS) == ["dancheong (단청)"]
    assert found_in(["an oil painting", "pixel art"], STYLE_WORDS) == ["oil painting", "pixel art"]


@pytest.mark.parametrize(
    "text, language",
    [
        ("빨간 자동차 car", "Korean"),
        ("a red 차", "Latin letters"),
        ("赤い車", "other scripts"),
        ("7", "no letters"),
    ],
)
def test_the_language_is_that_of_most_letters(text, language):
    assert language_of(text) == language


def test_what_filters_would_remove_is_counted(folder):
    report = survey(ImageData(train=str(folder), min_side=20, drop_duplicates=False))
    assert report.removed == {"not_a_picture": 1, "too_small": 1}
    assert report.copies == 1


def test_scenes_have_a_card_too():
    report = inspect_images("scenes:40")
    assert report.pictures == 40
    assert report.languages == {"Korean": 40, "Latin letters": 40}
    assert report.classes["subject"] > 5


def test_the_card_is_written_as_its_name_ends(folder, tmp_path):
    report = inspect_images(folder)
    for name in ("card.md", "card.html", "card.json"):
        save(report, tmp_path / name)
    text = (tmp_path / "card.md").read_text("utf-8")
    assert text == markdown(report)
    assert "| not_a_picture | 1 |" in text and "LICENSE.txt" in text
    page = (tmp_path / "card.html").read_text("utf-8")
    assert page.count("<table") == page.count("</table>") > 4
    assert "data:image/png;base64," in page
    assert json.loads((tmp_path / "card.json").read_text("utf-8")) == json.loads(
        json.dumps(report.to_dict())
    )
    with pytest.raises(ConfigError, match="saved as .html, .md or .json"):
        save(report, tmp_path / "card.pdf")


def test_a_name_with_a_bar_or_a_bracket_breaks_no_card(folder, tmp_path):
    (folder / "a|<b>").mkdir()
    smooth(9).save(folder / "a|<b>" / "x.png")
    (folder / "a|<b>" / "x.txt").write_text("x")
    report = inspect_images(folder)
    assert "a\\|<b>" in markdown(report)
    save(report, tmp_path / "card.html")
    assert "<b>" not in (tmp_path / "card.html").read_text("utf-8")


def test_the_command_tells_pictures_from_texts(folder, tmp_path):
    run = CliRunner().invoke
    said = run(app, ["data", "inspect", str(folder), "--out", str(tmp_path / "card.html")])
    assert said.exit_code == 0, said.output
    assert "# Pictures: " in said.output
    found = json.loads(run(app, ["data", "inspect", str(folder), "--json"]).output)
    assert found["pictures"] == 8
    (tmp_path / "a.tsv").write_text("ko\ten\n하나\tone\n둘\ttwo\n", "utf-8")
    assert "Pictures" not in run(app, ["data", "inspect", str(tmp_path / "a.tsv")]).output
