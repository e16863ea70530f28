"""Spacing (띄어쓰기): how far the spaces of a Korean text are those that Kiwi would write.

A yardstick for data and for what a model writes, not a verdict: where the rules allow both, as in
먹어보다 and 먹어 보다, Kiwi has one. `jium.text.korean.fix_spacing` repairs.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jium.text.hangul import is_syllable
from jium.text.korean import kiwi


class SpacingQuality(NamedTuple):
    """How spaces agree with Kiwi's.

    agreement: share of the places between two letters or digits, Hangul among them, where both
        have a space or neither has.
    precision, recall, f1: of the spaces written, and of those that Kiwi writes.
    places: how many places there were. All shares are 1 where there is nothing to be wrong.
    """

    agreement: float
    precision: float
    recall: float
    f1: float
    places: int


def spacing_quality(text: str | Iterable[str]) -> SpacingQuality:
    """Compare the spaces of a text, or of several, with those that Kiwi would write.

    Line ends are no spaces; each line stands alone.
    """
    texts = [text] if isinstance(text, str) else text
    lines = [line for one in texts for line in _clean(one).splitlines() if line.strip()]
    both = wrong = missing = places = 0
    for line, right in zip(lines, kiwi().space(lines, reset_whitespace=True), strict=True):
        for has, should in _decisions(line, right):
            places += 1
            both += has and should
            wrong += has and not should
            missing += should and not has
    return SpacingQuality(
        agreement=_share(places - wrong - missing, places),
        precision=_share(both, both + wrong),
        recall=_share(both, both + missing),
        f1=_share(2 * both, 2 * both + wrong + missing),
        places=places,
    )


def _decisions(line: str, right: str) -> Iterator[tuple[bool, bool]]:
    """(space here, space in Kiwi's) for each place that counts."""
    mine, kiwis = _spaces(line), _spaces(right)
    if [sign for sign, _ in mine] != [sign for sign, _ in kiwis]:
        return  # Kiwi spelled a noun as its dictionary does: nothing to compare with
    for (sign, has), (_, should), (after, _) in zip(mine, kiwis, mine[1:], strict=False):
        if sign.isalnum() and after.isalnum() and (is_syllable(sign) or is_syllable(after)):
            yield has, should


def _spaces(text: str) -> list[tuple[str, bool]]:
    """Each character that is no space, and whether one follows it."""
    pairs = zip(text, [*text[1:], ""], strict=True)
    return [(sign, after.isspace()) for sign, after in pairs if not sign.isspace()]


def _clean(text: str) -> str:
    """NFC, and no lone surrogate, on which Kiwi stumbles."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
