"""Keyword search in a folder of texts: BM25 over Korean and English terms, by bm25s.

The variant is Lucene's, ln(1 + (N - df + 0.5) / (df + 0.5)) tf / (tf + k1 (1 - b + b dl / avgdl))
summed over the words of the query (Robertson and Zaragoza 2009; Kamphuis et al. 2020,
https://doi.org/10.1007/978-3-030-45442-5_4).

An index is a folder: manifest.json (settings, files with size and time), passages.jsonl,
terms.json, terms.npz and bm25/, arrays of numbers all. What has not changed is not read again.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from jium.config import build, config, nearest, to_values
from jium.errors import ConfigError, DataError, JiumError, RunError, require
from jium.files import make_folder, write_text
from jium.ranges import at_least, share
from jium.retrieval.passages import Passage, find_documents, passages
from jium.text.deletions import DeletionIndex
from jium.text.keyboard import from_keys, to_keys
from jium.text.terms import PAIR, Terms

FORMAT = 1  # of the folder on disk; another number means: build it anew


class Hit(NamedTuple):
    """A passage that was found: where it stands, and how well it fits."""

    text: str
    file: str
    line: int
    score: float


@config
class Search(Terms):
    """What is indexed, and the two dials of BM25."""

    k1: float = 1.5  # how soon repeating a word stops counting
    b: float = 0.75  # how much long passages are held back

    def __post_init__(self) -> None:
        at_least(0, k1=self.k1)
        share(b=self.b)


class Stamp(NamedTuple):
    """By what a file is known to be unchanged."""

    size: int
    modified_ns: int


@dataclass
class Part:
    """What one file brought: its passages with their terms, or why it brought none."""

    stamp: Stamp
    passages: list[Passage]
    terms: list[list[str]]
    problem: str = ""


class KeywordIndex:
    """Passages of the files of a folder, found by keywords.

    problems: what was said of each file that could not be read.
    """

    def __init__(self, settings: Search, parts: dict[str, Part], bm25: Any = None) -> None:
        self.settings, self.parts = settings, parts
        self.passages = [passage for part in parts.values() for passage in part.passages]
        self.problems = [part.problem for part in parts.values() if part.problem]
        if not self.passages:
            raise DataError(
                "no text to search in {n} files. {problem}",
                n=len(parts),
                problem=next(iter(self.problems), ""),
            )
        self.bm25 = bm25 or self._counted()

    @classmethod
    def build(
        cls, folder: str | Path, settings: Search | None = None, index: str | Path | None = None
    ) -> Self:
        """Index a folder of texts, or a file.

        index: a folder to keep the index in; files that have not changed since it was written are
        not read again. Raises DataError where there is nothing to search.
        """
        folder, settings = Path(folder).expanduser(), settings or Search()
        kept = cls._kept(Path(index), settings) if index is not None else None
        before = kept.parts if kept else {}
        parts = {}
        for path in find_documents(folder):
            name = str(path.relative_to(folder)) if folder.is_dir() else path.name
            found = path.stat()
            stamp = Stamp(found.st_size, found.st_mtime_ns)
            same = name in before and before[name].stamp == stamp
            parts[name] = before[name] if same else _read(path, name, stamp, settings)
        if kept and list(parts.items()) == list(before.items()):
            return kept
        made = cls(settings, parts)
        if index is not None:
            made.save(Path(index))
        return made

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """The k passages that fit best, best first; those that hold none of the words are left out.

        Raises DataError, with the nearest spellings, where no word of the query stands in any.
        """
        at_least(1, top=k)
        asked = self.settings([query])[0]
        ids = [self._ids[term] for term in asked if term in self._ids]
        if not ids:
            raise self._nothing_known(query, asked)
        scores = self.bm25.get_scores(ids)
        best = np.argsort(-scores, kind="stable")[:k]
        found = [(self.passages[i], float(scores[i])) for i in best if scores[i] > 0]
        return [Hit(p.text, p.file, p.line, score) for p, score in found]

    def nearest(self, word: str) -> list[str]:
        """Words of the index that are spelled almost so."""
        near = [from_keys(keys) for keys in self._spellings.near(to_keys(word.lower()))]
        return [other for other in near if other != word]

    # ------------------------------------------------------------ the folder on disk

    def save(self, folder: Path) -> None:
        """Write the index; what stood there is replaced once all is written."""
        beside = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(beside, ignore_errors=True)
        make_folder(beside)
        self._write(beside)
        if folder.exists() and not (folder / "manifest.json").is_file() and any(folder.iterdir()):
            shutil.rmtree(beside)
            raise RunError("{path}: holds something that is no index. Choose another.", path=folder)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Raises RunError where the folder is no index, or a damaged one."""
        folder = Path(folder)
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
            if manifest["format"] != FORMAT:
                raise ValueError(f"format {manifest['format']}")
            settings = build(Search, manifest["settings"])
            bm25 = require("bm25s", "search").BM25.load(folder / "bm25", show_progress=False)
            return cls(settings, _parts(folder, manifest["files"]), bm25)
        except (OSError, ValueError, LookupError, TypeError, ConfigError) as error:
            raise RunError(
                "{path}: is no index of this jium ({error}). Build it again.",
                path=folder,
                error=error,
            ) from error

    @classmethod
    def _kept(cls, folder: Path, settings: Search) -> Self | None:
        """The index written before, where it fits what is asked for now."""
        if not (folder / "manifest.json").is_file():
            return None
        try:
            kept = cls.load(folder)
        except JiumError:  # it is written anew
            return None
        return kept if kept.settings == settings else None

    def _write(self, folder: Path) -> None:
        files = [
            {"name": name, "stamp": part.stamp, "n": len(part.passages), "problem": part.problem}
            for name, part in self.parts.items()
        ]
        manifest = {"format": FORMAT, "settings": to_values(self.settings), "files": files}
        lines = [json.dumps(passage, ensure_ascii=False) + "\n" for passage in self.passages]
        terms = [found for part in self.parts.values() for found in part.terms]
        ids = [self._ids[term] for found in terms for term in found]
        write_text(folder / "passages.jsonl", "".join(lines))
        write_text(folder / "terms.json", json.dumps(list(self._ids), ensure_ascii=False))
        ends = list(accumulate(map(len, terms)))
        np.savez(folder / "terms.npz", ids=np.array(ids, np.int32), ends=np.array(ends, np.int64))
        self.bm25.save(folder / "bm25", show_progress=False)
        write_text(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False) + "\n")

    # ------------------------------------------------------------ how it is done

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Terms to numbers, in the order in which they were first seen."""
        terms = (t for part in self.parts.values() for found in part.terms for t in found)
        return {term: number for number, term in enumerate(dict.fromkeys(terms))}

    @cached_property
    def _spellings(self) -> DeletionIndex:
        return DeletionIndex([to_keys(term) for term in self._ids if not term.startswith(PAIR)])

    def _counted(self) -> Any:
        bm25 = require("bm25s", "search").BM25(
            k1=self.settings.k1, b=self.settings.b, method="lucene"
        )
        ids = [
            [self._ids[t] for t in found] for part in self.parts.values() for found in part.terms
        ]
        bm25.index((ids, dict(self._ids)), show_progress=False)
        return bm25

    def _nothing_known(self, query: str, asked: Sequence[str]) -> DataError:
        words = list(dict.fromkeys(term for term in asked if not term.startswith(PAIR)))
        if not words:
            return DataError("{query!r}: has no word to search for.", query=query)
        near = [other for word in (*query.split(), *words) for other in self.nearest(word)]
        close = nearest(near[0], near) if near else nearest(words[0], list(self._ids)[:5000])
        return DataError(
            "none of these words stands in the texts: {words}.{near}",
            words=", ".join(words),
            near=close,
        )


def _read(path: Path, name: str, stamp: Stamp, settings: Search) -> Part:
    try:
        found = list(passages(path, name))
    except DataError as problem:
        return Part(stamp, [], [], str(problem))
    return Part(stamp, found, settings([passage.text for passage in found]))


def _parts(folder: Path, files: list[dict[str, Any]]) -> dict[str, Part]:
    with open(folder / "passages.jsonl", encoding="utf-8", newline="\n") as lines:
        found = [Passage(*json.loads(line)) for line in lines]
    names = json.loads((folder / "terms.json").read_text("utf-8"))
    with np.load(folder / "terms.npz", allow_pickle=False) as arrays:
        ids, ends = arrays["ids"].tolist(), arrays["ends"].tolist()
    starts = [0, *ends]
    terms = [[names[i] for i in ids[a:b]] for a, b in zip(starts, ends, strict=False)]
    parts, at = {}, 0
    for file in files:
        end = at + file["n"]
        stamp = Stamp(*file["stamp"])
        parts[file["name"]] = Part(stamp, found[at:end], terms[at:end], file["problem"])
        at = end
    return parts
