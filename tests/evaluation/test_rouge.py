import sys

import pytest
from rouge_score.rouge_scorer import RougeScorer

from jium.evaluation import rouge
from jium.evaluation.rouge import Rouge

NAMES = ["rouge1", "rouge2", "rougeL"]


@pytest.mark.parametrize("stem", [False, True])
def test_equals_rouge_score_on_english(stem, english):
    theirs = RougeScorer(NAMES, use_stemmer=stem)
    found = [theirs.score(reference, guess) for guess, reference in zip(*english, strict=True)]
    expected = {name: 100 * sum(f[name].fmeasure for f in found) / len(found) for name in NAMES}
    assert Rouge(stem=stem)(*english) == pytest.approx(expected)
    assert Rouge(stem=stem, language="en")(*english) == pytest.approx(expected)


@pytest.mark.parametrize("language", [None, "en", "ko"])
def test_identical_korean_is_perfect_where_rouge_scores_own_tokenizer_says_zero(language):
    """A trap: the library keeps only a-z and 0-9."""
    sentence = "나는 오늘 학교에 갔습니다."
    assert RougeScorer(NAMES).score(sentence, sentence)["rouge1"].fmeasure == 0
    assert Rouge(language=language)([sentence], [sentence]) == pytest.approx(
        dict.fromkeys(NAMES, 100)
    )


def test_morphemes_see_the_noun_under_another_particle():
    prediction, reference = "학교를 지나갔다", "학교에 도착하였다"
    assert Rouge(language="ko")([prediction], [reference])["rouge1"] > 0
    assert Rouge(tokenize="words")([prediction], [reference])["rouge1"] == 0


def test_punctuation_is_not_a_word_in_either_tokenization():
    for metric in (Rouge(tokenize="words"), Rouge(tokenize="ko-morph")):
        assert metric.sentence('"정말 좋다!!"', "정말 좋다") == pytest.approx(100)
        assert metric.sentence("!!!", "???") == 0


def test_laughter_and_composed_or_decomposed_letters_are_words():
    assert Rouge(language="ko").sentence("ㅋㅋㅋ", "ㅋㅋㅋ") == pytest.approx(100)
    assert Rouge().sentence("학교", "학교") == pytest.approx(100)


def test_signature_says_how_words_were_found():
    assert "tok:unicode-words|" in Rouge(language="en").signature()
    assert "tok:ko-morph-kiwipiepy-" in Rouge(language="ko").signature()
    assert "stem:porter" in Rouge(stem=True).signature()


def test_without_kiwi_korean_falls_back_to_words_and_the_signature_says_so(monkeypatch):
    monkeypatch.setattr(rouge, "find_spec", lambda name: None)
    metric = Rouge(language="ko")
    assert "tok:unicode-words|" in metric.signature()
    assert metric.sentence("나는 간다", "나는 간다") == pytest.approx(100)


def test_a_sentence_is_ranked_by_the_longest_common_subsequence():
    metric = Rouge()
    prediction, reference = "a b c d", "d c b a"
    assert metric.sentence(prediction, reference) == metric([prediction], [reference])["rougeL"]
    assert metric.sentence(prediction, reference) == pytest.approx(25)


def test_missing_library_says_which_extra_brings_it(monkeypatch):
    from jium.errors import MissingExtra

    rouge._scorer.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score", None)
    monkeypatch.delitem(sys.modules, "rouge_score.rouge_scorer", raising=False)
    with pytest.raises(MissingExtra, match=r"jium\[metrics\]"):
        Rouge()(["a"], ["a"])
