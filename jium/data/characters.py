"""Characters that are seldom meant: what a text holds that the eye does not see."""

import re
import unicodedata

_ODD = {
    "control": re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    "zero_width": re.compile("[\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad]"),
    "replacement": re.compile("\ufffd"),  # what a decoder leaves where bytes made no sense
    "private_use": re.compile("[\ue000-\uf8ff]"),
    "conjoining_jamo": re.compile("[\u1100-\u11ff]"),  # Hangul in pieces, as NFD has it
    "html": re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-zA-Z]{2,8}|#\d{1,6});"),
}


def odd_kinds(text: str) -> list[str]:
    """The kinds of oddity in a text, by name; "not_nfc" where composing would change it."""
    if text.isascii() and text.isprintable() and "<" not in text and "&" not in text:
        return []
    found = [name for name, odd in _ODD.items() if odd.search(text)]
    if not unicodedata.is_normalized("NFC", text):
        found.append("not_nfc")
    return found
