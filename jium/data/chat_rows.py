"""Rows as chats: the columns in which files keep who said what."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from jium.config import nearest
from jium.data.clean import as_text
from jium.data.row import Row
from jium.data.sources import find_files, read_rows
from jium.errors import DataError
from jium.text.chat_template import Message

PEEKED = 50  # rows looked at to learn which columns there are
Clean = Callable[[str], str]

MESSAGES = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")
# Columns of one exchange: what is asked, what more is given with it, what is answered.
# fmt: off
ASKED = (
    "question", "instruction", "prompt", "user", "query", "input", "document", "article",
    "질문", "물음", "지시", "문서",
)
MORE = ("input", "context", "입력")
ANSWERED = (
    "answer", "output", "response", "completion", "assistant", "reply", "summary", "title",
    "답변", "대답", "응답", "출력", "요약", "제목",
)
SYSTEM = ("system", "system_prompt")
# fmt: on
ROLES = {
    **dict.fromkeys(("user", "human", "customer", "사용자", "고객"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "chatbot", "ai", "상담원"), "assistant"),
    "system": "system",
}


def read_chat_rows(
    path: str, asked: str | None, answered: str | None, clean: Clean
) -> Iterator[tuple[Row, list[Message], str]]:
    """Of each row the messages in it, or none and the reason.

    asked, answered: columns by name, where they have others than the usual. Raises DataError where
    a file has no such columns.
    """
    for file in find_files(path):
        columns = _columns(file, asked, answered)
        for row in read_rows(file, columns=list(columns.values()), strict=False):
            if row.problem:
                yield row, [], row.problem
                continue
            read = _listed if "messages" in columns else _exchange
            messages, problem = read(row.values, columns, clean)
            yield row, messages, problem or why_not(messages)


def why_not(messages: list[Message]) -> str:
    """Why messages are no chat to learn from, or ""."""
    roles = [message["role"] for message in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if any(not message["content"].strip() for message in messages):
        return "empty_message"
    if "assistant" not in turns:
        return "no_answer"
    wanted = ["user", "assistant"] * (len(turns) // 2 + 1)
    return "" if turns == wanted[: len(turns)] else "turns_out_of_order"


def _columns(file: Path, asked: str | None, answered: str | None) -> dict[str, str]:
    """Which part of a chat stands in which column."""
    rows = islice(read_rows(file, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    for side, column in (("question", asked), ("answer", answered)):
        if column is not None and column not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=file,
                column=column,
                near=nearest(column, present),
                columns=", ".join(present),
                side=side,
            )
    lists = [name for name in MESSAGES if name in present]
    if lists and asked is None:
        return {"messages": lists[0]} | _first(present, system=SYSTEM)
    found = {"asked": asked} if asked else _first(present, asked=ASKED)
    found |= {"answered": answered} if answered else _first(present, answered=ANSWERED)
    if {"asked", "answered"} - set(found):
        raise DataError(
            "{path}: where are the chats? It has: {columns}. Give rows with messages, a list of "
            "role and content, or with question and answer; or name the columns: data.question=... "
            "data.answer=...",
            path=file,
            columns=", ".join(present) or "-",
        )
    rest = [name for name in present if name not in found.values()]
    return found | _first(rest, more=MORE, system=SYSTEM)


def _first(present: list[str], **wanted: tuple[str, ...]) -> dict[str, str]:
    lower = {name.lower(): name for name in reversed(present)}
    found = {part: [lower[n] for n in names if n in lower] for part, names in wanted.items()}
    return {part: names[0] for part, names in found.items() if names}


def _exchange(
    values: Mapping[str, Any], columns: dict[str, str], clean: Clean
) -> tuple[list[Message], str]:
    found = {part: as_text(values.get(column)) for part, column in columns.items()}
    if None in found.values():
        return [], "not_text"
    parts = {part: clean(text or "") for part, text in found.items()}
    asked = "\n".join(filter(None, (parts["asked"], parts.get("more"))))
    system = [{"role": "system", "content": parts["system"]}] if parts.get("system") else []
    return [
        *system,
        {"role": "user", "content": asked},
        {"role": "assistant", "content": parts["answered"]},
    ], ""


def _listed(
    values: Mapping[str, Any], columns: dict[str, str], clean: Clean
) -> tuple[list[Message], str]:
    listed = values.get(columns["messages"])
    if isinstance(listed, str):
        try:
            listed = json.loads(listed)
        except ValueError:
            return [], "not_json"
    if not isinstance(listed, list) or not listed:
        return [], "no_messages"
    found = [_message(one, clean) for one in listed]
    messages = [message for message in found if message is not None]
    if len(messages) < len(found):
        return [], "unknown_message"
    if messages[0]["role"] != "system" and (said := as_text(values.get(columns.get("system", "")))):
        messages.insert(0, {"role": "system", "content": clean(said)})
    return messages, ""


def _message(one: Any, clean: Clean) -> Message | None:
    """{"role", "content"}, or {"from", "value"} as ShareGPT has them."""
    if not isinstance(one, Mapping):
        return None
    role = ROLES.get(str(one.get("role", one.get("from"))).lower())
    content = as_text(one.get("content", one.get("value")))
    if role is None or content is None:
        return None
    return {"role": role, "content": clean(content)}
