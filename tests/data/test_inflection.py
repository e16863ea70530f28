import pytest

from jium.data.inflection import conjugate, particle


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("빵", "을/를", "을"),
        ("사과", "을/를", "를"),
        ("집", "으로/로", "으로"),
        ("서울", "으로/로", "로"),
        ("서울", "이/가", "이"),
        ("버스", "으로/로", "로"),
        ("의사", "이에요/예요", "예요"),
        ("지훈", "아/야", "아"),
        ("물", "과/와", "과"),
    ],
)
def test_particle_follows_the_final_consonant(word: str, pair: str, expected: str) -> None:
    assert particle(word, pair) == expected


@pytest.mark.parametrize(
    ("verb", "infinitive", "forms"),
    [
        ("읽다", "읽어", "읽어요 읽었어요 읽고 읽으면 읽으세요 읽을 읽은 읽는 읽습니다 읽읍시다"),
        ("가다", "가", "가요 갔어요 가고 가면 가세요 갈 간 가는 갑니다 갑시다"),
        ("듣다", "들어", "들어요 들었어요 듣고 들으면 들으세요 들을 들은 듣는 듣습니다 들읍시다"),
        ("돕다", "도와", "도와요 도왔어요 돕고 도우면 도우세요 도울 도운 돕는 돕습니다 도웁시다"),
        ("짓다", "지어", "지어요 지었어요 짓고 지으면 지으세요 지을 지은 짓는 짓습니다 지읍시다"),
        (
            "만들다",
            "만들어",
            "만들어요 만들었어요 만들고 만들면 만드세요 만들 만든 만드는 만듭니다 만듭시다",
        ),
        (
            "부르다",
            "불러",
            "불러요 불렀어요 부르고 부르면 부르세요 부를 부른 부르는 부릅니다 부릅시다",
        ),
    ],
)
def test_a_verb_takes_each_ending_as_grammar_books_say(
    verb: str, infinitive: str, forms: str
) -> None:
    endings = ["어요", "었어요", "고", "으면", "으세요", "을", "은", "는", "습니다", "읍시다"]
    assert [conjugate(verb, infinitive, ending) for ending in endings] == forms.split()


def test_only_the_last_word_of_a_phrase_changes() -> None:
    assert conjugate("꽃에 물을 주다", "줘", "었어요") == "꽃에 물을 줬어요"


def test_itda_adjectives_stand_before_a_noun_with_neun() -> None:
    assert conjugate("맛있다", "맛있어", "은") == "맛있는"
    assert conjugate("맵다", "매워", "은") == "매운"
    assert conjugate("길다", "길어", "은") == "긴"
