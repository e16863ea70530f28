"""Which scripts a text is written in, by its letters."""

import re
from collections import Counter
from typing import Literal

Script = Literal["hangul", "latin", "han", "kana", "cyrillic", "greek", "arabic", "thai"]

RANGES: dict[Script, str] = {
    "latin": r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af"
    r"\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a",
    "hangul": r"\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb",
    "han": r"\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": r"\u3041-\u309f\u30a1-\u30ff\uff66-\uff9f",
    "cyrillic": r"\u0400-\u052f",
    "greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "arabic": r"\u0620-\u064a\u066e-\u06ff",
    "thai": r"\u0e01-\u0e7f",
}
_LETTERS = {name: re.compile(f"[{letters}]+") for name, letters in RANGES.items()}
_OTHER = re.compile(rf"[^\W\d_{''.join(RANGES.values())}]+")


def count_letters(text: str) -> Counter[str]:
    """Letters by script; those of no script named here are "other". Digits are no letters."""
    counts: dict[str, int] = {
        name: sum(map(len, found.findall(text))) for name, found in _LETTERS.items()
    }
    counts["other"] = sum(map(len, _OTHER.findall(text)))
    return Counter({name: count for name, count in counts.items() if count})


def script_share(text: str, script: Script) -> float:
    """Share of the letters of a text that are of `script`; 1 for none, as in "1 + 1"."""
    mine = sum(map(len, _LETTERS[script].findall(text)))
    letters = sum(character.isalpha() for character in text)
    return min(1.0, mine / letters) if letters else 1.0
