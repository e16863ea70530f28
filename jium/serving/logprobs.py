"""Log-probabilities, as OpenAI shows them: for chats token by token, for plain texts in columns."""

import math
from codecs import getincrementaldecoder
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch

from jium.errors import ConfigError, TokenizerError
from jium.generation.engine import Step
from jium.models.gpt import Gpt
from jium.nn.layout import Layout
from jium.tasks.generate import Writer
from jium.text.token_bytes import token_bytes
from jium.text.tokenizer import Tokenizer

NEVER = -9999.0  # stands for the logarithm of 0, which JSON cannot say
ROWS = 256  # of a prompt, scored at a time: each is as wide as the vocabulary


class Spelling:
    """What each token of a tokenizer writes."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._pieces = tokenizer.pieces
        try:
            self._bytes: Sequence[bytes | None] = token_bytes(tokenizer)
        except TokenizerError:  # what a token writes depends on its neighbours
            self._bytes = []

    def bytes(self, token: int) -> bytes | None:
        return self._bytes[token] if token < len(self._bytes) else None

    def text(self, token: int) -> str:
        """The text of a token; where it is part of a character, its bytes as OpenAI writes them."""
        data = self.bytes(token)
        if data is None:
            return self._pieces[token] if token < len(self._pieces) else ""
        try:
            return data.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)


@lru_cache(maxsize=32)
def spelling(tokenizer: Tokenizer) -> Spelling:
    """Made once for each tokenizer."""
    return Spelling(tokenizer)


def chat_logprobs(tokenizer: Tokenizer, steps: Sequence[Step]) -> dict[str, Any]:
    """{"content": [...], "refusal": None}."""
    names = spelling(tokenizer)
    content = [
        {
            **_token(names, step.token, step.logprob),
            "top_logprobs": [_token(names, *pair) for pair in step.top],
        }
        for step in steps
    ]
    return {"content": content, "refusal": None}


def text_logprobs(tokenizer: Tokenizer, steps: Sequence[Step], offset: int) -> dict[str, Any]:
    """Columns: tokens, token_logprobs, top_logprobs, text_offset. offset: characters before."""
    names = spelling(tokenizer)
    tokens = [names.text(step.token) for step in steps]
    offsets, decode = [], getincrementaldecoder("utf-8")("replace").decode
    for step, token in zip(steps, tokens, strict=True):
        offsets.append(offset)
        data = names.bytes(step.token)
        offset += len(token) if data is None else len(decode(data))
    return {
        "tokens": tokens,
        "token_logprobs": [_finite(step.logprob) for step in steps],
        "top_logprobs": [_table(names, step) for step in steps],
        "text_offset": offsets,
    }


def _table(names: Spelling, step: Step) -> dict[str, float] | None:
    """The likeliest tokens, and the chosen one too, as OpenAI gives them."""
    if step.logprob is None:
        return None
    pairs = [*step.top, (step.token, step.logprob)]
    return {names.text(token): _finite(logprob) or 0.0 for token, logprob in reversed(pairs)}


def _token(names: Spelling, token: int, logprob: float | None) -> dict[str, Any]:
    data = names.bytes(token)
    shown = None if data is None else list(data)
    return {"token": names.text(token), "logprob": _finite(logprob), "bytes": shown}


def _finite(logprob: float | None) -> float | None:
    if logprob is None or math.isfinite(logprob):
        return logprob
    return NEVER


@torch.inference_mode()
def prompt_steps(writer: Writer, ids: Sequence[int], top: int) -> list[Step]:
    """The tokens of a prompt with their log-probabilities; the first, before which nothing stands,
    has none. What stands before every text is left out.
    """
    model = writer.model
    if not isinstance(model, Gpt):
        raise ConfigError("with echo is not for this kind of model.", key="logprobs")
    row = torch.tensor(ids, device=writer.device)
    hidden = model(row, Layout([len(ids)], writer.device))
    steps = [Step(ids[0])]
    for start in range(0, len(ids) - 1, ROWS):
        part = hidden[start : min(start + ROWS, len(ids) - 1)]
        logs = model.output(part).float().log_softmax(-1).cpu()
        best = logs.topk(max(top, 1))
        chosen = ids[start + 1 : start + 1 + len(logs)]
        for token, log, values, tokens in zip(
            chosen, logs, best.values.tolist(), best.indices.tolist(), strict=True
        ):
            pairs = list(zip(tokens, values, strict=True))[:top]
            steps.append(Step(token, float(log[token]), pairs))
    return steps[len(writer.before) :]
