"""Plans: what they count is what training makes, multiplies and holds."""

import json
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

import jium
from jium.cli import app
from jium.config import build
from jium.data.batches import PairBatch
from jium.data.masked_batches import MaskedBatch
from jium.data.text_batches import TextBatch
from jium.errors import ConfigError
from jium.messages import set_language
from jium.models.bert import Bert, BertConfig
from jium.models.gpt import Gpt, GptConfig
from jium.models.heads import HeadConfig, Headed
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.nn.cache import Cache
from jium.nn.layout import Layout
from jium.objectives.labels import Labels
from jium.objectives.masked import Masked
from jium.objectives.next_token import NextToken
from jium.objectives.translation import Translation
from jium.training import rates
from jium.training.costs import Batch, forward_flops, optimiser_flops, training_flops
from jium.training.memory import cache_bytes, training_memory
from jium.training.optimisers import Adam, AdamW, MuonW
from jium.training.outline import outline, parts
from jium.training.recipe import Recipe, shipped
from jium.training.schedules import Constant
from jium.training.trainer import TrainConfig, Trainer

GPT3 = dict(size="gpt2", dim=12288, n_heads=96, ffn_dim=49152, n_layers=96, max_len=2048)
TINY = dict(size="tiny", max_len=32)


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates are tried for a moment only."""
    monkeypatch.setattr(rates, "SECONDS", 0.01)


def of(task: str = "generate", **sections: Any) -> Recipe:
    """A recipe whose data is nowhere: a plan must not look for it."""
    data = {"train": "nowhere.txt"} | sections.pop("data", {})
    return Recipe.of({"task": task, "data": data, **sections}, "planned")


def writer(vocab_size: int = 300, train: dict[str, Any] | None = None, **model: Any) -> Recipe:
    sizes = {"kind": "gpt"} | (model or TINY)
    return of(tokenizer={"vocab_size": vocab_size}, model=sizes, train=train or {})


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


# ---------------------------------------------------------------- parameters


def test_a_model_of_96_layers_of_12_288_has_174_604_259_328_parameters() -> None:
    train = dict(steps=93_750, batch_tokens=3_200_000)
    made = jium.plan(writer(50_257, train, **GPT3), device_kind="a100", devices=1024)
    assert made.parameters is not None and made.memory is not None
    assert made.parameters["all"] == 174_604_259_328
    assert made.tokens == 300_000_000_000
    assert f"{made.six_nd:.2e}" == "3.14e+23"  # as table D.1 of Brown et al. (2020) has it
    assert made.flops is not None and made.six_nd is not None
    assert made.six_nd < made.flops < 1.05 * made.six_nd  # attention over 2,048 tokens beside it
    assert any("does not fit" in note for note in made.notes)


def test_gpt_2_has_124_439_808_parameters() -> None:
    made = jium.plan(writer(50_257, size="gpt2"), device_kind="cpu")
    assert made.parameters == {
        "embeddings": (50_257 + 1024) * 768,
        "blocks": 124_439_808 - (50_257 + 1024) * 768,
        "head": 0,
        "all": 124_439_808,
        "learned": 124_439_808,
    }


@pytest.mark.parametrize("config", [GptConfig, Seq2SeqConfig, BertConfig])
def test_one_size_sets_width_depth_and_heads(config: Any) -> None:
    depth = "n_encoder_layers" if config is Seq2SeqConfig else "n_layers"
    shapes = {name: build(config, {"size": name}) for name in config.sizes}
    for name, made in shapes.items():
        named = {"dim", "n_heads", "ffn_dim", depth} & set(config.sizes[name])
        assert named == {"dim", "n_heads", "ffn_dim", depth}
        assert build(config, {"size": name, depth: 7}) == replace(made, **{depth: 7})


def test_a_larger_size_has_more_parameters() -> None:
    plans = [
        jium.plan(writer(1000, size=size), device_kind="cpu") for size in ("tiny", "mini", "small")
    ]
    found = [made.parameters["all"] for made in plans if made.parameters is not None]
    assert found == sorted(set(found)) and len(found) == len(plans)


def test_an_outline_holds_no_numbers_and_counts_as_the_model_itself() -> None:
    drawn = outline(writer()).model
    assert drawn is not None and all(p.is_meta for p in drawn.parameters())
    made = Gpt(build(GptConfig, {"vocab_size": 300} | TINY))
    assert count(drawn) == count(made) == sum(parts(drawn).values())


@pytest.mark.parametrize(
    ("recipe", "parameters"),
    [  # of runs that were trained; their cards have the same
        ("answers-ko", 5_678_210),
        ("sentiment-ko", 4_939_202),
        ("sentiment-cnn", 3_368_066),
        ("sentiment-rnn", 3_739_779),
        ("sentiment-fasttext", 13_824_130),
    ],
)
def test_recipes_have_as_many_parameters_as_the_runs_made_of_them(
    recipe: str, parameters: int
) -> None:
    made = jium.plan(recipe, device_kind="cpu")
    assert made.parameters is not None and made.parameters["all"] == parameters


def test_every_recipe_that_comes_with_jium_can_be_planned_or_says_why_not() -> None:
    for path in shipped():
        if path.stem != "chat-ko":  # its start is a run
            made = jium.plan(path, device_kind="h100")
            assert made.parameters is not None or made.notes
            assert (made.hours is None) == (made.flops is None)


def test_a_recipe_from_a_start_has_its_vocabulary_and_a_frozen_one_learns_its_head(
    tmp_path: Path,
) -> None:
    from jium.checkpoint.run import save_config

    config = build(BertConfig, {"size": "tiny", "vocab_size": 777})
    save_config(tmp_path, "bert", config, {"task": "fill"})
    transfer = {"start": str(tmp_path), "mode": "frozen"}
    frozen = of("classify", model={"kind": "bert"}, transfer=transfer)
    made = jium.plan(frozen, device_kind="cpu")
    assert made.parameters is not None and made.memory is not None
    assert made.parameters["embeddings"] == (777 + 2 + config.max_len + 2) * config.dim
    assert made.parameters["learned"] == made.parameters["head"] < made.parameters["all"]
    assert made.memory.gradients == 4 * made.parameters["learned"]
    whole = of("classify", model={"kind": "bert"}, transfer=transfer | {"mode": "full"})
    assert made.flops is not None
    assert made.flops * 2.9 < (jium.plan(whole, device_kind="cpu").flops or 0) < made.flops * 3


# ---------------------------------------------------------------- FLOPs


def text_batch(vocab_size: int, tokens: int, length: int) -> TextBatch:
    ids = torch.randint(4, vocab_size, (tokens,), generator=torch.Generator().manual_seed(0))
    return TextBatch(ids, Layout([length] * (tokens // length)), targets=ids)


def counted(objective: Any, model: nn.Module, batch: Any) -> int:
    """FLOPs that PyTorch counts while it trains."""
    with FlopCounterMode(display=False) as counter:
        for loss in objective(model, batch):
            loss.total.backward()
    return counter.get_total_flops()


def test_flops_are_those_that_pytorch_counts_of_a_language_model() -> None:
    model = Gpt(build(GptConfig, {"vocab_size": 100, "positions": "alibi"} | TINY))
    batch = Batch(128, 32)
    # A causal token sees half of the keys on average; the products make the other half too.
    unseen = 3 * 128 * forward_flops(model, batch)[1]
    found = counted(NextToken(), model, text_batch(100, 128, 32))
    assert found == training_flops(model, batch) + unseen


def test_flops_are_those_that_pytorch_counts_of_a_translator() -> None:
    model = Seq2Seq(build(Seq2SeqConfig, {"vocab_size": 100, "dropout": 0.0} | TINY))
    side = text_batch(100, 64, 32)
    pairs = PairBatch(side.tokens, side.layout, side.tokens, side.tokens, side.layout)
    batch = Batch(128, 32)
    matrices, _ = forward_flops(model, batch)
    assert counted(Translation(), model, pairs) == 3 * 128 * matrices


def test_muon_multiplies_matrices_and_adam_none() -> None:
    model = Gpt(build(GptConfig, {"vocab_size": 100} | TINY))
    optimiser = MuonW().make(model, 1e-3)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    with FlopCounterMode(display=False) as counter:
        optimiser.step()
    assert counter.get_total_flops() == optimiser_flops(MuonW(), model)
    assert optimiser_flops(AdamW(), model) == 0


# ---------------------------------------------------------------- memory


class Held(TorchDispatchMode):
    """Bytes of all tensors that exist, of those known and those made inside; and their peak."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.now = self.peak = 0
        for tensor in known:
            self._add(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._add(tensor)
        return made

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self.now -= self.sizes.pop(key)


def held(model: nn.Module, objective: Any, batch: Any, optimiser: Any, settings: Any) -> int:
    """The most bytes that tensors take in a second step."""
    optimisers = {"main": optimiser.make(model, 1e-3)}
    precision = settings.precision.replace("auto", "float32")
    batches = [batch] * settings.accumulate
    trainer = Trainer(
        model, objective, batches, optimisers, Constant(), settings, precision=precision
    )
    trainer._step(batches)
    states = optimisers["main"].state.values()
    known = [*model.parameters(), *(t for state in states for t in state.values())]
    with Held([*known, *(trainer.ema.average if trainer.ema else [])]) as seen:
        trainer._step(batches)
    return seen.peak


def language(vocab_size: int = 300, tokens: int = 512, **sizes: Any) -> tuple[Any, Any, Any]:
    model = Gpt(build(GptConfig, {"vocab_size": vocab_size} | TINY | sizes))
    return model, NextToken(), text_batch(vocab_size, tokens, 32)


def pairs() -> tuple[Any, Any, Any]:
    model = Seq2Seq(build(Seq2SeqConfig, {"vocab_size": 500} | TINY))
    side = text_batch(500, 256, 32)
    batch = PairBatch(side.tokens, side.layout, side.tokens, side.tokens, side.layout)
    return model, Translation(), batch


def masked() -> tuple[Any, Any, Any]:
    encoder = Bert(build(BertConfig, {"vocab_size": 1000, "dim": 64, "ffn_dim": 128} | TINY))
    whole = text_batch(1000, 512, 32)
    chosen = torch.arange(0, 512, 8)
    batch = MaskedBatch(whole.tokens, whole.layout, chosen, whole.tokens[chosen])
    model = Headed(encoder, HeadConfig(kind="masked", n_outputs=1000))
    return model, Masked(rate=0.125), batch


def classes() -> tuple[Any, Any, Any]:
    encoder = Bert(build(BertConfig, {"vocab_size": 300, "norm_first": True} | TINY))
    whole = text_batch(300, 512, 32)
    batch = replace(whole, targets=torch.zeros(16, dtype=torch.long))
    return Headed(encoder, HeadConfig()), Labels(), batch


CASES: dict[str, tuple[Callable[[], Any], Any, dict[str, Any]]] = {
    "language": (language, AdamW(), {}),
    "many words": (partial(language, 3000, 128), AdamW(), {}),
    "few tokens": (partial(language, 300, 64, size="mini"), AdamW(), {"ema": 0.9}),
    "gpt2": (partial(language, size="gpt2", dim=32, n_heads=4, ffn_dim=128), AdamW(), {}),
    "muon": (partial(language, 300, 64, size="mini"), MuonW(), {}),
    "accumulated": (partial(language, 2000, 128), AdamW(), {"accumulate": 2}),
    "bfloat16": (language, AdamW(), {"precision": "bfloat16"}),
    "pairs": (pairs, Adam(), {"ema": 0.9}),
    "masked": (masked, AdamW(), {}),
    "classes": (classes, AdamW(), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_training_holds_as_much_memory_as_the_plan_says(case: str) -> None:
    make, optimiser, more = CASES[case]
    model, objective, batch = make()
    settings = TrainConfig(steps=9, **more)
    half = settings.precision == "bfloat16"
    told = training_memory(model, optimiser, settings, Batch(batch.n_tokens, 32, 0.125, half))
    assert told is not None
    assert told.peak == pytest.approx(held(model, objective, batch, optimiser, settings), rel=0.15)


def test_a_cache_of_a_full_text_is_as_large_as_the_plan_says() -> None:
    model = Gpt(build(GptConfig, {"vocab_size": 100} | TINY)).eval()
    rows = model.new_rows()
    rows.begin()
    with torch.inference_mode():
        layout = Layout([32])
        model(torch.zeros(32, dtype=torch.long), layout, rows.reading(0, layout))
    assert rows.data.numel() * 4 == cache_bytes(model, 32)


def test_a_cache_of_a_translator_keeps_the_source_too() -> None:
    model = Seq2Seq(build(Seq2SeqConfig, {"vocab_size": 100} | TINY)).eval()
    tokens, layout, cache = torch.zeros(32, dtype=torch.long), Layout([32]), model.new_cache(32)
    with torch.inference_mode():
        memory = model.encode(tokens, layout)
        model.decode(tokens, layout, memory, layout, cache)
    assert sum(t.numel() * 4 for t in tensors(cache)) == cache_bytes(model, 32)


def tensors(cache: Cache) -> Iterator[Tensor]:
    for slot in (*cache.own, *cache.cross):
        yield from (t for t in (slot.keys, slot.values) if t is not None)


# ---------------------------------------------------------------- time, money, energy


def test_devices_share_the_time_and_not_the_price() -> None:
    train = dict(steps=1000, batch_tokens=4096)
    one, two = (
        jium.plan(writer(train=train), device_kind="t4", devices=n, price=0.5) for n in (1, 2)
    )
    assert one.hours and two.hours and one.memory and two.memory
    assert two.hours == pytest.approx(one.hours / 2)
    assert two.cost == pytest.approx(one.cost) == pytest.approx(0.5 * one.hours)
    assert one.kwh == pytest.approx(0.07 * one.hours)  # a T4 draws 70 watts
    assert two.memory.activations == pytest.approx(one.memory.activations / 2, rel=0.02)


def test_large_models_reach_the_share_of_the_peak_that_is_stated() -> None:
    made = jium.plan(writer(50_257, dict(batch_tokens=2**19), **GPT3), device_kind="h100")
    assert made.device is not None and made.device.flops is not None
    assert made.device.flops == pytest.approx(rates.UTILISATION * 989e12, rel=0.01)
    slow = writer(50_257, dict(batch_tokens=2**19, precision="float32"), **GPT3)
    assert (jium.plan(slow, device_kind="h100").hours or 0) > 10 * (made.hours or 0)


def test_this_machine_is_tried_and_nothing_else_changes() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    made = jium.plan(writer(train=dict(threads=threads + 1, device="cpu")), watts=100.0)
    assert made.hours and made.kwh == pytest.approx(0.1 * made.hours)
    assert torch.equal(torch.get_rng_state(), before) and torch.get_num_threads() == threads


def test_twice_the_steps_take_twice_as_long_unless_minutes_end_them() -> None:
    short, long, ended = (
        jium.plan(writer(train=train), device_kind="cpu").hours or 0.0
        for train in (dict(steps=500), dict(steps=1000), dict(steps=10**9, minutes=30.0))
    )
    assert long == pytest.approx(2 * short)
    assert ended == 0.5


def test_longer_texts_cost_more_attention_and_no_more_matrices() -> None:
    short, long = (
        jium.plan(writer(size="tiny", max_len=64), device_kind="cpu", text_tokens=n).flops or 0
        for n in (8, 64)
    )
    model = outline(writer()).model
    assert model is not None
    matrices = [forward_flops(model, Batch(1, n))[0] for n in (8, 64)]
    assert short < long and matrices[0] == matrices[1]


# ---------------------------------------------------------------- what cannot be told, and errors


@pytest.mark.parametrize("recipe", ["topics", "speller", "sentiment-tfidf"])
def test_a_model_that_is_fitted_by_counting_is_told_of_in_a_sentence(recipe: str) -> None:
    made = jium.plan(recipe)
    assert made.parameters is None and made.hours is None
    assert "is fitted by counting" in str(made)


def test_vectors_of_words_are_counted_once_somebody_says_how_many_words() -> None:
    assert "Say how many you expect" in str(jium.plan("word2vec"))
    made = jium.plan("word2vec", "model.vocab_size=1000")
    assert made.parameters is not None and made.parameters["all"] == 2 * 1000 * 100
    assert made.hours is None and "only training tells" in str(made)


def test_vectors_that_are_not_there_yet_are_said_to_be_assumed() -> None:
    assert "runs/pieces-ko is not there yet" in str(jium.plan("encoder-ko", device_kind="cpu"))


def test_a_batch_too_small_for_the_longest_text_is_noticed() -> None:
    made = jium.plan(writer(train=dict(batch_tokens=16)), device_kind="cpu")
    assert any("has no room for a text of model.max_len=32" in note for note in made.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(device_kind="a10"), 'device_kind: no kind of device "a10". Did you mean "a100"?'),
        (dict(devices=0), "devices: must be at least 1; got 0."),
        (dict(price=-1.0), "price: must be at least 0; got -1.0."),
        (dict(text_tokens=0), "text_tokens: must be at least 1; got 0."),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        jium.plan(writer(), **options)
    assert str(caught.value).startswith(message)


def test_a_wrong_recipe_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jium.training.plan.outline", pytest.fail)
    with pytest.raises(ConfigError, match="model.n_heads: must divide dim"):
        jium.plan("gpt-ko", "model.n_heads=7")
    with pytest.raises(ConfigError, match="unknown key"):
        jium.plan("gpt-ko", "train.step=9")


# ---------------------------------------------------------------- the command


def test_the_command_says_what_the_verb_does() -> None:
    words = ["plan", "gpt-ko", "train.steps=10", "--device-kind", "h100", "--price", "2"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    for part in ("4,999,424", "h100, bfloat16", "40% of the 9.89e+14 FLOP/s", "cost"):
        assert part in shown.output
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    made = jium.plan("gpt-ko", "train.steps=10", device_kind="h100", price=2.0)
    assert found == json.loads(json.dumps(made.values()))
    assert made.memory is not None and found["memory"]["peak"] == made.memory.peak


def test_a_plan_can_be_read_in_korean() -> None:
    set_language("ko")
    shown = str(jium.plan("gpt-ko", device_kind="cpu"))
    assert "파라미터" in shown and "학습 메모리" in shown and "parameters" not in shown
