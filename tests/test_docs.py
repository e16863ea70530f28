"""The documents say the same in both languages, and nothing that the code does not."""

import ast
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import jium
from jium.cli import app
from jium.config import override, read_toml
from jium.training.recipe import Recipe, shipped

ROOT = Path(__file__).parents[1]
TWINS = {
    "README.md": "README.ko.md",
    "docs/architecture.md": "docs/architecture.ko.md",
    "docs/tokenizers.md": "docs/tokenizers.ko.md",
    "docs/translation.md": "docs/translation.ko.md",
    "docs/words.md": "docs/words.ko.md",
    "docs/understanding.md": "docs/understanding.ko.md",
    "docs/transformers.md": "docs/transformers.ko.md",
    "docs/language.md": "docs/language.ko.md",
    "docs/drawing.md": "docs/drawing.ko.md",
}
PAGES = [*TWINS, *TWINS.values(), "CONTRIBUTING.md", "CHANGELOG.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NUMBERS = "<!-- numbers -->"
STARTS = ("transfer.start=", "transfer.vectors=")  # both take a run; only the first is opened


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def prose(page: str) -> str:
    return FENCE.sub("", text_of(page))


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ .+$", prose(page), re.MULTILINE)


def levels(page: str) -> list[int]:
    return [len(heading.split()[0]) for heading in headings(page)]


def blocks(page: str, *languages: str) -> list[str]:
    return [body for name, body in FENCE.findall(text_of(page)) if name in languages]


def tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells, without the line under its header."""
    found = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    return [[_cells(row) for row in table.splitlines() if set(row) - set("|- ")] for table in found]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def commands(page: str) -> Iterator[list[str]]:
    """The words after `jium` of every command in a block of shell or in backquotes."""
    lines = [line for body in blocks(page, "bash") for line in body.splitlines()]
    lines += [_asked(span) for span in SPAN.findall(prose(page)) if span.startswith("jium ")]
    for line in lines:
        for part in re.split(r" [|>] ", line):
            words = shlex.split(part)
            if words[:1] == ["jium"]:
                yield words[1:]


def _asked(span: str) -> str:
    """A command that prose names in passing, without arguments, is asked for its help."""
    return f"{span} --help" if re.fullmatch(r"jium( [a-z]+){1,2}", span) else span


def without_work(command: Any) -> Any:
    """The same command line, parsing all and doing nothing."""
    command.callback = lambda **values: None
    for below in getattr(command, "commands", {}).values():
        without_work(below)
    return command


@pytest.mark.parametrize(("english", "korean"), TWINS.items())
def test_both_languages_have_the_same_headings(english: str, korean: str) -> None:
    assert levels(english) == levels(korean)
    assert len(headings(english)) > 3


@pytest.mark.parametrize(("english", "korean"), TWINS.items())
def test_both_languages_have_the_same_code(english: str, korean: str) -> None:
    assert FENCE.findall(text_of(english)) == FENCE.findall(text_of(korean))


@pytest.mark.parametrize(("english", "korean"), TWINS.items())
def test_both_languages_have_tables_of_the_same_size(english: str, korean: str) -> None:
    sizes = [
        [[len(row) for row in table] for table in tables(prose(page))] for page in (english, korean)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(("english", "korean"), TWINS.items())
def test_both_languages_link_to_the_same_places(english: str, korean: str) -> None:
    """A Korean page links to the Korean twin where there is one."""
    twins = {ROOT / page: ROOT / twin for page, twin in TWINS.items()}
    places = [link_targets(page) for page in (english, korean)]
    assert {twins.get(place, place) for place in places[0] if place != ROOT / korean} == {
        twins.get(place, place) for place in places[1] if place != ROOT / english
    }


def link_targets(page: str) -> set[Path]:
    links = [link for link in LINK.findall(prose(page)) if "://" not in link and link[0] != "#"]
    folder = (ROOT / page).parent
    return {Path(os.path.normpath(folder / link.split("#")[0])) for link in links}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_project_leads_somewhere(page: str) -> None:
    assert [place for place in link_targets(page) if not place.exists()] == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/architecture.ko.md"])
def test_every_file_of_the_package_that_a_page_names_is_there(page: str) -> None:
    named = {span for span in SPAN.findall(prose(page)) if re.fullmatch(r"\w+/[\w/]*\.py", span)}
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "jium" / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_a_page_has_its_heading(page: str) -> None:
    anchors = {
        re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")
        for heading in headings(page)
    }
    wanted = {link[1:] for link in LINK.findall(prose(page)) if link.startswith("#")}
    assert wanted <= anchors


def test_the_measured_figures_are_the_same_in_both_languages() -> None:
    english, korean = (
        tables(text_of(page).split(NUMBERS)[1])[0] for page in ("README.md", "README.ko.md")
    )
    for left, right in zip(english[1:], korean[1:], strict=True):
        digits = [re.findall(r"\d+(?:\.\d+)?", cell) for cell in (left[1], right[1])]
        assert digits[0] == digits[1], f"{left[0]}: {left[1]} and {right[1]}"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one_that_jium_takes(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = without_work(typer.main.get_command(app))
    for words in commands(page):
        try:
            parser.main(args=words, prog_name="jium", standalone_mode=True)
        except SystemExit as done:
            assert not done.code, f"jium {shlex.join(words)}\n{capsys.readouterr().err}"


@pytest.mark.parametrize("page", PAGES)
def test_every_override_in_a_command_fits_the_recipe(page: str) -> None:
    recipes = {path.stem: path for path in shipped()}
    for words in commands(page):
        place = 2 if words[:2] == ["data", "prepare"] else 1
        if words[0] not in ("train", "data") or words[place] not in recipes:
            continue
        given = [word for word in words[place + 1 :] if re.match(r"[a-z]\w*\.\w+=", word)]
        given = [word.replace(*STARTS) for word in given]  # a run that is not there
        Recipe.of(override(read_toml(recipes[words[place]]), given), words[place])


@pytest.mark.parametrize("page", [*TWINS, *TWINS.values()])
def test_every_setting_named_in_prose_exists(page: str) -> None:
    known: dict[str, Any] = {}
    for path in shipped():
        for section, values in Recipe.of(read_toml(path), path.stem).values.items():
            if isinstance(values, dict):
                known[section] = {**known.get(section, {}), **values}
    spans = [
        span for span in SPAN.findall(prose(page)) if re.match(r"[a-z]+\.[a-z_]+(=|$| )", span)
    ]
    names = [name for span in spans for name in re.findall(r"\b([a-z]+\.[a-z_]+)\b", span)]
    sections = {name: values for name, values in known.items() if isinstance(values, dict)}
    wrong = [
        name
        for name in names
        if (section := name.split(".")[0]) in sections
        and name.split(".")[1] not in {*sections[section], "size", "json", "safetensors"}
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_python_in_the_documents_compiles_and_names_what_jium_has(page: str) -> None:
    for body in blocks(page, "python"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(body))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "jium"
        }
        assert names <= set(jium.__all__)


def test_the_readme_names_only_what_jium_has() -> None:
    for page in ("README.md", "README.ko.md"):
        named = {
            n for span in SPAN.findall(prose(page)) for n in re.findall(r"\bjium\.(\w+)\(", span)
        }
        assert named
        assert named <= set(jium.__all__)


def strings_of(folder: Path) -> list[str]:
    """Every text constant in the code."""
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.value for node in nodes if isinstance(node.value, str)]


def last_tables(page: str) -> tuple[list[str], list[str]]:
    """The first cells of the table of reasons and of the table of errors, without backquotes."""
    reasons, errors = tables(prose(page))[-2:]
    first = [
        [name for row in table[1:] for name in SPAN.findall(row[0])] for table in (reasons, errors)
    ]
    return first[0], first[1]


def test_every_reason_that_drops_a_row_is_explained_and_exists() -> None:
    code = ast.parse((ROOT / "jium/data/filters.py").read_text("utf-8"))
    returned = {
        node.value
        for found in ast.walk(code)
        if isinstance(found, ast.Return)
        for node in ast.walk(found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
    }
    existing = {*strings_of(ROOT / "jium/data"), "in_test"}
    for page in ("docs/translation.md", "docs/translation.ko.md"):
        explained = set(last_tables(page)[0])
        assert returned <= explained
        assert explained <= existing


def test_every_error_that_the_guide_explains_is_one_that_jium_says() -> None:
    english = strings_of(ROOT / "jium")
    korean = tomllib.loads((ROOT / "jium/messages_ko/spine.toml").read_text("utf-8"))
    pairs = zip(
        last_tables("docs/translation.md")[1],
        last_tables("docs/translation.ko.md")[1],
        strict=True,
    )
    for ours, theirs in pairs:
        assert any(ours in text for text in english), ours
        assert any(ours in e and theirs in k for e, k in korean.items()), f"{ours}: {theirs}"
