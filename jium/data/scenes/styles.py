"""The twenty styles, from an inlaid celadon to a neon sign: what each does to colours and outlines.

What brush and paper do afterwards is in `finishes`. A style never changes which colour a thing is:
backgrounds may lose their colours, things keep theirs.
"""

import numpy as np

from jium.data.scenes import finishes, ornaments
from jium.data.scenes.colours import Rgb, mix, ramp, saturate
from jium.data.scenes.materials import GROUND, N_GROUND, N_SKY, SKY
from jium.data.scenes.surface import Recolour, Style

Array = np.ndarray


def toned(*stops: Rgb, share: float = 1.0, steps: int = 0) -> Recolour:
    """Towards a scale of tones, by brightness."""
    return lambda colours: mix(colours, ramp(colours, *stops, steps=steps), share)


def tinted(colour: Rgb, share: float, vivid: float = 1.0) -> Recolour:
    """Made more or less vivid, then mixed with one colour."""
    return lambda colours: mix(saturate(colours, vivid), colour, share)


def scroll(rows: Array) -> Array:
    """A sky of bare paper, unless it is night; ink for what stands before it."""
    inked = ramp(rows, (26, 25, 30), (58, 57, 60), (120, 118, 116), (216, 210, 198))
    inked[SKY : SKY + N_SKY] = ramp(
        rows[SKY : SKY + N_SKY], (40, 39, 44), (216, 210, 196), (240, 234, 220)
    )
    return inked


def lacquer(rows: Array) -> Array:
    """A black sky; all that stands before it in shell, bright and dark by its own brightness."""
    shell = ramp(rows, (40, 40, 46), (128, 140, 146), (206, 214, 214))
    shell[SKY : SKY + N_SKY] = ramp(rows[SKY : SKY + N_SKY], (10, 8, 12), (22, 14, 20))
    shell[GROUND : GROUND + N_GROUND] *= np.float32(0.45)
    return shell


def wall(rows: Array) -> Array:
    """A dark wall; scenery and ground glimmer on it in their own hues."""
    dim = mix(saturate(rows, 2.0), (40, 20, 110), 0.35) * np.float32(0.66)
    dim[SKY : SKY + N_SKY] = ramp(rows[SKY : SKY + N_SKY], (10, 8, 26), (30, 22, 60))
    return dim


STYLES: dict[str, Style] = {
    "illustration": Style(),
    "ink": Style(
        background=scroll,
        thing=tinted((226, 218, 204), 0.20, 0.85),
        rims=(0.020,),
        contours=((34, 32, 36),),
        finish=finishes.ink,
    ),
    "dancheong": Style(
        background=toned((16, 70, 66), (44, 128, 112), (150, 204, 172), steps=5),
        thing=tinted((255, 255, 255), 0.0, 1.15),
        rims=(0.014, 0.016),
        contours=((24, 22, 26), (246, 240, 222)),
        line=0.008,
        line_colour=(24, 22, 26),
        ornament=ornaments.dancheong,
        ornaments=((198, 54, 44), (250, 244, 228), (32, 74, 150), (238, 184, 60), (28, 26, 30)),
    ),
    "minhwa": Style(
        background=tinted((232, 200, 140), 0.46, 1.1),
        thing=tinted((222, 178, 110), 0.10, 1.05),
        rims=(0.014,),
        contours=((52, 32, 28),),
        line=0.006,
        line_colour=(52, 32, 28),
        ornament=ornaments.peonies,
        ornaments=((204, 62, 78), (238, 138, 140), (70, 112, 78), (240, 196, 90), (112, 78, 52)),
        finish=finishes.folk,
    ),
    "patchwork": Style(
        background=tinted((240, 236, 226), 0.30, 0.7),
        rims=(0.012, 0.016),
        contours=("deep", (252, 248, 236)),
        finish=finishes.patchwork,
    ),
    "celadon": Style(
        background=toned((34, 66, 60), (88, 134, 116), (190, 218, 196)),
        thing=tinted((150, 188, 164), 0.14),
        rims=(0.012, 0.014),
        contours=((38, 50, 48), (236, 242, 228)),
        ornament=ornaments.medallions,
        ornaments=((226, 238, 222), (60, 92, 84)),
        finish=finishes.glazed,
    ),
    "nacre": Style(
        background=lacquer,
        thing=tinted((240, 240, 250), 0.08, 1.1),
        rims=(0.013,),
        contours=((214, 172, 92),),
        ornament=ornaments.gold_frame,
        ornaments=((206, 164, 84), (150, 108, 52)),
        finish=finishes.nacre,
    ),
    "oil": Style(
        background=tinted((120, 90, 60), 0.10, 1.35),
        thing=tinted((120, 90, 60), 0.02, 1.1),
        rims=(0.016,),
        contours=("deep",),
        finish=finishes.oil,
    ),
    "watercolour": Style(
        background=tinted((255, 254, 250), 0.34, 1.2),
        thing=tinted((255, 254, 250), 0.12, 1.1),
        rims=(0.012,),
        contours=("deep",),
        finish=finishes.watercolour,
    ),
    "crayon": Style(
        background=tinted((255, 255, 250), 0.06, 1.4),
        thing=tinted((255, 255, 255), 0.0, 1.2),
        rims=(0.026,),
        contours=("deep",),
        finish=finishes.crayon,
    ),
    "pencil": Style(
        background=toned((140, 140, 144), (206, 206, 206), (250, 249, 246)),
        thing=tinted((252, 250, 246), 0.12),
        rims=(0.012,),
        contours=((66, 66, 72),),
        line=0.006,
        line_colour=(84, 84, 90),
        finish=finishes.pencil,
    ),
    "pixel": Style(
        background=tinted((255, 255, 255), 0.0, 1.25),
        rims=(0.028,),
        contours=((22, 18, 34),),
        finish=finishes.pixels,
    ),
    "mosaic": Style(
        background=tinted((226, 214, 190), 0.12, 1.1),
        rims=(0.020,),
        contours=("dark",),
        finish=finishes.mosaic,
    ),
    "glass": Style(
        background=tinted((60, 60, 130), 0.04, 1.9),
        thing=tinted((255, 255, 255), 0.0, 1.2),
        rims=(0.020,),
        contours=((14, 12, 18),),
        line=0.007,
        line_colour=(14, 12, 18),
        finish=finishes.glass,
    ),
    "pop": Style(
        background=finishes.loud,
        thing=tinted((255, 255, 255), 0.0, 1.25),
        rims=(0.022, 0.022),
        contours=((12, 10, 14), (255, 255, 255)),
        line=0.008,
        line_colour=(12, 10, 14),
        finish=finishes.printed,
    ),
    "points": Style(
        background=tinted((255, 250, 235), 0.10, 1.3),
        thing=tinted((255, 255, 255), 0.0, 1.1),
        rims=(0.016,),
        contours=("deep",),
        finish=finishes.points,
    ),
    "cubism": Style(
        background=toned((70, 58, 54), (168, 140, 106), (236, 220, 186), share=0.55),
        thing=tinted((150, 120, 90), 0.06),
        rims=(0.016,),
        contours=((36, 28, 28),),
        line=0.008,
        line_colour=(46, 36, 36),
        finish=finishes.cubist,
    ),
    "woodblock": Style(
        background=toned((32, 56, 92), (110, 150, 166), (232, 208, 160), (244, 232, 204), steps=5),
        thing=tinted((236, 220, 184), 0.10, 0.95),
        rims=(0.014,),
        contours=((22, 30, 52),),
        line=0.008,
        line_colour=(22, 30, 52),
        ornament=ornaments.cartouche,
        ornaments=((196, 56, 44), (246, 236, 208), (28, 52, 96)),
        finish=finishes.carved,
    ),
    "neon": Style(
        background=wall,
        thing=tinted((10, 6, 24), 0.16, 1.1),
        rims=(0.020,),
        contours=("pale",),
        finish=finishes.neon,
    ),
    "papercut": Style(
        background=tinted((250, 240, 226), 0.22, 0.95),
        rims=(0.028,),
        contours=((253, 251, 246),),
        finish=finishes.papercut,
    ),
}
