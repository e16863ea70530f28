"""Stop words: words so common that they tell little about what a text is about.

For morphemes, Kiwi's list (the hundred commonest of its corpora, and all signs); for English, its
function words. Both can be changed, and kept in a file: a line each, `것/NNB` for a morpheme,
`/JKS` for all of a tag, `the` for a word as written, `# ...` a remark.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Self, TypeVar

from jium.errors import DataError, require
from jium.files import write_text
from jium.text.korean import Morpheme

Item = TypeVar("Item", str, Morpheme)

ENGLISH = """
a about above across after again against all along also although am among an and another any
anybody anyone anything are aren't around as at be became because become been before behind being
below beside between beyond both but by can can't cannot could couldn't did didn't do does doesn't
doing don't down during each either else enough even ever every everybody everyone everything
except few for from further had hadn't has hasn't have haven't having he he'd he'll he's hence her
here hers herself him himself his how however i i'd i'll i'm i've if in indeed instead into is isn't
it it'd it'll it's its itself just least less lest let let's like many may maybe me might mine more
most much must mustn't my myself neither never no nobody none nor not nothing now of off often on
once one only onto or other others otherwise ought our ours ourselves out over own per perhaps quite
rather same several shall she she'd she'll she's should shouldn't since so some somebody someone
something still such than that that's the their theirs them themselves then there there's therefore
these they they'd they'll they're they've this those though through throughout thus to together too
toward towards under unless until up upon us very was wasn't we we'd we'll we're we've were weren't
what what's whatever when whenever where whereas wherever whether which whichever while who who's
whoever whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're
you've your yours yourself yourselves
"""
_ENTRY = re.compile(r"(.*)/([A-Z]+(?:-[A-Z])?)")  # form/TAG, as Kiwi writes tags
_FREE = ("NNG", "NNP", "NNB", "NR", "NP", "MM", "MAG", "MAJ", "IC")  # may stand as words alone
# Tags of particles, endings and affixes, which only say how the others hang together.
GRAMMAR = (
    *("JKS", "JKC", "JKG", "JKO", "JKB", "JKV", "JKQ", "JX", "JC"),
    *("EP", "EF", "EC", "ETN", "ETM", "XPN", "XSN", "XSV", "XSA", "XSM", "VCP", "VX"),
)


class StopWords:
    """Words, morphemes and whole tags to leave out.

    `in` takes a word ("the", "그리고") or a morpheme (anything that begins with form and tag).
    A word is one as written, in either case, or the form of a morpheme that stands alone.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.words: set[str] = set()
        self.morphemes: set[tuple[str, str]] = set()
        self.tags: set[str] = set()
        self.add(*entries)

    @classmethod
    def korean(cls, grammar: bool = False) -> Self:
        """Kiwi's list. grammar: all particles, endings and affixes too, not the commonest alone.

        Raises MissingExtra where Kiwi is not installed.
        """
        listed = require("kiwipiepy.utils", "ko").Stopwords()
        forms = (f"{form}/{tag}" for form, tag in listed.stopwords)
        tags = (f"/{tag}" for tag in (*listed.stoptags, *(GRAMMAR if grammar else ())))
        return cls([*forms, *tags])

    @classmethod
    def english(cls) -> Self:
        """English function words: articles, pronouns, prepositions, auxiliaries and the like."""
        return cls(ENGLISH.split())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file of entries; one that Kiwi saved will do. Raises DataError where it cannot."""
        try:
            lines = Path(path).read_text("utf-8-sig").splitlines()
        except FileNotFoundError:
            raise DataError("{path}: no such file.{near}", path=path, near="") from None
        except (OSError, UnicodeDecodeError) as error:
            raise DataError("{path}: cannot be read: {error}", path=path, error=error) from error
        return cls(line for line in map(str.strip, lines) if line and not line.startswith("# "))

    def save(self, path: str | Path) -> None:
        """Write a file of entries, sorted."""
        write_text(Path(path), "".join(f"{entry}\n" for entry in self.entries()))

    def entries(self) -> list[str]:
        """Every entry, as a file has it."""
        forms = [f"{form}/{tag}" for form, tag in self.morphemes]
        return sorted(f"/{tag}" for tag in self.tags) + sorted(forms) + sorted(self.words)

    def add(self, *entries: str) -> None:
        """Leave these out too: `것/NNB`, `/JKS`, `the`."""
        for entry in entries:
            kind, value = self._read(entry)
            kind.add(value)

    def remove(self, *entries: str) -> None:
        """Leave these in again. Raises DataError for one that is not in the list."""
        for entry in entries:
            kind, value = self._read(entry)
            if value not in kind:
                raise DataError("{entry!r} is not among the stop words.", entry=entry)
            kind.remove(value)

    def __contains__(self, item: str | Iterable[object]) -> bool:
        if isinstance(item, str):
            word = unicodedata.normalize("NFC", item.casefold().replace("’", "'"))
            return word in self.words or any((word, tag) in self.morphemes for tag in _FREE)
        form, tag = tuple(item)[:2]
        plain = str(tag).partition("-")[0]  # VV-I is a verb, VV, with irregular endings
        return any((form, t) in self.morphemes or t in self.tags for t in (str(tag), plain))

    def without(self, items: Iterable[Item]) -> list[Item]:
        """Words or morphemes, but for the stop words."""
        return [item for item in items if item not in self]

    def __len__(self) -> int:
        return len(self.words) + len(self.morphemes) + len(self.tags)

    def _read(self, entry: str) -> tuple[set, object]:
        """The set that an entry belongs to, and what stands for it there."""
        entry = unicodedata.normalize("NFC", entry.strip())
        found = _ENTRY.fullmatch(entry)
        if found is None:
            return self.words, entry.casefold().replace("’", "'")
        form, tag = found.groups()
        return (self.morphemes, (_as_kiwi(form, tag), tag)) if form else (self.tags, tag)


def _as_kiwi(form: str, tag: str) -> str:
    """ㄴ/ETM, as a person types it, with the final consonant (U+11AB) that Kiwi has."""
    if not form or not "ㄱ" <= form[0] <= "ㅎ" or tag[0] not in "EJ":
        return form
    name = unicodedata.name(form[0]).split()[-1]
    return unicodedata.lookup(f"HANGUL JONGSEONG {name}") + form[1:]
