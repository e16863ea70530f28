"""Questions about the table of `worker.py` in Korean and English, as many as wanted, with SQL.

A question is put together of what is wanted, of none to two conditions, and of an order. Which of
those stand together decides the split, so that the questions of a test are new, and not only their
names and numbers.
"""

import hashlib
import itertools
import sqlite3
from collections.abc import Iterator
from random import Random
from typing import Literal, NamedTuple

from jium.data.split import Split
from jium.data.worker import DEPARTMENTS, PEOPLE, database
from jium.errors import DataError

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")


class Question(NamedTuple):
    """What is asked, and the query that answers it."""

    text: str
    query: str


class Want(NamedTuple):
    """What is asked for. korean, english: ways to say it; how "{who}" are told apart stands in.

    ordered: whether an order of the rows makes sense.
    """

    kind: str
    select: str
    korean: tuple[str, ...]
    english: tuple[str, ...]
    ordered: bool = False
    tail: str = ""  # GROUP BY


class Condition(NamedTuple):
    """Which workers are meant. korean: before a noun; linked: before another condition."""

    kind: str
    where: str
    korean: str
    linked: str
    english: str


class Order(NamedTuple):
    """In which order, and how many."""

    kind: str
    clause: str
    korean: str
    english: str


WANTS = [
    Want("first", "first_name",
         ("{who} 직원의 이름을 알려 줘.", "{who} 직원의 이름은?"),
         ("Give me the first names of the workers{who}.",
          "What are the first names of the workers{who}?"),
         ordered=True),
    Want("full", "first_name, last_name",
         ("{who} 직원의 이름과 성을 보여 줘.", "{who} 직원의 이름과 성은 무엇인가요?"),
         ("Show the first and last names of the workers{who}.",
          "What are the first and last names of the workers{who}?"),
         ordered=True),
    Want("pay", "first_name, salary",
         ("{who} 직원의 이름과 급여를 알려 줘.", "{who} 직원의 이름과 급여는 얼마인가요?"),
         ("List the first names and salaries of the workers{who}.",
          "What are the first names and salaries of the workers{who}?"),
         ordered=True),
    Want("day", "first_name, joined",
         ("{who} 직원의 이름과 입사한 날을 알려 줘.", "{who} 직원의 이름과 입사일은?"),
         ("List the first names of the workers{who} and the days they joined.",
          "What are the first names and joining days of the workers{who}?"),
         ordered=True),
    Want("all", "*",
         ("{who} 직원의 모든 정보를 보여 줘.", "{who} 직원에 대한 것을 다 알려 줘."),
         ("Show everything about the workers{who}.",
          "Give me all that is known of the workers{who}."),
         ordered=True),
    Want("count", "COUNT(*)",
         ("{who} 직원은 몇 명이야?", "{who} 직원의 수를 알려 줘."),
         ("How many workers{who} are there?", "Count the workers{who}.")),
    Want("average", "AVG(salary)",
         ("{who} 직원의 평균 급여는?", "{who} 직원의 급여 평균을 구해 줘."),
         ("What is the average salary of the workers{who}?",
          "Find the mean salary of the workers{who}.")),
    Want("total", "SUM(salary)",
         ("{who} 직원의 급여를 모두 더하면?", "{who} 직원의 급여 합계를 구해 줘."),
         ("What do the workers{who} earn in total?",
          "Find the sum of the salaries of the workers{who}.")),
    Want("highest", "MAX(salary)",
         ("{who} 직원의 급여 가운데 가장 높은 것은?", "{who} 직원의 최고 급여는 얼마야?"),
         ("What is the highest salary of the workers{who}?",
          "Find the top salary among the workers{who}.")),
    Want("lowest", "MIN(salary)",
         ("{who} 직원의 급여 가운데 가장 낮은 것은?", "{who} 직원의 최저 급여는 얼마야?"),
         ("What is the lowest salary of the workers{who}?",
          "Find the smallest salary among the workers{who}.")),
    Want("departments", "DISTINCT department",
         ("{who} 직원이 있는 부서를 모두 알려 줘.", "{who} 직원이 있는 부서는 어디야?"),
         ("In which departments are there workers{who}?",
          "List the departments that have workers{who}.")),
    Want("each count", "department, COUNT(*)",
         ("{who} 직원이 부서마다 몇 명인지 알려 줘.", "부서별로 {who} 직원의 수는?"),
         ("How many workers{who} does each department have?",
          "Count the workers{who} by department."),
         tail=" GROUP BY department"),
    Want("each average", "department, AVG(salary)",
         ("{who} 직원의 평균 급여를 부서마다 알려 줘.", "부서별로 {who} 직원의 평균 급여는?"),
         ("What is the average salary of the workers{who} in each department?",
          "Find the mean salary of the workers{who} by department."),
         tail=" GROUP BY department"),
    Want("each highest", "department, MAX(salary)",
         ("{who} 직원의 최고 급여를 부서마다 알려 줘.", "부서별로 {who} 직원의 최고 급여는?"),
         ("What is the highest salary of the workers{who} in each department?",
          "Find the top salary of the workers{who} by department."),
         tail=" GROUP BY department"),
]  # fmt: skip
CONDITIONS = [
    Condition("department", "department = '{d}'", "{D} 부서에서 일하는", "{D} 부서에서 일하고",
              "who work in {d}"),
    Condition("not", "department <> '{d}'", "{D} 부서가 아닌 곳에서 일하는",
              "{D} 부서가 아닌 곳에서 일하고", "who do not work in {d}"),
    Condition("either", "department IN ('{d}', '{e}')", "{D} 부서나 {E} 부서에서 일하는",
              "{D} 부서나 {E} 부서에서 일하고", "who work in {d} or {e}"),
    Condition("more", "salary > {n}", "급여가 {n}보다 많은", "급여가 {n}보다 많고",
              "who earn more than {n}"),
    Condition("less", "salary < {n}", "급여가 {n}보다 적은", "급여가 {n}보다 적고",
              "who earn less than {n}"),
    Condition("least", "salary >= {n}", "급여가 {n} 이상인", "급여가 {n} 이상이고",
              "who earn at least {n}"),
    Condition("between", "salary BETWEEN {n} AND {m}", "급여가 {n}부터 {m}까지인",
              "급여가 {n}부터 {m}까지이고", "who earn between {n} and {m}"),
    Condition("above", "salary > (SELECT AVG(salary) FROM worker)", "평균보다 많이 버는",
              "평균보다 많이 벌고", "who earn more than the average"),
    Condition("below", "salary < (SELECT AVG(salary) FROM worker)", "평균보다 적게 버는",
              "평균보다 적게 벌고", "who earn less than the average"),
    Condition("year", "joined LIKE '{y}%'", "{y}년에 입사한", "{y}년에 입사했고",
              "who joined in {y}"),
    Condition("since", "joined >= '{y}-01-01'", "{y}년 이후에 입사한", "{y}년 이후에 입사했고",
              "who joined in {y} or later"),
    Condition("before", "joined < '{y}-01-01'", "{y}년 전에 입사한", "{y}년 전에 입사했고",
              "who joined before {y}"),
    Condition("begins", "first_name LIKE '{c}%'", "이름이 {c} 글자로 시작하는",
              "이름이 {c} 글자로 시작하고", "whose first name begins with {c}"),
    Condition("family", "last_name = '{l}'", "성이 {l}인", "성이 {l}이고",
              "whose last name is {l}"),
]  # fmt: skip
ORDERS = [
    Order("as it is", "", "", ""),
    Order("high", " ORDER BY salary DESC, id", "급여가 높은 차례로 ", ", highest salary first"),
    Order("low", " ORDER BY salary, id", "급여가 낮은 차례로 ", ", lowest salary first"),
    Order("early", " ORDER BY joined, id", "먼저 입사한 차례로 ", ", in the order they joined"),
    Order("top", " ORDER BY salary DESC, id LIMIT {k}", "급여가 높은 {k}명만 ",
          ", only the {k} who earn most"),
    Order("latest", " ORDER BY joined DESC, id LIMIT {k}", "가장 늦게 입사한 {k}명만 ",
          ", only the {k} who joined last"),
]  # fmt: skip
ABOUT = {  # what a condition is about: two of one question are about two things
    **dict.fromkeys(("department", "not", "either"), "department"),
    **dict.fromkeys(("more", "less", "least", "between", "above", "below"), "salary"),
    **dict.fromkeys(("year", "since", "before"), "joined"),
    "begins": "first name",
    "family": "last name",
}
IDLE = 5000  # draws without a new question, after which there are no more
SHARES: dict[Split, int] = {"test": 15, "valid": 5}  # of a hundred combinations


class Combination(NamedTuple):
    """What stands together in a question."""

    want: Want
    conditions: tuple[Condition, ...]
    order: Order

    @property
    def split(self) -> Split:
        """By its name alone, so that it is the same everywhere. What is asked for alone, or under
        one condition, or in one order, is for training: of such parts the others are made.
        """
        if len(self.conditions) + bool(self.order.clause) < 2:
            return "train"
        name = "|".join((self.want.kind, *(c.kind for c in self.conditions), self.order.kind))
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 100
        return next((s for s, n in _upper_ends() if place < n), "train")


def _upper_ends() -> Iterator[tuple[Split, int]]:
    ends = itertools.accumulate(SHARES.values())
    return zip(SHARES, ends, strict=True)


def combinations(split: Split) -> list[Combination]:
    """All that may stand together in a question of a split."""
    sets: list[tuple[Condition, ...]] = [(), *((one,) for one in CONDITIONS)]
    pairs = itertools.combinations(CONDITIONS, 2)
    sets += [pair for pair in pairs if ABOUT[pair[0].kind] != ABOUT[pair[1].kind]]
    every = (
        Combination(want, conditions, order)
        for want in WANTS
        for conditions in sets
        for order in (ORDERS if want.ordered else ORDERS[:1])
    )
    return [one for one in every if one.split == split]


def questions(
    split: Split, n: int, seed: int = 0, languages: tuple[Language, ...] = LANGUAGES
) -> Iterator[Question]:
    """`n` different questions of a split, drawn evenly over its combinations; alike for a seed.

    One that finds nobody is left out: any other that finds nobody would seem to agree with it.
    Raises DataError for more than there are.
    """
    draw, known, table = Random(f"{split} {seed}"), combinations(split), database()
    seen: set[str] = set()
    idle = 0  # draws since the last new question
    while len(seen) < n:
        asked = _ask(draw.choice(known), draw.choice(languages), draw)
        if asked.text not in seen and _finds(table, asked.query):
            seen.add(asked.text)
            idle = 0
            yield asked
        elif (idle := idle + 1) > IDLE:
            raise DataError("there are not {n} different questions of {split}.", n=n, split=split)
    table.close()


def _finds(table: sqlite3.Connection, query: str) -> bool:
    """Whether any row has anything but nothing: a count of 0 and a sum of nobody are nothing."""
    return any(any(row) for row in table.execute(query).fetchall())


def _ask(what: Combination, language: Language, draw: Random) -> Question:
    values = _values(draw)
    wheres = [condition.where for condition in what.conditions]
    query = f"SELECT {what.want.select} FROM worker"
    query += " WHERE " + " AND ".join(wheres) if wheres else ""
    query += what.want.tail + what.order.clause
    said = _korean(what, draw) if language == "ko" else _english(what, draw)
    return Question(said.format_map(values), query.format_map(values))


def _korean(what: Combination, draw: Random) -> str:
    parts = [condition.linked for condition in what.conditions[:-1]]
    parts += [condition.korean for condition in what.conditions[-1:]]
    said = draw.choice(what.want.korean).replace("{who}", " ".join(parts))
    return " ".join((what.order.korean + said).split())


def _english(what: Combination, draw: Random) -> str:
    who = " and ".join(condition.english for condition in what.conditions)
    said = draw.choice(what.want.english).replace("{who}", f" {who}" if who else "")
    return said[:-1] + what.order.english + said[-1]


def _values(draw: Random) -> dict[str, object]:
    """One of each slot. Numbers are round, as people say them."""
    low, high = sorted(draw.sample(range(2900, 6400, 100), 2))
    first, second = draw.sample(sorted(DEPARTMENTS), 2)
    return {
        **{"d": first, "D": DEPARTMENTS[first], "e": second, "E": DEPARTMENTS[second]},
        **{"n": low, "m": high, "k": draw.randint(2, 9), "y": draw.randint(2012, 2020)},
        **{"c": draw.choice("ADEHJMSTY"), "l": draw.choice(sorted({row[2] for row in PEOPLE}))},
    }
