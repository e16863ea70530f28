"""The table of people who work, its seven questions, and those made from patterns."""

import pytest

from jium.data import worker_questions
from jium.data.split import SPLITS
from jium.data.worker import DEPARTMENTS, EXAMPLES, PEOPLE, database
from jium.data.worker_questions import (
    ABOUT,
    CONDITIONS,
    ORDERS,
    WANTS,
    combinations,
    questions,
)
from jium.errors import DataError


def ask(query: str) -> list[tuple]:
    table = database()
    try:
        return table.execute(query).fetchall()
    finally:
        table.close()


def test_the_table_holds_everybody() -> None:
    assert ask("SELECT * FROM worker ORDER BY id") == PEOPLE
    assert set(ask("SELECT DISTINCT department FROM worker")) == {(name,) for name in DEPARTMENTS}


ANSWERS = [
    {("Seoyeon",), ("Doyun",), ("Sungmin",), ("Dongha",), ("Yejun",)},
    {("HR", 4), ("Sales", 5), ("IT", 5), ("Finance", 4), ("Design", 3), ("Support", 3)},
    {("Sungmin", 6400), ("Taeyang", 6100), ("Seoyeon", 5600)},
    {(11,)},
    {("Design",), ("Support",)},
    {(name,) for name in ("Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Yoon")},
    {(name,) for name in ("Siwoo Jang", "Dain Oh", "Yejun Jung", "Jaewon Kang")},
]


def test_the_seven_examples_answer_what_they_ask() -> None:
    assert [set(ask(example.query)) for example in EXAMPLES] == ANSWERS
    assert len({example.korean for example in EXAMPLES}) == 7
    assert len({example.english for example in EXAMPLES}) == 7


def test_no_combination_stands_in_two_splits() -> None:
    names = {
        split: {
            (one.want.kind, *(c.kind for c in one.conditions), one.order.kind)
            for one in combinations(split)
        }
        for split in SPLITS
    }
    assert not names["train"] & names["test"]
    assert not names["train"] & names["valid"]
    assert not names["valid"] & names["test"]
    assert len(names["train"]) > 2000
    assert len(names["test"]) > 300


def test_every_part_of_a_test_question_is_seen_in_training() -> None:
    known = combinations("train")
    assert {one.want for one in known} == set(WANTS)
    assert {condition for one in known for condition in one.conditions} == set(CONDITIONS)
    assert {one.order for one in known} == set(ORDERS)
    asked = {c.kind for c in CONDITIONS}
    assert asked == set(ABOUT)
    for one in combinations("test"):
        things = [ABOUT[condition.kind] for condition in one.conditions]
        assert len(things) == len(set(things))


@pytest.mark.parametrize("split", SPLITS)
def test_every_question_has_an_answer(split) -> None:
    for question in questions(split, 300):
        rows = ask(question.query)
        assert any(any(row) for row in rows), question


def test_no_slot_is_left_open() -> None:
    for question in questions("train", 500):
        assert not set("{}") & set(question.text + question.query)
        assert "  " not in question.text + question.query
        assert question.text == question.text.strip()


def test_questions_differ_and_are_alike_for_a_seed() -> None:
    found = list(questions("test", 200, seed=1))
    assert len({question.text for question in found}) == 200
    assert found == list(questions("test", 200, seed=1))
    assert found != list(questions("test", 200, seed=2))


def test_languages_can_be_chosen() -> None:
    english = questions("valid", 50, languages=("en",))
    assert all(question.text.isascii() for question in english)
    korean = questions("valid", 50, languages=("ko",))
    assert not any(question.text.isascii() for question in korean)


def test_a_query_says_what_the_question_says() -> None:
    known = {question.text: question.query for question in questions("train", 3000)}
    assert len(known) == 3000
    for text, query in known.items():
        assert ("average" in text or "평균보다" in text) <= ("AVG(salary)" in query)
        assert (" GROUP BY " in query) == any(
            word in text
            for word in ("each department", "by department", "부서마다", "부서별", "each")
        )
        for number in (word.strip("?.,") for word in text.split()):
            if number.isdecimal() and len(number) == 4:
                assert number in query


def test_more_than_there_are_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    first = [one for one in combinations("train") if not one.conditions][:1]
    monkeypatch.setattr(worker_questions, "combinations", lambda split: first)
    with pytest.raises(DataError, match="there are not 50 different questions of train"):
        list(questions("train", 50))
