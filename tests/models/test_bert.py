"""BERT: its size, its embeddings, and what packing and padding must not change."""

import pytest
import torch

from jium.config import build
from jium.errors import ConfigError
from jium.models.bert import Bert, BertConfig, first_places
from jium.nn.layout import Layout


def tiny(**more: object) -> Bert:
    settings = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 2, "max_len": 12}
    torch.manual_seed(0)
    bert = Bert(build(BertConfig, settings | {"vocab_size": 30} | more)).eval()
    for module in bert.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Embedding):
            module.weight.data *= 10  # at the start attention hardly tells tokens apart
    return bert


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_bert_base_has_109_482_240_parameters():
    with torch.device("meta"):
        base = Bert(BertConfig(vocab_size=30522))
    assert count(base.embeddings) == 23_837_184
    assert [count(block) for block in base.encoder.blocks] == [7_087_872] * 12
    assert base.pooler is not None and count(base.pooler) == 590_592
    assert count(base) == 109_482_240


def test_bert_large_has_335_141_888_parameters():
    with torch.device("meta"):
        assert count(Bert(build(BertConfig, {"size": "large", "vocab_size": 30522}))) == 335_141_888


def test_multilingual_bert_cased_has_177_853_440_parameters():
    with torch.device("meta"):
        assert count(Bert(BertConfig(vocab_size=119_547))) == 177_853_440


def test_embeddings_are_the_normalised_sum_of_token_segment_and_position():
    part = tiny().embeddings
    tokens, segments, layout = (
        torch.tensor([5, 6, 7, 8]),
        torch.tensor([0, 1, 0, 1]),
        Layout([3, 1]),
    )
    expected = part.token.weight[tokens] + part.segment.weight[segments]
    expected = part.norm(expected + part.positions.table.weight[torch.tensor([0, 1, 2, 0])])
    assert torch.equal(part(tokens, layout, segments), expected)


def test_no_segments_means_the_first():
    bert, tokens, layout = tiny(), torch.tensor([5, 6, 7]), Layout([3])
    zeros = torch.zeros(3, dtype=torch.long)
    assert torch.equal(bert(tokens, layout), bert(tokens, layout, zeros))
    assert not torch.allclose(bert(tokens, layout), bert(tokens, layout, zeros + 1))


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "alibi", "none"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_a_text_is_read_the_same_alone_and_among_others(positions: str, norm_first: bool):
    bert = tiny(positions=positions, norm_first=norm_first)
    texts = [torch.tensor([4, 5, 6, 7, 8]), torch.tensor([9, 10])]
    together = bert(torch.cat(texts), Layout([5, 2]))
    alone = torch.cat([bert(text, Layout([len(text)])) for text in texts])
    assert torch.allclose(together, alone, atol=1e-5)


def test_every_token_sees_every_other():
    bert, layout = tiny(), Layout([4])
    one, other = bert(torch.tensor([4, 5, 6, 7]), layout), bert(torch.tensor([4, 5, 6, 8]), layout)
    assert (one != other).any(1).all()


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "alibi"])
def test_order_counts(positions: str):
    bert = tiny(positions=positions)
    one = bert(torch.tensor([4, 5, 6]), Layout([3]))
    other = bert(torch.tensor([5, 4, 6]), Layout([3]))[[1, 0, 2]]
    assert not torch.allclose(one, other, atol=1e-4)


def test_the_pooler_reads_the_first_token_of_each_text():
    bert, layout = tiny(), Layout([3, 2])
    hidden = bert(torch.tensor([4, 5, 6, 7, 8]), layout)
    assert first_places(layout).tolist() == [0, 3]
    assert torch.equal(bert.pool(hidden, layout), torch.tanh(bert.pooler(hidden[[0, 3]])))


def test_a_negative_count_of_segments_is_refused():
    with pytest.raises(ConfigError, match=r"model.n_segments: must be at least 0; got -1\."):
        build(BertConfig, {"n_segments": -1}, "model")
