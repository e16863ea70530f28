"""Pictures of every kind come in as upright RGB, or are refused by name."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest

from jium.data.image_files import fit_image, read_image, reason_of, upright
from jium.errors import DataError

PIL = pytest.importorskip("PIL.Image")


def written(image, format="PNG", **options):
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def plain(colour=(200, 30, 60), size=(6, 4), mode="RGB"):
    return PIL.new(mode, size, colour)


def colour_of(data, place=(1, 1)):
    return read_image(data).getpixel(place)


def test_a_picture_comes_back_as_it_was_written():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(read_image(written(PIL.fromarray(pixels)))), pixels)


def test_transparent_places_become_white_and_half_transparent_ones_half_white():
    image = PIL.new("RGBA", (2, 1))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 128))
    data = written(image)
    assert colour_of(data, (0, 0)) == (255, 255, 255)
    assert colour_of(data, (1, 0)) == pytest.approx((255, 127, 127), abs=1)


def test_a_palette_gives_its_colours_and_its_transparent_one_is_white():
    image = PIL.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    image.putpixel((1, 0), 1)
    assert colour_of(written(image), (1, 0)) == (0, 0, 255)
    data = written(image, transparency=0)
    assert (colour_of(data, (0, 0)), colour_of(data, (1, 0))) == ((255, 255, 255), (0, 0, 255))


def test_cmyk_becomes_rgb():
    red = PIL.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert colour_of(written(red, "JPEG", quality=95)) == pytest.approx((255, 0, 0), abs=12)
    assert colour_of(written(red, "TIFF")) == (255, 0, 0)


def test_sixteen_bits_keep_their_brightness():
    ramp = np.array([[0, 257, 32896, 65535]], np.uint16)
    image = read_image(written(PIL.fromarray(ramp)))
    assert [image.getpixel((x, 0))[0] for x in range(4)] == [0, 1, 128, 255]


def test_grey_numbers_beyond_sixteen_bits_are_no_colours():
    data = written(PIL.fromarray(np.array([[-5, 70_000]], np.int32)), "TIFF")
    with pytest.raises(DataError, match="from -5 to 70000; grey values go from 0 to 65535"):
        read_image(data)
    with pytest.raises(DataError, match="grey values go from 0 to 1"):
        read_image(written(PIL.fromarray(np.array([[np.nan, 0.5]], np.float32)), "TIFF"))


def test_grey_and_black_and_white_pictures_become_rgb():
    assert colour_of(written(plain(90, mode="L"))) == (90, 90, 90)
    assert colour_of(written(plain(1, mode="1"))) == (255, 255, 255)
    assert colour_of(written(PIL.new("LA", (3, 3), (0, 0)))) == (255, 255, 255)


def test_the_orientation_a_camera_wrote_is_applied():
    image = plain(size=(6, 4))
    image.putpixel((0, 0), (0, 0, 0))
    exif = image.getexif()
    exif[0x0112] = 6  # the right side of the sensor is the top
    turned = read_image(written(image, exif=exif))
    assert turned.size == (4, 6)
    assert turned.getpixel((3, 0)) == (0, 0, 0)


def test_a_picture_of_pillow_comes_in_as_its_file_does():
    ramp = PIL.fromarray(np.array([[0, 257, 32896, 65535]], np.uint16))
    assert np.array_equal(np.asarray(upright(ramp)), np.asarray(read_image(written(ramp))))
    turned = plain(size=(6, 4))
    turned.getexif()[0x0112] = 6
    assert upright(turned).size == read_image(written(turned, exif=turned.getexif())).size == (4, 6)


def test_one_pixel_is_a_picture():
    image = read_image(written(plain(size=(1, 1))))
    assert fit_image(image, 8, 8).shape == (8, 8, 3)
    assert (fit_image(image, 8, 8) == (200, 30, 60)).all()


def test_a_strip_of_20000_pixels_is_a_picture():
    image = read_image(written(plain(size=(20_000, 2))))
    assert image.size == (20_000, 2)
    for fit in ("crop", "pad", "stretch"):
        assert fit_image(image, 16, 16, fit).shape == (16, 16, 3)


def png_of_size(width, height):
    """A PNG that says it is so large, without the pixels."""

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("width, height", [(20_000, 20_000), (20_000, 8_001)])
def test_a_picture_too_large_for_memory_is_refused_before_it_is_read(width, height):
    with pytest.raises(DataError, match=r"too large .*at most 160,000,000 pixels") as error:
        read_image(png_of_size(width, height))
    assert reason_of(error.value) == "too_large"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_no_cut_of_a_file_does_anything_but_open_or_say_what_is_wrong(format):
    noise = np.random.default_rng(1).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    data = written(PIL.fromarray(noise), format)
    refused = 0
    for end in range(0, len(data), max(1, len(data) // 40)):
        try:
            assert read_image(data[:end]).mode == "RGB"
        except DataError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP"])
def test_no_changed_byte_does_anything_but_open_or_say_what_is_wrong(format):
    data = written(plain(size=(16, 16)), format)
    rng = np.random.default_rng(2)
    for _ in range(120):
        changed = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            changed[place] = rng.integers(256)
        try:
            assert read_image(bytes(changed)).mode == "RGB"
        except DataError as error:
            assert reason_of(error) in ("broken", "truncated", "not_a_picture", "too_large")


def test_an_error_names_the_file_and_its_reason_can_be_counted(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "words.png").write_text("not a picture")
    noise = np.random.default_rng(1).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    (tmp_path / "cut.png").write_bytes(written(PIL.fromarray(noise))[:700])
    reasons = {"empty": "empty", "words": "not_a_picture", "cut": "truncated", "gone": "missing"}
    for name, reason in reasons.items():
        with pytest.raises(DataError, match=f"{name}.png") as error:
            read_image(tmp_path / f"{name}.png")
        assert reason_of(error.value) == reason
    with pytest.raises(DataError, match="^row 7 of x.parquet: is no picture"):
        read_image(b"abc", name="row 7 of x.parquet")


def test_a_crop_keeps_the_middle_a_pad_keeps_everything_a_stretch_fills():
    wide = PIL.new("RGB", (30, 10), "red")
    wide.paste("blue", (10, 0, 20, 10))
    assert (fit_image(wide, 10, 10, "crop")[5, 3:7] == (0, 0, 255)).all()
    padded = fit_image(wide, 30, 30, "pad")
    assert (padded[0] == 255).all() and (padded[15, 2] == (255, 0, 0)).all()
    stretched = fit_image(wide, 30, 30, "stretch")
    assert (stretched[0, 2] == (255, 0, 0)).all() and (stretched[29, 15] == (0, 0, 255)).all()
