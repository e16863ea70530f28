"""Benchmarks as tables: which tasks a suite has, in which files they lie, and what counts.

GLUE (Wang et al., 2018, https://arxiv.org/abs/1804.07461) and KLUE (Park et al., 2021,
https://arxiv.org/abs/2105.09680). What test sets hide, nobody can measure at home: the dev part
counts here, and published figures, which are of the test part, stand beside it for orientation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jium.config import nearest
from jium.errors import ConfigError

Kind = Literal["label", "score", "entities", "answers"]  # what a model says of a text
Column = tuple[str, str]  # a task, and one of its metrics

_VERSION = re.compile(r"[-_ ]?v\d+(\.\d+)*$")
_NUMBER = re.compile(r"(?:label_)?(\d+)(?:\.0)?", re.IGNORECASE)


@dataclass(frozen=True)
class SuiteTask:
    """One task of a suite.

    names: what its run, its folder or its files are called, but for capitals, hyphens and versions.
    metrics: in the order in which they are published. labels: classes by the number that the data
    set of Hugging Face gives them; of entities, their labels, in the order of their tags there.
    text, second, target: columns, by the names they have in one layout or another. by_number: text
    and target in a .tsv without a header line. positive: the class whose F1 is "f1". shared: names
    of a task that this is one part of; its files there have `part` after their split, as in
    `mnli/dev_matched.tsv`.
    """

    name: str
    kind: Kind
    names: tuple[str, ...]
    metrics: tuple[str, ...] = ("accuracy",)
    labels: tuple[str, ...] = ()
    text: tuple[str, ...] = ("sentence1",)
    second: tuple[str, ...] = ()
    target: tuple[str, ...] = ("label",)
    by_number: tuple[int, int] | None = None
    positive: str = ""
    shared: tuple[str, ...] = ()
    part: str = ""

    @property
    def run(self) -> str:
        """What its run is called."""
        return (self.shared or self.names)[0]

    def is_called(self, name: str) -> bool:
        """Whether a folder of this name belongs to the task, or to that which it is a part of."""
        return plain(name) in map(plain, (*self.names, *self.shared))

    def is_alone(self, name: str) -> bool:
        """Whether a folder of this name belongs to this task and no other."""
        return plain(name) in map(plain, self.names)

    def class_of(self, label: str) -> str | None:
        """The class that a file or a model calls so, by name or by number; None for none."""
        if found := _NUMBER.fullmatch(label.strip()):
            number = int(found[1])
            return self.labels[number] if number < len(self.labels) else None
        return next((name for name in self.labels if plain(name) == plain(label)), None)


@dataclass(frozen=True)
class Suite:
    """Tasks that are measured together.

    columns: the figures that are published, in that order; the first of each task counts in the
    mean. left_out: tasks of the suite that jium cannot do.
    """

    name: str
    tasks: tuple[SuiteTask, ...]
    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Column, ...]:
        """The columns that the mean is taken over, one of each task."""
        first = {task: (task, metric) for task, metric in reversed(self.columns)}
        return tuple(column for column in self.columns if column in first.values())

    @property
    def runs(self) -> list[str]:
        """What the runs of its tasks are called."""
        return list(dict.fromkeys(task.run for task in self.tasks))

    def find(self, name: str) -> list[SuiteTask]:
        """The tasks that a run of this name serves: MNLI stands for both of its parts."""
        return [task for task in self.tasks if task.is_called(name)]


def plain(name: str) -> str:
    """`kluener` of `KLUE-NER-v1.1`, `notentailment` of `not_entailment`."""
    return re.sub(r"[\W_]+", "", _VERSION.sub("", name.strip().lower()))


def find_suite(name: str) -> Suite:
    """The suite of this name. Raises ConfigError with the nearest name and all names."""
    if name not in SUITES:
        raise ConfigError(
            'no {what} "{kind}".{near} Known: {known}.',
            key="suite",
            what="suite",
            kind=name,
            near=nearest(name, SUITES),
            known=", ".join(SUITES),
        )
    return SUITES[name]


# ---------------------------------------------------------------- averages


def average(figures: Mapping[Column, float], columns: Sequence[Column]) -> float:
    """The mean over those of the columns that are there."""
    found = [figures[column] for column in columns if column in figures]
    return sum(found) / len(found) if found else float("nan")


def merged_average(figures: Mapping[Column, float], columns: Sequence[Column]) -> float:
    """The mean where the two parts of MNLI are one task: they are averaged first."""
    parts = [column for column in columns if column[0] in MNLI and column in figures]
    if not parts:
        return average(figures, columns)
    rest = {column: value for column, value in figures.items() if column not in parts}
    return average(rest | {parts[0]: average(figures, parts)}, columns)


# ---------------------------------------------------------------- GLUE

MNLI = ("MNLI-m", "MNLI-mm")
_NLI = ("entailment", "neutral", "contradiction")
_ENTAILED = ("entailment", "not_entailment")
_PREMISE, _HYPOTHESIS = ("sentence1", "premise"), ("sentence2", "hypothesis")


def _called(*names: str) -> tuple[str, ...]:
    """Also as among data sets of several languages: `en-sst2`."""
    return (*names, *(f"en-{name}" for name in names))


def _mnli(name: str, part: str) -> SuiteTask:
    return SuiteTask(
        name, "label", _called(name, f"mnli-{part}"), ("accuracy",), _NLI, _PREMISE, _HYPOTHESIS,
        ("gold_label", "label"), shared=_called("mnli"), part=part,
    )  # fmt: skip


# fmt: off
GLUE = Suite(
    "glue",
    (
        _mnli("MNLI-m", "matched"),
        _mnli("MNLI-mm", "mismatched"),
        SuiteTask(
            "QQP", "label", _called("qqp"), ("f1", "accuracy"), ("not_duplicate", "duplicate"),
            ("question1",), ("question2",), ("is_duplicate", "label"), positive="duplicate",
        ),
        SuiteTask("QNLI", "label", _called("qnli"), ("accuracy",), _ENTAILED, ("question",),
                  ("sentence",)),
        SuiteTask("SST-2", "label", _called("sst-2", "sst"), ("accuracy",),
                  ("negative", "positive"), ("sentence", "text")),
        SuiteTask("CoLA", "label", _called("cola"), ("mcc",), ("unacceptable", "acceptable"),
                  ("sentence", "text"), by_number=(3, 1)),
        SuiteTask("STS-B", "score", _called("sts-b", "sts-benchmark"), ("pearson", "spearman"), (),
                  ("sentence1",), ("sentence2",), ("score", "label")),
        SuiteTask(
            "MRPC", "label", _called("mrpc"), ("f1", "accuracy"), ("not_equivalent", "equivalent"),
            ("#1 String", "sentence1"), ("#2 String", "sentence2"), ("Quality", "label"),
            positive="equivalent",
        ),
        SuiteTask("RTE", "label", _called("rte"), ("accuracy",), _ENTAILED, _PREMISE, _HYPOTHESIS),
        SuiteTask("WNLI", "label", _called("wnli"), ("accuracy",), _ENTAILED[::-1], _PREMISE,
                  _HYPOTHESIS),
    ),
    columns=(  # as in table 1 of BERT's paper; WNLI is left out of all published averages
        ("MNLI-m", "accuracy"), ("MNLI-mm", "accuracy"), ("QQP", "f1"), ("QNLI", "accuracy"),
        ("SST-2", "accuracy"), ("CoLA", "mcc"), ("STS-B", "spearman"), ("MRPC", "f1"),
        ("RTE", "accuracy"),
    ),
    left_out=("AX",),
)

# ---------------------------------------------------------------- KLUE

KLUE = Suite(
    "klue",
    (
        SuiteTask(
            "KLUE-TC", "label", ("klue-tc", "ynat", "tc", "klue-ynat"), ("macro_f1",),
            ("IT과학", "경제", "사회", "생활문화", "세계", "스포츠", "정치"), ("title", "text"),
        ),
        SuiteTask("KLUE-STS", "score", ("klue-sts", "sts"), ("pearson", "f1"), (),
                  ("sentence1",), ("sentence2",), ("labels.real-label", "score")),
        SuiteTask("KLUE-NLI", "label", ("klue-nli", "nli"), ("accuracy",), _NLI, ("premise",),
                  ("hypothesis",), ("gold_label", "label")),
        SuiteTask("KLUE-NER", "entities", ("klue-ner", "ner"), ("entity_f1", "character_f1"),
                  ("DT", "LC", "OG", "PS", "QT", "TI")),
        SuiteTask("KLUE-MRC", "answers", ("klue-mrc", "mrc"), ("em", "rouge_w")),
    ),
    columns=(
        ("KLUE-TC", "macro_f1"), ("KLUE-STS", "pearson"), ("KLUE-STS", "f1"),
        ("KLUE-NLI", "accuracy"), ("KLUE-NER", "entity_f1"), ("KLUE-NER", "character_f1"),
        ("KLUE-MRC", "em"), ("KLUE-MRC", "rouge_w"),
    ),
    left_out=("KLUE-RE", "KLUE-DP", "WoS"),
)
# fmt: on

SUITES = {suite.name: suite for suite in (GLUE, KLUE)}
