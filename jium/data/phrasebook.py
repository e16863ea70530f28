"""Sentence patterns with slots, in two languages: the little language of the starter corpus.

A table of words opens with its name and its kind; below stand the words, columns parted by tabs.

    [음식] noun                                [동작] verb
    사과	apple	apples                   책을 읽다	읽어	read a book
    물	water	-                            [맛] adjective
    + 과일        (all words of 과일 too)      맵다	매워	spicy	spicier

A noun has its plural, "-" where English has none, nothing where no pattern asks. A verb or
adjective has its dictionary form and the infinitive (아/어) of its last word; an adjective may end
with its comparative.

A pattern is a Korean and an English sentence, parted by a tab. `{음식}` is a slot: any word of
that table, the same wherever the name returns; `{음식2}` is another word of the table. ` | ` parts
Korean sentences of one meaning. After a colon stands the form the word takes:

    Korean   {음식:을/를} a particle after a consonant / after a vowel, any such pair
             {동작:었어요} an ending, in its fullest spelling (see `inflection`)
    English  {음식:a} an apple, water   {음식:many} apples, water
             {동작:s} reads a book   {동작:ed}   {동작:ing}   {맛:er} spicier

So `{사람:이/가} {음식:을/를} 먹어요.<tab>{사람} eats {음식:a}.` makes 엄마가 빵을 먹어요 and My mom
eats bread. The first letter of the English sentence becomes a capital.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from random import Random

from jium.data.inflection import conjugate, particle
from jium.errors import DataError

_SLOT = re.compile(r"\{([^{}:]+)(?::([^{}]+))?\}")
_SOUNDS_AS_VOWEL, _SOUNDS_AS_CONSONANT = ("hour", "honest"), ("uni", "use", "one")


@dataclass(frozen=True)
class Word:
    """One word of a table, in both languages. `infinitive` is empty for nouns."""

    korean: str
    english: Mapping[str, str]
    infinitive: str = ""

    def in_korean(self, form: str) -> str:
        if not form:
            return self.korean
        if "/" in form:
            return self.korean + particle(self.korean, form)
        return conjugate(self.korean, self.infinitive, form)

    def in_english(self, form: str) -> str:
        if form not in self.english:
            raise DataError(
                "{word}: no English form {form!r}. It has: {forms}.",
                word=self.korean,
                form=form,
                forms=", ".join(filter(None, self.english)),
            )
        return self.english[form]


Tables = Mapping[str, list[Word]]


def read_verbs(lines: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """English verbs, `go goes went going` a line: base form to the other three."""
    rows = (line.split() for line in lines if line.strip())
    return {base: (third, past, doing) for base, third, past, doing in rows}


def read_tables(
    lines: Iterable[str], verbs: Mapping[str, tuple[str, str, str]]
) -> dict[str, list[Word]]:
    """Tables of words by name."""
    tables: dict[str, list[Word]] = {}
    name, kind = "", ""
    for line in lines:
        if heading := re.fullmatch(r"\[(.+)\] (noun|verb|adjective)", line):
            name, kind = heading.groups()
            tables[name] = []
        elif line.startswith("+ "):
            tables[name] += tables[line[2:]]
        elif line.strip():
            tables[name].append(_word(kind, line.split("\t"), verbs))
    return tables


def _word(kind: str, columns: list[str], verbs: Mapping[str, tuple[str, str, str]]) -> Word:
    if kind == "noun":
        korean, english, *plural = columns
        return Word(korean, _noun_forms(english, *plural))
    korean, infinitive, english, *comparative = columns
    if kind == "adjective":
        forms = {"": english, "a": with_article(english)}
        if comparative:
            forms["er"] = comparative[0]
        return Word(korean, forms, infinitive)
    verb, space, rest = english.partition(" ")
    if verb not in verbs:
        raise DataError(
            "{verb!r} ({word}) is not among the English verbs: add its four forms to them.",
            verb=verb,
            word=korean,
        )
    inflected = zip(("s", "ed", "ing"), verbs[verb], strict=True)
    forms = {"": english} | {form: each + space + rest for form, each in inflected}
    return Word(korean, forms, infinitive)


def _noun_forms(english: str, plural: str = "") -> dict[str, str]:
    if plural == "-":
        return {"": english, "a": english, "many": english}
    forms = {"": english, "a": with_article(english)}
    return forms | {"many": plural} if plural else forms


def with_article(english: str) -> str:
    """`english` after "a" or "an", as it sounds."""
    vowel = english[0].lower() in "aeiou" and not english.startswith(_SOUNDS_AS_CONSONANT)
    return ("an " if vowel or english.startswith(_SOUNDS_AS_VOWEL) else "a ") + english


class Side:
    """A sentence of a pattern, cut into literal text and slots."""

    def __init__(self, text: str) -> None:
        literal = _SLOT.split(text)  # text, name, form, text, name, form, ..., text
        self.start = literal[0]
        self.slots = list(zip(literal[1::3], literal[2::3], literal[3::3], strict=True))

    def names(self) -> list[str]:
        return [name for name, _, _ in self.slots]

    def korean(self, words: Mapping[str, Word]) -> str:
        parts = (words[name].in_korean(form or "") + then for name, form, then in self.slots)
        return self.start + "".join(parts)

    def english(self, words: Mapping[str, Word]) -> str:
        parts = (words[name].in_english(form or "") + then for name, form, then in self.slots)
        text = self.start + "".join(parts)
        return text[0].upper() + text[1:]


class Pattern:
    """A line of a pattern file, with the tables its slots draw from."""

    def __init__(self, line: str, tables: Tables) -> None:
        self.line = line
        korean, tab, english = line.partition("\t")
        if not tab:
            raise DataError(
                "{line}: no tab between the Korean and the English sentence.", line=line
            )
        self.korean = [Side(sentence) for sentence in korean.split(" | ")]
        self.english = Side(english)
        names = [name for side in (self.english, *self.korean) for name in side.names()]
        self.choices = {name: self._table(name, tables) for name in dict.fromkeys(names)}

    def _table(self, name: str, tables: Tables) -> list[Word]:
        table = name.rstrip("0123456789")
        if table not in tables:
            raise DataError("{line}: no table {table!r} of words.", line=self.line, table=table)
        return tables[table]

    def size(self) -> int:
        """How many pairs it makes, those with one word in two slots of a table counted too."""
        return len(self.korean) * prod(map(len, self.choices.values()))

    def pairs(self, most: int) -> Iterator[tuple[str, str]]:
        """Pairs of sentences; a fixed random sample of about `most` where there are more."""
        size = self.size()
        numbers: Iterable[int] = range(size)
        if size > most:
            draw = Random(self.line)  # by its text: a line added elsewhere changes nothing here
            # random() alone is promised to stay the same in later versions of Python
            numbers = dict.fromkeys(int(draw.random() * size) for _ in range(most))
        for number in numbers:
            yield from self._pair(number)

    def _pair(self, number: int) -> Iterator[tuple[str, str]]:
        number, variant = divmod(number, len(self.korean))
        words = {}
        for name, choices in self.choices.items():
            number, place = divmod(number, len(choices))
            words[name] = choices[place]
        if len({word.korean for word in words.values()}) == len(words):  # nobody meets himself
            yield self.korean[variant].korean(words), self.english.english(words)
