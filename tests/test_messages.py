"""Every sentence that jium says exists in English, in the code, and in Korean, in the table."""

import ast
import os
import pickle
import re
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

import jium
from jium import errors, messages
from jium.messages import language, say, set_language

PACKAGE = Path(jium.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.JiumError)
}


# ---------------------------------------------------------------- the sentences in the code


@dataclass
class Said:
    """One call that says something: its possible templates, and the names of its values."""

    place: str
    templates: list[str]
    given: set[str] | None  # None where `**values` hides the names
    keyed: bool  # an error's `key=` is no slot


@dataclass
class Module:
    """A source file with what is needed to find out what a name in it stands for."""

    path: Path
    tree: ast.Module = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_text("utf-8"))
        nodes = ast.walk(self.tree)
        self.parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    def said(self) -> Iterator[Said]:
        for call in self.calls():
            name = _called(call)
            if (name == "say" and isinstance(call.func, ast.Name)) or name in ERRORS:
                if not call.args or ast.unparse(call.args[0]) == "self.template":
                    continue
                names = [keyword.arg for keyword in call.keywords]
                given = None if None in names else {n for n in names if n is not None}
                place = f"{self.path}:{call.lineno}"
                yield Said(place, list(self.texts(call.args[0])), given, name == "ConfigError")

    def texts(self, node: ast.AST) -> Iterator[str]:
        """The strings an expression may stand for; none where that cannot be told."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=body, orelse=orelse):
                yield from (*self.texts(body), *self.texts(orelse))
            case ast.BoolOp(values=values):
                yield from (text for value in values for text in self.texts(value))
            case ast.Subscript(value=table):
                for found in self.meanings(table):
                    if isinstance(found, ast.Dict):
                        yield from (text for value in found.values for text in self.texts(value))
            case ast.Name():
                for found in self.meanings(node):
                    if not isinstance(found, ast.Name):
                        yield from self.texts(found)

    def meanings(self, node: ast.AST) -> Iterator[ast.AST]:
        """The expressions that a name may stand for, from the nearest scope that binds it."""
        if not isinstance(node, ast.Name):
            yield node
            return
        for scope in self.above(node):
            found = list(self._bound(node.id, scope))
            if found:
                yield from (deeper for one in found for deeper in self.meanings(one))
                return

    def _bound(self, name: str, scope: ast.AST) -> Iterator[ast.AST]:
        match scope:
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                for loop in scope.generators:
                    yield from self._looped(name, loop.target, loop.iter)
            case ast.For():
                yield from self._looped(name, scope.target, scope.iter)
            case ast.FunctionDef() | ast.Module():
                for node in ast.walk(scope):
                    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                            yield node.value
                if isinstance(scope, ast.FunctionDef):
                    yield from self._passed(name, scope)

    def _looped(self, name: str, target: ast.AST, over: ast.AST) -> Iterator[ast.AST]:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        places = [n for n, one in enumerate(names) if isinstance(one, ast.Name) and one.id == name]
        for item in self._items(over) if places else ():
            if not isinstance(target, ast.Tuple):
                yield item
            elif isinstance(item, ast.Tuple):
                yield item.elts[places[0]]

    def _items(self, over: ast.AST) -> Iterator[ast.AST]:
        for found in self.meanings(over):
            match found:
                case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
                    for one in elts:
                        starred = isinstance(one, ast.Starred)
                        yield from self._items(one.value) if starred else [one]
                case ast.Dict(keys=keys):
                    yield from (key for key in keys if key is not None)
                case ast.Call(func=ast.Attribute(value=table, attr="items")):
                    for pairs in self.meanings(table):
                        if isinstance(pairs, ast.Dict):
                            for pair in zip(pairs.keys, pairs.values, strict=True):
                                yield ast.Tuple([one for one in pair if one is not None])
                case ast.Call(func=ast.Attribute(value=table, attr="values")):
                    for pairs in self.meanings(table):
                        yield from pairs.values if isinstance(pairs, ast.Dict) else ()

    def _passed(self, name: str, function: ast.FunctionDef) -> Iterator[ast.AST]:
        """What the module's own calls of a function give for one of its arguments."""
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        names = names[1:] if names[:1] in (["self"], ["cls"]) else names
        for call in self.calls():
            if _called(call) == function.name:
                if name in names[: len(call.args)]:
                    yield call.args[names.index(name)]
                yield from (keyword.value for keyword in call.keywords if keyword.arg == name)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


@cache
def everything_said() -> list[Said]:
    return [said for path in sorted(PACKAGE.rglob("*.py")) for said in Module(path).said()]


@cache
def english() -> dict[str, str]:
    """Every template of the code, and the first place where it stands."""
    found: dict[str, str] = {}
    for said in everything_said():
        for template in said.templates:
            found.setdefault(template, said.place)
    return found


@cache
def korean() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((PACKAGE / "messages_ko").iterdir()):
        said = tomllib.loads(path.read_text("utf-8"))
        assert not found.keys() & said.keys(), f"{path}: said in another file already"
        found |= said
    return found


def both() -> list[tuple[str, str]]:
    return [(template, korean()[template]) for template in english() if template in korean()]


def slots(template: str) -> set[tuple[str, str, str]]:
    """(name, format, conversion) of each slot."""
    parts = string.Formatter().parse(template)
    return {(name, spec or "", as_ or "") for _, name, spec, as_ in parts if name is not None}


SPELLINGS = """
TOO_MANY = "constant {n}"
TABLE = {1: "in a table", 2: "also in it"}
def check(right, template):
    raise ConfigError(template, key="x")
check(True, "passed " "on")
check(False, template=TOO_MANY)
say("one" if x else "two")
say(TABLE[x])
[say(name) for name in (*("first", "second"), "third")]
for word, text in TABLE.items():
    say(text)
log.say("not ours")
"""


def test_the_reader_finds_a_template_however_it_is_spelled(tmp_path: Path):
    (tmp_path / "module.py").write_text(SPELLINGS, "utf-8")
    found = [said.templates for said in Module(tmp_path / "module.py").said()]
    assert sorted(found) == [
        ["first", "second", "third"],
        ["in a table", "also in it"],
        ["in a table", "also in it"],
        ["one", "two"],
        ["passed on", "constant {n}"],
    ]


@pytest.mark.parametrize("code", ['say(f"{x} rows")', "say(unknown)", 'say("a".join(x))'])
def test_the_reader_says_where_it_cannot_tell(tmp_path: Path, code: str):
    (tmp_path / "module.py").write_text(code, "utf-8")
    (said,) = Module(tmp_path / "module.py").said()
    assert said.templates == []


# ---------------------------------------------------------------- the two languages agree


def test_every_template_in_the_code_can_be_read_from_it():
    unknown = [said.place for said in everything_said() if not said.templates]
    assert not unknown, "say() and errors take literal templates, or names of them"
    assert len(english()) > 150  # a search that finds nothing would pass everything else


def test_errors_are_defined_in_one_place():
    """Others would not be found by their names here."""
    classes = [
        f"{path}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and path.name != "errors.py"
        if {ast.unparse(base) for base in node.bases} & ERRORS
    ]
    assert not classes


def test_every_sentence_has_a_korean_twin():
    missing = {t: place for t, place in english().items() if t not in korean()}
    assert not missing, f"add them to a file of {PACKAGE / 'messages_ko'}"


def test_no_korean_sentence_has_lost_its_english():
    assert not [template for template in korean() if template not in english()]


def test_twins_have_the_same_slots():
    assert not [(en, ko) for en, ko in both() if slots(en) != slots(ko)]


def test_korean_sentences_are_korean():
    assert not [(en, ko) for en, ko in both() if not re.search("[가-힣]", ko)]


def test_what_is_typed_stays_as_it_is_typed():
    """Commands, options, settings and file names are the same in every language."""
    typed = re.compile(r"--[a-z][a-z-]*|jium [a-z]+|\b[a-z_]+\.[a-z_]+\b=?|\b[A-Z]{4,}\b")
    sentences = [(en, ko) for en, ko in both() if not en.isupper()]  # a cry is no command
    lost = [(en, word) for en, ko in sentences for word in typed.findall(en) if word not in ko]
    assert not lost


def test_no_particle_hangs_on_the_last_sound_of_a_slot():
    """`{path}을` is wrong for half of all paths; `{path}을(를)`, or other words, are not."""
    hanging = re.compile(r"\}[\"')]*(?:은|는|이|가|을|를|과|와|로|으로|라|이라)(?=[\s.,;:]|$)")
    assert not [ko for ko in korean().values() if hanging.search(ko)]


def test_korean_is_polite_where_english_is_a_sentence():
    """A sentence ends in -니다 or -세요; a noun phrase in a table or a help text need not."""
    rude = re.compile(r"(?<!니)(?:다|해|라|요)[.!?]?$")
    ends = [(ko, re.sub(r"[^가-힣.!?]+$", "", ko)) for ko in korean().values()]
    assert not [
        ko for ko, end in ends if rude.search(end) and not end.rstrip(".!?").endswith("세요")
    ]


def test_every_call_gives_the_values_that_its_template_names():
    wrong = []
    for said in everything_said():
        given = said.given
        for template in said.templates if given is not None else ():
            named = {name for name, _, _ in slots(template) if name}  # {}: typer fills it
            values = given - {"key"} if said.keyed else given
            if not named <= values or ("{{" in template and not values):
                wrong.append((said.place, template, named - values))
    assert not wrong


# ---------------------------------------------------------------- saying


def test_a_sentence_is_said_in_the_language_that_was_set():
    set_language("ko")
    assert (
        say("{path}: no such file.{near}", path="x.tsv", near="") == "x.tsv: 그런 파일이 없습니다."
    )
    set_language("en")
    assert say("{path}: no such file.{near}", path="x.tsv", near="") == "x.tsv: no such file."


def test_a_sentence_that_korean_lacks_is_said_in_english():
    set_language("ko")
    assert say("{n} xyzzy", n=3) == "3 xyzzy"


@pytest.mark.parametrize("value", ["{path}", "{", "}}", "{0}", "{n!x}"])
@pytest.mark.parametrize("spoken", ["en", "ko"])
def test_braces_in_values_stay_as_they_are(value: str, spoken: str):
    set_language(spoken)
    assert value in say("{path}: is empty.", path=value)
    assert value in str(errors.DataError("{path}: is empty.", path=value))


def test_a_template_without_values_is_not_a_format():
    assert say("100 % {braces}") == "100 % {braces}"


def test_a_value_may_have_any_name():
    assert say("{template}, {values}", template=1, values=2) == "1, 2"
    assert str(errors.DataError("{template}, {values}", template=1, values=2)) == "1, 2"


def test_an_error_comes_whole_from_another_process():
    error = errors.ConfigError("must be above 0; got {value}.", key="optim.lr", value=-1)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.ConfigError
    assert str(again) == str(error) == "optim.lr: must be above 0; got -1."


def test_an_unfilled_slot_is_an_error_in_tests_and_a_bare_template_elsewhere(monkeypatch):
    with pytest.raises(KeyError):
        say("{path}: {n} rows", path="x")
    monkeypatch.setattr(messages, "STRICT", False)
    assert say("{path}: {n} rows", path="x") == "{path}: {n} rows"
    assert say("{x:.1f}", x="text") == "{x:.1f}"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
    ],
)
def test_the_environment_decides_where_nothing_was_set(monkeypatch, environment, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    set_language(None)
    assert language() == expected


def test_errors_are_said_in_the_language_of_the_moment():
    error = errors.ConfigError("is missing; the recipe must give it.", key="optim.lr")
    assert str(error) == "optim.lr: is missing; the recipe must give it."
    set_language("ko")
    assert re.match("optim.lr: .*[가-힣]", str(error))


# ---------------------------------------------------------------- the command line


def command(*words: str, lang: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    run = [sys.executable, "-c", "from jium.cli import main; main()", *words]
    env = kept | {"LANG": lang, "PYTHONUTF8": "1"}
    return subprocess.run(run, capture_output=True, text=True, encoding="utf-8", env=env)


@pytest.mark.parametrize(
    ("words", "lang", "spoken"),
    [
        (["--help"], "ko_KR.UTF-8", "ko"),
        (["--help"], "en_US.UTF-8", "en"),
        (["--lang", "ko", "--help"], "C", "ko"),
        (["--lang=ko", "--help"], "C", "ko"),
        (["--lang", "en", "--help"], "ko_KR.UTF-8", "en"),
        (["--lang", "ko", "train", "--help"], "C", "ko"),
    ],
)
def test_help_is_in_the_language_of_the_person(words: list[str], lang: str, spoken: str):
    shown = command(*words, lang=lang)
    assert shown.returncode == 0, shown.stderr
    sentences = {"en": "Train what a recipe says", "ko": korean_start("Train what a recipe says")}
    assert sentences[spoken] in shown.stdout
    assert sentences["en" if spoken == "ko" else "ko"] not in shown.stdout


def korean_start(english_start: str) -> str:
    (found,) = (ko for en, ko in both() if en.startswith(english_start))
    return found[:12]


def test_lang_decides_what_an_error_says():
    shown = command("--lang", "ko", "tokenizer", "show", "nowhere", lang="C")
    assert shown.returncode == 1
    assert shown.stderr.startswith("jium: nowhere: ")
    assert re.search("[가-힣]", shown.stderr)


def test_an_unknown_language_is_wrong_usage():
    shown = command("--lang", "fr", "recipes", lang="C")
    assert shown.returncode == 2
    assert "'fr'" in shown.stderr
