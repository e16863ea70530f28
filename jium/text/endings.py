"""The ending that closes a Korean sentence, found among Kiwi's morphemes, and its speech levels.

Which ending belongs to which level follows the Standard Korean Language Dictionary (National
Institute of Korean Language). 해체 is the open class: a final ending that no other level claims is
its own (-거든, -잖아, -다니까), as is a connective left hanging (비가 와서).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from jium.text.korean import Morpheme


class Ending(NamedTuple):
    """An ending, text[start:end], with the level it has unless another of `shared` is in use."""

    form: str
    start: int
    end: int
    level: str
    shared: tuple[str, ...] = ()


Rule = tuple[re.Pattern[str], str, tuple[str, ...]]


def last_ending(tokens: Sequence[Morpheme]) -> Ending | None:
    """The ending that closes the last clause of a sentence; None for a title, a name, a cry.

    What follows the clause in speech is passed over: marks, ㅋㅋ, 먹었어 정말, 고마워요, 여러분.
    """
    words = list(tokens)
    while words and is_mark(words[-1]):
        words.pop()
    question = any(token.form.startswith("?") for token in tokens[len(words) :])
    for place in reversed(range(len(words))):
        found = _close(words, place, question)
        if found or not _may_follow(words, place):
            return found
    return None


def _close(words: Sequence[Morpheme], place: int, question: bool) -> Ending | None:
    """The ending at this place, if one stands here that can close a sentence."""
    token, tail = words[place], words[place + 1 :]
    before = words[place - 1] if place else token
    if token.form in _POLITE_MARKS and token.tag in ("JX", "EF"):
        return _ending(token, "haeyo")
    if token.tag == "JX" and token.form == "그려":
        return _ending(token, "hage")
    if token.tag == "JX" and token.form == "만" and before.form.endswith("니다"):
        return _ending(before, "hasipsio")
    if token.tag == "ETN" and not tail:
        return _ending(token, "none")
    if not token.tag.startswith(("EF", "EC")) or _is_title(tail):
        return None
    form = token.form.translate(_STANDING)
    if form == "게":
        return _ge(token, before, question and not tail)
    if token.tag == "EC" and not _closes(form, before, tail, question):
        return None
    for pattern, level, shared in RULES:
        if pattern.fullmatch(form):
            polite_proposal = form.endswith("시다") and before.form in ("시", "으시")
            return _ending(token, *(("hasipsio",) if polite_proposal else (level, shared)))
    return _ending(token, "hae") if token.tag == "EF" or _HANGING.fullmatch(form) else None


def _is_title(tail: Sequence[Morpheme]) -> bool:
    """Whether nouns follow without a comma or a call: 사라지다 명대사, not 가자 민수야."""
    nouns = any(token.tag.startswith("NN") for token in tail)
    return nouns and tail[0].tag != "SP" and tail[-1].tag != "JKV"


def _closes(form: str, before: Morpheme, tail: Sequence[Morpheme], question: bool) -> bool:
    """Whether what Kiwi takes for a connective closes the sentence."""
    if form in ("니", "으니"):  # 비가 오니 hangs; 비가 오니? and 비가 왔니 do not
        return question or before.tag == "EP"
    return not tail or (tail[0].tag == "SP" and bool(_CLOSING.fullmatch(form)))


def _ge(token: Morpheme, before: Morpheme, question: bool) -> Ending | None:
    """-게: 어서 가게 (하게체), 뭐 하게? (해체), and 예쁘게, which closes nothing."""
    if question:
        return _ending(token, "hae")
    return _ending(token, "hage") if before.tag.startswith(("VV", "VX", "XSV", "EP")) else None


def _ending(token: Morpheme, level: str, shared: tuple[str, ...] = ()) -> Ending:
    form = token.form.translate(_STANDING)
    return Ending(form, token.start, token.end, level, shared)


# ---------------------------------------------------------------- where to look


def is_mark(token: Morpheme) -> bool:
    """Marks, emoji, ㅋㅋ and a final consonant that was added for fun (했어욤)."""
    return token.tag.startswith(("SF", "SP", "SS", "SE", "SO", "SW", "W_", "Z_", "UN"))


def _may_follow(words: Sequence[Morpheme], place: int) -> bool:
    """Whether this word may follow a closed clause: a name, a call, an afterthought."""
    tag = words[place].tag
    return tag.startswith(("N", "J", "MAG", "MM", "IC", "XSN", "SP", "Z_")) and (
        len(words) - place <= _AFTERTHOUGHT
    )


_AFTERTHOUGHT = 5  # morphemes
_STANDING = {0x11AB: "ㄴ", 0x11AF: "ㄹ", 0x11B7: "ㅁ", 0x11B8: "ㅂ"}  # Kiwi's finals, as letters
_POLITE_MARKS = ("요", "욤", "용", "염", "영", "여", "유", "욥")


# ---------------------------------------------------------------- which level


def _rule(pattern: str, level: str, *shared: str) -> Rule:
    return re.compile(pattern), level, shared


RULES = [  # the first that fits
    _rule("(ㅁ|음|기|ㄹ것|을것|슴|삼|셈)", "none"),  # made a noun, said to nobody
    _rule(".*(요|죠|쥬)|.+(용|욤|염|여|영|유)", "haeyo"),
    _rule(".*니다(만|만은)?|.*[ㅂ습읍답랍옵]니까|(ㅂ|읍)시오", "hasipsio"),
    _rule("(사|으)?오니까|나이(다|까)|(으|옵)?소서", "hasipsio"),  # 하소서체, its elder
    _rule("(ㅂ|읍)시다", "hao", "hao", "hasipsio", "haeyo"),
    _rule("(으|려|으려)?오|소|수|[는로]?구려|으?리다|(ㅂ|습|읍)디(다|까)|[ㄴ는]?다오|라오", "hao"),
    _rule("게나|[ㅁ음ㄹ을로]?세|[ㄹ을]걸세|네그려", "hage"),
    _rule("[는ㄴ은던]가", "haera", "hage"),
    _rule("네|[ㄴ는]?다네|라네|자네|나|으?려나", "hae", "hage"),
    _rule("[ㄴ는]?다|[으느더]?냐|[ㄴ는]?다냐|라냐|으?니|디|느뇨|뇨", "haera"),
    _rule("[어아여거너으더]?라|자(꾸나)?|[는로]?구나|으?(렴|려무나)|으?마", "haera"),
    _rule("[ㄴ는]?단다|란다|으?련다|[ㄹ을](라|란다|쏘냐)|[도로렷]다|노라|으?(리라|랴)", "haera"),
    _rule("느니라|더니라|니라|누나", "haera"),
]
# Of connectives: those that hang at the end of what is said, and those that close before a comma.
_HANGING = re.compile(
    "어|아|지|[는은ㄴ던]데|고|으?니까|어서|으?려고|거든|지만|으?면|[ㄴ는]?다고|라고|냐고|자고|다가|"
    "어도|든지|든가|[는은ㄴㄹ을]지|으?면서|느라고?|어야지?|[ㄹ을]까|다니|라니|다며|라며|다면서|[ㄹ을]게"
)
_CLOSING = re.compile("어|아|지|자|네|나|소|오|냐|[어아거너]라|.*시오|.*요|.*니다|.*니까|.*구나")
