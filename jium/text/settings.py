"""The [tokenizer] section of a recipe."""

from dataclasses import field
from typing import Literal

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import at_least, share_below_one

Kind = Literal["bpe", "wordpiece", "unigram", "word", "char", "morpheme", "jamo"]

PAD, UNKNOWN, START, END = SPECIAL_TOKENS = ["<PAD>", "<UNK>", "<START>", "<EOS>"]
MASK = "<MASK>"  # of encoders, where a word is to be guessed
BYTES = 256


@config
class TokenizerConfig:
    """Which tokenizer to train, and how large."""

    kind: Kind = "bpe"
    vocab_size: int = 8000  # exact for subword kinds; an upper bound for word and char
    special_tokens: list[str] = field(default_factory=list)  # more, after the four
    lowercase: bool = False  # the only change `encode` may make to a text
    min_frequency: int = 1  # a merge or a word seen less often is not learned (not for unigram)
    character_coverage: float = 0.9995  # unigram: share of characters with a piece; the rest: bytes
    mark: Literal["##", "▁"] = (
        "##"  # wordpiece: "##" before what continues a word, or "▁" at its start
    )
    dropout: float = 0.0  # train on texts cut at random: this share of merges (or words) left out
    segmentations: int = 8  # how many such cuts of the training data are made, used in turn

    def __post_init__(self) -> None:
        at_least(1, min_frequency=self.min_frequency)
        if not 0.98 <= self.character_coverage <= 1:
            raise ConfigError(
                "must lie between 0.98 and 1; got {value}.",
                key="character_coverage",
                value=self.character_coverage,
            )
        self._check_dropout()
        self._check_special_tokens()
        if self.vocab_size < self.smallest:
            raise ConfigError(
                "{kind} needs {smallest} or more (special tokens and single bytes); got {value}.",
                key="vocab_size",
                kind=self.kind,
                smallest=self.smallest,
                value=self.vocab_size,
            )

    def _check_dropout(self) -> None:
        share_below_one(dropout=self.dropout)
        if self.dropout and self.kind in ("wordpiece", "word", "char"):
            raise ConfigError(
                "is for bpe, morpheme, jamo and unigram tokenizers; this is a {kind}.",
                key="dropout",
                kind=self.kind,
            )
        at_least(1, segmentations=self.segmentations)

    @property
    def all_special_tokens(self) -> list[str]:
        """The four that every tokenizer has, then those asked for; their places are their ids."""
        return [*SPECIAL_TOKENS, *self.special_tokens]

    @property
    def smallest(self) -> int:
        """The smallest vocabulary this kind can do with."""
        if self.kind in ("word", "char"):
            return len(self.all_special_tokens) + 1
        alphabets = 2 if self.kind == "wordpiece" and self.mark == "##" else 1
        return len(self.all_special_tokens) + alphabets * BYTES

    def _check_special_tokens(self) -> None:
        """Brackets around a name: tokenizers part those, so no text can turn into the token."""
        seen = set(SPECIAL_TOKENS)
        for token in self.special_tokens:
            named = any(char.isalnum() for char in token)
            if not named or token[0] + token[-1] not in ("<>", "[]") or token in seen:
                raise ConfigError(
                    "each must be a new name in <...> or [...], as <2en>; got {token!r}.",
                    key="special_tokens",
                    token=token,
                )
            seen.add(token)
