"""What brush, paper, glass and glaze do to a coloured picture.

Each is a function of a Surface that returns float32 (3, size, size). Only sums, products and
comparisons of single pixels, and Pillow's blur: what another machine would round otherwise is not
used.
"""

import numpy as np

from jium.data.pillow import Image, ImageFilter
from jium.data.scenes import textures
from jium.data.scenes.colours import luminance, mix, saturate
from jium.data.scenes.surface import Surface

Array = np.ndarray
f32 = np.float32


def colour(red: float, green: float, blue: float) -> Array:
    return np.array((red, green, blue), f32)[:, None, None]


def bright(rgb: Array) -> Array:
    return luminance(np.moveaxis(rgb, 0, -1))[..., 0]


def blurred(rgb: Array, radius: float) -> Array:
    """Blurred over about `radius` pixels, in whole numbers: (3, size, size) or (size, size)."""
    whole = np.clip(rgb + f32(0.5), 0, 255).astype(np.uint8)
    soft = ImageFilter.BoxBlur(radius * 1.4)
    if rgb.ndim == 2:
        return np.asarray(Image.fromarray(whole).filter(soft), f32)
    together = Image.merge("RGB", [Image.fromarray(plane) for plane in whole])
    return np.stack([np.asarray(plane, f32) for plane in together.filter(soft).split()])


def over(under: Array, on_top: Array, share: Array) -> Array:
    return under + (on_top - under) * share


def displaced(rgb: Array, rows: Array, columns: Array) -> Array:
    """Each pixel from `rows` and `columns` further on."""
    size = rgb.shape[-1]
    down, across = textures.places(size)
    at = np.clip(down + rows, 0, size - 1) * size + np.clip(across + columns, 0, size - 1)
    return rgb.reshape(*rgb.shape[:-2], size * size).take(at, axis=-1)


def _soft(values: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, straight between."""
    return np.clip((values - f32(low)) * f32(1 / (high - low)), 0, 1)


# ---------------------------------------------------------------- Korean


def ink(s: Surface) -> Array:
    """Ink on hanji: washes that bleed and pool, paper left empty at the edges, a red seal."""
    n = s.size
    wash = s.window(textures.noise(n, 4))
    bled = over(s.rgb, blurred(s.rgb, n / 48), (1 - s.things) * f32(0.4))
    paper = colour(240, 234, 220)
    empty = _soft(textures.from_edges(n) + wash * f32(0.05), 0.03, 0.15)
    thin = empty * (f32(0.96) + wash * f32(0.20))
    pooled = s.window(textures.noise(n, 7, seed=21)) * f32(20) - f32(6)
    bled = bled + pooled * s.things
    out = over(paper, bled, np.clip(np.maximum(thin, s.things), 0, 1))
    grain = s.window(textures.noise(n, 32, 12, seed=1))
    return _sealed(s, out + grain * f32(7))


def _sealed(s: Surface, out: Array) -> Array:
    """A painter's red seal, low in a corner."""
    n = s.size
    side = max(2, round(n * 0.085))
    top, edge = round(n * 0.86), round(n * 0.05)
    left = edge if s.rng.random() < 0.5 else n - edge - side
    place = out[:, top : top + side, left : left + side]
    free = 1 - s.things[top : top + side, left : left + side]
    place += (colour(196, 44, 38) - place) * free * f32(0.9)
    cut = max(1, side // 4)
    inner = place[:, cut : side - cut : max(2, cut), cut : side - cut]
    inner += (colour(244, 226, 212) - inner) * f32(0.6)
    return out


def folk(s: Surface) -> Array:
    """Mineral pigments on mulberry paper: brighter towards the top of things, fibres everywhere."""
    n = s.size
    fibre = s.window(textures.noise(n, 10, 40, seed=2)) * f32(5)
    worn = s.window(textures.noise(n, 5, seed=3)) * f32(8) * (1 - s.things)
    old = _soft(textures.from_edges(n), -0.08, 0.09)
    return (s.rgb + fibre + worn) * (f32(0.82) + f32(0.18) * old)


_CLOTH = np.array(
    [
        *[(214, 92, 92), (246, 214, 128), (118, 164, 136), (96, 134, 184), (236, 158, 170)],
        *[(240, 236, 222), (158, 124, 176), (240, 178, 112), (164, 204, 206), (196, 206, 128)],
    ],
    f32,
).T


def patchwork(s: Surface) -> Array:
    """Scraps of ramie sewn together: a cloth of rectangles with pale seams, its weave showing."""
    n = s.size
    rows, columns = _cuts(s), _cuts(s)
    down, across = np.searchsorted(rows, np.arange(n)), np.searchsorted(columns, np.arange(n))
    start = int(s.rng.random() * 10)
    which = (start + 3 * down[:, None] + 7 * across[None, :] + down[:, None] ** 2) % 10
    cloth = _CLOTH.take(which, axis=1) * (f32(0.42) + bright(s.rgb) * f32(0.62 / 255))
    cloth = mix(cloth, s.rgb, 0.22)
    seam = np.zeros((n, n), f32)
    thick = max(1, n // 64)
    for cut in rows:
        seam[cut : cut + thick] = 1
    for cut in columns:
        seam[:, cut : cut + thick] = 1
    cloth = over(cloth, colour(252, 248, 236), seam * f32(0.75))
    weave = textures.screen(n, n // 3)[:n, :n] * f32(6)
    return over(cloth, s.rgb, s.things) + weave


def _cuts(s: Surface) -> Array:
    shares = (
        0.2 + 0.07 * s.rng.random(),
        0.46 + 0.1 * s.rng.random(),
        0.74 + 0.09 * s.rng.random(),
    )
    return np.array([int(share * s.size) for share in shares])


def glazed(s: Surface) -> Array:
    """Jade glaze: a soft light from the upper left, and fine crackle."""
    n = s.size
    _, _, border = textures.cells(n, 7, seed=5)
    crackle = s.window(border) * (f32(1) - s.things * f32(0.75)) * f32(-16)
    down, across = textures.places(n)
    light = (f32(1) - (down + across).astype(f32) * f32(1 / n)) * f32(20)
    pool = s.window(textures.noise(n, 4, seed=4)) * f32(6)
    return s.rgb + crackle + light + pool


def nacre(s: Surface) -> Array:
    """Mother-of-pearl in lacquer: shards that shimmer green, pink and blue."""
    n = s.size
    number, _, border = textures.cells(n, 11, seed=6)
    number, border = s.windows(number, border)
    shard = textures.shards(1).take(number, axis=1)
    shimmer = shard * colour(16, 22, 26)
    lustre = _soft(bright(s.rgb), 24, 110)
    pearl = colour(8, 26, 30) + shard * colour(44, 36, 50)
    lit = s.rgb + shimmer * s.things + pearl * lustre * (1 - s.things)
    return lit - border * f32(20) * np.maximum(s.things * f32(0.6), lustre)


# ---------------------------------------------------------------- paint and pencil


def oil(s: Surface) -> Array:
    """Thick strokes that stand up in relief."""
    n = s.size
    number, offset, _ = textures.cells(n, min(30, n // 2), seed=8)
    number, offset = s.windows(number, offset)
    strong = displaced(s.rgb, *offset)
    calm = blurred(s.things * f32(255), n / 64) * f32(1 / 255)
    rgb = over(strong, s.rgb, np.minimum(calm * f32(1.5), 1) * f32(0.85))
    relief = s.window(textures.strokes(n, n // 2 if n < 96 else 40, seed=9))
    daub = textures.shards(2)[0].take(number)
    return rgb + relief * f32(10) + daub * f32(15) * (1 - s.things * f32(0.4))


def watercolour(s: Surface) -> Array:
    """Thin washes on white paper: blooms, granulation, and edges where the colour stops."""
    n = s.size
    bloom = s.window(textures.noise(n, 5, seed=10))
    rgb = over(s.rgb, blurred(s.rgb, n / 56), (1 - s.things) * f32(0.6))
    water = np.clip(bloom * f32(0.36) + f32(0.02), 0, 1) * (1 - s.things * f32(0.55))
    rgb = over(rgb, colour(255, 253, 248), water)
    ragged = textures.from_edges(n) + s.window(textures.noise(n, 9, seed=11)) * f32(0.035)
    inside = _soft(ragged, 0.045, 0.075)
    tide = inside * (1 - _soft(ragged, 0.075, 0.11)) * f32(-20)
    grain = s.window(textures.noise(n, 32, seed=12)) * f32(5)
    painted = np.maximum(inside, s.things)
    return over(colour(253, 251, 246), rgb + tide * (1 - s.things) + grain, painted)


def crayon(s: Surface) -> Array:
    """Wax on rough paper: white shows through along the strokes."""
    n = s.size
    wax = s.window(textures.strokes(n, min(n, 100), seed=13))
    tooth = s.window(textures.noise(n, min(n, 64), seed=14))
    bare = _soft(wax + tooth * f32(0.5), 0.30, 0.75) * (f32(0.72) - s.things * f32(0.36))
    return over(s.rgb, colour(253, 251, 244), bare)


def pencil(s: Surface) -> Array:
    """Graphite and coloured lead on white: hatching where it is dark, paper all around."""
    n = s.size
    hatch = s.window(textures.strokes(n, min(n, 100), seed=15))
    dark = _soft(f32(255) - bright(s.rgb), 20, 190)
    rgb = s.rgb - hatch * (f32(10) + dark * f32(44)) * (f32(1) - s.things * f32(0.35))
    white = 1 - _soft(textures.from_edges(n) + hatch * f32(0.05), 0.02, 0.13)
    return over(rgb, colour(251, 250, 247), white * (1 - s.things))


def points(s: Surface) -> Array:
    """Dots of pure colour that mix in the eye."""
    n = s.size
    number, offset, border = textures.cells(n, min(28, n // 2), seed=16)
    number, offset, border = s.windows(number, offset, border)
    dots = displaced(s.rgb, *offset)
    rgb = over(dots, s.rgb, s.things * f32(0.5))
    jitter = textures.shards(3).take(number, axis=1) * colour(30, 26, 34)
    gap = border * f32(0.30 if n > 48 else 0.0)
    grey = bright(rgb)
    dotted = grey + (rgb - grey) * f32(1.1) + jitter * (f32(1) - s.things * f32(0.45))
    return over(dotted, colour(252, 246, 228), gap * (1 - s.things * f32(0.4)))


def cubist(s: Surface) -> Array:
    """Facets: each piece of the picture is shaded on its own, and slips a little."""
    n = s.size
    number, _, border = textures.cells(n, 3, seed=17)
    number, border = s.windows(number, border)
    facet = textures.shards(4).take(number, axis=1)
    slip = np.rint(facet[:2] * f32(n * 0.045)).astype(np.int32)
    rgb = displaced(s.rgb, *slip)
    things = displaced(s.things, *slip)
    down, across = textures.places(n)
    lean = ((down + across) % max(n // 4, 4)).astype(f32) * f32(4 / n) - f32(0.5)
    light = facet[2] * f32(34) + lean * f32(22)
    rgb = rgb + light * (f32(1) - things * f32(0.45))
    return over(rgb, colour(48, 38, 36), border * f32(0.35))


# ---------------------------------------------------------------- pieces and prints


def pixels(s: Surface) -> Array:
    """A screen of 32 x 32, few colours, and dithering by an ordered pattern of two by two."""
    n = s.size
    cells = min(32, n)
    pick = (np.arange(cells) * n + n // 2) // cells
    small = s.rgb[:, pick[:, None], pick]
    sharp = s.things[pick[:, None], pick]
    even = (np.arange(cells)[:, None] + np.arange(cells)[None, :]) % 2
    dither = (even.astype(f32) - f32(0.5)) * f32(22) * (1 - sharp)
    level = f32(255 / 6)
    small = np.floor((small + dither) / level + f32(0.5)) * level
    wide = np.arange(n) * cells // n
    return small[:, wide[:, None], wide]


def mosaic(s: Surface) -> Array:
    """Square stones with grout between, no two quite alike."""
    n = s.size
    tiles = 16
    place = np.arange(n) * tiles // n
    middle = (np.arange(tiles) * n + n // 2) // tiles
    stone = s.rgb[:, middle[place][:, None], middle[place]]
    rgb = over(s.rgb, stone, f32(0.75) - s.things * f32(0.5))
    start = int(s.rng.random() * 60000)
    tone = textures.shards(5)[0].take(start + place[:, None] * tiles + place[None, :])
    rgb = rgb * (f32(1) + tone * f32(0.14))
    joint = np.zeros(n, bool)
    joint[1:] = place[1:] != place[:-1]
    if n >= 128:
        joint[1:] |= joint[:-1]
    grout = (joint[:, None] | joint[None, :]).astype(f32)
    strength = (f32(0.40) if n > 48 else f32(0.30)) * (f32(1) - s.things * f32(0.5))
    return over(rgb, colour(120, 110, 102), grout * strength)


def glass(s: Surface) -> Array:
    """Coloured panes in lead, with light behind them."""
    n = s.size
    number, _, border = textures.cells(n, 4, seed=18)
    number, border = s.windows(number, border)
    pane = textures.shards(6).take(number, axis=1) * colour(44, 40, 48)
    down, across = textures.places(n)
    far = np.abs(down - n / 2) + np.abs(across - n / 2)
    glow = (f32(1) - far.astype(f32) * f32(1 / n)) * f32(46)
    rgb = s.rgb + pane * (1 - s.things) + glow * (f32(1) - s.things * f32(0.6)) - f32(14)
    lead = border.copy()
    for _ in range(n // 96):
        lead[1:] = np.maximum(lead[1:], lead[:-1])
        lead[:, 1:] = np.maximum(lead[:, 1:], lead[:, :-1])
    rgb = over(rgb, colour(16, 14, 20), lead * (1 - s.things) * f32(0.95))
    return over(colour(16, 14, 20), rgb, _soft(textures.from_edges(n), 0.012, 0.03))


_LOUD = np.array([(36, 60, 160), (0, 168, 200), (255, 222, 60), (255, 244, 190)], f32)


def loud(colours: Array) -> Array:
    """Backgrounds in four flat printing inks, by brightness, with a hint of their own colour."""
    tone = np.clip(luminance(colours)[..., 0] / 64, 0, 3).astype(np.int32)
    return mix(_LOUD[tone], saturate(colours, 1.8), 0.42)


def printed(s: Surface) -> Array:
    """Ben-Day dots: a screen of magenta over all but the things, a fine one on things."""
    n = s.size
    dots = textures.screen(n, 11)[:n, :n]
    ink_share = _soft(dots, 0.0, 0.25 if n > 48 else 0.6) * (1 - s.things)
    rgb = over(s.rgb, colour(240, 60, 120), ink_share * f32(0.45))
    return rgb


def carved(s: Surface) -> Array:
    """Ink from a carved block: wood grain, and a sky that darkens towards the top."""
    n = s.size
    grain = s.window(textures.noise(n, min(26, n // 2), 2, seed=19))
    sky = _soft(f32(1) - textures.downwards(n), 0.72, 1.0) * (1 - s.things)
    rgb = over(s.rgb, colour(30, 54, 98), sky * f32(0.6))
    return rgb + grain * f32(11) - _soft(grain, 0.25, 0.5) * f32(9) * (1 - s.things)


def neon(s: Surface) -> Array:
    """Lit tubes on a dark brick wall: rims glow in the colour of their thing."""
    n = s.size
    glow = blurred(s.rgb * s.things, n / 14)
    down, across = textures.places(n)
    course = max(4, n // 10)
    row = down // course
    joints = (down % course == 0) | ((across + row % 2 * course) % (2 * course) == 0)
    wall = s.rgb * (f32(1) - joints.astype(f32) * f32(0.45))
    lit = wall + glow * f32(0.95)
    return over(lit, s.rgb * f32(1.06), s.things)


def papercut(s: Surface) -> Array:
    """Layers of paper: the things lie on top and throw a shadow."""
    n = s.size
    away = max(1, n // 28)
    lifted = np.zeros_like(s.things)
    lifted[away:, away:] = s.things[:-away, :-away]
    shadow = blurred(lifted * f32(255), n / 50) * f32(1 / 255)
    fibre = s.window(textures.noise(n, 32, seed=20)) * f32(5)
    rgb = s.rgb * (1 - shadow * (1 - s.things) * f32(0.52))
    return rgb + fibre
