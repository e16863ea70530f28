"""Reading SentencePiece's `.model` files, which are Protocol Buffers, without any library.

Only what running a model takes is read; fields as in sentencepiece_model.proto.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from jium.errors import TokenizerError
from jium.text.pieces import SPACE_MARK

UNIGRAM, BPE = 1, 2
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED = 1, 2, 3, 4


@dataclass
class ModelFile:
    """The pieces of a model with their scores and types, and how it treats text."""

    pieces: list[tuple[str, float, int]] = field(default_factory=list)
    model_type: int = UNIGRAM
    byte_fallback: bool = False
    character_map: bytes = b""
    leading_space: bool = True
    joins_spaces: bool = True

    def normal_pieces(self) -> Iterator[tuple[str, float]]:
        """The pieces that text is cut into, bytes left out."""
        return ((piece, score) for piece, score, kind in self.pieces if kind == _NORMAL)


def read_model(data: bytes) -> ModelFile:
    """Read the content of a `.model` file."""
    model = ModelFile()
    for number, value in _fields(data):
        if number == 1:
            model.pieces.append(_piece(value))
        elif number == 2:
            trainer = dict(_fields(value))
            model.model_type = trainer.get(3, UNIGRAM)
            model.byte_fallback = bool(trainer.get(35, False))
        elif number == 3:
            normalizer = dict(_fields(value))
            model.character_map = normalizer.get(2, b"")
            model.leading_space = bool(normalizer.get(3, True))
            model.joins_spaces = bool(normalizer.get(4, True))
    return model


def load(path: Path) -> Tokenizer:
    """A `tokenizers` tokenizer that cuts text as the SentencePiece model at `path` does.

    Raises TokenizerError where the file is no such model, or one of words or characters.
    """
    try:
        model = read_model(path.read_bytes())
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise TokenizerError("{path}: is not a SentencePiece model.", path=path) from error
    if not model.pieces or model.model_type not in (UNIGRAM, BPE):
        raise TokenizerError(
            "{path}: is not a SentencePiece model of type unigram or bpe.", path=path
        )
    return build(model)


def build(model: ModelFile) -> Tokenizer:
    """The `tokenizers` twin of a SentencePiece model."""
    names = [piece for piece, _, _ in model.pieces]
    unknown = next((n for n, (_, _, kind) in enumerate(model.pieces) if kind == _UNKNOWN), 0)
    if model.model_type == UNIGRAM:
        scored = [(piece, score) for piece, score, _ in model.pieces]
        backend = Tokenizer(
            models.Unigram(scored, unk_id=unknown, byte_fallback=model.byte_fallback)
        )
    else:
        backend = Tokenizer(
            models.BPE(
                {piece: number for number, piece in enumerate(names)},
                merges_by_score(model),
                unk_token=names[unknown],
                fuse_unk=True,
                byte_fallback=model.byte_fallback,
            )
        )
    special = [piece for piece, _, kind in model.pieces if kind in (_UNKNOWN, _CONTROL)]
    backend.add_special_tokens(special)
    backend.add_tokens([piece for piece, _, kind in model.pieces if kind == _USER_DEFINED])
    _treat_text_alike(backend, model)
    return backend


def merges_by_score(model: ModelFile) -> list[tuple[str, str]]:
    """The merges of a BPE model: every way to make a piece of two others, best piece first."""
    score = {piece: value for piece, value in model.normal_pieces()}
    rank = {piece: place for place, piece in enumerate(score)}
    ways = [
        (piece, piece[:cut], piece[cut:])
        for piece in score
        for cut in range(1, len(piece))
        if piece[:cut] in score and piece[cut:] in score
    ]
    ways.sort(key=lambda way: (-score[way[0]], rank[way[1]], rank[way[2]]))
    return [(left, right) for _, left, right in ways]


def _treat_text_alike(backend: Tokenizer, model: ModelFile) -> None:
    steps: list[normalizers.Normalizer] = []
    if model.character_map:
        steps.append(normalizers.Precompiled(model.character_map))
    if model.joins_spaces:
        steps += [
            normalizers.Replace(Regex("^ +| +$"), ""),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    if model.leading_space:
        steps.append(normalizers.Prepend(SPACE_MARK))
    backend.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", SPACE_MARK)])
    if model.model_type == UNIGRAM:
        backend.pre_tokenizer = pre_tokenizers.Split(SPACE_MARK, "merged_with_next")
    backend.decoder = decoders.Sequence(
        [decoders.Replace(SPACE_MARK, " "), decoders.ByteFallback(), decoders.Fuse()]
        + ([decoders.Strip(" ", 1, 0)] if model.leading_space else [])
    )


# ---------------------------------------------------------------- Protocol Buffers


def _piece(data: bytes) -> tuple[str, float, int]:
    fields = dict(_fields(data))
    return (
        fields[1].decode(),
        struct.unpack("<f", fields.get(2, bytes(4)))[0],
        fields.get(3, _NORMAL),
    )


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The (number, value) pairs of a message: integers as int, everything else as its bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if key & 7 == 2:
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}[key & 7]
        if at + size > len(data):
            raise ValueError("ends inside a field")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
