"""The starter dialogues: short chats in Korean and English that come with jium, written for it.

The folder `starter/dialogues` holds them by language and topic (`ko/food.txt`, ...); its README
tells how to write one, and `dialogue_patterns` reads them.

"valid" and "test" hold dialogues of the patterns of "train", whose questions with all that came
before them "train" lacks: they tell whether a model has learnt to combine, and say little about
other chats. "unseen" is harder: patterns of their own, some with words that nothing else has.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import get_args

from jium.data.dialogue_patterns import Dialogue, DialoguePattern, blocks, read_tables
from jium.data.starter import Split
from jium.errors import DataError

TOPICS = (
    *("greetings", "self", "feelings", "love", "family", "home", "food", "weather", "time"),
    *("school", "work", "hobbies", "travel", "health", "thanks", "unclear", "unknown"),
    *("safety", "corrections", "following", "memory", "system", "requests"),
)
LANGUAGES = ("ko", "en")
# so that a pattern with wide slots does not drown one with few wordings
MOST_PER_PATTERN, MOST_PER_UNSEEN_PATTERN = 40, 10
# a pattern that makes fewer is trained on whole: what is held out of it could not be learnt
FEWEST_TO_SPLIT = 8


def read(split: Split) -> Iterator[Dialogue]:
    """The dialogues of one split, always the same, in the same order."""
    if split not in get_args(Split):
        raise DataError(
            "The starter dialogues have no split {split!r}. They have: {splits}.",
            split=split,
            splits=", ".join(get_args(Split)),
        )
    return iter(_splits()[split])


@cache
def _splits() -> dict[str, list[Dialogue]]:
    splits: dict[str, list[Dialogue]] = {name: [] for name in get_args(Split)}
    found, whole = _all_dialogues()
    for dialogue in found:
        prompt = dialogue.prompt
        splits["train" if prompt in whole else _part(prompt)].append(dialogue)
    for pattern in unseen_patterns():
        splits["unseen"] += pattern.dialogues(MOST_PER_UNSEEN_PATTERN)
    return splits


def _all_dialogues() -> tuple[list[Dialogue], set[str]]:
    """All dialogues of the topics, and the prompts of patterns too small to be split."""
    found: dict[str, Dialogue] = {}  # by their text: several patterns may make the same dialogue
    whole = set()
    for pattern in patterns():
        made = list(pattern.dialogues(MOST_PER_PATTERN))
        for dialogue in made:
            found.setdefault(dialogue.text, dialogue)
        if len(made) < FEWEST_TO_SPLIT:
            whole |= {dialogue.prompt for dialogue in made}
    return list(found.values()), whole


def _part(prompt: str) -> str:
    """By all that stands before the last answer, so that two answers to it stay together."""
    share = sha256(prompt.encode()).digest()[0] / 256
    return "train" if share < 0.94 else "valid" if share < 0.97 else "test"


def patterns() -> Iterator[DialoguePattern]:
    """Every block of every topic, Korean first."""
    for language in LANGUAGES:
        tables = read_tables(_lines(language, "words"), language)
        for topic in TOPICS:
            for block in blocks(_lines(language, topic)):
                yield DialoguePattern(block, tables, topic, language)


def unseen_patterns() -> Iterator[DialoguePattern]:
    """The blocks that are never trained on; a line `[memory]` above them tells their topic."""
    for language in LANGUAGES:
        tables = read_tables(_lines(language, "words"), language)
        topic = ""
        for block in blocks(_lines(language, "unseen")):
            if block[0].startswith("["):
                topic = block.pop(0).strip("[]")
            if block:
                yield DialoguePattern(block, tables, topic, language)


def _lines(language: str, name: str) -> list[str]:
    """The lines of a file without comments."""
    folder = files("jium").joinpath("data", "starter", "dialogues", language)
    text = folder.joinpath(f"{name}.txt").read_text("utf-8")
    return [line.strip() for line in text.splitlines() if not line.startswith("#")]
