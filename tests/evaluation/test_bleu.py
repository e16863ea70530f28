import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU

from jium.evaluation.bleu import Bleu
from jium.text.korean import kiwi

words = st.sampled_from(
    ["the", "The", "cat", "sat", "mat.", "on", "don't", "3.5", "학교에", "😀", "-"]
)
sentences = st.lists(words, max_size=9).map(" ".join)
corpora = st.lists(st.tuples(sentences, sentences), min_size=1, max_size=6)


@pytest.mark.parametrize("tokenize", ["13a", "intl", "char", "none"])
@pytest.mark.parametrize("lowercase", [False, True])
@settings(max_examples=40, deadline=None)
@given(corpus=corpora)
def test_equals_sacrebleu(tokenize, lowercase, corpus):
    predictions, references = map(list, zip(*corpus, strict=True))
    theirs = BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    ours = Bleu(tokenize=tokenize, lowercase=lowercase)
    expected = theirs.corpus_score(predictions, [references]).score
    assert ours(predictions, references) == {"bleu": pytest.approx(expected, abs=1e-9)}
    assert ours.signature() == theirs.get_signature().format()


def test_korean_equals_sacrebleu_over_spaced_morphemes(korean):
    spaced = [[" ".join(m.form for m in kiwi().tokenize(text)) for text in side] for side in korean]
    expected = BLEU(tokenize="none", force=True).corpus_score(spaced[0], [spaced[1]]).score
    assert Bleu(language="ko")(*korean)["bleu"] == pytest.approx(expected, abs=1e-9)


def test_language_chooses_the_tokenization_unless_it_is_given():
    assert "tok:ko-morph-kiwipiepy-" in Bleu(language="ko").signature()
    assert "tok:13a|" in Bleu(language="en").signature()
    assert "tok:13a|" in Bleu().signature()
    assert "tok:char|" in Bleu(language="ko", tokenize="char").signature()


def test_signature_of_morphemes_names_the_versions_of_kiwi():
    from importlib.metadata import version

    signature = Bleu(tokenize="ko-morph").signature()
    assert version("kiwipiepy") in signature
    assert version("kiwipiepy_model") in signature


def test_a_wrong_particle_costs_less_by_morphemes_than_by_words():
    prediction, reference = "나는 어제 학교를 갔습니다.", "나는 어제 학교에 갔습니다."
    by_words, by_morphemes = Bleu(tokenize="13a"), Bleu(tokenize="ko-morph")
    assert by_morphemes.sentence(prediction, reference) > by_words.sentence(prediction, reference)


def test_corpus_bleu_is_not_the_mean_of_batch_bleus():
    """A trap: in a mean of batches a short bad one weighs as much as a long good one."""
    good = ["a dog runs along the beach with a red ball in its mouth on a sunny day"]
    bad, truth = ["one man is on a bike"], ["the man is on a bike"]
    batches = [Bleu()(good, good)["bleu"], Bleu()(bad, truth)["bleu"]]
    corpus = Bleu()(good + bad, good + truth)["bleu"]
    assert corpus == pytest.approx(BLEU().corpus_score(good + bad, [good + truth]).score)
    assert corpus - sum(batches) / 2 > 5


def test_case_counts_unless_told_otherwise():
    prediction, reference = ["THE CAT SAT ON THE MAT"], ["the cat sat on the mat"]
    assert Bleu()(prediction, reference)["bleu"] == 0
    assert Bleu(lowercase=True)(prediction, reference)["bleu"] == pytest.approx(100)


def test_one_right_word_is_zero_as_a_corpus_and_perfect_as_a_sentence():
    """Such a corpus has no 4-gram to count; sentences are ranked by the orders they have."""
    assert Bleu()(["Yes"], ["Yes"])["bleu"] == BLEU().corpus_score(["Yes"], [["Yes"]]).score == 0
    assert Bleu().sentence("Yes", "Yes") == pytest.approx(100)


def test_a_sentence_equals_sacrebleus_sentence_score(english):
    theirs = BLEU(effective_order=True)
    for prediction, reference in zip(*english, strict=True):
        expected = theirs.sentence_score(prediction, [reference]).score
        assert Bleu().sentence(prediction, reference) == pytest.approx(expected)


def test_short_output_is_punished_over_the_whole_corpus():
    reference = "one two three four five six seven eight"
    assert Bleu()(["one two three four"], [reference])["bleu"] == pytest.approx(100 / 2.718281828)
