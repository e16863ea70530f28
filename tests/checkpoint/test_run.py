"""The run folder: what was saved is what is loaded; what is damaged is said to be."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jium.checkpoint import run as checkpoint
from jium.checkpoint.run import load_model, load_weights, read_config, save_config, save_weights
from jium.checkpoint.state import load_state, save_state
from jium.contracts import tiny
from jium.errors import RunError
from jium.models.seq2seq import Seq2Seq
from jium.tasks import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run folder that holds a translator and nothing else."""
    task = tiny.translator()
    place = tmp_path / "run"
    save_config(place, "seq2seq", task.model.config, task.about())
    save_weights(place, task.model)
    task.tokenizer.save(place)
    return place


def same(one: Seq2Seq, other: torch.nn.Module) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[n], theirs[n]) for n in ours)


# ---------------------------------------------------------------- saved and loaded


def test_what_is_loaded_is_what_was_saved(folder):
    loaded = load_model(folder)
    assert same(tiny.translator().model, loaded) and not loaded.training
    assert loaded.config == tiny.translator().model.config


@pytest.mark.parametrize("positions", tiny.POSITIONS)
@pytest.mark.parametrize("tied", [True, False])
def test_every_kind_of_model_comes_back(tmp_path, positions: str, tied: bool):
    made = tiny.model(positions, tie_embeddings=tied, n_kv_heads=2, norm="rms", norm_first=True)
    save_config(tmp_path, "seq2seq", made.config, {"task": "translate"})
    save_weights(tmp_path, made)
    assert same(made, load_model(tmp_path))


def test_a_folder_that_was_moved_and_its_copy_work(folder, tmp_path):
    expected = load(folder).translate("나는 오늘 물을 산다.", max_tokens=8)
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "moved")
    for name in ("copy", "moved"):
        assert load(tmp_path / name).translate("나는 오늘 물을 산다.", max_tokens=8) == expected


def test_shared_weights_are_written_once_and_shared_again_when_loaded(folder):
    with safe_open(folder / "model.safetensors", "pt") as file:
        names = set(file.keys())
    model = load_model(folder)
    shared = {
        n for n, p in model.named_parameters(remove_duplicate=False) if p is model.output.weight
    }
    assert len(shared) == 3 and len(shared & names) == 1
    assert model.output.weight is model.source_embedding.weight


def test_config_speaks_the_words_of_hugging_face(folder):
    document = json.loads((folder / "config.json").read_text("utf-8"))
    assert document["d_model"] == 32 and document["encoder_layers"] == 2
    assert document["decoder_attention_heads"] == 4 and document["is_encoder_decoder"] is True
    assert document["jium"]["task"] == "translate"


def test_loading_needs_no_pickle(folder):
    kinds = {path.suffix for path in folder.iterdir()}
    assert kinds == {".json", ".safetensors"}


# ---------------------------------------------------------------- damaged


def test_an_unknown_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(RunError, match=r'no such run folder. Train one with "jium train RECIPE'):
        load(tmp_path / "nowhere")


def test_a_folder_that_is_no_run_says_what_is_in_it(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"")
    with pytest.raises(RunError, match=r"has no config.json, .* It has: photo.png"):
        load(tmp_path)
    with pytest.raises(RunError, match="no such run folder"):
        load(tmp_path / "photo.png")


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", "null", "3", '"jium"', '{"jium": 3}', '{"jium": {}}', "\x00\x01"]
)
def test_a_config_of_garbage_is_one_clear_error(folder, text: str):
    (folder / "config.json").write_text(text, "utf-8")
    with pytest.raises(RunError, match=r"config\.json: "):
        load(folder)


def test_a_config_that_is_not_utf8_is_one_clear_error(folder):
    (folder / "config.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RunError, match=r"config\.json: is damaged"):
        load(folder)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("d_model",), "wide"),
        (("d_model",), 33),  # which 4 heads do not divide
        (("jium", "kind"), "gpt9"),
        (("jium", "task"), "juggle"),
        (("jium", "model", "positions"), "compass"),
        (("vocab_size",), -1),
        (("vocab_size",), None),
    ],
)
def test_settings_that_cannot_be_are_one_clear_error(folder, path, value):
    document = json.loads((folder / "config.json").read_text("utf-8"))
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    (folder / "config.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(RunError, match=r"config\.json: is damaged"):
        load(folder)


@pytest.mark.parametrize("missing", ["bos_token_id", "eos_token_id"])
def test_a_config_without_its_special_tokens_is_one_clear_error(folder, missing: str):
    document = json.loads((folder / "config.json").read_text("utf-8"))
    del document[missing]
    (folder / "config.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(RunError, match=missing):
        load(folder)


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_model_is_one_clear_error(folder, kept: int):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:kept])
    with pytest.raises(RunError, match=r"model\.safetensors: is damaged or cut short"):
        load(folder)


def test_a_missing_model_is_one_clear_error(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(RunError, match="has no model.safetensors yet"):
        load(folder)


def test_tensors_that_do_not_fit_are_named(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("encoder.blocks.0.attn.q_proj.weight")
    save_file(tensors | {"surprise": torch.zeros(1)}, folder / "model.safetensors")
    with pytest.raises(RunError) as caught:
        load(folder)
    message = str(caught.value)
    assert "missing encoder.blocks.0.attn.q_proj.weight" in message
    assert "unexpected surprise" in message


def test_a_tensor_of_another_shape_is_one_clear_error(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.blocks.0.attn.q_proj.weight"] = torch.zeros(3, 3)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(
        RunError, match=r"does not fit config\.json: of another shape .*q_proj\.weight"
    ):
        load(folder)


def test_a_missing_or_damaged_tokenizer_is_one_clear_error(folder):
    from jium.errors import TokenizerError

    (folder / "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(TokenizerError, match=r"tokenizer\.json: is not a tokenizer"):
        load(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(TokenizerError, match=r"tokenizer\.json: no such tokenizer"):
        load(folder)


def test_damaged_generation_settings_are_one_clear_error(folder):
    (folder / "generation_config.json").write_text("{}", "utf-8")
    with pytest.raises(RunError, match=r"generation_config\.json: is damaged"):
        load(folder)


# ---------------------------------------------------------------- a full disk


def full(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half_then_full(tensors, path, metadata=None):
    Path(path).write_bytes(b"half of it")
    full()


@pytest.mark.parametrize("write", [full, half_then_full])
def test_a_full_disk_leaves_the_old_model_whole_and_no_rest(folder, monkeypatch, write):
    before = load_model(folder)
    monkeypatch.setattr(checkpoint, "save_file", write)
    with pytest.raises(RunError, match=r"model\.safetensors: the disk is full\. .*--resume"):
        save_weights(folder, tiny.model())
    assert same(before, load_model(folder))
    assert not list(folder.glob("*.part")) + list(folder.glob(".*"))


def test_a_full_disk_leaves_the_old_state_whole(tmp_path, monkeypatch):
    from jium.checkpoint import state

    save_state(tmp_path, {"a": torch.ones(2)}, {"step": 3})
    monkeypatch.setattr(state, "save_file", half_then_full)
    with pytest.raises(RunError, match="the disk is full"):
        save_state(tmp_path, {"a": torch.zeros(2)}, {"step": 4})
    tensors, facts = load_state(tmp_path)
    assert facts == {"step": 3} and tensors["a"].tolist() == [1, 1]
    assert [p.name for p in (tmp_path / "last").iterdir()] == ["state.safetensors"]


def test_a_disk_that_fills_while_syncing_leaves_the_old_model_whole(folder, monkeypatch):
    before = load_model(folder)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="the disk is full"):
        save_weights(folder, tiny.model(vocab_size=50))
    assert same(before, load_model(folder))


def test_a_place_under_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(RunError, match="cannot be written"):
        save_weights(tmp_path / "file" / "run", tiny.model())


# ---------------------------------------------------------------- the state of an interrupted run


def test_a_state_comes_back_with_its_tensors_and_facts(tmp_path):
    tensors = {
        "a": torch.randn(3, 2),
        "b": torch.tensor([1, 2], dtype=torch.uint8),
        "c": torch.tensor(1.5),
    }
    facts = {"step": 7, "position": [1, 2, 3], "best": {"score": float("nan")}, "name": "각"}
    save_state(tmp_path, tensors, facts)
    found, said = load_state(tmp_path)
    assert all(
        torch.equal(found[n], tensors[n]) and found[n].dtype == tensors[n].dtype for n in tensors
    )
    assert said["best"]["score"] != said["best"]["score"]
    assert said | {"best": 0} == facts | {"best": 0}


def test_tensors_that_share_memory_are_kept_apart(tmp_path):
    whole = torch.arange(4.0)
    save_state(tmp_path, {"a": whole, "b": whole, "c": whole[1:3]}, {})
    found, _ = load_state(tmp_path)
    assert [found[n].tolist() for n in "abc"] == [[0, 1, 2, 3], [0, 1, 2, 3], [1, 2]]


@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_a_damaged_or_missing_state_is_one_clear_error(tmp_path, content):
    (tmp_path / "last").mkdir()
    if content is not None:
        (tmp_path / "last" / "state.safetensors").write_bytes(content)
    with pytest.raises(RunError, match="this run cannot be resumed"):
        load_state(tmp_path)


def test_a_model_file_in_the_place_of_a_state_is_one_clear_error(tmp_path):
    (tmp_path / "last").mkdir()
    save_file({"a": torch.ones(1)}, tmp_path / "last" / "state.safetensors")
    with pytest.raises(RunError, match="is damaged"):
        load_state(tmp_path)


def test_loading_weights_changes_the_model_given(folder):
    other = tiny.model(vocab_size=tiny.translator().model.config.vocab_size)
    torch.nn.init.zeros_(other.output.weight)
    load_weights(folder, other)
    assert same(other, load_model(folder))


def test_a_config_of_another_program_is_not_loaded(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    with pytest.raises(RunError, match="was not written by jium"):
        read_config(tmp_path)
