"""Heads on encoders."""

import pytest
import torch
import torch.nn.functional as F

from jium.models.bert import Bert, BertConfig
from jium.models.electra import Electra, ElectraConfig
from jium.models.heads import HeadConfig, Headed
from jium.nn.layout import Layout

LENGTHS = [5, 3, 7]
LAYOUT = Layout(LENGTHS)


def encoder(**more: object) -> Bert:
    torch.manual_seed(0)
    sizes = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=2, vocab_size=50, max_len=16, dropout=0.0)
    return Bert(BertConfig(**(sizes | {"attention_dropout": 0.0} | more))).eval()  # type: ignore[arg-type]


def tokens() -> torch.Tensor:
    return torch.randint(50, (sum(LENGTHS),), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("label", (3, 4)), ("tags", (15, 4)), ("span", (15, 4)), ("masked", (15, 50))],
)
def test_shapes(kind: str, shape: tuple[int, int]):
    model = Headed(encoder(), HeadConfig(kind=kind, n_outputs=4)).eval()
    assert model(tokens(), LAYOUT).shape == shape


def test_other_texts_in_the_batch_change_nothing():
    model = Headed(encoder(), HeadConfig(n_outputs=4)).eval()
    whole = model(tokens(), LAYOUT)
    alone = model(tokens()[5:8], Layout([3]))
    torch.testing.assert_close(whole[1:2], alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("embedding_dim", [None, 8])
def test_the_loss_of_masked_tokens_is_the_cross_entropy_of_their_logits(embedding_dim: int | None):
    model = Headed(encoder(embedding_dim=embedding_dim), HeadConfig(kind="masked"))
    torch.nn.init.normal_(model.head.bias)
    chosen, targets = torch.tensor([1, 6, 9]), torch.tensor([4, 40, 7])
    hidden = model.encoder(tokens(), LAYOUT)
    loss = model.head.loss(model.encoder, hidden[chosen], targets)
    logits = model(tokens(), LAYOUT)[chosen]
    torch.testing.assert_close(loss, F.cross_entropy(logits, targets, reduction="sum"))
    ours = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    again = F.cross_entropy(model(tokens(), LAYOUT)[chosen], targets, reduction="sum")
    theirs = torch.autograd.grad(again, list(model.parameters()), allow_unused=True)
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_the_mean_may_be_pooled_instead_of_the_first_token():
    made = encoder(pooler=False, pool_from="mean")
    hidden = made(tokens(), LAYOUT)
    torch.testing.assert_close(made.pool(hidden, LAYOUT)[1], hidden[5:8].mean(0))
    first = encoder(pooler=False)
    torch.testing.assert_close(first.pool(hidden, LAYOUT)[1], hidden[5])


def test_electra_shares_its_token_embeddings_and_starts_at_chance():
    config = ElectraConfig(
        dim=16, n_heads=2, ffn_dim=32, n_layers=2, vocab_size=50, max_len=16, embedding_dim=8,
        generator_dim=8, generator_ffn_dim=16,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Electra(config).eval()
    assert model.generator.embeddings.token is model.encoder.embeddings.token
    hidden = model.encoder(tokens(), LAYOUT)
    logits = model.head(model.encoder, hidden, LAYOUT)
    assert logits.shape == (15,)
    assert logits.sigmoid().mean().item() == pytest.approx(0.5, abs=0.05)
