import pytest
import torch
from torch import nn

from jium.errors import ConfigError
from jium.models import recurrent_cells, rnn_lm
from jium.models.rnn_lm import RnnLm, RnnLmConfig
from jium.nn.layout import Layout
from jium.nn.streams import StreamLayout

CELLS = ["lstm", "gru"]
VOCAB = 23
LENGTHS = [5, 1, 9, 4]


def model(cell: str, **more) -> RnnLm:
    torch.manual_seed(0)
    settings = dict(dim=12, n_layers=2, dropout=0.0) | more
    return RnnLm(RnnLmConfig(cell=cell, vocab_size=VOCAB, start_id=2, **settings)).eval()


def tokens(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(VOCAB, (n,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("cell", "fused"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_the_equations_are_those_of_torch(cell, fused):
    torch.manual_seed(0)
    layer = fused(7, 11, batch_first=True).double()
    x = torch.randn(3, 6, 7, dtype=torch.float64)
    state = tuple(torch.randn(3, 11, dtype=torch.float64) for _ in range(2 - (cell == "gru")))
    whole = tuple(part[None] for part in state)
    expected, after = layer(x, whole if cell == "lstm" else whole[0])
    states, last = recurrent_cells.run(x, state, layer)
    after = after if cell == "lstm" else (after,)
    assert torch.allclose(states, expected, atol=1e-12)
    for own, theirs in zip(last, after, strict=True):
        assert torch.allclose(own, theirs[0], atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_the_model_is_its_equations(cell):
    made, ids = model(cell).double(), tokens(8)
    x = made.embedding(ids)[None]
    for layer in made.layers:
        x, _ = recurrent_cells.run(x, tuple(made.new_state(1)[:, 0]), layer)
    assert torch.allclose(made(ids, Layout([8])), x[0], atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_texts_packed_together_are_read_apart(cell):
    made, ids = model(cell), tokens(sum(LENGTHS))
    together = made(ids, Layout(LENGTHS)).split(LENGTHS)
    for text, hidden in zip(ids.split(LENGTHS), together, strict=True):
        assert torch.allclose(made(text, Layout([len(text)])), hidden, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_future_changes_nothing(cell):
    made, ids = model(cell), tokens(9)
    changed = torch.cat((ids[:5], (ids[5:] + 1) % VOCAB))
    assert torch.equal(made(ids, Layout([9]))[:5], made(changed, Layout([9]))[:5])


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_read_in_parts_is_the_text_read_at_once(cell):
    made, ids = model(cell), tokens(sum(LENGTHS))
    whole, after = made.read(ids, Layout(LENGTHS), made.new_state(4))
    first, state = made.read(ids[[0, 1, 5, 6, 15]], Layout([2, 1, 1, 1]), made.new_state(4))
    rest = torch.cat((ids[2:5], ids[7:15], ids[16:]))
    second, again = made.read(rest, Layout([3, 8, 3]), state[:, :, [0, 2, 3]])
    assert torch.allclose(second, torch.cat((whole[2:5], whole[7:15], whole[16:])), atol=1e-6)
    assert torch.allclose(again, after[:, :, [0, 2, 3]], atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_streams_go_on_where_the_batch_before_ended(cell):
    made, ids = model(cell), tokens(24).view(2, 12)
    whole = made(ids.flatten(), Layout([12, 12])).view(2, 12, -1)
    made.open_streams(2)
    first = made(ids[:, :7].flatten(), StreamLayout([7, 7], [-1, -1], [0, 1]))
    second = made(ids[:, 7:].flatten(), StreamLayout([5, 5], [0, 1], [0, 1]))
    parts = torch.cat((first.view(2, 7, -1), second.view(2, 5, -1)), dim=1)
    assert torch.allclose(parts, whole, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_that_begins_within_a_window_begins_anew(cell):
    made, ids = model(cell), tokens(20).view(2, 10)
    made.open_streams(2)
    made(ids[:, :5].flatten(), StreamLayout([5, 5], [-1, -1], [0, 1]))
    layout = StreamLayout([2, 3, 5], [0, -1, 1], [1, 2])  # in the first stream a text ends
    second = made(ids[:, 5:].flatten(), layout)
    assert torch.allclose(second[2:5], made(ids[0, 7:], Layout([3])), atol=1e-6)
    assert torch.allclose(second[:2], made(ids[0, :7], Layout([7]))[5:], atol=1e-6)
    after = made.read(ids[0, 7:], Layout([3]), made.new_state(1))[1]
    assert torch.allclose(made.carried[:, :, :1], after, atol=1e-6)


def test_no_gradient_goes_back_beyond_the_window():
    made = model("lstm").train()
    made.open_streams(1)
    for _ in range(2):
        made(tokens(6), StreamLayout([6], [0], [0])).sum().backward()  # would fail the second time
    assert made.carried.abs().sum() > 0 and not made.carried.requires_grad


@pytest.mark.parametrize("cell", CELLS)
def test_log_probabilities_are_those_of_the_logits(cell, monkeypatch):
    made, ids = model(cell), tokens(sum(LENGTHS))
    expected = []
    for text in ids.split(LENGTHS):
        read = torch.cat((torch.tensor([2]), text[:-1]))
        logits = made.output(made(read, Layout([len(text)])))
        expected.append(logits.log_softmax(-1).gather(1, text[:, None]).squeeze(1))
    for chunk in (256, 3, 1):
        monkeypatch.setattr(rnn_lm, "CHUNK", chunk)
        found = made.log_probs(ids, Layout(LENGTHS))
        assert torch.allclose(found, torch.cat(expected), atol=1e-5)


def test_measuring_leaves_the_streams_alone():
    made = model("lstm")
    made.open_streams(1)
    made(tokens(6), StreamLayout([6], [-1], [0]))
    before = made.carried.clone()
    made.log_probs(tokens(9), Layout([9]))
    made(tokens(9), Layout([9]))
    assert torch.equal(made.carried, before)


def test_locked_dropout_takes_the_same_features_from_all_tokens_of_a_text():
    made = model("gru", dim=200, n_layers=1, dropout=0.5, locked=True).train()
    x = made._drop(torch.ones(19, 200), Layout(LENGTHS).index // 9, Layout(LENGTHS))
    texts = x.split(LENGTHS)
    assert all((text == text[0]).all() for text in texts)
    assert (texts[0][0] != texts[2][0]).any()
    assert 0.3 < float((x == 0).float().mean()) < 0.7
    free = model("gru", dim=200, dropout=0.5).train()
    y = free._drop(torch.ones(19, 200), Layout(LENGTHS).index // 9, Layout(LENGTHS))
    assert not (y == y[0]).all()


def test_streams_belong_to_no_saved_model():
    made = model("lstm")
    names = made.state_dict().keys()
    made.open_streams(8)
    assert made.state_dict().keys() == names and "carried" not in names


def test_an_untrained_model_knows_nothing():
    torch.manual_seed(0)
    made = RnnLm(RnnLmConfig(dim=64, vocab_size=1000)).eval()
    ids = torch.randint(1000, (200,))
    loss = -float(made.log_probs(ids, Layout([200])).mean())
    assert loss == pytest.approx(torch.tensor(1000.0).log().item(), rel=0.01)


def test_widths_that_differ_need_two_matrices():
    wide = model("lstm", hidden_dim=20, tie_embeddings=False)
    assert wide(tokens(4), Layout([4])).shape == (4, 20)
    with pytest.raises(ConfigError, match="tie_embeddings: one matrix .* hidden_dim=20"):
        RnnLmConfig(dim=12, hidden_dim=20)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (dict(dim=0), "dim: must be at least 1; got 0"),
        (dict(window=0), "window: must be at least 1; got 0"),
        (dict(n_layers=-1), "n_layers: must be at least 1; got -1"),
        (dict(restarts=2.0), r"restarts: must be between 0 and 1; got 2.0"),
        (dict(dropout=1.0), r"dropout: must be in \[0, 1\); got 1.0"),
    ],
)
def test_impossible_settings_are_refused(wrong, said):
    with pytest.raises(ConfigError, match=said):
        RnnLmConfig(**wrong)
