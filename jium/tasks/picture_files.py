"""Pictures as files: a PNG that says how it was painted, contact sheets, films of the sampling."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from jium.data.pillow import Image, ImageDraw, ImageFont, PngInfo, UnidentifiedImageError
from jium.errors import ConfigError, DataError
from jium.files import write_whole

KEY = "jium"  # the text chunk of a PNG that says how it was painted
PAPER, INK, FAINT = (255, 255, 255), (40, 40, 40), (225, 225, 225)
LETTER = 14  # pixels
SEEN = 128  # pixels a side of a film at least
FILMS = {".gif": "GIF", ".png": "PNG", ".apng": "PNG", ".webp": "WEBP"}
Picture = Image.Image


def save_picture(picture: Picture, path: Path, facts: dict[str, Any] | None = None) -> None:
    """Write a PNG whole; `facts` stand in its text chunk "jium" as JSON, the prompt in
    "Description" too, where other programs show it.
    """
    check_picture(path)
    write_whole(path, lambda beside: beside.write_bytes(png(picture, facts)))


def png(picture: Picture, facts: dict[str, Any] | None = None) -> bytes:
    """What `save_picture` writes."""
    known, made = PngInfo(), BytesIO()
    if facts is not None:
        known.add_itxt(KEY, json.dumps(facts, ensure_ascii=False))
        if facts.get("prompt"):
            known.add_itxt("Description", str(facts["prompt"]))
    picture.save(made, format="PNG", pnginfo=known)
    return made.getvalue()


def check_picture(path: Path | None) -> None:
    """Raise ConfigError for a name that pictures are not written under."""
    if path is not None and path.suffix.lower() != ".png":
        raise ConfigError(
            "{path}: pictures are written as PNG, which keeps every pixel and how it was painted. "
            "Name it .png.",
            path=path,
        )


def check_film(path: Path | None) -> None:
    """Raise ConfigError for a name that films are not written under."""
    if path is not None and path.suffix.lower() not in FILMS:
        raise ConfigError(
            "{path}: a film is one of {known}.", path=path, known=", ".join(sorted(FILMS))
        )


def read_facts(path: Path) -> dict[str, Any]:
    """How a picture was painted, as `save_picture` wrote it. Raises DataError where nothing says
    so.
    """
    try:
        with Image.open(path) as picture:
            picture.load()  # the chunks may stand after the pixels
            found = json.loads(picture.text[KEY])  # type: ignore[attr-defined]
    except FileNotFoundError:
        raise DataError("{path}: no such file.{near}", path=path, near="") from None
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            "{path}: is no picture that can be read ({error}).", path=path, error=error
        ) from error
    except (AttributeError, KeyError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise DataError(
            "{path}: does not say how it was painted. Only a PNG that was painted here does, as "
            "long as no other program saved it anew.",
            path=path,
        )
    return found


def sheet(
    pictures: Sequence[Picture],
    columns: int | None = None,
    rows: Sequence[str] = (),
    heads: Sequence[str] = (),
    side: int | None = None,
    gap: int = 4,
    font: Path | None = None,
) -> Picture:
    """Many pictures as one, in rows from the left.

    columns: None for as square a sheet as can be. rows: words beside each row; heads: above each
    column. side: pixels of a cell; None: as large as the largest picture, but small ones are
    enlarged until a person sees them. font: a file for words, which must have Hangul where they do.
    """
    if not pictures:
        raise DataError("There is no picture to put on a sheet.")
    across = columns or len(heads) or max(1, round(len(pictures) ** 0.5))
    down = -(-len(pictures) // across)
    side = side or max(max(p.size) for p in pictures)
    side *= -(-64 // side)  # whole times, so that pixels stay square
    letters = ImageFont.truetype(str(font), LETTER) if font else ImageFont.load_default(LETTER)
    left = int(max((letters.getlength(word) for word in rows), default=-gap)) + gap
    top = (LETTER + 2 * gap) if heads else 0
    size = left + gap + across * (side + gap), top + gap + down * (side + gap)
    made = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(made)
    for i, picture in enumerate(pictures):
        x, y = left + gap + i % across * (side + gap), top + gap + i // across * (side + gap)
        pen.rectangle((x - 1, y - 1, x + side, y + side), outline=FAINT)
        made.paste(_fitted(picture, side), (x, y))
    for i, word in enumerate(rows[:down]):
        middle = top + gap + i * (side + gap) + side // 2
        pen.text((gap, middle), word, INK, letters, anchor="lm")
    for i, word in enumerate(heads[:across]):
        middle = left + gap + i * (side + gap) + side // 2
        pen.text((middle, gap), word, INK, letters, anchor="ma")
    return made


def _fitted(picture: Picture, side: int) -> Picture:
    """A picture within a square: enlarged by whole pixels, or made smaller smoothly."""
    picture = picture.convert("RGB")
    longest = max(picture.size)
    if longest == side:
        shown = picture
    elif longest < side:
        times = side // longest
        size = picture.width * times, picture.height * times
        shown = picture.resize(size, Image.Resampling.NEAREST)
    else:
        width, height = (max(1, n * side // longest) for n in picture.size)
        shown = picture.resize((width, height), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (side, side), PAPER)
    square.paste(shown, ((side - shown.width) // 2, (side - shown.height) // 2))
    return square


def _of_one_size(frames: Sequence[Picture]) -> list[Picture]:
    """Frames on squares as large as the largest, but not too small to be seen: a film has one
    size, and a sheet grows while it is painted.
    """
    side = max(max(frame.size) for frame in frames)
    if side >= SEEN and len({frame.size for frame in frames}) == 1:
        return list(frames)
    side *= -(-SEEN // side)  # whole times, so that pixels stay square
    return [_fitted(frame, side) for frame in frames]


def save_film(frames: Sequence[Picture], path: Path, ms: int = 80, last_ms: int = 1500) -> None:
    """Write pictures one after another as a GIF, an animated PNG or WebP, by the name of the file;
    it begins again without end.

    ms: how long each is seen; last_ms: the last.
    """
    check_film(path)
    kind = FILMS[path.suffix.lower()]
    if not frames:
        raise DataError("There is no picture to put on a film.")
    shown = _of_one_size(frames)
    times = [ms] * (len(shown) - 1) + [last_ms]
    first, rest = shown[0], shown[1:]
    options: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": times}
    options |= {"lossless": True} if kind == "WEBP" else {}
    write_whole(path, lambda beside: first.save(beside, format=kind, loop=0, **options))
