"""The Inception of FID: its shapes, its names, and what a wrong file says."""

from hashlib import sha256

import numpy as np
import pytest
import torch

from jium.data.image_batches import as_tensor
from jium.errors import DataError
from jium.models.inception import DIM, Conv, Forks, Inception, mean_pool, read_inception


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return Inception().state_dict()


def test_its_names_and_sizes_are_those_of_the_file(weights):
    assert weights["Conv2d_1a_3x3.conv.weight"].shape == (32, 3, 3, 3)
    assert weights["Mixed_5b.branch_pool.conv.weight"].shape == (32, 192, 1, 1)
    assert weights["Mixed_6b.branch7x7dbl_2.conv.weight"].shape == (128, 128, 7, 1)
    assert weights["Mixed_6e.branch7x7_2.conv.weight"].shape == (192, 192, 1, 7)
    assert weights["Mixed_7a.branch7x7x3_4.conv.weight"].shape == (192, 192, 3, 3)
    assert weights["Mixed_7c.branch3x3_2a.conv.weight"].shape == (384, 384, 1, 3)
    assert weights["Mixed_7c.branch3x3dbl_1.conv.weight"].shape == (448, 2048, 1, 1)
    learned = sum(t.numel() for name, t in weights.items() if name.endswith(("weight", "bias")))
    assert learned == 21_785_568  # Inception-v3's 23,834,568 less its 1000 classes


def test_all_names_and_sizes_are_those_that_the_file_fills(weights):
    """The digest is that of torchvision's Inception3 with 1008 classes and nothing beside, which
    pytorch-fid loads the file into.
    """
    sizes = {k: tuple(v.shape) for k, v in weights.items() if "num_batches" not in k}
    sizes |= {"fc.weight": (1008, DIM), "fc.bias": (1008,)}
    assert len(sizes) == 472
    text = "\n".join(sorted(f"{name} {size}" for name, size in sizes.items()))
    assert sha256(text.encode()).hexdigest() == (
        "d84f693f2abd7fea61cb31c87d3b2f268bf707c1bae1db219afdad3363959cb0"
    )


@pytest.mark.parametrize("side", [32, 299, 400])
def test_pictures_of_any_size_come_to_299_pixels_from_minus_one_to_one(side):
    """Values at the middles of pixels, a straight line between: bilinear."""
    seen = []
    model = Inception().eval()
    model.Conv2d_1a_3x3.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    ramp = np.linspace(0, 255, side).round().astype(np.uint8)
    picture = np.broadcast_to(ramp[None, :, None], (side, side, 3)).copy()
    picture[..., 2] = 255
    with torch.inference_mode():
        model(as_tensor(picture[None]))
    (found,) = seen
    assert found.shape == (1, 3, 299, 299)
    places = (np.arange(299) + 0.5) * side / 299 - 0.5
    wanted = np.interp(places, np.arange(side), ramp / 127.5 - 1)
    np.testing.assert_allclose(found[0, 0], np.broadcast_to(wanted, (299, 299)), atol=1e-4)
    assert torch.allclose(found[0, 2], torch.ones(299, 299)) and found[0, 0].min() < -0.99


def test_it_is_read_back_from_a_file_that_has_classes_and_no_counts(weights, tmp_path):
    kept = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
    kept |= {"fc.weight": torch.zeros(1008, DIM), "fc.bias": torch.zeros(1008)}
    torch.save(kept, tmp_path / "inception.pth")
    model = read_inception(tmp_path / "inception.pth")
    assert not model.training
    with torch.inference_mode():
        found = model(torch.zeros(1, 3, 20, 24))
    assert found.shape == (1, DIM) and torch.isfinite(found).all()


@pytest.mark.parametrize("what", ["empty", "other", "list", "lacking", "libraries"])
def test_another_file_is_refused_in_one_sentence(what, weights, tmp_path):
    path = tmp_path / "x.pth"
    if what == "empty":
        path.write_bytes(b"")
    elif what == "other":
        torch.save({"weight": torch.zeros(3)}, path)
    elif what == "list":
        torch.save([1, 2], path)
    elif what == "libraries":  # same names, same sizes, but a mean where this has a maximum
        torch.save(weights | {"fc.bias": torch.zeros(1000)}, path)
    else:
        torch.save({k: v for k, v in weights.items() if not k.startswith("Mixed_7c.b")}, path)
    with pytest.raises(DataError, match="does not hold the Inception of FID"):
        read_inception(path)


def test_a_mean_around_does_not_count_the_padding():
    assert torch.equal(mean_pool(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))


def test_the_last_block_takes_the_maximum_around():
    torch.manual_seed(0)
    for maximum in (True, False):
        block = Forks(4, maximum).eval()
        block.branch_pool = Conv(4, 192).eval()
        torch.nn.init.ones_(block.branch_pool.conv.weight)
        x = torch.zeros(1, 4, 5, 5)
        x[..., 2, 2] = 9.0
        around = block(x)[0, -1, 1:4, 1:4]
        wanted = 36.0 if maximum else 4.0
        assert torch.allclose(around, torch.full((3, 3), wanted), rtol=1e-2)
