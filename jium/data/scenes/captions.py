"""What a scene shows, said in Korean or English, each time in other words.

Always the truth; not always all of it, unless asked, because people who ask for pictures do not say
all of it either. What a caption says can be read back by `reading`.
"""

from typing import Protocol

from jium.data.scenes import words
from jium.data.scenes.world import NONE, Scene, attributes, is_unseen, known
from jium.text.particles import attach

Facts = dict[str, str]


class Chance(Protocol):
    """A random.Random or a numpy Generator."""

    def random(self) -> float: ...


def captions(scene: Scene, language: str, rng: Chance, full: bool = False) -> str:
    """A caption of the scene in "ko" or "en", worded by `rng`.

    full: with every attribute, so that the caption alone decides what to draw. Otherwise colours,
    setting and style are each left out one time in ten, and a plain background is rarely named; of
    an unseen scene what makes it so is said.

    Raises DataError for another language.
    """
    known("language", language, ["ko", "en"])
    facts = whole = attributes(scene)
    if not full:
        facts = _some(whole, rng)
        while is_unseen(whole) and not is_unseen(_said(facts)):
            facts = _some(whole, rng)
    return _korean(facts, rng) if language == "ko" else _english(facts, rng)


def _some(facts: Facts, rng: Chance) -> Facts:
    """Without what people leave out; "" is a setting that is not said."""
    silent = {name for name in ("colour", "other_colour", "setting", "style") if _odds(rng, 0.1)}
    if facts["setting"] == NONE and _odds(rng, 0.8):
        silent.add("setting")
    return {name: "" if name in silent else value for name, value in facts.items()}


def _said(facts: Facts) -> Facts:
    return {name: value or NONE for name, value in facts.items()}


def _odds(rng: Chance, share: float) -> bool:
    return rng.random() < share


def _one(rng: Chance, choices: list[str]) -> str:
    """Half the time the first, which is the usual one."""
    place = 2 * rng.random() - 1
    return choices[int(place * len(choices))] if place > 0 else choices[0]


def _any(rng: Chance, choices: list[str]) -> str:
    return choices[int(rng.random() * len(choices))]


# ---------------------------------------------------------------- Korean


def _korean(facts: Facts, rng: Chance) -> str:
    setting = _one(rng, words.SETTINGS[facts["setting"]]["ko"]) if facts["setting"] else ""
    if facts["relation"] != NONE:
        core = _related_ko(facts, setting, rng)
    else:
        core = _placed_ko(_things_ko(facts, rng), setting, rng)
    if not facts["style"]:
        return core
    style = _one(rng, words.STYLES[facts["style"]]["ko"])
    return _any(
        rng,
        [
            *[f"{core}, {style} 스타일", f"{core}, {style}", f"{core}, {style} 풍"],
            *[f"{style} 스타일, {core}", f"{style} 풍으로, {core}", f"{style} 느낌으로 {core}"],
        ],
    )


def _things_ko(facts: Facts, rng: Chance) -> str:
    """빨간 개, 빨간색 강아지 한 마리, 세 마리의 빨간 개."""
    noun = _noun_ko(facts["subject"], facts["colour"], rng)
    number, counter = words.NUMBERS[facts["count"]]["ko"], words.SUBJECTS[facts["subject"]][1]
    if facts["count"] == "one":
        return _any(rng, [noun, noun, f"{noun} {number} {counter}"])
    return _any(rng, [f"{noun} {number} {counter}", f"{number} {counter}의 {noun}"])


def _noun_ko(subject: str, colour: str, rng: Chance) -> str:
    noun = _one(rng, words.SUBJECTS[subject][0])
    return f"{_one(rng, words.COLOURS[colour]['ko'])} {noun}" if colour else noun


def _placed_ko(things: str, setting: str, rng: Chance) -> str:
    if not setting:
        return _any(rng, [things, things, f"{attach(things, '이/가')} 있다"])
    return _any(
        rng,
        [
            *[f"{setting}에 있는 {things}", f"{setting}에 있는 {things}", f"{setting}의 {things}"],
            *[f"{attach(things, '이/가')} {setting}에 있다", f"{setting}에 {things}"],
            f"{attach(setting, '을/를')} 배경으로 한 {things}",
        ],
    )


def _related_ko(facts: Facts, setting: str, rng: Chance) -> str:
    main = _noun_ko(facts["subject"], facts["colour"], rng)
    other = _noun_ko(facts["other"], facts["other_colour"], rng)
    small = _any(rng, words.SMALL["ko"])
    side = _one(rng, words.RELATIONS[facts["relation"]]["ko"])
    facing = _one(rng, words.RELATIONS[words.OPPOSITE[facts["relation"]]]["ko"])
    sized = _any(rng, [other, f"{small} {other}"])
    large = _any(rng, [main, main, f"{_any(rng, words.LARGE['ko'])} {main}"])
    core = _any(
        rng,
        [
            *[f"{sized} {side}에 있는 {large}", f"{sized}의 {side}에 있는 {large}"],
            *[f"{attach(large, '이/가')} {sized} {side}에 있다", f"{sized} {side}에 {large}"],
            f"{large}의 {facing}에 {attach(f'{small} {other}', '이/가')} 있다",
            f"{large} {facing}에 있는 {small} {other}",
        ],
    )
    if not setting:
        return core
    return _any(rng, [f"{setting}에서 {core}", f"{setting}, {core}", f"{core}, 배경은 {setting}"])


# ---------------------------------------------------------------- English


def _english(facts: Facts, rng: Chance) -> str:
    setting = _one(rng, words.SETTINGS[facts["setting"]]["en"]) if facts["setting"] else ""
    core = _related_en(facts, rng) if facts["relation"] != NONE else _things_en(facts, rng)
    if setting:
        core = _any(rng, [f"{core} {setting}", f"{core} {setting}", f"{setting}, {core}"])
    if not facts["style"]:
        return core
    style = _one(rng, words.STYLES[facts["style"]]["en"])
    return _any(
        rng,
        [
            *[f"{core}, {style}", f"{core}, {style} style", f"{core} in {style} style"],
            *[f"{style} style, {core}", f"{style}: {core}", f"{core}, in the style of {style}"],
        ],
    )


def _things_en(facts: Facts, rng: Chance) -> str:
    """a red dog, three red puppies."""
    if facts["count"] == "one":
        return _noun_en(facts["subject"], facts["colour"], rng)
    _, plural = _pair(facts["subject"], rng)
    colour = _one(rng, words.COLOURS[facts["colour"]]["en"]) if facts["colour"] else ""
    return " ".join(filter(None, [words.NUMBERS[facts["count"]]["en"], colour, plural]))


def _noun_en(subject: str, colour: str, rng: Chance, size: str = "") -> str:
    noun, _ = _pair(subject, rng)
    shade = _one(rng, words.COLOURS[colour]["en"]) if colour else ""
    phrase = " ".join(filter(None, [size, shade, noun]))
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _pair(subject: str, rng: Chance) -> tuple[str, str]:
    pairs = words.SUBJECTS[subject][2]
    place = 2 * rng.random() - 1
    return pairs[int(place * len(pairs))] if place > 0 else pairs[0]


def _related_en(facts: Facts, rng: Chance) -> str:
    small, large = _any(rng, words.SMALL["en"]), _any(rng, ["", "", *words.LARGE["en"]])
    main = _noun_en(facts["subject"], facts["colour"], rng, large)
    other = _noun_en(facts["other"], facts["other_colour"], rng, _any(rng, ["", small]))
    little = _noun_en(facts["other"], facts["other_colour"], rng, small)
    side = _one(rng, words.RELATIONS[facts["relation"]]["en"])
    facing = _one(rng, words.RELATIONS[words.OPPOSITE[facts["relation"]]]["en"])
    return _any(rng, [*[f"{main} {side} {other}"] * 3, f"{little} {facing} {main}"])
