import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from jium.explanation import explain
from jium.explanation.attention import KINDS, AttentionMap
from jium.explanation.attention_page import SCALE, page
from jium.messages import set_language
from jium.tasks.translate import Translator

NASTY = '</script><script>alert("&{{data}}")</script> <!-- 사과\u2028'


class Reader(HTMLParser):
    """What a browser finds: elements with their attributes, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if attributes.get("id")}


@pytest.fixture(scope="module")
def found(rough: Translator) -> AttentionMap:
    return explain(rough, "나는 사과를 먹고 싶어.", target="I want to eat an apple.")


def data_of(text: str) -> dict:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(data)


def test_the_page_fetches_nothing(found: AttentionMap):
    text = found.html()
    for tag, attributes in Reader(text).elements:
        assert not {"src", "href", "srcset", "action"} & attributes.keys(), tag
    assert not re.findall(r"url\((?!data:)|@import|fetch\(|XMLHttpRequest", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_the_weights_in_the_page_are_those_of_the_map(found: AttentionMap):
    data = data_of(found.html())
    assert set(data["kinds"]) == set(KINDS)
    for kind in KINDS:
        weights = getattr(found, kind)
        shown = np.array(data["kinds"][kind]["weights"]).reshape(weights.shape)
        assert np.allclose(shown / SCALE, weights, atol=0.5 / SCALE + 1e-6)


def test_rows_and_columns_are_the_sides_of_each_kind(found: AttentionMap):
    data = data_of(found.html())
    for kind in KINDS:
        for place, side in zip(("rows", "columns"), found.sides(kind), strict=True):
            shown = data["sides"][data["kinds"][kind][place]]
            assert (shown["pieces"], shown["words"]) == (side.pieces, side.words)
            assert shown["wordOf"] == side.word_of


def test_every_text_is_escaped(rough: Translator):
    """Markup in a text adds no element, and ends none."""
    nasty, plain = (Reader(page(explain(rough, text, target=text))) for text in (NASTY, "나는"))
    tags, expected = ([t for t, _ in read.elements if t != "li"] for read in (nasty, plain))
    assert tags == expected
    assert [text for tag, text in nasty.texts if tag == "dd" and "<script>" in text]


def test_slots_in_a_text_stay_as_they_are(rough: Translator):
    found = explain(rough, "{{data}}", target="{{title}}")
    assert data_of(found.html())["sides"]["source"]["lang"] == "ko"
    texts = [shown for tag, shown in Reader(found.html()).texts if tag == "dd"]
    assert "{{data}}" in texts and "{{title}}" in texts


def test_no_slot_is_left(found: AttentionMap):
    assert not re.findall(r"\{\{\w+\}\}", found.html())


def test_the_script_finds_every_element_it_asks_for(found: AttentionMap):
    text = found.html()
    (choices,) = re.findall(r"const chosen = \{(.*?)\}", text)
    asked = set(re.findall(r'\$\("(\w+)"\)', text)) | set(re.findall(r"(\w+):", choices))
    assert {"kind", "layer", "head", "unit", "grid"} <= asked
    assert asked <= Reader(text).ids()


def test_the_page_says_that_attention_is_no_proof(found: AttentionMap):
    assert "Attention is evidence, not proof" in found.html()


def test_the_page_speaks_the_language_of_the_reader(found: AttentionMap, monkeypatch):
    monkeypatch.setattr("jium.messages._korean", lambda: {"Layer": "층", "As a table": "표로 보기"})
    assert '<html lang="en">' in found.html()
    set_language("ko")
    text = found.html()
    assert '<html lang="ko">' in text
    assert "표로 보기" in text and "As a table" not in text
    assert data_of(text)["say"]["layer"] == "층"


def test_texts_say_which_language_they_are_in(found: AttentionMap):
    languages = [a["lang"] for tag, a in Reader(found.html()).elements if tag == "dd"]
    assert languages == ["ko", "en"]


def test_a_browser_without_script_shows_the_strongest_pairs(found: AttentionMap):
    items = [shown for tag, shown in Reader(found.html()).texts if tag == "li" and "→" in shown]
    assert len(items) == len(found.pairs())


def test_every_control_has_a_name(found: AttentionMap):
    text = found.html()
    labels = re.findall(r"<label>(.*?)</label>", text, re.S)
    assert len(labels) == text.count("<select")
    assert all(label.split("<")[0].strip() for label in labels)


# ---------------------------------------------------------------- colours


def colours(text: str) -> list[dict[str, tuple[int, ...]]]:
    """The named colours of the light and of the dark page."""
    found = []
    for block in re.findall(r":root \{(.*?)\}", text, re.S):
        pairs = re.findall(r"--(\w+): (#\w{6}|\d+ \d+ \d+);", block)
        found.append({name: numbers(value) for name, value in pairs})
    return found


def numbers(value: str) -> tuple[int, ...]:
    if value.startswith("#"):
        return tuple(bytes.fromhex(value[1:]))
    return tuple(map(int, value.split()))


def contrast(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """As WCAG 2.2 defines it, 1 to 21."""

    def luminance(colour: tuple[int, ...]) -> float:
        parts = [c / 255 for c in colour]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_lines_stand_out_by_day_and_by_night(found: AttentionMap):
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    light, dark = colours(found.html())
    assert light.keys() == dark.keys()
    for theme in (light, dark):
        for text, ground in (("ink", "paper"), ("ink", "glow"), ("soft", "paper")):
            assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        for mark in ("line", "hot", "edge", "focus"):
            assert contrast(theme[mark], theme["paper"]) >= 3, mark
