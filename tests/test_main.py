"""`python -m jium`."""

import runpy
import sys

import pytest


def test_the_module_is_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jium", "recipes", "show", "no-such-recipe"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("jium", run_name="__main__")
    assert ended.value.code == 1
    assert "no-such-recipe" in capsys.readouterr().err
