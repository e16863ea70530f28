"""WordPiece: longest match from the left, in both ways to mark."""

import pytest

from jium.text import wordpiece
from jium.text.pieces import spell
from jium.text.special import ROLES
from jium.text.tokenizer import Tokenizer, TokenizerConfig

ROLE_TOKENS = dict(zip(ROLES, ("<PAD>", "<UNK>", "<START>", "<EOS>"), strict=True))


def built(mark: str, *pieces: str) -> Tokenizer:
    """A tokenizer of these pieces; ▁ stands for a space."""
    settings = TokenizerConfig(kind="wordpiece", mark=mark, vocab_size=2000)
    spelled = [
        "##" * piece.startswith("##") + spell(piece.removeprefix("##").replace("▁", " ").encode())
        for piece in pieces
    ]
    return Tokenizer(wordpiece.build(settings, spelled), "wordpiece", ROLE_TOKENS)


def test_the_thirteen_pieces_of_the_figures_join_back_to_the_sentence():
    sentence = "Jet makers feud over seat width with big orders at stake"
    pieces = ["▁J", "et", "▁makers", "▁fe", "ud", "▁over", "▁seat", "▁width", "▁with", "▁big"]
    pieces += ["▁orders", "▁at", "▁stake"]
    tokenizer = built("▁", *pieces)
    assert tokenizer.tokens(sentence) == pieces
    assert len(pieces) == 13
    assert tokenizer.decode(tokenizer.encode(sentence)) == sentence


def test_the_longest_piece_wins_even_where_a_shorter_one_would_do():
    tokenizer = built("##", "un", "unaff", "##able", "##aff", "##a", "##ff", "##ab")
    assert tokenizer.tokens("unaffable") == ["unaff", "##able"]
    assert built("##", "un", "##aff", "##able").tokens("unaffable") == ["un", "##aff", "##able"]


def test_a_word_that_bert_would_call_unknown_falls_back_to_bytes():
    tokenizer = built("##", "▁play", "##ing")
    assert tokenizer.tokens(" playing 😀") == ["▁play", "##ing", "▁", *_bytes("😀")]
    assert tokenizer.unk_id not in tokenizer.encode("뷁 ①")


def test_a_hash_in_the_text_is_not_taken_for_the_mark():
    tokenizer = built("##", "##a", "##ing")
    for text in ("##a", "a ##ing", "#", "# ##", "a#a"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("mark", ["##", "▁"])
def test_training_learns_frequent_words_and_restores_spaces(mark):
    texts = ["the walking man is talking", "a walking  stick (for walking)"] * 20
    size = 530 if mark == "##" else 280
    tokenizer = Tokenizer.train(
        TokenizerConfig(kind="wordpiece", mark=mark, vocab_size=size), texts
    )
    assert tokenizer.vocab_size == size
    assert "▁walking" in tokenizer.tokens("the walking man")
    for text in texts[:2]:
        assert tokenizer.decode(tokenizer.encode(text)) == text


def _bytes(char: str) -> list[str]:
    return [f"##<0x{byte:02X}>" for byte in char.encode()]
