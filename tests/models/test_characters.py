"""Tags of characters over an encoder of tokens."""

from typing import Any

import numpy as np
import pytest
import torch

from jium.data.frames import Frame
from jium.data.tag_batches import TagReader, TagRows
from jium.errors import ConfigError
from jium.models.bert import Bert, BertConfig
from jium.models.characters import CharacterHead, CharacterSettings, tag_scores
from jium.models.heads import HeadConfig, Headed
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["서울에서 김철수가", "부산", "어제 비가 왔다 서울에"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TokenizerConfig(vocab_size=290), TEXTS * 5)


def made(tokenizer: Tokenizer, kind: str = "characters", **settings: Any) -> Headed:
    torch.manual_seed(0)
    config = BertConfig(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=40, pooler=False,
                        vocab_size=tokenizer.vocab_size)  # fmt: skip
    known = {"characters": "".join(sorted(set("".join(TEXTS)))), "width": 8} | settings
    head = HeadConfig(kind=kind, n_outputs=5, settings=known if kind == "characters" else None)
    return Headed(Bert(config), head).eval()


def rows(tokenizer: Tokenizer, model: Headed) -> TagRows:
    by_character = isinstance(model.head, CharacterHead)
    known = model.head.settings.characters if isinstance(model.head, CharacterHead) else ""
    unit = "characters" if by_character else "words"
    reader = TagReader(tokenizer, Frame.of(tokenizer), 40, unit, known)  # type: ignore[arg-type]
    return TagRows([window for _, windows in reader.read(TEXTS) for window in windows])


@pytest.mark.parametrize("mixer", ["gru", "conv", "none"])
def test_each_character_has_scores_and_batching_changes_nothing(tokenizer: Tokenizer, mixer: str):
    model = made(tokenizer, mixer=mixer)
    found = rows(tokenizer, model)
    with torch.no_grad():
        together = tag_scores(model, found.batch(np.arange(3)))
        alone = [tag_scores(model, found.batch(np.array([i]))) for i in range(3)]
    assert together.shape == (sum(map(len, TEXTS)), 5)
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_tokens_and_words_take_the_plain_head(tokenizer: Tokenizer):
    model = made(tokenizer, kind="tags")
    batch = rows(tokenizer, model).batch(np.array([0]))
    with torch.no_grad():
        scores = tag_scores(model, batch)
        whole = model(batch.tokens, batch.layout)
    assert torch.equal(scores, whole[batch.places]) and scores.shape == (2, 5)


def test_two_characters_of_one_token_are_told_apart(tokenizer: Tokenizer):
    model = made(tokenizer, mixer="none")
    found = rows(tokenizer, model)
    window = found.windows[0]
    same = int((np.diff(window.places) == 0).nonzero()[0][0])
    with torch.no_grad():
        scores = tag_scores(model, found.batch(np.array([0])))
    assert not torch.allclose(scores[same], scores[same + 1])


@pytest.mark.parametrize("mixer", ["gru", "conv", "none"])
def test_every_weight_of_the_head_learns(tokenizer: Tokenizer, mixer: str):
    model = made(tokenizer, mixer=mixer)
    tag_scores(model, rows(tokenizer, model).batch(np.arange(3))).square().sum().backward()
    gradients = {name: p.grad for name, p in model.head.named_parameters()}
    assert all(g is not None and g.abs().sum() > 0 for g in gradients.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"characters": "ba"}, "characters: must be sorted, each character once"),
        ({"characters": "aa"}, "characters: must be sorted"),
        ({"width": 7}, "width: must be an even number, 2 or more; got 7"),
        ({"window": 4}, "window: must be an odd number; got 4"),
        ({"n_places": 0}, "n_places: must be at least 1; got 0"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        CharacterSettings(**settings)
