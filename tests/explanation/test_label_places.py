"""Labels that do not cover each other."""

import itertools

import numpy as np

from jium.explanation.label_places import place


def boxes(points: np.ndarray, sizes: list, gap: float = 4, frame=(200, 200)) -> list:
    found = place(points, sizes, gap, frame)
    return [
        corner and (*corner, corner[0] + size[0], corner[1] + size[1])
        for corner, size in zip(found, sizes, strict=True)
    ]


def apart(a: tuple, b: tuple) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_no_label_covers_another_or_a_point():
    points = np.random.default_rng(0).uniform(20, 180, size=(60, 2))
    found = boxes(points, [(30.0, 10.0)] * 60)
    kept = [box for box in found if box]
    assert 10 < len(kept) < 60  # some had no room
    assert all(apart(a, b) for a, b in itertools.combinations(kept, 2))
    for box in kept:
        inside = (points > box[:2]).all(axis=1) & (points < box[2:]).all(axis=1)
        assert not inside.any()


def test_labels_stay_within_the_frame():
    points = np.array([[1.0, 1.0], [199.0, 199.0], [199.0, 1.0]])
    for box in boxes(points, [(40.0, 10.0)] * 3):
        assert box and min(box) >= 0 and max(box) <= 200


def test_a_label_alone_stands_right_of_its_point():
    assert place(np.array([[50.0, 50.0]]), [(20.0, 10.0)], 4, (200, 200)) == [(54.0, 45.0)]


def test_points_without_a_label_are_not_covered_either():
    points = np.array([[50.0, 50.0], [60.0, 50.0]])
    (corner,) = place(points, [(20.0, 10.0)], 4, (200, 200))
    assert corner == (26.0, 45.0)  # on the left


def test_of_labels_at_one_place_only_so_many_are_shown():
    found = place(np.full((30, 2), 100.0), [(30.0, 10.0)] * 30, 4, (200, 200))
    assert found[0] and found[-1] is None


def test_on_a_crowded_map_a_label_may_cover_a_few_points():
    points = np.random.default_rng(1).uniform(0, 200, size=(900, 2))
    shown = [
        sum(
            corner is not None for corner in place(points, [(30.0, 10.0)] * 40, 4, (200, 200), most)
        )
        for most in (0, 8, 20)
    ]
    assert shown[0] < shown[1] < shown[2]
