"""Colours and shapes that tell groups of points apart, on white paper and on a dark screen.

Each colour stands out from its ground by 3 to 1 or more. A shape goes with it, so that groups are
told apart without colour too.
"""

LIGHT = (
    *("#2262c6", "#bd4f09", "#12803c", "#8a3fc4", "#cf2560"),
    *("#0d7c88", "#7b6800", "#8d4b2b", "#59636f", "#4b4bd2"),
)
DARK = (
    *("#7db1ff", "#ff9e5c", "#5ecf89", "#cf9dff", "#ff8bb0"),
    *("#4ecfd9", "#d7c94c", "#dba785", "#aab5c3", "#a5a5ff"),
)
NO_GROUP = ("#6b7078", "#9aa0a9")  # by day and by night
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "down")
MARKERS = dict(zip(SHAPES, ("o", "s", "^", "D", "P", "v"), strict=True))  # as matplotlib has them


def colour(number: int) -> str:
    """Of a group by its number, on white; of no group for -1."""
    return NO_GROUP[0] if number < 0 else LIGHT[number % len(LIGHT)]


def shape(number: int) -> str:
    """Of a group by its number; with 10 colours and 6 shapes the 31st group looks as the first."""
    return SHAPES[0] if number < 0 else SHAPES[number % len(SHAPES)]
