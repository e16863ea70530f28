"""Language models and chats trained as a person trains them: a recipe in, a run out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import jium
from jium.config import override
from jium.errors import ConfigError, DataError, RunError, TokenizerError
from jium.text.chat_template import MARKS
from jium.training.recipe import Recipe
from jium.training.run import train

LINES = [
    f"{who} {when} {what} {does}."
    for who in ("나는", "너는", "우리는")
    for when in ("오늘", "내일", "아침에")
    for what in ("밥을", "책을", "물을")
    for does in ("산다", "찾는다")
]
Made = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("texts")
    (place / "train.txt").write_text("\n".join(LINES[:48]), "utf-8")
    (place / "valid.txt").write_text("\n".join(LINES[48:]), "utf-8")
    asked = [" ".join(line.split()[:3]) for line in LINES]
    chats = [
        {"question": f"{first} 어떻게 해?", "answer": line}
        for first, line in zip(asked, LINES, strict=True)
    ]
    rows = [json.dumps(chat, ensure_ascii=False) for chat in chats]
    (place / "chats.jsonl").write_text("\n".join(rows), "utf-8")
    return place


def recipe(files: Path, *overrides: str, task: str = "generate", steps: int = 8) -> Recipe:
    data: dict[str, Any] = {"train": "train.txt", "valid": "valid.txt", "folder": str(files)}
    if task == "chat":
        data = {"train": str(files / "chats.jsonl"), "valid_share": 0.2}
    values: dict[str, Any] = {
        "task": task,
        "data": data,
        "tokenizer": {"kind": "bpe", "vocab_size": 300},
        "model": {"kind": "gpt", "size": "tiny", "max_len": 48},
        "optim": {"kind": "muon", "lr": 5e-3},
        "schedule": {"kind": "constant", "warmup": 2},
        "train": {"steps": steps, "batch_tokens": 256, "eval_every": 4, "save_every": 4},
    }
    return Recipe.of(override(values, overrides), "tiny")


@pytest.fixture(scope="module")
def base(files: Path) -> Path:
    out = files / "base"
    train(recipe(files, steps=120), out=out, quiet=True)
    return out


def test_a_language_model_learns_and_writes_on(base: Path) -> None:
    rows = [json.loads(line) for line in (base / "metrics.jsonl").read_text("utf-8").splitlines()]
    seen = [row for row in rows if "valid_perplexity" in row]
    assert seen[-1]["valid_perplexity"] < 6 < seen[0]["valid_perplexity"]
    task = jium.load(base)
    for given in ("나는 오늘", "우리는 내일"):
        assert given + task.generate(given, max_tokens=40) in LINES


def test_its_figures_are_those_of_evaluate(base: Path) -> None:
    rows = [json.loads(line) for line in (base / "metrics.jsonl").read_text("utf-8").splitlines()]
    best = min(row["valid_perplexity"] for row in rows if "valid_perplexity" in row)
    bits = min(row["valid_bits_per_byte"] for row in rows if "valid_perplexity" in row)
    found = {score.name: score.value for score in jium.evaluate(base, "valid")["scores"]}
    assert found["perplexity"] == pytest.approx(best, rel=1e-4)
    assert found["bits_per_byte"] == pytest.approx(bits, rel=1e-4)


def test_a_run_that_was_killed_goes_on_as_if_it_had_not(files: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    train(recipe(files), out=whole, quiet=True)
    broken = tmp_path / "broken"
    train(recipe(files, "train.steps=4"), out=broken, quiet=True)
    train(recipe(files), out=broken, resume=True, quiet=True)
    one, other = (load_file(run / "last" / "state.safetensors") for run in (whole, broken))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_pre_training_goes_on_from_a_run(files: Path, base: Path, tmp_path: Path) -> None:
    plan = recipe(files, f"transfer.start={json.dumps(str(base))}", "model={}", steps=1)
    train(plan, out=tmp_path / "more", quiet=True)
    first = json.loads((tmp_path / "more" / "metrics.jsonl").read_text("utf-8").splitlines()[0])
    assert first["valid_perplexity"] < 6
    same = (base / "tokenizer.json").read_bytes()
    assert (tmp_path / "more" / "tokenizer.json").read_bytes() == same


def test_a_chat_starts_from_a_language_model(files: Path, base: Path, tmp_path: Path) -> None:
    start = f"transfer.start={json.dumps(str(base))}"
    plan = recipe(files, start, "model={}", task="chat", steps=60)
    task = train(plan, out=tmp_path / "chat", quiet=True)
    assert task.chat("나는 오늘 밥을 어떻게 해?") in LINES
    rows = (tmp_path / "chat" / "metrics.jsonl").read_text("utf-8").splitlines()
    seen = [json.loads(row)["valid_loss"] for row in rows if "valid_loss" in row]
    assert seen[-1] < 0.5 * seen[0]


def test_a_chat_starts_from_a_folder_of_others_and_gets_its_marks(
    files: Path, base: Path, tmp_path: Path
) -> None:
    plain = recipe(files, steps=1)
    train(plain, out=tmp_path / "lm", quiet=True)
    jium.load(tmp_path / "lm").export(tmp_path / "foreign")
    folder = tmp_path / "foreign"
    bare = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert all(mark in json.dumps(bare) for mark in MARKS)  # those of jium's models are there
    start = f"transfer.start={json.dumps(str(folder))}"
    task = train(
        recipe(files, start, "model={}", task="chat", steps=2), out=tmp_path / "chat", quiet=True
    )
    assert task.chat("안녕?", max_tokens=3) == jium.load(tmp_path / "chat").chat(
        "안녕?", max_tokens=3
    )


def test_marks_that_a_start_lacks_become_new_rows_of_the_embeddings(
    files: Path, tmp_path: Path
) -> None:
    from jium.checkpoint.foreign import write_foreign
    from jium.config import build
    from jium.models.gpt import Gpt, GptConfig
    from jium.text.tokenizer import Tokenizer, TokenizerConfig

    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=290), LINES)
    model = Gpt(build(GptConfig, {"size": "tiny", "vocab_size": 290, "max_len": 48}))
    write_foreign(tmp_path / "theirs", model, tokenizer)
    start = f"transfer.start={json.dumps(str(tmp_path / 'theirs'))}"
    plan = recipe(files, start, "model={}", "train.steps=1", "optim.lr=1e-9", task="chat")
    task = train(plan, out=tmp_path / "chat", quiet=True)
    rows = task.model.embedding.weight
    assert len(rows) == 294
    assert torch.allclose(rows[:290], model.embedding.weight, atol=1e-5)
    assert torch.allclose(rows[290:], model.embedding.weight.mean(0).expand(4, -1), atol=1e-5)


def test_what_is_for_encoders_is_refused(files: Path, base: Path, tmp_path: Path) -> None:
    start = f"transfer.start={json.dumps(str(base))}"
    with pytest.raises(ConfigError, match="learns whole"):
        frozen = recipe(files, start, "model={}", "transfer.mode=frozen")
        train(frozen, out=tmp_path / "a", quiet=True)
    with pytest.raises(ConfigError, match="data.sentences.*reads a document whole"):
        train(recipe(files, "data.sentences=lines"), out=tmp_path / "d", quiet=True)
    with pytest.raises((RunError, ConfigError), match="no such run folder|is 32"):
        missing = recipe(files, "transfer.start=nowhere", "model={}")
        train(missing, out=tmp_path / "b", quiet=True)
    with pytest.raises(ConfigError, match="model.dim"):
        recipe(files, start, "model.dim=32")
    with pytest.raises(TokenizerError, match="larger than the texts support"):
        train(recipe(files, "tokenizer.vocab_size=5000"), out=tmp_path / "c", quiet=True)


def written(place: Path, chats: list[tuple[str, str]]) -> str:
    rows = [json.dumps({"question": q, "answer": a}, ensure_ascii=False) for q, a in chats]
    (place / "valid.jsonl").write_text("\n".join(rows), "utf-8")
    return f"data.valid={json.dumps(str(place / 'valid.jsonl'))}"


def test_a_question_too_long_to_answer_does_not_end_the_training(
    files: Path, tmp_path: Path
) -> None:
    """It is not answered, and not shown; so long an answer is not measured."""
    chats = [("가나다" * 60, "네."), ("안녕 하세요?", "가나다" * 60), ("나는 누구?", "너는 나.")]
    plan = recipe(files, written(tmp_path, chats), 'train.metric="chrf"', task="chat", steps=2)
    train(plan, out=tmp_path / "run", quiet=True)
    rows = (tmp_path / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    assert any("valid_chrf" in json.loads(row) for row in rows)


def test_chats_that_are_all_too_long_are_no_perfect_score(files: Path, tmp_path: Path) -> None:
    plan = recipe(files, written(tmp_path, [("안녕 하세요?", "가나다" * 60)]), task="chat", steps=2)
    with pytest.raises(DataError, match="no valid chat fits model.max_len=48 tokens"):
        train(plan, out=tmp_path / "run", quiet=True)


def test_a_start_of_other_sizes_is_refused_and_not_filled_up(
    files: Path, base: Path, tmp_path: Path
) -> None:
    """With model.vocab_size the recipe says all sizes itself, and only weights can tell."""
    start = f"transfer.start={json.dumps(str(base))}"
    for other in ("model.n_kv_heads=4", "model.n_layers=1"):
        plan = recipe(files, start, "model.vocab_size=300", other)
        with pytest.raises(RunError, match="its weights do not fit"):
            train(plan, out=tmp_path / "run", quiet=True)


@pytest.mark.parametrize("max_len", [1, 4])
def test_a_window_of_a_few_tokens_is_enough_to_train(
    files: Path, tmp_path: Path, max_len: int
) -> None:
    plan = recipe(files, f"model.max_len={max_len}", steps=1)
    assert isinstance(train(plan, out=tmp_path / "run", quiet=True).model.config.max_len, int)
