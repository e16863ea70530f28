"""From a recipe for a reader of passages to what a trainer needs: questions, tokenizer, model,
windows; and the margin below which a passage is said to hold no answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from jium.checkpoint.run import save_config
from jium.data.frames import Frame
from jium.data.pairs import Prepared
from jium.data.passages import Passage, Span, Windows, read_passages
from jium.data.questions import Question, QuestionData, prepare_questions, questions
from jium.data.text_batches import Reading, TextBatches, TextRows
from jium.errors import DataError
from jium.evaluation.answers import Answers, as_reference, best, metric_for
from jium.messages import say
from jium.models.heads import HeadConfig
from jium.tasks.answer import BATCH_TOKENS, Answerer
from jium.training.devices import autocast
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import check_valid, headed, tokenizer_of

SHOWN = 8  # questions with their answers in the log


@dataclass
class AnswerSetup:
    """What a trainer works with.

    measured: the questions of the valid split that figures are taken on as training goes on; all of
    them settle the threshold in the end.
    """

    task: Answerer
    kind: str
    prepared: Prepared
    train: TextBatches
    asked: list[Question] = field(repr=False)
    valid: list[Question] = field(repr=False)
    measured: list[Question] = field(repr=False)

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "{n} questions on {passages} passages to train on, {unanswerable} of them without an "
            "answer, in {windows} windows; {valid} to validate with; {dropped} rows dropped "
            "({path})",
            n=f"{len(self.asked):,}",
            passages=f"{len({one.context for one in self.asked}):,}",
            unanswerable=f"{sum(not one.answers for one in self.asked):,}",
            windows=f"{len(self.train.lengths):,}",
            valid=f"{len(self.valid):,}",
            dropped=f"{sum(self.prepared.dropped.values()):,}",
            path=self.prepared.folder / "dropped.jsonl",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        counts, dropped = self.prepared.counts, self.prepared.dropped
        return {
            "questions": ", ".join(f"{split} {n:,}" for split, n in counts.items()),
            "dropped": ", ".join(f"{why} {n:,}" for why, n in dropped.items()) or "none",
            "answers moved to where they stand": f"{sum(one.moved for one in self.asked):,}",
            "windows": f"{len(self.train.lengths):,}",
        }

    def figures(self, trainer: Trainer) -> dict[str, float]:
        """Mean loss of a window on the valid split; exact match and F1 of the answers, in percent,
        at the threshold that suits them.
        """
        rows, _ = encode(self.task, self.measured)
        total, count = 0.0, 0
        batches = TextBatches(rows.lengths, rows.batch, BATCH_TOKENS)
        with torch.inference_mode(), autocast(trainer.device, trainer.precision):
            for _, batch in batches.once():
                for loss in trainer.objective(self.task.model, batch.to(trainer.device)):
                    total, count = total + float(loss.total), count + loss.count
        self._tune(self.measured)
        scores = self._score(self.measured)
        return {"valid_loss": total / max(count, 1)} | {f"valid_{k}": v for k, v in scores.items()}

    def samples(self) -> list[tuple[str, str, str]]:
        """Some questions of the valid split, with the answer and the true ones."""
        shown = self.valid[:SHOWN]
        found = zip(shown, self._answers(shown), strict=True)
        return [(one.question, answer, " / ".join(one.answers)) for one, answer in found]

    def picture(self) -> None:
        """Nothing to see."""
        return None

    def finish(self, run: Path) -> None:
        """Settle the threshold by the weights that were kept, and write it into config.json."""
        self._tune(self.valid)
        save_config(run, self.kind, self.task.model.config, self.task.about())

    def _tune(self, asked: Sequence[Question]) -> None:
        if self.task.threshold is not None:
            self.task.threshold = tune_threshold(self.task, asked)

    def _answers(self, asked: Sequence[Question]) -> list[str]:
        found = self.task.answer([one.question for one in asked], [one.context for one in asked])
        return [one["answer"] for one in found]

    def _score(self, asked: Sequence[Question]) -> dict[str, float]:
        references = [as_reference(one.answers) for one in asked]
        chosen = metric_for(references)
        metric = Answers(rules=chosen.rules, unanswerable=chosen.unanswerable)
        return metric(self._answers(asked), references)


def set_up(recipe: Recipe, run: Path) -> AnswerSetup:
    """Prepare the data and train the tokenizer (or find both, when a run goes on), make the
    model.
    """
    prepared = _prepared(recipe.data, run / "last" / "data")
    asked, valid = (list(questions(prepared, split)) for split in ("train", "valid"))
    check_valid(valid, recipe.data.valid_share)
    tokenizer = tokenizer_of(recipe, run, lambda: _texts(asked))
    reads = "compare_span" if recipe.objective.pairs == "apart" else "span"
    head = HeadConfig(kind=reads, n_outputs=2, dropout=recipe.objective.dropout)
    unused = {"pooler": False} if hasattr(recipe.model, "pooler") else {}
    model = headed(recipe, run, tokenizer, head, **unused)
    windows = Windows(stride=recipe.data.stride, max_question=recipe.data.max_question)
    threshold = None if all(one.answers for one in asked) else 0.0
    task = Answerer(model, tokenizer, Frame.of(tokenizer), windows, threshold)
    rows, lost = encode(task, asked)
    if not len(rows):
        raise DataError(
            "none of the {n} questions to train on has an answer that the tokenizer can read.",
            n=lost,
        )
    batches = TextBatches(rows.lengths, rows.batch, recipe.train.batch_tokens, recipe.train.seed)
    kind = recipe.values["model"]["kind"]
    measured = valid[: recipe.train.metric_examples]
    return AnswerSetup(task, kind, prepared, batches, asked, valid, measured)


def encode(task: Answerer, asked: Sequence[Question]) -> tuple[TextRows, int]:
    """The windows of questions, with the place of the first true answer in each, and how many
    questions have an answer of which no token is left.
    """
    contexts = list(dict.fromkeys(one.context for one in asked))
    passages = dict(zip(contexts, read_passages(task.tokenizer, contexts), strict=True))
    ids = task.tokenizer.encode_batch([one.question for one in asked]) if asked else []
    readings: list[Reading] = []
    places: list[Span] = []
    lost = 0
    for one, question in zip(asked, ids, strict=True):
        answer = _answer_tokens(one, passages[one.context])
        if one.answers and answer is None:
            lost += 1
            continue
        for window in task.cut(question, passages[one.context]):
            readings.append((window.ids, window.segments))
            places.append(window.place(answer))
    return TextRows(readings, np.array(places, np.int64).reshape(-1, 2)), lost


def tune_threshold(task: Answerer, asked: Sequence[Question]) -> float:
    """The margin from which on an answer is given, such that the mean F1 of the questions is
    highest; 0 where none says more than another.
    """
    if not asked or all(one.answers for one in asked):
        return 0.0
    found = task.spans([one.question for one in asked], [one.context for one in asked])
    margins = np.array([one.spans[0].margin if one.spans else -np.inf for one in found])
    texts = [
        one.context[span.spans[0].start : span.spans[0].end] if span.spans else ""
        for one, span in zip(asked, found, strict=True)
    ]
    rules = metric_for([as_reference(one.answers) for one in asked]).rules
    pairs = zip(texts, asked, strict=True)
    given = np.array([best(text, one.answers, rules)[1] for text, one in pairs])
    silent = np.array([not one.answers for one in asked], np.float64)
    return best_threshold(margins, given, silent)


def best_threshold(
    margins: NDArray[np.float64], given: NDArray[np.float64], silent: NDArray[np.float64]
) -> float:
    """The threshold with the highest sum of scores: `given` of each question whose margin reaches
    it, `silent` of the others. Of several the one nearest to 0, halfway between two margins.
    """
    known = np.isfinite(margins)  # a passage without a span reaches none
    if not known.any():
        return 0.0
    order = np.argsort(margins[known])
    edges, given, silent = (values[known][order] for values in (margins, given, silent))
    cuts = np.concatenate(
        ([min(0.0, edges[0] - 1)], (edges[:-1] + edges[1:]) / 2, [max(0.0, edges[-1] + 1)])
    )
    below = np.concatenate(([0.0], np.cumsum(silent)))
    above = np.concatenate((np.cumsum(given[::-1])[::-1], [0.0]))
    totals = below + above
    totals[1:-1][edges[:-1] == edges[1:]] = -np.inf  # equal margins are not told apart
    ties = cuts[totals >= totals.max() - 1e-9]
    return float(ties[np.abs(ties).argmin()])


def _answer_tokens(asked: Question, passage: Passage) -> Span | None:
    if not asked.answers:
        return None
    start = asked.starts[0]
    return passage.tokens(start, start + len(asked.answers[0]))


def _texts(asked: Sequence[Question]) -> Iterator[str]:
    """What a tokenizer learns from: each passage once, and the questions."""
    yield from dict.fromkeys(one.context for one in asked)
    yield from (one.question for one in asked)


def _prepared(data: QuestionData, folder: Path) -> Prepared:
    if (folder / "report.json").is_file():
        return Prepared.load(folder)
    return prepare_questions(data, folder)
