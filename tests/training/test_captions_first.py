"""What words mean, learned from captions that say the same."""

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F

from jium.config import build
from jium.errors import ConfigError
from jium.models.conditioning import WORD_STD, TextConditioner, TextConditionerConfig
from jium.nn.layout import Layout
from jium.training.captions_first import learn_words

COLOURS = {"red": "빨간", "blue": "파란", "green": "초록", "white": "하얀"}
THINGS = {"dog": "개", "cat": "고양이", "bird": "새", "fish": "물고기"}
WORDS = ["a", "그림", *COLOURS, *COLOURS.values(), *THINGS, *THINGS.values()]


class Pictures(list[Sequence[str]]):
    def captions(self, row: int) -> Sequence[str]:
        return self[row]


def encode(captions: list[str]) -> list[list[int]]:
    return [[WORDS.index(word) for word in caption.split()] for caption in captions]


def conditioner() -> TextConditioner:
    torch.manual_seed(0)
    settings = build(TextConditionerConfig, dict(dim=16, n_heads=2, ffn_dim=16, n_layers=1))
    return TextConditioner(settings, vocab_size=len(WORDS))


def both(colour: str, thing: str) -> list[str]:
    return [f"a {colour} {thing}", f"{COLOURS[colour]} {THINGS[thing]} 그림"]


def test_what_says_the_same_in_two_languages_lies_together_and_small() -> None:
    model = conditioner()
    pictures = Pictures(both(c, t) for c in COLOURS for t in THINGS)
    assert learn_words(model, pictures, encode, steps=300, seed=0) < 0.5  # from log 16 = 2.8
    words = model.embedding.weight.detach()
    assert words.std().item() == pytest.approx(WORD_STD, rel=1e-4)
    torch.testing.assert_close(words.mean(0), torch.zeros(16), atol=1e-5, rtol=0)

    def said(captions: list[str]) -> torch.Tensor:
        ids = encode(captions)
        tokens = torch.tensor([i for one in ids for i in one])
        return F.normalize(model(tokens, Layout([len(one) for one in ids])).pooled, dim=-1)

    english, korean = (said([pair[side] for pair in pictures]) for side in (0, 1))
    assert (english @ korean.T).argmax(1).tolist() == list(range(16))


def test_it_is_the_same_again_from_the_same_seed() -> None:
    pictures = Pictures(both(c, t) for c in COLOURS for t in THINGS)
    one, again, other = conditioner(), conditioner(), conditioner()
    for model, seed in ((one, 1), (again, 1), (other, 2)):
        learn_words(model, pictures, encode, steps=3, seed=seed)
    assert torch.equal(one.embedding.weight, again.embedding.weight)
    assert not torch.equal(one.embedding.weight, other.embedding.weight)


def test_captions_that_stand_alone_teach_nothing() -> None:
    pictures = Pictures([["a red dog"], ["a cat", "a cat"], both("blue", "cat")])
    with pytest.raises(ConfigError, match="two captions or more, and 1 have them") as error:
        learn_words(conditioner(), pictures, encode, steps=1, seed=0)
    assert error.value.key == "objective.captions_first"
