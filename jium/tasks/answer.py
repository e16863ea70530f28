"""Questions answered with what a passage says: the words and the place where they stand.

A passage of any length is read in overlapping windows. In each a span of tokens is scored by how
far its logits, of beginning and of ending an answer, exceed those of the window's first token,
which stands for "not here". These margins are comparable across windows: what a window adds to all
of its logits alike cancels out. A span that several windows see keeps its best margin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from jium.checkpoint.run import load_model, read_config, understood
from jium.config import build, to_values
from jium.data.frames import Frame
from jium.data.passages import Passage, Window, Windows, cut, read_passages
from jium.data.text_batches import TextRows, by_length
from jium.errors import DataError
from jium.models.heads import Headed
from jium.ranges import at_least
from jium.tasks.export import export
from jium.text.composed import Composed
from jium.text.tokenizer import Tokenizer

BATCH_TOKENS = 8192  # read at a time
GROUP_TOKENS = 2**16  # of passages whose spans are held in memory at a time
MAX_ANSWER_TOKENS = 30


class Candidate(NamedTuple):
    """A span of a passage, in characters, and its margin."""

    margin: float
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """The best spans of one passage, best first. total: log of the sum of exp(margin) over all of
    its spans, as many as there are.
    """

    spans: list[Candidate]
    total: float


@dataclass
class Answerer:
    """A reader of passages, its tokenizer, and the special tokens around what it reads.

    model: a Headed with a span head. threshold: the margin below which a passage is said to hold no
    answer; None where every question is answered.
    """

    model: Headed
    tokenizer: Tokenizer
    frame: Frame
    windows: Windows
    threshold: float | None = None

    @classmethod
    def load(cls, run: Path) -> Self:
        """The reader in a run folder."""
        about = read_config(run)["jium"]
        model = load_model(run)
        with understood(run / "config.json"):
            if not isinstance(model, Headed):
                raise ValueError("no head")
            windows = build(Windows, about["windows"])
            threshold = about["threshold"]
            threshold = None if threshold is None else float(threshold)
        tokenizer = Tokenizer.load(run)
        return cls(model, tokenizer, Frame.of(tokenizer), windows, threshold)

    def export(self, out: str | Path, to: str = "transformers") -> None:
        """Write a folder that transformers loads, but for the threshold, for which it has no word.
        Raises RunError for a model or tokenizer that others do not know.
        """
        export(out, to, self.model, self.tokenizer, self.frame)

    def about(self) -> dict[str, Any]:
        """What config.json must say for `load` to work."""
        return {
            "task": "answer",
            "head": to_values(self.model.head_config),
            "windows": {name: getattr(self.windows, name) for name in ("stride", "max_question")},
            "threshold": self.threshold,
        }

    # ------------------------------------------------------------ what a person asks for

    def answer(
        self,
        question: str | Sequence[str],
        context: str | Sequence[str],
        n_best: int = 1,
        max_answer_tokens: int = MAX_ANSWER_TOKENS,
    ) -> Any:
        """What a passage answers to a question: {"answer", "score", "start", "end", "n_best"}.

        Of a list of questions, or of passages, a list; where one of both is a single text, it goes
        with every other. "" is the answer where the passage holds none; start and end, characters
        of the passage as given, are then None. score: the answer's share of one softmax over all
        spans of all windows, and over no answer where the model knows such questions. n_best: the
        likeliest answers, the same fields each.

        Raises DataError for an empty question or passage, and for lists of different lengths.
        """
        at_least(1, n_best=n_best, max_answer_tokens=max_answer_tokens)
        questions, contexts = _together(question, context)
        found = self.spans(questions, contexts, n_best, max_answer_tokens)
        answers = [self._answer(*pair, n_best) for pair in zip(contexts, found, strict=True)]
        single = isinstance(question, str) and isinstance(context, str)
        return answers[0] if single else answers

    def spans(
        self,
        questions: Sequence[str],
        contexts: Sequence[str],
        n_best: int = 1,
        max_answer_tokens: int = MAX_ANSWER_TOKENS,
    ) -> list[Found]:
        """The best spans of each passage for its question, whatever the threshold; characters are
        those of the passage as given.
        """
        _check(questions, contexts)
        composed = {context: Composed.of(context) for context in contexts}
        texts = [one.text for one in composed.values()]
        passages = dict(zip(composed, read_passages(self.tokenizer, texts), strict=True))
        asked = [Composed.of(question).text for question in questions]
        ids = self.tokenizer.encode_batch(asked) if asked else []
        found = []
        for group in _groups([len(passages[context]) for context in contexts]):
            chosen = [(ids[i], passages[contexts[i]]) for i in group]
            tables = self._tables(chosen, max_answer_tokens)
            for i, table in zip(group, tables, strict=True):
                context = contexts[i]
                found.append(_best(table, passages[context], composed[context], n_best))
        return found

    # ------------------------------------------------------------ how it is done

    @property
    def max_len(self) -> int:
        """Tokens that the model takes, special ones included."""
        return self.model.config.max_len

    def cut(self, question: Sequence[int], passage: Passage) -> list[Window]:
        """The windows over a passage, as the model reads them."""
        return cut(question, passage, self.frame, self.windows, self.max_len)

    def _answer(self, context: str, found: Found, n_best: int) -> dict[str, Any]:
        none = -np.inf if self.threshold is None else self.threshold
        total = np.logaddexp(found.total, none)
        listed = [
            _listed(context[span.start : span.end], span.margin - total, span.start, span.end)
            for span in found.spans
        ]
        if self.threshold is not None or not listed:
            better = sum(span.margin >= none for span in found.spans)
            listed.insert(better, _listed("", none - total if np.isfinite(none) else none))
        return {**listed[0], "n_best": listed[:n_best]}

    @torch.inference_mode()
    def _tables(
        self, asked: Sequence[tuple[Sequence[int], Passage]], longest: int
    ) -> list[NDArray[np.float32]]:
        """The margin of each span: a table a passage, (tokens, longest), the first token by how
        many follow it; -inf for a span that reaches beyond the passage.
        """
        tables = [np.full((len(p), longest), -np.inf, np.float32) for _, p in asked]
        windows = [(n, w) for n, one in enumerate(asked) for w in self.cut(*one) if w.n]
        rows = TextRows([(window.ids, window.segments) for _, window in windows])
        training = self.model.training
        self.model.eval()
        for items in by_length(rows.lengths, BATCH_TOKENS):
            scores = self._scores(rows, items)
            ends = np.cumsum(rows.lengths[items])[:-1]
            for item, part in zip(items, np.split(scores, ends), strict=True):
                number, window = windows[item]
                table = tables[number][window.first : window.first + window.n]
                np.maximum(table, _margins(part, window, longest), out=table)
        self.model.train(training)
        return tables

    def _scores(self, rows: TextRows, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """(tokens, 2): how well each token begins an answer, and ends one."""
        batch = rows.batch(items).to(next(self.model.parameters()).device)
        return self.model(batch.tokens, batch.layout, batch.segments).float().cpu().numpy()


def _listed(
    answer: str, log_share: float, start: int | None = None, end: int | None = None
) -> dict[str, Any]:
    return {"answer": answer, "score": float(np.exp(log_share)), "start": start, "end": end}


def _margins(scores: NDArray[np.float32], window: Window, longest: int) -> NDArray[np.float32]:
    """(n, longest), the margins of the spans of one window, from (time, 2)."""
    starts, ends = scores[window.offset : window.offset + window.n].T
    beyond = np.full(longest - 1, -np.inf, np.float32)
    spans = starts[:, None] + sliding_window_view(np.concatenate((ends, beyond)), longest)
    return spans - scores[0].sum()


def _best(table: NDArray[np.float32], passage: Passage, given: Composed, n_best: int) -> Found:
    """The best spans of a table, each text once."""
    flat = table.ravel()
    if not len(flat):  # nothing that the tokenizer knows of
        return Found([], -np.inf)
    enough = min(len(flat), 100 + 20 * n_best)  # spans of other tokens may be the same text
    order = np.argpartition(-flat, enough - 1)[:enough]
    order = order[np.lexsort((order, -flat[order]))]
    spans: dict[tuple[int, int], Candidate] = {}
    for place in order[np.isfinite(flat[order])].tolist():
        first, more = divmod(place, table.shape[1])
        start, end = passage.characters(first, first + more)
        if start < end and len(spans) < n_best:
            span = given.given(start, end)
            spans.setdefault(span, Candidate(float(flat[place]), *span))
    top = float(flat.max())
    return Found(list(spans.values()), top + float(np.log(np.exp(flat - top, dtype=float).sum())))


def _groups(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Runs of questions whose passages have GROUP_TOKENS tokens together, or of one."""
    group: list[int] = []
    used = 0
    for number, size in enumerate(sizes):
        if group and used + size > GROUP_TOKENS:
            yield group
            group, used = [], 0
        group.append(number)
        used += size
    if group:
        yield group


def _together(
    question: str | Sequence[str], context: str | Sequence[str]
) -> tuple[list[str], list[str]]:
    """As many questions as passages."""
    questions, contexts = ([t] if isinstance(t, str) else list(t) for t in (question, context))
    if isinstance(question, str):
        questions *= len(contexts)
    elif isinstance(context, str):
        contexts *= len(questions)
    if len(questions) != len(contexts):
        raise DataError(
            "{questions} questions but {contexts} passages. Give one passage for each, or one for "
            "all.",
            questions=len(questions),
            contexts=len(contexts),
        )
    return questions, contexts


def _check(questions: Sequence[str], contexts: Sequence[str]) -> None:
    for number, (question, context) in enumerate(zip(questions, contexts, strict=True), 1):
        if not question.strip():
            raise DataError("question {number} is empty. Leave it out.", number=number)
        if not context.strip():
            raise DataError(
                "passage {number} is empty: there is nothing to answer from.", number=number
            )
