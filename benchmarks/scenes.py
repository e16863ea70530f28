"""What do scenes look like, and how fast are they drawn?

python benchmarks/scenes.py             draws docs/pictures/scenes.png, the sheet of the guide
python benchmarks/scenes.py --speed     measures pictures a second on one core, writes
                                        results/scenes.json; only on a machine with nothing else
"""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from record import record

from jium.data.scenes import Scene, compose, draw, scenes
from jium.data.scenes.words import STYLES as STYLE_WORDS
from jium.data.scenes.world import COLOURS, SETTINGS, STYLES, SUBJECTS
from jium.explanation.fonts import hangul_font

SHEET = Path(__file__).parents[1] / "docs" / "pictures" / "scenes.png"
SIDE, GAP, WORDS, COLUMNS = 144, 8, 34, 5
ROUNDS, PICTURES = 7, 1000


def sheet() -> Path:
    """A picture of each style with its name in both languages, every subject, colour and setting
    among them; below, several things and things in a relation.
    """
    shown = [(_shown(n), *(STYLE_WORDS[style][lang][0] for lang in ("ko", "en"))) for n, style in
             enumerate(STYLES)] + MORE  # fmt: skip
    rows = len(shown) // COLUMNS
    size = (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + WORDS + GAP) + GAP)
    canvas = Image.new("RGB", size, (252, 252, 250))
    pen, font = ImageDraw.Draw(canvas), ImageFont.truetype(str(hangul_font()), 12)
    for number, (scene, korean, english) in enumerate(shown):
        left = GAP + number % COLUMNS * (SIDE + GAP)
        top = GAP + number // COLUMNS * (SIDE + WORDS + GAP)
        canvas.paste(Image.fromarray(draw(scene, SIDE)), (left, top))
        pen.text((left + 2, top + SIDE + 3), korean, (40, 38, 46), font)
        pen.text((left + 2, top + SIDE + 18), english, (110, 108, 116), font)
    SHEET.parent.mkdir(exist_ok=True)
    canvas.quantize(256, Image.Quantize.MEDIANCUT).save(SHEET, optimize=True)
    return SHEET


MORE = [
    (compose("fish", "orange", count="three", setting="sea", style="minhwa", seed=3),
     "주황색 물고기 세 마리", "three orange fish"),
    (compose("house", "blue", relation="left", other="dog", other_colour="brown", setting="snow",
             style="papercut", seed=1), "갈색 개 왼쪽에 있는 파란 집", "a house left of a dog"),
    (compose("ufo", "green", relation="above", other="car", other_colour="red", setting="city",
             seed=1), "자동차 위 초록 비행접시", "a saucer above a car"),
    (compose("flower", "purple", count="four", setting="meadow", style="watercolour", seed=2),
     "보라색 꽃 네 송이", "four purple flowers"),
    (compose("king", "red", relation="right", other="pagoda", other_colour="grey",
             setting="mountain", style="dancheong", seed=4), "회색 탑 오른쪽의 빨간 왕",
     "a king right of a pagoda"),
]  # fmt: skip


def _shown(number: int) -> Scene:
    """The scene that shows a style: subject, colour and setting go round at different paces."""
    return compose(
        SUBJECTS[number],
        COLOURS[(number * 7 + number // 12) % len(COLOURS)],
        setting=SETTINGS[(number * 3 + number // 8) % len(SETTINGS)],
        style=STYLES[number],
        seed=number,
    )


def speed(size: int) -> dict[str, float]:
    """Pictures a second of one process: the best of several rounds over the same scenes, after one
    in which textures are made.
    """
    some = list(scenes(PICTURES, seed=1))
    for scene in some:
        draw(scene, size)
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for scene in some:
            draw(scene, size)
        seconds.append(time.perf_counter() - started)
    return {
        "size": size,
        "pictures_per_s": round(len(some) / min(seconds), 1),
        "median_pictures_per_s": round(len(some) / float(np.median(seconds)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speed", action="store_true")
    if parser.parse_args().speed:
        figures = [speed(size) for size in (32, 64, 256)]
        print(*figures, sep="\n")
        record("scenes", figures, {"pictures": PICTURES, "rounds": ROUNDS, "processes": 1})
    else:
        print(sheet())


if __name__ == "__main__":
    main()
