import subprocess
import sys

import pytest

import jium

PUBLIC = [
    "JiumError",
    "Tokenizer",
    "Trainer",
    "TrainingArguments",
    "compare",
    "evaluate",
    "explain",
    "load",
    "plan",
    "recipe",
    "selfcheck",
    "set_language",
    "train",
]


def test_the_public_names_are_these() -> None:
    assert jium.__all__ == PUBLIC
    assert set(PUBLIC) < set(dir(jium))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_leads_somewhere(name: str) -> None:
    assert getattr(jium, name).__name__ == name
    assert getattr(jium, name).__doc__


def test_the_errors_are_one_family() -> None:
    from jium import errors

    kinds = [errors.ConfigError, errors.DataError, errors.RunError, errors.MissingExtra]
    assert all(issubclass(kind, jium.JiumError) for kind in kinds)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'jium' has no attribute 'trian'"):
        jium.trian  # noqa: B018


def test_importing_jium_imports_nothing_heavy() -> None:
    script = (
        "import sys, jium; print(*(n for n in ('torch', 'numpy', 'pydantic') if n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
