"""Korean particles and verb endings, as far as a phrasebook needs them.

An ending is written in its fullest spelling, and its first letter says which form of the verb
it joins:

    어 었       the infinitive (읽어, 가, 해)       어요: 읽어요, 가요    었어요: 읽었어요, 갔어요
    으          the open stem (읽으, 가, 들으)      으면: 읽으면, 가면    으세요: 만드세요
    을 은 읍    the open stem and one letter more   을게요: 읽을게요, 갈게요
    습니다      the stem                            읽습니다, 갑니다, 만듭니다
    all others  the stem                            고: 읽고, 가고    는: 읽는, 만드는
"""

from jium.text.hangul import compose, decompose, has_final

_N, _L, _B, _S, _SS = "\u11ab", "\u11af", "\u11b8", "\u11ba", "\u11bb"  # finals: n, l, b, s, ss
_D = "\u11ae"
_DROP_L = ("\u1102", "\u1109")  # before a lead n or s a final l is dropped: 만드는, 만드세요
_CLOSING = {"은": _N, "을": _L, "읍": _B}


def particle(word: str, pair: str) -> str:
    """The half of `pair` that follows `word`: of 을/를, 을 after a consonant, 를 after a vowel.

    으로/로 is the exception: 로 also follows ㄹ (서울로).
    """
    closed, opened = pair.split("/")
    if closed == "으로" and _final(word) == _L:
        return opened
    return closed if has_final(word) else opened


def conjugate(verb: str, infinitive: str, ending: str) -> str:
    """A verb in its dictionary form, of one or more words, with `ending` in place of 다.

    infinitive: what 아/어 makes of the last word (읽다: 읽어, 듣다: 들어); it shows how an
    irregular verb changes.
    """
    before, space, last = verb.rpartition(" ")
    return before + space + _inflect(last.removesuffix("다"), infinitive, ending)


def _inflect(stem: str, infinitive: str, ending: str) -> str:
    first, rest = ending[0], ending[1:]
    if first in "어었":
        return (_close(infinitive, _SS) if first == "었" else infinitive) + rest
    if ending == "습니다":
        closed = has_final(stem) and _final(stem) != _L
        return stem + ending if closed else _close(_drop_l(stem), _B) + rest
    if first == "으":
        opened = _open(stem, infinitive)
        return (_drop_l(opened) if decompose(rest[0])[0] in _DROP_L else opened) + rest
    if first in _CLOSING:
        if first == "은" and stem[-1] in "있없":
            return stem + "는" + rest
        return _close(_drop_l(_open(stem, infinitive)), _CLOSING[first]) + rest
    return (_drop_l(stem) if decompose(first)[0] in _DROP_L else stem) + ending


def _open(stem: str, infinitive: str) -> str:
    """The stem before 으: 읽으, 가, 만들; irregular 들으 (듣다), 도우 (돕다), 지으 (짓다)."""
    final = _final(stem)
    if final in ("", _L):
        return stem
    if infinitive.startswith(stem):
        return stem + "으"
    if final == _B:
        return _bare(stem) + "우"
    return (_close(_bare(stem), _L) if final == _D else _bare(stem)) + "으"


def _final(word: str) -> str:
    return decompose(word[-1])[2]


def _bare(word: str) -> str:
    lead, vowel, _ = decompose(word[-1])
    return word[:-1] + compose(lead, vowel)


def _close(word: str, final: str) -> str:
    lead, vowel, _ = decompose(word[-1])
    return word[:-1] + compose(lead, vowel, final)


def _drop_l(stem: str) -> str:
    return _bare(stem) if _final(stem) == _L else stem
