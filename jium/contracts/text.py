"""Contracts of tokenizers: text to ids and back is the text, and every token knows its place."""

from jium.contracts import tiny
from jium.contracts.contract import Skip
from jium.messages import say
from jium.text.tokenizer import Tokenizer

LOSSLESS = ("bpe", "wordpiece", "unigram", "morpheme", "jamo")

HARD = [
    "나는 내일 친구와 도서관에 가요.",
    " 두  칸,   세 칸 ",
    "ㅋㅋㅋ ㅠㅠ ㄱㅏ 뷁 쀏",
    "가각",  # jamo that would compose to 가각
    "아버지가방에들어가신다!?",
    "Hello, wörld — naïve café",
    "e\u0301 ñ",  # combining marks
    "👩‍👩‍👧‍👦 🇰🇷 👍🏽",
    "漢字 かな العربية עברית हिन्दी",
    "<PAD> <EOS> [UNK] <START>",
    "▁ ## Ġ ▁a ##b",
    "a\tb\nc\r\nd",
    "\u200b\u200d\ufeff\u2028",
    "\U0010ffff\x00\x7f",
    "1234567890 3.14 10,000원",
]


def round_trip(tokenizer: Tokenizer) -> float:
    """How many of the hard strings do not come back, hold an unknown token or a wrong place."""
    if tokenizer.kind not in LOSSLESS:
        raise Skip(say("a {kind} tokenizer does not promise it", kind=tokenizer.kind))
    return float(sum(not _is_kept(tokenizer, text) for text in [*HARD, "".join(HARD)]))


def _is_kept(tokenizer: Tokenizer, text: str) -> bool:
    lower = "Lowercase" in str(tokenizer.backend.normalizer)
    ids = tokenizer.encode(text)
    known = tokenizer.unk_id is None or tokenizer.unk_id not in ids
    written = tokenizer.decode(ids) == (text.lower() if lower else text)
    return known and written and _are_places(tokenizer.offsets(text), len(ids), text)


def _are_places(spans: list[tuple[int, int]], n_tokens: int, text: str) -> bool:
    """Whether spans are one a token, in order, inside the text, and reach all that is no space."""
    inside = all(0 <= start <= end <= len(text) for start, end in spans)
    ordered = all(one[0] <= other[0] for one, other in zip(spans, spans[1:], strict=False))
    reached = {place for start, end in spans for place in range(start, end)}
    needed = {place for place, character in enumerate(text) if not character.isspace()}
    return len(spans) == n_tokens and inside and ordered and needed <= reached


def of_kind(kind: str) -> float:
    """The round trip of a small tokenizer of this kind."""
    return round_trip(tiny.tokenizer(kind))
