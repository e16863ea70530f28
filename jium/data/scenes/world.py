"""What can be in a scene, which scenes there are, and which of them no training ever sees.

A scene shows one thing, several of one kind, or two things in a relation: a large one, which the
scene is about, and a small one, so that a picture alone tells which is which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from random import Random
from typing import TypeVar

from jium.errors import DataError

TOPICS = {
    "animals": ["dog", "cat", "rabbit", "bird", "fish", "butterfly"],
    "people": ["child", "king"],
    "landscape and city": ["tree", "flower", "house", "pagoda"],
    "objects": ["car", "umbrella", "apple", "balloon", "boat"],
    "science fiction": ["robot", "rocket", "ufo"],
}  # and the sixth topic, art styles, is every scene's style
SUBJECTS = [subject for subjects in TOPICS.values() for subject in subjects]
COLOURS = [
    *["red", "orange", "yellow", "green", "sky", "blue"],
    *["purple", "pink", "brown", "black", "white", "grey"],
]
COUNTS = ["one", "two", "three", "four"]
RELATIONS = ["left", "right", "above", "below"]
SETTINGS = ["space", "sea", "forest", "city", "desert", "snow", "mountain", "meadow"]
STYLES = [
    *["illustration", "ink", "dancheong", "minhwa", "patchwork", "celadon", "nacre"],
    *["oil", "watercolour", "crayon", "pencil", "pixel", "mosaic", "glass", "pop"],
    *["points", "cubism", "woodblock", "neon", "papercut"],
]
NONE = "none"
SPLITS = ["train", "valid", "test", "unseen"]
ATTRIBUTES: dict[str, list[str]] = {
    "subject": SUBJECTS,
    "colour": COLOURS,
    "count": COUNTS,
    "relation": [NONE, *RELATIONS],
    "other": [NONE, *SUBJECTS],
    "other_colour": [NONE, *COLOURS],
    "setting": [NONE, *SETTINGS],
    "style": STYLES,
}


@dataclass(frozen=True)
class Thing:
    """One thing in a picture. x, y: its centre, and size: its height, as shares of the picture.

    turn: degrees, clockwise. flip: mirrored.
    """

    subject: str
    colour: str
    x: float
    y: float
    size: float
    turn: float = 0.0
    flip: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture in words. `relation` says where the first thing, the larger, is seen from the other
    one; it is "none" where all things are of one kind. `seed` decides what words leave open.
    """

    things: tuple[Thing, ...]
    relation: str
    setting: str
    style: str
    seed: int

    @property
    def count(self) -> int:
        """How many things of the first kind there are."""
        return 1 if self.relation != NONE else len(self.things)


def attributes(scene: Scene) -> dict[str, str]:
    """The truth about a scene: a class of each of ATTRIBUTES, "none" where it does not apply."""
    main, last = scene.things[0], scene.things[-1]
    related = scene.relation != NONE
    return {
        "subject": main.subject,
        "colour": main.colour,
        "count": COUNTS[scene.count - 1],
        "relation": scene.relation,
        "other": last.subject if related else NONE,
        "other_colour": last.colour if related else NONE,
        "setting": scene.setting,
        "style": scene.style,
    }


# ---------------------------------------------------------------- which scenes there are


def scenes(n: int, seed: int = 0, split: str = "train") -> Iterator[Scene]:
    """`n` scenes, the same ones for the same seed; more of them begin with the same ones.

    The combinations of attributes in train, valid and test are different ones (decided by a hash,
    so for ever), and those of "unseen" hold a subject in a colour, a setting or a style in which
    the other three never show it: `우주에 있는 개` is one.

    Raises DataError for another split.
    """
    known("split", split, SPLITS)
    rng = Random(f"scenes {split} {seed}")
    for _ in range(n):
        facts = _facts(rng)
        while split_of(facts) != split:
            facts = _facts(rng)
        yield _laid_out(facts, rng)


def compose(
    subject: str,
    colour: str,
    *,
    count: str = "one",
    relation: str = NONE,
    other: str = NONE,
    other_colour: str = NONE,
    setting: str = NONE,
    style: str = "illustration",
    seed: int = 0,
) -> Scene:
    """A scene with these attributes; the seed places its things.

    Raises DataError for a name that scenes do not know, a relation without another thing, another
    thing without a relation, or several things in a relation.
    """
    facts = dict(subject=subject, colour=colour, count=count, relation=relation, other=other)
    facts |= dict(other_colour=other_colour, setting=setting, style=style)
    for name, value in facts.items():
        known(name, value, ATTRIBUTES[name])
    if len({relation == NONE, other == NONE, other_colour == NONE}) > 1:
        raise DataError(
            "a relation needs relation, other and other_colour, all three; got {relation}, "
            "{other}, {colour}.",
            relation=relation,
            other=other,
            colour=other_colour,
        )
    if relation != NONE and count != "one":
        raise DataError(
            "a relation is between one thing and another; got count {count}.", count=count
        )
    return _laid_out(facts, Random(f"compose {seed}"))


def is_unseen(facts: dict[str, str]) -> bool:
    """Whether a combination of attributes is kept from train, valid and test."""
    things = [(facts["subject"], facts["colour"]), (facts["other"], facts["other_colour"])]
    return any(
        _is_held(subject, partner)
        for subject, colour in things
        if subject != NONE
        for partner in (colour, facts["setting"], facts["style"])
        if partner != NONE
    )


@cache
def _is_held(subject: str, partner: str) -> bool:
    """One in twelve of the pairs of a subject with a colour, a setting or a style."""
    return (subject, partner) == ("dog", "space") or _hash(f"{subject} {partner}") % 12 == 0


def split_of(facts: dict[str, str]) -> str:
    """The only split in which a combination of attributes occurs: of those not unseen, one in
    twenty is in valid, one in twenty in test.
    """
    if is_unseen(facts):
        return "unseen"
    return {0: "valid", 1: "test"}.get(_hash(" ".join(facts.values())) % 20, "train")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def known(what: str, value: str, among: list[str]) -> None:
    if value not in among:
        raise DataError(
            "scenes have no {what} {value!r}. Known: {known}.",
            what=what,
            value=value,
            known=", ".join(among),
        )


# ---------------------------------------------------------------- chance
# Only Random.random() promises the same numbers in every version of Python.


T = TypeVar("T")


def pick(rng: Random, items: list[T]) -> T:
    return items[int(rng.random() * len(items))]


def between(rng: Random, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _facts(rng: Random) -> dict[str, str]:
    """Attributes by chance: half of the scenes show one thing, a quarter several, a quarter two."""
    kind = rng.random()
    facts = dict(subject=pick(rng, SUBJECTS), colour=pick(rng, COLOURS), count="one")
    facts |= dict(relation=NONE, other=NONE, other_colour=NONE)
    if kind < 0.25:
        facts["count"] = pick(rng, COUNTS[1:])
    elif kind < 0.5:
        others = [subject for subject in SUBJECTS if subject != facts["subject"]]
        facts |= dict(relation=pick(rng, RELATIONS), other=pick(rng, others))
        facts["other_colour"] = pick(rng, COLOURS)
    facts["setting"] = NONE if rng.random() < 0.2 else pick(rng, SETTINGS)
    facts["style"] = pick(rng, STYLES)
    return facts


# ---------------------------------------------------------------- where things stand

LARGE, SMALL = 0.54, 0.34  # of the two things in a relation
_APART = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}
_PLACES = {  # of several of a kind: size, and centres
    "two": [(0.40, [(0.26, 0.55), (0.74, 0.55)]), (0.42, [(0.28, 0.33), (0.72, 0.69)])],
    "three": [
        (0.38, [(0.26, 0.74), (0.74, 0.74), (0.50, 0.27)]),
        (0.38, [(0.26, 0.27), (0.74, 0.27), (0.50, 0.74)]),
    ],
    "four": [
        (0.35, [(0.27, 0.29), (0.73, 0.29), (0.27, 0.73), (0.73, 0.73)]),
        (0.34, [(0.25, 0.33), (0.69, 0.26), (0.31, 0.76), (0.75, 0.69)]),
    ],
}


def _laid_out(facts: dict[str, str], rng: Random) -> Scene:
    """Places for the things of a combination: they never touch, so that they can be counted."""
    if facts["relation"] != NONE:
        things = _related(facts, rng)
    elif facts["count"] != "one":
        size, centres = pick(rng, _PLACES[facts["count"]])
        things = [_thing(facts, rng, *centre, size, near=0.015) for centre in centres]
    else:
        size = between(rng, 0.58, 0.76)
        things = [_thing(facts, rng, 0.5, 0.53, size, near=(0.9 - size) / 3)]
    seed = int(rng.random() * 2**32)
    return Scene(tuple(things), facts["relation"], facts["setting"], facts["style"], seed)


def _related(facts: dict[str, str], rng: Random) -> list[Thing]:
    across, down = _APART[facts["relation"]]
    aside = between(rng, -0.08, 0.08)  # the small one is not quite on the axis of the large one
    main = _thing(facts, rng, 0.5 + 0.20 * across, 0.53 + 0.19 * down, LARGE, near=0.02)
    second = dict(subject=facts["other"], colour=facts["other_colour"])
    x = 0.5 - 0.29 * across + aside * abs(down)
    y = 0.53 - 0.27 * down + aside * abs(across)
    return [main, _thing(second, rng, x, y, SMALL, near=0.02)]


def _thing(
    facts: dict[str, str], rng: Random, x: float, y: float, size: float, near: float
) -> Thing:
    x, y = between(rng, x - near, x + near), between(rng, y - near, y + near)
    size *= between(rng, 0.95, 1.05)
    turn, flip = between(rng, -7, 7), rng.random() < 0.5
    return Thing(facts["subject"], facts["colour"], x, y, size, turn, flip)
