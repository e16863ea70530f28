"""A table of people who work, and seven questions about it with the SQL that answers them.

The table, the people and every sentence were made up here.
"""

import sqlite3
from dataclasses import dataclass

DEPARTMENTS = {
    "HR": "인사",
    "Sales": "영업",
    "IT": "전산",
    "Finance": "재무",
    "Design": "디자인",
    "Support": "고객 지원",
}
# id, first name, last name, department, salary in thousands of won, the day they joined
PEOPLE = [
    (1, "Minji", "Kim", "HR", 3200, "2015-03-02"),
    (2, "Jiho", "Lee", "Sales", 4100, "2016-07-18"),
    (3, "Seoyeon", "Park", "IT", 5600, "2014-01-06"),
    (4, "Doyun", "Choi", "IT", 4800, "2018-09-10"),
    (5, "Hayun", "Jung", "Finance", 5200, "2013-05-20"),
    (6, "Junseo", "Kang", "Sales", 3600, "2019-02-11"),
    (7, "Ara", "Yoon", "Design", 3900, "2017-11-27"),
    (8, "Siwoo", "Jang", "Support", 2900, "2020-04-13"),
    (9, "Eunchae", "Lim", "HR", 4400, "2014-08-25"),
    (10, "Taeyang", "Han", "Finance", 6100, "2012-10-01"),
    (11, "Yuna", "Kim", "Sales", 4700, "2015-06-15"),
    (12, "Minho", "Lee", "Support", 3100, "2018-03-05"),
    (13, "Dain", "Oh", "Design", 3500, "2020-08-03"),
    (14, "Sungmin", "Park", "IT", 6400, "2013-12-09"),
    (15, "Haneul", "Shin", "HR", 3000, "2019-10-21"),
    (16, "Jiwon", "Choi", "Finance", 4500, "2017-01-16"),
    (17, "Ahin", "Seo", "Sales", 5300, "2014-04-07"),
    (18, "Dongha", "Kwon", "IT", 4200, "2019-05-27"),
    (19, "Soyul", "Hwang", "Design", 4600, "2016-02-22"),
    (20, "Minseok", "Kim", "Support", 3400, "2017-08-14"),
    (21, "Yejun", "Jung", "IT", 3800, "2020-01-20"),
    (22, "Hyerin", "Lee", "Finance", 3700, "2018-11-12"),
    (23, "Jaewon", "Kang", "Sales", 3300, "2020-06-29"),
    (24, "Eunwoo", "Yoon", "HR", 4900, "2013-09-16"),
]
TABLE = """CREATE TABLE worker (
  id INTEGER PRIMARY KEY,
  first_name TEXT,
  last_name TEXT,
  department TEXT,
  salary INTEGER,
  joined TEXT
)"""
SCRIPT = f"{TABLE};\nINSERT INTO worker VALUES\n" + ",\n".join(map(str, PEOPLE)) + ";\n"


def database() -> sqlite3.Connection:
    """The table in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCRIPT)
    return connection


@dataclass(frozen=True)
class Example:
    """A question in both languages, and the query that answers it."""

    korean: str
    english: str
    query: str


# Seven for a prompt, each with something that the others lack.
EXAMPLES = [
    Example(
        "전산 부서에서 일하는 직원의 이름을 알려 줘.",
        "Give me the first names of the workers in the IT department.",
        "SELECT first_name FROM worker WHERE department = 'IT'",
    ),
    Example(
        "부서마다 직원이 몇 명이야?",
        "How many workers are in each department?",
        "SELECT department, COUNT(*) FROM worker GROUP BY department",
    ),
    Example(
        "급여가 가장 높은 세 사람의 이름과 급여는?",
        "What are the first names and salaries of the three people who earn most?",
        "SELECT first_name, salary FROM worker ORDER BY salary DESC LIMIT 3",
    ),
    Example(
        "평균보다 많이 버는 직원은 몇 명이야?",
        "How many workers earn more than the average?",
        "SELECT COUNT(*) FROM worker WHERE salary > (SELECT AVG(salary) FROM worker)",
    ),
    Example(
        "직원이 네 명보다 적은 부서는 어디야?",
        "Which departments have fewer than four workers?",
        "SELECT department FROM worker GROUP BY department HAVING COUNT(*) < 4",
    ),
    Example(
        "같은 성을 가진 직원이 둘 이상인 성은?",
        "Which last names are shared by two or more workers?",
        "SELECT last_name FROM worker GROUP BY last_name HAVING COUNT(*) >= 2",
    ),
    Example(
        "2019년 뒤에 입사한 직원의 이름과 성을 붙여서 보여 줘.",
        "Show the first and last names, joined by a space, of those who joined after 2019.",
        "SELECT first_name || ' ' || last_name FROM worker WHERE joined > '2019-12-31'",
    ),
]
