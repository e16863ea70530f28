import pytest

from jium.data.phrasebook import Pattern, read_tables, read_verbs, with_article
from jium.errors import DataError

VERBS = read_verbs(["read reads read reading", "go goes went going"])
TABLES = read_tables(
    """
[과일] noun
사과	apple	apples
귤	tangerine	tangerines
[음식] noun
+ 과일
빵	bread	-
[사람] noun
엄마	my mom
[일] verb
책을 읽다	읽어	read books
시장에 가다	가	go to the market
[맛] adjective
맵다	매워	spicy	spicier
[느낌] adjective
짜다	짜	salty
""".splitlines(),
    VERBS,
)


def pairs(line: str, most: int = 1000) -> list[tuple[str, str]]:
    return list(Pattern(line, TABLES).pairs(most))


def test_every_word_of_the_table_fills_the_slot_in_both_languages() -> None:
    assert pairs("{음식:을/를} 먹어요.\tI eat {음식:a}.") == [
        ("사과를 먹어요.", "I eat an apple."),
        ("귤을 먹어요.", "I eat a tangerine."),
        ("빵을 먹어요.", "I eat bread."),
    ]


def test_verbs_and_adjectives_take_their_forms_in_both_languages() -> None:
    assert pairs("{사람:은/는} {일:었어요}.\t{사람} {일:ed}.") == [
        ("엄마는 책을 읽었어요.", "My mom read books."),
        ("엄마는 시장에 갔어요.", "My mom went to the market."),
    ]
    assert pairs("더 {맛:은} 것\t{맛:er}") == [("더 매운 것", "Spicier")]


def test_two_slots_of_one_table_never_hold_the_same_word() -> None:
    found = pairs("{과일:과/와} {과일2}\t{과일} and {과일2}")
    assert found == [("귤과 사과", "Tangerine and apple"), ("사과와 귤", "Apple and tangerine")]


def test_korean_variants_share_one_english_sentence() -> None:
    found = pairs("{사람:이/가} 와요. | {사람:이/가} 옵니다.\t{사람} comes.")
    assert found == [("엄마가 와요.", "My mom comes."), ("엄마가 옵니다.", "My mom comes.")]


def test_a_sample_is_a_part_of_the_whole_and_always_the_same() -> None:
    line = "{음식:과/와} {과일} | {음식:이랑/랑} {과일}\t{음식} and {과일}"
    whole, sample = pairs(line), pairs(line, most=4)
    assert 0 < len(sample) <= 4 < len(whole)
    assert set(sample) <= set(whole)
    assert sample == pairs(line, most=4)


def test_article_goes_by_sound() -> None:
    assert with_article("English book") == "an English book"
    assert with_article("uniform") == "a uniform"
    assert with_article("hour") == "an hour"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{없음}\tnothing", "{없음}\tnothing: no table '없음' of words."),
        ("사과 an apple", "사과 an apple: no tab between the Korean and the English sentence."),
        ("{사람}\t{사람:many}", "엄마: no English form 'many'. It has: a."),
        ("{느낌}\t{느낌:er}", "짜다: no English form 'er'. It has: a."),
    ],
)
def test_a_wrong_line_is_named(line: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        pairs(line)
    assert str(error.value) == message


def test_an_english_verb_without_its_forms_is_named() -> None:
    with pytest.raises(DataError, match="'fly' .날다. is not among the English verbs"):
        read_tables(["[일] verb", "날다\t날아\tfly"], VERBS)
