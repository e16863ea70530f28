"""What a pixel of a scene is made of, before any style gives it a colour.

A picture is first drawn as a map of these numbers (uint8): backgrounds, then the rims of things,
then things, so that whatever belongs to a thing is larger than what does not.
"""

SKY, N_SKY = 0, 64  # from the top down
GROUND, N_GROUND = 64, 32  # from afar to near
SCENERY, N_SCENERY = 96, 16
SHADOW = 112
ORNAMENT, N_ORNAMENTS = 113, 7  # frames, seals and clouds that a style adds
RIM = 120  # inner rims: of the first kind of thing and of the other; outer rims are the next two
THING = 128
SLOT = 32  # the other thing has the same parts, this much further on

# Parts of a thing. The first four take its colour; the rest look alike on all.
FILL, SHADE, LIGHT, DEEP = range(4)
DARK, WHITE, SKIN, GOLD, GLASS, LEAF, WOOD, BLUSH, FLAME = range(4, 13)
N_PARTS = 13
LINE = 16  # and a last one: contours within the thing
