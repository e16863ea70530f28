"""Measuring a chatter: how well it knows the answers that were given, how like them are its own.

Every answer in a chat counts, each after all that was really said before it.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from jium.config import Values, build, read_toml
from jium.data.chats import ChatData, chats, read_chats
from jium.data.pairs import Prepared
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError
from jium.evaluation.bootstrap import intervals
from jium.evaluation.chrf import Chrf
from jium.evaluation.perplexity import token_log_probs
from jium.evaluation.report import write_report
from jium.evaluation.score import Score, measure, score_sentences
from jium.text.chat_template import Message, newest

Chat = list[Message]
ROWS = 64  # chats read at a time


@dataclass(frozen=True)
class AnswerPerplexity:
    """Sums of chats, (chats, 3): nats and tokens of the assistant's words, bytes of them."""

    reading: str
    lower_is_better: ClassVar[bool] = True

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """Perplexity a token of the assistant's words and the mark after them; bits a byte."""
        nats, tokens, size = totals
        return {
            "perplexity": math.exp(min(nats / max(tokens, 1), 700.0)),
            "bits_per_byte": nats / math.log(2) / max(size, 1),
        }

    def signature(self) -> str:
        """What must be equal where two figures are compared."""
        return f"words:assistant|end:counted|{self.reading}"


def evaluate_run(
    task: Any,
    data: str | Sequence[Chat] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    question: str | None = None,
    answer: str | None = None,
    samples: int = 1000,
    **options: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a chatter.

    data: the name of a split of the run's own data, a file, or chats. question, answer: columns of
    the file, where they have other names than the usual. options: how the answers that are compared
    by chrF are written; the likeliest tokens, if nothing is said.
    """
    if isinstance(data, str):
        measured, about = read_measured(run, data, {"question": question, "answer": answer})
    else:
        measured, about = list(data), {"data": "given"}
    if not measured:
        raise DataError("There is no chat to measure. Give at least one.")
    known = AnswerPerplexity(f"tok:{task.tokenizer.kind}-{task.tokenizer.vocab_size}")
    rows = statistics(task, measured)
    near: dict[str, Any] = intervals(known, rows, samples)  # type: ignore[arg-type]
    scores = [
        Score(name, value, known.signature(), True, near[name])
        for name, value in known.score(rows.sum(axis=0).tolist()).items()
    ]
    answers = task.chat([chat[:-1] for chat in measured], **{"temperature": 0.0, **options})
    wanted = [chat[-1]["content"] for chat in measured]
    scores += measure(Chrf(), answers, wanted, samples)
    if out is not None:
        asked = [" / ".join(message["content"] for message in chat[:-1]) for chat in measured]
        ranked = score_sentences(Chrf(), asked, answers, wanted)
        write_report(out, scores, ranked, ranked_by="chrf", settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": answers}


def read_measured(
    run: Path | None, data: str, columns: Values | None = None
) -> tuple[list[Chat], Values]:
    """The chats to measure on, and what is to be said of them."""
    if data not in SPLITS:
        settings = build(ChatData, {"train": [], "test": data, **(columns or {})}, "data")
        return list(_chats(settings, "test")), {"data": data}
    if run is None:
        raise ConfigError(
            'is "{split}", a split of a run\'s own data: give the folder of the run, or a file.',
            key="data",
            split=data,
        )
    prepared = run / "last" / "data" / f"{data}.jsonl"
    if prepared.is_file():
        return list(chats(Prepared.load(prepared.parent), data)), {"split": data}
    values = dict(read_toml(run / "recipe.toml")["data"])
    values.pop("kind", None)
    return list(_chats(build(ChatData, values, "data"), data)), {"split": data}


def _chats(data: ChatData, split: str) -> Iterator[Chat]:
    for row in read_chats(data, split):  # type: ignore[arg-type]
        if not row.problem:
            yield json.loads(row.pair.target)


def statistics(task: Any, chats: Sequence[Chat]) -> NDArray[np.float64]:
    """(chats, 3): what `AnswerPerplexity` adds up."""
    found = np.zeros((len(chats), 3))
    for start in range(0, len(chats), ROWS):
        part = chats[start : start + ROWS]
        for i, values in enumerate(_of(task, part), start):
            found[i] = values
    return found


@torch.inference_mode()
def _of(task: Any, chats: Sequence[Chat]) -> Iterator[tuple[float, int, int]]:
    room = task.model.config.max_len + 1
    kept = [newest(chat, lambda some: len(task.template.ids(some)) <= room) for chat in chats]
    read = [task.template.learned(chat) if chat else ([], []) for chat in kept]
    full = [ids for ids, _ in read if ids]
    values = iter(token_log_probs(task.model, full) if full else [])
    for chat, (ids, learned) in zip(kept, read, strict=True):
        if not ids:
            yield 0.0, 0, 0
            continue
        mask = torch.tensor(learned[1:])
        nats = -float(next(values)[mask].double().sum())
        said = [message["content"] for message in chat if message["role"] == "assistant"]
        yield nats, int(mask.sum()), sum(len(text.encode()) for text in said)
