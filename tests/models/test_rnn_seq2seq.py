"""The formulas of two papers, and what every encoder-decoder promises."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jium.config import build
from jium.errors import ConfigError
from jium.models.encoder_decoder import Seq2SeqWeights
from jium.models.rnn_seq2seq import RnnSeq2Seq, RnnSeq2SeqConfig, SourceAttention
from jium.nn.layout import Layout

SOURCE, TARGET = Layout([4, 2, 5]), Layout([3, 6, 1])
KINDS = [
    dict(attention="additive"),
    dict(attention="dot"),
    dict(attention="general"),
    dict(attention="dot", input_feeding=True),
    dict(attention="general", input_feeding=True, cell="gru"),
    dict(attention="additive", cell="gru", n_encoder_layers=2, n_decoder_layers=2),
]


def make(**settings: Any) -> RnnSeq2Seq:
    torch.manual_seed(0)
    values = {"embedding_dim": 12, "dim": 16, "vocab_size": 50, "dropout": 0.0, "max_len": 32}
    return RnnSeq2Seq(build(RnnSeq2SeqConfig, values | settings)).eval()


def ids(layout: Layout, seed: int = 0) -> Tensor:
    return torch.randint(0, 50, (layout.tokens,), generator=torch.Generator().manual_seed(seed))


def states(n: int, seed: int) -> Tensor:
    return torch.randn(n, 16, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------- the papers


@torch.no_grad()
def test_additive_attention_is_the_formula_of_bahdanau() -> None:
    """e_ij = v tanh(W s_i-1 + U h_j), a_ij its softmax over j, c_i the sum of a_ij h_j."""
    torch.manual_seed(0)
    attention, seen, asked = SourceAttention("additive", 16), states(5, 0), states(1, 1)
    v, w, u = attention.score.weight[0], attention.query.weight, attention.key.weight
    energies = [float(v @ torch.tanh(w @ asked[0] + u @ h + attention.key.bias)) for h in seen]
    expected = torch.tensor(energies).softmax(0)
    source = attention.source(seen[None], torch.ones(1, 5, dtype=torch.bool))
    context, weights = attention(asked[None], source)
    torch.testing.assert_close(weights[0, 0], expected)
    by_hand = sum(share * h for share, h in zip(expected, seen, strict=True))
    torch.testing.assert_close(context[0, 0], by_hand)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["dot", "general"])
def test_dot_and_general_attention_are_the_formulas_of_luong(kind: str) -> None:
    """score(h_t, h_s) = h_t h_s, or h_t W h_s, and nothing divides it."""
    torch.manual_seed(0)
    attention, seen, asked = SourceAttention(kind, 16), states(5, 0), states(3, 1)
    w = torch.eye(16) if kind == "dot" else attention.key.weight
    expected = torch.stack([torch.stack([t @ w @ s for s in seen]) for t in asked]).softmax(1)
    source = attention.source(seen[None], torch.ones(1, 5, dtype=torch.bool))
    context, weights = attention(asked[None], source)
    torch.testing.assert_close(weights[0], expected)
    torch.testing.assert_close(context[0], expected @ seen)


@torch.no_grad()
def test_a_step_of_bahdanau_looks_with_the_state_before_it_and_then_moves() -> None:
    model, layout = make(attention="additive", cell="gru"), Layout([4])
    memory, target = model.encode(ids(layout), layout), ids(Layout([2]), 1)
    ends = torch.cat((memory[-1, :8], memory[0, 8:]))  # where each direction ended
    state = torch.tanh(model.bridge(ends))
    mask = torch.ones(1, 4, dtype=torch.bool)
    source = model.attention.source(memory[None], mask)
    for place in range(2):
        context, _ = model.attention(state[None, None], source)
        read = torch.cat((model.target_embedding(target[place]) * 12**0.5, context[0, 0]))
        state = model.decoder(read[None], state[None])[0][0]
        expected = torch.tanh(model.combine(torch.cat((state, context[0, 0]))))
        found = model.decode(target[: place + 1], Layout([place + 1]), memory, layout)[-1]
        torch.testing.assert_close(found, expected)


@torch.no_grad()
def test_a_step_of_luong_moves_with_what_the_last_one_gave_and_then_looks() -> None:
    model, layout = make(attention="general", input_feeding=True, cell="gru"), Layout([4])
    memory, target = model.encode(ids(layout), layout), ids(Layout([2]), 1)
    state = torch.tanh(model.bridge(torch.cat((memory[-1, :8], memory[0, 8:]))))
    source = model.attention.source(memory[None], torch.ones(1, 4, dtype=torch.bool))
    fed = torch.zeros(12)
    for place in range(2):
        read = torch.cat((model.target_embedding(target[place]) * 12**0.5, fed))
        state = model.decoder(read[None], state[None])[0][0]
        context, _ = model.attention(state[None, None], source)
        fed = torch.tanh(model.combine(torch.cat((state, context[0, 0]))))
        found = model.decode(target[: place + 1], Layout([place + 1]), memory, layout)[-1]
        torch.testing.assert_close(found, fed)


# ---------------------------------------------------------------- what all of them promise


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_cached_decoding_equals_teacher_forcing(kind: dict[str, Any]) -> None:
    model, target = make(**kind), Layout([6, 6, 6])
    source_ids, target_ids = ids(SOURCE), ids(target, seed=1).view(3, 6)
    whole = model(source_ids, SOURCE, target_ids.flatten(), target).view(3, 6, -1)
    memory, cache = model.encode(source_ids, SOURCE), model.new_cache(6)
    for place in range(6):
        step = model.decode(target_ids[:, place], Layout([1] * 3), memory, SOURCE, cache)
        torch.testing.assert_close(step, whole[:, place], rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_search_may_be_reordered_and_sources_dropped(kind: dict[str, Any]) -> None:
    """Two rows a source; the source in the middle is done, and the rows of the others swap."""
    model = make(**kind)
    source_ids, texts = ids(SOURCE), ids(Layout([4] * 6), seed=1).view(6, 4)
    memory, cache = model.encode(source_ids, SOURCE), model.new_cache(4)
    model.decode(texts[:, :2].flatten(), Layout([2] * 6), memory, SOURCE, cache)
    rows, kept = torch.tensor([1, 0, 5, 4]), torch.tensor([0, 2])
    cache.select(rows)
    cache.select_sources(kept)
    left = Layout([4, 5])
    found = model.decode(texts[rows, 2], Layout([1] * 4), memory, left, cache)
    for row, step in zip(rows.tolist(), found, strict=True):
        source, layout = source_ids.split(SOURCE.lengths)[row // 2], SOURCE.lengths[row // 2]
        alone = model(source, Layout([layout]), texts[row, :3], Layout([3]))[-1]
        torch.testing.assert_close(step, alone, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_neither_padding_nor_company_nor_order_changes_a_text(kind: dict[str, Any]) -> None:
    model, source, target = make(**kind), ids(SOURCE), ids(TARGET, seed=1)
    sources, targets = source.split(SOURCE.lengths), target.split(TARGET.lengths)
    together = model(source, SOURCE, target, TARGET).split(TARGET.lengths)
    for order in ([2, 0, 1], [1], [0]):
        found = model(
            torch.cat([sources[i] for i in order]),
            Layout([SOURCE.lengths[i] for i in order]),
            torch.cat([targets[i] for i in order]),
            Layout([TARGET.lengths[i] for i in order]),
        ).split([TARGET.lengths[i] for i in order])
        for i, one in zip(order, found, strict=True):
            torch.testing.assert_close(one, together[i], rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_every_source_token_is_read_and_no_later_target_token(kind: dict[str, Any]) -> None:
    model, source, target = make(**kind), ids(SOURCE), ids(TARGET, seed=1)
    before = model(source, SOURCE, target, TARGET).split(TARGET.lengths)
    for place in range(4):  # all in the first text
        changed = source.clone()
        changed[place] = (changed[place] + 1) % 50
        after = model(changed, SOURCE, target, TARGET).split(TARGET.lengths)
        assert (after[0] != before[0]).any(dim=-1).all()
        assert torch.equal(after[1], before[1])
    late = target.clone()
    late[5] = (late[5] + 1) % 50  # the third token of the second text
    after = model(source, SOURCE, late, TARGET).split(TARGET.lengths)
    assert torch.equal(after[1][:2], before[1][:2])
    assert (after[1][2:] != before[1][2:]).any(dim=-1).all()


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_weights_sum_to_one_over_real_tokens_and_change_nothing(kind: dict[str, Any]) -> None:
    model, source, target = make(**kind), ids(SOURCE), ids(TARGET, seed=1)
    memory, weights = model.encode(source, SOURCE), Seq2SeqWeights()
    found = model.decode(target, TARGET, memory, SOURCE, weights=weights)
    assert torch.equal(found, model.decode(target, TARGET, memory, SOURCE))
    (looked,) = weights.decoder.cross
    assert looked.shape == (3, 1, 6, 5) and not weights.encoder.own and not weights.decoder.own
    torch.testing.assert_close(looked.sum(-1), torch.ones(3, 1, 6))
    assert (looked[:, 0, 0][~SOURCE.mask] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_has_a_gradient(kind: dict[str, Any]) -> None:
    model = make(**kind, tie_embeddings=False)
    hidden = model(ids(SOURCE), SOURCE, ids(TARGET, 1), TARGET)
    F.cross_entropy(model.output(hidden), ids(TARGET, 2)).backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without


@pytest.mark.parametrize("size", RnnSeq2SeqConfig.sizes)
def test_every_size_can_be_built_and_ties_its_embeddings(size: str) -> None:
    with torch.device("meta"):
        model = RnnSeq2Seq(build(RnnSeq2SeqConfig, {"size": size, "vocab_size": 50}))
    assert model.output.weight is model.source_embedding.weight is model.target_embedding.weight


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(dim=15), "dim: must be even, half for each direction of the encoder; got 15."),
        (dict(dropout=1.0), "dropout: must be in"),
        (dict(n_decoder_layers=0), "n_decoder_layers: must be at least 1; got 0."),
        (dict(vocab_size=0), "vocab_size: must be at least 1; got 0."),
        (dict(input_feeding=True), "input_feeding: is of dot and general attention"),
        (dict(attention="cosine"), "attention: must be one of 'additive', 'dot', 'general'"),
    ],
)
def test_what_cannot_be_is_said(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(RnnSeq2SeqConfig, settings)
