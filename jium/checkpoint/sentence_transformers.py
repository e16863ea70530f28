"""Folders of sentence-transformers: a BERT, its tokenizer and its pooling, read and written.

modules.json names the parts: the Transformer, perhaps WordWeights (a weight for each entry of the
vocabulary), Pooling, perhaps Normalize. Weights are read from safetensors only, never a pickle.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer as Backend
from tokenizers.processors import TemplateProcessing
from torch import Tensor

from jium.checkpoint.names import bert as bert_names
from jium.checkpoint.run import WEIGHTS, understood
from jium.config import build
from jium.data.frames import Frame
from jium.errors import RunError
from jium.files import make_folder, write_text, write_whole
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.text.korean import SURFACES
from jium.text.tokenizer import Tokenizer

POOLINGS = {  # ours to theirs, of all versions before the sixth
    "mean": "pooling_mode_mean_tokens",
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
}
PARTS = ("Transformer", "WordWeights", "Pooling", "Normalize")  # in this order
LOCAL = "emb_layer.weight"  # of WordWeights


def write_folder(out: Path, model: SentenceEncoder, tokenizer: Tokenizer, frame: Frame) -> None:
    """Write what `SentenceTransformer(out)` loads.

    Raises RunError for a model that is no BERT, and a tokenizer that needs more than `tokenizers`.
    """
    config = model.config
    settings = bert_names.to_settings(config)
    if tokenizer.kind in SURFACES:
        raise RunError(
            "a {kind} tokenizer prepares Korean in a way that other programs do not. Train with "
            "tokenizer.kind=unigram, bpe, wordpiece, char or word to export.",
            kind=tokenizer.kind,
        )
    make_folder(out)
    settings["pad_token_id"] = tokenizer.pad_id
    _write_json(out / "config.json", settings)
    tensors = bert_names.to_tensors(model.bert.state_dict())
    _write_tensors(out / WEIGHTS, tensors)
    _write_tokenizer(out, tokenizer, frame, config.max_len)
    parts = ["Transformer", "Pooling"]
    if model.weights is not None:
        parts.insert(1, "WordWeights")
        _write_weights(out / "1_WordWeights", model, tokenizer)
    if config.normalise:
        parts.append("Normalize")
    pooling = {name: ours == config.pooling for ours, name in POOLINGS.items()}
    folder = f"{parts.index('Pooling')}_Pooling"
    _write_json(out / folder / "config.json", {"word_embedding_dimension": config.dim, **pooling})
    for number, part in enumerate(parts):
        make_folder(out / (f"{number}_{part}" if number else "."))
    _write_json(out / "modules.json", [_module(n, part) for n, part in enumerate(parts)])
    _write_json(out / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
    _write_json(
        out / "sentence_bert_config.json",
        {"max_seq_length": config.max_len, "do_lower_case": False},
    )


def read_folder(folder: Path) -> tuple[SentenceEncoder, Tokenizer, Frame]:
    """The model, its tokenizer and the special tokens around a text.

    Raises RunError where something is missing, damaged, or has no twin here.
    """
    places = _parts(folder)
    config_path = places["Transformer"] / "config.json"
    tensors = bert_names.from_tensors(_read_tensors(places["Transformer"] / WEIGHTS))
    weights = _read_weights(places["WordWeights"]) if "WordWeights" in places else None
    with understood(config_path):
        values = bert_names.from_settings(_read_json(config_path))
        values["pooler"] = "pooler.weight" in tensors
        values["pooling"] = _pooling(places["Pooling"] / "config.json")
        values["token_weights"] = weights is not None
        values["normalise"] = "Normalize" in places
        values["max_len"] = _max_len(folder, places["Transformer"], values["max_len"])
        model = SentenceEncoder(build(SentenceConfig, values))
        place = "embeddings.positions.table.weight"
        tensors[place] = tensors[place][: values["max_len"]]
        _fill(model, tensors, weights, places["Transformer"] / WEIGHTS)
    tokenizer = Tokenizer.load(places["Transformer"])
    return model.eval(), tokenizer, _frame(tokenizer.backend)


# ---------------------------------------------------------------- parts


def _module(number: int, part: str) -> dict[str, Any]:
    return {
        "idx": number,
        "name": str(number),
        "path": f"{number}_{part}" if number else "",
        "type": f"sentence_transformers.models.{part}",
    }


def _parts(folder: Path) -> dict[str, Path]:
    """Where each part stands. Raises RunError for a part that is not known, or out of order."""
    path = folder / "modules.json"
    if not path.is_file():
        raise RunError(
            "{folder}: has no modules.json, so sentence-transformers did not save it.",
            folder=folder,
        )
    with understood(path):
        modules = sorted(_read_json(path), key=lambda module: module["idx"])
        names = [module["type"].rsplit(".", 1)[-1] for module in modules]
        places = [folder / module["path"] for module in modules]
    known = [part for part in PARTS if part in names]
    if names != known or not {"Transformer", "Pooling"} <= set(names):
        raise RunError(
            "{path}: is made of {parts}. Known are, in this order: Transformer, WordWeights (may "
            "be left out), Pooling, Normalize (may be left out).",
            path=path,
            parts=", ".join(names),
        )
    return dict(zip(names, places, strict=True))


def _pooling(path: Path) -> str:
    """Which of our poolings it is, in the words of old or new versions."""
    document = _read_json(path)
    given = document.get("pooling_mode")
    modes = [given] if isinstance(given, str) else list(given or ())
    old = {name: ours for ours, name in POOLINGS.items()}
    if given is None:
        on = [k for k, v in document.items() if k.startswith("pooling_mode_") and v]
        modes = [old.get(name, name) for name in on]
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise RunError(
            "{path}: pools by {modes}. Known is one of mean, cls, max.",
            path=path,
            modes=", ".join(modes) or "-",
        )
    return modes[0]


def _max_len(folder: Path, transformer: Path, table: int) -> int:
    """Tokens of a text: what the tables hold, or less where the folder says so."""
    found = [table]
    for path, key in (
        (folder / "sentence_bert_config.json", "max_seq_length"),
        (transformer / "tokenizer_config.json", "model_max_length"),
    ):
        if path.is_file() and (value := _read_json(path).get(key)):
            found.append(int(value))
    return min(found)


def _fill(
    model: SentenceEncoder, tensors: dict[str, Tensor], weights: Tensor | None, path: Path
) -> None:
    own = model.bert.state_dict()
    wrong = [name for name in own if name not in tensors or tensors[name].shape != own[name].shape]
    if wrong or tensors.keys() - own.keys():
        raise RunError(
            "{path}: does not fit config.json: {names}.",
            path=path,
            names=", ".join(wrong or sorted(tensors.keys() - own.keys())),
        )
    model.bert.load_state_dict(tensors)
    if model.weights is not None and weights is not None:
        model.weights.weight.data.copy_(weights.log())


# ---------------------------------------------------------------- weights of the vocabulary


def _write_weights(folder: Path, model: SentenceEncoder, tokenizer: Tokenizer) -> None:
    assert model.weights is not None
    shares = model.weights.weight.detach().exp()  # (vocab, 1)
    by_id = {number: token for token, number in tokenizer.backend.get_vocab().items()}
    names = [by_id.get(number, f"<unused {number}>") for number in range(len(shares))]
    document = {
        "vocab": names,
        "word_weights": dict(zip(names, shares.flatten().tolist(), strict=True)),
        "unknown_word_weight": 1.0,
    }
    _write_json(folder / "config.json", document)
    _write_tensors(folder / WEIGHTS, {LOCAL: shares})


def _read_weights(folder: Path) -> Tensor:
    """(vocab, 1), above 0."""
    if (folder / WEIGHTS).is_file():
        found = _read_tensors(folder / WEIGHTS)[LOCAL].float()
    else:
        with understood(folder / "config.json"):
            document = _read_json(folder / "config.json")
            given, other = document["word_weights"], document["unknown_word_weight"]
            rows = [given.get(w, given.get(w.lower(), other)) for w in document["vocab"]]
            found = torch.tensor(rows, dtype=torch.float32)[:, None]
    if not (found >= 0).all():
        raise RunError("{folder}: has weights below 0, which are not known here.", folder=folder)
    return found


# ---------------------------------------------------------------- tokenizer


def _write_tokenizer(out: Path, tokenizer: Tokenizer, frame: Frame, max_len: int) -> None:
    """The tokenizer as it is, but that it puts the frame around a text by itself."""
    tokenizer.save(out)
    backend = Backend.from_str(tokenizer.backend.to_str())
    names = {i: backend.id_to_token(i) for i in (*frame.before, *frame.after)}
    if names:
        single = [*(names[i] for i in frame.before), "$A", *(names[i] for i in frame.after)]
        special = [(name, number) for number, name in names.items()]
        backend.post_processor = TemplateProcessing(single=single, special_tokens=special)
        write_text(out / "tokenizer.json", backend.to_str(pretty=False))
    about = _read_json(out / "tokenizer_config.json") | {"model_max_length": max_len}
    _write_json(out / "tokenizer_config.json", about)


def _frame(backend: Backend) -> Frame:
    """What the tokenizer puts before and after a text."""
    bare = backend.encode("a", add_special_tokens=False).ids
    whole = backend.encode("a", add_special_tokens=True).ids
    for start in range(len(whole) - len(bare) + 1):
        if bare and whole[start : start + len(bare)] == bare:
            return Frame(tuple(whole[:start]), tuple(whole[start + len(bare) :]))
    return Frame()


# ---------------------------------------------------------------- files


def _write_json(path: Path, document: Any) -> None:
    write_text(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _read_json(path: Path) -> Any:
    if not path.is_file():
        raise RunError("{path}: is missing. Copy the folder again.", path=path)
    with understood(path):
        return json.loads(path.read_text("utf-8"))


def _write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, lambda beside: save_file(whole, beside, metadata={"format": "pt"}))


def _read_tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise RunError(
            "{path}: is missing. Weights are read from safetensors, never from a pickle such as "
            "pytorch_model.bin.",
            path=path,
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise RunError(
            "{path}: is damaged ({error}). Copy it again.", path=path, error=error
        ) from error
