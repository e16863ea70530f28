"""Three tiny runs, measured as a suite by the command line; and what may be wrong with it."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import jium
from jium.cli import app
from jium.errors import DataError, RunError
from jium.evaluation.suite_run import evaluate_suite
from jium.training.recipe import Recipe

TOPICS = {"경제": ["주가", "환율", "금리"], "스포츠": ["축구", "야구", "농구"]}
TINY = {"kind": "bert", "dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 32}


def topics(n: int) -> list[dict[str, Any]]:
    drawn = random.Random(n)
    labels = [drawn.choice(list(TOPICS)) for _ in range(n)]
    return [
        {"title": f"{i} {drawn.choice(TOPICS[x])} 소식", "label": x} for i, x in enumerate(labels)
    ]


def inferences(n: int) -> list[dict[str, Any]]:
    drawn = random.Random(n)
    names = ("entailment", "neutral", "contradiction")
    return [
        {"premise": f"{i} 비가 온다", "hypothesis": f"날이 {x}", "gold_label": names[x]}
        for i, x in enumerate(drawn.choices(range(3), k=n))
    ]


def entities(n: int) -> list[dict[str, Any]]:
    drawn = random.Random(n)
    rows = []
    for i, name in enumerate(drawn.choices(["서울", "부산", "대전"], k=n)):
        before = ["O"] * len(f"{i} ")
        tags = [*before, "B-LC", "I-LC", "O", "O", "O", "O"]
        rows.append({"text": f"{i} {name}에 갔다", "tags": tags})
    return rows


def write(path: Path, rows: Sequence[Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    return str(path)


def train(
    place: Path, name: str, task: str, data: dict[str, Any], rows: Any, **values: Any
) -> None:
    data = {"train": write(place / f"{name}.json", rows), "valid_share": 0.1} | data
    values = {"model": TINY, "tokenizer": {"kind": "bpe", "vocab_size": 270}, **values}
    small = {"steps": 3, "batch_tokens": 500, "eval_every": 1000, "save_every": 1000}
    shared = {"train": small | {"threads": 1, "precision": "float32"} | values.pop("train", {})}
    recipe = Recipe.of({"task": task, "data": data, **values, **shared}, "tiny")
    jium.train(recipe, out=place / "runs" / name, quiet=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """runs/klue-tc, klue-nli and klue-ner, and the files that they are measured on in klue."""
    place = tmp_path_factory.mktemp("suite")
    columns = {"text": "title", "label": "label"}
    model = {"model": {"kind": "fasttext"}, "optim": {"lr": 1e-2}, "train": {"steps": 60}}
    train(place, "klue-tc", "classify", columns, topics(300), **model)
    columns = {"text": "premise", "second": "hypothesis", "label": "gold_label"}
    longer = {"optim": {"lr": 1e-2}, "schedule": {"warmup": 5}, "train": {"steps": 50}}
    train(place, "klue-nli", "classify", columns, inferences(120), **longer)
    train(place, "klue-ner", "tag", {}, entities(60))
    write(place / "klue" / "ynat-v1.1" / "ynat-v1.1_dev.json", topics(40))
    write(place / "klue" / "klue-nli-v1.1" / "klue-nli-v1.1_dev.json", inferences(30))
    write(place / "klue" / "klue-ner" / "test.json", entities(20))
    write(place / "klue" / "klue-mrc" / "dev.json", [])
    return place


def evaluate(*words: Any) -> Any:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


@pytest.fixture(scope="module")
def measured(place: Path) -> Any:
    return evaluate(place / "runs", "--suite", "klue", "--data", place / "klue")


def test_a_folder_of_runs_is_measured_by_the_command_line(place: Path, measured: Any):
    assert measured.exit_code == 0, measured.output
    for said in ("KLUE-TC: 40 rows", "over 3 of 5 tasks", "Not on disk: KLUE-STS",
                 "No run given for: KLUE-MRC", "KLUE-RoBERTa", "suite-klue.md"):  # fmt: skip
        assert said in measured.output
    report = json.loads((place / "runs" / "suite-klue.json").read_text("utf-8"))
    assert set(report["tasks"]) == {"KLUE-TC", "KLUE-NLI", "KLUE-NER"}
    assert report["tasks"]["KLUE-TC"]["scores"]["macro_f1"]["value"] > 90
    ner = report["tasks"]["KLUE-NER"]
    assert {"entity_f1", "character_f1"} <= set(ner["scores"]) and ner["rows"] == 20
    assert [file["name"] for file in ner["files"]] == ["klue-ner/test.json"]
    figures = {name: one["scores"] for name, one in report["tasks"].items()}
    first = ("KLUE-TC", "macro_f1"), ("KLUE-NLI", "accuracy"), ("KLUE-NER", "entity_f1")
    mean = sum(figures[task][metric]["value"] for task, metric in first) / 3
    assert report["averages"] == {"mean": pytest.approx(mean)}


def test_a_suite_gives_what_evaluate_gives_of_both_texts(place: Path, measured: Any):
    renamed = [dict(zip("abc", row.values(), strict=True)) for row in inferences(30)]
    given = ["--data", write(place / "renamed.json", renamed), "--source", "a", "--target", "c"]
    given += ["--out", place / "alone", "--json"]
    both = evaluate(place / "runs" / "klue-nli", *given, "--second", "b")
    report = json.loads((place / "runs" / "suite-klue.json").read_text("utf-8"))
    values = {name: one["value"] for name, one in report["tasks"]["KLUE-NLI"]["scores"].items()}
    assert json.loads(both.stdout)["scores"] == pytest.approx(values)
    assert values["accuracy"] > 90
    one = evaluate(place / "runs" / "klue-nli", *given)
    assert json.loads(one.stdout)["scores"]["accuracy"] < 60


def test_an_earlier_report_stands_beside_it(place: Path, measured: Any):
    earlier = place / "runs" / "suite-klue.json"
    given = [place / "runs" / "klue-tc", "--suite", "klue", "--data", place / "klue"]
    found = evaluate(*given, "--against", earlier, "--out", place / "again")
    assert found.exit_code == 0, found.output
    report = (place / "again" / "suite-klue.md").read_text("utf-8").splitlines()
    ours, theirs = (
        next(line for line in report if line.startswith(f"| {name} ")).split("|")[2:]
        for name in ("measured here", "earlier report")
    )
    assert ours == theirs


def test_figures_of_other_files_are_not_compared(place: Path, measured: Any, tmp_path: Path):
    write(tmp_path / "ynat" / "dev.json", topics(39))
    given = [place / "runs" / "klue-tc", "--suite", "klue", "--data", tmp_path]
    found = evaluate(*given, "--against", place / "runs" / "suite-klue.json", "--out", tmp_path)
    assert found.exit_code == 1 and not (tmp_path / "suite-klue.json").exists()
    assert "KLUE-TC: was measured on other files in" in found.output
    assert "ynat-v1.1_dev.json (SHA-256" in found.output


def test_tasks_may_be_given_as_objects(place: Path):
    task = jium.load(place / "runs" / "klue-tc")
    report = evaluate_suite("klue", {"ynat": task}, place / "klue", samples=10)
    assert report.tasks["KLUE-TC"].run == "Classifier" and list(report.tasks) == ["KLUE-TC"]


def test_a_run_of_another_task_is_refused_before_anything_is_measured(place: Path):
    runs, told = place / "runs", []
    given = {"klue-tc": runs / "klue-tc", "klue-nli": runs / "klue-ner"}
    with pytest.raises(RunError, match='klue-ner: was made for the task "tag"; KLUE-NLI needs'):
        evaluate_suite("klue", given, place / "klue", tell=lambda *said: told.append(said))
    with pytest.raises(RunError, match="knows the label '경제', which KLUE-NLI does not have"):
        evaluate_suite("klue", {"klue-nli": runs / "klue-tc"}, place / "klue")
    assert not told


def test_a_run_without_files_is_said(place: Path):
    with pytest.raises(DataError, match="no task of klue has both .*Runs: KLUE-STS"):
        evaluate_suite("klue", {"sts": place / "runs" / "klue-tc"}, place / "klue")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--suite", "gleu", "--data", "."], 'no suite "gleu". Did you mean "glue"'),
        (["--suite", "klue"], "data: is missing: the folder"),
        (["--suite", "klue", "--data", "nowhere"], "nowhere: no such folder"),
        (["--suite", "klue", "--data", ".", "--beam", "2"], "beam: is nothing that a suite knows"),
        (["--against", "x.json"], "against: needs --suite"),
        (["another"], "one run is measured at a time; got 2"),
    ],
)
def test_what_may_be_wrong_is_one_message(place: Path, words: list[str], said: str):
    found = evaluate(place / "runs" / "klue-tc", *words)
    assert found.exit_code == 1 and said in " ".join(found.output.split())
    assert "Traceback" not in found.output
