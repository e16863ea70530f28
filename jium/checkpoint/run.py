"""The run folder: a model is a folder, and the folder is the model.

config.json speaks Hugging Face's vocabulary where it has a word; what it has no word for stands
under "jium".
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from jium.checkpoint.names import clip_text, llama, t5
from jium.checkpoint.names.bert import SETTINGS as BERT
from jium.config import build, find_kind, to_values
from jium.errors import ConfigError, RunError
from jium.files import write_text, write_whole
from jium.models import CONFIGS, MODELS
from jium.models.heads import HeadConfig, Headed
from jium.ranges import at_least

WEIGHTS = "model.safetensors"

# Our name for a setting to Hugging Face's; several where theirs are told apart and ours are not.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "seq2seq": {
        "dim": ("d_model",),
        "n_encoder_layers": ("encoder_layers",),
        "n_decoder_layers": ("decoder_layers",),
        "n_heads": ("encoder_attention_heads", "decoder_attention_heads"),
        "ffn_dim": ("encoder_ffn_dim", "decoder_ffn_dim"),
        "activation": ("activation_function",),
        "dropout": ("dropout",),
        "attention_dropout": ("attention_dropout",),
        "max_len": ("max_position_embeddings",),
        "vocab_size": ("vocab_size",),
        "tie_embeddings": ("tie_word_embeddings",),
    },
    "rnn_seq2seq": {"vocab_size": ("vocab_size",)},
    "gpt": llama.SETTINGS,
    "rnn_lm": {"vocab_size": ("vocab_size",)},
    "ngram": {"vocab_size": ("vocab_size",)},
    "t5": t5.SETTINGS,
    "clip_text": clip_text.SETTINGS,
    "vit": {},
    "clip": {},
    "captioner": {},
    "image_classifier": {},
    "bert": BERT,
    "electra": BERT,
    "sentence": BERT,
    "rnn": {"vocab_size": ("vocab_size",)},
    "elmo": {"vocab_size": ("vocab_size",)},
    "cnn": {"vocab_size": ("vocab_size",)},
    "fasttext": {"vocab_size": ("vocab_size",)},
    "tfidf": {},
    "noisy_channel": {},
    "word2vec": {},
    "glove": {},
    "word_table": {},
    "lda": {},
    "nmf": {},
    "textrank": {},
    "lsa": {},
    "lead": {},
    "vae": {},
    "vqvae": {},
    "diffusion": {},
    "gan": {},
}


def save_config(run: Path, kind: str, model_config: Any, about: dict[str, Any]) -> None:
    """Write config.json. about: task, special token ids, the head on an encoder, and whatever else
    the task must know to run.
    """
    values = to_values(model_config)
    shared = {name: values[ours] for ours, names in NAMES[kind].items() for name in names}
    own = {ours: value for ours, value in values.items() if ours not in NAMES[kind]}
    special = about.pop("special_ids", {})
    document = {
        "model_type": f"jium-{kind}",
        "architectures": [find_kind(MODELS, kind, "model").__name__],
        "is_encoder_decoder": kind in ("seq2seq", "t5", "rnn_seq2seq"),
        **shared,
        **special,
        "jium": {"version": version("jium"), "kind": kind, "model": own, **about},
    }
    write_text(run / "config.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def read_config(run: Path) -> dict[str, Any]:
    """config.json of a run. Raises RunError for a folder that is none."""
    if not run.is_dir():
        raise RunError(
            '{run}: no such run folder. Train one with "jium train RECIPE --out {run}".', run=run
        )
    path = run / "config.json"
    if not path.is_file():
        raise RunError(
            "{run}: has no config.json, so it is not a run folder. It has: {names}.",
            run=run,
            names=", ".join(sorted(p.name for p in run.iterdir())) or "-",
        )
    with understood(path):
        document = json.loads(path.read_text("utf-8"))
        if "jium" not in document:
            raise RunError("{path}: was not written by jium, which cannot load it yet.", path=path)
        return {**document, "jium": {**document["jium"]}}


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Inside the block, what `path` lacks or says wrongly is a RunError."""
    try:
        yield
    except (ValueError, TypeError, LookupError, ConfigError) as error:
        raise RunError(
            "{path}: is damaged ({error}). Copy the run again.", path=path, error=error
        ) from error


def load_model(run: Path) -> nn.Module:
    """The model of a run, in evaluation mode. Raises RunError if anything of it is missing or
    damaged.
    """
    kind, config, head = read_model_config(run)
    encoder = find_kind(MODELS, kind, "model")(config)
    model = encoder if head is None else Headed(encoder, head)
    load_weights(run, model)
    return model.eval()


def read_model_config(run: Path) -> tuple[str, Any, HeadConfig | None]:
    """The kind of a run's model, its settings, and those of the head on it, if there is one."""
    document = read_config(run)
    about = document["jium"]
    with understood(run / "config.json"):
        kind, values = about["kind"], dict(about["model"])
        find_kind(MODELS, kind, "model")
        for ours, names in NAMES[kind].items():
            if names[0] in document:
                values[ours] = document[names[0]]
        config = build(find_kind(CONFIGS, kind, "model"), values)
        rows = getattr(config, "vocab_size", 1)  # models of pictures have no vocabulary
        at_least(1, vocab_size=0 if rows is None else rows)
        head = build(HeadConfig, about["head"]) if "head" in about else None
    return kind, config, head


def read_generation(run: Path) -> dict[str, Any]:
    """How a run writes unless told otherwise, as its generation_config.json has it."""
    path = run / "generation_config.json"
    if not path.is_file():
        return {}
    with understood(path):
        return dict(json.loads(path.read_text("utf-8"))["jium"])


def save_weights(run: Path, model: nn.Module) -> None:
    """Write model.safetensors; a tensor that two places share is written once."""
    written: dict[int, str] = {}
    tensors = {}
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in written:
            written[tensor.data_ptr()] = name
            tensors[name] = tensor.detach().cpu().contiguous()
    write_whole(run / WEIGHTS, lambda path: save_file(tensors, path, metadata={"format": "pt"}))


def load_weights(run: Path, model: nn.Module) -> None:
    """Fill `model` from model.safetensors. Raises RunError if it is missing, damaged or of another
    shape.
    """
    path = run / WEIGHTS
    if not path.is_file():
        raise RunError("{run}: has no model.safetensors yet: training has not saved one.", run=run)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise RunError(
            "{path}: is damaged or cut short ({error}). Copy it again; or, where last/ is there, "
            "go on with "
            "--resume, which writes it anew.",
            path=path,
            error=error,
        ) from error
    expected = model.state_dict()
    wrong = [n for n, t in tensors.items() if n in expected and t.shape != expected[n].shape]
    if wrong:
        raise RunError(
            "{path}: does not fit config.json: of another shape {names}.",
            path=path,
            names=", ".join(wrong),
        )
    shared = {name for name, _ in model.named_parameters()}
    problems = model.load_state_dict(tensors, strict=False)
    missing = [name for name in problems.missing_keys if name in shared]
    if missing or problems.unexpected_keys:
        raise RunError(
            "{path}: does not fit config.json: missing {missing}, unexpected {unexpected}.",
            path=path,
            missing=", ".join(missing) or "-",
            unexpected=", ".join(problems.unexpected_keys) or "-",
        )
