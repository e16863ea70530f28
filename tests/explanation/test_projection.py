"""Maps of words and sentences."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from jium.errors import ConfigError, DataError
from jium.explanation import explain, projection
from jium.explanation.projection import Projection, draw_map, nearest, read_groups
from jium.text.vocabulary import Vocabulary

pytest.importorskip("sklearn")
WORDS = {"강아지": "동물", "고양이": "동물", "호랑이": "동물", "김치": "음식", "불고기": "음식"}
WORDS |= {"냉면": "음식", "기쁨": "감정", "슬픔": "감정", "그리움": "감정"}


def vectors(words: list[str] | None = None, size: int = 8) -> np.ndarray:
    """Words of a group lie near each other."""
    chance = np.random.default_rng(0)
    centres = {group: chance.normal(size=size) for group in dict.fromkeys(WORDS.values())}
    table = {w: centres[g] + 0.2 * chance.normal(size=size) for w, g in WORDS.items()}
    return np.array([table.get(word, np.zeros(size)) for word in words or WORDS])


class Words:
    """A run of words, as far as a map asks."""

    vocabulary = Vocabulary.build([word] * (9 - n) for n, word in enumerate(WORDS))

    def embed(self, words: list[str]) -> np.ndarray:
        return vectors(words)


@pytest.fixture
def found() -> Projection:
    return draw_map(list(WORDS), vectors(), list(WORDS.values()))


def test_a_map_has_a_place_and_a_group_for_each_label(found: Projection):
    assert found.coordinates.shape == (9, 2)
    assert found.group_names == ["동물", "음식", "감정"]
    assert sum(found.explained) <= 1 and len(found.explained) == 2
    assert np.allclose(found.coordinates, projection.project(vectors()), atol=1e-5)


def test_planted_groups_are_told_apart_on_the_map_and_among_the_vectors(found: Projection):
    assert found.silhouette is not None and found.silhouette > 0.5
    assert found.vector_silhouette is not None and found.vector_silhouette > 0.5


def test_a_map_without_groups_has_no_silhouette():
    found = draw_map(list(WORDS), vectors())
    assert (found.groups, found.silhouette, found.vector_silhouette) == ([], None, None)
    assert draw_map(list(WORDS), vectors(), [""] * 9).groups == []


def test_groups_are_found_where_none_are_given():
    found = draw_map(list(WORDS), vectors(), clusters=3)
    assert sorted(found.groups) == sorted("111222333")
    assert found.silhouette is not None and found.silhouette > 0.5
    given = draw_map(list(WORDS), vectors(), list(WORDS.values()), clusters=2)
    assert given.groups == list(WORDS.values())


def test_neighbours_are_counted_among_the_vectors():
    rows = vectors()
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = units @ units.T - 2 * np.eye(9)
    numbers, values = nearest(rows, 3)
    assert (numbers == np.argsort(-cosines, axis=1)[:, :3]).all()
    assert np.allclose(values, np.sort(cosines, axis=1)[:, :-4:-1], atol=1e-6)


def test_zeros_are_at_cosine_zero_to_all():
    _, values = nearest(np.array([[0.0, 0], [1, 0], [0, 1]]), 2)
    assert values[0].tolist() == [0, 0]


def test_too_many_points_are_drawn_at_random_and_said(monkeypatch):
    monkeypatch.setattr(projection, "MOST", 50)
    rows = np.random.default_rng(0).normal(size=(1200, 4))
    labels, groups = [str(n) for n in range(1200)], ["가" if n % 2 else "나" for n in range(1200)]
    found = draw_map(labels, rows, groups, seed=3)
    assert found.notes == ["50 of 1,200 points, drawn at random."]
    assert len(found.labels) == len(found.groups) == len(found.vectors) == 50
    for label, group, vector in zip(found.labels, found.groups, found.vectors, strict=True):
        assert np.allclose(vector, rows[int(label)]) and group == groups[int(label)]
    assert found.labels == draw_map(labels, rows, groups, seed=3).labels
    assert found.labels != draw_map(labels, rows, groups, seed=4).labels


def test_a_hundred_thousand_points_become_a_map():
    rows = np.random.default_rng(0).normal(size=(100_000, 3))
    found = draw_map([""] * len(rows), rows)
    assert len(found.coordinates) == 5000
    assert found.notes == ["5,000 of 100,000 points, drawn at random."]


def test_json_has_everything_but_the_vectors(found: Projection, tmp_path):
    found.save(tmp_path / "map.json")
    data = json.loads((tmp_path / "map.json").read_text("utf-8"))
    assert data["labels"] == list(WORDS) and data["method"] == "pca"
    assert np.allclose(data["coordinates"], found.coordinates, atol=1e-4)
    assert data["nearest"]["points"] == found.nearest[0].tolist()
    assert data["silhouette"] == found.silhouette


def test_a_map_is_saved_as_its_name_ends(found: Projection, tmp_path):
    for name in ("map.html", "map.json", "map"):
        found.save(tmp_path / name)
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "map" / "projector_config.pbtxt").is_file()
    with pytest.raises(ConfigError, match="map.gif: a map is saved as .html, .png or .json"):
        found.save(tmp_path / "map.gif")


def test_a_notebook_shows_the_map_in_a_frame(found: Projection):
    assert 'title="Map"' in found._repr_html_()


# ---------------------------------------------------------------- of a run


def test_explain_maps_the_words_it_is_given():
    found = explain(
        Words(), ["강아지", "김치", "기쁨"], method="projection", groups=["가", "나", ""]
    )
    assert (found.labels, found.groups) == (["강아지", "김치", "기쁨"], ["가", "나", ""])


def test_without_words_the_most_frequent_are_mapped():
    found = explain(Words(), method="projection", n_words=4)
    assert found.labels == list(WORDS)[:4]
    assert len(explain(Words(), method="projection").labels) == len(WORDS)  # and no <PAD>


def test_a_text_in_another_normal_form_is_composed():
    found = explain(Words(), ["강아지", "김치"], method="projection")
    assert found.labels == ["강아지", "김치"]


def test_empty_texts_are_left_out_with_their_groups_and_said():
    given, groups = ["강아지", " ", "김치", "기쁨"], ["a", "b", "c", "d"]
    found = explain(Words(), given, method="projection", groups=groups)
    assert found.labels == ["강아지", "김치", "기쁨"] and found.groups == ["a", "c", "d"]
    assert found.notes == ["Empty texts left out: 1."]


@pytest.mark.parametrize(
    ("texts", "message"),
    [(["", " "], "every text is empty"), (["강아지"], "only one"), ("강아지", "only one")],
)
def test_too_few_texts_are_refused(texts, message: str):
    with pytest.raises(DataError, match=message):
        explain(Words(), texts, method="projection")


def test_sentences_have_to_be_given():
    sentences = SimpleNamespace(embed=vectors)
    with pytest.raises(DataError, match="give two texts or more"):
        explain(sentences, method="projection")


def test_a_model_without_vectors_is_refused():
    with pytest.raises(ConfigError, match="a map needs vectors.*this is a SimpleNamespace"):
        explain(SimpleNamespace(), ["가", "나"], method="projection")


def test_a_group_is_needed_for_each_text_or_none():
    with pytest.raises(DataError, match="2 groups for 3 labels"):
        explain(Words(), list(WORDS)[:3], method="projection", groups=["가", "나"])
    with pytest.raises(DataError, match="2 groups for 9 labels"):
        draw_map(list(WORDS), vectors(), ["가", "나"])
    with pytest.raises(DataError, match="1 labels for 9 vectors"):
        draw_map(["강아지"], vectors())


def test_a_vector_that_is_no_number_is_named():
    rows = vectors()
    rows[3, 2] = np.nan
    with pytest.raises(DataError, match=r"NaN or infinity in them: 1, .*number 4 \(김치\)"):
        draw_map(list(WORDS), rows)


def test_after_a_tab_stands_the_group():
    lines = ["강아지\t동물", "김치", "기쁨\t", "가\t나\t다"]
    assert read_groups(lines) == (["강아지", "김치", "기쁨", "가"], ["동물", "", "", "나\t다"])
