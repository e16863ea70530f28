"""Unigram language model: of all ways to cut a text, the one with the most probable pieces.

Kudo (2018), https://arxiv.org/abs/1804.10959. SentencePiece learns the pieces; `tokenizers` runs
them. A piece keeps a real space where SentencePiece writes ▁, so a ▁ that a person types is not
mistaken for one. Characters without a piece become bytes.
"""

import io
import re
from collections.abc import Iterable, Iterator

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from jium.errors import TokenizerError, require
from jium.text.learning import add_special_tokens, check_size, finish
from jium.text.pieces import SPACE_MARK, byte_piece
from jium.text.sentencepiece_file import ModelFile, read_model
from jium.text.settings import BYTES, UNKNOWN, TokenizerConfig

# <0xEC> or <PAD> written by a person must not be taken for the piece of that name: their characters
# always have pieces of their own, and pieces so named are so improbable that these win.
_BYTE_NAMES = "<>x0123456789ABCDEF"
_PENALTY = 1000.0
_TOO_LARGE = re.compile(r"Vocabulary size too high.*<= (\d+)")
_TOO_SMALL = re.compile(r"Vocabulary size is smaller than required_chars\. \d+ vs (\d+)")


def train(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """Learn pieces by SentencePiece.

    Raises TokenizerError where the texts support fewer pieces, or have more characters than would
    fit.
    """
    return build(settings, learn(settings, texts))


def learn(settings: TokenizerConfig, texts: Iterable[str]) -> ModelFile:
    """What SentencePiece learns from the texts: <unk>, 256 bytes, and the pieces."""
    sentencepiece = require("sentencepiece", "tokenizers")
    written = io.BytesIO()
    apart = len(settings.all_special_tokens) - 1  # SentencePiece counts its <unk>, not our others
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(settings, texts),
            model_writer=written,
            model_type="unigram",
            vocab_size=settings.vocab_size - apart,
            character_coverage=settings.character_coverage,
            required_chars="".join(sorted({*_BYTE_NAMES, *"".join(settings.all_special_tokens)})),
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            max_sentence_length=1 << 20,
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            minloglevel=2,
        )
    except RuntimeError as failure:
        raise _explained(settings, failure, apart) from failure
    return read_model(written.getvalue())


def build(settings: TokenizerConfig, model: ModelFile) -> Tokenizer:
    """The learned pieces as a `tokenizers` model: special tokens, bytes, pieces, best first."""
    pieces = [(piece.replace(SPACE_MARK, " "), score) for piece, score in model.normal_pieces()]
    lowest = min(score for _, score in pieces) - _PENALTY
    vocabulary = [(token, lowest) for token in settings.all_special_tokens]
    vocabulary += [(byte_piece(byte), lowest) for byte in range(BYTES)]
    vocabulary += pieces
    check_size(settings, len(vocabulary))
    unknown = settings.all_special_tokens.index(UNKNOWN)
    backend = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=True))
    finish(backend, settings, leading_space=True)
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next")
    backend.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    add_special_tokens(backend, settings)
    return backend


def _lines(settings: TokenizerConfig, texts: Iterable[str]) -> Iterator[str]:
    """What SentencePiece may see: single lines, without special tokens, without its own mark."""
    for text in texts:
        for token in (*settings.all_special_tokens, SPACE_MARK, "\0"):
            text = text.replace(token, " ")
        yield from (text.lower() if settings.lowercase else text).splitlines()


def _explained(settings: TokenizerConfig, failure: RuntimeError, apart: int) -> TokenizerError:
    """SentencePiece's complaint in terms of the recipe."""
    if too_large := _TOO_LARGE.search(str(failure)):
        try:
            check_size(settings, int(too_large[1]) + apart)
        except TokenizerError as error:
            return error
    if too_small := _TOO_SMALL.search(str(failure)):
        return TokenizerError(
            "A vocabulary of {asked} is too small: single characters and bytes alone take {least}. "
            "Set tokenizer.vocab_size={least} or more, or lower tokenizer.character_coverage.",
            asked=settings.vocab_size,
            least=int(too_small[1]) + apart,
        )
    return TokenizerError("SentencePiece cannot learn from these texts: {failure}", failure=failure)
