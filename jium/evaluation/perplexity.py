"""How well a language model knows a text: perplexity a token, bits a byte and a character.

Perplexities of models with different tokenizers cannot be compared, for their tokens differ; bits a
byte can, unless a tokenizer has no token for a part of the text: to guess "unknown" is easier than
to spell it, so the signature says how much is unknown. The end of a document is a token that
counts, and no byte.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.config import Values, build, read_toml
from jium.data.batches import cut
from jium.data.documents import DocumentData
from jium.data.split import SPLITS
from jium.data.texts import Texts
from jium.errors import ConfigError, DataError
from jium.evaluation.bootstrap import intervals
from jium.evaluation.report import write_report
from jium.evaluation.score import Example, Score
from jium.models.gpt import Gpt
from jium.nn.layout import Layout
from jium.ranges import at_least
from jium.text.normalise import Cleaning

BUDGET = 8192  # tokens read at a time
ROWS = 512  # of which so many have their logits at a time
CHUNK = 1024  # documents encoded at a time


@dataclass(frozen=True)
class Perplexity:
    """Sums of documents, (documents, 5): nats, tokens, bytes, characters, and of the tokens the
    unknown; and scores of them.

    reading: how the text was cut, a part of the signature where tokens are counted. unknown: share
    of the tokens.
    """

    reading: str
    unknown: float = 0.0
    lower_is_better: ClassVar[bool] = True

    def score(self, totals: Sequence[float]) -> dict[str, float]:
        """Perplexity a token (Jelinek et al., 1977), bits a byte, bits a character."""
        nats, tokens, size, characters, *_ = totals
        return {
            "perplexity": math.exp(min(nats / max(tokens, 1), 700.0)),
            "bits_per_byte": nats / math.log(2) / max(size, 1),
            "bits_per_character": nats / math.log(2) / max(characters, 1),
        }

    def signature(self, name: str = "perplexity") -> str:
        """What must be equal where two figures of a name are compared: of bits, not the tokens."""
        told = [f"unknown:{self.unknown:.2%}"] if self.unknown else []
        return "|".join(["end:counted", *([self.reading] if name == "perplexity" else []), *told])


def evaluate_run(
    task: Any,
    data: str | Sequence[str] = "test",
    *,
    run: Path | None = None,
    out: Path | None = None,
    text: str | None = None,
    stride: int | None = None,
    samples: int = 1000,
    **options: Any,
) -> dict[str, Any]:
    """What `jium.evaluate` does for a language model.

    data: the name of a split of the run's own data, a file, or texts. text: the column of the
    file. stride: a text longer than the model's window is read in windows that begin so many tokens
    apart; None: half a window, so that every later token has half a window before it.
    """
    at_least(1, stride=stride)
    for key in options:
        raise ConfigError("is nothing that measuring a language model knows.", key=key)
    if isinstance(data, str):
        texts, about = read_measured(run, data, text)
    else:
        texts, about = iter(data), {"data": "given"}
    rows, examples = [], []
    for chunk in iter(lambda: list(islice(texts, CHUNK)), []):
        found = statistics(task, chunk, stride)
        rows.append(found)
        bits = found[:, 0] / math.log(2) / np.maximum(found[:, 2], 1)
        examples += [
            Example(document, "", "", float(b)) for document, b in zip(chunk, bits, strict=True)
        ]
    if not any(found[:, 1].any() for found in rows):
        if data in SPLITS:
            raise DataError(
                'the data of the run has no texts for the split "{split}". Measure another, as in '
                "--split valid, or a file: --data FILE",
                split=data,
            )
        raise DataError("There is no text to measure. Give at least one.")
    statistics_of_all = np.concatenate(rows)
    _, tokens, _, _, unknown = statistics_of_all.sum(axis=0).tolist()
    metric = Perplexity(_reading(task, stride), unknown / tokens)
    near: dict[str, Any] = intervals(metric, statistics_of_all, samples)  # type: ignore[arg-type]
    scores = [
        Score(name, value, metric.signature(name), True, near[name])
        for name, value in metric.score(statistics_of_all.sum(axis=0).tolist()).items()
    ]
    if out is not None:
        write_report(out, scores, examples, ranked_by="bits_per_byte", settings=about)
    return {"scores": scores, "by_tag": {}, "predictions": []}


def read_measured(
    run: Path | None, data: str, text: str | None = None
) -> tuple[Iterator[str], Values]:
    """The documents to measure on, and what is to be said of them."""
    if data not in SPLITS:
        settings = build(DocumentData, _of_file(run, data, text), "data")
        return Texts(settings).split("test"), {"data": data}
    if run is None:
        raise ConfigError(
            'is "{split}", a split of a run\'s own data: give the folder of the run, or a file.',
            key="data",
            split=data,
        )
    values = dict(read_toml(run / "recipe.toml")["data"])
    values.pop("kind", None)
    settings = build(DocumentData, values, "data")
    return Texts(settings).split(data), {"split": data}


def _of_file(run: Path | None, data: str, text: str | None) -> Values:
    """A [data] section for a file, cleaned as the texts of the run were."""
    cleaned: Values = {}
    if run is not None:
        own = read_toml(run / "recipe.toml").get("data", {})
        names = {"clean", *(field.name for field in fields(Cleaning))}
        cleaned = {name: value for name, value in own.items() if name in names}
    return {**cleaned, "train": data, "test": data, "text": text}


def statistics(task: Any, texts: Sequence[str], stride: int | None = None) -> NDArray[np.float64]:
    """(texts, 5): what `Perplexity` adds up."""
    ids = task.tokenizer.encode_batch(list(texts))
    found = np.zeros((len(texts), 5))
    end = task.ends[0] if task.ends else None
    for i, (nats, tokens) in enumerate(surprise(task.model, ids, task.before, end, stride)):
        size = len(texts[i].encode("utf-8", "surrogatepass"))
        unknown = ids[i].count(task.tokenizer.unk_id)
        found[i] = nats, tokens, size, len(texts[i]), unknown
    return found


@torch.inference_mode()
def surprise(
    model: Any,
    rows: Sequence[Sequence[int]],
    before: Sequence[int] = (),
    end: int | None = None,
    stride: int | None = None,
) -> list[tuple[float, int]]:
    """Of each text, the nats of its tokens and how many they are; `end` is one of them."""
    after = [] if end is None else [end]
    if not isinstance(model, Gpt):  # knows what stands before a text, and reads it whole
        return _surprise_of_whole(model, [[*row, *after] for row in rows])
    texts = [[*before, *row, *after] for row in rows]
    totals = [(0.0, 0)] * len(texts)
    for batch in _batches(list(_windows(texts, model.config.max_len, stride))):
        read = [texts[i][start : stop + 1] for i, start, stop, _ in batch]
        found = token_log_probs(model, read)
        for (i, start, stop, first), log_probs in zip(batch, found, strict=True):
            nats, tokens = totals[i]
            counted = log_probs[first - start :]
            totals[i] = nats - float(counted.double().sum()), tokens + stop - first
    return totals


def _surprise_of_whole(model: Any, texts: Sequence[Sequence[int]]) -> list[tuple[float, int]]:
    totals = [(0.0, 0)] * len(texts)
    kept = [(i, 0, len(text), 0) for i, text in enumerate(texts) if text]
    for batch in _batches(kept):
        tokens = torch.tensor([token for i, *_ in batch for token in texts[i]])
        sizes = [len(texts[i]) for i, *_ in batch]
        log_probs = model.log_probs(tokens, Layout(sizes)).double().split(sizes)
        for (i, *_), own in zip(batch, log_probs, strict=True):
            totals[i] = -float(own.sum()), len(own)
    return totals


Window = tuple[int, int, int, int]  # text, first and last read, first whose next token counts


def _windows(texts: Sequence[Sequence[int]], room: int, stride: int | None) -> Iterator[Window]:
    step = min(stride or max(1, room // 2), room)
    for i, ids in enumerate(texts):
        size = len(ids) - 1
        if size > 0:
            yield i, 0, min(room, size), 0
        for counted in range(room, size, step):
            stop = min(counted + step, size)
            yield i, stop - room, stop, counted


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    sizes = np.array([stop - start for _, start, stop, _ in windows], np.int64)
    order = np.argsort(sizes, kind="stable")
    for items in cut(sizes[order], max(BUDGET, int(sizes.max(initial=1)))):
        yield [windows[i] for i in order[items]]


def token_log_probs(model: Gpt, texts: Sequence[Sequence[int]]) -> Sequence[Tensor]:
    """Of every token but the first of each text."""
    device = model.output.weight.device
    sizes = [len(ids) - 1 for ids in texts]
    tokens = torch.tensor([token for ids in texts for token in ids[:-1]], device=device)
    targets = torch.tensor([token for ids in texts for token in ids[1:]], device=device)
    hidden = model(tokens, Layout(sizes, device))
    parts = [
        model.output(some).float().log_softmax(-1).gather(1, true[:, None]).squeeze(1)
        for some, true in zip(hidden.split(ROWS), targets.split(ROWS), strict=True)
    ]
    return torch.cat(parts).cpu().split(sizes)


def _reading(task: Any, stride: int | None) -> str:
    window = "whole"
    if isinstance(task.model, Gpt):
        max_len = task.model.config.max_len
        window = f"{max_len}|stride:{min(stride or max_len // 2, max_len)}"
    return f"tok:{task.tokenizer.kind}-{task.tokenizer.vocab_size}|window:{window}"
