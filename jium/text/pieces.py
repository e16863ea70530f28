"""How a piece of a vocabulary reads: byte-level spelling, and the mark for a space.

Byte-level vocabularies spell each byte as one printable character (GPT-2's table: a space is Ġ, 가
is ê°Ģ), so that any text can be written and none is unknown.
"""

from tokenizers import pre_tokenizers

SPACE_MARK = "▁"  # U+2581, as SentencePiece shows a space


def _byte_characters() -> list[str]:
    """The character of each byte, in the order of bytes."""
    plain = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = (byte for byte in range(256) if byte not in plain)
    moved = {byte: chr(256 + n) for n, byte in enumerate(rest)}
    return [moved.get(byte, chr(byte)) for byte in range(256)]


BYTE_CHARACTERS = _byte_characters()
_BYTE_OF = {char: byte for byte, char in enumerate(BYTE_CHARACTERS)}
assert set(BYTE_CHARACTERS) == set(pre_tokenizers.ByteLevel.alphabet())


def spell(data: bytes) -> str:
    """Bytes to their byte-level spelling."""
    return "".join(BYTE_CHARACTERS[byte] for byte in data)


def unspell(piece: str) -> bytes | None:
    """The bytes that a byte-level piece spells, or None where it spells none."""
    try:
        return bytes(_BYTE_OF[char] for char in piece)
    except KeyError:
        return None


def byte_piece(byte: int) -> str:
    """The name of a single byte in vocabularies that fall back to bytes: <0xEC>."""
    return f"<0x{byte:02X}>"


def readable(data: bytes) -> str:
    """Bytes as a person reads them: a space as ▁, and what is no whole character as <0xEC>."""
    text = data.decode("utf-8", "surrogateescape")
    shown = (byte_piece(ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)
    return "".join(shown).replace(" ", SPACE_MARK)
