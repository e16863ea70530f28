"""Weights in safetensors: one file, or several with an index, as Hugging Face has them."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from jium.checkpoint.run import WEIGHTS, understood
from jium.errors import RunError
from jium.files import write_text, write_whole

INDEX = "model.safetensors.index.json"
PICKLE = "pytorch_model.bin"
MAX_SHARD_SIZE = 5_000_000_000  # bytes


def read_shards(folder: Path) -> dict[str, Tensor]:
    """Every tensor of a folder, by its name, as it is stored.

    Raises RunError where there are none, or a file of them is missing, damaged or cut short.
    """
    if (folder / WEIGHTS).is_file():
        return _read(folder / WEIGHTS)
    if not (folder / INDEX).is_file():
        raise _no_weights(folder)
    with understood(folder / INDEX):
        places = dict(json.loads((folder / INDEX).read_text("utf-8"))["weight_map"])
    found: dict[str, Tensor] = {}
    for name in sorted(set(places.values())):
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise RunError(
                "{folder}: {name} is missing, one of {n} files of weights. Copy the folder again.",
                folder=folder,
                name=name,
                n=len(set(places.values())),
            )
        found |= _read(path)
    if absent := sorted(places.keys() - found.keys()):
        raise RunError(
            "{folder}: {n} tensors that {index} names are in no file, such as {name}. Copy the "
            "folder again.",
            folder=folder,
            n=len(absent),
            index=INDEX,
            name=absent[0],
        )
    return found


def _no_weights(folder: Path) -> RunError:
    if not any(folder.glob("pytorch_model*.bin")):
        return RunError(
            "{folder}: has no model.safetensors, nor {index}.", folder=folder, index=INDEX
        )
    return RunError(
        "{folder}: has its weights in {pickle} only. That is a pickle, which may run any program "
        "when it is opened, so it is not. Where you trust it, open it with transformers, by the "
        "class that config.json names under architectures, and convert it: "
        '.from_pretrained("{folder}").save_pretrained("{folder}", safe_serialization=True)',
        folder=folder,
        pickle=PICKLE,
    )


def _read(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise RunError(
            "{path}: is damaged or cut short ({error}). Copy the folder again.",
            path=path,
            error=error,
        ) from error


def write_shards(
    folder: Path, tensors: dict[str, Tensor], max_shard_size: int = MAX_SHARD_SIZE
) -> None:
    """Write tensors into one file, or into several of up to `max_shard_size` bytes and an index.

    Raises RunError where other weights stand there, which a reader would take for these.
    """
    parts = _parts(tensors, max_shard_size)
    names = [WEIGHTS]
    if len(parts) > 1:
        count = f"{len(parts):05d}"
        names = [f"model-{n:05d}-of-{count}.safetensors" for n in range(1, len(parts) + 1)]
    _check_alone(folder, names)
    for name, part in zip(names, parts, strict=True):
        write_whole(folder / name, lambda path, part=part: _save(path, part))  # type: ignore[misc]
    if len(parts) > 1:
        places = {key: name for name, part in zip(names, parts, strict=True) for key in part}
        total = sum(tensor.nbytes for tensor in tensors.values())
        index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
        write_text(folder / INDEX, json.dumps(index, indent=2) + "\n")


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(whole, path, metadata={"format": "pt"})


def _parts(tensors: dict[str, Tensor], size: int) -> list[dict[str, Tensor]]:
    """Tensors in their order, in parts of up to `size` bytes, but one at least in each."""
    parts: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, tensor in tensors.items():
        if parts[-1] and filled + tensor.nbytes > size:
            parts.append({})
            filled = 0
        parts[-1][name] = tensor
        filled += tensor.nbytes
    return parts


def _check_alone(folder: Path, names: list[str]) -> None:
    others = sorted({path.name for path in folder.glob("model*.safetensors*")} - {*names, INDEX})
    if len(names) == 1 and (folder / INDEX).is_file():
        others.append(INDEX)
    if others:
        raise RunError(
            "{folder}: holds other weights already ({names}). Give an empty folder.",
            folder=folder,
            names=", ".join(others),
        )
