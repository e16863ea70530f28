"""The tokenizer of a Marian folder: two SentencePiece models and one vocabulary for both languages.

source.spm cuts what is read, vocab.json numbers the pieces of both, so that one `tokenizers`
tokenizer reads the source and spells the target. Punctuation is not normalised, as Moses would.
"""

import json
from pathlib import Path

from jium.errors import TokenizerError
from jium.text.sentencepiece_file import UNIGRAM, ModelFile, build, read_model
from jium.text.special import find_roles
from jium.text.tokenizer import Tokenizer

SOURCE, VOCABULARY = "source.spm", "vocab.json"
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
SPECIAL = {"</s>": CONTROL, "<pad>": CONTROL, "<unk>": UNKNOWN}
NEVER = -1000.0  # the score of a piece that only the target has


def is_marian(folder: Path) -> bool:
    """Whether a folder holds such a tokenizer."""
    return (folder / SOURCE).is_file() and (folder / VOCABULARY).is_file()


def load_marian(folder: Path) -> Tokenizer:
    """Raises TokenizerError where a file is damaged, or the model is not of type unigram."""
    try:
        source = read_model((folder / SOURCE).read_bytes())
        ids = dict(json.loads((folder / VOCABULARY).read_text("utf-8")))
        pieces = sorted(ids, key=ids.__getitem__)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise TokenizerError(
            "{path}: is not a tokenizer: {error}", path=folder, error=error
        ) from error
    if source.model_type != UNIGRAM or [ids[piece] for piece in pieces] != list(range(len(ids))):
        raise TokenizerError(
            "{folder}: its SentencePiece model is not of type unigram, or vocab.json leaves "
            "numbers out. Such a tokenizer is not read here.",
            folder=folder,
        )
    score = dict(source.normal_pieces())
    model = ModelFile(
        [(piece, score.get(piece, NEVER), _kind(piece)) for piece in pieces],
        character_map=source.character_map,
        leading_space=source.leading_space,
        joins_spaces=source.joins_spaces,
    )
    backend = build(model)
    return Tokenizer(backend, "unigram", find_roles(backend, {}))


def languages(tokenizer: Tokenizer) -> dict[str, int]:
    """Tokens such as >>kor<< that say which language is wanted, to their ids."""
    vocabulary = tokenizer.backend.get_vocab()
    return {token: vocabulary[token] for token in tokenizer.special_tokens if _is_language(token)}


def _kind(piece: str) -> int:
    return CONTROL if _is_language(piece) else SPECIAL.get(piece, NORMAL)


def _is_language(piece: str) -> bool:
    return piece.startswith(">>") and piece.endswith("<<")
