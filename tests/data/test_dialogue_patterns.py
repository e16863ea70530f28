import pytest

from jium.data.dialogue_patterns import Dialogue, DialoguePattern, blocks, read_tables
from jium.errors import DataError

KOREAN = read_tables(["[이름]", "민수, 지훈", "유나", "", "[계획]", "책을 읽다 (읽어)"], "ko")
ENGLISH = read_tables(["[pet]", "dog (dogs), owl (owls)", "[food]", "soup, rice"], "en")


def korean(*lines: str) -> DialoguePattern:
    return DialoguePattern(list(lines), KOREAN, "memory", "ko")


def english(*lines: str) -> DialoguePattern:
    return DialoguePattern(list(lines), ENGLISH, "home", "en")


def texts(pattern: DialoguePattern, most: int = 100) -> list[list[str]]:
    return [[each["content"] for each in one.messages] for one in pattern.dialogues(most)]


def test_a_slot_is_the_same_word_in_every_turn_with_its_particle() -> None:
    pattern = korean("U: 나는 {이름:이야/야}.", "A: {이름}님, 반가워요.")
    assert texts(pattern) == [
        ["나는 민수야.", "민수님, 반가워요."],
        ["나는 지훈이야.", "지훈님, 반가워요."],
        ["나는 유나야.", "유나님, 반가워요."],
    ]


def test_two_slots_of_a_table_are_never_one_word() -> None:
    made = texts(korean("U: {이름:과/와} {이름2}.", "A: 네."))
    assert len(made) == 6
    assert ["민수와 지훈.", "네."] in made


def test_ways_to_speak_are_chosen_apart_from_each_other() -> None:
    made = texts(korean("U: 안녕. | 반가워.", "A: 네. | 안녕하세요."))
    assert sorted(made) == [
        ["반가워.", "네."],
        ["반가워.", "안녕하세요."],
        ["안녕.", "네."],
        ["안녕.", "안녕하세요."],
    ]


def test_a_way_to_speak_that_leaves_out_a_slot_makes_no_dialogue_twice() -> None:
    made = texts(korean("U: 안녕.", "A: 네. | {이름}님."))
    assert sorted(made) == [
        ["안녕.", answer] for answer in ("네.", "민수님.", "유나님.", "지훈님.")
    ]


def test_verbs_take_endings() -> None:
    made = texts(korean("U: {계획:을} 거예요.", "A: {계획:으려고} 하시는군요."))
    assert made == [["책을 읽을 거예요.", "책을 읽으려고 하시는군요."]]


def test_english_words_take_articles_and_plurals_and_a_capital_at_the_start() -> None:
    made = texts(english("U: I have {pet:a}.", "A: {pet:many} are nice. | I like {food}."))
    assert ["I have an owl.", "Owls are nice."] in made
    assert ["I have a dog.", "I like soup."] in made


def test_what_is_recalled_is_what_the_user_gave() -> None:
    (first, *_) = korean("U: {이름:이에요/예요}.", "A: {이름}님!").dialogues(5)
    assert first == Dialogue(
        [
            {"role": "user", "content": "민수예요."},
            {"role": "assistant", "content": "민수님!"},
        ],
        "memory",
        "ko",
        ("민수",),
    )
    assert all(not one.recalled for one in english("U: Hi.", "A: {food}!").dialogues(5))
    (plan,) = korean("U: {계획:고} 싶어요.", "A: {계획:을} 거라고요?").dialogues(5)
    assert plan.recalled == ("책을 읽을",)
    pets = english("U: I like {pet:many}.", "A: Get {pet:a}. | {pet:many}!").dialogues(5)
    assert {one.recalled for one in pets} == {("dog",), ("owl",), ("dogs",), ("owls",)}


def test_what_the_system_gives_is_not_recalled() -> None:
    (one,) = korean("S: 이름은 {이름}.", "U: 누구?", "A: {이름}.").dialogues(1)
    assert one.recalled == ()
    assert [each["role"] for each in one.messages] == ["system", "user", "assistant"]


def test_a_sample_is_always_the_same_and_holds_no_more_than_asked() -> None:
    lines = ["U: {이름:과/와} {이름2}. | {이름:이랑/랑} {이름2}.", "A: 네. | 그렇군요. | 좋아요."]
    made = texts(korean(*lines), 7)
    assert len(made) == 7 == len({tuple(one) for one in made})
    assert made == texts(korean(*lines), 7)
    assert made != texts(korean(*lines, "U: 왜요?", "A: 그냥요."), 7)


def test_a_prompt_is_all_but_the_last_answer() -> None:
    first, second = korean("U: 안녕.", "A: 네. | 안녕하세요.").dialogues(5)
    assert first.prompt == second.prompt == "user: 안녕."
    assert first.text != second.text


def test_blocks_are_parted_by_empty_lines() -> None:
    assert list(blocks(["", "U: a", "A: b", "", "", "U: c", "A: d"])) == [
        ["U: a", "A: b"],
        ["U: c", "A: d"],
    ]
    assert list(blocks([])) == []


@pytest.mark.parametrize("line", ["안녕하세요.", "B: 안녕.", "U:안녕.", "U: ", "u: 안녕."])
def test_a_line_that_nobody_says_is_refused(line: str) -> None:
    with pytest.raises(DataError, match="begins with none of") as error:
        korean(line, "A: 네.")
    assert repr(line) in str(error.value)


def test_a_slot_without_a_table_names_the_line_and_the_table() -> None:
    with pytest.raises(DataError, match="no table '음식' of words") as error:
        korean("U: {음식:을/를} 먹었어요.", "A: 네.")
    assert "U: {음식:을/를} 먹었어요." in str(error.value)


def test_a_word_with_an_open_bracket_is_refused() -> None:
    with pytest.raises(DataError, match="not a word"):
        read_tables(["[pet]", "dog (dogs"], "en")
