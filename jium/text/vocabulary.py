"""Words and their numbers: what a model of whole words (word vectors, topics) has for a tokenizer.

The most frequent word comes first, and words of one count by their spelling, so that the same
corpus gives the same numbers everywhere. Words are kept in NFC: 한 typed as three jamo is 한.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from jium.errors import ConfigError, DataError
from jium.files import write_text
from jium.messages import say
from jium.ranges import at_least
from jium.text.hangul import to_jamo
from jium.text.settings import END, SPECIAL_TOKENS, START, UNKNOWN

FILE = "vocabulary.json"
NEAR = 0.5  # letter pairs that two spellings share (Dice), at least, to be called near


class Vocabulary:
    """Words by number and numbers by word.

    words: in the order of their ids; the special tokens, if any, are the first four.
    counts: how often each stood in the corpus; 0 for a special token.
    special: whether there are <PAD>, <UNK>, <START> and <EOS>.
    """

    def __init__(self, words: Sequence[str], counts: Sequence[int], special: bool = True) -> None:
        self.words = list(words)
        self.counts = list(counts)
        self.special = special
        self.ids = {word: number for number, word in enumerate(self.words)}
        # No text can spell a special token: "<PAD>" typed by a person is an unknown word.
        first = len(SPECIAL_TOKENS) if special else 0
        self._known = {word: self.ids[word] for word in self.words[first:]}
        self._unknown = self.ids[UNKNOWN] if special else None

    @classmethod
    def build(
        cls,
        token_lists: Iterable[Iterable[str]],
        min_count: int = 1,
        max_size: int | None = None,
        special: bool = True,
    ) -> Self:
        """Count the words of a corpus, which is read once.

        min_count: a word seen less often is left out. max_size: of all, special tokens included.
        Raises DataError where no word is left.
        """
        reserved = SPECIAL_TOKENS if special else []
        _check(min_count, max_size, len(reserved))
        found = _count(token_lists)
        for token in ("", *reserved):
            found.pop(token, None)
        frequent = [(word, n) for word, n in found.items() if n >= min_count]
        if not frequent:
            raise DataError(
                "no word to make a vocabulary of: {words} different words, none seen "
                "{least} times or more.",
                words=len(found),
                least=min_count,
            )
        frequent.sort(key=lambda pair: (-pair[1], pair[0]))
        del frequent[len(frequent) if max_size is None else max_size - len(reserved) :]
        words, counts = zip(*frequent, strict=True)
        return cls([*reserved, *words], [*[0] * len(reserved), *counts], special)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (word in self._known or _composed(word) in self._known)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.words, self.counts) == (other.words, other.counts)

    # ------------------------------------------------------------ words and numbers

    def encode(self, tokens: Iterable[str], ends: bool = False) -> list[int]:
        """The ids of words. An unknown one is <UNK>, or left out where there is no <UNK>.

        ends: put <START> before them and <EOS> after.
        """
        found = (self._id(token) for token in tokens)
        ids = [number for number in found if number is not None]
        return [self.ids[START], *ids, self.ids[END]] if ends else ids

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words of ids, special tokens among them."""
        return [self.words[number] for number in ids]

    def _id(self, token: str) -> int | None:
        number = self._known.get(token)
        return self._known.get(_composed(token), self._unknown) if number is None else number

    # ------------------------------------------------------------ near spellings

    def nearest(self, word: str, n: int = 3) -> list[str]:
        """Known words spelled most like this one, by shared pairs of letters (jamo); none if none
        is near. Words equally near come most frequent first.
        """
        pairs = _letter_pairs(word)
        shared = Counter(number for pair in pairs for number in self._by_pair.get(pair, ()))
        scores = {
            number: 2 * both / (len(pairs) + len(_letter_pairs(self.words[number])))
            for number, both in shared.items()
            if both > len(pairs) / 3  # Dice >= 1/2 asks for this; scoring the rest is slow
        }
        near = sorted(scores, key=lambda number: (-scores[number], number))
        return [self.words[number] for number in near[:n] if scores[number] >= NEAR]

    @cached_property
    def _by_pair(self) -> dict[str, list[int]]:
        table: dict[str, list[int]] = {}
        for word, number in self._known.items():
            for pair in _letter_pairs(word):
                table.setdefault(pair, []).append(number)
        return table

    # ------------------------------------------------------------ on disk

    def save(self, path: str | Path) -> None:
        """Write a JSON file; into a folder as vocabulary.json."""
        values = {"special": self.special, "words": self.words, "counts": self.counts}
        write_text(_file(path), json.dumps(values, ensure_ascii=False, indent=0) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError where it is not there, or not that."""
        path = _file(path)
        try:
            values = json.loads(path.read_text("utf-8"))
            words, counts, special = values["words"], values["counts"], values["special"]
            whole = _fits(words, counts, special)
        except FileNotFoundError:
            raise DataError("{path}: no such file.{near}", path=path, near="") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError("{path}: is damaged ({error}).", path=path, error=error) from error
        if not whole:
            problem = say("words, counts and special tokens do not fit together")
            raise DataError("{path}: is damaged ({error}).", path=path, error=problem)
        return cls(words, counts, special)


def padded(
    rows: Sequence[Sequence[int]], pad_id: int, side: Literal["left", "right"] = "right"
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows of ids made of one length: ids and mask, both (rows, longest). True = a real token."""
    longest = max(map(len, rows), default=0)
    ids = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros(ids.shape, dtype=bool)
    for number, row in enumerate(rows):
        place = slice(0, len(row)) if side == "right" else slice(longest - len(row), longest)
        ids[number, place] = row
        mask[number, place] = True
    return ids, mask


def _check(min_count: int, max_size: int | None, reserved: int) -> None:
    at_least(1, min_count=min_count)
    if max_size is not None and max_size <= reserved:
        raise ConfigError(
            "must be {least} or more, so that a word fits beside {reserved} special tokens; got "
            "{value}.",
            key="max_size",
            least=reserved + 1,
            reserved=reserved,
            value=max_size,
        )


def _count(token_lists: Iterable[Iterable[str]]) -> Counter[str]:
    raw: Counter[str] = Counter()
    for tokens in token_lists:
        if isinstance(tokens, str):
            raise DataError(
                "a corpus is lists of words, not one string: {text!r}. Cut it into words first.",
                text=tokens[:40],
            )
        raw.update(tokens)
    found: Counter[str] = Counter()
    for token, n in raw.items():  # composed once for each word, not for each time it is said
        found[_composed(token)] += n
    return found


def _composed(token: str) -> str:
    """In NFC, without lone surrogates, which no file can hold."""
    if token.isascii():
        return token
    return unicodedata.normalize("NFC", token.encode("utf-8", "ignore").decode("utf-8"))


def _letter_pairs(word: str) -> set[str]:
    letters = f" {to_jamo(_composed(word))} "
    return {letters[place : place + 2] for place in range(len(letters) - 1)}


def _fits(words: list[str], counts: list[int], special: bool) -> bool:
    names = words[: len(SPECIAL_TOKENS)] if special else SPECIAL_TOKENS
    typed = (
        isinstance(words, list)
        and all(isinstance(w, str) for w in words)
        and all(isinstance(n, int) for n in counts)
    )
    return typed and names == SPECIAL_TOKENS and len(set(words)) == len(words) == len(counts)


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path / FILE if path.is_dir() else path
