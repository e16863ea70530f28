"""The colours of all materials of a scene, in its style."""

from functools import cache

import numpy as np

from jium.data.scenes import materials as m
from jium.data.scenes.colours import DETAILS, TONES, gradient, luminance, mix
from jium.data.scenes.settings import SETTINGS
from jium.data.scenes.styles import STYLES
from jium.data.scenes.surface import Contour
from jium.data.scenes.world import Scene

_NIGHT = 100  # a background darker than this wants pale rims around dark things


def palette(scene: Scene, light: int) -> np.ndarray:
    """uint32 (256,): of each material red, green, blue, and 255 where it belongs to a thing."""
    main, last = scene.things[0], scene.things[-1]
    behind, dark = _background(scene.setting, light, scene.style)
    first, rims, line = _thing(main.colour, scene.style, dark)
    second, other_rims, other_line = _thing(last.colour, scene.style, dark)
    between = b"".join(pair for one in zip(rims, other_rims, strict=True) for pair in one)
    colours = behind + (
        between.ljust(4 * (m.THING - m.RIM), b"\0")
        + (first.ljust(4 * m.LINE, b"\0") + line).ljust(4 * m.SLOT, b"\0")
        + (second.ljust(4 * m.LINE, b"\0") + other_line).ljust(4 * m.SLOT, b"\0")
        + bytes(4 * (256 - m.THING - 2 * m.SLOT))
    )
    return np.frombuffer(colours, np.uint32)


@cache
def _background(setting: str, light: int, style: str) -> tuple[bytes, bool]:
    """Colours of materials below RIM, and whether they are those of a night."""
    at, how = SETTINGS[setting].lights[light], STYLES[style]
    rows = np.zeros((m.RIM, 3), np.float32)
    rows[m.SKY : m.SKY + m.N_SKY] = gradient(*at.sky, m.N_SKY)
    rows[m.GROUND : m.GROUND + m.N_GROUND] = gradient(*at.ground, m.N_GROUND)
    rows[m.SCENERY : m.SCENERY + len(at.scenery)] = at.scenery
    rows[m.SHADOW] = mix(np.asarray(at.ground[1], np.float32), (24, 20, 40), 0.28)
    rows = how.background(rows)
    night = float(luminance(rows[: m.SCENERY]).mean()) < _NIGHT
    rows[m.ORNAMENT : m.ORNAMENT + len(how.ornaments)] = how.ornaments or rows[:0]
    return _bytes(rows, 0), night


@cache
def _thing(colour: str, style: str, night: bool) -> tuple[bytes, list[bytes], bytes]:
    """Colours of the parts of a thing, of its rims, and of the lines within it."""
    how = STYLES[style]
    rows = how.thing(np.array([*TONES[colour], *DETAILS], np.float32))
    bright = float(luminance(rows[0])[0])
    contours = [_bytes(_contour(one, rows, night and bright < _NIGHT)) for one in how.contours]
    contours += [bytes(4)] * (2 - len(contours))
    return _bytes(rows), contours, _bytes(_contour(how.line_colour, rows, bright < 45))


def _contour(contour: Contour, rows: np.ndarray, pale: bool) -> np.ndarray:
    if not isinstance(contour, str):
        return np.asarray(contour, np.float32)
    if contour == "deep":
        return mix(rows[m.DEEP], (20, 16, 30), 0.25)
    if contour == "pale" or pale:
        return mix(rows[m.LIGHT], (250, 248, 255), 0.6 if contour == "dark" else 0.35)
    return mix(rows[m.DEEP], (26, 20, 34), 0.62)


def _bytes(rows: np.ndarray, thing: int = 255) -> bytes:
    whole = np.clip(rows + np.float32(0.5), 0, 255).astype(np.uint8)
    return np.insert(whole, 3, thing, axis=-1).tobytes()
