"""T5: its published sizes, its buckets, and that its cache changes nothing."""

from typing import Any

import pytest
import torch
from torch import nn

from jium.config import build
from jium.errors import ConfigError
from jium.models.t5 import T5, RelativeBuckets, T5Config
from jium.nn.layout import Layout

GATED = dict(activation="geglu", tie_output=False, scale_output=False)


def make(**more: Any) -> T5:
    torch.manual_seed(0)
    model = T5(build(T5Config, {"size": "tiny", "vocab_size": 30, "max_len": 16} | more)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


@pytest.mark.parametrize(
    ("values", "count"),
    [
        (dict(size="small"), 60_506_624),
        (dict(size="base"), 222_903_552),
        (
            dict(size="small", n_heads=6, ffn_dim=1024, n_encoder_layers=8, n_decoder_layers=8)
            | GATED,
            76_961_152,
        ),
    ],
)
def test_published_sizes_have_their_published_parameter_counts(
    values: dict[str, Any], count: int
) -> None:
    with torch.device("meta"):
        model = T5(build(T5Config, values | {"vocab_size": 32_128}))
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_near_distances_have_a_bucket_each_and_far_ones_share() -> None:
    behind = RelativeBuckets(1, 8, 16, causal=True)._buckets(-torch.arange(20))
    assert behind.tolist() == [0, 1, 2, 3, 4, 4, 5, 5] + [6] * 4 + [7] * 8
    both = RelativeBuckets(1, 8, 16, causal=False)._buckets(torch.tensor([-9, -1, 0, 1, 9]))
    assert both.tolist() == [3, 1, 0, 5, 7]


def test_what_follows_a_query_is_no_farther_than_itself_in_a_decoder() -> None:
    places = RelativeBuckets(2, 8, 16, causal=True)
    bias = places.bias(torch.tensor([2]), torch.arange(5))  # (heads, 1, 5)
    assert torch.equal(bias[:, :, 2], bias[:, :, 4])
    assert not torch.equal(bias[:, :, 2], bias[:, :, 1])


@pytest.mark.parametrize("more", [{}, GATED])
def test_cached_decoding_equals_the_full_forward(more: dict[str, Any]) -> None:
    model, source = make(**more), torch.tensor([5, 6, 7, 8, 9])
    layout, target = Layout([3, 2]), torch.arange(8)
    whole = model(source, layout, target, Layout([4, 4])).view(2, 4, -1)
    memory, cache = model.encode(source, layout), model.new_cache(4)
    parts = [
        model.decode(target.view(2, 4)[:, i], Layout([1, 1]), memory, layout, cache)
        for i in range(4)
    ]
    torch.testing.assert_close(torch.stack(parts, 1), whole, rtol=0, atol=1e-5)


def test_a_source_is_read_the_same_alone_and_among_others() -> None:
    model = make()
    texts = [torch.tensor([4, 5, 6, 7, 8]), torch.tensor([9, 10])]
    together = model.encode(torch.cat(texts), Layout([5, 2]))
    alone = torch.cat([model.encode(text, Layout([len(text)])) for text in texts])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_the_decoders_answer_is_scaled_only_where_the_output_is_tied() -> None:
    scaled, plain = make(), make(scale_output=False)
    plain.load_state_dict(scaled.state_dict())
    given = (torch.arange(5), Layout([5]), torch.arange(3), Layout([3]))
    torch.testing.assert_close(scaled(*given) * 8, plain(*given))  # the root of dim=64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_buckets": 7}, r"model.n_buckets: must be even, and 4 or more; got 7\."),
        ({"max_distance": 16}, r"model.max_distance: must be above n_buckets / 2; got 16\."),
    ],
)
def test_buckets_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(T5Config, values, "model")
