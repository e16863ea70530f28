"""Writing only what is asked for: one of some choices, a regular expression, a grammar, JSON.

Before each token those that could not lead to such a text are ruled out, and the rest keep their
probabilities in relation (Willard and Louf, 2023, https://arxiv.org/abs/2307.09702). `llguidance`
runs the grammars over the bytes of tokens, so a Hangul syllable may be put together of byte tokens.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol, Self
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from jium.errors import ConfigError, require
from jium.generation.grammars import BODIES, Body, wrong
from jium.text.settings import BYTES
from jium.text.token_bytes import token_bytes
from jium.text.tokenizer import Tokenizer

NOTHING = "no token of this vocabulary can come next"
FUEL = 300_000  # of llguidance's automaton; 20,000 choices take half, nested {1000} all: 0.5 s


class Constraint(Protocol):
    """What the text of one request may be; it follows the text token by token."""

    def allowed(self) -> Tensor:
        """(vocab,) bool: what may come next; the ends too, where the text may end here."""

    def take(self, token: int) -> None:
        """The token that was chosen, an end or one that is allowed."""

    @property
    def done(self) -> bool:
        """Nothing but the end may come, or it has come."""


def constraint_of(
    tokenizer: Tokenizer,
    ends: Sequence[int],
    *,
    choices: Sequence[str] | None = None,
    regex: str | None = None,
    grammar: str | None = None,
    json_schema: dict[str, Any] | str | None = None,
    leading_space: bool = False,
    vocab_size: int | None = None,
) -> "Grammar":
    """The constraint of one of the four kinds.

    ends: tokens that end a text; without them only `done` says that it is over. choices: exactly
    one of these texts. regex: the whole text matches it (syntax of Rust's regex). grammar: in the
    form of Lark or of llama.cpp (GBNF). json_schema: as an object or its text; {} or "json" is any
    JSON object. leading_space: one space comes first that is no part of the text, as unigram and
    "▁" wordpiece tokenizers have it before a text. vocab_size: of the model's logits, where they
    are more than the tokenizer's tokens.

    Raises ConfigError for what is no such grammar or too large to follow, TokenizerError for a
    tokenizer whose tokens are no parts of the text (jamo), MissingExtra without llguidance.
    """
    given = dict(choices=choices, regex=regex, grammar=grammar, json_schema=json_schema)
    kinds = [kind for kind, value in given.items() if value is not None]
    if len(kinds) != 1:
        raise ConfigError(
            "give one of choices, regex, grammar and json_schema; got {given}.",
            given=" + ".join(kinds) or None,
        )
    key, value = kinds[0], given[kinds[0]]
    vocabulary = _vocabulary(tokenizer)
    body = BODIES[key](key, value)
    if choices is not None:
        vocabulary.check_writable(choices)
    whole = Grammar(vocabulary, ends, key, value, body, leading_space, vocab_size)
    whole.check_second()
    return whole


# ---------------------------------------------------------------- following a text


class Grammar:
    """A grammar and the place in it that a text has reached. A copy goes its own way."""

    def __init__(
        self,
        vocabulary: "Vocabulary",
        ends: Sequence[int],
        key: str,
        value: Any,
        body: Body,
        leading_space: bool,
        vocab_size: int | None,
    ) -> None:
        """body: the grammar as llguidance has it; key and value: as a person gave it."""
        grammars: list[Body] = [body | {"name": "body"}]
        if leading_space:
            grammars.insert(0, {"lark_grammar": 'start: " " @body'})
        library = _library()
        self.vocabulary, self.ends = vocabulary, list(ends)
        self.key, self.value = key, value
        self.rows = max(vocab_size or 0, vocabulary.size)
        self.matcher = library.LLMatcher(
            vocabulary.library,
            json.dumps({"grammars": grammars}),
            log_level=0,
            limits=library.LLParserLimits(initial_lexer_fuel=FUEL, verbose_errors=False),
        )
        self.ended = False
        self._mask: Tensor | None = None
        self._next()  # what is wrong with the grammar is said here, before anything is written

    def allowed(self) -> Tensor:
        """(vocab,) bool: what may come next; the ends too, where the text may end here.

        Raises ConfigError where the grammar becomes too large to follow, or the vocabulary has no
        token that goes on.
        """
        mask = self._next()
        found = torch.zeros(self.rows, dtype=torch.bool)
        if not self.ended:
            found[: self.vocabulary.size] = mask[:-1]
        if self.ended or mask[-1]:
            found[self.ends] = True
        return found

    def take(self, token: int) -> None:
        """The token that was chosen, an end or one that is allowed."""
        if token in self.ends:
            self.ended = True
        elif not self.matcher.consume_token(token):
            raise wrong(self.key, self.value, self._reason())
        self._mask = None

    def check_second(self) -> None:
        """Raise ConfigError where following a token is too much: some grammars begin harmlessly."""
        if self.vocabulary.complete and not self.done:
            other = self.copy()
            other.take(int(self._next().nonzero()[0]))
            other.allowed()

    @property
    def done(self) -> bool:
        """Nothing but the end may come, or it has come."""
        return self.ended or not bool(self._next()[:-1].any())

    def copy(self) -> Self:
        """The same place in the same grammar, for another text that begins alike."""
        twin = object.__new__(type(self))
        twin.__dict__ |= self.__dict__ | {"matcher": self.matcher.deep_copy()}
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    def _next(self) -> Tensor:
        """(vocab + 1,) bool: the tokens that may follow, and last whether the text may end."""
        if self._mask is None:
            bits = self.matcher.compute_bitmask()
            if self.matcher.is_error():
                raise wrong(self.key, self.value, self._reason())
            mask = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
            self._mask = torch.from_numpy(mask[: self.vocabulary.size + 1]).bool()
            self._mask[self.vocabulary.never] = False
            if not self.vocabulary.complete:
                self._rule_out(self.matcher.compute_ff_bytes())
            if not self._mask.any():
                raise wrong(self.key, self.value, NOTHING)
        return self._mask

    def _rule_out(self, only: bytes) -> None:
        """Where `only` must follow and the vocabulary lacks it, llguidance lets other tokens by."""
        assert self._mask is not None
        for token in self._mask[:-1].nonzero().flatten().tolist() if only else []:
            data = self.vocabulary.tokens[token]
            if not (data.startswith(only) or only.startswith(data)):
                self._mask[token] = False

    def _reason(self) -> str:
        """Why the library stopped, in its own words; it repeats itself after the first lines."""
        said = self.matcher.get_error().split("\n\n")[0].replace("<non-verbose/>", "").strip()
        return NOTHING if said in ("NoExtension", "NoExtensionBias") else said


# ---------------------------------------------------------------- the vocabulary


class Vocabulary:
    """The tokens of a tokenizer as `llguidance` has them; one more, the last, ends every text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        written = token_bytes(tokenizer)
        self.size = len(written)
        self.never = torch.tensor([i for i, data in enumerate(written) if not data]).long()
        self.ids = {data: i for i, data in enumerate(written) if data}
        self.longest = max(map(len, self.ids), default=0)
        self.complete = all(bytes([byte]) in self.ids for byte in range(BYTES))  # any text
        self.backend = tokenizer.backend
        library = _library()
        self.eos_token_id, self.bos_token_id = self.size, None  # names that llguidance asks for
        self.tokens = [*(data or b"" for data in written), b"<end>"]
        self.special_token_ids = [*self.never.tolist(), self.size]
        self.library = library.LLTokenizer(library.TokenizerWrapper(self))

    def __call__(self, data: bytes) -> list[int]:
        """How the tokenizer cuts a text that can only be this one; else the longest tokens."""
        ids = self.backend.encode(data.decode(), add_special_tokens=False).ids
        cut = [self.tokens[i] for i in ids]
        if all(cut) and b"".join(cut) == data:
            return ids
        found, at = [], 0
        while at < len(data):
            ends = range(min(len(data), at + self.longest), at, -1)
            end = next((end for end in ends if data[at:end] in self.ids), None)
            if end is None:
                break  # it lacks a character: nothing goes on from there
            found.append(self.ids[data[at:end]])
            at = end
        return found

    def check_writable(self, choices: Sequence[str]) -> None:
        """Raise ConfigError for a choice with characters that the vocabulary lacks."""
        for text in () if self.complete else choices:
            if not self._can_write(text.encode()):
                raise wrong("choices", text, "this vocabulary has no tokens to write it")

    def _can_write(self, data: bytes) -> bool:
        reached = {0}
        for end in range(1, len(data) + 1):
            starts = range(max(0, end - self.longest), end)
            if any(s in reached and data[s:end] in self.ids for s in starts):
                reached.add(end)
        return len(data) in reached


_VOCABULARIES: WeakKeyDictionary[Tokenizer, Vocabulary] = WeakKeyDictionary()


def _vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    """Made once for each tokenizer: a large one takes a second."""
    if tokenizer not in _VOCABULARIES:
        _VOCABULARIES[tokenizer] = Vocabulary(tokenizer)
    return _VOCABULARIES[tokenizer]


def _library() -> Any:
    return require("llguidance", "constrain")
