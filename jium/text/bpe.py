"""Byte-pair encoding over bytes: merge the most frequent pair of neighbours, again and again.

Sennrich et al. (2016), https://arxiv.org/abs/1508.07909, on bytes as in GPT-2. Text is cut into
words first (a word keeps the space before it), so no merge crosses a space.
"""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from jium.text.learning import check_size, finish
from jium.text.settings import TokenizerConfig


def train(settings: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """Learn merges until the vocabulary has the size asked for.

    Raises TokenizerError where the texts have fewer pairs to merge than that takes.
    """
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    backend.decoder = decoders.ByteLevel()
    finish(backend, settings)
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocab_size,
        min_frequency=settings.min_frequency,
        special_tokens=settings.all_special_tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    check_size(settings, backend.get_vocab_size())
    return backend
