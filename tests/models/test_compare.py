"""Two texts compared token by token."""

import pytest
import torch

from jium.errors import DataError
from jium.models.bert import Bert, BertConfig
from jium.models.compare import apart, shared
from jium.models.heads import HeadConfig, Headed
from jium.nn.layout import Layout

PAIRS = [(3, 2), (1, 4)]  # tokens of first and second texts
LAYOUT = Layout([a + b for a, b in PAIRS])
SEGMENTS = torch.tensor([0, 0, 0, 1, 1, 0, 1, 1, 1, 1])
TOKENS = torch.tensor([5, 6, 7, 8, 9, 10, 11, 12, 13, 14])


def model(kind: str = "compare") -> Headed:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=20, dim=16, n_heads=2, ffn_dim=32, n_layers=2, max_len=8, pooler=False
    )
    return Headed(Bert(config), HeadConfig(kind=kind, n_outputs=2)).eval()


def test_the_two_texts_of_a_row_become_texts_of_their_own():
    assert apart(LAYOUT, SEGMENTS).lengths == [3, 2, 1, 4]


def test_company_in_the_batch_changes_nothing():
    made = model()
    both = made(TOKENS, LAYOUT, SEGMENTS)
    assert both.shape == (2, 2)
    alone = made(TOKENS[5:], Layout([5]), SEGMENTS[5:])
    torch.testing.assert_close(both[1:], alone, atol=1e-6, rtol=0)


def test_every_token_of_either_text_counts():
    made = model()
    before = made(TOKENS, LAYOUT, SEGMENTS)
    for place in range(len(TOKENS)):
        changed = TOKENS.clone()
        changed[place] = 1
        after = made(changed, LAYOUT, SEGMENTS)
        row = int(place >= 5)
        assert not torch.allclose(after[row], before[row])
        torch.testing.assert_close(after[1 - row], before[1 - row], atol=1e-6, rtol=0)


def test_answers_are_scored_token_by_token_and_company_changes_nothing():
    made = model("compare_span")
    whole = made(TOKENS, LAYOUT, SEGMENTS)
    assert whole.shape == (10, 2)
    alone = made(TOKENS[:5], Layout([5]), SEGMENTS[:5])
    torch.testing.assert_close(whole[:5], alone, atol=1e-6, rtol=0)


def test_tokens_that_stand_in_both_texts_are_known():
    tokens = torch.tensor([5, 6, 7, 6, 9, 6, 5, 6, 0, 6])
    found = shared(tokens, apart(LAYOUT, SEGMENTS))
    assert found.tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("segments", [None, torch.tensor([0, 0, 0, 1, 1, 0, 0, 0, 0, 0])])
def test_one_text_is_refused(segments: torch.Tensor | None):
    with pytest.raises(DataError, match="compares two texts"):
        model()(TOKENS, LAYOUT, segments)
