import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import align_words, single_meteor_score

from jium.evaluation.meteor import Meteor, align
from jium.evaluation.morphemes import words


class NoSynonyms:
    """Stands for WordNet, so that nltk runs only its exact and stem stages."""

    def synsets(self, word: str) -> list[object]:
        return []


def stemmed(sentence):
    return [(word, PorterStemmer().stem(word)) for word in words(sentence)]


vocabulary = st.sampled_from(
    ["run", "runs", "the", "cat", "cats", "quickly", "quick", ".", ",", "on"]
)
sentences = st.lists(vocabulary, min_size=1, max_size=10)


@settings(max_examples=150, deadline=None)
@given(prediction=sentences, reference=sentences)
def test_equals_nltks_exact_and_stem_stages(prediction, reference):
    matches, _, _ = align_words(prediction, reference, wordnet=NoSynonyms())
    ours = align(stemmed(" ".join(prediction)), stemmed(" ".join(reference)))
    assert ours == matches
    if prediction != reference:
        expected = single_meteor_score(reference, prediction, wordnet=NoSynonyms())
        score = Meteor().sentence(" ".join(prediction), " ".join(reference))
        assert score == pytest.approx(100 * expected)


def test_equals_nltk_on_sentences(english):
    for prediction, reference in zip(*english, strict=True):
        if prediction and prediction != reference:
            pair = words(reference), words(prediction)
            expected = single_meteor_score(*pair, wordnet=NoSynonyms())
            assert Meteor().sentence(prediction, reference) == pytest.approx(100 * expected)


def test_other_parameters_equal_nltks_too():
    prediction, reference = "the cats ran on", "on the mat a cat runs quickly"
    fields = {"alpha": 0.85, "beta": 0.2, "gamma": 0.6}
    expected = single_meteor_score(
        words(reference), words(prediction), wordnet=NoSynonyms(), **fields
    )
    assert Meteor(**fields).sentence(prediction, reference) == pytest.approx(100 * expected)


def test_score_by_hand():
    """Three words of 4 and 5 match, in two chunks: F = 10PR / (R + 9P), less 0.5 (2/3)^3."""
    precision, recall = 3 / 4, 3 / 5
    f_mean = 10 * precision * recall / (recall + 9 * precision)
    expected = 100 * f_mean * (1 - 0.5 * (2 / 3) ** 3)
    assert Meteor().sentence("a b x c", "a b y c z") == pytest.approx(expected)


def test_corpus_is_scored_from_sums_and_not_by_the_mean(english):
    metric = Meteor()
    pairs = list(zip(*english, strict=True))
    mean = sum(metric.sentence(*pair) for pair in pairs) / len(pairs)
    assert metric(*english)["meteor"] != pytest.approx(mean, abs=0.5)


def test_one_equal_word_is_perfect():
    """nltk gives 0.5 here: its one chunk is the whole sentence, and is punished all the same."""
    assert Meteor().sentence("Yes", "yes") == pytest.approx(100)


def test_scattered_order_costs():
    metric = Meteor()
    reference = "a b c d e f"
    assert (
        metric.sentence("f e d c b a", reference) < metric.sentence("d e f a b c", reference) < 100
    )


@pytest.mark.parametrize(
    ("prediction", "reference"),
    [("학교에", "학교는"), ("갔습니다", "가요"), ("읽고", "읽었다"), ("아름다웠어요", "아름답다")],
)
def test_korean_words_match_under_other_particles_and_endings(prediction, reference):
    assert Meteor(language="ko").sentence(prediction, reference) > 0
    assert Meteor().sentence(prediction, reference) == 0


def test_different_korean_stems_do_not_match():
    assert Meteor(language="ko").sentence("학교에", "병원에") == 0
    assert Meteor(language="ko").sentence("갔습니다", "왔습니다") == 0


def test_words_as_written_match_before_stems():
    prediction, reference = [("cats", "cat"), ("cat", "cat")], [("cat", "cat"), ("cats", "cat")]
    assert align(prediction, reference) == [(0, 1), (1, 0)]
