import re
import sys
from pathlib import Path

import pytest

from jium.errors import MissingExtra
from jium.explanation import fonts
from jium.explanation.web_font import font_face


@pytest.fixture(autouse=True)
def looks_again():
    yield
    for function in (fonts.hangul_font, fonts._known_characters):
        function.cache_clear()


def without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_candidates", lambda: iter([]))
    fonts.hangul_font.cache_clear()
    fonts._known_characters.cache_clear()


def test_the_font_has_hangul():
    path = fonts.hangul_font()
    assert path is not None and path.is_file()
    assert {ord("가"), ord("힣"), ord("쀍")} <= fonts.characters(path)


def test_a_font_without_hangul_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    from matplotlib import font_manager

    latin = Path(font_manager.findfont(fonts.LATIN))
    packaged = fonts.packaged_font()
    assert packaged is not None
    monkeypatch.setattr(fonts, "_candidates", lambda: iter([latin, packaged]))
    fonts.hangul_font.cache_clear()
    assert fonts.hangul_font() == packaged


def test_a_file_that_is_no_font_has_no_characters(tmp_path: Path):
    path = tmp_path / "nanumgothic.ttf"
    path.write_bytes(b"not a font")
    assert fonts.characters(path) == frozenset()


def test_the_packaged_font_is_found_without_importing_its_package():
    assert fonts.packaged_font() is not None
    assert "koreanize_matplotlib" not in sys.modules


def test_known_names_come_first_and_plain_weights_before_bold(tmp_path: Path):
    names = ["NanumGothicBold.ttf", "malgun.ttf", "NanumGothic.ttf", "Arial.ttf", "gone.ttf"]
    for name in names[:-1]:
        (tmp_path / name).touch()
    ranked = fonts._ranked([tmp_path / name for name in names])
    assert [path.name for path in ranked] == [
        "NanumGothic.ttf",
        "malgun.ttf",
        "NanumGothicBold.ttf",
    ]


def test_hangul_without_a_font_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    without_fonts(monkeypatch)
    assert fonts.hangul_font() is None
    with pytest.raises(MissingExtra, match=r"No font on this machine has Hangul.*jium\[plot\]"):
        fonts.families(["apple", "사과"])


def test_a_text_without_hangul_needs_no_font_for_it(monkeypatch: pytest.MonkeyPatch):
    without_fonts(monkeypatch)
    assert fonts.families(["apple", "pomme"]) == [fonts.LATIN]
    assert fonts.drawable("a사") == "a□"


def test_what_no_font_has_becomes_a_box():
    assert fonts.drawable("사과▁→apple") == "사과▁→apple"
    assert fonts.drawable("a\U0001fae0\x07b") == "a□□b"


def test_a_page_carries_the_hangul_it_needs_and_no_more():
    rule = font_face("나는 apple 나")
    assert 'font-family: "jium Hangul"' in rule
    assert len(rule) < 10_000
    assert font_face("나는") == rule
    assert len(font_face("나는사과를먹고싶어")) > len(rule)


def test_a_page_without_hangul_carries_no_font():
    assert font_face("only apples") == ""


def test_the_rule_for_a_font_fetches_nothing():
    assert re.findall(r"url\((\w+:[\w/]+)", font_face("가")) == ["data:font/woff"]


def test_without_the_plot_extra_a_page_goes_without_a_font(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jium.explanation.web_font.packaged_font", lambda: None)
    assert font_face("가") == ""
