"""Vision Transformer, residual network, judge, CLIP and captioner as modules."""

import pytest
import torch

from jium.errors import ConfigError
from jium.models.captioner import Captioner, CaptionerConfig
from jium.models.clip import Clip, ClipConfig
from jium.models.clip_text import ClipTextConfig
from jium.models.image_classifier import ImageClassifier, ImageClassifierConfig
from jium.models.resnet import ResNet
from jium.models.vit import Vit, VitConfig
from jium.nn.layout import Layout

TINY = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=2, patch_size=4, image_size=16)


def vit(**settings: object) -> Vit:
    torch.manual_seed(0)
    return Vit(VitConfig(**{**TINY, **settings})).eval()


def images(n: int = 3, size: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


# ---------------------------------------------------------------- the Vision Transformer


@pytest.mark.parametrize("pool", ["first", "mean"])
@pytest.mark.parametrize("stem", [[], [8, 12]])
def test_a_picture_is_seen_alike_alone_and_in_a_batch(pool: str, stem: list[int]):
    model, x = vit(pool=pool, stem_widths=stem), images()
    whole = model.pool(model.encode(x))
    alone = torch.cat([model.pool(model.encode(one[None])) for one in x])
    assert whole.shape == (3, 16)
    torch.testing.assert_close(whole, alone)
    assert not torch.allclose(whole[0], whole[1], atol=1e-3)


def test_every_patch_reaches_the_class_token():
    model, x = vit(), images(1).requires_grad_()
    model.pool(model.encode(x)).sum().backward()
    reached = x.grad.abs().sum(1).unfold(1, 4, 4).unfold(2, 4, 4).sum((3, 4))
    assert bool((reached > 0).all())


def test_patches_stand_row_by_row():
    model = vit(n_layers=1, positions="none", pool="mean")
    x = images(1)
    moved = torch.cat((x[..., 4:], x[..., :4]), dim=3)  # one patch to the left, around
    a, b = (model.encode(picture).view(4, 4, 16) for picture in (x, moved))
    torch.testing.assert_close(a.roll(-1, 1), b)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ConfigError, match="24 by 24 pixels in 3 channels.*takes 16 by 16 in 3"):
        vit().encode(images(size=24))


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="must divide image_size=16; got 5"):
        VitConfig(**{**TINY, "patch_size": 5})
    with pytest.raises(ConfigError, match="1 stages make patches of 2 pixels, and patch_size is 4"):
        VitConfig(**TINY, stem_widths=[8])


def test_heads_score_the_classes_of_each_attribute():
    found = vit(heads={"colour": 3, "side": 2})(images())
    assert {name: tuple(scores.shape) for name, scores in found.items()} == {
        "colour": (3, 3),
        "side": (3, 2),
    }


# ---------------------------------------------------------------- the residual network


@pytest.mark.parametrize("size", [16, 15, 1])
def test_odd_sizes_are_rounded_up(size: int):
    found = ResNet(3, [4, 8]).eval()(torch.randn(2, 3, size, size))
    assert found.shape == (2, 8, -(-size // 4), -(-size // 4))


def test_each_block_begins_as_nothing_added():
    torch.manual_seed(0)
    net = ResNet(3, [4], n_blocks=2).eval()
    x = torch.relu(net.norm(net.stem(images())))
    torch.testing.assert_close(net.blocks(x), x)


def test_the_judge_reads_where_features_lie():
    """A mirrored map has the same mean and maximum; its quarters change places."""
    model = ImageClassifier(ImageClassifierConfig(widths=[3], heads={"side": 2})).eval()
    model.trunk = torch.nn.Identity()  # type: ignore[assignment]
    x = images(1)
    there, back = model.features(x), model.features(x.flip(3))
    assert there.shape == (1, model.feature_dim)
    torch.testing.assert_close(there[:, :6], back[:, :6])
    quarters, mirrored = (found[:, 6:].view(3, 2, 2) for found in (there, back))
    torch.testing.assert_close(quarters, mirrored.flip(2))
    assert not torch.allclose(quarters, mirrored)


# ---------------------------------------------------------------- CLIP


def clip() -> Clip:
    torch.manual_seed(0)
    text = ClipTextConfig(
        dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=8, vocab_size=20, end_id=3
    )
    config = ClipConfig(projection_dim=12, image=VitConfig(**TINY), text=text)
    return Clip(config).eval()


def test_both_towers_end_in_vectors_of_length_one():
    tokens = torch.tensor([5, 6, 3, 7, 3])
    pictures, texts = clip()(images(2), tokens, Layout([3, 2]))
    assert pictures.shape == texts.shape == (2, 12)
    ones = torch.ones(2)
    torch.testing.assert_close(pictures.norm(dim=1), ones)
    torch.testing.assert_close(texts.norm(dim=1), ones)


def test_the_temperature_begins_as_told_and_is_never_below_a_hundredth():
    model = clip()
    assert float(model.scale.detach()) == pytest.approx(1 / 0.07, rel=1e-5)
    torch.nn.init.constant_(model.log_scale, 9.0)
    assert float(model.scale.detach()) == 100


def test_a_temperature_at_its_lowest_can_still_rise():
    model = clip().train()
    torch.nn.init.constant_(model.log_scale, 9.0)
    pictures, texts = model(images(2), torch.tensor([5, 3, 7, 3]), Layout([2, 2]))
    (model.scale * (pictures @ texts.T)).sum().backward()
    assert float(model.scale.detach()) == pytest.approx(100, rel=1e-5)
    assert model.log_scale.grad is not None and float(model.log_scale.grad.abs()) > 0


# ---------------------------------------------------------------- the captioner


def test_a_caption_read_at_once_is_the_caption_read_token_by_token():
    torch.manual_seed(0)
    config = CaptionerConfig(
        dim=12, n_heads=2, ffn_dim=24, n_layers=2, max_len=9, vocab_size=11,
        image=VitConfig(**TINY),
    )  # fmt: skip
    model, x = Captioner(config).eval(), images(2)
    memory = model.encode(x, model.layout(x))
    tokens = torch.tensor([[1, 5, 6, 7], [1, 8, 9, 2]])
    whole = model.decode(tokens.flatten(), Layout([4, 4]), memory, model.layout(x)).view(2, 4, 12)
    cache = model.new_cache(4)
    steps = [
        model.decode(tokens[:, i], Layout([1, 1]), memory, model.layout(x), cache) for i in range(4)
    ]
    torch.testing.assert_close(torch.stack(steps, 1), whole)
    assert not torch.allclose(whole[0, 0], whole[1, 0], atol=1e-4)  # the pictures differ
