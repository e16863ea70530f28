"""Dialogue patterns with slots: the little language of the starter dialogues.

A block of lines, parted from others by an empty one, is a pattern:

    S: 반말로 대답해.                                        a system message, if any
    U: 내 이름은 {이름:이야/야}. | 나는 {이름:이라고/라고} 해.      ways to say it, and a slot
    A: 반가워, {이름:아/야}!                                  the same word as above

A slot `{이름}` is any word of the table `[이름]`, the same wherever it returns; `{이름2}` is
another word of it. After a colon stands the form, as in `phrasebook`: in Korean a pair of particles
or the ending of a verb; in English `{pet:a}` a dog, `{pet:many}` dogs. ` | ` parts ways to speak,
chosen apart from each other in every line, so all of them must go together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from random import Random

from jium.data.phrasebook import Side, Tables, Word, with_article
from jium.errors import DataError

_ROLES = {"S: ": "system", "U: ": "user", "A: ": "assistant"}
_WORD = re.compile(r"([^()]+?)(?: \(([^()]+)\))?")  # 책을 읽다 (읽어); dog (dogs)

Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Dialogue:
    """A chat that ends with the assistant, its topic and its language ("ko" or "en").

    recalled: what the last answer repeats of the words that the user gave before, as they stand
    in it but for a capital, particles and articles; an answer without them has forgotten them.
    """

    messages: Messages
    topic: str
    language: str
    recalled: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """All that stands before the last answer, as one text to tell dialogues apart."""
        return _text(self.messages[:-1])

    @property
    def text(self) -> str:
        """All of it as one text to tell dialogues apart."""
        return _text(self.messages)


def _text(messages: Messages) -> str:
    return "\n".join(f"{message['role']}: {message['content']}" for message in messages)


class DialoguePattern:
    """A block of a dialogue file, with the tables its slots draw from."""

    def __init__(self, lines: list[str], tables: Tables, topic: str, language: str) -> None:
        self.lines, self.topic, self.language = lines, topic, language
        self.roles = [_role(line) for line in lines]
        self.turns = [[Side(text) for text in line[3:].split(" | ")] for line in lines]
        names = [name for sides in self.turns for side in sides for name in side.names()]
        self.choices = {name: _table(name, tables, lines) for name in dict.fromkeys(names)}

    def size(self) -> int:
        """How many dialogues it makes at most: some of its ways to speak may leave out a slot."""
        return prod(map(len, self.turns)) * prod(map(len, self.choices.values()))

    def dialogues(self, most: int) -> Iterator[Dialogue]:
        """Its different dialogues; a fixed random sample of `most` where there are more."""
        made: set[str] = set()
        for number in self._numbers(most):
            dialogue = self._dialogue(number)
            if dialogue and dialogue.text not in made:
                yield dialogue
                made.add(dialogue.text)
            if len(made) == most:
                return

    def _numbers(self, most: int) -> Iterator[int]:
        """All numbers of dialogues, or random ones, more than needed as some say the same."""
        size = self.size()
        if size <= most:
            yield from range(size)
            return
        draw = Random("\n".join(self.lines))  # a line added elsewhere changes nothing here
        for _ in range(8 * most):  # random() alone is promised to stay the same in later Pythons
            yield int(draw.random() * size)

    def _dialogue(self, number: int) -> Dialogue | None:
        """The dialogue of this number; None where two slots would get the same word."""
        sides, words = [], {}
        for turn in self.turns:
            number, place = divmod(number, len(turn))
            sides.append(turn[place])
        for name in dict.fromkeys(name for side in sides for name in side.names()):
            number, place = divmod(number, len(self.choices[name]))
            words[name] = self.choices[name][place]
        if len({word.korean for word in words.values()}) < len(words):
            return None
        spoken = list(zip(self.roles, sides, strict=True))
        messages = [{"role": role, "content": self._fill(side, words)} for role, side in spoken]
        given = {name for role, side in spoken if role == "user" for name in side.names()}
        slots = [(name, form) for name, form, _ in sides[-1].slots if name in given]
        recalled = dict.fromkeys(self._kernel(words[name], form or "") for name, form in slots)
        return Dialogue(messages, self.topic, self.language, tuple(recalled))

    def _kernel(self, word: Word, form: str) -> str:
        """The word without particle or article, as every answer that gives it would have it."""
        if self.language == "ko":
            return word.in_korean(form) if word.infinitive else word.korean
        return word.in_english("" if form == "a" else form)

    def _fill(self, side: Side, words: Mapping[str, Word]) -> str:
        """A message with its slots filled; a slot that opens it begins with a capital."""
        text = side.start
        for name, form, then in side.slots:
            word = words[name]
            spoken = word.in_korean if self.language == "ko" else word.in_english
            filled = spoken(form or "")
            text += (filled if text else filled[:1].upper() + filled[1:]) + then
        return text


def _role(line: str) -> str:
    if line[:3] not in _ROLES or not line[3:].strip():
        raise DataError(
            'dialogue line {line!r}: begins with none of "S: ", "U: ", "A: " and a text.',
            line=line,
        )
    return _ROLES[line[:3]]


def _table(name: str, tables: Tables, lines: list[str]) -> list[Word]:
    table = name.rstrip("0123456789")
    if table not in tables:
        raise DataError("{line}: no table {table!r} of words.", line=lines[0], table=table)
    return tables[table]


# ---------------------------------------------------------------- lines of a file


def blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines between empty ones."""
    block: list[str] = []
    for line in (*lines, ""):
        if line:
            block.append(line)
        elif block:
            yield block
            block = []


def read_tables(lines: Iterable[str], language: str) -> dict[str, list[Word]]:
    """Tables of words by name: a line `[음식]`, and below it words parted by commas.

    In brackets stands what a form may need: 책을 읽다 (읽어), dog (dogs).
    """
    tables: dict[str, list[Word]] = {}
    name = ""
    for line in filter(None, lines):
        if line.startswith("["):
            name = line.strip("[]")
            tables[name] = []
        else:
            tables[name] += [_word(text.strip(), language) for text in line.split(",")]
    return tables


def _word(text: str, language: str) -> Word:
    found = _WORD.fullmatch(text)
    if found is None:
        raise DataError('{text!r}: not a word, nor a word and its form: "dog (dogs)".', text=text)
    word, more = found[1], found[2] or ""
    if language == "ko":
        return Word(word, {}, more)
    forms = {"": word, "a": with_article(word)}
    return Word(word, forms | {"many": more} if more else forms)
