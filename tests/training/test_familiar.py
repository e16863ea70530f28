"""`jium.Trainer` is called as that of transformers, packs without padding, and leaves a run."""

import json
import os
import random
import re
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import jium
from jium.checkpoint.run import load_model, save_config, save_weights
from jium.data.frames import Frame
from jium.errors import ConfigError, DataError, RunError
from jium.models.bert import Bert, BertConfig
from jium.models.heads import HeadConfig, Headed
from jium.tasks.fill import Filler
from jium.text.settings import MASK, TokenizerConfig
from jium.training.run import Interrupted

GOOD = ["좋았다", "재미있다", "훌륭하다"]
BAD = ["나빴다", "지루하다", "형편없다"]
THINGS = ["영화가", "음악이", "배우가", "이야기가"]
Row = dict[str, Any]


def reviews(n: int, seed: int = 0) -> list[Row]:
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        label = rng.randrange(2)
        word = rng.choice((BAD, GOOD)[label])
        rows.append({"text": f"{rng.choice(THINGS)} {'아주 ' * (i % 4)}{word}", "label": label})
    return rows


TRAIN, VALID = reviews(64), reviews(20, seed=1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of pre-training that has not begun: an encoder without a head for a task."""
    run = tmp_path_factory.mktemp("familiar") / "encoder"
    settings = TokenizerConfig(kind="bpe", vocab_size=310, special_tokens=[MASK])
    tokenizer = jium.Tokenizer.train(settings, [row["text"] for row in TRAIN])
    torch.manual_seed(0)
    config = BertConfig(
        dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=32, vocab_size=tokenizer.vocab_size,
        dropout=0.0, attention_dropout=0.0,
    )  # fmt: skip
    model = Headed(Bert(config), HeadConfig(kind="masked"))
    tokenizer.save(run)
    save_config(run, "bert", config, Filler(model, tokenizer, Frame.of(tokenizer)).about())
    save_weights(run, model)
    return run


def arguments(out: Path, **given: Any) -> jium.TrainingArguments:
    settings = {
        "learning_rate": 1e-2, "max_steps": 6, "logging_steps": 1, "use_cpu": True,
        "disable_tqdm": True, "save_steps": 100,
    }  # fmt: skip
    return jium.TrainingArguments(out, **settings | given)


def accuracy(pair: Any) -> dict[str, float]:
    predictions, label_ids = pair
    return {"accuracy": (predictions.argmax(-1) == label_ids).mean()}


def losses(trainer: jium.Trainer) -> list[float]:
    trainer.train()
    return [record["loss"] for record in trainer.state.log_history if "loss" in record]


def encoded(encoder: Path, rows: list[Row]) -> list[Row]:
    """Rows as a tokenizer of transformers makes them."""
    tokenizer = jium.Tokenizer.load(encoder)
    frame = Frame.of(tokenizer)
    made = []
    for row in rows:
        ids = frame(tokenizer.encode(row["text"]), 32).tolist()
        made.append({"input_ids": ids, "attention_mask": [1] * len(ids), "labels": row["label"]})
    return made


def padded(rows: list[Row]) -> dict[str, Any]:
    """A collator that pads, with tensors."""
    time = max(len(row["input_ids"]) for row in rows) + 3
    made: dict[str, Any] = {}
    for name, filler in (("input_ids", 0), ("attention_mask", 0)):
        made[name] = torch.tensor([row[name] + [filler] * (time - len(row[name])) for row in rows])
    if isinstance(rows[0].get("labels"), list):
        more = [row["labels"] + [-100] * (time - len(row["labels"])) for row in rows]
        return made | {"labels": torch.tensor(more)}
    for name in set(rows[0]) - set(made):
        made[name] = torch.tensor([row[name] for row in rows])
    return made


# ---------------------------------------------------------------- a whole fine-tune


def test_separable_texts_are_learned_and_the_folder_is_a_run(encoder: Path, tmp_path: Path):
    trainer = jium.Trainer(
        model=str(encoder),
        args=arguments(tmp_path, max_steps=-1, num_train_epochs=6, eval_strategy="epoch",
                       load_best_model_at_end=True, metric_for_best_model="accuracy"),
        train_dataset=TRAIN,
        eval_dataset=VALID,
        compute_metrics=accuracy,
    )  # fmt: skip
    done = trainer.train()
    assert done.global_step == 48 == trainer.state.global_step
    measured = trainer.evaluate()
    assert measured["eval_accuracy"] > 0.9
    assert measured["eval_accuracy"] == trainer.state.best_metric
    looks = [r["epoch"] for r in trainer.state.log_history if "eval_loss" in r]
    assert looks == [1, 2, 3, 4, 5, 6, 6]
    task = jium.load(tmp_path)
    assert task.labels == ["0", "1"]
    given = trainer.predict(VALID).predictions
    texts = [row["text"] for row in VALID]
    np.testing.assert_allclose(task.scores(texts), given, atol=1e-5)
    lines = (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines()
    written = [json.loads(line) for line in lines]
    assert sum("eval_accuracy" in record for record in written) == 6


def test_the_model_of_another_folder_is_the_same(encoder: Path, tmp_path: Path):
    trainer = jium.Trainer(encoder, arguments(tmp_path / "a"), train_dataset=TRAIN)
    trainer.train()
    trainer.save_model(tmp_path / "b")
    one, other = (load_model(tmp_path / name).state_dict() for name in "ab")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_padding_collator_gives_the_losses_of_packed_rows(encoder: Path, tmp_path: Path):
    rows = encoded(encoder, TRAIN)
    found = [
        losses(jium.Trainer(encoder, arguments(tmp_path / str(i), dataloader_drop_last=True),
                            data_collator=collator, train_dataset=dataset))
        for i, (dataset, collator) in enumerate([(TRAIN, None), (rows, None), (rows, padded)])
    ]  # fmt: skip
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    np.testing.assert_allclose(found[1], found[2], atol=1e-5)
    assert len(set(found[0])) == 6


def test_padding_on_the_left_is_taken_off_too(encoder: Path, tmp_path: Path):
    def left(rows: list[Row]) -> dict[str, Any]:
        made = padded(rows)
        return {name: x.flip(1) if x.ndim == 2 else x for name, x in made.items()}

    rows = encoded(encoder, TRAIN)
    backwards = [row | {"input_ids": row["input_ids"][::-1]} for row in rows]
    trainers = [
        jium.Trainer(encoder, arguments(tmp_path), data_collator=collator, train_dataset=rows)
        for collator in (None, left)
    ]
    one, other = (
        trainer.predict(dataset)
        for trainer, dataset in zip(trainers, (rows, backwards), strict=True)
    )
    np.testing.assert_allclose(one.predictions, other.predictions, atol=1e-5)
    assert one.metrics["test_loss"] == pytest.approx(other.metrics["test_loss"], abs=1e-5)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_going_on_equals_never_having_stopped(encoder: Path, tmp_path: Path, accumulate: int):
    class Cut(Exception): ...

    calls: list[int] = []

    def cut(pair: Any) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 3:
            raise Cut
        return accuracy(pair)

    def trainer(out: str, measure: Callable[[Any], dict[str, float]]) -> jium.Trainer:
        settings = arguments(
            tmp_path / out, max_steps=11, eval_strategy="steps", eval_steps=2, save_steps=5,
            logging_steps=3, gradient_accumulation_steps=accumulate, warmup_ratio=0.2,
            load_best_model_at_end=True,
        )  # fmt: skip
        return jium.Trainer(encoder, settings, train_dataset=TRAIN, eval_dataset=VALID,
                            compute_metrics=measure)  # fmt: skip

    whole = trainer("whole", accuracy)
    whole.train()
    with pytest.raises(Cut):
        trainer("cut", cut).train()
    again = trainer("cut", accuracy)
    assert again.train(resume_from_checkpoint=True).global_step == 11
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name
    timeless = [
        [{k: v for k, v in record.items() if "per_second" not in k and "runtime" not in k}
         for record in one.state.log_history if "train_loss" not in record]
        for one in (whole, again)
    ]  # fmt: skip
    assert timeless[0] == timeless[1]


def test_a_signal_saves_and_stops(encoder: Path, tmp_path: Path):
    def ask(pair: Any) -> dict[str, float]:
        os.kill(os.getpid(), signal.SIGINT)
        return {}

    settings = arguments(tmp_path, eval_strategy="steps", eval_steps=2)
    trainer = jium.Trainer(encoder, settings, train_dataset=TRAIN, eval_dataset=VALID,
                           compute_metrics=ask)  # fmt: skip
    with pytest.raises(Interrupted):
        trainer.train()
    trainer.compute_metrics = None
    assert trainer.state.global_step in (2, 3)
    assert trainer.train(resume_from_checkpoint=tmp_path).global_step == 6


def test_the_best_model_is_taken_in_the_end_only_where_that_was_asked_for(
    encoder: Path, tmp_path: Path
):
    scores = iter([0.5, 0.9, 0.1] * 2)
    best = None
    for asked in (True, False):
        settings = arguments(
            tmp_path / str(asked), max_steps=3, eval_strategy="steps", eval_steps=1,
            load_best_model_at_end=asked, metric_for_best_model="eval_score",
        )  # fmt: skip
        trainer = jium.Trainer(
            encoder, settings, train_dataset=TRAIN, eval_dataset=VALID,
            compute_metrics=lambda pair: {"score": next(scores)},
        )  # fmt: skip
        trainer.train()
        assert trainer.state.best_global_step == 2
        kept = load_model(tmp_path / str(asked)).state_dict()
        assert all(torch.equal(kept[n], t) for n, t in trainer.model.state_dict().items())
        if best is not None:
            assert any(not torch.equal(kept[name], best[name]) for name in kept)
        best = kept


def test_training_stops_where_nothing_gets_better(encoder: Path, tmp_path: Path):
    settings = arguments(tmp_path, eval_strategy="steps", eval_steps=1, max_steps=9,
                         early_stopping_patience=2, metric_for_best_model="flat")  # fmt: skip
    trainer = jium.Trainer(encoder, settings, train_dataset=TRAIN, eval_dataset=VALID,
                           compute_metrics=lambda pair: {"flat": 1.0})  # fmt: skip
    assert trainer.train().global_step == 3


# ---------------------------------------------------------------- heads and data sets


def test_metrics_get_logits_and_labels_in_the_order_of_the_rows(encoder: Path, tmp_path: Path):
    seen: list[Any] = []

    def keep(pair: Any) -> dict[str, float]:
        seen.append(pair)
        return {"one": np.float32(1), "eval_two": 2}

    trainer = jium.Trainer(encoder, arguments(tmp_path, per_device_eval_batch_size=3),
                           train_dataset=TRAIN, eval_dataset={"a": VALID, "b": TRAIN},
                           compute_metrics=keep)  # fmt: skip
    found = trainer.evaluate()
    assert {"eval_a_loss", "eval_b_loss", "eval_a_one", "eval_a_eval_two", "epoch"} <= set(found)
    assert seen[0].predictions.shape == (20, 2)
    assert seen[0].label_ids.tolist() == [row["label"] for row in VALID]
    assert trainer.predict([{"text": row["text"]} for row in VALID]).label_ids is None
    assert len(seen) == 2
    assert set(trainer.evaluate(VALID)) >= {"eval_one", "eval_two", "eval_loss"}


def test_labels_by_name_are_numbered_as_the_rows_number_them(encoder: Path, tmp_path: Path):
    class Named(list):
        features = {"label": type("ClassLabel", (), {"names": ["나쁨", "좋음"]})()}

    first = jium.Trainer(encoder, arguments(tmp_path / "a"), train_dataset=Named(TRAIN))
    first.train()
    assert jium.load(tmp_path / "a").labels == ["나쁨", "좋음"]
    turned = [row | {"label": 1 - row["label"]} for row in VALID]
    second = jium.Trainer(
        tmp_path / "a", arguments(tmp_path / "b"), train_dataset=turned, labels=["좋음", "나쁨"]
    )
    one, other = first.predict(VALID), second.predict(turned)
    np.testing.assert_allclose(one.predictions[:, ::-1], other.predictions, atol=1e-6)
    assert one.metrics["test_loss"] == pytest.approx(other.metrics["test_loss"])
    with pytest.raises(DataError, match="label '중간' is not one"):
        second.predict([{"text": "가", "label": "중간"}])


def test_pairs_scores_and_several_labels_have_heads_of_their_own(encoder: Path, tmp_path: Path):
    pairs = [
        {"sentence1": row["text"], "sentence2": "좋았다", "label": float(row["label"])}
        for row in TRAIN
    ]
    scored = jium.Trainer(encoder, arguments(tmp_path / "a"), train_dataset=pairs)
    found = losses(scored)
    assert found[-1] < found[0]
    assert isinstance(jium.load(tmp_path / "a").classify(("영화가 좋았다", "좋았다")), float)
    several = [row | {"label": [1.0, float(row["label"])]} for row in TRAIN]
    trainer = jium.Trainer(encoder, arguments(tmp_path / "b"), train_dataset=several,
                           labels=["글", "좋음"])  # fmt: skip
    trainer.train()
    assert trainer.predict(several).label_ids.shape == (64, 2)
    assert "글" in jium.load(tmp_path / "b").classify("영화가 좋았다")


TAGS = ["B-X", "I-X", "O"]


def tagged(encoder: Path) -> list[Row]:
    """Rows with a tag a token: what stands behind the frame begins an X and goes on with it."""
    rows = encoded(encoder, TRAIN[:32])
    for row in rows:
        n = len(row["input_ids"])
        row["labels"] = [-100, 0, 1, *([2] * (n - 4)), -100]
    return rows


def test_tags_of_tokens_are_learned_in_the_order_of_the_rows(encoder: Path, tmp_path: Path):
    rows, seen = tagged(encoder), []

    def keep(pair: Any) -> dict[str, float]:
        seen.append(pair)
        there = pair.label_ids != -100
        return {"accuracy": (pair.predictions.argmax(-1) == pair.label_ids)[there].mean()}

    found = []
    for i, collator in enumerate((None, padded)):
        trainer = jium.Trainer(
            encoder, arguments(tmp_path / str(i), max_steps=30), data_collator=collator,
            train_dataset=rows, eval_dataset=rows, compute_metrics=keep, labels=TAGS,
        )  # fmt: skip
        found.append(losses(trainer))
        assert trainer.evaluate()["eval_accuracy"] > 0.95
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    longest = max(len(row["labels"]) for row in rows)
    assert seen[0].predictions.shape == (32, longest, 3)
    assert seen[0].label_ids.shape == (32, longest)
    assert (seen[0].predictions[0, len(rows[0]["labels"]) :] == -100).all()
    task = jium.load(tmp_path / "0")
    assert task.labels == ["X"]
    assert [one["label"] for one in task.tag(TRAIN[0]["text"])] == ["X"]


def test_spans_are_learned_and_counted_without_padding(encoder: Path, tmp_path: Path):
    rows = encoded(encoder, TRAIN[:32])
    for row in rows:
        del row["labels"]
        row |= {"start_positions": 2, "end_positions": 3}
    trainer = jium.Trainer(encoder, arguments(tmp_path, max_steps=25), data_collator=padded,
                           train_dataset=rows)  # fmt: skip
    found = losses(trainer)
    assert found[-1] < found[0] / 3
    (starts, ends), label_ids, metrics = trainer.predict(rows)
    assert starts.shape == ends.shape == (32, max(len(row["input_ids"]) for row in rows))
    assert (starts.argmax(1) == 2).mean() > 0.9 and (ends.argmax(1) == 3).mean() > 0.9
    assert label_ids[0].tolist() == [2] * 32
    assert type(jium.load(tmp_path)).__name__ == "Answerer"


def test_a_model_with_a_head_needs_its_tokenizer(encoder: Path, tmp_path: Path):
    model = Headed(load_model(encoder).encoder, HeadConfig(n_outputs=2, dropout=0.0))
    with pytest.raises(ConfigError, match="processing_class: is missing"):
        jium.Trainer(model, arguments(tmp_path), train_dataset=TRAIN)
    trainer = jium.Trainer(model, arguments(tmp_path), train_dataset=TRAIN, tokenizer=encoder)
    assert trainer.model is model
    trainer.train()
    assert jium.load(tmp_path).classify("영화가 좋았다") in ("0", "1")


@pytest.mark.parametrize("strategy", ["random", "sequential", "group_by_length"])
def test_every_row_is_seen_once_an_epoch(encoder: Path, tmp_path: Path, strategy: str):
    trainer = jium.Trainer(encoder, arguments(tmp_path, train_sampling_strategy=strategy,
                                              per_device_train_batch_size=10),
                           train_dataset=TRAIN)  # fmt: skip
    batches = trainer._train_batches()
    first = [b for b, _ in zip(batches, range(len(batches)), strict=False)]
    lengths = sorted(n for batch in first for n in batch.layout.lengths)
    reader = trainer.reader
    assert lengths == sorted(len(example.ids) for example in reader.read(TRAIN))
    assert sorted(batch.layout.batch for batch in first) == [4, *[10] * 6]
    assert first[-1].after.epoch == 1


# ---------------------------------------------------------------- arguments


def test_the_rate_follows_the_curve_of_transformers():
    theirs = pytest.importorskip("transformers")
    parameter = torch.nn.Parameter(torch.zeros(1))
    for kind, warmup in (("linear", 0), ("linear", 4), ("cosine", 0), ("cosine", 3),
                         ("constant", 0), ("constant_with_warmup", 5)):  # fmt: skip
        optimiser = torch.optim.SGD([parameter], lr=1.0)
        scheduler = theirs.get_scheduler(kind, optimiser, warmup, 20)
        ours = jium.TrainingArguments(lr_scheduler_type=kind, warmup_steps=warmup).schedule(20)
        for step in range(1, 21):
            if step > warmup:
                assert ours(step, 20) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-9)
            else:
                assert 0 < ours(step, 20) < 1
            optimiser.step()
            scheduler.step()


def test_every_argument_of_transformers_is_known():
    """Each is one of ours, or refused with a reason; and defaults that we share are the same."""
    theirs = pytest.importorskip("transformers").TrainingArguments
    ours = {f.name: f.default for f in jium.TrainingArguments.__dataclass_fields__.values()}
    differing = {"output_dir", "eval_steps", "report_to", "disable_tqdm"}
    for name, given in theirs.__dataclass_fields__.items():
        if name in ours:
            assert name in differing or ours[name] == given.default, name
            continue
        with pytest.raises(ConfigError, match=f"^{name}: ") as found:
            jium.TrainingArguments("out", **{name: "nonsense"})
        assert "unknown key" not in str(found.value), name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"push_to_hub": True}, "push_to_hub: there is no hub"),
        ({"evaluation_strategy": "epoch"}, "is called eval_strategy here"),
        ({"lerning_rate": 1.0}, 'lerning_rate: unknown key. Did you mean "learning_rate"'),
        ({"learning_rate": "5e-5"}, "learning_rate: must be a number"),
        ({"learning_rate": 0}, "learning_rate: must be above 0"),
        ({"per_device_train_batch_size": 0}, "must be at least 1"),
        ({"lr_scheduler_type": "polynomial"}, "must be one of 'linear', 'cosine'"),
        ({"lr_scheduler_type": "constant", "warmup_steps": 3}, "constant has no warm-up"),
        ({"lr_scheduler_kwargs": {"power": 2.0}}, "cosine_with_min_lr takes one of"),
        ({"load_best_model_at_end": True}, "eval_strategy: is needed"),
        ({"bf16": True, "fp16": True}, "fp16: is one too many"),
        ({"report_to": "wandb"}, "report_to: what a training says goes to metrics.jsonl"),
        ({"fsdp": "full_shard"}, "fsdp: training is on one device"),
        ({"save_safetensors": False}, "save_safetensors: one state"),
    ],
)
def test_an_argument_that_does_not_fit_says_so(given: Row, message: str):
    with pytest.raises(ConfigError, match=re.escape(message)):
        jium.TrainingArguments("out", **given)


def test_an_argument_that_asks_for_nothing_is_taken():
    made = jium.TrainingArguments("out", push_to_hub=False, fsdp=None, save_safetensors=True)
    assert made == jium.TrainingArguments("out")
    assert replace(made, seed=3).seed == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"args": object()}, "args: must be a jium.TrainingArguments; got a object"),
        ({"callbacks": [1]}, "callbacks: there are none. For early stopping"),
        ({"tokenizer": "a", "processing_class": "b"}, "tokenizer: is the older name"),
        ({"model": "nowhere"}, "nowhere: no such run folder"),
        ({"model": 7}, "model: a int is not trained so"),
        ({"train_dataset": []}, "a data set without a row"),
        ({"train_dataset": iter(TRAIN)}, "needs a length and rows by number"),
        ({"train_dataset": [{"words": 1}]}, "rows have no text and no input_ids, but words"),
        ({"train_dataset": [{"text": "가"}]}, "rows have nothing to learn"),
        ({"train_dataset": [{"text": "가", "label": 1.5}, {"text": "", "label": "x"}]}, "'x'"),
        ({"train_dataset": [{"input_ids": [5], "labels": [0]}]}, "known by number only"),
        ({"train_dataset": [{"input_ids": [5000], "labels": 0}]}, "has token 5000"),
        ({"train_dataset": [{"input_ids": [5] * 40, "labels": 0}]}, "40 tokens, and the model"),
        ({"train_dataset": [{"input_ids": [], "labels": 0}]}, "there is no token"),
        ({"data_collator": lambda rows: {}}, "the collator must give input_ids"),
    ],
)
def test_what_does_not_fit_says_so(encoder: Path, tmp_path: Path, given: Row, message: str):
    whole = {"model": encoder, "args": arguments(tmp_path), "train_dataset": TRAIN} | given
    with pytest.raises((jium.JiumError, ValueError), match=re.escape(message)):
        jium.Trainer(**whole).train()


def test_nothing_that_stands_in_the_folder_is_lost(encoder: Path, tmp_path: Path):
    trainer = jium.Trainer(encoder, arguments(tmp_path, max_steps=1), train_dataset=TRAIN)
    trainer.train()
    trainer.train()  # over what it has written itself
    other = jium.Trainer(encoder, arguments(tmp_path, max_steps=1), train_dataset=TRAIN)
    with pytest.raises(RunError, match="there is something in this folder already"):
        other.train()
    with pytest.raises(RunError, match="goes on in its own folder"):
        other.train(resume_from_checkpoint=tmp_path / "checkpoint-1")
    less = jium.Trainer(encoder, arguments(tmp_path, max_steps=2), train_dataset=TRAIN[:40])
    with pytest.raises(RunError, match=r"was trained with \[64, 8, 1, 42\].*\[40, 8, 1, 42\]"):
        less.train(resume_from_checkpoint=True)
    with pytest.raises(ConfigError, match="eval_dataset: is missing"):
        jium.Trainer(encoder, arguments(tmp_path, eval_strategy="epoch"), train_dataset=TRAIN)
    settings = arguments(tmp_path, max_steps=1, overwrite_output_dir=True)
    jium.Trainer(encoder, settings, train_dataset=TRAIN).train()


def test_nothing_is_saved_where_that_was_asked_for(encoder: Path, tmp_path: Path):
    settings = arguments(tmp_path, save_strategy="no")
    jium.Trainer(encoder, settings, train_dataset=TRAIN).train()
    assert {path.name for path in tmp_path.iterdir()} <= {"metrics.jsonl", "tensorboard"}


# ---------------------------------------------------------------- the page, and the yardstick

PAGE = Path(__file__).parents[2] / "docs" / "transformers.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def on_disk(folder: Path, encoder: Path) -> None:
    """What the page starts from."""
    (folder / "bert").symlink_to(encoder, target_is_directory=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in reviews(40)]
    (folder / "reviews.jsonl").write_text("\n".join(lines), "utf-8")


def test_the_page_runs(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    on_disk(tmp_path, encoder)
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[2], str(PAGE), "exec"), {})
    accuracy, label = capsys.readouterr().out.split()
    assert 0 <= float(accuracy) <= 1
    assert label in ("0", "1")


def test_a_model_that_saves_itself_is_taken_with_its_tokenizer(encoder: Path, tmp_path: Path):
    class Elsewhere:
        def __init__(self, names: list[str]) -> None:
            self.names = names

        def save_pretrained(self, folder: str) -> None:
            for name in self.names:
                shutil.copy(encoder / name, folder)

    model = Elsewhere(["config.json", "model.safetensors"])
    tokenizer = Elsewhere(["tokenizer.json", "tokenizer_config.json"])
    with pytest.raises(ConfigError, match="processing_class: is missing"):
        jium.Trainer(model, arguments(tmp_path), train_dataset=TRAIN)
    found = [
        losses(jium.Trainer(made, arguments(tmp_path / out), train_dataset=TRAIN, tokenizer=given))
        for out, made, given in (("a", model, tokenizer), ("b", encoder, None))
    ]
    assert found[0] == found[1]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """A tiny BERT of transformers with a tokenizer, as a folder."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("theirs") / "bert"
    words = sorted({word for row in TRAIN for word in row["text"].split()})
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    transformers.BertTokenizerFast(
        vocab=str(folder / "vocab.txt"), do_lower_case=False
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_losses_and_logits_are_those_of_transformers(theirs: Path, tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(theirs)
    rows = [dict(tokenizer(row["text"])) | {"labels": row["label"]} for row in TRAIN]
    shared = dict(
        max_steps=12, logging_steps=1, learning_rate=1e-2, use_cpu=True, disable_tqdm=True,
        train_sampling_strategy="sequential", weight_decay=0.1,
        save_strategy="no", lr_scheduler_type="cosine",
    )  # fmt: skip
    found = []
    for kind, package in (("theirs", transformers), ("ours", jium)):
        model = transformers.AutoModelForSequenceClassification.from_pretrained(theirs)
        trainer = package.Trainer(
            model=model, args=package.TrainingArguments(str(tmp_path / kind), **shared),
            train_dataset=rows, eval_dataset=rows, processing_class=tokenizer,
            compute_metrics=accuracy,
        )  # fmt: skip
        if package is jium:
            trainer.model.head.dropout.p = 0.0
        trainer.train()
        steps = [r["loss"] for r in trainer.state.log_history if "loss" in r]
        found.append((steps, trainer.predict(rows), trainer.evaluate()))
    (one, predicted, measured), (other, ours, mine) = found
    np.testing.assert_allclose(one, other, atol=1e-4)
    np.testing.assert_allclose(predicted.predictions, ours.predictions, atol=1e-3)
    assert predicted.label_ids.tolist() == ours.label_ids.tolist()
    for name in ("eval_loss", "eval_accuracy"):
        assert measured[name] == pytest.approx(mine[name], abs=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_script_of_the_page_runs_on_both(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("datasets")
    line = "from transformers import Trainer, TrainingArguments\n"
    assert line in BLOCKS[0]
    for name, script in (("a", BLOCKS[0]), ("b", BLOCKS[0].replace(line, BLOCKS[1]))):
        (tmp_path / name).mkdir()
        on_disk(tmp_path / name, theirs)
        monkeypatch.chdir(tmp_path / name)
        exec(compile(script, str(PAGE), "exec"), {})
        assert (tmp_path / name / "reviews" / "model.safetensors").is_file()
    assert jium.load(tmp_path / "b" / "reviews").classify("영화가 좋았다") in ("LABEL_0", "LABEL_1")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_heads_that_transformers_has_just_made_learn_what_the_rows_say(
    theirs: Path, encoder: Path, tmp_path: Path
):
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(theirs)
    given = dict(tokenizer(TRAIN[0]["text"]))
    n = len(given["input_ids"])
    tagging = given | {"labels": [-100, 0, *[2] * (n - 3), -100]}
    several = given | {"labels": [1.0, 0.0, 1.0]}
    for kind, row, names, task in (
        ("TokenClassification", tagging, TAGS, "Tagger"),
        ("SequenceClassification", several, ["a", "b", "c"], "Classifier"),
        ("QuestionAnswering", given | {"start_positions": 1, "end_positions": 2}, None, "Answerer"),
    ):
        made = getattr(transformers, f"AutoModelFor{kind}")
        size = {"num_labels": 3, "ignore_mismatched_sizes": True} if names else {}
        model = made.from_pretrained(theirs, **size)
        trainer = jium.Trainer(model, arguments(tmp_path / kind, max_steps=20), labels=names,
                               train_dataset=[row] * 8, processing_class=tokenizer)  # fmt: skip
        found = losses(trainer)
        assert found[-1] < found[0] / 2
        predicted = trainer.predict([row]).predictions
        if task == "Tagger":
            assert predicted[0, 1:-1].argmax(-1).tolist() == [0, *[2] * (n - 3)]
        assert type(jium.load(tmp_path / kind)).__name__ == task
    assert jium.load(tmp_path / "SequenceClassification").gives == "labels"
