"""What a person asks an autoencoder for."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from jium.checkpoint.run import save_config, save_weights
from jium.errors import ConfigError, DataError, RunError
from jium.evaluation.reconstruction import evaluate_reconstruction
from jium.models.vae import Vae, VaeConfig
from jium.models.vqvae import VqVae, VqVaeConfig
from jium.tasks.reconstruct import Reconstructor

BODY = dict(image_size=8, dim=8, multipliers=(1, 2), latent_channels=4)


@pytest.fixture(params=["vae", "flat", "vqvae"])
def task(request: pytest.FixtureRequest) -> Reconstructor:
    torch.manual_seed(0)
    if request.param == "vqvae":
        return Reconstructor(VqVae(VqVaeConfig(**BODY, n_codes=8)).eval())  # type: ignore[arg-type]
    return Reconstructor(Vae(VaeConfig(**BODY, flat=request.param == "flat")).eval())  # type: ignore[arg-type]


def picture(seed: int = 0, side: int = 8) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def test_one_in_one_out_and_a_list_for_a_list(task: Reconstructor) -> None:
    alone, listed = task.reconstruct(picture()), task.reconstruct([picture(), picture(1)])
    assert alone.size == (8, 8) and len(listed) == 2
    assert np.array_equal(alone, listed[0])
    assert task.encode(picture()).shape == task.model.config.latent_shape
    assert isinstance(task.anomaly(picture()), float)
    assert task.anomaly([picture(), picture(1)]).shape == (2,)


def test_decoding_what_was_encoded_is_reconstruction(task: Reconstructor) -> None:
    assert np.array_equal(task.decode(task.encode(picture())), task.reconstruct(picture()))


def test_pil_arrays_and_files_are_the_same_picture(task: Reconstructor, tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    found = [task.encode(p) for p in (picture(), np.asarray(picture()), tmp_path / "a.png")]
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


def test_a_painted_picture_depends_on_its_seed_alone(task: Reconstructor) -> None:
    several = task.paint(n=3, seed=5)
    assert [facts["seed"] for facts in several.facts] == [5, 6, 7]
    assert np.allclose(several[2], task.paint(seed=7)[0], atol=1)
    assert not np.array_equal(several[0], several[1])


def test_between_two_pictures_the_ends_are_the_pictures(task: Reconstructor) -> None:
    made = task.interpolate(picture(), picture(1), steps=5)
    assert len(made) == 5
    for end, given in ((made[0], picture()), (made[-1], picture(1))):
        assert np.allclose(end, task.reconstruct(given), atol=1)


def test_halfway_is_the_middle_of_the_latents(task: Reconstructor) -> None:
    a, b = task.encode([picture(), picture(1)])
    middle = task.interpolate(picture(), picture(1), steps=3)[1]
    assert np.allclose(middle, task.decode((a + b) / 2), atol=1)


def test_a_share_says_how_many_valid_pictures_are_less_strange(task: Reconstructor) -> None:
    with pytest.raises(RunError, match="never measured on valid pictures"):
        task.stranger_than(1.0)
    task.model.usual.copy_(torch.linspace(2.0, 4.0, 101))
    assert task.stranger_than(np.array([1.0, 2.5, 9.0])).tolist() == pytest.approx([0, 0.25, 1])
    assert task.stranger_than(3.0) == pytest.approx(0.5)


def test_a_run_is_loaded_as_it_was_saved(task: Reconstructor, tmp_path: Path) -> None:
    kind = "vqvae" if isinstance(task.model, VqVae) else "vae"
    task.model.latent_scale.fill_(2.5)
    task.fit = "pad"
    save_config(tmp_path, kind, task.model.config, task.about())
    save_weights(tmp_path, task.model)
    again = Reconstructor.load(tmp_path)
    assert again.fit == "pad" and again.model.config == task.model.config
    assert np.array_equal(again.encode(picture(side=12)), task.encode(picture(side=12)))


def test_a_damaged_fit_is_told(task: Reconstructor, tmp_path: Path) -> None:
    save_config(tmp_path, "vae", VaeConfig(**BODY), {"task": "reconstruct", "fit": "bend"})  # type: ignore[arg-type]
    save_weights(tmp_path, Vae(VaeConfig(**BODY)))  # type: ignore[arg-type]
    with pytest.raises(RunError, match="is damaged"):
        Reconstructor.load(tmp_path)


def test_what_makes_no_sense_is_refused(task: Reconstructor) -> None:
    with pytest.raises(ConfigError, match="n: must be at least 1; got 0"):
        task.paint(n=0)
    with pytest.raises(ConfigError, match="prompts: is nothing that an autoencoder knows"):
        task.paint(["a fox"])
    with pytest.raises(ConfigError, match="guidance: is nothing that an autoencoder knows"):
        task.paint(guidance=3.0)
    with pytest.raises(ConfigError, match="steps: must be at least 2; got 1"):
        task.interpolate(picture(), picture(1), steps=1)
    with pytest.raises(DataError, match="There is no picture. Give at least one"):
        task.anomaly([])
    with pytest.raises(DataError, match=r"latents of \(9, 1, 1\) do not fit"):
        task.decode(np.zeros((9, 1, 1), np.float32))
    with pytest.raises(DataError, match="There is no picture to measure"):
        evaluate_reconstruction(task, [])


def test_perfect_memory_has_perfect_marks(task: Reconstructor) -> None:
    class Perfect(Reconstructor):
        def reconstruct(self, images: list) -> list:  # type: ignore[override]
            return images

    found = evaluate_reconstruction(
        Perfect(task.model), [np.asarray(picture(i)) for i in range(4)], samples=10
    )
    assert [(s.name, s.value) for s in found["scores"]] == [("psnr", 100.0), ("ssim", 1.0)]
