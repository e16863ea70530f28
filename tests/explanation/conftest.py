"""A toy translator whose alignment is known, because it was planted.

Word for word with the order turned: 나는 사과를 먹고 싶어 is I want eat apples. What 먹고 means
hangs on its object, as it does in Korean (밥을 먹다 eats, 약을 먹다 takes), and the encoder is
asked for the meaning at the verb's own place, so it has to look from the verb to the object.
"""

import dataclasses
import itertools
import random
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F

from jium.data.batches import PairFormat
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.tasks.translate import Translator
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SUBJECTS = {"나는": "I", "너는": "you", "우리는": "we", "그는": "he", "누나는": "she"}
OBJECTS = {
    "사과를": "apples",
    "물을": "water",
    "약을": "medicine",
    "밥을": "rice",
    "책을": "books",
}
VERBS = {"먹고": "eat", "사고": "buy", "팔고": "sell", "보고": "see", "찾고": "find"}
ENDINGS = {"싶어": "want", "있어": "keep", "말았어": "end", "말자": "avoid", "가자": "go"}
SENSES = {"사과를": "eat", "물을": "drink", "약을": "take", "밥을": "have", "책을": "devour"}
LEXICON = SUBJECTS | OBJECTS | VERBS | ENDINGS
PLANTED = "나는 사과를 먹고 싶어"


def meaning(words: list[str]) -> list[str]:
    """Each word in English, in its own place."""
    sense = SENSES[words[1]] if words[2] == "먹고" else VERBS[words[2]]
    return [SUBJECTS[words[0]], OBJECTS[words[1]], sense, ENDINGS[words[3]]]


def translation(text: str) -> str:
    subject, object, verb, ending = meaning(text.split())
    return f"{subject} {ending} {verb} {object}"


def aligned(word: str) -> str:
    """The source word that a target word was made from."""
    back = {english: korean for korean, english in LEXICON.items()}
    return back.get(word, "먹고")


@dataclass
class Toy:
    """A trained translator, and sentences that it has not seen."""

    translator: Translator
    unseen: list[str]
    translation = staticmethod(translation)
    aligned = staticmethod(aligned)


@pytest.fixture(scope="session")
def toy() -> Toy:
    """Some seconds of training on one core."""
    texts = [" ".join(words) for words in itertools.product(SUBJECTS, OBJECTS, VERBS, ENDINGS)]
    random.Random(0).shuffle(texts)
    texts.remove(PLANTED)
    known = texts[:500]
    translator = untrained([*texts, *map(translation, texts)])
    torch.manual_seed(1)
    optimiser = torch.optim.Adam(translator.model.parameters(), lr=3e-3)
    chance = random.Random(1)
    for _ in range(300):
        loss = toy_loss(translator, chance.sample(known, 32))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    translator.model.eval()
    return Toy(translator, [*texts[500:540], PLANTED])


def toy_loss(translator: Translator, texts: list[str]) -> torch.Tensor:
    model, tokenizer = translator.model, translator.tokenizer
    batch = translator.batch(texts, [translation(t) for t in texts], [""] * len(texts), None)
    memory = model.encode(batch.source, batch.source_layout)
    hidden = model.decode(batch.target_in, batch.target_layout, memory, batch.source_layout)
    own = [[*tokenizer.encode(" ".join(meaning(t.split()))), tokenizer.eos_id] for t in texts]
    meanings = torch.tensor(list(itertools.chain(*own)))
    return F.cross_entropy(model.output(hidden), batch.target_out) + F.cross_entropy(
        model.output(memory), meanings
    )


@pytest.fixture(scope="session")
def rough() -> Translator:
    """Untrained, with more than one of everything, and pieces smaller than words."""
    texts = ["나는 사과를 먹고 싶어.", "I want to eat an apple."] * 3
    shape = dict(n_heads=2, n_encoder_layers=2, n_decoder_layers=3, max_len=96)
    translator = untrained(texts, "bpe", 290, **shape)
    translator.model.eval()
    ids = [translator.tokenizer.token_id(name) for name in ("<2en>", "<2ko>")]
    translator.format = dataclasses.replace(translator.format, forward=ids[0], backward=ids[1])
    return translator


def untrained(
    texts: list[str], kind: str = "word", vocab_size: int = 100, **more: object
) -> Translator:
    """A translator of one layer and one head; `more` changes its shape."""
    torch.manual_seed(1)
    settings = TokenizerConfig(kind=kind, vocab_size=vocab_size, special_tokens=["<2en>", "<2ko>"])
    tokenizer = Tokenizer.train(settings, texts)
    shape = dict(dim=32, n_heads=1, ffn_dim=32, n_encoder_layers=1, n_decoder_layers=1)
    shape |= dict(max_len=32, dropout=0.0, vocab_size=tokenizer.vocab_size)
    config = Seq2SeqConfig(**shape | more)
    format = PairFormat(tokenizer.start_id, tokenizer.eos_id)
    return Translator(Seq2Seq(config), tokenizer, format, ("ko", "en"))
