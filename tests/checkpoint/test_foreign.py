"""Folders of Hugging Face: what is written is read again, and what cannot be read is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from jium.checkpoint.foreign import is_foreign, read_foreign, write_foreign
from jium.checkpoint.run import save_config
from jium.config import build
from jium.errors import RunError
from jium.models.bert import Bert, BertConfig
from jium.models.glove import Glove, GloveConfig
from jium.models.gpt import Gpt, GptConfig
from jium.models.heads import HeadConfig, Headed
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SIZES = dict(dim=16, n_heads=4, n_kv_heads=2, ffn_dim=24, n_layers=2, vocab_size=20, max_len=32)


def gpt(**more: Any) -> Gpt:
    torch.manual_seed(0)
    return Gpt(build(GptConfig, SIZES | more))


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    """A small Llama, as Hugging Face has it."""
    write_foreign(tmp_path, gpt())
    return tmp_path


def change(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def tensors(folder: Path, **changes: torch.Tensor | None) -> None:
    """Put tensors in the place of others, or take them out."""
    path = folder / "model.safetensors"
    found = load_file(path) | changes
    save_file({name: t for name, t in found.items() if t is not None}, path, {"format": "pt"})


def same(one: nn.Module, other: nn.Module) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(ours[key].equal(theirs[key]) for key in ours)


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize(
    ("more", "family"),
    [
        ({}, "llama"),
        (dict(tie_embeddings=False, bias=True, rope_theta=500.0), "llama"),
        (dict(qkv_bias=True), "qwen2"),
        (dict(qk_norm=True, head_dim=8), "qwen3"),
        (dict(size="gpt2", n_kv_heads=None), "gpt2"),
        (dict(rope_scaling=dict(kind="llama3", factor=4.0, original_len=16)), "llama"),
        (dict(rope_scaling=dict(kind="linear", factor=2.0)), "llama"),
    ],
)
def test_a_decoder_is_written_as_the_family_that_has_its_settings(
    more: dict[str, Any], family: str, tmp_path: Path
) -> None:
    model = gpt(**more)
    write_foreign(tmp_path, model)
    found = read_foreign(tmp_path)
    assert found.document["model_type"] == family
    assert same(found.model, model)
    assert found.model.output.weight.data_ptr() in {p.data_ptr() for p in found.model.parameters()}
    assert not found.model.training
    again = found.model.config
    kept = ("positions", "norm", "activation", "qk_norm", "bias", "rope_theta", "tie_embeddings")
    assert all(getattr(again, name) == getattr(model.config, name) for name in kept)
    scaling = model.config.rope_scaling
    assert (again.rope_scaling and again.rope_scaling.factor) == (scaling and scaling.factor)


def test_the_family_asked_for_is_written(tmp_path: Path) -> None:
    write_foreign(tmp_path, gpt(), model_type="mistral")
    assert read_foreign(tmp_path).document["architectures"] == ["MistralForCausalLM"]


def test_an_encoder_is_read_with_the_pooler_that_it_has(tmp_path: Path) -> None:
    for pooler in (True, False):
        values = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=1, vocab_size=20, max_len=8)
        model = Bert(BertConfig(**values, pooler=pooler))
        write_foreign(tmp_path / str(pooler), model)
        assert same(read_foreign(tmp_path / str(pooler)).model, model)


@pytest.mark.parametrize(
    ("kind", "architecture", "n"),
    [
        ("label", "BertForSequenceClassification", 3),
        ("tags", "BertForTokenClassification", 5),
        ("span", "BertForQuestionAnswering", 2),
    ],
)
def test_an_encoder_goes_with_its_head(
    kind: str, architecture: str, n: int, tmp_path: Path
) -> None:
    values = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=1, vocab_size=20, max_len=8)
    encoder = Bert(BertConfig(**values, pooler=kind == "label"))
    model = Headed(encoder, HeadConfig(kind=kind, n_outputs=n))
    write_foreign(tmp_path, model, about={"id2label": {str(i): f"L{i}" for i in range(n)}})
    found = read_foreign(tmp_path)
    assert found.document["architectures"] == [architecture]
    assert isinstance(found.model, Headed) and found.model.head_config.kind == kind
    assert same(found.model, model)


def test_of_another_architecture_the_encoder_alone_is_read(tmp_path: Path) -> None:
    """To start another task from, as from a BERT that guessed words."""
    values = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=1, vocab_size=20, max_len=8)
    encoder = Bert(BertConfig(**values))
    write_foreign(tmp_path, Headed(encoder, HeadConfig(n_outputs=3)))
    change(tmp_path, architectures=["BertForMultipleChoice"])
    assert same(read_foreign(tmp_path).model, encoder)


def test_a_head_that_others_do_not_know_is_refused(tmp_path: Path) -> None:
    encoder = Bert(BertConfig(dim=16, n_heads=2, ffn_dim=24, n_layers=1, vocab_size=20))
    head = HeadConfig(kind="characters", settings={"characters": "ab"})
    with pytest.raises(RunError, match="bert of Hugging Face has no head of the kind characters"):
        write_foreign(tmp_path, Headed(encoder, head))
    assert not any(tmp_path.iterdir())


def test_weights_are_written_in_the_type_asked_for(tmp_path: Path) -> None:
    model = gpt()
    write_foreign(tmp_path, model, dtype=torch.bfloat16)
    assert {t.dtype for t in load_file(tmp_path / "model.safetensors").values()} == {torch.bfloat16}
    found = read_foreign(tmp_path)
    assert found.document["dtype"] == "bfloat16"
    assert same(found.model, model.to(torch.bfloat16).float())


def test_a_tokenizer_goes_with_its_model(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=270), ["나는 학교에 간다."])
    write_foreign(tmp_path, gpt(vocab_size=tokenizer.vocab_size), tokenizer)
    found = read_foreign(tmp_path)
    assert found.tokenizer is not None
    assert found.tokenizer.encode("학교에") == tokenizer.encode("학교에")
    assert found.document["eos_token_id"] == tokenizer.eos_id


def test_shards_hold_every_tensor_once_and_an_index_says_where(tmp_path: Path) -> None:
    model = gpt()
    write_foreign(tmp_path / "whole", model)
    write_foreign(tmp_path / "shards", model, max_shard_size=3000)
    files = sorted((tmp_path / "shards").glob("model-*.safetensors"))
    index = json.loads((tmp_path / "shards/model.safetensors.index.json").read_text())
    assert [f.name for f in files] == sorted(set(index["weight_map"].values()))
    assert files[0].name == f"model-00001-of-{len(files):05d}.safetensors"
    whole = load_file(tmp_path / "whole/model.safetensors")
    assert index["metadata"]["total_size"] == sum(t.nbytes for t in whole.values())
    for name, file in index["weight_map"].items():
        part = load_file(tmp_path / "shards" / file)
        assert part[name].equal(whole[name])
        assert len(part) == 1 or sum(t.nbytes for t in part.values()) <= 3000
    assert same(read_foreign(tmp_path / "shards").model, model)


def test_reading_draws_no_random_number(llama: Path) -> None:
    torch.manual_seed(5)
    read_foreign(llama)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))


def test_a_run_of_jium_is_not_foreign(llama: Path, tmp_path: Path) -> None:
    assert is_foreign(llama)
    (tmp_path / "run").mkdir()
    save_config(tmp_path / "run", "gpt", gpt().config, {"task": "generate"})
    assert not is_foreign(tmp_path / "run")
    assert not is_foreign(tmp_path / "nowhere")


# ---------------------------------------------------------------- config.json says what is not here


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model_type": "lama"},
            'no family "lama"\\. Did you mean "llama"\\? Known of Hugging Face',
        ),
        ({"model_type": None}, 'no family "None"'),
        ({"auto_map": {"AutoModel": "own.Model"}}, r"code that the folder brings \(auto_map\)"),
        ({"quantization_config": {"quant_method": "gptq"}}, r"are quantised \(gptq\)"),
        (
            {"hidden_act": "gelu"},
            "hidden_act='gelu', which is not done here for llama. Done is: silu",
        ),
        ({"attention_bias": True, "mlp_bias": False}, "mlp_bias=False, which is not done here"),
        (
            {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}},
            "rope_type='yarn', which is not done here for llama. Done is: default, linear, llama3",
        ),
        (
            {"rope_parameters": None, "rope_scaling": {"type": "dynamic", "factor": 2.0}},
            "rope_type='dynamic'",
        ),
        (
            {"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}},
            "partial_rotary_factor=0.5",
        ),
        (
            {"model_type": "mistral", "sliding_window": 8, "attention_bias": False},
            "sliding_window=8, below its 32 positions.*write max_position_embeddings=8 there",
        ),
        (
            {"sliding_window": 8, "layer_types": ["full_attention", "sliding_attention"]},
            "sliding_window=8",
        ),
        (
            {"sliding_window": 8, "use_sliding_window": True, "max_window_layers": 1},
            "sliding_window=8",
        ),
        ({"hidden_size": None}, "config.json: is damaged"),
        ({"num_attention_heads": 5}, "config.json: is damaged .*must divide n_heads"),
    ],
)
def test_a_setting_that_has_no_twin_is_refused(
    llama: Path, values: dict[str, Any], message: str
) -> None:
    change(llama, **values)
    with pytest.raises(RunError, match=message):
        read_foreign(llama)


@pytest.mark.parametrize(
    "values",
    [
        {"model_type": "mistral", "sliding_window": 32},
        {"model_type": "mistral", "sliding_window": None},
        {"sliding_window": 8, "layer_types": ["full_attention"] * 2},
        {"sliding_window": 8, "use_sliding_window": True, "max_window_layers": 2},
    ],
)
def test_a_window_that_changes_nothing_is_no_reason_to_refuse(
    llama: Path, values: dict[str, Any]
) -> None:
    change(llama, **values)
    assert isinstance(read_foreign(llama).model, Gpt)


@pytest.mark.parametrize(
    "values",
    [
        {"activation_function": "tanh"},
        {"scale_attn_weights": False},
        {"scale_attn_by_inverse_layer_idx": True},
        {"add_cross_attention": True},
    ],
)
def test_a_gpt2_with_other_settings_is_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    write_foreign(tmp_path, gpt(size="gpt2", n_kv_heads=None))
    change(tmp_path, **values)
    (name,) = values
    with pytest.raises(RunError, match=f"{name}=.*not done here for gpt2"):
        read_foreign(tmp_path)


def test_no_config_json_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"config.json: is missing\."):
        read_foreign(tmp_path)


# ---------------------------------------------------------------- weights


def test_a_pickle_is_not_opened_and_it_is_said_how_to_convert_it(llama: Path) -> None:
    (llama / "model.safetensors").rename(llama / "pytorch_model.bin")
    with pytest.raises(RunError, match=r"in pytorch_model.bin only.*safe_serialization=True\)"):
        read_foreign(llama)


def test_no_weights_are_said(llama: Path) -> None:
    (llama / "model.safetensors").unlink()
    with pytest.raises(RunError, match=r"has no model.safetensors, nor model.safetensors.index"):
        read_foreign(llama)


def test_weights_cut_short_are_said(llama: Path) -> None:
    path = llama / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunError, match="model.safetensors: is damaged or cut short"):
        read_foreign(llama)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    write_foreign(tmp_path, gpt(), max_shard_size=3000)
    return tmp_path


def test_a_missing_shard_is_said(shards: Path) -> None:
    n = len(list(shards.glob("model-*.safetensors")))
    (shards / f"model-00002-of-{n:05d}.safetensors").unlink()
    with pytest.raises(
        RunError, match=f"model-00002-of-{n:05d}.safetensors is missing, one of {n}"
    ):
        read_foreign(shards)


def test_a_shard_cut_short_is_said(shards: Path) -> None:
    path = sorted(shards.glob("model-*.safetensors"))[1]
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(RunError, match="model-00002.*: is damaged or cut short"):
        read_foreign(shards)


def test_a_tensor_that_the_index_names_in_vain_is_said(shards: Path) -> None:
    path = shards / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"]["model.lost"] = next(iter(index["weight_map"].values()))
    path.write_text(json.dumps(index))
    with pytest.raises(RunError, match="1 tensors that .* in no file, such as model.lost"):
        read_foreign(shards)


def test_an_index_cannot_lead_out_of_its_folder(shards: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(next(shards.glob("model-*.safetensors")), outside / "x.safetensors")
    path = shards / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "outside/x.safetensors"}}))
    with pytest.raises(RunError, match="outside/x.safetensors is missing"):
        read_foreign(shards)


def test_a_missing_and_an_unknown_tensor_are_said(llama: Path) -> None:
    tensors(llama, **{"model.norm.weight": None, "model.extra.weight": torch.zeros(1)})
    with pytest.raises(RunError, match="missing decoder.norm.weight, unknown model.extra.weight"):
        read_foreign(llama)


def test_a_tensor_of_another_shape_is_said(llama: Path) -> None:
    tensors(llama, **{"model.norm.weight": torch.zeros(17)})
    with pytest.raises(RunError, match="decoder.norm.weight is 17, and not 16"):
        read_foreign(llama)


def test_a_table_of_another_size_than_config_json_says_is_said(llama: Path) -> None:
    change(llama, vocab_size=21)
    with pytest.raises(RunError, match="embedding.weight is 20x16, and not 21x16"):
        read_foreign(llama)


def test_embeddings_fewer_than_ids_are_said(llama: Path) -> None:
    Tokenizer.train(TokenizerConfig(vocab_size=270), ["나는 학교에 간다."]).save(llama)
    with pytest.raises(RunError, match="ids up to [0-9]+, and its model embeddings of 20 only"):
        read_foreign(llama)


# ---------------------------------------------------------------- what cannot be written


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (gpt(positions="alibi"), "a model with positions=alibi is no llama as others know it"),
        (gpt(norm_first=False), "a model with norm_first=false is no llama as others know it"),
        (gpt(size="gpt1", n_kv_heads=None), "a model with norm_first=false is no gpt2"),
        (gpt(qk_norm=True, qkv_bias=True), "a model with qk_norm=true is no qwen2"),
        (Glove(GloveConfig(vocab_size=3)), "a glove is no family of Hugging Face"),
        (
            Seq2Seq(build(Seq2SeqConfig, {"size": "tiny", "vocab_size": 20})),
            "a model with positions=sinusoidal is no marian",
        ),
    ],
)
def test_a_model_that_others_do_not_know_is_refused(
    model: nn.Module, message: str, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=message):
        write_foreign(tmp_path, model)
    assert not any(tmp_path.iterdir())


def test_a_family_that_has_no_word_for_a_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="a model with bias=true is no mistral as others know it"):
        write_foreign(tmp_path, gpt(bias=True), model_type="mistral")
    with pytest.raises(RunError, match=r"a gpt is no family of Hugging Face \(bert\)"):
        write_foreign(tmp_path, gpt(), model_type="bert")


def test_a_korean_tokenizer_that_prepares_text_is_not_written(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(TokenizerConfig(kind="jamo", vocab_size=270), ["나는 학교에 간다."])
    with pytest.raises(RunError, match="a jamo tokenizer prepares Korean"):
        write_foreign(tmp_path, gpt(vocab_size=tokenizer.vocab_size), tokenizer)


def test_weights_are_not_written_beside_others(llama: Path) -> None:
    """A reader takes the whole file, if there is one, and leaves shards alone."""
    with pytest.raises(RunError, match=r"other weights already \(model.safetensors\)"):
        write_foreign(llama, gpt(), max_shard_size=3000)
    (llama / "model.safetensors").rename(llama / "model-00001-of-00002.safetensors")
    with pytest.raises(RunError, match=r"other weights already \(model-00001-of-00002"):
        write_foreign(llama, gpt())


def test_a_folder_is_written_anew_in_the_same_form(llama: Path) -> None:
    other = gpt(rope_theta=7.0)
    nn.init.ones_(other.embedding.weight)
    write_foreign(llama, other)
    assert same(read_foreign(llama).model, other)
