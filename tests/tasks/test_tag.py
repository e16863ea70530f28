"""The tagger as a person uses it: trained, saved, loaded, asked, measured."""

import json
import random
import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

import jium
from jium.cli import app
from jium.data.tagged import Tagged
from jium.data.text_batches import TextBatches
from jium.errors import ConfigError, DataError, RunError
from jium.evaluation.tagger import evaluate_run
from jium.models.characters import CharacterHead
from jium.tasks.tag import Tagger
from jium.text.bio import Span
from jium.training.recipe import Recipe

NAMES = {"PS": ["김철수", "이영희", "박민수", "최지우"], "LC": ["서울", "부산", "대전", "제주도"]}
SAID = ["{PS}가 {LC}에서 잤다.", "어제 {LC}에는 {PS}와 나만 있었다", "{PS}는 {LC}로 갔다",
        "비가 온다", "{LC}, {LC}!"]  # fmt: skip


def rows(n: int = 160) -> list[dict[str, Any]]:
    """Sentences with people and places, a tag for each character."""
    drawn = random.Random(0)
    made = []
    for number in range(n):
        text, tags = f"{number}: ", ["O"] * (len(str(number)) + 2)
        sentences = " ".join(drawn.choices(SAID, k=drawn.choice((1, 1, 2))))
        for part in re.split(r"\{(\w\w)\}", sentences):
            name = drawn.choice(NAMES[part]) if part in NAMES else part
            inside = [f"B-{part}"] + [f"I-{part}"] * (len(name) - 1)
            text, tags = text + name, tags + (inside if part in NAMES else ["O"] * len(name))
        made.append({"text": text, "tags": tags})
    return made


def plan(place: Path, steps: int = 60, **sections: dict[str, Any]) -> Recipe:
    path = place / "data.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows()), "utf-8")
    values: dict[str, Any] = {
        "task": "tag",
        "data": {"train": str(path), "valid_share": 0.15, "test_share": 0.15},
        "tokenizer": {"kind": "bpe", "vocab_size": 300},
        "model": dict(kind="bert", dim=32, n_heads=2, ffn_dim=64, n_layers=1, max_len=48),
        "objective": {"width": 32},
        "optim": {"lr": 1e-2},
        "schedule": {"warmup": 5},
        "train": dict(steps=steps, batch_tokens=500, eval_every=20, save_every=20, metric="f1"),
    }
    values["train"] |= {"threads": 1, "precision": "float32"}
    for name, section in sections.items():
        values[name] = section if name == "model" else values.get(name, {}) | section
    return Recipe.of(values, "tiny")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tag")
    jium.train(plan(place), out=place / "run", quiet=True)
    return place / "run"


@pytest.fixture(scope="module")
def task(run: Path) -> Tagger:
    return jium.load(run)


def said(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["text"], one["label"]) for one in found]


# ---------------------------------------------------------------- what comes out


def test_it_finds_who_and_where(task: Tagger):
    text = "7: 박민수가 제주도에서 잤다."
    found = task.tag(text)
    assert said(found) == [("박민수", "PS"), ("제주도", "LC")]
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    assert all(0 < one["score"] <= 1 for one in found)


def test_measured_on_its_test_split_it_finds_nearly_all(run: Path):
    found = jium.evaluate(run, "test", out=run)
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["f1"] > 85 and found["unknown_labels"] == {}
    assert set(found["by_tag"]) == {"LC", "PS"}
    saved = json.loads((run / "evaluation.json").read_text("utf-8"))
    assert saved["scores"]["f1"]["value"] == scores["f1"]
    assert saved["scores"]["f1"]["metric"]["kind"] == "entities"
    assert (run / "evaluation.md").is_file() and (run / "predictions.jsonl").is_file()


def test_a_list_is_answered_as_its_texts_alone(task: Tagger):
    texts = [row["text"] for row in rows(12)] + ["", "없는 글자들 xyz"]
    alone = [task.tag(text) for text in texts]
    for together, single in zip(task.tag(texts), alone, strict=True):
        assert said(together) == said(single)
        pairs = zip(together, single, strict=True)
        assert all(a["score"] == pytest.approx(b["score"], abs=1e-4) for a, b in pairs)
    assert task.tag([]) == [] and alone[-2] == []


@pytest.mark.parametrize(
    "text", ["", " \n\t", "👍", "שלום", "\u1100", "漢字", "\x00", "\u0301", "a" * 500]
)
def test_any_text_is_tagged(task: Tagger, text: str):
    assert all(0 <= one["start"] < one["end"] <= len(text) for one in task.tag(text))


def test_places_are_those_of_the_text_as_given(task: Tagger):
    text = "3: 김철수는 서울로 갔다"
    apart = unicodedata.normalize("NFD", text)
    found, moved = task.tag(text), task.tag(apart)
    assert len(found) == 2 and len(moved) == 2
    for one, other in zip(found, moved, strict=True):
        assert apart[other["start"] : other["end"]] == other["text"]
        assert unicodedata.normalize("NFC", other["text"]) == one["text"]


def test_a_text_of_any_length_is_read_whole(task: Tagger):
    text = "5: " + "이영희가 부산에서 잤다. " * 20
    assert len(task.tokenizer.encode(text)) > 3 * task.model.config.max_len
    found = task.tag(text)
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    right = sum(said(found).count(pair) for pair in (("이영희", "PS"), ("부산", "LC")))
    assert right >= 36  # of 40; so many sentences were never seen together in training


def test_going_through_windows_equals_reading_at_once(task: Tagger):
    """Where a text fits, its windows are one: what `cuts` gives must be the text itself."""
    texts = [row["text"] for row in rows(6)]
    wide = Tagger(task.model, task.tokenizer, task.frame, task.labels, task.unit, overlap=0)
    assert wide.tag(texts) == task.tag(texts)


# ---------------------------------------------------------------- training


def test_what_was_trained_is_what_is_loaded(tmp_path: Path):
    made = jium.train(plan(tmp_path, steps=4), out=tmp_path / "run", quiet=True)
    again = jium.load(tmp_path / "run")
    texts = [row["text"] for row in rows(20)]
    assert made.tag(texts) == again.tag(texts)
    assert (again.labels, again.unit, again.frame) == (made.labels, made.unit, made.frame)


@pytest.mark.parametrize("unit", ["words", "tokens"])
def test_a_recurrent_encoder_tags_words_and_tokens(tmp_path: Path, unit: str):
    model = dict(kind="rnn", embedding_dim=32, hidden_dim=32, dropout=0.0)
    tokenizer = {"kind": "char"}
    sections = {"objective": {"unit": unit}, "tokenizer": tokenizer, "train": {"metric": "loss"}}
    settings = plan(tmp_path, steps=80, model=model, **sections)
    task = jium.train(settings, out=tmp_path / "run", quiet=True)
    assert task.unit == unit and not isinstance(task.model.head, CharacterHead)
    found = jium.load(tmp_path / "run").tag("7: 박민수가 제주도에서 잤다.")
    widest = [("박민수가", "PS"), ("제주도에서", "LC")]  # a word is an entity with its particle
    assert said(found) == (widest if unit == "words" else [("박민수", "PS"), ("제주도", "LC")])


def test_words_say_how_many_entities_they_can_hold(tmp_path: Path):
    jium.train(
        plan(tmp_path, steps=1, objective={"unit": "words"}), out=tmp_path / "run", quiet=True
    )
    card = (tmp_path / "run" / "README.md").read_text("utf-8")
    share = re.search(r"words, which can say ([\d.]+)% of the entities", card)
    assert share is not None and 0 < float(share[1]) < 50  # those of "{LC}, {LC}!"


def test_going_on_is_as_if_never_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def settings() -> Recipe:
        return plan(tmp_path, steps=6, train={"save_every": 3, "eval_every": 3, "steps": 6})

    whole, halves = tmp_path / "whole", tmp_path / "halves"
    jium.train(settings(), out=whole, quiet=True)
    batches = TextBatches.__iter__

    def breaking(self: TextBatches) -> Any:
        for number, batch in enumerate(batches(self)):
            if number == 4:
                raise Killed
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(TextBatches, "__iter__", breaking)
        with pytest.raises(Killed):
            jium.train(settings(), out=halves, quiet=True)
    jium.train(settings(), out=halves, resume=True, quiet=True)
    found, expected = (load_file(run / "last" / "state.safetensors") for run in (halves, whole))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


class Killed(Exception):
    """The process ends here."""


def test_a_run_starts_from_the_encoder_of_another(run: Path, tmp_path: Path):
    before = jium.load(run)
    settings = plan(tmp_path, steps=1, transfer={"start": str(run), "mode": "frozen"}, model={})
    after = jium.train(settings, out=tmp_path / "run", quiet=True)
    assert after.tokenizer.encode("서울에서") == before.tokenizer.encode("서울에서")
    pairs = zip(before.model.encoder.parameters(), after.model.encoder.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


# ---------------------------------------------------------------- measuring


def test_labels_that_the_model_does_not_know_are_named_and_missed(task: Tagger, tmp_path: Path):
    text = "7: 박민수가 제주도에서 잤다."
    there = Tagged(text, (Span(3, 6, "PS"), Span(8, 11, "ISLAND")))
    found = evaluate_run(task, [there], out=tmp_path, samples=10)
    assert found["unknown_labels"] == {"ISLAND": 1}
    assert found["by_tag"]["ISLAND"] == {"entities": 1, "precision": 0, "recall": 0, "f1": 0}
    assert found["by_tag"]["PS"]["f1"] == 100
    saved = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert saved["settings"]["unknown_labels"] == {"ISLAND": 1}


def test_a_file_of_another_shape_is_measured(run: Path, tmp_path: Path):
    path = tmp_path / "new.jsonl"
    row = {"글": "3: 김철수는 서울로 갔다", "답": [[3, 6, "PS"], [8, 10, "LC"]]}
    path.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    found = jium.evaluate(run, path, source="글", target="답", samples=10)
    assert found["scores"][0].value == 100


def test_what_cannot_be_measured_is_explained(run: Path, task: Tagger, tmp_path: Path):
    with pytest.raises(DataError, match="There is no text to measure. Give at least one, with"):
        evaluate_run(task, [])
    with pytest.raises(DataError, match="no label is one that the model knows: 'QT'.*LC, PS"):
        evaluate_run(task, [Tagged("글", (Span(0, 1, "QT"),))])
    with pytest.raises(ConfigError, match="beam: is nothing that a tagger knows"):
        jium.evaluate(run, "test", beam=3)
    with pytest.raises(ConfigError, match="data: 'test' is a split of a run's own data"):
        jium.evaluate(task, "test")
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(json.dumps({"text": "서울 로", "tags": ["O", "O", "O"]}), "utf-8")
    with pytest.raises(DataError, match=r"wrong.jsonl: line 1: 3 tags for 4 characters"):
        jium.evaluate(run, wrong)


# ---------------------------------------------------------------- what is wrong


def test_a_damaged_run_is_said(run: Path, tmp_path: Path):
    for path in run.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    document = json.loads((tmp_path / "config.json").read_text("utf-8"))
    del document["jium"]["labels"]
    (tmp_path / "config.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(RunError, match="config.json: is damaged"):
        jium.load(tmp_path)


def test_there_must_be_something_to_validate_with(tmp_path: Path):
    settings = plan(tmp_path, data={"valid_share": 0.0})
    with pytest.raises(DataError, match="nothing to validate with. Give data.valid=FILE"):
        jium.train(settings, out=tmp_path / "run", quiet=True)


# ---------------------------------------------------------------- the command line


def test_the_command_prints_a_line_an_entity(run: Path):
    shown = CliRunner().invoke(app, ["tag", str(run), "7: 박민수가 제주도에서 잤다.", "비가 온다"])
    assert shown.exit_code == 0, shown.output
    lines = [line.split("\t")[:4] for line in shown.stdout.split("\n")]
    assert lines == [["박민수", "PS", "3", "6"], ["제주도", "LC", "8", "11"], [""], [""], [""]]


def test_the_command_prints_json_a_line_a_text(run: Path, tmp_path: Path):
    path = tmp_path / "texts.txt"
    path.write_text("3: 김철수는 서울로 갔다\n\n", "utf-8")
    shown = CliRunner().invoke(app, ["tag", str(run), "--file", str(path), "--json"])
    first, second = map(json.loads, shown.stdout.splitlines())
    assert said(first["entities"]) == [("김철수", "PS"), ("서울", "LC")]
    assert second == {"text": "", "entities": []}
    assert np.isfinite(first["entities"][0]["score"])
