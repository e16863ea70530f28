"""A map as a picture."""

import matplotlib.image
import numpy as np
import pytest

from jium.errors import ConfigError
from jium.explanation.projection import Projection, draw_map
from jium.explanation.projection_figure import LEGEND, draw, extent
from jium.messages import set_language

pytest.importorskip("sklearn")
ODD = ["", "$x_1$", "<b>", "👩‍🚀 우주", "שלום עולם", "مرحبا", "ㅋㅋ", "두\n줄", "나" * 60]


def map_of(n: int = 9, groups: int = 3, labels: list[str] | None = None) -> Projection:
    rows = np.random.default_rng(0).normal(size=(n, 5))
    names = [f"무리{number % groups}" for number in range(n)] if groups else []
    return draw_map(labels or [f"낱말{number}" for number in range(n)], rows, names)


def labels_of(found: Projection) -> list[str]:
    return [text.get_text() for text in draw(found).axes[0].texts]


def test_a_picture_is_written_whole(tmp_path):
    map_of().save(tmp_path / "map.png")
    picture = matplotlib.image.imread(tmp_path / "map.png")
    assert picture.shape[0] > 500 and picture.std() > 0.01


def test_points_lie_where_the_map_has_them_in_the_order_of_their_groups():
    found = map_of()
    drawn = [points.get_offsets() for points in draw(found).axes[0].collections]
    assert len(drawn) == 3
    assert np.allclose(drawn[1], found.coordinates[1::3])


def test_every_group_is_in_the_legend_with_its_size():
    legend = draw(map_of()).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [f"무리{n} (3)" for n in range(3)]
    assert draw(map_of(groups=0)).axes[0].get_legend() is None


def test_of_many_groups_the_first_are_named():
    legend = draw(map_of(40, 20)).axes[0].get_legend()
    assert len(legend.get_texts()) == LEGEND + 1
    assert legend.get_texts()[-1].get_text() == "and 6 more groups"


def test_labels_do_not_cover_each_other():
    figure = draw(map_of(120))
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 20 < len(boxes) < 120
    shrunk = [box.shrunk(0.98, 0.98) for box in boxes]
    assert not any(a.overlaps(b) for i, a in enumerate(shrunk) for b in shrunk[:i])


def test_a_label_stands_beside_its_own_point():
    found = map_of()
    (axes,) = draw(found).axes
    places = dict(zip(found.labels, axes.transData.transform(found.coordinates), strict=True))
    for text in axes.texts:
        box, (x, y) = text.get_window_extent(), places[text.get_text()]
        away = np.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1))
        assert away < 20


def test_odd_labels_are_drawn_or_boxed():
    shown = labels_of(map_of(labels=ODD))
    assert "$x_1$" in shown and "" not in shown and "두 줄" in shown
    assert any(text.endswith("…") for text in shown)


def test_axes_say_what_they_show_only_where_they_mean_something():
    found = map_of()
    (axes,) = draw(found).axes
    assert axes.get_xlabel() == f"axis 1: {found.explained[0]:.1%} of the variance"
    (axes,) = draw(Projection(found.labels, found.coordinates, found.vectors, [], "tsne")).axes
    assert axes.get_xlabel() == ""


def test_a_picture_speaks_the_language_of_the_person():
    set_language("ko")
    texts = [text.get_text() for text in draw(map_of()).texts]
    assert texts[0] == "PCA 지도" and texts[1].startswith("점 9개 · 실루엣")


def test_three_axes_do_not_lie_on_paper(tmp_path):
    found = draw_map(list("가나다라"), np.eye(4), dim=3)
    for name in ("map.png", "map.html"):
        with pytest.raises(
            ConfigError, match="dim: a picture or a page has two axes and this map 3"
        ):
            found.save(tmp_path / name)
    found.save(tmp_path / "map.json")


def test_the_extent_of_points_on_one_spot_is_no_nought():
    middle, side = extent(np.ones((3, 2)))
    assert middle.tolist() == [1, 1] and side > 0


def test_a_long_group_does_not_run_off_the_paper():
    rows = np.random.default_rng(0).normal(size=(4, 3))
    figure = draw(draw_map(list("가나다라"), rows, ["매우" * 20, "long " * 20, "가", "가"]))
    figure.canvas.draw()
    assert figure.axes[0].get_legend().get_window_extent().x1 <= figure.bbox.x1
