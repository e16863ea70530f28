"""Recipes: what is checked before any work, and what may change when a run goes on."""

from pathlib import Path

import pytest

from jium.config import write_toml
from jium.errors import ConfigError, RunError
from jium.training.devices import choose_device, choose_precision
from jium.training.recipe import Recipe, about_table, check_unchanged, find, recipe, shipped


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_sound_and_says_what_it_makes(path: Path):
    found = recipe(path.stem)
    assert found.name == path.stem
    assert found.values["about"].get("makes")


def test_a_resolved_recipe_is_read_back_as_it_was(tmp_path):
    first = recipe("quickstart", "optim.lr=1e-4", "model.dim=64")
    file = tmp_path / "again.toml"
    file.write_text(write_toml(first.values), "utf-8")
    again = recipe(file)
    check_unchanged(first.values, again.values)
    assert (again.model, again.optim, again.train) == (first.model, first.optim, first.train)
    assert again.optim.lr == 1e-4 and again.model.dim == 64


def test_all_shipped_recipes_are_in_the_table():
    assert about_table().row_count == len(shipped()) > 0


def test_an_unknown_recipe_has_its_nearest_named():
    with pytest.raises(ConfigError, match='no recipe "quickstat".* Did you mean "quickstart"'):
        recipe("quickstat")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trian.steps=3", r"trian: unknown section. Did you mean \"train\"\?"),
        ("train.step=3", r"train\.step: unknown key. Did you mean \"steps\"\?"),
        ("train.steps=many", r"train\.steps: .* got 'many'"),
        ("train.steps=1.5", r"train\.steps: .* got 1\.5"),
        ("train.steps=0", r"train\.steps: must be at least 1; got 0"),
        ("train.precision=half", r"train\.precision: .* got 'half'"),
        ("train.ema=1.0", r"train\.ema: must be in \(0, 1\); got 1\.0"),
        ("model.n_heads=7", r"model\.n_heads: must divide dim; got n_heads=7 with dim=128"),
        ("model.size=huge", r"model\.size: no size 'huge'"),
        ("optim.kind=sgd", r"optim\.kind: no optim \"sgd\".* Known: adagrad, adam, adamw"),
        ("objective.kind=translate", r"objective\.kind: .* Did you mean \"translation\"\?"),
        ("schedule.warmup=0", r"schedule\.warmup: must be at least 1 step; got 0"),
        ("generation.beam=0", r"generation\.beam: must be at least 1; got 0"),
        ("tokenizer.vocab_size=100", r"tokenizer\.vocab_size: bpe needs 260 or more"),
        ("task=sculpt", r"task.*: no task \"sculpt\""),
        ("train=5", r"train: must be a section, not 5"),
        ("train", r"\"train\" is not key=value"),
    ],
)
def test_what_is_wrong_is_named_before_any_work(override: str, message: str):
    with pytest.raises(ConfigError, match=message):
        recipe("quickstart", override)


def test_steps_minutes_patience_and_threads_may_change_and_nothing_else():
    before = recipe("quickstart").values
    free = ("train.steps=9", "train.minutes=2.0", "train.patience=3", "train.threads=1")
    check_unchanged(before, recipe("quickstart", *free, "about.data=mine").values)
    for override in ("train.seed=1", "optim.lr=1.0", "data.limit=10", "model.dropout=0.2"):
        key = override.partition("=")[0]
        with pytest.raises(RunError, match=rf"begun with {key}=.* \(1 changed in all\)"):
            check_unchanged(before, recipe("quickstart", override).values)


def test_a_recipe_of_nothing_is_all_defaults():
    found = Recipe.of({}, "empty")
    assert found.task == "translate" and found.schedule.warmup == 4000


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ConfigError, match="train.device: is cuda:1, but this machine has no GPU"):
        choose_device("cuda:1")


def test_float16_is_for_a_gpu():
    with pytest.raises(ConfigError, match="train.precision: float16 needs a GPU"):
        choose_precision("float16", choose_device("cpu"))
    assert choose_precision("bfloat16", choose_device("cpu")) == "bfloat16"
    assert choose_precision("auto", choose_device("cpu")) in ("bfloat16", "float32")


def test_a_run_folder_does_not_hide_the_recipe_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "quickstart").mkdir()
    (tmp_path / "quickstart" / "recipe.toml").write_text('task = "translate"\n')
    monkeypatch.chdir(tmp_path)
    assert recipe("quickstart").values["about"]["makes"]
    assert find("./quickstart/") == Path("./quickstart/recipe.toml")
    assert find(tmp_path / "quickstart") == tmp_path / "quickstart" / "recipe.toml"


def test_an_override_of_size_or_kind_replaces_what_it_stood_for():
    small = recipe("translate", "model.size=tiny", "model.n_heads=2").model
    assert (small.dim, small.ffn_dim, small.n_heads, small.dropout) == (64, 128, 2, 0.2)
    other = recipe("translate", "schedule.kind=constant").schedule
    assert other.warmup == 1  # its own default, not the cosine's
    assert recipe("translate", "tokenizer.kind=unigram").tokenizer.vocab_size == 4000
