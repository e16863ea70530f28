"""Few-shot prompts: examples of what is wanted before the text at hand (Brown et al., 2020,
https://arxiv.org/abs/2005.14165).

Examples come from a file; which, how many and in what order are settings. They fit into the window
of the model: one that does not is left out whole, and how many went in is said.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

from jium.config import build, config, nearest
from jium.data.columns import guess
from jium.data.sources import read_rows
from jium.errors import ConfigError, DataError
from jium.ranges import at_least
from jium.text.chat_template import Message

INPUTS = (
    "input",
    "source",
    "question",
    "text",
    "document",
    "prompt",
    "instruction",
    "입력",
    "질문",
)
OUTPUTS = (
    *("output", "target", "answer", "label", "completion", "response", "summary", "sql"),
    *("출력", "답", "답변"),
)
GRAM = 2  # characters that two texts share where they are alike
NEW = 256  # tokens that a model writes where nobody says how many


class Shot(NamedTuple):
    """One example: what is given, and what is wanted for it."""

    input: str
    output: str


@config
class FewShot:
    """How examples stand before a text.

    order: the first of the file, as they stand there; drawn at random; or those most similar to the
    text (by pairs of characters they share), the most similar last, where it tells most. balance:
    the outputs are labels, and each comes equally often, as far as there are enough.
    """

    k: int = 4
    order: Literal["given", "random", "similar"] = "given"
    balance: bool = False
    seed: int = 0  # of the random order
    instruction: str = ""  # before the examples; for a chat, the system message
    input_mark: str = "Input: "
    output_mark: str = "Output: "
    separator: str = "\n\n"

    def __post_init__(self) -> None:
        at_least(0, k=self.k)
        if not self.output_mark.strip() or not self.separator:
            key = "separator" if self.output_mark.strip() else "output_mark"
            raise ConfigError("must not be empty: it says where an example ends.", key=key)


@dataclass
class Prompt:
    """What a model reads, as text or as messages, and how many examples are in it.

    wanted: how many were to be. stops: strings at which an answer in this form is over.
    """

    text: str
    messages: list[Message]
    used: int
    wanted: int
    stops: list[str] = field(default_factory=list)


def read_examples(
    path: str | Path, input: str | None = None, output: str | None = None
) -> list[Shot]:
    """The examples of a file of rows (JSONL, TSV, CSV, Parquet).

    input, output: columns by name; None for usual names, or the two that there are. Raises
    DataError where a column is absent or in doubt, a cell is empty, or there is no row.
    """
    shots: list[Shot] = []
    columns: tuple[str, str] | None = None
    for row in read_rows(path):
        columns = columns or _columns(Path(path), list(row.values), input, output)
        cells = [row.values.get(column) for column in columns]
        given, wanted = ("" if cell is None else str(cell) for cell in cells)
        if not given.strip() or not wanted.strip():
            raise DataError(
                "{path}: line {line}: an example without {column}. Fill it in, or leave it out.",
                path=row.file,
                line=row.line,
                column=columns[0] if not given.strip() else columns[1],
            )
        shots.append(Shot(given, wanted))
    return shots


def _columns(
    path: Path, present: list[str], input: str | None, output: str | None
) -> tuple[str, str]:
    for column in (input, output):
        if column is not None and column not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}.",
                path=path,
                column=column,
                near=nearest(column, present),
                columns=", ".join(present),
            )
    wanted = output or _one([c for c in guess(present, OUTPUTS) if c != input])
    given = input or _one([c for c in guess(present, INPUTS) if c != wanted])
    if len(present) == 2:  # one of them is the other side
        given = given or (wanted and next(c for c in present if c != wanted))
        wanted = wanted or (given and next(c for c in present if c != given))
    if not given or not wanted or given == wanted:
        raise DataError(
            "{path}: which column is given, and which is wanted? It has: {columns}. Name them "
            "input and output.",
            path=path,
            columns=", ".join(present),
        )
    return given, wanted


def _one(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


# ---------------------------------------------------------------- which, and in what order


def choose(shots: Sequence[Shot], text: str, settings: FewShot, k: int | None = None) -> list[Shot]:
    """The `k` examples for a text, in the order in which they stand before it."""
    ranked = _wanted(shots, text, settings)
    return [shots[i] for i in _in_order(ranked[: settings.k if k is None else k], settings)]


def _wanted(shots: Sequence[Shot], text: str, settings: FewShot) -> list[int]:
    """Numbers of the examples, the one that is wanted most first, labels in turn if they are to."""
    ranked = _ranked(shots, text, settings)
    return _in_turn(ranked, shots) if settings.balance else ranked


def _in_order(chosen: list[int], settings: FewShot) -> list[int]:
    """Numbers of examples as they stand before a text."""
    if settings.order == "given":
        return sorted(chosen)
    return chosen[::-1] if settings.order == "similar" else chosen


def _ranked(shots: Sequence[Shot], text: str, settings: FewShot) -> list[int]:
    """Numbers of the examples, the one that is wanted most first."""
    numbers = list(range(len(shots)))
    if settings.order == "random":
        Random(settings.seed).shuffle(numbers)
    elif settings.order == "similar":
        numbers.sort(key=lambda i: -similarity(shots[i].input, text))
    return numbers


def _in_turn(ranked: list[int], shots: Sequence[Shot]) -> list[int]:
    """One of each label, then another of each, and so on."""
    seen: defaultdict[str, count] = defaultdict(count)
    rounds = {i: next(seen[shots[i].output]) for i in ranked}
    return sorted(ranked, key=rounds.__getitem__)


def similarity(one: str, other: str) -> float:
    """The share of pairs of characters that two texts have in common (Dice), 0 to 1."""
    first, second = _grams(one), _grams(other)
    n = first.total() + second.total()
    return 2 * (first & second).total() / n if n else float(one == other)


def _grams(text: str) -> Counter[str]:
    folded = " ".join(text.lower().split())
    return Counter(folded[i : i + GRAM] for i in range(len(folded) - GRAM + 1))


# ---------------------------------------------------------------- the prompt


def prompt(
    shots: Sequence[Shot],
    text: str,
    settings: FewShot | None = None,
    fits: Callable[[Prompt], bool] | None = None,
) -> Prompt:
    """The prompt for a text with as many of the examples wanted as fit.

    fits: whether a prompt may be as long as this one; None: any may. Of examples that do not fit
    the one wanted least is left out first; where the text alone does not, none is in it.
    """
    settings = settings or FewShot()
    wanted = min(settings.k, len(shots))
    ranked = _wanted(shots, text, settings)

    def made(k: int) -> Prompt:
        chosen = [shots[i] for i in _in_order(ranked[:k], settings)]
        return _written(chosen, text, settings, wanted)

    whole = made(wanted)
    if fits is None or fits(whole):
        return whole
    # fewer examples are shorter: how many fit is found by halving
    return made(bisect_left(range(1, wanted), True, key=lambda k: not fits(made(k))))


def _written(shots: list[Shot], text: str, settings: FewShot, wanted: int) -> Prompt:
    given, asked, apart = settings.input_mark, settings.output_mark, settings.separator
    parts = [settings.instruction] if settings.instruction else []
    parts += [f"{given}{shot.input}\n{asked}{shot.output}" for shot in shots]
    parts.append(f"{given}{text}\n{asked}".rstrip())  # the space comes with the next word
    messages = [{"role": "system", "content": settings.instruction}] if settings.instruction else []
    for shot in shots:
        messages.append({"role": "user", "content": shot.input})
        messages.append({"role": "assistant", "content": shot.output})
    messages.append({"role": "user", "content": text})
    stops = [apart] if all(apart not in shot.output for shot in shots) else [apart + given]
    return Prompt(apart.join(parts), messages, len(shots), wanted, stops)


# ---------------------------------------------------------------- for a task


def prompts_for(
    task: Any,
    texts: Sequence[str],
    examples: str | Path | Sequence[Shot],
    max_tokens: int | None = None,
    **options: Any,
) -> list[Prompt]:
    """A prompt for each text that leaves room for an answer in the window of a task.

    task: a Writer or Chatter, or a model elsewhere, whose window is not known. examples: a file, or
    examples. max_tokens: of an answer. options: of `FewShot`.
    """
    shots = (
        read_examples(examples)
        if isinstance(examples, str | Path)
        else [Shot(*shot) for shot in examples]
    )
    settings = build(FewShot, {key: value for key, value in options.items() if value is not None})
    fits = _window(task, max_tokens or NEW)
    return [prompt(shots, text, settings, fits) for text in texts]


def _window(task: Any, max_tokens: int) -> Callable[[Prompt], bool] | None:
    """Whether a prompt leaves room for an answer, which takes a quarter of the window at most."""
    max_len = getattr(getattr(getattr(task, "model", None), "config", None), "max_len", None)
    if max_len is None:
        return None
    room = max_len - min(max_tokens, max_len // 4)
    if hasattr(task, "template"):
        return lambda made: len(task.template.ids(made.messages, reply=True)) <= room
    before = len(task.before)
    return lambda made: before + len(task.tokenizer.encode(made.text)) <= room


def generate_from(
    task: Any,
    texts: Sequence[str],
    examples: str | Path | Sequence[Shot],
    shots: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[list[str], int]:
    """What a task writes for each text after seeing examples, and how many of them each saw at
    least.

    shots: options of `FewShot`; options: of `generate`. A model that chats is shown the examples as
    turns of a chat, any other one text.
    """
    asked = prompts_for(task, texts, examples, options.get("max_tokens"), **(shots or {}))
    seen = min((one.used for one in asked), default=0)
    if hasattr(task, "chat"):
        return [task.chat(one.messages, **options) for one in asked], seen
    given = options.pop("stop", None) or []
    if isinstance(given, str):
        raise ConfigError("must be a list; got {value!r}.", key="stop", value=given)
    stops = dict.fromkeys([*given, *(s for p in asked for s in p.stops)])
    found = task.generate([one.text for one in asked], stop=list(stops), **options)
    return [text.strip() for text in found], seen
