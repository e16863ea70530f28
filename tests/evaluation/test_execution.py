"""Queries that answer alike agree, whatever they look like; a query can do no harm."""

import sqlite3
from pathlib import Path

import pytest

from jium.config import build_kind
from jium.errors import ConfigError, DataError
from jium.evaluation import METRICS
from jium.evaluation.execution import Execution, bare, is_ordered

NAMES = "SELECT first_name FROM worker WHERE department = 'IT'"


def agree(prediction: str, reference: str) -> bool:
    return Execution().sentence(prediction, reference) == 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAMES, NAMES.lower().replace("'it'", "'IT'")),
        (NAMES, "SELECT w.first_name AS n FROM worker w WHERE NOT w.department <> 'IT'"),
        (NAMES, NAMES + " ORDER BY first_name DESC"),
        ("SELECT COUNT(*) FROM worker", "SELECT 24"),
        ("SELECT COUNT(*) FROM worker", "SELECT 24.0"),
        ("SELECT AVG(salary) FROM worker", "SELECT SUM(salary) * 1.0 / COUNT(*) FROM worker"),
        (NAMES + " ORDER BY salary, id", NAMES + " ORDER BY salary ASC"),
        (NAMES, f"```sql\n{NAMES};\n```"),
        (NAMES, f" {NAMES} ; "),
    ],
)
def test_queries_with_one_answer_agree(one: str, other: str) -> None:
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAMES, NAMES.replace("IT", "HR")),
        (NAMES, NAMES.replace("first_name", "last_name")),
        (NAMES, NAMES.replace("first_name", "first_name, id")),
        (NAMES, NAMES + " LIMIT 2"),
        (NAMES + " ORDER BY salary", NAMES + " ORDER BY salary DESC"),
        (
            "SELECT last_name FROM worker WHERE last_name = 'Kim'",
            "SELECT DISTINCT last_name FROM worker WHERE last_name = 'Kim'",
        ),
        (NAMES, "모르겠습니다"),
        (NAMES, ""),
        (NAMES, "\ud800"),
        (NAMES, "SELECT '\0'"),
        ("SELECT '1'", "SELECT 1"),
    ],
)
def test_queries_with_other_answers_do_not(one: str, other: str) -> None:
    assert not agree(other, one)


def test_order_counts_only_where_the_reference_sorts() -> None:
    assert is_ordered("SELECT 1 order  by 1")
    assert is_ordered("SELECT * FROM (SELECT 1) ORDER BY 1")
    assert not is_ordered("SELECT * FROM (SELECT 1 ORDER BY 1)")
    assert not is_ordered("SELECT 'a order by b' -- order by\n/* ORDER BY */")
    assert not is_ordered('SELECT "order by" FROM borders_by')


HARMFUL = [
    "DELETE FROM worker",
    "INSERT INTO worker (id) VALUES (99)",
    "UPDATE worker SET salary = 0",
    "DROP TABLE worker",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x AS SELECT * FROM worker",
    "ATTACH DATABASE 'x.db' AS x",
    "DETACH DATABASE main",
    "VACUUM INTO 'x.db'",
    "PRAGMA table_info(worker)",
    "PRAGMA writable_schema = 1",
    "SELECT load_extension('x')",
    "SELECT random()",
    "BEGIN",
    "SELECT 1; DELETE FROM worker",
    "WITH x AS (SELECT 1) INSERT INTO worker (id) SELECT 99",
]


@pytest.mark.parametrize("query", HARMFUL)
def test_a_query_can_only_read(query: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    metric = Execution()
    assert metric.run(query) is None
    assert metric.run("SELECT COUNT(*), MIN(salary) FROM worker") == [(24, 2900)]
    assert not list(tmp_path.iterdir())
    assert metric([query], [NAMES]) == {"execution": 0.0, "valid_sql": 0.0}


ENDLESS = [
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT MAX(n) FROM x",
    "SELECT COUNT(*) FROM worker a, worker b, worker c, worker d, worker e, worker f",
]


@pytest.mark.parametrize("query", ENDLESS)
def test_a_query_without_end_is_stopped_after_so_many_steps(query: str) -> None:
    metric = Execution(max_steps=200_000)
    assert metric.run(query) is None
    assert metric.run(NAMES) is not None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a.id FROM worker a, worker b, worker c",
        "SELECT zeroblob(100000000)",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x LIMIT 20) "
        "SELECT hex(zeroblob(400000)) FROM x",
        "SELECT '" + "a" * 20_000 + "'",
    ],
)
def test_what_is_too_large_is_refused(query: str) -> None:
    assert Execution().run(query) is None


def test_as_many_rows_as_asked_for_are_read() -> None:
    assert Execution(max_rows=24).run("SELECT id FROM worker") is not None
    assert Execution(max_rows=23).run("SELECT id FROM worker") is None


def test_a_corpus_is_scored() -> None:
    metric = build_kind(METRICS, {"kind": "execution"}, "metric")
    found = metric([NAMES, NAMES.replace("IT", "HR"), "oops", NAMES], [NAMES] * 4)
    assert found == {"execution": 50.0, "valid_sql": 75.0}
    assert metric.signature() == "metric:execution|database:worker|steps:5000000"


def test_a_reference_that_does_not_run_is_an_error() -> None:
    with pytest.raises(DataError, match="the reference 'SELECT x' does not run: no such column"):
        Execution()([NAMES], ["SELECT x"])
    with pytest.raises(DataError, match="references"):
        Execution()([NAMES], [])


def test_another_database_may_be_given(tmp_path: Path) -> None:
    script = tmp_path / "x.sql"
    script.write_text(
        "CREATE TABLE 과일 (이름 TEXT);\nINSERT INTO 과일 VALUES ('사과');\n", "utf-8"
    )
    file = tmp_path / "x.db"
    connection = sqlite3.connect(file)
    connection.executescript(script.read_text("utf-8"))
    connection.close()
    for path in (script, file):
        assert Execution(database=str(path)).run("SELECT 이름 FROM 과일") == [("사과",)]
    before = file.read_bytes()
    assert Execution(database=str(file)).run("DELETE FROM 과일") is None
    assert file.read_bytes() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    for name, content in (("x.sql", "oops"), ("x.db", "oops" * 500), ("y.db", None)):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(ConfigError, match='database: must be "worker", a database of SQLite'):
            Execution(database=str(tmp_path / name)).run(NAMES)
    with pytest.raises(ConfigError, match="max_rows: must be at least 1"):
        Execution(max_rows=0)


def test_a_fence_is_taken_off() -> None:
    assert bare("```\nSELECT 1;\n```") == "SELECT 1"
    assert bare("SELECT '```'") == "SELECT '```'"
