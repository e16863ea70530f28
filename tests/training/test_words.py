"""Word vectors trained through the one trainer, from a planted corpus."""

import json
import random

import pytest
import torch
from safetensors.torch import load_file

import jium
from jium.errors import ConfigError, DataError
from jium.training.run import train

ANIMALS, CARS = ["강아지", "고양이", "토끼"], ["자동차", "트럭", "버스"]
DO, DRIVE = ["귀엽다", "먹다", "자다"], ["달리다", "빠르다", "멈추다"]
KINDS = {
    "skip_gram": ("word2vec",),
    "cbow": ("word2vec", "objective.kind=cbow"),
    "subwords": ("word2vec", "model.subwords=jamo", "model.n_buckets=300"),
    # slowly: at the rate of the others all is learned before the loss is first measured
    "skip_gram_tree": ("word2vec", "objective.output=hierarchical_softmax", "optim.lr=0.05"),
    "cbow_tree": ("word2vec", "objective.kind=cbow", "objective.output=hierarchical_softmax"),
    "glove": ("glove",),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Texts in which animals and vehicles do different things."""
    draw = random.Random(0)
    lines = []
    for _ in range(400):
        nouns, verbs = draw.choice([(ANIMALS, DO), (CARS, DRIVE)])
        words = [draw.choice(nouns), draw.choice(verbs), draw.choice(nouns), draw.choice(verbs)]
        lines.append(" ".join([*words, draw.choice(["그리고", "또"])]))
    file = tmp_path_factory.mktemp("corpus") / "texts.txt"
    file.write_text("\n".join(lines), "utf-8")
    return file


def settings(corpus, steps=60):
    return [
        f"data.train={corpus}",
        "data.drop_duplicates=false",
        "data.valid_share=0.1",
        "data.min_count=1",
        "model.dim=12",
        "train.batch_tokens=400",
        f"train.steps={steps}",
        "train.eval_every=20",
        "train.save_every=20",
    ]


def made(kind, corpus, out, *overrides, steps=60, resume=False):
    name, *own = KINDS[kind]
    if kind != "glove":
        own.append("objective.sample=0.0")
    given = [*settings(corpus, steps), *own, *overrides]
    return train(name, *given, out=out, resume=resume, quiet=True)


@pytest.fixture(scope="module")
def runs(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for kind in KINDS:
        made(kind, corpus, folder / kind)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_planted_words_are_found(runs, kind):
    task = jium.load(runs / kind)
    dog, car = task.similarities(["강아지"], ["고양이", "자동차"])[0]
    assert dog > car + 0.1
    assert {word for word, _ in task.similar("강아지", 2)} == {"고양이", "토끼"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_on_held_out_data_falls(runs, kind):
    lines = map(json.loads, (runs / kind / "metrics.jsonl").read_text("utf-8").splitlines())
    losses = [line["valid_loss"] for line in lines if "valid_loss" in line]
    assert len(losses) == 3
    assert losses[-1] < losses[0]


def test_the_smoothed_loss_of_glove_falls_all_the_way(runs):
    lines = map(json.loads, (runs / "glove" / "metrics.jsonl").read_text("utf-8").splitlines())
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses == sorted(losses, reverse=True)


def test_with_subwords_no_word_is_unknown(runs):
    task = jium.load(runs / "subwords")
    (first, _), *_ = task.similar("강아지들", 1)
    assert first == "강아지"
    assert not (task.embed("처음") == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(runs, kind, corpus, tmp_path):
    steady = ["schedule.kind=constant"]
    made(kind, corpus, tmp_path / "whole", *steady, steps=40)
    made(kind, corpus, tmp_path / "parts", *steady, steps=20)
    made(kind, corpus, tmp_path / "parts", *steady, steps=40, resume=True)
    states = [
        load_file(tmp_path / run / "last" / "state.safetensors") for run in ("whole", "parts")
    ]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert "optimiser.main.0.sum" in states[0]


def test_the_steps_of_an_epoch_are_said(runs):
    card = (runs / "skip_gram" / "README.md").read_text("utf-8")
    assert "words to train on" in card and "steps that see every word once" in card


def test_no_text_to_validate_with_is_said(corpus, tmp_path):
    with pytest.raises(DataError, match="No text to validate with. Give data.valid=FILE"):
        made("skip_gram", corpus, tmp_path / "run", "data.valid_share=0.0")


def test_a_vocabulary_of_one_is_said(tmp_path):
    file = tmp_path / "one.txt"
    file.write_text("나 나 나 나\n나 나\n나\n", "utf-8")
    for kind in ("skip_gram", "glove"):
        with pytest.raises(DataError, match=r"one word only \('나'\)"):
            made(kind, file, tmp_path / kind)


def test_an_objective_of_another_model_is_refused(corpus, tmp_path):
    with pytest.raises(ConfigError, match='objective.kind: no objective "glove" for the model'):
        train(
            "word2vec", *settings(corpus), "objective.kind=glove", out=tmp_path / "run", quiet=True
        )


def test_an_output_there_is_not_is_refused(corpus, tmp_path):
    with pytest.raises(ConfigError, match="objective.output.*hierarchical_softmax"):
        made("skip_gram", corpus, tmp_path / "run", "objective.output=softmax")


@pytest.mark.parametrize("kind", ["skip_gram_tree", "cbow_tree"])
def test_two_words_are_enough_for_a_tree(kind, tmp_path):
    file, valid = tmp_path / "two.txt", tmp_path / "valid.txt"
    file.write_text("밤 낮 밤 낮\n낮 밤 밤 낮\n" * 30, "utf-8")
    valid.write_text("낮 밤 낮\n", "utf-8")
    made(kind, file, tmp_path / "run", f"data.valid={valid}", steps=20)
    assert len(jium.load(tmp_path / "run").vectors) == 2
