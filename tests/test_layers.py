"""Imports go one way: a module may import what stands below it here, and its own folder."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import jium

ROOT = Path(jium.__file__).parent

# Lowest first. Modules of one line do not import each other, except within a folder.
LAYERS = [
    ["messages"],
    ["errors"],
    ["config", "files", "ranges"],
    ["nn", "text"],
    ["models", "data"],
    ["checkpoint", "generation", "adaptation"],
    ["tasks", "objectives"],
    ["evaluation"],
    ["explanation"],  # below training, which draws attention pictures as it goes
    ["training"],
    ["safety", "protection", "retrieval", "themes"],
    ["workflows"],
    ["contracts"],
    ["serving"],
    ["cli"],
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
TABLED = re.compile(r"jium(\.\w+)+(:\w+)?")  # in a table of kinds, "jium.models.seq2seq:Seq2Seq"


def modules() -> list[Path]:
    """Every module but the two doors: jium/__init__.py, which imports what it is asked for, and
    jium/__main__.py, which is the command line.
    """
    doors = (ROOT / "__init__.py", ROOT / "__main__.py")
    return [path for path in sorted(ROOT.rglob("*.py")) if path not in doors]


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Lines and names of what is imported from jium, in functions and in tables of kinds too."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: name the package in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if TABLED.fullmatch(node.value) else []
        yield from ((node.lineno, name) for name in names if re.match(r"jium\b", name))


def top(name: str) -> str:
    """`nn` of `jium.nn.block:Block`."""
    return re.split(r"[.:]", name + ".")[1]


def upward(own: str, source: str) -> list[str]:
    """The imports of a module of layer `own` that do not go down."""
    return [
        f"line {line}: {own} imports {name}"
        for line, name in imports(source)
        if top(name) != own and HEIGHT.get(top(name), len(LAYERS)) >= HEIGHT[own]
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert own in HEIGHT, f"{own} has no place in the layers"
    assert upward(own, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "from jium.training.trainer import Trainer",
        "import jium.training",
        "from jium import training",
        "from jium import Tokenizer",
        "import jium",
        "def f():\n    from jium.evaluation import bleu",
        "if TYPE_CHECKING:\n    from jium.cli import main",
        "from jium.generation import beam",
        'TABLE = {"a": "jium.tasks.translate:Translator"}',
        "import_module('jium.tasks')",
    ],
)
def test_an_import_upward_or_sideways_is_seen(source: str) -> None:
    assert len(upward("checkpoint", source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from jium.checkpoint.state import read",
        "from jium.models import MODELS",
        "from jium import messages",
        "import torch, jiumlike",
        'TEXT = "jium.tasks is above"',
    ],
)
def test_an_import_downward_or_from_elsewhere_is_not(source: str) -> None:
    assert upward("checkpoint", source) == []


def test_relative_imports_are_refused() -> None:
    with pytest.raises(AssertionError, match="line 1"):
        upward("checkpoint", "from . import state")
