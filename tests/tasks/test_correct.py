from pathlib import Path

import pytest

import jium
from jium.errors import ConfigError, RunError
from jium.tasks.correct import Corrector

NOUNS = ("강아지", "고양이", "도서관", "친구", "영화", "바다", "공원", "기차")
RECIPE = """
task = "correct"

[data]
kind = "texts"
train = "texts.txt"
valid = "valid.txt"
folder = "{folder}"

[model]
kind = "noisy_channel"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speller")
    lines = [
        f"나는 {a}에서 {b}까지 같이 걸었다 {n}" for a in NOUNS for b in NOUNS for n in range(9)
    ]
    (folder / "texts.txt").write_text("\n".join(lines), "utf-8")
    valid = [f"나는 같이 {a}에서 {b}까지 걸었다" for a in NOUNS for b in NOUNS]
    (folder / "valid.txt").write_text("\n".join(valid), "utf-8")
    (folder / "speller.toml").write_text(RECIPE.format(folder=folder), "utf-8")
    jium.train(folder / "speller.toml", out=folder / "run", quiet=True)
    return folder / "run"


@pytest.fixture(scope="module")
def task(run: Path) -> Corrector:
    return jium.load(run)


def test_a_speller_over_jamo_fixes_planted_typos(task: Corrector) -> None:
    assert (
        task.correct("나는 강아지애서 도서괂까지 가치 걸었다")
        == "나는 강아지에서 도서관까지 같이 걸었다"
    )


def test_changes_say_where_and_how_sure(task: Corrector) -> None:
    text = "😀 나는, 도서괂까지 걸었다ㅋㅋ"
    (change,) = task.changes(text)
    assert text[change.start : change.end] == change.typed == "도서괂까지"
    assert change.corrected == "도서관까지"
    assert 0.5 < change.probability <= 1


def test_what_is_no_korean_word_is_left_alone(task: Corrector) -> None:
    for text in (
        "",
        " ",
        "ㅋㅋㅋㅋ ㅠㅠ ㅇㅇ",
        "https://example.org/강아지애서",
        "2021년 3월, A4용지 5천원",
        "שלום עולם 😀👍🏽 مرحبا",
        "Gong Yoo & the wolrd",
        "ㄱ",
    ):
        assert task.correct(text) == text


def test_a_list_in_a_list_out_and_spaces_stay(task: Corrector) -> None:
    texts = ["나는  걸었다\n", "가치   걸었다."]
    assert task.correct(texts) == ["나는  걸었다\n", "같이   걸었다."]
    assert task.correct([]) == []


def test_training_measures_and_evaluating_reports(run: Path, tmp_path: Path) -> None:
    found = jium.evaluate(run, "valid", out=tmp_path, rate=0.2, seed=1)
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["precision"] > 90
    assert scores["recall"] > 70
    assert scores["false_alarms"] == 0
    assert (tmp_path / "evaluation.json").is_file()
    assert jium.evaluate(run, ["나는 걸었다"])["scores"][1].name == "recall"
    with pytest.raises(ConfigError, match="is nothing that a spelling corrector knows"):
        jium.evaluate(run, "valid", beam=3)


def test_a_run_moves_and_needs_its_words(run: Path, tmp_path: Path, task: Corrector) -> None:
    import shutil

    moved = shutil.copytree(run, tmp_path / "moved")
    assert jium.load(moved).correct("가치 걸었다") == task.correct("가치 걸었다") == "같이 걸었다"
    (moved / "vocabulary.json").unlink()
    with pytest.raises(RunError, match=r"has no vocabulary\.json"):
        jium.load(moved)
