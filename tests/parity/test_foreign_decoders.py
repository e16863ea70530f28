"""Folders of `transformers` against ours, both ways: decoders, encoder-decoders, CLIP's text tower.

Every model is tiny and random, biases and norms too.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from jium.checkpoint.foreign import read_foreign, write_foreign
from jium.generation.decoding import GptDecoder, Seq2SeqDecoder, greedy
from jium.models.gpt import Gpt
from jium.models.seq2seq import Seq2Seq
from jium.nn.layout import Layout

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

VOCAB, START, EOS, MAX_LEN = 20, 1, 2, 64
ENDS: dict[str, Any] = dict(bos_token_id=START, eos_token_id=EOS, pad_token_id=0)
SIZES: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2),
    **dict(num_attention_heads=4, max_position_embeddings=MAX_LEN),
    **ENDS,
)
GPT2: dict[str, Any] = dict(
    vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=4, n_positions=MAX_LEN, **ENDS
)
T5: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=4),
    **dict(relative_attention_num_buckets=8, relative_attention_max_distance=12),
    **dict(num_decoder_layers=1, decoder_start_token_id=0, eos_token_id=EOS, pad_token_id=0),
)
MARIAN: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, d_model=16, encoder_layers=2, decoder_layers=1),
    **dict(encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24),
    **dict(decoder_ffn_dim=24, max_position_embeddings=MAX_LEN, activation_function="swish"),
    **dict(scale_embedding=True, decoder_start_token_id=0, eos_token_id=EOS, pad_token_id=0),
    **dict(forced_eos_token_id=None),
)
CLIP = SIZES | dict(max_position_embeddings=12, projection_dim=8)
LLAMA3 = dict(
    **dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0),
    **dict(original_max_position_embeddings=16, rope_theta=100.0),
)

# Name of a case to class, class of the settings, and settings.
DECODERS = {
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", GPT2),
    "gpt2 of other width": ("GPT2LMHeadModel", "GPT2Config", GPT2 | dict(n_inner=20)),
    "llama": ("LlamaForCausalLM", "LlamaConfig", SIZES),
    "llama, grouped and tied": (
        "LlamaForCausalLM",
        "LlamaConfig",
        SIZES | dict(num_key_value_heads=2, tie_word_embeddings=True, head_dim=6),
    ),
    "llama, biases": (
        "LlamaForCausalLM",
        "LlamaConfig",
        SIZES | dict(attention_bias=True, mlp_bias=True),
    ),
    "llama 3": ("LlamaForCausalLM", "LlamaConfig", SIZES | dict(rope_parameters=LLAMA3)),
    "llama, linear": (
        "LlamaForCausalLM",
        "LlamaConfig",
        SIZES | dict(rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=100.0)),
    ),
    "mistral": ("MistralForCausalLM", "MistralConfig", SIZES | dict(num_key_value_heads=2)),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", SIZES | dict(num_key_value_heads=2)),
    "qwen3": (
        "Qwen3ForCausalLM",
        "Qwen3Config",
        SIZES | dict(num_key_value_heads=2, head_dim=8, tie_word_embeddings=True),
    ),
}
SEQ2SEQ = {
    "t5": ("T5ForConditionalGeneration", "T5Config", T5),
    "t5 1.1": (
        "T5ForConditionalGeneration",
        "T5Config",
        T5 | dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    ),
    "marian": ("MarianMTModel", "MarianConfig", MARIAN),
    "marian, two vocabularies": (
        "MarianMTModel",
        "MarianConfig",
        MARIAN | dict(share_encoder_decoder_embeddings=False),
    ),
}
TOWERS = {
    "clip": ("CLIPTextModel", "CLIPTextConfig", CLIP),
    "clip with projection": ("CLIPTextModelWithProjection", "CLIPTextConfig", CLIP),
    "clip of another end": (
        "CLIPTextModelWithProjection",
        "CLIPTextConfig",
        CLIP | dict(eos_token_id=7),
    ),
}
CASES = DECODERS | SEQ2SEQ | TOWERS
every_case = pytest.mark.parametrize("name", CASES)


@cache
def theirs(name: str) -> Any:
    """A random model of theirs in which every weight counts."""
    cls, settings, values = CASES[name]
    torch.manual_seed(0)
    model = getattr(transformers, cls)(getattr(transformers, settings)(**values)).eval()
    if name == "t5 1.1":
        model.lm_head.weight = nn.Parameter(torch.zeros(VOCAB, 16))
    for place, tensor in (*model.named_parameters(), *model.named_buffers()):
        if "embed_positions" not in place and "rotary" not in place and tensor.is_floating_point():
            nn.init.normal_(tensor, std=0.4)
    return model


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where a model of theirs is saved."""

    @cache
    def saved(name: str) -> Path:
        folder = tmp_path_factory.mktemp("theirs")
        theirs(name).save_pretrained(folder)
        return folder

    return saved


def ids(rows: int = 3, time: int = 9) -> Tensor:
    found = torch.randint(3, VOCAB, (rows, time), generator=torch.Generator().manual_seed(1))
    found[:, 5] = 7  # CLIP reads the text there where 7 ends it
    return found


@torch.no_grad()
def answers(model: Any, tokens: Tensor) -> list[Tensor]:
    """What a model of either side says: logits, or hidden states and the vector of a text."""
    layout = Layout([tokens.size(1)] * len(tokens))
    target, target_layout = tokens[:, 2:6], Layout([4] * len(tokens))
    if isinstance(model, Gpt):
        return [model.output(model(tokens.flatten(), layout))]
    if isinstance(model, Seq2Seq):
        hidden = model(tokens.flatten(), layout, target.flatten(), target_layout)
        return [model.output(hidden)]
    if not hasattr(model, "save_pretrained"):
        hidden = model(tokens.flatten(), layout)
        return [hidden, model.pool(hidden, tokens.flatten(), layout)]
    if model.config.is_encoder_decoder:
        return [model(input_ids=tokens, decoder_input_ids=target).logits.flatten(0, 1)]
    found = model(tokens)
    if "logits" in found:
        return [found.logits.flatten(0, 1)]
    return [
        found.last_hidden_state.flatten(0, 1),
        found.get("text_embeds", found.get("pooler_output")),
    ]


def assert_alike(ours: Any, other: Any) -> None:
    for a, b in zip(answers(ours, ids()), answers(other, ids()), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-4)
        assert b.std() > 0.1  # zeros would be alike, too


def written(folder: Path, out: Path, **options: Any) -> None:
    """Read a folder and write it again."""
    found = read_foreign(folder)
    special = {k: v for k, v in found.document.items() if k.endswith("token_id")}
    write_foreign(
        out, found.model, model_type=found.document["model_type"], about=special, **options
    )


@every_case
def test_what_they_save_gives_equal_answers_here(name: str, folders: Callable[[str], Path]) -> None:
    assert_alike(read_foreign(folders(name)).model, theirs(name))


@every_case
def test_what_is_written_gives_equal_answers_there(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    written(folders(name), tmp_path)
    again = type(theirs(name)).from_pretrained(tmp_path).eval()
    assert_alike(read_foreign(folders(name)).model, again)


@every_case
def test_names_and_bytes_are_theirs(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    written(folders(name), tmp_path)
    ours, other = (load_file(f / "model.safetensors") for f in (tmp_path, folders(name)))
    assert ours.keys() == other.keys()
    assert all(ours[key].equal(other[key]) for key in ours)


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_writes_what_generate_writes(name: str, folders: Callable[[str], Path]) -> None:
    model, prompts = read_foreign(folders(name)).model, ids(4, 6)
    assert isinstance(model, Gpt)
    texts = greedy(GptDecoder(model, prompts, 18), 4, START, EOS, 12)
    found = theirs(name).generate(prompts, max_new_tokens=12, do_sample=False)[:, 6:].tolist()
    assert texts == [row[: row.index(EOS)] if EOS in row else row for row in found]
    assert len(set(map(tuple, texts))) > 1


@pytest.mark.parametrize("name", SEQ2SEQ)
def test_an_encoder_decoder_writes_what_generate_writes(
    name: str, folders: Callable[[str], Path]
) -> None:
    model, source = read_foreign(folders(name)).model, ids(4, 6)
    assert isinstance(model, Seq2Seq)
    decoder = Seq2SeqDecoder(model, source.flatten(), Layout([6] * 4), 12)
    texts = greedy(decoder, 4, 0, EOS, 12)
    found = theirs(name).generate(source, max_new_tokens=12, do_sample=False, num_beams=1)
    rows = found[:, 1:].tolist()
    assert texts == [row[: row.index(EOS)] if EOS in row else row for row in rows]


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5"])
def test_shards_of_theirs_are_read_and_ours_by_them(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    theirs(name).save_pretrained(tmp_path / "theirs", max_shard_size="4KB")
    assert len(list((tmp_path / "theirs").glob("model-*.safetensors"))) > 1
    assert_alike(read_foreign(tmp_path / "theirs").model, theirs(name))
    written(folders(name), tmp_path / "ours", max_shard_size=4000)
    assert len(list((tmp_path / "ours").glob("model-*.safetensors"))) > 1
    assert_alike(read_foreign(tmp_path / "ours").model, theirs(name))
    again = type(theirs(name)).from_pretrained(tmp_path / "ours").eval()
    assert_alike(read_foreign(folders(name)).model, again)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_numbers_are_read_as_the_long_ones_that_they_stand_for(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    cls, settings, values = CASES["llama"]
    model = getattr(transformers, cls)(getattr(transformers, settings)(**values)).to(dtype).eval()
    model.save_pretrained(tmp_path)
    found = read_foreign(tmp_path).model
    assert {p.dtype for p in found.parameters()} == {torch.float32}
    wanted = answers(model.float(), ids())
    torch.testing.assert_close(answers(found, ids()), wanted, rtol=0, atol=1e-4)


def test_a_base_model_is_read_where_its_output_is_tied(tmp_path: Path) -> None:
    """As the first GPT-2 of all is named: without the prefix, and with causal masks."""
    theirs("gpt2").transformer.save_pretrained(tmp_path)
    assert_alike(read_foreign(tmp_path).model, theirs("gpt2"))


def test_an_output_of_its_own_is_kept_whatever_config_json_says(tmp_path: Path) -> None:
    theirs("llama").save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tie_word_embeddings": True}))
    assert_alike(read_foreign(tmp_path).model, theirs("llama"))


def test_settings_of_older_files_are_understood(tmp_path: Path) -> None:
    theirs("llama 3").save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    document = json.loads(path.read_text())
    rope = document.pop("rope_parameters")
    theta = rope.pop("rope_theta")
    for name in ("head_dim", "attention_bias", "mlp_bias", "attention_dropout"):
        document.pop(name)
    path.write_text(json.dumps(document | {"rope_theta": theta, "rope_scaling": rope}))
    assert_alike(read_foreign(tmp_path).model, theirs("llama 3"))
