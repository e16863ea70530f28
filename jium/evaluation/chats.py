"""Measuring a chatter: how well it knows the answers that were given, how like them are its own.

The last answer of a chat counts, after all that was really said before it: earlier turns may stand
word for word in chats that were learned, which begin alike.
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
from jium.text.chat_template import Message, check, newest

Chat = list[Message]
ROWS = 64  # chats read at a time


@dataclass(frozen=True)
class AnswerPerplexity:
    """Sums of chats, (chats, 3): nats and tokens of the last answer, bytes of it."""

    reading: str
    lower_is_better: ClassVar[bool] = True

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """Perplexity a token of the last answers and the mark after each; bits a byte."""
        nats, tokens, size = totals
        return {
            "perplexity": math.exp(min(nats / max(tokens, 1), 700.0)),
            "bits_per_byte": nats / math.log(2) / max(size, 1),
        }

    def signature(self, name: str = "perplexity") -> str:
        """What must be equal where two figures of a name are compared: of bits, not the tokens."""
        return "answers:last|end:counted" + (f"|{self.reading}" if name == "perplexity" else "")


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

    data: the name of a split of the run's own data, a file, or chats, each ending with an answer. A
    chat whose last exchange is longer than the model takes is left out, and counted in the report;
    of other long ones the newest turns count. question, answer: columns of the file, where they
    have other names than the usual. options: how the answers that are compared by chrF are written;
    the likeliest tokens, if nothing is said.
    """
    if isinstance(data, str):
        measured, about = read_measured(run, data, {"question": question, "answer": answer})
    else:
        measured, about = list(data), {"data": "given"}
    if not measured:
        raise DataError("There is no chat to measure. Give at least one.")
    n = len(measured)
    for number, chat in enumerate(measured, 1):
        _check(chat, number)
    told = options.pop("system", None)
    measured = [_told(chat, task.system if told is None else told) for chat in measured]
    options = {"temperature": 0.0, **options}
    measured = [one for one in measured if task.takes(one[:-1], **options) and _kept(task, one)]
    if not measured:
        raise DataError(
            "the last exchange of each of the {n} chats is longer than the model takes.", n=n
        )
    about = about | {"too_long": n - len(measured)}
    known = AnswerPerplexity(f"tok:{task.tokenizer.kind}-{task.tokenizer.vocab_size}")
    rows = statistics(task, measured)
    near: dict[str, Any] = intervals(known, rows, samples)  # type: ignore[arg-type]
    scores = [
        Score(name, value, known.signature(name), True, near[name])
        for name, value in known.score(rows.sum(axis=0).tolist()).items()
    ]
    answers = task.chat([chat[:-1] for chat in measured], **options)
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


def _check(chat: Chat, number: int) -> None:
    """Raise DataError for a chat in which there is nothing to measure."""
    check(chat)
    if len(chat) < 2 or chat[-1]["role"] != "assistant":
        raise DataError(
            "chat {number}: does not end with what the assistant answers to something, so there is "
            "nothing to measure.",
            number=number,
        )


def _told(chat: Chat, system: str | None) -> Chat:
    """A chat with the system message that an answer to it would be written after."""
    told = not system or chat[0]["role"] == "system"
    return chat if told else [{"role": "system", "content": str(system)}, *chat]


def _kept(task: Any, chat: Chat) -> Chat:
    """The newest turns, as many as the model can be measured on at once."""
    room = task.model.config.max_len + 1
    return newest(chat, lambda some: len(task.template.ids(some)) <= room)


@torch.inference_mode()
def _of(task: Any, chats: Sequence[Chat]) -> Iterator[tuple[float, int, int]]:
    kept = [_kept(task, chat) for chat in chats]
    read = [task.template.learned(chat) if chat else ([], []) for chat in kept]
    full = [ids for ids, _ in read if ids]
    values = iter(token_log_probs(task.model, full) if full else [])
    for chat, (ids, learned) in zip(kept, read, strict=True):
        if not ids:
            yield 0.0, 0, 0
            continue
        first = max(i for i, mine in enumerate(learned) if mine and not learned[i - 1])
        mask = torch.tensor(learned[1:])
        mask[: first - 1] = False
        nats = -float(next(values)[mask].double().sum())
        yield nats, int(mask.sum()), len(chat[-1]["content"].encode())
