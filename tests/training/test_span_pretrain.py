"""Pre-training on spans, what it fills, and a translator that starts from it."""

from pathlib import Path
from typing import Any

import pytest
import torch

import jium
from jium.config import write_toml
from jium.contracts import tiny
from jium.errors import ConfigError, DataError, JiumError
from jium.models.t5 import T5
from jium.tasks.fill_spans import SpanFiller

COUNT = ["하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉", "열"]
TEXTS = [" ".join((COUNT * 2)[n : n + size]) for n in range(10) for size in range(5, 11)]
SIZES = dict(n_encoder_layers=1, n_decoder_layers=1, max_len=32)
KINDS = {
    "seq2seq": dict(norm_first=True, dim=32, n_heads=2, ffn_dim=64),
    "t5": dict(head_dim=16, dim=64, n_heads=4, ffn_dim=128),
}
LEARNED = {"seq2seq": 20, "t5": 240}  # steps


def recipe(place: Path, kind: str = "seq2seq", steps: int = 120, **sections: Any) -> str:
    (place / "texts.txt").write_text("\n".join(TEXTS), "utf-8")
    values = {
        "task": "fill",
        "data": {"train": str(place / "texts.txt"), "valid_share": 0.1},
        "tokenizer": {"kind": "word", "vocab_size": 100},
        "model": {"kind": kind, "dropout": 0.0} | SIZES | KINDS[kind],
        "objective": {"sentinels": 8},
        "optim": {"lr": 5e-3},
        "schedule": {"kind": "cosine", "warmup": 10},
        "train": dict(steps=steps, batch_tokens=300, eval_every=steps, save_every=60, threads=1)
        | dict(precision="float32", log_every=1, device="cpu"),
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}  # type: ignore[dict-item]
    (place / f"{kind}.toml").write_text(write_toml(values), "utf-8")
    return str(place / f"{kind}.toml")


@pytest.fixture(scope="module", params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("spans")
    kind = request.param
    jium.train(recipe(place, kind, LEARNED[kind]), out=place / "run", quiet=True)
    return place / "run"


@pytest.mark.parametrize("run", ["t5"], indirect=True)
def test_what_is_missing_is_filled_with_what_fits(run: Path) -> None:
    task = jium.load(run)
    assert isinstance(task, SpanFiller)
    asked = [(COUNT * 2)[n : n + 5] for n in range(10)]
    found = task.spans([" ".join([*five[:2], "[MASK]", *five[3:]]) for five in asked])
    assert sum(spans == [five[2]] for spans, five in zip(found, asked, strict=True)) >= 7
    span = task.spans("하나 둘[MASK]넷 다섯")[0]
    assert task.fill("하나 둘[MASK]넷 다섯") == f"하나 둘 {span} 넷 다섯"
    assert len(task.spans("둘 [MASK] 넷 [MASK] 여섯")) == 2


def test_a_list_in_gives_a_list_and_several_hypotheses_a_list_each(run: Path) -> None:
    task, masked = jium.load(run), ["하나 <mask> 셋", "[MASK] 여섯 일곱 여덟"]
    assert task.fill(masked, beam=2) == [task.fill(text, beam=2) for text in masked]
    several = task.fill(masked, n_best=3)
    assert [len(one) for one in several] == [3, 3]
    assert len(task.spans(masked[0], n_best=2)) == 2
    assert task.fill([]) == []


def test_as_many_tokens_are_written_as_are_asked_for(run: Path) -> None:
    task = jium.load(run)
    assert isinstance(task.fill("하나 둘 [MASK] 넷", max_tokens=1), str)
    for key in ("max_tokens", "n_best", "beam"):
        with pytest.raises(ConfigError, match=f"{key}: must be at least 1; got 0"):
            task.fill("하나 둘 [MASK] 넷", **{key: 0})
    with pytest.raises(ConfigError, match="n_best: must not exceed beam; got 3"):
        task.fill("하나 둘 [MASK] 넷", n_best=3, beam=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("하나 둘 셋", r"text 1 has 0 times \[MASK\]"),
        ("[MASK] " * 8, r"text 1 has 8 times \[MASK\].*at most 7"),
        ("하나 둘 " * 20 + "[MASK]", "text 1 has 41 tokens; the model takes 31"),
    ],
)
def test_what_cannot_be_filled_is_said(run: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        jium.load(run).fill(text)
    with pytest.raises(ConfigError, match="must not exceed beam"):
        jium.load(run).fill("[MASK] 둘", beam=2, n_best=3)


def test_the_log_says_how_well_spans_are_written(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    assert '"valid_perplexity"' in lines[-1] or '"valid_perplexity"' in lines[-2]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    made = recipe(tmp_path, steps=6, train=dict(steps=6, save_every=3, eval_every=3))
    jium.train(made, out=whole, quiet=True)
    jium.train(made, "train.steps=3", "schedule.kind=constant", out=parts, quiet=True)
    jium.train(made, "train.steps=6", "schedule.kind=constant", out=parts, resume=True, quiet=True)
    jium.train(made, "schedule.kind=constant", out=tmp_path / "other", quiet=True)
    one, two = (jium.load(place).model.state_dict() for place in (parts, tmp_path / "other"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(
        not torch.equal(one[name], t) for name, t in jium.load(whole).model.state_dict().items()
    )


# ---------------------------------------------------------------- a translator from it


def translate(place: Path, start: Path, *overrides: str, **data: Any) -> Any:
    rows = [f"{korean}\t{english}\t{'a' if n % 2 else 'b'}" for n, (korean, english) in PAIRS]
    (place / "pairs.tsv").write_text("\n".join(["ko\ten\tkind", *rows]), "utf-8")
    values = {
        "task": "translate",
        "data": dict(train=str(place / "pairs.tsv"), valid_share=0.1, source="ko", target="en")
        | dict(source_language="ko", target_language="en")
        | data,
        "transfer": {"start": str(start)},
        "optim": {"lr": 1e-9},
        "schedule": {"kind": "constant"},
        "train": dict(steps=1, batch_tokens=400, threads=1, precision="float32", device="cpu"),
    }
    (place / "translate.toml").write_text(write_toml(values), "utf-8")
    return jium.train(str(place / "translate.toml"), *overrides, out=place / "tr", quiet=True)


PAIRS = list(enumerate(tiny.sentences()[:60]))


def test_a_translator_starts_with_weights_and_tokenizer_of_the_run(run, tmp_path) -> None:
    task, start = translate(tmp_path, run), jium.load(run)
    assert task.model.config == start.model.config and type(task.model) is type(start.model)
    assert task.tokenizer.pieces == start.tokenizer.pieces
    theirs = start.model.state_dict()
    for name, tensor in task.model.state_dict().items():
        torch.testing.assert_close(tensor, theirs[name], rtol=0, atol=1e-6)
    again = jium.load(tmp_path / "tr")
    assert isinstance(again.translate(TEXTS[0]), str)
    assert isinstance(again.model, T5) == isinstance(start.model, T5)


def test_directions_and_tags_become_new_tokens_behind_the_old_ones(run, tmp_path) -> None:
    task = translate(tmp_path, run, both_directions=True, tag="kind")
    start = jium.load(run)
    n = start.tokenizer.vocab_size
    assert task.tokenizer.pieces[n:] == ["<2ko>", "<2en>", "<tag:a>", "<tag:b>"]
    assert task.model.output.weight.shape[0] == n + 4
    kept = task.model.source_embedding.weight[:n]
    torch.testing.assert_close(kept, start.model.source_embedding.weight, rtol=0, atol=1e-6)
    again = jium.load(tmp_path / "tr")
    assert isinstance(again.translate(TEXTS[0], to="en", tag="a", max_tokens=5), str)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("transfer.mode=frozen", "transfer.mode"),
        ("transfer.layer_decay=0.9", "transfer.mode"),
        ("model.n_encoder_layers=3", "model.n_encoder_layers: is 3, but"),
        ("transfer.start=no/such/run", "no/such/run: no such run folder"),
    ],
)
def test_a_start_that_cannot_be_is_said(run, tmp_path, override: str, message: str) -> None:
    with pytest.raises(JiumError, match=message):
        translate(tmp_path, run, override)


def test_vectors_and_other_objectives_are_refused(run, tmp_path) -> None:
    with pytest.raises(ConfigError, match="transfer.vectors: is for encoders"):
        translate(tmp_path, run, "transfer.start=null", f"transfer.vectors={run}", "model.dim=32")
    made = recipe(tmp_path)
    with pytest.raises(ConfigError, match="objective.kind=span_corruption; got masked"):
        jium.train(made, "objective.kind=masked", out=tmp_path / "masked", quiet=True)
    with pytest.raises(ConfigError, match="objective.sentinels"):
        jium.train(made, "objective.sentinels=2", "objective.mean_span=1.0", out=tmp_path / "few")


def test_a_valid_split_of_which_nothing_can_be_taken_is_no_perfect_score(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("하나\n둘\n", "utf-8")
    plan = recipe(tmp_path, data={"valid": str(tmp_path / "one.txt")})
    with pytest.raises(DataError, match="each of the 2 documents is a single token"):
        jium.train(plan, out=tmp_path / "run", quiet=True)
