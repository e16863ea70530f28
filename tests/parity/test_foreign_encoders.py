"""Folders of `transformers` against ours, both ways: the encoders, with every head that they have.

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
from jium.models.heads import Headed, MaskedHead
from jium.nn.layout import Layout

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

VOCAB = 20
SIZES: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2),
    **dict(num_attention_heads=4, max_position_embeddings=16, layer_norm_eps=1e-5),
)
DISTIL: dict[str, Any] = dict(
    **dict(vocab_size=VOCAB, dim=16, hidden_dim=24, n_layers=2, n_heads=4),
    max_position_embeddings=16,
)
FAMILIES: dict[str, dict[str, Any]] = {
    "Bert": SIZES,
    "Roberta": SIZES | dict(type_vocab_size=1),
    "XLMRoberta": SIZES | dict(type_vocab_size=1, pad_token_id=3),
    "Electra": SIZES | dict(embedding_size=8),
    "DistilBert": DISTIL,
}
HEADS: dict[str, dict[str, Any]] = {
    "Model": {},
    "ForMaskedLM": {},
    "ForSequenceClassification": dict(num_labels=3),
    "ForTokenClassification": dict(num_labels=5),
    "ForQuestionAnswering": {},
}
# Name of a class to that of its settings, and settings.
CASES = {
    f"{family}{head}": (f"{family}Config", values | more)
    for family, values in FAMILIES.items()
    for head, more in HEADS.items()
} | {
    "BertForPreTraining": ("BertConfig", SIZES),
    "BertForNextSentencePrediction": ("BertConfig", SIZES),
    "ElectraForPreTraining": ("ElectraConfig", FAMILIES["Electra"]),
}
OTHERS = {  # settings that change what a head does
    "BertForMaskedLM": dict(hidden_act="gelu_new"),
    "RobertaForMaskedLM": dict(hidden_act="relu"),
    "ElectraForMaskedLM": dict(hidden_act="relu", embedding_size=16),
    "ElectraForPreTraining": dict(hidden_act="relu"),
    "DistilBertForMaskedLM": dict(activation="relu", sinusoidal_pos_embds=True),
    "RobertaModel": dict(type_vocab_size=2),
}
every_case = pytest.mark.parametrize("name", CASES)


def made(name: str, **more: Any) -> Any:
    """A random model of theirs in which every weight counts."""
    settings, values = CASES[name]
    torch.manual_seed(0)
    config = getattr(transformers, settings)(**values | more)
    model = getattr(transformers, name)(config).eval()
    for name, parameter in model.named_parameters():
        norm = "norm" in name.lower() and name.endswith("weight")
        nn.init.normal_(parameter, mean=1.0 if norm else 0.0, std=0.4)
    return model


theirs = cache(made)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where a model of theirs is saved."""

    @cache
    def saved(name: str) -> Path:
        folder = tmp_path_factory.mktemp("theirs")
        theirs(name).save_pretrained(folder)
        return folder

    return saved


def inputs(model: Any) -> tuple[Tensor, Tensor | None]:
    """Ids, (3, 9), and segments where the model tells two apart."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(4, VOCAB, (3, 9), generator=generator)
    segments = (torch.arange(9) > 4).long().expand(3, 9)
    return tokens, segments if getattr(model.config, "type_vocab_size", 0) == 2 else None


@torch.no_grad()
def their_answers(model: Any) -> list[Tensor]:
    """What a model of theirs says, a row a token or a text."""
    tokens, segments = inputs(model)
    found = model(tokens, **({} if segments is None else {"token_type_ids": segments}))
    if "start_logits" in found:
        return [torch.stack((found.start_logits, found.end_logits), -1).flatten(0, 1)]
    if "prediction_logits" in found:
        return [found.prediction_logits.flatten(0, 1), found.seq_relationship_logits]
    if "logits" in found:
        by_token = found.logits.shape[:2] == tokens.shape
        return [found.logits.flatten(0, 1) if by_token else found.logits]
    pooled = found.get("pooler_output")
    return [found.last_hidden_state.flatten(0, 1), *([] if pooled is None else [pooled])]


@torch.no_grad()
def our_answers(model: Any, other: Any) -> list[Tensor]:
    """What ours says of the same texts."""
    tokens, segments = inputs(other)
    layout = Layout([9] * 3)
    given = (tokens.flatten(), layout, None if segments is None else segments.flatten())
    found = [model(*given)]
    if not isinstance(model, Headed):
        return found + ([] if model.pooler is None else [model.pool(found[0], layout)])
    if isinstance(model.head, MaskedHead) and model.head.pair is not None:
        found.append(model.head.pair_scores(model.encoder, model.encoder(*given), layout))
    return found


def assert_alike(ours: Any, other: Any) -> None:
    for a, b in zip(our_answers(ours, other), their_answers(other), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-4)
        assert b.std() > 0.1  # zeros would be alike, too


def written(folder: Path, out: Path) -> None:
    """Read a folder and write it again."""
    found = read_foreign(folder)
    write_foreign(out, found.model, model_type=found.document["model_type"])


# ---------------------------------------------------------------- there and back


@every_case
def test_what_they_save_gives_equal_answers_here(name: str, folders: Callable[[str], Path]) -> None:
    assert_alike(read_foreign(folders(name)).model, theirs(name))


@every_case
def test_what_is_written_gives_equal_answers_there(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    written(folders(name), tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == [name]
    again = getattr(transformers, name).from_pretrained(tmp_path).eval()
    assert_alike(read_foreign(folders(name)).model, again)


@every_case
def test_names_and_bytes_are_theirs(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    written(folders(name), tmp_path)
    ours, other = (load_file(f / "model.safetensors") for f in (tmp_path, folders(name)))
    assert ours.keys() == other.keys()
    assert all(ours[key].equal(other[key]) for key in ours)


@pytest.mark.parametrize("name", OTHERS)
def test_other_activations_and_tables_are_kept(name: str, tmp_path: Path) -> None:
    model = made(name, **OTHERS[name])
    model.save_pretrained(tmp_path / "theirs")
    found = read_foreign(tmp_path / "theirs")
    assert_alike(found.model, model)
    write_foreign(tmp_path / "ours", found.model, model_type=found.document["model_type"])
    assert_alike(found.model, getattr(transformers, name).from_pretrained(tmp_path / "ours").eval())
