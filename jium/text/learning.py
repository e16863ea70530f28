"""What all trainers share: texts that exist, special tokens first, a size that was reached."""

from collections.abc import Iterable, Iterator
from itertools import chain

from tokenizers import AddedToken, Tokenizer, normalizers

from jium.errors import TokenizerError
from jium.text.settings import TokenizerConfig


def nonempty(texts: Iterable[str]) -> Iterator[str]:
    """The texts that hold more than white space. Raises TokenizerError where there is none."""
    kept = (text for text in texts if text.strip())
    first = next(kept, None)
    if first is None:
        raise TokenizerError(
            "There is no text to learn a tokenizer from; give some that is not empty."
        )
    return chain([first], kept)


def finish(backend: Tokenizer, settings: TokenizerConfig, leading_space: bool = False) -> None:
    """Set what is done to text before it is cut: one space before it, lower case.

    The leading space makes the first word of a text the same piece as the same word inside it.
    """
    steps: list[normalizers.Normalizer] = []
    if settings.lowercase:
        steps.append(normalizers.Lowercase())
    if leading_space:
        steps.append(normalizers.Prepend(" "))
    if steps:
        backend.normalizer = normalizers.Sequence(steps)


def add_special_tokens(backend: Tokenizer, settings: TokenizerConfig) -> None:
    """Declare the special tokens of a vocabulary put together by hand, which begins with them."""
    backend.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in settings.all_special_tokens]
    )


def check_size(settings: TokenizerConfig, reached: int) -> None:
    """Raise TokenizerError where the texts gave a smaller vocabulary than was asked for."""
    if reached < settings.vocab_size:
        raise TokenizerError(
            "A vocabulary of {asked} is larger than the texts support: they give {most} at most. "
            "Set tokenizer.vocab_size={most}, or give more text.",
            asked=settings.vocab_size,
            most=reached,
        )
