"""The text of tokens as they come, in pieces that are never taken back."""

from jium.text.hangul import ESCAPE, has_final, is_syllable
from jium.text.tokenizer import Tokenizer

CONTEXT = 16  # tokens before the new ones that are decoded with them, up to twice as many
MANY = 4 * CONTEXT  # open tokens above which some are settled
HALF = "\ufffd"  # what stands for bytes that are no whole character yet
BYTES = 3  # of a character of UTF-8 at most, while it is not whole
LEADS = "".join(map(chr, range(0x1100, 0x1113))) + ESCAPE  # letters that a syllable begins with


class TextStream:
    """What is certain of a text, token by token; the pieces add up to the whole.

    before: ids that stand before it. stops: strings before which the text ends. A piece holds no
    half character, and nothing that may yet become a stop string.
    """

    def __init__(
        self, tokenizer: Tokenizer, before: list[int] | None = None, stops: list[str] | None = None
    ) -> None:
        self.tokenizer, self.stops = tokenizer, stops or []
        self.stopped = False
        self._settle(since_special(tokenizer, before or []), None)
        self._open: list[int] = []  # tokens whose text may change with those that follow
        self._told = ""  # of the open tokens, the text that is certain nevertheless
        self._held = ""  # text that may yet become a stop string

    def push(self, token: int) -> str:
        """What is new and certain with this token; "" where nothing is, or the text has ended."""
        if self.stopped:
            return ""
        self._open.append(token)
        text = self._text()
        certain = text[: len(text) - self._uncertain(text)]
        new = certain[len(self._told) :] if certain.startswith(self._told) else ""
        if certain == text:
            self._settle([*self._context, *self._open], self._whole)
            self._open, self._told = [], ""
        else:
            self._told += new
            if len(self._open) > MANY:
                self._settle_begun()
        return self._before_stops(new)

    def close(self) -> str:
        """The rest of the text, which ends here."""
        if self.stopped:
            return ""
        new = self._text()[len(self._told) :] if self._open else ""
        self._open, self._told = [], ""
        text = self._before_stops(new) + self._held
        self._held = ""
        return text

    def whole(self, tokens: list[int]) -> str:
        """What these tokens give, pushed one after another up to the end."""
        if not self.stops and self.tokenizer.kind != "wordpiece":  # which joins words afterwards
            text = self.tokenizer.decode([*self._context, *tokens])
            if HALF not in text and text.startswith(self._given):
                return text[len(self._given) :]
        return "".join([*map(self.push, tokens), self.close()])

    def _settle(self, context: list[int], given: str | None) -> None:
        """Tokens whose text, `given`, is told and does not change; only the last are remembered."""
        if len(context) > 2 * CONTEXT:
            context, given = context[-CONTEXT:], None
        self._context = context
        self._given = self.tokenizer.decode(context) if given is None else given

    def _settle_begun(self) -> None:
        """Settle the most of the open tokens, where their text is told and the rest reads alike
        without them: bytes that are no characters could be open without end.
        """
        begun, rest = [*self._context, *self._open[:-CONTEXT]], self._open[-CONTEXT:]
        given = self.tokenizer.decode(begun)
        told = given[len(self._given) :]
        if self._whole == given + self.tokenizer.decode(rest) and self._told.startswith(told):
            self._settle(begun, given)
            self._open, self._told = rest, self._told[len(told) :]

    def _text(self) -> str:
        """The text of the open tokens, as it reads after what stands before them."""
        self._whole = self.tokenizer.decode([*self._context, *self._open])
        if self._whole.startswith(self._given):
            return self._whole[len(self._given) :]
        return self.tokenizer.decode(self._open)  # bytes that make those before them unreadable

    def _uncertain(self, text: str) -> int:
        """How many characters at the end may change with what follows."""
        whole = text.rstrip(HALF)
        halves = len(text) - len(whole)
        if self.tokenizer.kind == "jamo" and halves <= BYTES and _may_grow(whole[-1:]):
            return halves + 1
        return min(halves, BYTES)

    def _before_stops(self, new: str) -> str:
        """The new text, less what may become a stop string; ends at the first that is whole."""
        text = self._held + new
        found = [place for stop in self.stops if (place := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        held = max((_begun(text, stop) for stop in self.stops), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]


def since_special(tokenizer: Tokenizer, ids: list[int]) -> list[int]:
    """What stands after the last special token, as a mark of a chat: there a text begins anew, and
    a tokenizer that writes a space before each text has written one that is not to be shown.
    """
    marks = [place for place, one in enumerate(ids) if one in tokenizer.special_ids]
    return list(ids[marks[-1] + 1 :]) if marks else list(ids)


def _may_grow(last: str) -> bool:
    """Whether letters may still join a character: 가 may become 각, a lead without vowel 가."""
    return last != "" and (last in LEADS or is_syllable(last) and not has_final(last))


def _begun(text: str, stop: str) -> int:
    """How many characters of `stop`, not all of them, `text` ends with."""
    most = min(len(stop) - 1, len(text))
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)
