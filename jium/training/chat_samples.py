"""Dialogues in the model card of a chat model, so that a reader sees how well and how badly it
answers.

Half are drawn by lot; the other half are the nearest to the answers that were given and the
furthest from them. Nobody picks.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jium.evaluation.chrf import Chrf
from jium.evaluation.report import best_and_worst, markdown_table
from jium.evaluation.score import Example, score_sentences
from jium.text.chat_template import Message

DRAWN, ENDS = 10, 5  # by lot, and of the best and of the worst


def dialogues(
    task: Any, chats: Sequence[Sequence[Message]], seed: int = 0
) -> list[tuple[str, list[Example]]]:
    """Up to twenty chats, each answered once, by how they were chosen.

    chats: each ends with the answer that was given; the run's own settings write the others.
    """
    if not chats:
        return []
    answers = task.chat([list(chat[:-1]) for chat in chats], seed=seed)
    wanted = [chat[-1]["content"] for chat in chats]
    told = [_told(chat[:-1]) for chat in chats]
    scored = score_sentences(Chrf(), told, answers, wanted)
    lot = np.random.default_rng(seed).permutation(len(scored))
    drawn = [scored[i] for i in lot[:DRAWN].tolist()]
    best, worst = best_and_worst([scored[i] for i in lot[DRAWN:].tolist()], shown=ENDS)
    return [("drawn by lot", drawn), ("nearest", best), ("furthest", worst)]


def section(task: Any, chats: Sequence[Sequence[Message]]) -> list[str]:
    """The dialogues as lines of Markdown."""
    groups = dialogues(task, chats)
    rows = [
        [why, f"{one.score:.0f}", one.source, one.prediction, one.reference]
        for why, examples in groups
        for one in examples
    ]
    header = ["chosen", "chrF", "said before", "answered", "the answer in the data"]
    return [
        "## Dialogues",
        "",
        f"Of {len(chats)} dialogues of the valid split: {DRAWN} drawn by lot, and of the rest the "
        f"{ENDS} answers nearest to",
        f"those in the data and the {ENDS} furthest from them, by chrF. Being far is not being "
        "wrong.",
        "",
        markdown_table(header, rows),
        "",
    ]


def _told(chat: Sequence[Message]) -> str:
    return "\n".join(f"{message['role']}: {message['content']}" for message in chat)
