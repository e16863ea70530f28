"""The card of a set of pictures as a file: a page with some of them, Markdown, or numbers."""

import json
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jium.data.image_report import ImageReport
from jium.data.image_report_view import Section, markdown, sections, title_of
from jium.errors import ConfigError
from jium.explanation.web_font import font_face
from jium.files import write_text
from jium.messages import language, say

COLUMNS = 12  # of the sheet
INK, GRID, BAR = "#1f2933", "#d5dbe1", "#2f6f9f"


def save(report: ImageReport, path: str | Path) -> None:
    """Write the card as .html, .md or .json, as the name ends."""
    path = Path(path)
    match path.suffix.lower():
        case ".html" | ".htm":
            write_text(path, page(report))
        case ".md":
            write_text(path, markdown(report))
        case ".json":
            write_text(path, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
        case _:
            raise ConfigError(
                "{path}: a card of pictures is saved as .html, .md or .json.", path=path
            )


def page(report: ImageReport) -> str:
    """The card as a page that needs nothing else."""
    title = escape(title_of(report))
    body = "".join(map(_part, sections(report)))
    picture = _sheet(report.sheet)
    return f"""<!doctype html>
<html lang="{language()}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
{font_face(title + body)}
body {{ font-family: "jium Hangul", system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
 padding: 0 1rem; color: {INK} }}
img {{ max-width: 100%; image-rendering: pixelated }}
td, th {{ padding: .25rem .8rem; text-align: left; vertical-align: top }}
table {{ border-collapse: collapse }} tr {{ border-bottom: 1px solid {GRID} }}
meter {{ width: 8rem; accent-color: {BAR} }} h2 {{ margin-top: 2rem; font-size: 1.15rem }}
</style></head><body><main><h1>{title}</h1>
{picture}{body}</main></body></html>
"""


def _part(section: Section) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in section.lines)
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in section.heads)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in section.rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return f"<section><h2>{escape(section.title)}</h2>{lines}{table}</section>"


def _cell(text: str) -> str:
    """A share is shown as a bar too."""
    share = text.removesuffix("%")
    if share == text or not share.replace(".", "", 1).isdecimal():
        return f"<td>{escape(text)}</td>"
    return f'<td><meter max="100" value="{share}">{text}</meter> {text}</td>'


def _sheet(pictures: list[NDArray[np.uint8]]) -> str:
    """A sample of the pictures, as a PNG within the page."""
    if not pictures:
        return ""
    from jium.data.pillow import Image

    blank = np.full_like(pictures[0], 255)
    whole = [*pictures, *[blank] * (-len(pictures) % min(COLUMNS, len(pictures)))]
    width = min(COLUMNS, len(pictures))
    lines = [np.concatenate(whole[i : i + width], 1) for i in range(0, len(whole), width)]
    file = BytesIO()
    Image.fromarray(np.concatenate(lines)).save(file, "PNG")
    data = b64encode(file.getvalue()).decode("ascii")
    alt = escape(say("a sample of the pictures"))
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'
