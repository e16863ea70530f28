"""Morphemes and letters."""

import pytest

from jium.text.korean import Morphemes, analyse, fix_spacing
from jium.text.tokenizer import Tokenizer, TokenizerConfig

pytest.importorskip("kiwipiepy")
CORPUS = [
    "코로나가 심하다",
    "학교가 멀다",
    "학교는 가깝다",
    "나는 걸었다",
    "고양이가 걸었다",
    "코로나는 끝났다",
] * 5


@pytest.mark.parametrize(
    ("text", "analysis"),
    [
        ("코로나가 심하다", "코로나/NNP 가/JKS 심하/VA 다/EF"),
        ("걸었다", "걷/VV-I 었/EP 다/EF"),
    ],
)
def test_analyses_of_the_figures(text, analysis):
    assert " ".join(f"{m.form}/{m.tag}" for m in analyse(text)) == analysis


def test_spacing_is_repaired():
    assert fix_spacing("아버지가방에들어가신다") == "아버지가 방에 들어가신다"


def test_pieces_begin_where_morphemes_do_and_join_to_the_text():
    texts = ["코로나가 심하다", "  해서  갔다 ", "", " ", "😀학교에\n갔다"]
    cut = Morphemes().prepare(texts)
    assert cut[0] == ["코로나", "가", " 심하", "다"]
    assert ["".join(pieces) for pieces in cut] == texts


def test_morpheme_tokens_never_hold_both_a_noun_and_its_particle():
    tokenizer = Tokenizer.train(TokenizerConfig(kind="morpheme", vocab_size=280), CORPUS * 9)
    plain = Tokenizer.train(TokenizerConfig(kind="bpe", vocab_size=320), CORPUS * 9)
    for text in ("코로나가 심하다", "학교가 멀다"):
        edge = text.index("가")
        assert edge in {start for start, _ in tokenizer.offsets(text)}
        assert edge not in {start for start, _ in plain.offsets(text)}


def test_letters_share_an_ending_that_syllables_hide():
    """간다 and 온다 have no syllable in common but 다; their letters share ㄴ다."""
    texts = ["간다 온다 본다 판다 안다 난다 산다 준다 푼다 쓴다 편다"] * 9
    tokenizer = Tokenizer.train(TokenizerConfig(kind="jamo", vocab_size=290), texts)
    assert tokenizer.token_id("\u11ab다") is not None
    assert tokenizer.tokens("탄다")[-1].endswith("\u11ab다")
    assert tokenizer.decode(tokenizer.encode("탄다")) == "탄다"
