"""What guides a picture: captions, classes, nothing."""

import pytest
import torch
from torch import nn

from jium.config import build
from jium.errors import ConfigError, DataError
from jium.models.conditioning import (
    ClassConditioner,
    Context,
    TextConditioner,
    TextConditionerConfig,
    join,
)
from jium.nn.layout import Layout

DIM = 16


def reader() -> TextConditioner:
    torch.manual_seed(0)
    values = dict(dim=DIM, n_heads=2, ffn_dim=32, n_layers=2, max_len=8)
    model = TextConditioner(build(TextConditionerConfig, values), vocab_size=20).eval()
    nn.init.normal_(model.null_pooled)
    return model


def read(model: TextConditioner, *captions: list[int]) -> Context:
    tokens = torch.tensor([id for caption in captions for id in caption], dtype=torch.long)
    return model(tokens, Layout([len(caption) for caption in captions]))


def assert_same(left: Context, right: Context) -> None:
    """The same where something stands; what is masked does not count."""
    torch.testing.assert_close(left.mask, right.mask)
    torch.testing.assert_close(left.pooled, right.pooled)
    torch.testing.assert_close(left.states[left.mask], right.states[right.mask])


def test_a_caption_reads_alike_beside_a_longer_one() -> None:
    model = reader()
    alone, beside = read(model, [3, 4]), read(model, [3, 4], [5, 6, 7, 8, 9])
    assert beside.states.shape == (2, 5, DIM) and beside.mask.sum(1).tolist() == [2, 5]
    torch.testing.assert_close(beside.states[:1, :2], alone.states)
    torch.testing.assert_close(beside.pooled[:1], alone.pooled)


def test_every_token_sees_the_whole_caption() -> None:
    model = reader()
    alone = read(model, [3]).states[0, 0]
    torch.testing.assert_close(read(model, [3, 4, 5]).states[0, 0], alone)  # before it has learned
    nn.init.normal_(model.out_proj.weight)
    first = read(model, [3, 4, 5]).states[0, 0]
    assert not torch.allclose(read(model, [3, 4, 6]).states[0, 0], first)


def test_a_dropped_caption_is_the_null_context() -> None:
    model = reader()
    context = read(model, [3, 4], [5, 6, 7])
    dropped = model.drop(context, torch.tensor([False, True]))
    assert_same(dropped[:1], context[:1])
    assert_same(dropped[1:], join([model.null(1), context])[:1])


def test_dropping_nothing_changes_nothing() -> None:
    model = reader()
    context = read(model, [3, 4], [5, 6, 7])
    assert_same(model.drop(context, torch.tensor([False, False])), context)


def test_a_caption_without_tokens_is_the_null_context() -> None:
    model = reader()
    assert_same(read(model, [], []), model.null(2))
    assert_same(read(model, [], [3, 4])[:1], join([model.null(1), read(model, [3, 4])])[:1])


def test_the_null_context_learns_only_from_dropped_captions() -> None:
    model = reader()
    for where, learns in ((True, True), (False, False)):
        model.zero_grad(set_to_none=True)
        context = model.drop(read(model, [3, 4, 5]), torch.tensor([where]))
        (context.states[context.mask].sum() + context.pooled.sum()).backward()
        assert model.null_state.grad is not None
        assert bool(model.null_state.grad.any()) == learns
        assert model.embedding.weight.grad is not None
        assert bool(model.embedding.weight.grad.any()) != learns


def test_joined_contexts_stand_one_after_another() -> None:
    model = reader()
    long, short = read(model, [3, 4, 5]), model.null(2)
    both = join([long, short])
    assert len(both) == 3 and not both.full and long.full
    assert both.mask.sum(1).tolist() == [3, 1, 1]
    torch.testing.assert_close(both[1:].states[:, 0], short.states[:, 0])


def test_a_caption_that_is_too_long_is_refused() -> None:
    with pytest.raises(DataError, match="a caption of 9 tokens is longer than the 8"):
        read(reader(), [1], list(range(9)))


def test_classes_of_two_kinds_are_two_states() -> None:
    torch.manual_seed(0)
    model = ClassConditioner(DIM, {"subject": 3, "colour": 2})
    labels = {"subject": torch.tensor([0, 2, 2, -1]), "colour": torch.tensor([1, 1, -1, -1])}
    context = model(labels)
    assert context.states.shape == (4, 2, DIM) and context.full
    assert torch.equal(context.states[0, 1], context.states[1, 1])
    assert not torch.equal(context.states[0, 0], context.states[1, 0])
    assert torch.equal(context.states[2, 1], context.states[3, 1])  # not known
    assert not torch.allclose(context.pooled[1], context.pooled[2])


def test_a_class_that_is_not_known_is_not_the_last_one() -> None:
    torch.manual_seed(0)
    model = ClassConditioner(DIM, {"subject": 3})
    states = model({"subject": torch.tensor([2, -1])}).states
    assert not torch.equal(states[0], states[1])


def test_an_encoder_without_layers_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"text.n_layers: must be at least 1; got 0\."):
        build(TextConditionerConfig, {"n_layers": 0}, "text")
