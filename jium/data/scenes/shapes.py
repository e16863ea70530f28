"""Outlines: every shape of a picture is a closed polygon of (x, y), y downwards."""

from math import cos, hypot, pi, sin

Point = tuple[float, float]
Outline = list[Point]


def oval(x: float, y: float, rx: float, ry: float, turn: float = 0.0, n: int = 24) -> Outline:
    """An ellipse around (x, y), turned clockwise by `turn` degrees."""
    c, s = cos(turn * pi / 180), sin(turn * pi / 180)
    circle = [(rx * cos(2 * pi * i / n), ry * sin(2 * pi * i / n)) for i in range(n)]
    return _exact([(x + c * u - s * v, y + s * u + c * v) for u, v in circle])


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Outline:
    """A rectangle; `corner` is the radius of its corners."""
    if not corner:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    turns = [
        *[(right - corner, bottom - corner, 0), (left + corner, bottom - corner, 1)],
        *[(left + corner, top + corner, 2), (right - corner, top + corner, 3)],
    ]
    return _exact(
        [
            (x + corner * cos(a), y + corner * sin(a))
            for x, y, quarter in turns
            for a in ((quarter + step / 4) * pi / 2 for step in range(5))
        ]
    )


def poly(*numbers: float) -> Outline:
    """Straight lines through x0, y0, x1, y1, ..."""
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def blob(*numbers: float, steps: int = 5) -> Outline:
    """A smooth closed curve through x0, y0, x1, y1, ...: Catmull and Rom (1974)."""
    points = poly(*numbers)
    n = len(points)
    return _exact(
        [
            _spline([points[(i + k) % n] for k in (-1, 0, 1, 2)], step / steps)
            for i in range(n)
            for step in range(steps)
        ]
    )


def stroke(*numbers: float, width: float, end: float | None = None, steps: int = 5) -> Outline:
    """A smooth line through x0, y0, x1, y1, ... as a brush leaves it, from `width` to `end`."""
    knots = poly(*numbers)
    knots = [knots[0], *knots, knots[-1]]
    path = [
        _spline(knots[i : i + 4], step / steps)
        for i in range(len(knots) - 3)
        for step in range(steps)
    ] + [knots[-1]]
    last = width if end is None else end
    left, right = [], []
    for i, (x, y) in enumerate(path):
        (ax, ay), (bx, by) = path[max(i - 1, 0)], path[min(i + 1, len(path) - 1)]
        half = (width + (last - width) * i / (len(path) - 1)) / 2 / (hypot(bx - ax, by - ay) or 1)
        left.append((x - (by - ay) * half, y + (bx - ax) * half))
        right.append((x + (by - ay) * half, y - (bx - ax) * half))
    return _exact(left + right[::-1])


def star(x: float, y: float, outer: float, inner: float, n: int = 5) -> Outline:
    """A star of n points, the first one up."""
    spokes = [(outer if i % 2 == 0 else inner, pi * i / n) for i in range(2 * n)]
    return _exact([(x + r * sin(a), y - r * cos(a)) for r, a in spokes])


def _spline(four: list[Point], t: float) -> Point:
    a, b, c, d = four

    def along(p: float, q: float, r: float, s: float) -> float:
        linear, square, cube = r - p, 2 * p - 5 * q + 4 * r - s, 3 * (q - r) + s - p
        return q + t / 2 * (linear + t * (square + t * cube))

    return along(a[0], b[0], c[0], d[0]), along(a[1], b[1], c[1], d[1])


def _exact(outline: Outline) -> Outline:
    """Rounded, so that the last bit of sine and cosine, which machines differ in, never shows."""
    return [(round(x, 4), round(y, 4)) for x, y in outline]
