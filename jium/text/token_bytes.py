"""The bytes that each token of a vocabulary writes, for what must know a text before it is whole.

They are those within a text: the space that some tokenizers put before a text, and take away again
in `decode`, is among them.
"""

import json
from collections.abc import Callable

from jium.errors import TokenizerError
from jium.text.pieces import SPACE_MARK, byte_piece, unspell
from jium.text.settings import BYTES
from jium.text.tokenizer import Tokenizer

Step = Callable[[bytes], bytes]  # what a step of a decoder does to one token

_BYTE_OF = {byte_piece(byte).encode(): bytes([byte]) for byte in range(BYTES)}


def token_bytes(tokenizer: Tokenizer) -> list[bytes | None]:
    """By id; None for a special token, and for a number without a token.

    Raises TokenizerError where what a token writes depends on its neighbours: letters that become
    syllables, a decoder that puts spaces between words.
    """
    if tokenizer.kind == "jamo":
        raise _unsuited(tokenizer, "letters")
    steps = _steps(tokenizer)
    never = {*tokenizer.special_tokens, *tokenizer.roles.values()}
    found: list[bytes | None] = [None] * tokenizer.vocab_size
    for token, number in tokenizer.backend.get_vocab().items():
        if token not in never:
            data = token.encode()
            for step in steps:
                data = step(data)
            found[number] = data
    return found


def _steps(tokenizer: Tokenizer) -> list[Step]:
    """The steps of the decoder that change a single token, in order."""
    decoder = json.loads(tokenizer.backend.to_str())["decoder"] or {"type": "none"}
    whole = decoder["decoders"] if decoder["type"] == "Sequence" else [decoder]
    joined, steps = False, []  # once tokens are joined, a step sees the text and not a token
    for about in whole:
        step = _joined_step(about) if joined else _step(about)
        if step is None:
            raise _unsuited(tokenizer, f"decoder {about['type']}")
        steps.append(step)
        joined = joined or about["type"] in ("Fuse", "ByteLevel")
    return steps


def _step(about: dict) -> Step | None:
    """What one step does to a token; None where that depends on its neighbours, or is not known."""
    kind = about["type"]
    if kind == "ByteLevel":
        return _from_byte_level
    if kind == "ByteFallback":
        return lambda data: _BYTE_OF.get(data, data)
    if kind == "Fuse":
        return lambda data: data
    if kind == "Metaspace":
        return _replacing(about.get("replacement", SPACE_MARK), " ")
    if kind == "Replace" and "String" in about["pattern"]:
        return _replacing(about["pattern"]["String"], about["content"])
    if kind == "Replace" and about["pattern"]["Regex"] == "^##" and not about["content"]:
        return lambda data: data.removeprefix(b"##")
    return None


def _joined_step(about: dict) -> Step | None:
    """The same for a step that sees the whole text: it may take one space from its beginning."""
    first_space = (about.get("content"), about.get("start"), about.get("stop")) == (" ", 1, 0)
    if about["type"] == "Fuse" or (about["type"] == "Strip" and first_space):
        return lambda data: data
    return None


def _from_byte_level(data: bytes) -> bytes:
    spelled = unspell(data.decode())
    return data if spelled is None else spelled


def _replacing(old: str, new: str) -> Step:
    return lambda data: data.replace(old.encode(), new.encode())


def _unsuited(tokenizer: Tokenizer, reason: str) -> TokenizerError:
    return TokenizerError(
        "what a token of this {kind} tokenizer writes depends on its neighbours ({reason}). Take a "
        "model with a bpe, unigram, wordpiece, morpheme, word or char tokenizer of jium's.",
        kind=tokenizer.kind,
        reason=reason,
    )
