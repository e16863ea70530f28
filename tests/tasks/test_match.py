"""Judge, matcher and captioner as a person uses them: trained on a few squares, saved, loaded,
asked, measured, by Python and by the command line.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from jium.cli import app
from jium.errors import ConfigError, DataError
from jium.evaluation.runner import evaluate
from jium.tasks import load
from jium.tasks.match import Matcher
from jium.training.recipe import Recipe
from jium.training.run import train

Image = pytest.importorskip("PIL.Image")

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 220)}
KOREAN = {"red": "빨간", "green": "초록", "blue": "파란", "left": "왼쪽", "right": "오른쪽"}


def square(colour: str, side: str, rng: np.random.Generator) -> np.ndarray:
    """A square of a colour on one side of a grey picture, 8 x 8."""
    image = np.full((8, 8, 3), 128, np.uint8)
    x = (1 if side == "left" else 4) + int(rng.integers(0, 2))
    image[2:6, x : x + 3] = COLOURS[colour]
    return np.clip(image + rng.integers(-9, 10, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with captions in both languages and two attributes, as a table beside them."""
    place, rng = tmp_path_factory.mktemp("squares"), np.random.default_rng(0)
    lines = []
    for number in range(96):
        colour, side = list(COLOURS)[number % 3], ("left", "right")[number // 3 % 2]
        Image.fromarray(square(colour, side, rng)).save(place / f"{number}.png")
        said = [f"a {colour} square on the {side}", f"{KOREAN[side]}에 있는 {KOREAN[colour]} 네모"]
        lines.append({"file_name": f"{number}.png", "text": said, "colour": colour, "side": side})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (place / "metadata.jsonl").write_text(text, "utf-8")
    return place


def values(folder: Path, task: str, model: dict[str, Any], **sections: Any) -> dict[str, Any]:
    data = {"kind": "images", "train": str(folder), "size": 8, "labels": ["colour", "side"]}
    data |= {"captions": ["text"], "valid_share": 0.2, "test_share": 0.2}
    settings = {"steps": 60, "batch_size": 16, "eval_every": 30, "save_every": 30, "threads": 1}
    settings |= {"precision": "float32", "log_every": 60} | sections.pop("train", {})
    optim = {"kind": "adamw", "lr": 3e-3}
    base = {"task": task, "data": data, "model": model, "optim": optim, "train": settings}
    return base | {"schedule": {"kind": "cosine", "warmup": 5}} | sections


VIT = dict(dim=32, n_heads=2, ffn_dim=64, n_layers=1, patch_size=4, stem_widths=[8, 16])
WORDS = {"tokenizer": {"kind": "word", "vocab_size": 100}}


@pytest.fixture(scope="module")
def runs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    place = tmp_path_factory.mktemp("runs")
    judge = {"kind": "image_classifier", "widths": [8, 16]}
    text = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=16)
    clip = {"kind": "clip", "projection_dim": 16, "image": VIT | {"pool": "mean"}, "text": text}
    writer = dict(kind="captioner", dim=32, n_heads=2, ffn_dim=64, n_layers=1, max_len=16)
    recipes = {
        "judge": values(folder, "attributes", judge),
        "clip": values(
            folder, "match", clip, **WORDS,
            optim={"kind": "adamw", "lr": 5e-3},
            train={"steps": 100, "eval_every": 50, "batch_size": 24},
        ),
        "writer": values(
            folder, "caption", writer | {"image": VIT}, **WORDS,
            optim={"kind": "adamw", "lr": 8e-3},
            train={"metric": "exact", "metric_examples": 6, "steps": 120, "eval_every": 60},
        ),
    }  # fmt: skip
    for name, recipe in recipes.items():
        train(Recipe.of(recipe, name), out=place / name, quiet=True)
    yield {name: place / name for name in recipes}


def pictures(n: int = 6) -> list[np.ndarray]:
    rng = np.random.default_rng(9)
    return [square(list(COLOURS)[i % 3], ("left", "right")[i // 3 % 2], rng) for i in range(n)]


# ---------------------------------------------------------------- the judge


def test_the_judge_names_every_attribute(runs: dict[str, Path]):
    judge = load(runs["judge"])
    found = judge.classify(pictures())
    assert [row["colour"] for row in found] == ["red", "green", "blue"] * 2
    assert [row["side"] for row in found] == ["left"] * 3 + ["right"] * 3
    assert judge.classify(pictures()[0]) == found[0]
    assert judge.classify([]) == []


def test_probabilities_add_up_and_the_likeliest_comes_first(runs: dict[str, Path]):
    found = load(runs["judge"]).classify(pictures()[0], probabilities=True)
    assert next(iter(found["colour"])) == "red"
    assert sum(found["side"].values()) == pytest.approx(1, abs=1e-5)


def test_a_picture_is_judged_alike_as_array_as_pil_and_as_file(
    runs: dict[str, Path], tmp_path: Path
):
    judge, image = load(runs["judge"]), pictures()[1]
    Image.fromarray(image).save(tmp_path / "x.png")
    ways = [image, Image.fromarray(image), tmp_path / "x.png"]
    scores = [judge.scores([way])["colour"] for way in ways]
    assert all(bool((s == scores[0]).all()) for s in scores)
    assert judge.classify(np.stack(pictures())) == judge.classify(pictures())


def test_features_are_the_same_whatever_stands_beside(runs: dict[str, Path]):
    judge = load(runs["judge"])
    whole = judge.features(pictures())
    assert whole.shape == (6, judge.model.feature_dim)
    np.testing.assert_allclose(whole[2:3], judge.features(pictures()[2]), atol=1e-5)


def test_what_is_no_picture_is_refused(runs: dict[str, Path], tmp_path: Path):
    judge = load(runs["judge"])
    with pytest.raises(DataError, match=r"uint8 \(height, width, 3\); got float64 \(8, 8, 3\)"):
        judge.classify(np.zeros((8, 8, 3)))
    with pytest.raises(DataError, match="got int"):
        judge.classify([3])
    with pytest.raises(DataError, match="no such file"):
        judge.classify(tmp_path / "missing.png")


def test_measuring_the_judge_gives_accuracy_with_intervals(runs: dict[str, Path], tmp_path: Path):
    found = evaluate(runs["judge"], "test", out=tmp_path)
    scores = {score.name: score for score in found["scores"]}
    assert list(scores) == ["accuracy", "colour", "side"]
    assert scores["colour"].value > 90 and scores["colour"].interval is not None
    rows = np.array(found["confusion"]["colour"]["rows"])
    assert rows.trace() / rows.sum() == pytest.approx(scores["colour"].value / 100)
    assert (tmp_path / "evaluation.json").is_file()


def test_other_pictures_can_be_measured(runs: dict[str, Path], folder: Path):
    found = evaluate(runs["judge"], folder)
    assert len(found["predictions"]) == 96


# ---------------------------------------------------------------- pictures and texts


def test_a_text_finds_its_picture_and_a_picture_its_text(runs: dict[str, Path]):
    clip, images = load(runs["clip"]), pictures()
    texts = [f"a {c} square on the {s}" for s in ("left", "right") for c in COLOURS]
    nearest = [clip.similar(text, images, n=1)[0][0] for text in texts]
    right = [near is image for near, image in zip(nearest, images, strict=True)]
    assert sum(right) >= 4
    back = [clip.similar(image, texts, n=1)[0][0] for image in images]
    assert sum(b == t for b, t in zip(back, texts, strict=True)) >= 4


def test_vectors_have_length_one_and_keep_their_order(runs: dict[str, Path]):
    clip, images = load(runs["clip"]), pictures(2)
    mixed = [images[0], "a red square on the left", images[1], "파란 네모"]
    found = clip.embed(mixed)
    assert found.shape == (4, 16)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    for row, thing in zip(found, mixed, strict=True):
        np.testing.assert_allclose(row, clip.embed(thing), atol=1e-5)
    assert clip.embed([]).shape == (0, 16)


def test_classes_are_told_by_their_words_alone(runs: dict[str, Path]):
    clip = load(runs["clip"])
    found = clip.classify(pictures(), list(COLOURS), templates=["a {} square on the left"])
    assert sum(f == c for f, c in zip(found, list(COLOURS) * 2, strict=True)) >= 4
    table = clip.classify(pictures()[0], list(COLOURS), probabilities=True)
    assert sum(table.values()) == pytest.approx(1, abs=1e-5)
    assert list(table.values()) == sorted(table.values(), reverse=True)
    with pytest.raises(ConfigError, match="name the classes"):
        clip.classify(pictures())
    with pytest.raises(ConfigError, match="no {} in 'square'"):
        clip.classify(pictures(), ["red"], templates=["square"])


def test_an_empty_text_has_no_vector(runs: dict[str, Path]):
    with pytest.raises(DataError, match="text 2 is empty"):
        load(runs["clip"]).embed(["a", " "])
    with pytest.raises(DataError, match="neither a text nor a picture: int"):
        load(runs["clip"]).embed([3])


def test_measuring_a_matcher_gives_recall(runs: dict[str, Path], tmp_path: Path):
    found = evaluate(runs["clip"], "test", out=tmp_path, among=12)
    names = [score.name for score in found["scores"]]
    assert names[:2] == ["picture_at_1", "picture_at_5"] and "text_at_1" in names
    assert json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["settings"]["among"] == 12


# ---------------------------------------------------------------- captions


def test_captions_are_written_in_each_language(runs: dict[str, Path]):
    writer = load(runs["writer"])
    assert writer.languages == ["ko", "en"]
    english = writer.caption(pictures(), language="en")
    assert sum(c in text for c, text in zip(list(COLOURS) * 2, english, strict=True)) >= 4
    assert all(text.startswith("a ") for text in english)
    korean = writer.caption(pictures()[0])
    assert "네모" in korean and korean == writer.caption(pictures(), language="ko")[0]
    assert writer.caption([]) == []


def test_beams_and_samples_are_to_be_had(runs: dict[str, Path]):
    writer = load(runs["writer"])
    three = writer.caption(pictures()[0], beam=3, n_best=3)
    assert len(three) == len(set(three)) == 3
    drawn = [writer.caption(pictures(), temperature=4.0, seed=s) for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_language_that_was_not_learned_is_refused(runs: dict[str, Path]):
    with pytest.raises(ConfigError, match="does not write 'de'. It writes: ko, en"):
        load(runs["writer"]).caption(pictures(), language="de")


def test_measuring_a_captioner_counts_exact_captions(runs: dict[str, Path], tmp_path: Path):
    found = evaluate(runs["writer"], "test", out=tmp_path)
    assert [score.name for score in found["scores"]] == ["exact_ko", "exact_en"]
    assert all(score.value > 50 for score in found["scores"])


# ---------------------------------------------------------------- the command line


def invoke(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_commands_take_picture_files(runs: dict[str, Path], folder: Path):
    one, two = folder / "0.png", folder / "1.png"
    assert "colour=red" in invoke("classify", runs["judge"], one)
    record = json.loads(invoke("classify", runs["judge"], one, "--top", 1, "--json"))
    assert list(record["colour"]) == ["red"]
    chosen = invoke("classify", runs["clip"], one, two, "--labels", "red, blue").splitlines()
    assert len(chosen) == 2 and chosen[0].split("\t")[1] in ("red", "blue")
    vectors = invoke("embed", runs["clip"], one, "a red square").splitlines()
    assert [len(line.split("\t")) for line in vectors] == [17, 17]
    ranked = invoke("similar", runs["clip"], "a red square on the left", "--among", folder, "-n", 3)
    assert len(ranked.splitlines()) == 3 and str(folder) in ranked
    assert "square" in invoke("caption", runs["writer"], one, "--language", "en")
    assert len(invoke("caption", runs["writer"], folder, "--json").splitlines()) == 96


def test_a_broken_picture_of_a_folder_is_named_and_left_out(
    runs: dict[str, Path], folder: Path, tmp_path: Path
):
    for name in ("0.png", "1.png"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "0b.png").write_bytes(b"no picture")
    for words in (
        ["classify", runs["judge"], tmp_path],
        ["classify", runs["clip"], tmp_path, "--labels", "red,blue"],
        ["caption", runs["writer"], tmp_path],
        ["similar", runs["clip"], "a red square", "--among", tmp_path],
    ):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == 2
        assert "0b.png: is no picture" in result.stderr and ": 1" in result.stderr
    alone = CliRunner().invoke(app, ["caption", str(runs["writer"]), str(tmp_path / "0b.png")])
    assert alone.exit_code == 1


def test_what_is_ranked_is_read_once_for_all_queries(
    runs: dict[str, Path], folder: Path, monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []
    images = Matcher._images

    def counted(self: Matcher, pictures: list[Any]) -> np.ndarray:
        read.append(len(pictures))
        return images(self, pictures)

    monkeypatch.setattr(Matcher, "_images", counted)
    lines = invoke("similar", runs["clip"], "red", "blue", "--among", folder, "-n", 1).splitlines()
    assert len(lines) == 2 and sum(read) == 96
    found = load(runs["clip"]).similar("red", among=sorted(folder.glob("*.png")), n=1)
    assert lines[0].split("\t")[0] == str(found[0][0])


def test_commands_say_what_is_wrong_with_pictures(runs: dict[str, Path], tmp_path: Path):
    for words in (
        ["classify", runs["judge"], "x.png", "--labels", "a"],
        ["caption", runs["writer"], tmp_path],
        ["similar", runs["clip"], "no.png", "--among", tmp_path],
    ):
        assert CliRunner().invoke(app, [str(word) for word in words]).exit_code == 1
