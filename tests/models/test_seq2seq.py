"""The table "Figures that must come out", row Transformer, and what the whole model promises."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import build
from jium.errors import ConfigError
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig, Seq2SeqWeights
from jium.nn.layout import Layout

SCHEMES = ["sinusoidal", "learned", "rotary", "alibi", "none"]
SOURCE, TARGET = Layout([4, 2, 5]), Layout([3, 6, 1])


def make(**settings: Any) -> Seq2Seq:
    torch.manual_seed(0)
    values = {"size": "tiny", "vocab_size": 50, "dropout": 0.0, "max_len": 32} | settings
    return Seq2Seq(build(Seq2SeqConfig, values)).eval()


def without_storage(**settings: Any) -> Seq2Seq:
    with torch.device("meta"):
        return make(**settings)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def ids(layout: Layout, vocab: int = 50, seed: int = 0) -> Tensor:
    return torch.randint(0, vocab, (layout.tokens,), generator=torch.Generator().manual_seed(seed))


def test_the_classic_size_has_the_published_parameter_counts() -> None:
    model = without_storage(size="classic", vocab_size=1000)
    assert count(model.encoder.blocks[0]) == 3_152_384
    assert count(model.encoder) == 18_914_304
    assert count(model.decoder.blocks[0]) == 4_204_032
    assert count(model.decoder) == 25_224_192
    assert count(model.encoder) + count(model.decoder) == 44_138_496
    assert count(model) == 44_138_496 + 1000 * 512


def test_the_defaults_are_the_classic_size() -> None:
    assert build(Seq2SeqConfig, {"size": "classic"}) == Seq2SeqConfig()


def test_pre_norm_adds_one_norm_to_each_stack() -> None:
    post, pre = (without_storage(size="classic", norm_first=first) for first in (False, True))
    assert count(pre) - count(post) == 2 * 2 * 512


@pytest.mark.parametrize("size", Seq2SeqConfig.sizes)
@pytest.mark.parametrize("positions", SCHEMES)
def test_every_size_and_position_scheme_can_be_built(size: str, positions: str) -> None:
    model = without_storage(size=size, positions=positions)
    layers = Seq2SeqConfig.sizes[size]["n_encoder_layers"]
    assert len(model.encoder.blocks) == layers
    learned = 2 * 32 * model.config.dim if positions == "learned" else 0
    assert count(model) == count(without_storage(size=size)) + learned


def test_sizes_grow() -> None:
    counts = [count(without_storage(size=size)) for size in Seq2SeqConfig.sizes]
    assert counts == sorted(set(counts))


def test_source_target_and_output_share_one_matrix() -> None:
    model = make()
    assert model.output.weight is model.source_embedding.weight
    assert model.target_embedding is model.source_embedding


def test_untied_the_source_has_a_matrix_of_its_own() -> None:
    model = make(tie_embeddings=False)
    assert model.output.weight is model.target_embedding.weight
    assert model.output.weight is not model.source_embedding.weight
    assert count(model) == count(make()) + 50 * 64


@pytest.mark.parametrize("size", ["tiny", "small"])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("vocab", [300, 4000])
def test_the_first_loss_is_that_of_a_uniform_guess(size: str, norm_first: bool, vocab: int) -> None:
    model = make(size=size, vocab_size=vocab, norm_first=norm_first)
    layout = Layout([12] * 25)  # enough tokens that chance is far below the bound
    source, target, after = (ids(layout, vocab, seed) for seed in range(3))
    with torch.no_grad():
        logits = model.output(model(source, layout, target, layout))
    assert F.cross_entropy(logits, after).item() == pytest.approx(math.log(vocab), rel=0.02)


@pytest.mark.parametrize("positions", SCHEMES)
@pytest.mark.parametrize("norm_first", [False, True])
def test_cached_decoding_equals_teacher_forcing(positions: str, norm_first: bool) -> None:
    model = make(positions=positions, norm_first=norm_first)
    target = Layout([6, 6, 6])
    source_ids, target_ids = ids(SOURCE), ids(target, seed=1).view(3, 6)
    with torch.no_grad():
        whole = model(source_ids, SOURCE, target_ids.flatten(), target).view(3, 6, -1)
        memory, cache = model.encode(source_ids, SOURCE), model.new_cache(6)
        for place in range(6):
            step = model.decode(target_ids[:, place], Layout([1] * 3), memory, SOURCE, cache)
            torch.testing.assert_close(step, whole[:, place], rtol=0, atol=1e-5)


def test_every_source_token_is_read_and_no_other_source() -> None:
    model, source, target = make(), ids(SOURCE), ids(TARGET, seed=1)
    with torch.no_grad():
        before = model(source, SOURCE, target, TARGET).split(TARGET.lengths)
        for place in range(4):  # all in the first text
            changed = source.clone()
            changed[place] = (changed[place] + 1) % 50
            after = model(changed, SOURCE, target, TARGET).split(TARGET.lengths)
            assert (after[0] != before[0]).any(dim=-1).all()
            assert torch.equal(after[1], before[1]) and torch.equal(after[2], before[2])


def test_company_in_the_batch_changes_no_output() -> None:
    model, source, target = make(), ids(SOURCE), ids(TARGET, seed=1)
    with torch.no_grad():
        together = model(source, SOURCE, target, TARGET).split(TARGET.lengths)
        parts = zip(source.split(SOURCE.lengths), target.split(TARGET.lengths), strict=True)
        for y, (one, other) in zip(together, parts, strict=True):
            alone = model(one, Layout([len(one)]), other, Layout([len(other)]))
            torch.testing.assert_close(y, alone, rtol=0, atol=2e-6)


def test_all_three_attentions_can_be_looked_at() -> None:
    model, kept = make(), Seq2SeqWeights()
    memory = model.encode(ids(SOURCE), SOURCE, kept)
    model.decode(ids(TARGET), TARGET, memory, SOURCE, weights=kept)
    assert [w.shape for w in kept.encoder.own] == [(3, 4, 5, 5)] * 2
    assert [w.shape for w in kept.decoder.own] == [(3, 4, 6, 6)] * 2
    assert [w.shape for w in kept.decoder.cross] == [(3, 4, 6, 5)] * 2
    assert not kept.encoder.cross


def test_every_parameter_learns() -> None:
    model = make(positions="learned", tie_embeddings=False, norm_first=True).train()
    hidden = model(ids(SOURCE), SOURCE, ids(TARGET), TARGET)
    F.cross_entropy(model.output(hidden), ids(TARGET, seed=1)).backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"n_encoder_layers": 0}, "n_encoder_layers"),
        ({"n_decoder_layers": -1}, "n_decoder_layers"),
        ({"vocab_size": 0}, "vocab_size"),
        ({"n_heads": 5}, "n_heads"),
        ({"dim": 66}, "n_heads"),
    ],
)
def test_what_cannot_be_built_names_the_key(values: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"^model\.{key}: must .*got "):
        build(Seq2SeqConfig, {"size": "tiny"} | values, "model")
