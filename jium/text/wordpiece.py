"""WordPiece: cut each word from the left into the longest pieces that the vocabulary holds.

Schuster and Nakajima (2012) chose pieces by likelihood; the trainer in `tokenizers`, which learns
them here, counts pairs as BPE does, and only the cutting differs. Pieces are spelled in bytes and
every byte is a piece, so no word is unknown and spaces come back exactly (BERT's WordPiece loses
both).

Two ways to mark a piece: "##" before one that continues a word, or ▁ at the start of one that
begins it. Inside the vocabulary the space itself, spelled Ġ, is that ▁.
"""

from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from jium.text.learning import add_special_tokens, check_size, finish
from jium.text.pieces import BYTE_CHARACTERS
from jium.text.settings import UNKNOWN, TokenizerConfig

# A word and the space before it; a sign alone; white space. "#" must stand alone: a word that began
# with ## would look like the continuation of another. Words are cut at 32, for time grows with the
# square of length.
_WORDS = r" ?[\p{L}\p{M}]{1,32}| ?\p{N}{1,32}| ?[^\s\p{L}\p{M}\p{N}]|\s"


def train(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """Learn pieces until the vocabulary has the size asked for.

    Raises TokenizerError where the texts have too few.
    """
    prefix = _prefix(settings)
    learner = _backend(
        settings, models.WordPiece(unk_token=UNKNOWN, continuing_subword_prefix=prefix)
    )
    # Ties between pairs are broken by ids, and those of marked bytes would come in the order of a
    # random hash: named here, they are fixed.
    named = settings.all_special_tokens + _marked_bytes(prefix)
    trainer = trainers.WordPieceTrainer(
        vocab_size=settings.vocab_size,
        min_frequency=settings.min_frequency,
        special_tokens=named,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        continuing_subword_prefix=prefix,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    vocabulary = learner.get_vocab()
    learned = sorted(vocabulary, key=vocabulary.__getitem__)[len(named) :]
    pieces = [piece for piece in learned if len(piece.removeprefix(prefix)) > 1]
    check_size(settings, settings.smallest + len(pieces))
    return build(settings, pieces)


def build(settings: TokenizerConfig, pieces: Sequence[str]) -> Tokenizer:
    """A WordPiece tokenizer of the special tokens, every byte, and `pieces`, spelled in bytes."""
    prefix = _prefix(settings)
    names = [*settings.all_special_tokens, *BYTE_CHARACTERS]
    names += _marked_bytes(prefix)
    names += pieces[: settings.vocab_size - len(names)]
    model = models.WordPiece(
        {name: number for number, name in enumerate(names)},
        unk_token=UNKNOWN,
        continuing_subword_prefix=prefix,
        max_input_chars_per_word=1_000_000,
    )
    backend = _backend(settings, model)
    add_special_tokens(backend, settings)
    return backend


def _prefix(settings: TokenizerConfig) -> str:
    return "##" if settings.mark == "##" else ""


def _marked_bytes(prefix: str) -> list[str]:
    return [prefix + char for char in BYTE_CHARACTERS] if prefix else []


def _backend(settings: TokenizerConfig, model: models.Model) -> Tokenizer:
    backend = Tokenizer(model)
    marks_start = settings.mark == "▁"
    finish(backend, settings, leading_space=marks_start)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    steps = [decoders.ByteLevel()]
    backend.decoder = decoders.Sequence(
        [*steps, decoders.Strip(" ", 1, 0)]
        if marks_start
        else [decoders.Replace(Regex("^##"), ""), *steps]
    )
    return backend
