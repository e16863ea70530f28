"""Which weights learn, when, and how fast."""

import pytest
import torch

from jium.adaptation.freeze import Thaw, depths, freeze, rate_factors
from jium.models.bert import Bert, BertConfig
from jium.models.heads import HeadConfig, Headed
from jium.models.rnn import Rnn, RnnConfig


def model() -> Headed:
    torch.manual_seed(0)
    config = BertConfig(dim=8, n_heads=2, ffn_dim=16, n_layers=3, vocab_size=20, max_len=8)
    return Headed(Bert(config), HeadConfig(n_outputs=2))


def test_depth_rises_from_embeddings_through_blocks_to_the_head():
    found = depths(model())
    assert found["encoder.embeddings.token.weight"] == 0
    assert found["encoder.encoder.blocks.0.attn.q_proj.weight"] == 1
    assert found["encoder.encoder.blocks.2.ffn.up_proj.weight"] == 3
    assert found["encoder.pooler.weight"] == found["head.output.weight"] == 4


def test_frozen_weights_are_all_but_pooler_and_head():
    made = model()
    freeze(made)
    learning = {name for name, p in made.named_parameters() if p.requires_grad}
    assert learning == {f"{part}.{x}" for part in ("encoder.pooler", "head.output")
                        for x in ("weight", "bias")}  # fmt: skip


def test_each_layer_learns_more_slowly_than_the_one_above():
    factors = rate_factors(model(), 0.5)
    assert factors["head.output.weight"] == 1
    assert factors["encoder.encoder.blocks.2.attn.q_proj.weight"] == 0.5
    assert factors["encoder.embeddings.token.weight"] == pytest.approx(0.5**4)


def test_layers_thaw_from_the_top():
    made = model()
    thaw = Thaw(made, every=10)

    def learning(step: int) -> set[int]:
        thaw(step)
        return {thaw.depths[name] for name, p in made.named_parameters() if p.requires_grad}

    assert [learning(step) for step in (1, 10, 11, 41)] == [{4}, {4}, {3, 4}, {0, 1, 2, 3, 4}]


def test_a_model_without_blocks_has_embeddings_and_the_rest():
    rnn = Headed(Rnn(RnnConfig(vocab_size=20, embedding_dim=4, hidden_dim=4)), HeadConfig())
    found = depths(rnn)
    assert found["encoder.embedding.weight"] == 0 and found["head.output.weight"] == 1
