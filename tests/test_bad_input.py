"""What goes wrong in the hands of a person: one clear message, exit status 1, nothing corrupted."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jium.checkpoint import run as checkpoint
from jium.cli import app
from jium.config import write_toml
from jium.contracts import tiny
from jium.contracts.training import recipe
from jium.tasks import load
from jium.training.run import train

GOOD = [f"{korean}\t{english}" for korean, english in tiny.sentences()]


class Said:
    """What a command printed, and its exit status."""

    def __init__(self, *words: object, stdin: str | None = None) -> None:
        result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
        self.status, self.out, self.err = result.exit_code, result.stdout, result.stderr
        self.broke = result.exception if result.exit_code not in (0, 1) else None

    def message(self) -> str:
        """The one message of a command that failed as it should."""
        assert self.broke is None, self.broke
        assert self.status == 1 and self.out == ""
        told = [line for line in self.err.splitlines() if line.startswith("jium: ")]
        assert len(told) == 1 and "Traceback" not in self.err
        return told[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.tsv"


@pytest.fixture
def given(tmp_path: Path, file: Path) -> Any:
    """Train on lines that a person gives."""
    settings = tmp_path / "tiny.toml"
    settings.write_text(write_toml(recipe(tmp_path, steps=3).values), "utf-8")

    def made(lines: list[str] | bytes | None, *overrides: str, out: object = None) -> Said:
        if lines is not None:
            content = lines if isinstance(lines, bytes) else "\n".join(lines).encode() + b"\n"
            file.write_bytes(content)
        words = [f"data.train={file}", *overrides, "--out", out or tmp_path / "run"]
        return Said("train", settings, *words)

    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; read only."""
    place = tmp_path_factory.mktemp("bad-input")
    train(recipe(place, steps=3), out=place / "run", quiet=True)
    return place / "run"


def dropped(run: Path) -> dict[str, int]:
    report = json.loads((run / "last" / "data" / "report.json").read_text("utf-8"))
    return report["dropped"]


def table(*rows: str) -> list[str]:
    return ["source\ttarget", *rows]


# ---------------------------------------------------------------- files that cannot be trained on


def test_a_missing_file(given, file):
    assert f"{file}: no such file" in given(None).message()


def test_a_missing_column_lists_those_present(given, file):
    message = given(["korean\tenglish\tnote", *[f"{row}\tx" for row in GOOD]]).message()
    assert f"{file}: no column 'source'" in message and "It has: korean, english, note" in message


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file(given, file, content: bytes):
    assert f"{file}: is empty" in given(content).message()


def test_a_file_of_one_line(given, file):
    assert f"{file}: has one line, and no rows under it" in given(table()).message()


def test_a_file_of_too_few_rows_says_how_many_are_needed(given):
    message = given(table(*GOOD[:4])).message()
    assert "pairs to train on, from 4 rows; at least 10 are needed" in message


def test_invalid_utf8_names_its_line(given, file):
    rows = "\n".join(table(*GOOD[:20])).encode() + b"\n" + "가\tx".encode("cp949") + b"\n"
    message = given(rows).message()
    assert f"{file}: line 22: byte 0x" in message and "is not UTF-8" in message


def test_a_file_in_another_encoding_says_which_it_looks_like(given):
    message = given("\n".join(table(*GOOD)).encode("cp949")).message()
    assert "line 2" in message and "CP949" in message and "iconv" in message


def test_a_file_that_is_no_table(given, file):
    message = given(table(*["one cell only"] * 40)).message()
    assert f"{file}: line 2: 1 cells where line 1 has 2" in message


# ---------------------------------------------------------------- rows dropped and counted


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("나는\twe\tthree", "ragged"),
        ("나는 간다.\t", "empty_target"),
        ("\tI go.", "empty_source"),
    ],
)
def test_a_bad_row_among_good_ones_is_dropped_and_counted(given, tmp_path, row: str, reason: str):
    said = given(table(*GOOD[:150], row, *GOOD[150:]))
    assert said.status == 0, said.err
    found = dropped(tmp_path / "run")
    assert list(found.values()) == [1] and reason.split("_")[0] in next(iter(found))
    (kept,) = (tmp_path / "run" / "last" / "data" / "dropped.jsonl").read_text("utf-8").splitlines()
    assert json.loads(kept)["line"] == 152
    assert "1 rows dropped" in said.err and "dropped.jsonl" in said.err


def test_a_line_of_ten_megabytes_is_dropped_and_counted(given, tmp_path):
    said = given(table(*GOOD[:100], "가" * 3_500_000 + "\tx", *GOOD[100:]))
    assert said.status == 0, said.err
    assert sum(dropped(tmp_path / "run").values()) == 1
    assert (tmp_path / "run" / "last" / "data" / "dropped.jsonl").stat().st_size < 10_000


# ---------------------------------------------------------------- recipes that cannot be


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.stepz=3", 'train.stepz: unknown key. Did you mean "steps"?'),
        ("trainn.steps=3", 'trainn: unknown section. Did you mean "train"?'),
        ("train.steps=soon", "train.steps: "),
        ("model.dropout=true", "model.dropout: "),
        ("model.n_heads=3", "model.n_heads: must divide dim; got n_heads=3 with dim=16"),
        ("tokenizer.vocab_size=50000", "A vocabulary of 50000 is larger than the texts support"),
        ("tokenizer.vocab_size=10", "tokenizer.vocab_size: bpe needs 260 or more"),
        ("train.batch_tokens=5", "train.batch_tokens=5 is smaller than the longest example"),
        ("model.max_len=5", "no training pair fits model.max_len=5 tokens"),
    ],
)
def test_an_impossible_recipe_names_the_key_and_the_value(given, override: str, message: str):
    assert message in given(table(*GOOD), override).message()


def test_a_recipe_that_was_wrong_leaves_the_folder_free_for_the_right_one(given, tmp_path):
    given(table(*GOOD), "tokenizer.vocab_size=50000").message()
    assert given(table(*GOOD)).status == 0
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_an_unknown_recipe():
    assert (
        'no recipe "quickstarr". Did you mean "quickstart"?'
        in Said("train", "quickstarr").message()
    )


def test_a_recipe_that_is_no_toml_names_the_line(tmp_path):
    (tmp_path / "mine.toml").write_text("[train]\nsteps = = 3\n", "utf-8")
    message = Said("train", tmp_path / "mine.toml", "--out", tmp_path / "run").message()
    assert "is not TOML" in message and "line 2" in message


# ---------------------------------------------------------------- runs


def test_resuming_with_a_changed_recipe_changes_nothing(given, tmp_path):
    assert given(table(*GOOD)).status == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir() if p.is_file()}
    words = [f"data.train={tmp_path / 'mine.tsv'}", "--out", tmp_path / "run", "--resume"]
    message = Said("train", tmp_path / "tiny.toml", "model.dropout=0.3", *words).message()
    assert "begun with model.dropout=0.1, and now it is 0.3" in message
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir() if p.is_file()}


def test_training_into_a_run_that_is_there(given, tmp_path):
    assert given(table(*GOOD)).status == 0
    assert "something in this folder already" in given(table(*GOOD)).message()


def test_a_truncated_model(trained, tmp_path):
    import shutil

    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    model = copy / "model.safetensors"
    model.write_bytes(model.read_bytes()[:1000])
    message = Said("translate", copy, "나는 오늘 물을 산다.").message()
    assert f"{model}: is damaged or cut short" in message


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_an_unknown_run_folder(command: str, tmp_path):
    message = Said(command, tmp_path / "nowhere", *(["x"] if command == "translate" else []))
    assert f"{tmp_path / 'nowhere'}: no such run folder" in message.message()


def test_a_full_disk_while_saving_loses_nothing(given, tmp_path, monkeypatch):
    def full(tensors: Any, path: Path, metadata: Any = None) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    assert given(table(*GOOD)).status == 0
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    words = [f"data.train={tmp_path / 'mine.tsv'}", "train.steps=60", "--resume"]
    again = ["train", tmp_path / "tiny.toml", *words, "--out", tmp_path / "run"]
    with monkeypatch.context() as disk:
        disk.setattr(checkpoint, "save_file", full)
        message = Said(*again).message()
    assert "model.safetensors: the disk is full. Nothing saved before is lost" in message
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before
    assert not list((tmp_path / "run").rglob("*.part"))
    assert Said(*again).status == 0  # there is room again
    assert (tmp_path / "run" / "model.safetensors").read_bytes() != before


def test_a_folder_that_cannot_be_written(given, tmp_path):
    (tmp_path / "file").write_text("a file, not a folder", "utf-8")
    message = given(table(*GOOD), out=tmp_path / "file" / "run").message()
    assert str(tmp_path / "file" / "run") in message and "cannot be written" in message
    assert (tmp_path / "file").read_text("utf-8") == "a file, not a folder"


# ---------------------------------------------------------------- texts


def test_translating_nothing_gives_an_empty_line(trained):
    said = Said("translate", trained, "")
    assert (said.status, said.out) == (0, "\n")


def test_translating_emoji(trained):
    said = Said("translate", trained, "👩‍👩‍👧‍👦 🇰🇷", "--max-tokens", 5)
    assert said.status == 0 and said.out.count("\n") == 1


def test_translating_a_hundred_thousand_characters(trained):
    text = "나는 오늘 물을 산다. " * 7700
    said = Said("translate", trained, "-", "--max-tokens", 1, stdin=text + "\n")
    assert len(text) > 100_000
    assert said.status == 0 and said.out.count("\n") == 1
    assert load(trained).translate(text[:13], max_tokens=1) in said.out


def test_translating_into_a_language_the_model_does_not_know(trained):
    assert "It knows: en" in Said("translate", trained, "x", "--to", "fr").message()


def test_input_that_is_not_utf8(trained, tmp_path):
    (tmp_path / "old.txt").write_bytes("안녕\n".encode("cp949"))
    message = Said("translate", trained, "--file", tmp_path / "old.txt").message()
    assert "line 1" in message and "is not UTF-8" in message
