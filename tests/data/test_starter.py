import re
import unicodedata
from collections import Counter
from itertools import chain

import pytest

from jium.data import starter
from jium.data.starter import StarterPair, read
from jium.errors import DataError

SPLITS = {name: list(read(name)) for name in ("train", "valid", "test", "unseen")}
PATTERNS = list(starter.patterns())
EVERY = list(chain.from_iterable(SPLITS.values()))


def korean_words(pairs: list[StarterPair]) -> set[str]:
    return set(chain.from_iterable(re.findall(r"[가-힣0-9]+", pair.source) for pair in pairs))


def english_words(pairs: list[StarterPair]) -> set[str]:
    return set(chain.from_iterable(re.findall(r"[a-z'-]+", pair.target.lower()) for pair in pairs))


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert 30_000 < len(SPLITS["train"]) < 40_000
    assert 800 < len(SPLITS["valid"]) < 1_500
    assert 800 < len(SPLITS["test"]) < 1_500
    assert 55 < len(SPLITS["unseen"]) < 80
    assert sum(bool(pattern.choices) for _, pattern in PATTERNS) > 500
    assert sum(not pattern.choices for _, pattern in PATTERNS) > 300


def test_the_vocabulary_is_compact() -> None:
    assert 2_500 < len(korean_words(SPLITS["train"])) < 4_500
    assert 900 < len(english_words(SPLITS["train"])) < 1_400


def test_the_mean_sentence_is_of_six_to_nine_english_words() -> None:
    lengths = [len(pair.target.split()) for pair in SPLITS["train"]]
    assert 6 < sum(lengths) / len(lengths) < 9


def test_no_sentence_stands_in_two_splits_in_either_language() -> None:
    for side in ("source", "target"):
        sets = [{getattr(pair, side) for pair in pairs} for pairs in SPLITS.values()]
        assert sum(map(len, sets)) == len(set.union(*sets))


def test_one_korean_sentence_has_one_english_sentence_even_outside_the_sample() -> None:
    english: dict[str, str] = {}
    for _, pattern in PATTERNS:
        for source, target in pattern.pairs(5_000):
            assert english.setdefault(source, target) == target


def test_no_pair_comes_twice() -> None:
    assert max(Counter((pair.source, pair.target) for pair in EVERY).values()) == 1


def test_reading_anew_gives_the_same_pairs_in_the_same_order() -> None:
    starter._splits.cache_clear()
    assert {name: list(read(name)) for name in SPLITS} == SPLITS


def test_every_korean_sentence_is_nfc_hangul_digits_and_punctuation() -> None:
    for pair in EVERY:
        assert unicodedata.is_normalized("NFC", pair.source)
        assert re.fullmatch(r"[가-힣0-9]+(,? [가-힣0-9]+)*[.?]", pair.source), pair


def test_every_english_sentence_is_ascii_and_written_as_a_sentence() -> None:
    for pair in EVERY:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9',-]*( [A-Za-z0-9'-]+,?)*[.?]", pair.target), pair


def test_a_question_is_a_question_in_both_languages() -> None:
    greeting = re.compile("안녕하(세요|십니까)")
    for pair in EVERY:
        if not greeting.search(pair.source):
            assert pair.source.endswith("?") == pair.target.endswith("?"), pair


def test_the_article_before_a_word_fits_its_sound() -> None:
    for pair in EVERY:
        assert not re.search(r"\b[Aa] [aeiouAEIO]|\b[Aa]n [^aeiouAEIO]", pair.target), pair


def test_english_verbs_agree_with_their_subject() -> None:
    rows = [line.split() for line in starter._lines("verbs.txt")]
    third = "|".join(row[1] for row in rows)
    base = "|".join(row[0] for row in rows if row[0] != row[2])  # the past of read is read
    somebody = r"Minsu|Jisu|Junho|Yuna|My (?:mom|dad|friend|(?:older|little) \w+)|The \w+"
    often = "(?:often|sometimes|always|usually) "
    wrong = re.compile(
        rf"(?:I|We) (?:{often})?(?:{third})\b|(?:{somebody}) (?:{often})?(?:{base})\b"
    )
    assert wrong.match("I often reads books.") and wrong.match("My older sister sing songs.")
    for pair in EVERY:
        assert not wrong.match(pair.target), pair


def final_of(word: str) -> str:
    """The last letter if it is a final consonant, by decomposition, not by arithmetic."""
    last = unicodedata.normalize("NFD", word)[-1]
    return last if "\u11a8" <= last <= "\u11c2" else ""


def test_every_particle_fits_the_word_before_it() -> None:
    slots = re.compile(r"\{([^{}:]+):([^{}/]+)/([^{}]+)\}")
    checked = 0
    for _, pattern in PATTERNS:
        found = [slot for slot in slots.findall(pattern.line.split("\t")[0])]
        for name, closed, opened in found:
            for word in pattern.choices[name]:
                final = final_of(word.korean)
                fits = opened if not final or (closed == "으로" and final == "\u11af") else closed
                assert word.in_korean(f"{closed}/{opened}") == word.korean + fits
                checked += 1
    assert checked > 5_000


def test_no_expanded_sentence_has_a_particle_that_its_noun_refuses() -> None:
    nouns = {
        word.korean
        for _, pattern in PATTERNS
        for words in pattern.choices.values()
        for word in words
        if not word.infinitive and " " not in word.korean
    }
    after_vowel, after_consonant = ("는", "를", "와", "예요"), ("은", "을", "과", "이에요")
    for eojeol in korean_words(EVERY):
        for ending in after_vowel + after_consonant:
            noun = eojeol.removesuffix(ending)
            if noun != eojeol and noun in nouns and eojeol not in nouns:
                assert bool(final_of(noun)) == (ending in after_consonant), eojeol


def test_held_out_sentences_are_made_of_words_that_training_has() -> None:
    korean, english = korean_words(SPLITS["train"]), english_words(SPLITS["train"])
    for name in ("valid", "test"):
        assert korean_words(SPLITS[name]) <= korean
        assert english_words(SPLITS[name]) <= english


def test_every_pattern_is_trained_on() -> None:
    trained = {pair.source for pair in SPLITS["train"]}
    for _, pattern in PATTERNS:
        made = {source for source, _ in pattern.pairs(starter.MOST_PER_PATTERN)}
        assert 2 * len(made & trained) >= len(made), pattern.line


def test_unseen_sentences_follow_no_pattern_but_use_known_words() -> None:
    unseen = SPLITS["unseen"]
    assert english_words(unseen) <= english_words(SPLITS["train"])
    known = korean_words(SPLITS["train"])
    eojeols = [word for pair in unseen for word in re.findall(r"[가-힣0-9]+", pair.source)]
    assert sum(word in known for word in eojeols) > 0.85 * len(eojeols)
    sources = {pair.source for pair in unseen}
    for _, pattern in PATTERNS:
        assert sources.isdisjoint(source for source, _ in pattern.pairs(50_000)), pattern.line


def test_every_topic_brings_hundreds_of_pairs() -> None:
    counts = Counter(pair.tag for pair in SPLITS["train"])
    assert set(counts) == set(starter.TOPICS)
    assert min(counts.values()) > 400


def test_an_unknown_split_lists_those_there_are() -> None:
    with pytest.raises(DataError) as error:
        read("dev")  # type: ignore[arg-type]
    assert str(error.value) == (
        "The starter corpus has no split 'dev'. It has: train, valid, test, unseen."
    )


def test_every_table_of_words_is_used() -> None:
    lines = starter._lines("words.txt")
    tables = {line[1 : line.index("]")] for line in lines if line.startswith("[")}
    included = {line[2:] for line in lines if line.startswith("+ ")}
    used = {name.rstrip("0123456789") for _, pattern in PATTERNS for name in pattern.choices}
    assert tables == used | included
