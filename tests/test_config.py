from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from jium.config import (
    build,
    build_kind,
    config,
    find_kind,
    nearest,
    override,
    read_toml,
    to_values,
    write_toml,
)
from jium.errors import ConfigError


@config
class Bridge:
    """Something to configure, with a field of every type that recipes use."""

    length: int = 10
    lanes: int | None = None
    weight: float = 1.5
    toll: bool = False
    kind_of_stone: Literal["granite", "marble"] = "granite"
    names: list[str] | None = None

    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "short": dict(length=2, weight=0.5),
        "long": dict(length=100, weight=9.0),
    }

    def __post_init__(self) -> None:
        if self.lanes is not None and self.lanes > self.length:
            raise ConfigError("more than length; got {value}.", key="lanes", value=self.lanes)


@config
class Ferry:
    boats: int


KINDS = {"bridge": f"{__name__}:Bridge", "ferry": f"{__name__}:Ferry"}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """This file by its name, so that a table of kinds can point into it."""
    import sys
    from types import ModuleType

    module = ModuleType(__name__)
    module.__dict__.update(Bridge=Bridge, Ferry=Ferry)
    monkeypatch.setitem(sys.modules, __name__, module)


# ------------------------------------------------------------ building


def test_nothing_given_is_all_defaults() -> None:
    assert build(Bridge, {}) == Bridge()


def test_what_is_given_is_taken() -> None:
    values = {"length": 7, "lanes": 2, "weight": 2, "toll": True, "names": ["한강", "b"]}
    built = build(Bridge, values)
    assert {name: getattr(built, name) for name in values} == values
    assert isinstance(built.weight, float)


def test_settings_cannot_be_changed_or_given_by_place() -> None:
    with pytest.raises(AttributeError):
        Bridge().length = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        Bridge(3)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"lenght": 3},
            'crossing.lenght: unknown key. Did you mean "length"? Known: length, lanes',
        ),
        ({"zzz": 3}, "crossing.zzz: unknown key. Known: length, lanes, weight, toll"),
        ({"siez": "short"}, 'crossing.siez: unknown key. Did you mean "size"?'),
        ({"length": "ten"}, "crossing.length: must be a whole number; got 'ten'."),
        ({"length": 1.5}, "crossing.length: "),
        ({"length": True}, "crossing.length: must be a whole number; got True."),
        ({"lanes": "2"}, "crossing.lanes: must be a whole number; got '2'."),
        ({"weight": "heavy"}, "crossing.weight: must be a number; got 'heavy'."),
        ({"weight": [1.0]}, "crossing.weight: must be a number; got [1.0]."),
        ({"toll": 1}, "crossing.toll: must be true or false; got 1."),
        ({"toll": "yes"}, "crossing.toll: must be true or false; got 'yes'."),
        ({"names": "a"}, "crossing.names: must be a list; got 'a'."),
        ({"names": ["a", 2]}, "crossing.names.1: must be text; got 2."),
        (
            {"kind_of_stone": "sand"},
            "crossing.kind_of_stone: must be one of 'granite', 'marble'; got 'sand'.",
        ),
        ({"length": 1, "lanes": 5}, "crossing.lanes: more than length; got 5."),
        ({"size": "shrot"}, "crossing.size: no size 'shrot'. Did you mean \"short\"?"),
        ({"size": 3}, "crossing.size: no size 3. Known: short, long."),
        ({"size": ["short"]}, "crossing.size: no size ['short']."),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_with_key_and_value(values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(Bridge, values, "crossing")
    assert str(caught.value).startswith(message)


def test_a_relation_names_its_key_at_any_depth() -> None:
    for path, key in (("", "lanes"), ("a", "a.lanes"), ("a.b", "a.b.lanes")):
        with pytest.raises(ConfigError) as caught:
            build(Bridge, {"lanes": 50}, path)
        assert caught.value.key == key and str(caught.value).startswith(f"{key}: ")


def test_what_has_no_default_must_be_given() -> None:
    with pytest.raises(ConfigError, match=r"^crossing\.boats: is missing; the recipe must give it"):
        build(Ferry, {}, "crossing")


@pytest.mark.parametrize("values", [3, "long", [1], None])
def test_a_section_must_be_a_section(values: Any) -> None:
    with pytest.raises(ConfigError, match=r"^crossing: must be a section, not "):
        build(Bridge, values, "crossing")


def test_a_size_stands_for_its_values_and_gives_way_to_what_is_beside_it() -> None:
    assert build(Bridge, {"size": "long"}) == Bridge(length=100, weight=9.0)
    assert build(Bridge, {"size": "long", "weight": 1.0}) == Bridge(length=100, weight=1.0)
    assert Bridge.sizes["long"] == dict(length=100, weight=9.0)  # the table stays as it was


# ------------------------------------------------------------ kinds


def test_a_kind_is_looked_up_in_its_table() -> None:
    assert build_kind(KINDS, {"kind": "ferry", "boats": 2}, "crossing") == Ferry(boats=2)
    assert build_kind(KINDS, {"length": 4}, "crossing", "bridge") == Bridge(length=4)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("brigde", 'crossing.kind: no crossing "brigde". Did you mean "bridge"? Known: bridge, '),
        ("tunnel", 'crossing.kind: no crossing "tunnel". Known: bridge, ferry.'),
        (None, 'crossing.kind: no crossing "None".'),
        (["bridge"], "crossing.kind: no crossing "),
    ],
)
def test_an_unknown_kind_has_its_nearest_named(kind: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_kind(KINDS, kind, "crossing")
    assert str(caught.value).startswith(message)


def test_nearest_says_nothing_where_nothing_is_near() -> None:
    assert nearest("dropuot", ["dropout", "dim"]) == ' Did you mean "dropout"?'
    assert nearest("xyz", ["dropout", "dim"]) == ""


# ------------------------------------------------------------ overrides


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lr=1e-4", 1e-4),
        ("lr=3", 3),
        ("lr=true", True),
        ("lr=adamw", "adamw"),
        ("lr = 'a b' ", "a b"),
        ('lr="3"', "3"),
        ("lr=[0.9, 0.98]", [0.9, 0.98]),
        ('lr=["a", "b"]', ["a", "b"]),
        ("lr={a = 1}", {"a": 1}),
        ("lr=한국어", "한국어"),
        ("lr=a=b", "a=b"),
        ("lr=../data/x.tsv", "../data/x.tsv"),
        ("lr=", ""),
    ],
)
def test_an_override_is_toml_and_a_bare_word_is_a_string(text: str, value: Any) -> None:
    assert override({}, [f"optim.{text}"]) == {"optim": {"lr": value}}


def test_overrides_reach_any_depth_and_the_last_one_counts() -> None:
    before = {"a": {"b": {"c": 1, "d": 2}}, "e": 3}
    after = override(before, ["a.b.c=4", "f.g=5", "e=6", "e=7"])
    assert after == {"a": {"b": {"c": 4, "d": 2}}, "e": 7, "f": {"g": 5}}
    assert before == {"a": {"b": {"c": 1, "d": 2}}, "e": 3}


@pytest.mark.parametrize("text", ["", "lr", "=3", "a..b=3", ".a=3", "a.=3"])
def test_an_override_that_is_none_is_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        override({}, [text])
    assert str(caught.value).startswith(f'"{text}" is not key=value')


def test_a_value_cannot_be_entered_like_a_section() -> None:
    with pytest.raises(ConfigError, match=r"^a\.b: is a value, not a section"):
        override({"a": {"b": 3}}, ["a.b.c=4"])


# ------------------------------------------------------------ TOML


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    values = {
        "task": "translate",
        "about": {"말": '따옴표 " 와 \\ 와\n줄', "empty": "", "emoji": "🦊"},
        "optim": {"lr": 1e-9, "betas": [0.9, 0.98], "steps": 0, "fused": False, "big": 2**40},
        "data": {"stop": [], "nested": {"deeper": {"x": -1.5}}},
    }
    (tmp_path / "r.toml").write_text(write_toml(values), "utf-8")
    assert read_toml(tmp_path / "r.toml") == values


def test_none_has_no_spelling_and_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(write_toml({"a": None, "b": {"c": None, "d": 1}}), "utf-8")
    assert read_toml(tmp_path / "r.toml") == {"b": {"d": 1}}


def test_settings_survive_the_way_through_a_file(tmp_path: Path) -> None:
    given = Bridge(length=3, lanes=2, weight=1e-9, toll=True, names=["가", "b"])
    (tmp_path / "r.toml").write_text(write_toml(to_values(given)), "utf-8")
    assert build(Bridge, read_toml(tmp_path / "r.toml")) == given


def test_a_date_in_a_recipe_is_text(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("[about]\nwhen = 2026-01-31\n", "utf-8")
    values = override(read_toml(tmp_path / "r.toml"), ["crossing.names=[2026-02-01]"])
    assert str(values["about"]["when"]) == "2026-01-31"
    assert build(Bridge, values["crossing"]).names == ["2026-02-01"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[model]\ndim = = 3\n", r"r\.toml: is not TOML: .*line 2, column 7"),
        (b"a = 1\na = 2\n", r"r\.toml: is not TOML: .*line 2"),
        (b"name = \xff\n", r"r\.toml: cannot be read: .*0xff"),
    ],
)
def test_what_is_not_toml_is_said_with_its_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_toml(tmp_path / "r.toml")


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: no such recipe"):
        read_toml(tmp_path / "no.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_toml(tmp_path)
