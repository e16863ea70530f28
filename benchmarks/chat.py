"""What does tuning on chats change?

    python benchmarks/chat.py RUN --base RUN --data FILE [--name chat-ko]

Perplexity of the answers of a file of chats, for the tuned model and for the model it was started
from, which is asked in two ways: by the same chat template, whose marks it has never read, and as
plain lines. How often what was said earlier is remembered, on starter dialogues that are not in
their train split; those of new words hold words that stand nowhere in it. No chat of the data is
kept.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from quality import card
from record import record

import jium
from jium.data import starter_dialogues
from jium.evaluation.chats import AnswerPerplexity, read_measured, statistics
from jium.evaluation.perplexity import token_log_probs
from jium.tasks.chat import Chatter
from jium.text.chat_template import ChatTemplate

Chats = Sequence[list[dict[str, str]]]
MEMORY = ("memory", "memory of new words")


def known(task: Chatter, chats: Chats) -> dict[str, float]:
    """Perplexity and bits a byte of the answers."""
    return AnswerPerplexity("").score(statistics(task, chats).sum(axis=0).tolist())


def known_as_lines(task: Any, chats: Chats) -> dict[str, float]:
    """The same of chats as plain lines: what a language model can know of an answer."""
    rows, firsts, n_bytes = [], [], 0
    for chat in chats:
        asked = "\n".join(message["content"] for message in chat[:-1]) + "\n"
        before = [*task.before, *task.tokenizer.encode(asked)]
        rows.append([*before, *task.tokenizer.encode(chat[-1]["content"]), task.tokenizer.eos_id])
        firsts.append(len(before) - 1)
        n_bytes += len(chat[-1]["content"].encode())
    with torch.inference_mode():
        found = token_log_probs(task.model, rows)
    parts = [log_probs[first:] for log_probs, first in zip(found, firsts, strict=True)]
    nats = -sum(float(part.double().sum()) for part in parts)
    tokens = sum(len(part) for part in parts)
    return {
        "perplexity": math.exp(nats / tokens),
        "bits_per_byte": nats / math.log(2) / n_bytes,
    }


def remembered(task: Chatter, split: Any, topic: str) -> dict[str, float]:
    """Answers that must say again what was said before: how many do."""
    asked = [d for d in starter_dialogues.read(split) if d.topic == topic and d.recalled]
    if not asked:
        return {"asked": 0, "remembered": 0}
    answers = task.chat([d.messages[:-1] for d in asked], temperature=0.0)
    right = [
        all(word.lower() in answer.lower() for word in d.recalled)
        for d, answer in zip(asked, answers, strict=True)
    ]
    return {"asked": len(asked), "remembered": sum(right)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", default="chat-ko")
    options = parser.parse_args()
    tuned, base = jium.load(options.run), jium.load(options.base)
    untuned = Chatter(base, ChatTemplate(base.tokenizer))
    chats, _ = read_measured(None, str(options.data))
    figures: dict[str, Any] = {
        "chats": len(chats),
        "tuned": known(tuned, chats),
        "untuned, by the template": known(untuned, chats),
        "untuned, as plain lines": known_as_lines(base, chats),
    }
    figures["memory"] = {
        f"{topic}, {split}": remembered(tuned, split, topic)
        for topic in MEMORY
        for split in ("test", "unseen")
    }
    about = {"tuned": card(options.run), "untuned": card(options.base), "data": options.data.name}
    print(figures)
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
