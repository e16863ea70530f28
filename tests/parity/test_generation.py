"""What is written, token by token, against `generate` of `transformers` and its filters."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.checkpoint.foreign import read_foreign
from jium.generation.engine import Engine, Request
from jium.generation.sampling import next_distribution
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

VOCAB, MAX_LEN, NEW, END = 29, 48, 12, 2
ENDS: dict[str, Any] = dict(bos_token_id=1, eos_token_id=END, pad_token_id=0)
SIZES: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2),
    **dict(num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=MAX_LEN),
    **ENDS,
)
SHAPES = {
    "GPT2": dict(vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=4, n_positions=MAX_LEN, **ENDS),
    "Llama": SIZES,
    "Qwen2": SIZES,
}
FILTERS = [
    dict(temperature=0.7),
    dict(temperature=1.4, top_k=6),
    dict(temperature=1.0, top_p=0.8),
    dict(temperature=1.2, min_p=0.15),
    dict(temperature=0.9, top_k=12, top_p=0.9, min_p=0.02),
]
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_filter = pytest.mark.parametrize("how", FILTERS, ids=str)


@cache
def theirs(shape: str) -> Any:
    """A random model of theirs, in which every weight counts."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{shape}Config")(**SHAPES[shape])
    cls = getattr(transformers, f"{shape}LMHeadModel" if shape == "GPT2" else f"{shape}ForCausalLM")
    model = cls(config).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.35)
    return model


@pytest.fixture
def both(shape: str, tmp_path: Path) -> tuple[Any, Gpt]:
    theirs(shape).save_pretrained(tmp_path)
    ours = read_foreign(tmp_path).model
    assert isinstance(ours, Gpt)
    return theirs(shape), ours


def prompts() -> list[list[int]]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(3, VOCAB, (n,), generator=generator).tolist() for n in (5, 1, 17, 9, 9)]


def written(ours: Gpt, rows: list[list[int]], seed: int = 0, **how: Any) -> list[list[int]]:
    """All rows at once, in fewer slots than there are rows."""
    engine = Engine(ours, 3, prefill_tokens=8)
    requests = [
        Request(row, GenerationConfig(max_tokens=NEW, seed=seed + i, **how), (END,))
        for i, row in enumerate(rows)
    ]
    running = [engine.submit(request) for request in requests]
    while engine.active or engine.waiting:
        engine.step()
    return [[step.token for step in one.steps] for one in running]


def warpers(how: dict[str, Any]) -> Any:
    """Their filters, in the order in which `generate` has them."""
    made = [transformers.TemperatureLogitsWarper(how["temperature"])]
    for key, kind in (("top_k", "TopK"), ("top_p", "TopP"), ("min_p", "MinP")):
        if key in how:
            made.append(getattr(transformers, f"{kind}LogitsWarper")(how[key]))
    return transformers.LogitsProcessorList(made)


@every_shape
def test_greedy_ids_are_equal(shape: str, both: tuple[Any, Gpt]) -> None:
    model, ours = both
    expected = []
    for row in prompts():
        ids = torch.tensor([row])
        mask = torch.ones_like(ids)
        found = model.generate(ids, attention_mask=mask, max_new_tokens=NEW, do_sample=False)
        text = found[0, len(row) :].tolist()
        expected.append(text[: text.index(END)] if END in text else text)
    assert written(ours, prompts()) == expected
    assert len({tuple(text) for text in expected}) > 2


@every_filter
def test_what_filters_leave_is_equal(how: dict[str, Any]) -> None:
    logits = 3 * torch.randn(40, 60, generator=torch.Generator().manual_seed(0))
    expected = warpers(how)(torch.zeros(40, 1, dtype=torch.long), logits.clone()).softmax(-1)
    torch.testing.assert_close(next_distribution(logits, GenerationConfig(**how)), expected)


@every_shape
@every_filter
def test_the_same_numbers_drawn_evenly_give_the_same_ids(
    shape: str, how: dict[str, Any], both: tuple[Any, Gpt]
) -> None:
    """Their model, their filters, and the inverse of the distribution restated."""
    model, ours = both
    expected = [_drawn(model, row, how, seed) for seed, row in enumerate(prompts())]
    assert written(ours, prompts(), **how) == expected


@torch.no_grad()
def _drawn(model: Any, row: list[int], how: dict[str, Any], seed: int) -> list[int]:
    generator, text, process = torch.Generator().manual_seed(seed), list(row), warpers(how)
    for _ in range(NEW):
        ids = torch.tensor([text])
        probs = process(ids, model(ids).logits[:, -1]).softmax(-1)[0].double()
        uniform = torch.rand(1, generator=generator, dtype=torch.double)
        token = _inverse(probs, float(uniform))
        if token == END:
            break
        text.append(token)
    return text[len(row) :]


def _inverse(probs: Tensor, uniform: float) -> int:
    reached, wanted = 0.0, uniform * float(probs.sum())
    for token, prob in enumerate(probs.tolist()):
        reached += prob
        if reached > wanted:
            return token
    raise AssertionError("probabilities do not add up")
