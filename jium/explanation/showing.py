"""A page shown to a person: in a browser, or in a notebook."""

import tempfile
import webbrowser
from html import escape
from pathlib import Path

from jium.errors import require
from jium.messages import say

HEIGHT = 720  # pixels of a frame in a notebook


def show(page: str, title: str | None = None) -> None:
    """Show a page below the cell of a notebook, or else open it in a browser."""
    if _in_notebook():
        display = require("IPython.display", "all")
        display.display(display.HTML(framed(page, title)))
        return
    path = Path(tempfile.mkdtemp(prefix="jium-")) / "explanation.html"
    path.write_text(page, "utf-8")
    if not webbrowser.open(path.as_uri()):
        print(say("Open it in a browser: {path}", path=path))


def framed(page: str, title: str | None = None) -> str:
    """A page in a frame, so that its styles stay its own. title: read aloud for the frame."""
    return (
        f'<iframe srcdoc="{escape(page)}" width="100%" height="{HEIGHT}" '
        f'title="{escape(title or say("Attention"))}" style="border: 0"></iframe>'
    )


def _in_notebook() -> bool:
    """Whether this runs in a kernel, which shows what is displayed; a plain IPython shell is
    none.
    """
    import sys

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")
