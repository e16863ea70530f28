"""What a caption of a scene says: the way back from words to attributes.

It understands what `captions` writes and a good deal around it, so it can say what a person asked
for and whether a model that writes captions told the truth. It is no understanding of language.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from jium.data.scenes import words
from jium.data.scenes.words import Language
from jium.data.scenes.world import COUNTS, NONE


class Said(NamedTuple):
    """A thing of a caption, and where its words stand."""

    subject: str
    colour: str
    number: str
    small: bool
    start: int
    end: int


def read(caption: str) -> dict[str, str]:
    """The attributes that a caption names, Korean or English; what it leaves open is left out.

    Of one thing the count is one, and without a relation `relation`, `other` and `other_colour` are
    "none". A caption that names no subject says nothing: {} or its style and setting.
    """
    language: Language = "ko" if re.search("[가-힣]", caption) else "en"
    style, rest = _cut(caption, "style", language)
    setting, rest = _cut(rest, "setting", language)
    facts = _of_things(_things(rest, language), rest, language)
    facts |= {"setting": setting, "style": style}
    return {name: value for name, value in facts.items() if value}


def _of_things(things: list[Said], text: str, language: Language) -> dict[str, str]:
    if not things:
        return {}
    found = _SIDES[language].search(text)
    roles = _roles(things, found.start(), language) if found else None
    if found is None or roles is None:
        first = things[0]
        facts = {"subject": first.subject, "colour": first.colour, "count": first.number}
        return facts | {"relation": NONE, "other": NONE, "other_colour": NONE}
    side = _side(found[0].strip(), language)
    located, reference = roles
    if located.small and not reference.small:
        located, reference, side = reference, located, words.OPPOSITE[side]
    facts = {"subject": located.subject, "colour": located.colour, "count": "one"}
    other = {"other": reference.subject, "other_colour": reference.colour}
    return facts | {"relation": side} | other


def _roles(things: list[Said], side: int, language: Language) -> tuple[Said, Said] | None:
    """The thing that is somewhere, and the one seen from which it is there: Korean names that one
    just before the side, English just after it. None where there are not two.
    """
    if language == "ko":
        near = [one for one in things if one.start < side][-1:]
    else:
        near = [one for one in things if one.start > side][:1]
    others = [one for one in things if one not in near]
    return (others[0], near[0]) if near and others else None


def _things(text: str, language: Language) -> list[Said]:
    return [_said(match, language) for match in _THINGS[language].finditer(text)]


def _said(match: re.Match[str], language: Language) -> Said:
    found = {name: value or "" for name, value in match.groupdict().items()}
    number = found["number"] or found.get("counted") or ""
    small = found["size"].lower() in words.SMALL[language]
    names = _NAMES[language]
    count = names["count"].get(number.lower(), "one")
    subject = names["subject"][found["noun"].lower()]
    colour = names["colour"].get(found["colour"].lower(), "")
    return Said(subject, colour, count, small, match.start(), match.end())


def _cut(text: str, kind: str, language: Language) -> tuple[str, str]:
    """The class of `kind` that a text names ("" for none), and the text without its name."""
    found = _EDGED[language][kind].search(text)
    if found is None:
        return "", text
    return _NAMES[language][kind][
        found[0].lower()
    ], f"{text[: found.start()]} ; {text[found.end() :]}"


# ---------------------------------------------------------------- words to classes


def _by_word(kinds: dict[str, dict[Language, list[str]]], language: Language) -> dict[str, str]:
    return {w.lower(): name for name, forms in kinds.items() for w in forms[language]}


def _nouns(language: Language) -> dict[str, str]:
    if language == "ko":
        return {word: name for name, forms in words.SUBJECTS.items() for word in forms[0]}
    pairs = {name: forms[2] for name, forms in words.SUBJECTS.items()}
    return {w.lower(): name for name, forms in pairs.items() for pair in forms for w in pair}


def _names(language: Language) -> dict[str, dict[str, str]]:
    return {
        "subject": _nouns(language),
        "colour": _by_word(words.COLOURS, language),
        "count": {words.NUMBERS[name][language]: name for name in COUNTS},
        "setting": _by_word(words.SETTINGS, language),
        "style": _by_word(words.STYLES, language),
    }


def _either(forms: Iterable[str]) -> str:
    """A pattern for any of the words, the longest that fits."""
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


@cache
def _side(word: str, language: Language) -> str:
    return _by_word(words.RELATIONS, language)[word]


_NAMES: dict[Language, dict[str, dict[str, str]]] = {"ko": _names("ko"), "en": _names("en")}
_AFTER = r"(?=$|[\s,.:;]|이|가|은|는|을|를|의|에|와|과|도)"  # what may follow a Korean noun
_PLACED = r"(?=에|의|을|를|,|$|\s|\.)"
_EDGED: dict[Language, dict[str, re.Pattern[str]]] = {
    "ko": {
        "style": re.compile(rf"(?<![가-힣])(?:{_either(_NAMES['ko']['style'])})(?=$|[\s,.])"),
        "setting": re.compile(rf"(?<![가-힣])(?:{_either(_NAMES['ko']['setting'])}){_PLACED}"),
    },
    "en": {
        kind: re.compile(rf"\b(?:{_either(_NAMES['en'][kind])})\b", re.IGNORECASE)
        for kind in ("style", "setting")
    },
}
_COUNTERS = _either({forms[1] for forms in words.SUBJECTS.values()})
_SIZES = {
    language: _either([*words.SMALL[language], *words.LARGE[language]]) for language in ("ko", "en")
}
_COUNTED = _either(_NAMES["ko"]["count"])
_THINGS: dict[Language, re.Pattern[str]] = {
    "ko": re.compile(
        rf"(?:(?<![가-힣])(?P<number>{_COUNTED}) (?:{_COUNTERS})의 )?"
        rf"(?:(?<![가-힣])(?P<size>{_SIZES['ko']}) )?"
        rf"(?:(?<![가-힣])(?P<colour>{_either(_NAMES['ko']['colour'])}) )?"
        rf"(?<![가-힣])(?P<noun>{_either(_NAMES['ko']['subject'])}){_AFTER}"
        rf"(?: (?P<counted>{_COUNTED}) (?:{_COUNTERS}))?"
    ),
    "en": re.compile(
        rf"(?:\b(?P<number>{_either(_NAMES['en']['count'])}) )?"
        rf"(?:\b(?P<size>{_SIZES['en']}) )?"
        rf"(?:\b(?P<colour>{_either(_NAMES['en']['colour'])}) )?"
        rf"\b(?P<noun>{_either(_NAMES['en']['subject'])})\b",
        re.IGNORECASE,
    ),
}
_SIDES: dict[Language, re.Pattern[str]] = {
    "ko": re.compile(rf" (?:{_either(_by_word(words.RELATIONS, 'ko'))})(?=에)"),
    "en": re.compile(rf" (?:{_either(_by_word(words.RELATIONS, 'en'))})(?= )"),
}
