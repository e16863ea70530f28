"""embed, similar, analogy, relate, and vectors in and out."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import jium.cli.words  # noqa: F401  (its commands join the others)
from jium.cli.root import app
from jium.tasks.words import WordVectors

WORDS = ["남자", "여자", "왕", "여왕", "사과"]
VECTORS = [[-1, 0, 0.1], [1, 0, 0.1], [-1, 1, 0], [1, 1, 0], [0, 0, 1]]


@pytest.fixture
def run(tmp_path):
    WordVectors.of(WORDS, VECTORS).save(tmp_path / "run")
    return str(tmp_path / "run")


def said(*words, exit_code=0):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == exit_code, result.output
    return result.output


def test_similar_words_are_printed_with_their_cosines(run):
    assert said("similar", run, "왕", "-n", "1") == "남자\t0.7036\n"
    record = json.loads(said("similar", run, "왕", "-n", "2", "--json"))
    assert record["text"] == "왕" and record["similar"][0] == {"text": "남자", "score": 0.7036}


def test_an_analogy_is_answered(run):
    assert said("analogy", run, "남자", "왕", "여자", "-n", "1").startswith("여왕\t")


def test_vectors_are_printed(run):
    assert said("embed", run, "사과") == "사과\t0.0\t0.0\t1.0\n"
    assert json.loads(said("embed", run, "사과", "--json"))["vector"] == [0.0, 0.0, 1.0]


def test_how_alike_words_are_is_a_table(run):
    head, row, _ = said("relate", run, "왕", "사과").splitlines()
    assert head == ",왕,사과"
    assert row == "왕,1.0000,0.0000"


def test_a_word_never_seen_ends_with_a_clear_message(run):
    assert "'여왕님' is none of the 5 words" in said("similar", run, "여왕님", exit_code=1)


def test_vectors_go_out_and_come_in_again(run, tmp_path):
    said("export", run, "--out", str(tmp_path / "v.txt"))
    said("import", str(tmp_path / "v.txt"), "--out", str(tmp_path / "again"))
    assert np.array_equal(WordVectors.load(tmp_path / "again").vectors, np.float32(VECTORS))
    message = said("import", str(tmp_path / "v.txt"), "--out", str(tmp_path / "again"), exit_code=1)
    assert "something in this folder already" in message
