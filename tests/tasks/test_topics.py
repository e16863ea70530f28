import random
from pathlib import Path

import pytest

import jium
from jium.errors import DataError, RunError
from jium.tasks.topics import TopicModel, readable

pytest.importorskip("sklearn")

FOOD = ("김치", "된장", "밥상", "국수", "만두", "떡볶이", "고추장", "비빔밥", "식당", "반찬")
SPORT = ("축구", "야구", "농구", "선수", "경기", "감독", "운동장", "심판", "우승", "배구")
SCHOOL = ("교실", "학생", "시험", "숙제", "교과서", "칠판", "교사", "방학", "졸업", "성적")
THEMES = (FOOD, SPORT, SCHOOL)


def texts() -> list[str]:
    draw = random.Random(0)
    chosen = [draw.sample(words, 6) for _ in range(40) for words in THEMES]
    return [f"{n}: {', '.join(words)}" for n, words in enumerate(chosen)]


@pytest.fixture(scope="module", params=["lda", "nmf"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "texts.txt").write_text("\n".join(texts()), "utf-8")
    recipe = f"""task = "topics"
[data]
kind = "texts"
train = "{folder}/texts.txt"
valid_share = 0.1
test_share = 0.1
[model]
kind = "{request.param}"
n_topics = 3
max_iterations = 30
"""
    (folder / "topics.toml").write_text(recipe, "utf-8")
    jium.train(folder / "topics.toml", out=folder / "run", quiet=True)
    return folder / "run"


def test_planted_themes_come_out_as_readable_topics(run: Path) -> None:
    found = jium.load(run).topics(n_words=10)
    assert sorted(sorted(topic.words) for topic in found) == sorted(map(sorted, THEMES))
    assert sum(topic.share for topic in found) == pytest.approx(1, abs=1e-5)
    assert [t.share for t in found] == sorted((t.share for t in found), reverse=True)
    for topic in found:
        assert topic.coherence > 0
        assert all(sum(word in text for word in topic.words) >= 4 for text in topic.texts)


def test_a_new_text_is_about_the_topic_of_its_words(run: Path) -> None:
    task: TopicModel = jium.load(run)
    shares = task.topic("오늘은 김치와 만두 그리고 국수를 먹었다")
    best = next(topic for topic in task.topics() if topic.number == next(iter(shares)))
    assert "김치" in best.words
    assert sum(shares.values()) == pytest.approx(1)
    assert task.topic(["축구 경기", "시험 숙제"])[0] == task.topic("축구 경기")


def test_a_text_of_unknown_words_is_refused(run: Path) -> None:
    for text in ("", "😀", "שלום", "뷁"):
        with pytest.raises(DataError, match="text 1 has no word that the topics know"):
            jium.load(run).topic(text)


def test_topics_are_measured_on_other_texts(run: Path) -> None:
    found = jium.evaluate(run, texts()[:60])
    scores = {score.name: score.value for score in found["scores"]}
    assert 0 < scores["coherence"] <= 1
    assert 0 < scores["diversity"] <= 100


def test_a_run_without_its_topics_is_named(run: Path, tmp_path: Path) -> None:
    import shutil

    moved = shutil.copytree(run, tmp_path / "moved")
    (moved / "topics.json").unlink()
    with pytest.raises(RunError, match=r"has no topics\.json"):
        jium.load(moved)


def test_verbs_are_shown_as_the_dictionary_has_them() -> None:
    assert readable("먹/VV") == "먹다"
    assert readable("예쁘/VA-I") == "예쁘다"
    assert readable("강아지/NNG") == "강아지"
    assert readable("kiwi") == "kiwi"
