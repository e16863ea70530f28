"""Latents on disk: made once, the same as made anew, made again when something changed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from jium.data.image_batches import ImageBatches, as_tensor
from jium.data.image_store import Picture, Pictures
from jium.data.latent_cache import LatentBatches, Latents, cache_latents, fingerprint
from jium.errors import DataError


def pictures(n: int = 11, seed: int = 0) -> Pictures:
    """Some of 8 x 8, every third of 4 x 12."""
    rng = np.random.default_rng(seed)
    shapes = [(4, 12) if i % 3 == 2 else (8, 8) for i in range(n)]
    made = [rng.integers(0, 256, (*shape, 3)).astype(np.uint8) for shape in shapes]
    return Pictures.hold(
        Picture(image, [f"picture {i}"], {"n": str(i)}) for i, image in enumerate(made)
    )


class Halve:
    """An encoder that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.asked += 1
        return torch.nn.functional.avg_pool2d(images, 2)[:, :2]


Encode = Callable[[list[str]], list[list[int]]]


def test_cached_latents_are_what_the_encoder_says(tmp_path: Path) -> None:
    found = cache_latents(pictures(), Halve(), tmp_path, "halve", batch_size=3)
    assert len(found) == 11
    for row in range(11):
        image = as_tensor(pictures().image(row)[None])
        assert torch.equal(found.latents([row]), Halve()(image))
    assert found.latents([2, 5]).shape == (2, 2, 2, 6)


def test_latents_are_made_once(tmp_path: Path) -> None:
    encode = Halve()
    cache_latents(pictures(), encode, tmp_path, "halve")
    asked = encode.asked
    assert asked > 0
    cache_latents(pictures(), encode, tmp_path, "halve")
    assert encode.asked == asked


@pytest.mark.parametrize("changed", ["encoder", "pictures", "dtype"])
def test_what_changed_makes_them_anew(changed: str, tmp_path: Path) -> None:
    encode = Halve()
    cache_latents(pictures(), encode, tmp_path, "halve")
    asked = encode.asked
    cache_latents(
        pictures(seed=int(changed == "pictures")),
        encode,
        tmp_path,
        "other" if changed == "encoder" else "halve",
        dtype="float16" if changed == "dtype" else "float32",
    )
    assert encode.asked == 2 * asked


def test_half_precision_is_half_the_file_and_near(tmp_path: Path) -> None:
    whole = cache_latents(pictures(), Halve(), tmp_path / "a", "halve")
    half = cache_latents(pictures(), Halve(), tmp_path / "b", "halve", dtype="float16")
    assert torch.allclose(whole.latents([0, 1]), half.latents([0, 1]), atol=1e-3)
    sizes = [sum(f.stat().st_size for f in (tmp_path / n).glob("*.bin")) for n in "ab"]
    assert sizes[0] == 2 * sizes[1]


def test_a_cache_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    encode = Halve()
    cache_latents(pictures(), encode, tmp_path, "halve")
    (tmp_path / "about.json").unlink()
    with pytest.raises(DataError, match="holds no latents"):
        Latents.load(tmp_path, pictures())
    asked = encode.asked
    cache_latents(pictures(), encode, tmp_path, "halve")
    assert encode.asked == 2 * asked


def test_work_that_was_stopped_goes_on_and_gives_the_same(tmp_path: Path) -> None:
    class Stops(Halve):
        def __call__(self, images: Tensor) -> Tensor:
            if self.asked == 3:  # the first of each file is asked for its shape
                raise KeyboardInterrupt
            return super().__call__(images)

    with pytest.raises(KeyboardInterrupt):
        cache_latents(pictures(), Stops(), tmp_path / "a", "halve", batch_size=2)
    with (tmp_path / "a" / "latents-0.bin").open("ab") as file:
        file.write(b"\x00\x00\x00")  # of one that was cut
    with pytest.raises(DataError, match="holds no latents"):
        Latents.load(tmp_path / "a", pictures())
    encode, whole = Halve(), Halve()
    found = cache_latents(pictures(), encode, tmp_path / "a", "halve", batch_size=2)
    wanted = cache_latents(pictures(), whole, tmp_path / "b", "halve", batch_size=2)
    assert encode.asked == whole.asked - 2
    assert all(torch.equal(found.latents([i]), wanted.latents([i])) for i in range(11))


def test_one_pixel_of_many_pictures_makes_them_anew(tmp_path: Path) -> None:
    images = np.zeros((600, 2, 2, 3), np.uint8)
    for value in (0, 1):
        images[401, 1, 1, 1] = value
        held = Pictures.hold(Picture(image) for image in images)
        encode = Halve()
        cache_latents(held, encode, tmp_path, "halve")
        assert encode.asked > 1


def test_latents_of_other_pictures_are_refused(tmp_path: Path) -> None:
    cache_latents(pictures(), Halve(), tmp_path, "halve")
    with pytest.raises(DataError, match="holds latents of 11 pictures, and there are 9"):
        Latents.load(tmp_path, pictures(9))


def test_batches_of_latents_are_those_of_pictures_in_the_same_order(tmp_path: Path) -> None:
    held = pictures()
    latents = cache_latents(held, Halve(), tmp_path, "halve")
    encode: Encode = lambda texts: [[len(text)] for text in texts]  # noqa: E731
    plain = iter(ImageBatches(held, 4, seed=3, encode=encode))
    cached = iter(LatentBatches(held, latents, 4, seed=3, encode=encode))
    for _ in range(7):
        one, other = next(plain), next(cached)
        assert np.array_equal(one.rows, other.rows) and one.after == other.after
        assert one.captions == other.captions and one.tokens is not None
        assert torch.equal(one.tokens, other.tokens)
        assert torch.equal(one.labels["n"], other.labels["n"])
        assert torch.equal(other.images, Halve()(one.images))
        assert other.encoded and not one.encoded
    batches = LatentBatches(held, latents, 4, seed=3)
    batches.go_on(other.after)
    assert np.array_equal(next(iter(batches)).rows, next(plain).rows)
    assert sum(len(batch) for batch in batches.once()) == 11


def test_a_fingerprint_tells_weights_apart() -> None:
    torch.manual_seed(0)
    one = torch.nn.Linear(2, 3)
    before = fingerprint(one.state_dict().items())
    assert before == fingerprint(one.state_dict().items())
    with torch.no_grad():
        one.weight[0, 0] += 1e-3
    assert before != fingerprint(one.state_dict().items())
