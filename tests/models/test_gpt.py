"""GPT: its published sizes, that it sees no future, and that its cache changes nothing."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.config import build
from jium.errors import ConfigError
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout

SHAPES: dict[str, dict[str, Any]] = {
    "llama": dict(size="tiny"),
    "gpt2": dict(size="gpt2", dim=32, n_heads=4, ffn_dim=64, n_layers=2),
    "gpt1": dict(size="gpt1", dim=32, n_heads=4, ffn_dim=64, n_layers=2),
    "qwen2": dict(size="tiny", qkv_bias=True),
    "qwen3": dict(size="tiny", qk_norm=True, head_dim=8, tie_embeddings=False),
    "alibi": dict(size="tiny", positions="alibi"),
    "linear": dict(size="tiny", rope_scaling={"kind": "linear", "factor": 2.0}),
}
every_shape = pytest.mark.parametrize("shape", SHAPES)


def make(shape: str) -> Gpt:
    torch.manual_seed(0)
    model = Gpt(build(GptConfig, {"vocab_size": 30, "max_len": 16} | SHAPES[shape])).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def ids(layout: Layout, seed: int = 0) -> Tensor:
    return torch.randint(0, 30, (layout.tokens,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("size", "vocab_size", "count"),
    [
        ("gpt1", 40_478, 116_534_784),
        ("gpt2", 50_257, 124_439_808),
        ("gpt2-medium", 50_257, 354_823_168),
    ],
)
def test_published_sizes_have_their_published_parameter_counts(
    size: str, vocab_size: int, count: int
) -> None:
    with torch.device("meta"):
        model = Gpt(build(GptConfig, {"size": size, "vocab_size": vocab_size}))
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_llama_of_one_billion_has_1_235_814_400_parameters() -> None:
    sizes = dict(dim=2048, n_heads=32, n_kv_heads=8, ffn_dim=8192, n_layers=16, vocab_size=128_256)
    with torch.device("meta"):
        model = Gpt(GptConfig(**sizes))
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_235_814_400


def test_the_defaults_are_the_size_base() -> None:
    assert build(GptConfig, {"size": "base"}) == GptConfig()


@every_shape
def test_a_changed_token_changes_nothing_before_it_and_all_from_it_on(shape: str) -> None:
    model, layout = make(shape), Layout([7])
    tokens = ids(layout)
    before = model(tokens, layout)
    for place in range(7):
        changed = tokens.clone()
        changed[place] = (changed[place] + 1) % 30
        after = model(changed, layout)
        assert torch.equal(after[:place], before[:place])
        assert (after[place:] != before[place:]).any(-1).all()


@every_shape
def test_a_text_is_read_the_same_alone_and_among_others(shape: str) -> None:
    model = make(shape)
    texts = [ids(Layout([5]), 1), ids(Layout([2]), 2)]
    together = model(torch.cat(texts), Layout([5, 2]))
    alone = torch.cat([model(text, Layout([len(text)])) for text in texts])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


@every_shape
@pytest.mark.parametrize("steps", [[1] * 8, [5, 1, 1, 1], [3, 5]])
def test_cached_decoding_equals_the_full_forward(shape: str, steps: list[int]) -> None:
    model = make(shape)
    tokens = ids(Layout([8, 8])).view(2, 8)
    whole = model(tokens.flatten(), Layout([8, 8])).view(2, 8, -1)
    cache = model.new_cache(8)
    parts, start = [], 0
    for step in steps:
        part = tokens[:, start : start + step]
        parts.append(model(part.flatten(), Layout([step] * 2), cache).view(2, step, -1))
        start += step
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-5)


def test_tied_embeddings_are_one_matrix() -> None:
    tied, own = make("llama"), make("qwen3")
    assert tied.output.weight is tied.embedding.weight
    assert own.output.weight is not own.embedding.weight


def test_what_adds_to_the_residual_stream_starts_smaller() -> None:
    model = Gpt(build(GptConfig, {"size": "small", "vocab_size": 300}))
    block = model.decoder.blocks[0]
    assert block.attn.q_proj.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert block.ffn.down_proj.weight.std().item() == pytest.approx(0.02 / 12**0.5, rel=0.05)


def test_a_count_of_no_layers_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model.n_layers: must be at least 1; got 0\."):
        build(GptConfig, {"n_layers": 0}, "model")
