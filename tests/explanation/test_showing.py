import sys
import types
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from jium.explanation import showing


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Addresses that a browser was asked to open."""
    found: list[str] = []
    monkeypatch.setattr(showing.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    monkeypatch.setattr(showing.webbrowser, "open", lambda url: found.append(url) or True)
    return found


def test_outside_a_notebook_a_browser_opens_the_page(opened: list[str]):
    showing.show("<p>사과")
    (url,) = opened
    assert Path(unquote(urlparse(url).path)).read_text("utf-8") == "<p>사과"


def test_without_a_browser_the_place_is_said(opened, monkeypatch, capsys, tmp_path: Path):
    monkeypatch.setattr(showing.webbrowser, "open", lambda url: False)
    showing.show("<p>")
    assert f"Open it in a browser: {tmp_path}" in capsys.readouterr().out


def test_in_a_notebook_the_page_stands_below_the_cell(opened: list[str], monkeypatch):
    shown: list[str] = []
    display = types.SimpleNamespace(HTML=lambda text: text, display=shown.append)
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    showing.show('<p title="x">')
    assert shown == [showing.framed('<p title="x">')]
    assert not opened


def test_a_frame_holds_the_page_escaped():
    assert 'srcdoc="&lt;p title=&quot;x&quot;&gt;&amp;amp;"' in showing.framed('<p title="x">&amp;')
