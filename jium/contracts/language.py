"""Contracts of models that write and chat: what is packed, cached, templated, streamed."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer as Backend
from torch import Tensor

from jium.checkpoint.run import save_config, save_weights
from jium.contracts import tiny
from jium.contracts.contract import Skip
from jium.contracts.generation import SEEDS, STREAMED
from jium.generation.engine import Engine, Request
from jium.generation.settings import GenerationConfig
from jium.messages import say
from jium.models.gpt import Gpt
from jium.nn.layout import Layout
from jium.tasks import load
from jium.tasks.chat import Chatter

LENGTHS = (5, 12, 1, 9)  # tokens of texts
CHUNK = 3  # tokens of a prompt read at a time
CHAT = [
    {"role": "system", "content": "짧게 답하세요.  "},
    {"role": "user", "content": " 안녕하세요? 👋\n오늘은 <b>어때요</b>"},
    {"role": "assistant", "content": "좋아요."},
    {"role": "user", "content": "good, and you?"},
]
ANSWER = {"role": "assistant", "content": "저도요."}


def _texts(model: Gpt) -> list[Tensor]:
    assert model.config.vocab_size is not None
    drawn = torch.Generator().manual_seed(5)
    return [torch.randint(4, model.config.vocab_size, (n,), generator=drawn) for n in LENGTHS]


@torch.no_grad()
def packed_documents(model: Gpt) -> float:
    """Texts in one packed row against each alone."""
    device = model.output.weight.device
    texts = [text.to(device) for text in _texts(model)]
    together = model(torch.cat(texts), Layout(LENGTHS, device)).split(LENGTHS)
    alone = [model(text, Layout([len(text)], device)) for text in texts]
    return max(tiny.distance(one, other) for one, other in zip(together, alone, strict=True))


def joined_later(model: Gpt) -> float:
    """How many tokens differ between texts written together, begun at different times, their
    prompts read in chunks or known from a cache, and each text written alone, seen whole each time.
    """
    prompts = [text.tolist() for text in _texts(model)]
    settings = GenerationConfig(max_tokens=8)
    engine = Engine(model, n_slots=3, prefill_tokens=CHUNK, prefix_tokens=64)
    running = []
    for prompt in [*prompts, prompts[1]]:
        running.append(engine.submit(Request(prompt, settings)))
        engine.step()
    while engine.active or engine.waiting:
        engine.step()
    wanted = [_greedily(model, one.request.ids, 8) for one in running]
    found = [[step.token for step in one.steps] for one in running]
    return float(
        sum(
            a != b
            for one, other in zip(found, wanted, strict=True)
            for a, b in zip(one, other, strict=True)
        )
    )


@torch.no_grad()
def _greedily(model: Gpt, ids: Sequence[int], n: int) -> list[int]:
    row = list(ids)
    for _ in range(n):
        tokens = torch.tensor(row, device=model.output.weight.device)
        hidden = model(tokens, Layout([len(row)], tokens.device))
        row.append(int(model.output(hidden[-1]).argmax()))
    return row[len(ids) :]


def chat_template(task: Any) -> float:
    """How many ways to write a chat differ, in text or tokens, from what the model is asked:
    training, a copy of the folder, and what other programs make of an export, with Jinja and its
    tokenizer.json alone.
    """
    if not isinstance(task, Chatter):
        raise Skip(say("it does not chat"))
    asked, text = task.template.ids(CHAT, reply=True), task.template.text(CHAT, reply=True)
    learned, mask = task.template.learned([*CHAT, ANSWER])
    first = max(i for i, mine in enumerate(mask) if mine and not mask[i - 1])
    ways = [learned[:first] == asked]
    with TemporaryDirectory() as folder:
        place = Path(folder)
        save_config(place / "run", "gpt", task.model.config, task.about())
        save_weights(place / "run", task.model)
        task.tokenizer.save(place / "run")
        copy = load(place / "run")
        ways += [copy.prompt(CHAT) == task.prompt(CHAT), copy.template.ids(CHAT, True) == asked]
        ways += [copy.template.text(CHAT, reply=True) == text]
        task.export(place / "export")
        about = json.loads((place / "export" / "tokenizer_config.json").read_text("utf-8"))
        world = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        template = world.from_string(about["chat_template"])
        named = {name: about[name] for name in task.tokenizer.roles}
        theirs = template.render(messages=CHAT, add_generation_prompt=True, **named)
        backend = Backend.from_file(str(place / "export" / "tokenizer.json"))
        ids = backend.encode(theirs, add_special_tokens=False).ids
        ways += [theirs.encode() == text.encode(), ids == asked]
    return float(sum(not way for way in ways))


def streamed(task: Any) -> float:
    """How many answers, streamed piece by piece, are not the whole answer, drawn ones too."""
    greedy: dict[str, Any] = dict(max_tokens=16, temperature=0.0, stop=["다", "ok"])
    drawn: list[dict[str, Any]] = [
        dict(max_tokens=24, temperature=1.5, seed=seed) for seed in SEEDS
    ]
    asked_whole = task.chat if isinstance(task, Chatter) else task.generate
    in_pieces = partial(task.chat, stream=True) if isinstance(task, Chatter) else task.stream
    asked = [(text, how) for text in STREAMED if text for how in (greedy, *drawn)]
    return float(
        sum("".join(in_pieces(text, **how)) != asked_whole(text, **how) for text, how in asked)
    )
