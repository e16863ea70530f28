"""Models that SentencePiece wrote cut text here as they do there."""

import pytest

from jium.text.tokenizer import Tokenizer

sentencepiece = pytest.importorskip("sentencepiece")
TEXTS = [
    f"{a}는 {b}를 좋아한다. I like {c}, too!"
    for a in "나너봄"
    for b in ("책", "차", "꽃")
    for c in ("tea", "books", "rain")
]
NEW = ["나는  tea를 좋아한다!", " 앞 뒤 ", "뷁 😀 likes", "①Ａ raining", "", "bookstea toobooks"]


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
@pytest.mark.parametrize("rule", ["identity", "nmt_nfkc"])
@pytest.mark.parametrize("byte_fallback", [True, False])
def test_ids_equal_those_of_sentencepiece(model_type, rule, byte_fallback, tmp_path):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(tmp_path / "m"),
        model_type=model_type,
        vocab_size=70 + 256 * byte_fallback,
        byte_fallback=byte_fallback,
        normalization_rule_name=rule,
        pad_id=3,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    ours = Tokenizer.load(tmp_path / "m.model")
    assert ours.vocab_size == reference.vocab_size()
    assert (ours.unk_id, ours.start_id, ours.eos_id, ours.pad_id) == (0, 1, 2, 3)
    for text in (*TEXTS, *NEW):
        assert ours.encode(text) == reference.encode(text)
        if byte_fallback:
            assert ours.decode(ours.encode(text)) == reference.decode(reference.encode(text))


def test_a_model_cut_short_is_refused(tmp_path):
    from jium.errors import TokenizerError

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(tmp_path / "m"),
        vocab_size=70,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    whole = (tmp_path / "m.model").read_bytes()
    for size in (0, 1, 100, len(whole) - 1):
        (tmp_path / "short.model").write_bytes(whole[:size])
        with pytest.raises(TokenizerError, match="short.model: is not a SentencePiece model"):
            Tokenizer.load(tmp_path / "short.model")
