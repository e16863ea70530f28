"""Scenes: pictures that jium draws itself, with captions in Korean and English and the truth.

    from jium.data.scenes import attributes, captions, draw, scenes

    for scene in scenes(1000, seed=0, split="train"):
        pixels = draw(scene, 64)                     # uint8 (64, 64, 3), RGB
        words = captions(scene, "ko", Random(0))     # 우주에 있는 빨간 로봇, 수묵화 스타일
        truth = attributes(scene)                    # {"subject": "robot", "colour": "red", ...}

A scene is a few words about a picture (`world`), a picture of materials (`subjects`, `settings`:
"this pixel is the shaded side of the main thing") and a style that turns materials into colours
(`styles`). Captions (`captions`) can be read back (`reading`), so that what a model draws and what
it writes are both scored exactly.
"""

from jium.data.scenes.captions import captions
from jium.data.scenes.reading import read
from jium.data.scenes.render import draw
from jium.data.scenes.world import (
    ATTRIBUTES,
    SPLITS,
    TOPICS,
    Scene,
    Thing,
    attributes,
    compose,
    is_unseen,
    scenes,
)

__all__ = [
    "ATTRIBUTES",
    "SPLITS",
    "TOPICS",
    "Scene",
    "Thing",
    "attributes",
    "captions",
    "compose",
    "draw",
    "is_unseen",
    "read",
    "scenes",
]
