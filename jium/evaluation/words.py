"""How good word vectors are: against people's judgement of likeness, and at analogies."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jium.data.sources import read_rows
from jium.errors import ConfigError, DataError
from jium.evaluation.bootstrap import Interval
from jium.evaluation.correlation import spearman
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.tasks.words import WordVectors, unit_rows

AT_ONCE = 256  # analogies answered at a time
COLUMNS = {  # of a file of pairs, and of a file of analogies
    "pairs": (("word1", "word2", "score"), ("a", "b", "score"), ("word_1", "word_2", "similarity")),
    "analogies": (("a", "b", "c", "d"),),
}


class Pair(NamedTuple):
    """Two words, and how alike people find them."""

    word1: str
    word2: str
    score: float


class Analogy(NamedTuple):
    """a is to b as c is to d; tag: what kind of question it is."""

    a: str
    b: str
    c: str
    d: str
    tag: str = ""


def evaluate_run(
    task: WordVectors,
    data: str | Sequence[Pair] | Sequence[Analogy] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    samples: int = 1000,
) -> dict[str, Any]:
    """Measure word vectors on a file (or list) of word pairs with scores, or of analogies.

    Columns of a file: word1, word2, score; or a, b, c, d, and perhaps category.
    Returns {"scores": [Score, ...], "by_tag": {...}}.
    """
    if isinstance(data, str) and data in ("train", "valid", "test"):
        raise ConfigError(
            "word vectors have no split to be measured on. Give a file with the columns word1, "
            "word2 and score, or a, b, c and d: --data FILE",
            key="data",
        )
    examples = read_examples(Path(data)) if isinstance(data, str) else list(data)
    if not examples:
        raise DataError("There is nothing to measure. Give a pair of words at least.")
    if isinstance(examples[0], Pair):
        found, answers = similarity(task, [x for x in examples if isinstance(x, Pair)], samples)
    else:
        found, answers = analogies(task, [x for x in examples if isinstance(x, Analogy)], samples)
    if out is not None:
        about = {"data": data if isinstance(data, str) else "given", "by_tag": found["by_tag"]}
        write_report(out, found["scores"], answers, settings=about)
    return found


def similarity(
    task: WordVectors, pairs: Sequence[Pair], samples: int = 1000
) -> tuple[dict[str, Any], list[Example]]:
    """Spearman's correlation (times 100) of cosines with people's scores, over the pairs of which
    both words have a vector; and the share, in percent, of those that lack one.
    """
    known = [pair for pair in pairs if _has(task, pair.word1) and _has(task, pair.word2)]
    _check(len(known), pairs[0].word1)
    first, second = (unit_rows(task.embed([pair[i] for pair in known])) for i in (0, 1))  # type: ignore[misc]
    cosines = (first * second).sum(1)
    wanted = np.array([pair.score for pair in known])

    def measure(rows: NDArray) -> float:
        return 100 * spearman(cosines[rows], wanted[rows])

    scores = [
        _score("spearman", "x100, pairs with vectors", measure, len(known), samples),
        _unknown_share(len(pairs), len(known)),
    ]
    answers = [
        Example(f"{pair.word1} {pair.word2}", f"{cosine:.4f}", f"{pair.score:g}")
        for pair, cosine in zip(known, cosines, strict=True)
    ]
    return {"scores": scores, "by_tag": {}}, answers


def analogies(
    task: WordVectors, questions: Sequence[Analogy], samples: int = 1000
) -> tuple[dict[str, Any], list[Example]]:
    """The share of analogies answered rightly, in percent: of those whose words all have a vector
    (the answer's in the vocabulary), and of all.
    """
    known = [q for q in questions if all(_has(task, word) for word in q[:3]) and task.known(q.d)]
    _check(len(known), questions[0].a)
    answers = _answers(task, known)
    right = np.array([answer == task.known(q.d) for answer, q in zip(answers, known, strict=True)])
    scores = [
        _score(
            "accuracy",
            "percent of those with vectors",
            lambda rows: 100 * float(right[rows].mean()),
            len(known),
            samples,
        ),
        Score("accuracy_of_all", 100 * float(right.sum()) / len(questions), "percent"),
        _unknown_share(len(questions), len(known)),
    ]
    examples = [
        Example(f"{q.a} {q.b} {q.c}", answer, q.d, 100.0 * bool(hit))
        for q, answer, hit in zip(known, answers, right, strict=True)
    ]
    return {"scores": scores, "by_tag": _by_tag(questions, known, right)}, examples


def read_examples(path: Path) -> list[Pair] | list[Analogy]:
    """Pairs or analogies of a file, told apart by its columns. Raises DataError for others."""
    rows = list(read_rows(path))
    present = list(rows[0].values) if rows else []
    for kind, choices in COLUMNS.items():
        for names in choices:
            if set(names) <= set(present):
                return _read(path, rows, names, kind)
    raise DataError(
        "{path}: has the columns {columns}. Word pairs need word1, word2 and score; analogies a, "
        "b, c and d.",
        path=path,
        columns=", ".join(present) or "-",
    )


def _read(
    path: Path, rows: Sequence[Any], names: Sequence[str], kind: str
) -> list[Pair] | list[Analogy]:
    if kind == "analogies":
        tags = [str(row.values.get("category", "")) for row in rows]
        columns = ([str(row.values[name]) for row in rows] for name in names)
        return [Analogy(*words) for words in zip(*columns, tags, strict=True)]
    pairs = []
    for row in rows:
        one, two, score = (row.values[name] for name in names)
        try:
            pairs.append(Pair(str(one), str(two), float(score)))
        except (TypeError, ValueError):
            raise DataError(
                "{path}: line {line}: the score {value!r} is not a number.",
                path=path,
                line=row.line,
                value=score,
            ) from None
    return pairs


def _answers(task: WordVectors, questions: Sequence[Analogy]) -> list[str]:
    """As `WordVectors.analogy` answers, many at a time."""
    words, ids = task.vocabulary.words, task.vocabulary.ids
    found: list[str] = []
    for start in range(0, len(questions), AT_ONCE):
        part = questions[start : start + AT_ONCE]
        a, b, c = (unit_rows(task.embed([q[i] for q in part])) for i in range(3))
        cosines = (b - a + c) @ task.unit_vectors.T
        for row, question in zip(cosines, part, strict=True):
            row[[ids[w] for word in question[:3] if (w := task.known(word))]] = -np.inf
        found += [words[best] for best in cosines.argmax(1)]
    return found


def _has(task: WordVectors, word: str) -> bool:
    """Whether a word has a vector: its own, or one by its pieces."""
    if task.known(word):
        return True
    try:
        task.embed(word)
    except DataError:
        return False
    return True


def _check(n_known: int, word: str) -> None:
    if not n_known:
        raise DataError(
            "not one question has vectors for all its words ({word!r}, for one, has none).",
            word=word,
        )


def _score(
    name: str, signature: str, measure: Callable[[NDArray], float], n: int, samples: int
) -> Score:
    """A figure over `n` questions, with the interval of resampled sets of them."""
    rng = np.random.default_rng(0)
    drawn = np.array([measure(rng.integers(0, n, n)) for _ in range(samples)])
    drawn = drawn[np.isfinite(drawn)]
    interval = None
    if len(drawn):
        low, high = np.quantile(drawn, (0.025, 0.975))
        interval = Interval(float(drawn.mean()), float(low), float(high), samples=samples)
    return Score(name, measure(np.arange(n)), signature, interval=interval)


def _unknown_share(n_all: int, n_known: int) -> Score:
    share = 100 * (n_all - n_known) / n_all
    return Score("out_of_vocabulary", share, f"percent of {n_all}", lower_is_better=True)


def _by_tag(
    questions: Sequence[Analogy], known: Sequence[Analogy], right: NDArray
) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for tag in dict.fromkeys(q.tag for q in questions if q.tag):
        hits = [hit for q, hit in zip(known, right.tolist(), strict=True) if q.tag == tag]
        n_all = sum(q.tag == tag for q in questions)
        if hits:
            table[tag]["accuracy"] = round(100 * sum(hits) / len(hits), 2)
        table[tag]["out_of_vocabulary"] = round(100 * (n_all - len(hits)) / n_all, 2)
    return dict(table)
