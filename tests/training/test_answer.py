"""Questions answered through the same verbs as everything else: planted answers, a tiny model."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import jium
from jium.checkpoint.run import load_weights
from jium.cli import app
from jium.errors import ConfigError, DataError, RunError
from jium.evaluation.answerer import evaluate_run
from jium.tasks.answer import Answerer
from jium.training.answer import best_threshold, encode, set_up
from jium.training.recipe import Recipe

FILLERS = [
    "어제",
    "나는",
    "아주",
    "먼",
    "길을",
    "걸어",
    "다시",
    "돌아와",
    "조용히",
    "쉬고",
    "밥을",
    "먹고",
]
PLACES = ["서울 시내", "부산 바다", "대구 시장", "광주 극장", "제주 오름"]
FRUITS = ["빨간 사과", "노란 참외", "단 수박", "신 자두", "작은 앵두"]
ASKED = {"어디에 갔나 ?": PLACES, "무엇을 샀나 ?": FRUITS}


def rows(n: int = 120, absent: float = 0.3) -> list[dict[str, Any]]:
    """Passages of fillers with a place and a fruit among them, of which some are left out."""
    draw = np.random.default_rng(0)
    found = []
    for number in range(n):
        words = [str(word) for word in draw.choice(FILLERS, size=int(draw.integers(6, 40)))]
        planted = {}
        for question, answers in ASKED.items():
            planted[question] = ""
            if draw.random() >= absent:
                planted[question] = str(draw.choice(answers))
                words.insert(int(draw.integers(len(words) + 1)), planted[question])
        context = " ".join(words)
        for question, answer in planted.items():
            row = {"id": f"{number}-{question}", "question": question, "context": context}
            start = [context.index(answer)] if answer else []
            found.append(row | {"answers": [answer] if answer else [], "answer_starts": start})
    return found


def plan(place: Path, steps: int = 200, absent: float = 0.3, **sections: Any) -> Recipe:
    path = place / "questions.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows(absent=absent)]
    path.write_text("".join(lines), "utf-8")
    shares = {"valid_share": 0.2, "test_share": 0.2}
    model = dict(dim=64, n_heads=2, ffn_dim=128, n_layers=2, max_len=32, dropout=0.0)
    values: dict[str, Any] = {
        "task": "answer",
        "data": {"train": str(path), "stride": 8, "max_question": 6, **shares},
        "tokenizer": {"kind": "word", "vocab_size": 300, "min_frequency": 1},
        "model": {"kind": "bert", "attention_dropout": 0.0, **model},
        "optim": {"lr": 5e-3},
        "schedule": {"warmup": 10},
        "train": dict(steps=steps, batch_tokens=1500, eval_every=100, save_every=200, metric="em"),
    }
    values["train"] |= {"threads": 1, "precision": "float32"}
    for name, section in sections.items():
        values[name] = values.get(name, {}) | section
    return Recipe.of(values, "tiny")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("answer")
    jium.train(plan(place), out=place / "run", quiet=True)
    return place / "run"


@pytest.fixture(scope="module")
def task(run: Path) -> Answerer:
    return jium.load(run)


# ---------------------------------------------------------------- from data to answer


def test_planted_answers_are_found(run: Path, task: Answerer):
    found = jium.evaluate(run, out=run)
    scores = {score.name: score.value for score in found["scores"]}
    assert min(scores["em"], scores["f1"], scores["em_stripped"]) >= 90
    assert min(scores["has_answer_em"], scores["no_answer_accuracy"]) >= 80
    assert any(found["predictions"]) and not all(found["predictions"])
    saved = json.loads((run / "evaluation.json").read_text("utf-8"))
    assert saved["scores"]["em"]["metric"]["kind"] == "answers"
    assert saved["settings"]["split"] == "test"
    lines = (run / "predictions.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(found["predictions"])


def test_an_answer_comes_with_its_place(task: Answerer):
    context = "어제 나는 제주 오름 다시 돌아와 단 수박 먹고 쉬고"
    places, fruits = task.answer(list(ASKED), context)
    assert (places["answer"], fruits["answer"]) == ("제주 오름", "단 수박")
    assert context[places["start"] : places["end"]] == "제주 오름"
    assert task.answer("어디에 갔나 ?", "나는 아주 먼 길을 단 수박 걸어 다시")["answer"] == ""


@pytest.mark.parametrize("place", [0, 300, 900])
def test_an_answer_is_found_in_a_passage_longer_than_any_window(task: Answerer, place: int):
    words = [FILLERS[number % len(FILLERS)] for number in range(900)]
    context = " ".join([*words[:place], "부산 바다", *words[place:]])
    assert len(task.tokenizer.encode(context)) > 20 * task.max_len
    found = task.answer("어디에 갔나 ?", context)
    assert context[found["start"] : found["end"]] == found["answer"] == "부산 바다"
    assert task.answer("무엇을 샀나 ?", context)["answer"] == ""


def test_what_is_trained_is_what_is_loaded(tmp_path: Path):
    made = jium.train(plan(tmp_path, steps=3), out=tmp_path / "run", quiet=True)
    loaded = jium.load(tmp_path / "run")
    assert (loaded.windows, loaded.frame) == (made.windows, made.frame)
    asked = ("어디에 갔나 ?", "나는 부산 바다 쉬고")
    assert loaded.spans(*([text] for text in asked)) == made.spans(*([text] for text in asked))


def test_without_unanswerable_questions_every_question_is_answered(tmp_path: Path):
    made = jium.train(plan(tmp_path, steps=3, absent=0.0), out=tmp_path / "run", quiet=True)
    assert made.threshold is None and jium.load(tmp_path / "run").threshold is None
    assert made.answer("어디에 갔나 ?", "나는 밥을 먹고")["answer"]


def test_the_command_line_answers(run: Path, tmp_path: Path):
    passage = "나는 광주 극장 쉬고 아주 먼 길을 다시 신 자두 먹고 조용히"
    (tmp_path / "passage.txt").write_text(passage, "utf-8")
    (tmp_path / "questions.txt").write_text("무엇을 샀나 ?\n\n", "utf-8")
    given = ["answer", str(run), "--context", str(tmp_path / "passage.txt")]
    both = [*given, "--question", "어디에 갔나 ?", "--file", str(tmp_path / "questions.txt")]
    found = CliRunner().invoke(app, both)
    assert found.output.splitlines() == ["광주 극장", "신 자두"]
    lines = CliRunner().invoke(app, [*both, "--json"]).output.splitlines()
    first = json.loads(lines[0])
    assert (first["question"], first["answer"], first["start"]) == ("어디에 갔나 ?", "광주 극장", 3)
    table = CliRunner().invoke(app, [*both, "--n-best", "3"]).output.splitlines()
    assert table[0].endswith("\t3-8\t광주 극장") and table[3] == "" and len(table) == 8
    nothing = CliRunner().invoke(app, given)
    assert nothing.exit_code == 1 and "--question: give one, or --file FILE" in nothing.output


# ---------------------------------------------------------------- how it learns


def test_windows_of_training_hold_their_answers(tmp_path: Path):
    setup = set_up(plan(tmp_path), tmp_path / "run")
    rows, lost = encode(setup.task, setup.asked)
    assert lost == 0 and len(rows) > len(setup.asked)
    assert isinstance(rows.targets, np.ndarray)
    starts = rows.ends - rows.lengths
    said = {
        setup.task.tokenizer.decode(rows.ids[start + first : start + last + 1]).strip()
        for start, (first, last) in zip(starts, rows.targets, strict=True)
        if last
    }
    assert said == {*PLACES, *FRUITS}
    assert (rows.targets == 0).all(1).any()


@pytest.mark.parametrize(
    ("margins", "given", "silent", "low", "high"),
    [
        ([3, 2, -1, -2], [1, 1, 0, 0], [0, 0, 1, 1], -1, 2),
        ([3, 2, -1, -2], [1, 1, 1, 1], [0, 0, 0, 0], -np.inf, -2),
        ([3, 2, 1], [0, 0, 0], [1, 1, 1], 3, np.inf),
        ([3, 2, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1], 0, 3),
        ([1, 1, 1], [1, 0, 0], [0, 1, 1], 1, np.inf),
        ([5, -np.inf], [1, 0], [0, 1], -np.inf, 5),
    ],
)
def test_the_threshold_is_the_one_that_scores_best(
    margins: list[float], given: list[float], silent: list[float], low: float, high: float
):
    found = best_threshold(*(np.array(x, np.float64) for x in (margins, given, silent)))
    assert low < found < high

    def total(threshold: float) -> float:
        return sum(
            g if m >= threshold else s for m, g, s in zip(margins, given, silent, strict=True)
        )

    assert total(found) == max(total(t) for t in np.linspace(-9, 9, 181))


def test_the_threshold_of_no_question_is_none():
    assert best_threshold(np.array([-np.inf]), np.zeros(1), np.ones(1)) == 0


def test_the_threshold_is_tuned_and_kept(run: Path, tmp_path: Path):
    """Moved far off before it is settled, it comes back to where answers are right."""
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    setup = set_up(plan(tmp_path), copy)
    load_weights(copy, setup.task.model)
    setup.task.threshold = 1e6
    setup.finish(copy)
    loaded = jium.load(copy)
    assert loaded.threshold == setup.task.threshold != 1e6
    found = jium.evaluate(loaded, setup.valid)
    assert found["scores"][0].value == 100


# ---------------------------------------------------------------- what is wrong


def test_files_that_cannot_be_measured_are_explained(run: Path, task: Answerer, tmp_path: Path):
    (tmp_path / "a.tsv").write_text("question\ttext\nq\tt\n", "utf-8")
    with pytest.raises(DataError, match=r"which column is the context\? It has: question, text"):
        jium.evaluate(run, tmp_path / "a.tsv")
    (tmp_path / "b.tsv").write_text("question\tcontext\tanswers\nq\tt\tx\n", "utf-8")
    with pytest.raises(DataError, match=r"none of the 1 rows holds a question.*answer_not_there"):
        jium.evaluate(run, tmp_path / "b.tsv")
    with pytest.raises(DataError, match="There is no question to measure"):
        jium.evaluate(task, [])
    with pytest.raises(ConfigError, match="'test' is a split of a run's own data"):
        jium.evaluate(task, "test")
    with pytest.raises(ConfigError, match="beam: is nothing that a reader of passages knows"):
        jium.evaluate(task, "test", beam=3)
    with pytest.raises(ConfigError, match="rules: must be one of korquad, squad; got 'klue'"):
        evaluate_run(task, "test", run=run, rules="klue")  # type: ignore[arg-type]


def test_a_file_with_columns_of_its_own_is_measured(run: Path, tmp_path: Path):
    made = [{"q": r["question"], "p": r["context"], "a": r["answers"]} for r in rows(3)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in made), "utf-8")
    found = jium.evaluate(run, path, question="q", context="p", answers="a", rules="squad")
    assert found["scores"][0].value == 100 and "squad" in found["scores"][0].signature


def test_nothing_to_validate_with_is_said(tmp_path: Path):
    recipe = plan(tmp_path, data={"valid_share": 0.0})
    with pytest.raises(DataError, match="nothing to validate with. Give data.valid=FILE"):
        set_up(recipe, tmp_path / "run")


def test_a_damaged_run_is_explained(run: Path, tmp_path: Path):
    document = json.loads((run / "config.json").read_text("utf-8"))
    del document["jium"]["threshold"]
    for name in ("model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    (tmp_path / "config.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(RunError, match="config.json: is damaged .'threshold'"):
        jium.load(tmp_path)


def test_settings_that_cannot_be_are_explained(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"objective.dropout: must be in \[0, 1\); got 1.0"):
        plan(tmp_path, objective={"dropout": 1.0})
