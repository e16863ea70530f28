"""The loss of tags."""

import math

import numpy as np
import pytest
import torch

from jium.data.frames import Frame
from jium.data.tag_batches import IGNORED, TagBatch, TagReader, labelled_rows
from jium.errors import ConfigError
from jium.models.bert import Bert, BertConfig
from jium.models.characters import tag_scores
from jium.models.heads import HeadConfig, Headed
from jium.objectives.tags import Tags
from jium.text.bio import Span
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXT = "서울에서 김철수가 " * 6


@pytest.fixture(scope="module")
def parts() -> tuple[Headed, TagBatch]:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=280), [TEXT] * 3)
    config = BertConfig(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=24, pooler=False,
                        vocab_size=tokenizer.vocab_size)  # fmt: skip
    torch.manual_seed(0)
    head = HeadConfig(kind="characters", n_outputs=3, settings={"width": 8})
    reader = TagReader(tokenizer, Frame.of(tokenizer), 24, "characters", overlap=6)
    rows = labelled_rows(reader, [TEXT], [[Span(0, 2, "LC")]], ["LC"])
    return Headed(Bert(config), head).eval(), rows.batch(np.arange(len(rows)))


def test_units_that_another_window_counts_are_left_out(parts: tuple[Headed, TagBatch]):
    model, batch = parts
    assert batch.targets is not None and (batch.targets == IGNORED).any()
    (loss,) = Tags()(model, batch)
    assert loss.count == len(TEXT)


def test_the_loss_at_the_start_is_that_of_guessing(parts: tuple[Headed, TagBatch]):
    (loss,) = Tags()(*parts)
    assert float(loss.total.detach()) / loss.count == pytest.approx(math.log(3), abs=0.2)


def test_it_is_what_the_probabilities_say(parts: tuple[Headed, TagBatch]):
    model, batch = parts
    assert batch.targets is not None
    kept = batch.targets != IGNORED
    with torch.no_grad():
        logs = tag_scores(model, batch).log_softmax(-1)[kept]
        (loss,) = Tags()(model, batch)
    wanted = -logs[torch.arange(len(logs)), batch.targets[kept]].sum()
    assert float(loss.total) == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dropout": 1.0}, r"dropout: must be in \[0, 1\); got 1.0"),
        ({"label_smoothing": -0.1}, "label_smoothing: must be in"),
        ({"width": 3}, "width: must be an even number"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        Tags(**settings)
