"""One class behind every kind of tokenizer.

`tokenizers` (Rust) does the work for all of them, so a saved `tokenizer.json` opens elsewhere with
equal ids. The two Korean kinds prepare a text first (see `korean.py`): give their prepared text to
other programs.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken

from jium.errors import TokenizerError
from jium.files import make_folder, write_text
from jium.text import (
    bpe,
    korean,
    pieces,
    sentencepiece_file,
    tiktoken,
    unigram,
    vocabulary_file,
    wordpiece,
    words,
)
from jium.text.hangul import from_jamo
from jium.text.learning import nonempty
from jium.text.regularise import Regulariser
from jium.text.settings import Kind, TokenizerConfig
from jium.text.special import find_roles

__all__ = ["Kind", "Tokenizer", "TokenizerConfig"]

_TRAINERS: dict[str, Callable[[TokenizerConfig, Iterable[str]], tokenizers.Tokenizer]] = {
    "bpe": bpe.train,
    "wordpiece": wordpiece.train,
    "unigram": unigram.train,
    "word": words.train_words,
    "char": words.train_characters,
    "morpheme": korean.train,
    "jamo": korean.train,
}
_KIND_OF_MODEL = {"BPE": "bpe", "WordPiece": "wordpiece", "Unigram": "unigram", "WordLevel": "word"}


class Tokenizer:
    """Text to ids and back.

    kind: how it cuts, as in `TokenizerConfig.kind`. roles: the tokens that stand for padding, the
    unknown, start and end, by their Hugging Face names (pad_token, unk_token, bos_token,
    eos_token).
    """

    def __init__(
        self, backend: tokenizers.Tokenizer, kind: str, roles: dict[str, str], **more: Any
    ) -> None:
        self.backend = backend
        self.kind = kind
        self.roles = roles
        self._config = more  # what else tokenizer_config.json says, kept as it was
        self._surface = korean.SURFACES.get(kind, korean.AsWritten)()
        self._drops: tuple[float, Regulariser] | None = None
        backend.no_padding()
        backend.no_truncation()
        backend.encode_special_tokens = (
            True  # "<PAD>" typed by a person is five characters, not padding
        )

    @classmethod
    def train(cls, settings: TokenizerConfig, texts: Iterable[str]) -> "Tokenizer":
        """Learn a vocabulary from texts.

        Raises TokenizerError where they are empty or support no vocabulary of that size.
        """
        backend = _TRAINERS[settings.kind](settings, nonempty(texts))
        return cls(backend, settings.kind, find_roles(backend, {}))

    # ------------------------------------------------------------ vocabulary

    @cached_property
    def vocab_size(self) -> int:
        """One more than the largest id: the rows that an embedding needs."""
        return 1 + max(self.backend.get_vocab().values())

    @property
    def pad_id(self) -> int:
        return self._role("pad_token")

    @property
    def start_id(self) -> int:
        return self._role("bos_token")

    @property
    def eos_id(self) -> int:
        return self._role("eos_token")

    @property
    def cls_id(self) -> int:
        """What stands first in a text that an encoder reads: [CLS], or the start."""
        return self._role("cls_token" if "cls_token" in self.roles else "bos_token")

    @property
    def sep_id(self) -> int:
        """What stands after each text that an encoder reads: [SEP], or the end."""
        return self._role("sep_token" if "sep_token" in self.roles else "eos_token")

    @property
    def mask_id(self) -> int:
        """What stands for a word to be guessed."""
        return self._role("mask_token")

    @property
    def unk_id(self) -> int | None:
        """None where the vocabulary has no such token."""
        return self._role("unk_token") if "unk_token" in self.roles else None

    @cached_property
    def begins_with_space(self) -> bool:
        """Whether a text is written with a space before it, as unigram has it, which is taken off
        again where a text begins.
        """
        ids = self.encode("a")
        first = (self.backend.id_to_token(ids[0]) or "") if ids else ""
        return first.startswith((" ", pieces.SPACE_MARK))

    @cached_property
    def special_tokens(self) -> list[str]:
        """Tokens that `decode` leaves out, in the order of their ids."""
        added = sorted(self.backend.get_added_tokens_decoder().items())
        return [token.content for _, token in added if token.special]

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """The ids of `special_tokens`."""
        found = (self.backend.token_to_id(token) for token in self.special_tokens)
        return frozenset(i for i in found if i is not None)

    def token_id(self, token: str) -> int | None:
        """The id of a special token, or of a piece as `tokens` shows it; None where there is none.

        A word is found with or without the ▁ of the space before it.
        """
        if token in self.special_tokens:
            return self.backend.token_to_id(token)
        found = self._id_of_piece.get(token)
        return self._id_of_piece.get(pieces.SPACE_MARK + token) if found is None else found

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that chats are written by (see `chat_template.py`), if it has one."""
        found = self._config.get("chat_template")
        if isinstance(found, list):  # several, by name
            found = {one.get("name"): one.get("template") for one in found}.get("default")
        return found if isinstance(found, str) else None

    @chat_template.setter
    def chat_template(self, source: str) -> None:
        self._config["chat_template"] = source

    def add_special_tokens(self, tokens: Sequence[str]) -> None:
        """Give ids, after all others, to those special tokens that are not there yet."""
        new = [AddedToken(t, special=True, normalized=False) for t in tokens]
        self.backend.add_special_tokens(new)
        for name in ("vocab_size", "special_tokens", "special_ids", "pieces", "_id_of_piece"):
            self.__dict__.pop(name, None)

    @cached_property
    def pieces(self) -> list[str]:
        """Every entry of the vocabulary as `tokens` shows it, by id; "" for an id without one."""
        shown = [""] * self.vocab_size
        for token, number in self.backend.get_vocab().items():
            shown[number] = self._readable(token)
        return shown

    # ------------------------------------------------------------ text to ids and back

    def encode(self, text: str) -> list[int]:
        """The ids of a text; no special token is added, and none is recognised in it."""
        return self.encode_batch([text])[0]

    def encode_batch(
        self, texts: list[str], dropout: float = 0.0, seed: int = 0
    ) -> list[list[int]]:
        """`encode` for many texts at once, in parallel.

        dropout: above 0, cut words at random, alike for the same seed; see `regularise.py`.
        """
        prepared = self._surface.prepare(texts)
        if dropout:
            return self._regulariser(dropout).encode_batch(prepared, seed)
        try:
            found = self.backend.encode_batch_fast(
                prepared, is_pretokenized=self._surface.cuts_first, add_special_tokens=False
            )
        except TypeError as error:
            raise _unwritable(texts, error) from error
        return [encoding.ids for encoding in found]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, special tokens left out."""
        return self._surface.restore(self.backend.decode([int(i) for i in ids]))

    def decode_batch(self, batch: Iterable[Iterable[int]]) -> list[str]:
        """`decode` for many at once."""
        rows = [[int(i) for i in ids] for ids in batch]
        return [self._surface.restore(text) for text in self.backend.decode_batch(rows)]

    def tokens(self, text: str) -> list[str]:
        """The pieces as a person reads them: ▁ for a space, <0xEC> for part of a character."""
        return [self._readable(token) for token in self._encoding(text)[1].tokens]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Character spans of the tokens in `text`; parts of one character share its span."""
        prepared, encoding = self._encoding(text)
        return self._surface.spans(text, prepared, encoding)

    # ------------------------------------------------------------ on disk

    def save(self, folder: str | Path) -> None:
        """Write tokenizer.json and tokenizer_config.json, as `transformers` reads them."""
        folder = make_folder(Path(folder))
        about = {
            **self._config,
            "tokenizer_class": "PreTrainedTokenizerFast",
            **self.roles,
            "split_special_tokens": True,
            "clean_up_tokenization_spaces": False,
            "jium": {"kind": self.kind},
        }
        text = json.dumps(about, ensure_ascii=False, indent=2)
        write_text(folder / "tokenizer_config.json", text + "\n")
        write_text(folder / "tokenizer.json", self.backend.to_str(pretty=False))

    @classmethod
    def load(cls, path: str | Path) -> "Tokenizer":
        """Read a saved folder, any tokenizer.json, a SentencePiece .model, a .tiktoken file, or
        BERT's vocab.txt.

        Raises TokenizerError where there is none, or it is damaged.
        """
        path = Path(path)
        if path.is_dir():
            older, path = path / "vocab.txt", path / "tokenizer.json"
            path = older if older.is_file() and not path.is_file() else path
        if not path.is_file():
            raise TokenizerError("{path}: no such tokenizer.", path=path)
        if path.suffix == ".model":
            return cls._foreign(sentencepiece_file.load(path), {})
        if path.suffix == ".tiktoken":
            return cls._foreign(tiktoken.load(path), {})
        about = _read_config(path.with_name("tokenizer_config.json"))
        template = path.with_name("chat_template.jinja")
        if template.is_file():
            about["chat_template"] = template.read_text("utf-8")
        if path.suffix == ".txt":
            return cls._foreign(vocabulary_file.load(path, about), about)
        try:
            backend = tokenizers.Tokenizer.from_str(path.read_text("utf-8"))
        except Exception as error:  # `tokenizers` raises nothing narrower
            raise TokenizerError(
                "{path}: is not a tokenizer: {error}", path=path, error=error
            ) from error
        return cls._foreign(backend, about)

    @classmethod
    def _foreign(cls, backend: tokenizers.Tokenizer, about: dict[str, Any]) -> "Tokenizer":
        kind = about.get("jium", {}).get("kind") or _KIND_OF_MODEL[type(backend.model).__name__]
        roles = find_roles(backend, about)
        ours = {"backend", "kind", "roles"}  # words that others use for something else
        return cls(backend, kind, roles, **{k: v for k, v in about.items() if k not in ours})

    # ------------------------------------------------------------ within

    def _regulariser(self, rate: float) -> Regulariser:
        if self._drops is None or self._drops[0] != rate:
            self._drops = rate, Regulariser(self.backend, rate)
        return self._drops[1]

    def _role(self, role: str) -> int:
        """Raises TokenizerError where a foreign tokenizer has no token in this role."""
        if role not in self.roles:
            raise TokenizerError(
                "This tokenizer names no {role}; give one in its tokenizer_config.json.", role=role
            )
        number = self.backend.token_to_id(self.roles[role])
        assert number is not None  # find_roles named it from the vocabulary
        return number

    def _encoding(self, text: str) -> tuple[Any, tokenizers.Encoding]:
        prepared = self._surface.prepare([text])[0]
        whole = self._surface.cuts_first
        return prepared, self.backend.encode(
            prepared, is_pretokenized=whole, add_special_tokens=False
        )

    @cached_property
    def _is_byte_level(self) -> bool:
        return "ByteLevel" in str(json.loads(self.backend.to_str())["decoder"])

    def _readable(self, token: str) -> str:
        if token in self.special_tokens:
            return token
        mark = "##" if self.kind == "wordpiece" and token.startswith("##") and token != "##" else ""
        rest = token.removeprefix(mark)
        data = pieces.unspell(rest) if self._is_byte_level else rest.encode()
        shown = token if data is None else mark + pieces.readable(data)
        return from_jamo(shown) if self.kind == "jamo" else shown

    @cached_property
    def _id_of_piece(self) -> dict[str, int]:
        by_id = sorted(self.backend.get_vocab().items(), key=lambda item: -item[1])
        return {self._readable(token): number for token, number in by_id}


def _unwritable(texts: list[str], error: TypeError) -> Exception:
    """`tokenizers` calls it a wrong type where a text holds half a character."""
    for number, text in enumerate(texts, 1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as half:
            return TokenizerError(
                "Text {number} holds half a character, {half!r}, at {place}; clean the text first.",
                number=number,
                half=text[half.start],
                place=half.start,
            )
    return error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise TokenizerError("{path}: is not JSON: {error}", path=path, error=error) from error
    return about if isinstance(about, dict) else {}
