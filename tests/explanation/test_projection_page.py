"""A map as a page."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from jium.explanation import palette
from jium.explanation.projection import Projection, draw_map
from jium.explanation.projection_page import COSINES, SCALE
from jium.messages import set_language

pytest.importorskip("sklearn")
NASTY = '</script><script>alert("&{{data}}")</script> <!-- 사과\u2028'
LABELS = ["강아지", NASTY, "{{title}}", "", "שלום", "👩‍🚀"]


class Reader(HTMLParser):
    """What a browser finds: elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if attributes.get(name)]


@pytest.fixture(scope="module")
def found() -> Projection:
    rows = np.random.default_rng(0).normal(size=(6, 5))
    return draw_map(LABELS, rows, ["가", "나", "가", "", "나", "<i>"])


def data_of(text: str) -> dict:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(data)


def test_the_page_fetches_nothing(found: Projection):
    text = found.html()
    for tag, attributes in Reader(text).elements:
        assert not {"src", "href", "srcset", "action"} & attributes.keys(), tag
    assert not re.findall(r"url\((?!data:)|@import|fetch\(|XMLHttpRequest|import\(", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_the_points_in_the_page_are_those_of_the_map(found: Projection):
    data = data_of(found.html())
    assert data["labels"] == LABELS
    places = np.array(data["places"]).reshape(-1, 2)
    spread = np.ptp(found.coordinates, axis=0).max()
    centred = (
        found.coordinates - (found.coordinates.max(axis=0) + found.coordinates.min(axis=0)) / 2
    )
    assert np.allclose(places, centred / spread * SCALE, atol=0.51)
    assert np.ptp(places, axis=0).max() == pytest.approx(SCALE, abs=1)


def test_groups_and_neighbours_are_by_number(found: Projection):
    data = data_of(found.html())
    assert data["names"] == ["가", "나", "<i>"]
    assert data["groups"] == [0, 1, 0, -1, 1, 2]
    assert data["nearest"] == found.nearest[0].tolist()
    assert np.allclose(np.array(data["cosines"]) / COSINES, found.nearest[1], atol=1e-3)


def test_a_map_without_groups_has_no_names():
    data = data_of(draw_map(["가", "나", "다"], np.eye(3)).html())
    assert data["names"] == [] and data["groups"] == [-1, -1, -1]


def test_markup_in_a_label_adds_no_element(found: Projection):
    plain = draw_map([f"w{n}" for n in range(6)], found.vectors, found.groups)
    tags = [[tag for tag, _ in Reader(one.html()).elements] for one in (found, plain)]
    assert tags[0] == tags[1]


def test_no_slot_is_left_but_those_in_labels(found: Projection):
    text = re.sub(r'<script type="application/json".*?</script>', "", found.html(), flags=re.S)
    text = re.sub(r"<noscript>.*?</noscript>", "", text, flags=re.S)
    assert not re.findall(r"\{\{\w+\}\}", text)


def test_the_script_finds_every_element_it_asks_for(found: Projection):
    text = found.html()
    asked = set(re.findall(r'\$\("(\w+)"\)', text))
    assert {"map", "find", "card", "groups", "table", "said"} <= asked
    assert asked <= set(Reader(text).all("id"))


def test_the_script_says_only_what_the_page_brings(found: Projection):
    text = found.html()
    assert set(re.findall(r"\bSAY\.(\w+)", text)) <= data_of(text)["say"].keys()


def test_the_script_draws_every_shape(found: Projection):
    drawn = set(re.findall(r'case "(\w+)":', found.html())) | {"circle"}
    assert drawn == set(palette.SHAPES) == set(palette.MARKERS)


def test_a_browser_without_script_shows_the_labels_by_group(found: Projection):
    (plain,) = re.findall(r"<noscript>(.*?)</noscript>", found.html(), re.S)
    assert "강아지" in plain and plain.count("<li>") == 4


def test_every_control_has_a_name(found: Projection):
    reader = Reader(found.html())
    buttons = [attributes for tag, attributes in reader.elements if tag == "button"]
    assert buttons and all(attributes.get("aria-label") for attributes in buttons)
    assert reader.all("for") == ["find"]
    (canvas,) = (attributes for tag, attributes in reader.elements if tag == "canvas")
    assert canvas["tabindex"] == "0" and canvas["aria-label"] and canvas["aria-describedby"]


def test_the_page_speaks_the_language_of_the_reader(found: Projection):
    assert '<html lang="en">' in found.html()
    set_language("ko")
    text = found.html()
    assert '<html lang="ko">' in text and ">PCA 지도</h1>" in text and "Find" not in text


def test_the_page_says_what_kind_of_map_it_is(found: Projection):
    assert "two axes show as much as two can" in found.html()
    bent = Projection(found.labels, found.coordinates, found.vectors, method="tsne")
    assert "distances between far dots" in bent.html()


def test_notes_are_shown(found: Projection):
    noted = Projection(found.labels, found.coordinates, found.vectors, notes=["5 of <9> points"])
    assert "<p>5 of &lt;9&gt; points</p>" in noted.html()


# ---------------------------------------------------------------- colours


def luminance(colour: str) -> float:
    parts = [c / 255 for c in bytes.fromhex(colour[1:])]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(a: str, b: str) -> float:
    """As WCAG 2.2 defines it, 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def themes(text: str) -> list[dict[str, str]]:
    """The named colours of the light and of the dark page."""
    blocks = re.findall(r":root \{(.*?)\}", text, re.S)
    return [dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in blocks]


def test_text_and_points_stand_out_by_day_and_by_night(found: Projection):
    light, dark = themes(found.html())
    assert light.keys() == dark.keys() and len(palette.LIGHT) == len(palette.DARK)
    for theme in (light, dark):
        labels = ["ink", "soft", "none", *(name for name in theme if re.fullmatch(r"g\d+", name))]
        for ground in ("paper", "sheet"):
            assert all(contrast(theme[name], theme[ground]) >= 4.5 for name in labels)
            assert all(contrast(theme[name], theme[ground]) >= 3 for name in ("edge", "focus"))
