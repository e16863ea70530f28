"""Chats from a person's files."""

import json
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.chats import ChatData, chats, prepare_chats
from jium.data.pairs import Prepared
from jium.errors import ConfigError, DataError


def prepared(place: Path, rows: list[Any], name: str = "chats.jsonl", **settings: Any) -> Prepared:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (place / name).write_text("\n".join(lines), "utf-8")
    given = {"valid_share": 0.0, "test_share": 0.0} | settings
    data = build(ChatData, {"train": str(place / name), **given}, "data")
    return prepare_chats(data, place / "out")


def turns(*contents: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]


ONE = turns("안녕?", "안녕!")


@pytest.mark.parametrize(
    "row",
    [
        {"messages": ONE},
        {"messages": json.dumps(ONE)},
        {"conversations": [{"from": "human", "value": "안녕?"}, {"from": "gpt", "value": "안녕!"}]},
        {"question": "안녕?", "answer": "안녕!"},
        {"instruction": "안녕?", "input": "", "output": "안녕!"},
        {"질문": "안녕?", "답변": "안녕!"},
        {"document": "안녕?", "summary": "안녕!", "category": "x"},
    ],
)
def test_chats_are_read_as_people_keep_them(tmp_path: Path, row: dict[str, Any]) -> None:
    assert list(chats(prepared(tmp_path, [row]), "train")) == [ONE]


def test_what_is_given_with_an_instruction_stands_below_it(tmp_path: Path) -> None:
    row = {"instruction": "요약해 줘.", "input": "긴 글", "output": "짧은 글"}
    (found,) = chats(prepared(tmp_path, [row]), "train")
    assert found[0]["content"] == "요약해 줘.\n긴 글"


def test_other_columns_are_named(tmp_path: Path) -> None:
    row = {"q": "안녕?", "a": "안녕!"}
    found = prepared(tmp_path, [row], question="q", answer="a")
    assert list(chats(found, "train")) == [ONE]
    with pytest.raises(DataError, match="where are the chats.*q, a"):
        prepared(tmp_path, [row])
    with pytest.raises(DataError, match="no column 'qq'"):
        prepared(tmp_path, [row], question="qq")


def test_a_system_message_comes_from_a_column_or_from_the_recipe(tmp_path: Path) -> None:
    rows = [{"question": "하나", "answer": "둘", "system": "반말로."}]
    rows += [{"question": "셋", "answer": "넷", "system": ""}]
    found = list(chats(prepared(tmp_path, rows, system="존댓말로."), "train"))
    assert [chat[0] for chat in found] == [
        {"role": "system", "content": "반말로."},
        {"role": "system", "content": "존댓말로."},
    ]


def test_what_is_no_chat_is_dropped_and_counted(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"messages": ONE},
        {"messages": ONE},
        {"messages": turns("혼자")},
        {"messages": [{"role": "wizard", "content": "a"}, *ONE]},
        {"messages": turns("", "대답")},
        {"messages": [ONE[1], ONE[0], ONE[1]]},
        {"messages": []},
        {"messages": "[{"},
        {"messages": [*ONE, *turns("또 뭐?")]},
        "not json",
    ]
    found = prepared(tmp_path, rows)
    # the same chat with an unanswered question after it is the same chat
    assert found.counts["train"] == 1
    assert found.dropped == {
        "duplicate": 2,
        "no_answer": 1,
        "unknown_message": 1,
        "empty_message": 1,
        "turns_out_of_order": 1,
        "no_messages": 1,
        "not_json": 2,
    }
    assert len((found.folder / "dropped.jsonl").read_text("utf-8").splitlines()) == 9


def test_a_question_that_is_measured_on_is_not_learned(tmp_path: Path) -> None:
    test = tmp_path / "test.jsonl"
    test.write_text(json.dumps({"question": "안녕?", "answer": "잘 가."}), "utf-8")
    rows = [{"question": "안녕?", "answer": "안녕!"}, {"question": "누구?", "answer": "저요."}]
    found = prepared(tmp_path, rows, test=str(test))
    assert found.counts == {"train": 1, "valid": 0, "test": 1}
    assert found.dropped == {"in_test": 1}


def test_lines_within_a_message_stay(tmp_path: Path) -> None:
    found = prepared(tmp_path, [{"question": "시를 써 줘.", "answer": "첫 줄\n둘째 줄"}])
    (chat,) = chats(found, "train")
    assert chat[1]["content"] == "첫 줄\n둘째 줄"


def test_the_dialogues_inside_the_package_bring_their_splits(tmp_path: Path) -> None:
    found = prepare_chats(ChatData(), tmp_path)
    assert found.counts["train"] > 1000
    assert min(found.counts.values()) > 50
    kinds = {chat[0]["role"] for chat in chats(found, "valid")}
    assert kinds == {"system", "user"}


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no chat to train on.*no_answer 1"):
        prepared(tmp_path, [{"messages": turns("혼자")}])
    with pytest.raises(ConfigError, match="limit"):
        ChatData(limit=0)
