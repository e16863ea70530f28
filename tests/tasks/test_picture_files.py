"""Pictures as files: what they say of themselves, sheets, films."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jium.errors import ConfigError, DataError
from jium.tasks.picture_files import read_facts, save_film, save_picture, sheet


def plain(colour: str, side: int = 8) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


def test_a_picture_keeps_its_pixels_and_its_facts(tmp_path: Path) -> None:
    facts = {"prompt": "우주에 있는 개", "seed": 3, "guidance": 2.5}
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    save_picture(Image.fromarray(pixels), tmp_path / "a.png", facts)
    assert read_facts(tmp_path / "a.png") == facts
    with Image.open(tmp_path / "a.png") as found:
        assert np.array_equal(np.asarray(found), pixels)
        assert found.text["Description"] == "우주에 있는 개"  # type: ignore[attr-defined]


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Name it .png"):
        save_picture(plain("red"), tmp_path / "a.jpg")
    with pytest.raises(ConfigError, match="a film is one of"):
        save_film([plain("red")], tmp_path / "a.mp4")


def test_a_file_without_facts_is_refused(tmp_path: Path) -> None:
    plain("red").save(tmp_path / "a.png")
    plain("red").save(tmp_path / "a.jpg")
    (tmp_path / "b.png").write_bytes(b"no picture")
    save_picture(plain("red"), tmp_path / "c.png")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "e.png")
    for name, says in [
        ("a.png", "does not say"),
        ("a.jpg", "does not say"),
        ("b.png", "no picture that can be read"),
        ("c.png", "does not say"),
        ("d.png", "no such file"),
        ("e.png", "no picture that can be read"),
    ]:
        with pytest.raises(DataError, match=says):
            read_facts(tmp_path / name)


def test_a_sheet_holds_every_picture_in_order() -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9), (99, 99, 99)]
    made = sheet([Image.new("RGB", (8, 8), c) for c in colours], columns=3, gap=4)
    assert made.size == (4 + 3 * 68, 4 + 2 * 68)  # cells of 64: eight times as large
    for i, rgb in enumerate(colours):
        x, y = 4 + i % 3 * 68 + 32, 4 + i // 3 * 68 + 32
        assert made.getpixel((x, y)) == rgb


def test_words_beside_and_above_take_room_and_move_nothing() -> None:
    pictures = [plain("red"), plain("blue")]
    made = sheet(pictures, rows=["one", "two"], heads=["w"])
    assert made.width > sheet(pictures, 1).width and made.height > sheet(pictures, 1).height
    assert made.getpixel((made.width - 36, made.height - 36)) == (0, 0, 255)


def test_pictures_of_other_sizes_are_fitted() -> None:
    made = sheet([plain("red", 100), plain("blue", 30)], 2, side=64)
    assert made.size == (4 + 2 * 68, 4 + 68)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_a_film_has_its_frames_and_begins_again(tmp_path: Path, name: str) -> None:
    save_film([plain("red"), plain("green"), plain("blue")], tmp_path / name)
    with Image.open(tmp_path / name) as film:
        assert film.n_frames == 3 and film.info["loop"] == 0  # type: ignore[attr-defined]
        film.seek(2)
        red, _, blue = film.convert("RGB").getpixel((film.width // 2, film.height // 2))  # type: ignore[misc]
        assert blue > 200 and red < 50


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_frames_of_a_film_may_grow(tmp_path: Path, name: str) -> None:
    save_film([plain("red", 8), plain("green", 64), plain("blue", 200)], tmp_path / name)
    with Image.open(tmp_path / name) as film:
        for frame, place in enumerate([0, 1, 2]):
            film.seek(frame)
            assert film.size == (200, 200)
            found = film.convert("RGB").getpixel((100, 100))
            assert np.argmax(found) == place


def test_nothing_makes_no_sheet_and_no_film(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no picture"):
        sheet([])
    with pytest.raises(DataError, match="no picture"):
        save_film([], tmp_path / "a.gif")
