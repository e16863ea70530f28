"""Vocabularies of words and of single characters: simple, and the only kinds with unknowns."""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from jium.text.learning import finish
from jium.text.settings import UNKNOWN, TokenizerConfig

# A word keeps the space before it, so that joining words again needs no guess where spaces go.
_WORDS = r" ?[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)*| ?[^\s\p{L}\p{M}\p{N}]|\s"
_CHARACTERS = r"[\s\S]"


def train_words(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """The most frequent words, and no more than `vocab_size` of them; others become <UNK>."""
    backend = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    finish(backend, settings, leading_space=True)
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(_WORDS), "isolated")
    backend.decoder = decoders.Sequence([decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return _count(backend, settings, texts)


def train_characters(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """The most frequent characters, spaces among them; others become <UNK>."""
    backend = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    finish(backend, settings)
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(_CHARACTERS), "isolated")
    backend.decoder = decoders.Fuse()
    return _count(backend, settings, texts)


def _count(backend: Tokenizer, settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    trainer = trainers.WordLevelTrainer(
        vocab_size=settings.vocab_size,
        min_frequency=settings.min_frequency,
        special_tokens=settings.all_special_tokens,
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return backend
