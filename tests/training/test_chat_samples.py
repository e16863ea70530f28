"""Dialogues in the card of a chat model."""

from typing import Any

from jium.training.chat_samples import dialogues, section


class Parrot:
    """Answers with what was said last."""

    def chat(self, chats: list[list[dict[str, str]]], seed: int) -> list[str]:
        return [chat[-1]["content"] for chat in chats]


def _chats(n: int) -> list[Any]:
    """The first half answered exactly by a parrot, the second not at all."""
    return [
        [
            {"role": "user", "content": f"{i} 안녕 <b>"},
            {"role": "assistant", "content": f"{i} 안녕 <b>" if i < n // 2 else "zzz"},
        ]
        for i in range(n)
    ]


def test_ten_are_drawn_and_the_nearest_and_furthest_stand_beside_them() -> None:
    groups = dict(dialogues(Parrot(), _chats(60)))
    assert {why: len(found) for why, found in groups.items()} == {
        "drawn by lot": 10,
        "nearest": 5,
        "furthest": 5,
    }
    assert min(one.score or 0 for one in groups["nearest"]) > 99
    assert max(one.score or 0 for one in groups["furthest"]) < 1
    sources = [one.source for found in groups.values() for one in found]
    assert len(set(sources)) == 20  # none twice


def test_the_lot_knows_nothing_of_the_answers() -> None:
    chosen = [one.source for one in dict(dialogues(Parrot(), _chats(60)))["drawn by lot"]]
    other = [chat[:1] + [{"role": "assistant", "content": "?"}] for chat in _chats(60)]
    assert [one.source for one in dict(dialogues(Parrot(), other))["drawn by lot"]] == chosen


def test_a_few_chats_are_all_shown_and_none_leave_nothing() -> None:
    assert sum(len(found) for _, found in dialogues(Parrot(), _chats(3))) == 3
    assert dialogues(Parrot(), []) == []


def test_what_was_said_cannot_break_the_card() -> None:
    table = "\n".join(section(Parrot(), _chats(4)))
    assert "user: 0 안녕 &lt;b>" in table
    assert "<b>" not in table
