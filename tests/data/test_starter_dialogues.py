import re
import unicodedata
from collections import Counter
from importlib.resources import files
from itertools import chain

import pytest

from jium.data import starter_dialogues
from jium.data.dialogue_patterns import Dialogue
from jium.data.phrasebook import Word
from jium.data.starter_dialogues import read
from jium.errors import DataError
from jium.text.particles import particle

SPLITS = {name: list(read(name)) for name in ("train", "valid", "test", "unseen")}
EVERY = list(chain.from_iterable(SPLITS.values()))
PATTERNS = list(starter_dialogues.patterns())
UNSEEN = list(starter_dialogues.unseen_patterns())
FOLDER = files("jium").joinpath("data", "starter", "dialogues")


def spoken(dialogue: Dialogue, role: str) -> list[str]:
    return [each["content"] for each in dialogue.messages if each["role"] == role]


def contents(language: str) -> set[str]:
    own = (one.messages for one in EVERY if one.language == language)
    return {message["content"] for messages in own for message in messages}


# ---------------------------------------------------------------- size and splits


def test_there_are_as_many_patterns_as_the_readme_promises() -> None:
    counts = Counter(pattern.language for pattern in PATTERNS)
    assert counts["ko"] > 600 and counts["en"] > 350
    topics = Counter((pattern.language, pattern.topic) for pattern in PATTERNS)
    assert topics["ko", "memory"] > 60 and topics["en", "memory"] > 30
    assert topics["ko", "system"] > 40 and topics["en", "system"] > 15
    assert min(topics.values()) >= 8
    assert Counter(pattern.language for pattern in UNSEEN)["ko"] > 30


def test_every_topic_has_dialogues_in_both_languages() -> None:
    kinds = {(one.language, one.topic) for one in SPLITS["train"]}
    assert kinds == {(x, y) for x in starter_dialogues.LANGUAGES for y in starter_dialogues.TOPICS}
    assert len(SPLITS["train"]) > 15_000
    assert min(len(SPLITS[name]) for name in ("valid", "test", "unseen")) > 300


def test_no_question_of_a_held_out_dialogue_stands_in_another_split() -> None:
    prompts = [{one.prompt for one in dialogues} for dialogues in SPLITS.values()]
    assert sum(map(len, prompts)) == len(set.union(*prompts))


def test_no_dialogue_comes_twice() -> None:
    assert max(Counter(one.text for one in EVERY).values()) == 1


def test_held_out_dialogues_are_of_patterns_that_training_has() -> None:
    trained = {one.text for one in SPLITS["train"]}
    for pattern in PATTERNS:
        made = {one.text for one in pattern.dialogues(starter_dialogues.MOST_PER_PATTERN)}
        assert 2 * len(made & trained) >= len(made), pattern.lines


def test_unseen_patterns_are_none_of_the_others() -> None:
    lines = {"\n".join(pattern.lines) for pattern in PATTERNS}
    assert lines.isdisjoint("\n".join(pattern.lines) for pattern in UNSEEN)


def test_words_of_new_tables_stand_in_unseen_dialogues_only() -> None:
    new = re.compile("(?:새|new).")
    assert not [name for pattern in PATTERNS for name in pattern.choices if new.match(name)]
    tables = {name: words for p in UNSEEN for name, words in p.choices.items() if new.match(name)}
    words = {word.korean for table in tables.values() for word in table}
    assert len(tables) >= 10 and len(words) >= 90
    trained = "\n".join(one.text for one in SPLITS["train"])
    within = [word for word in words if word in trained]  # 나래 in 그만 만나래, say
    assert not [word for word in within if re.search(rf"(?<!\w){word}(?![a-z])", trained)]


def test_no_pattern_drowns_the_others() -> None:
    for pattern in PATTERNS:
        assert 1 <= len(list(pattern.dialogues(40))) <= 40


def test_reading_anew_gives_the_same_dialogues_in_the_same_order() -> None:
    starter_dialogues._splits.cache_clear()
    assert {name: list(read(name)) for name in SPLITS} == SPLITS


# ---------------------------------------------------------------- every dialogue


def test_roles_alternate_and_the_assistant_speaks_last() -> None:
    for one in EVERY:
        roles = [message["role"] for message in one.messages]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns and turns == ["user", "assistant"] * (len(turns) // 2), one
        assert len(turns) <= 10


def test_no_slot_or_bar_is_left_open() -> None:
    for text in contents("ko") | contents("en"):
        assert text == text.strip() and not re.search(r"[{}|\t\n]|  ", text), text


def test_every_message_is_nfc() -> None:
    for text in contents("ko") | contents("en"):
        assert unicodedata.is_normalized("NFC", text)


def test_answers_are_short() -> None:
    answers = [answer for one in EVERY for answer in spoken(one, "assistant")]
    assert max(map(len, answers)) < 180
    korean = [text for text in answers if re.search("[가-힣]", text)]
    assert sum(map(len, korean)) / len(korean) < 25


def test_sentences_of_english_begin_with_a_capital() -> None:
    for one in EVERY:
        if one.language == "en":
            for text in spoken(one, "assistant"):
                assert not re.search(r"[.!?] [a-z]", text), text
                assert not re.match("(?!jium)[a-z]", text), text


def test_the_article_before_an_english_word_fits_its_sound() -> None:
    for text in contents("en"):
        assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n (?!hour|honest)[^aeiouAEIOU]", text), text


def test_the_assistant_is_polite_unless_it_is_asked_not_to_be() -> None:
    plain = re.compile("(?:야|어|아|해|자|지|네|래|니|구나|게|까다)[.!?]*$")
    asked_for = re.compile(
        "반말|친구처럼|말 놓자|말 놔|놓아라|존댓말을 쓰지|냥|할머니|나무|낱말|단어|'네'|네, 아니요"
    )
    for one in EVERY:
        asked = " ".join([*spoken(one, "system"), *spoken(one, "user")])
        if one.topic != "requests" and not asked_for.search(asked):
            assert not [text for text in spoken(one, "assistant") if plain.search(text)], one


# ---------------------------------------------------------------- slots


def test_every_particle_fits_the_word_before_it() -> None:
    """Against jium.text.particles, which chooses by the sound in a way of its own."""
    pairs = re.compile(r"\{([^{}:]+):([^{}/]+)/([^{}]+)\}")
    checked = set()
    for pattern in (*PATTERNS, *UNSEEN):
        for name, closed, opened in pairs.findall("\n".join(pattern.lines)):
            checked.update((word.korean, closed, opened) for word in pattern.choices[name])
    assert len(checked) > 2_000
    known = {"이/가", "은/는", "을/를", "과/와", "으로/로", "이라고/라고", "이랑/랑", "아/야"}
    for word, closed, opened in checked:
        form = Word(word, {}).in_korean(f"{closed}/{opened}")
        final = unicodedata.normalize("NFD", word)[-1]
        fits = closed if "\u11a8" <= final <= "\u11c2" else opened
        if closed == "으로" and final == "\u11af":
            fits = opened
        assert form == word + fits
        if f"{closed}/{opened}" in known:
            assert form == word + particle(word, f"{closed}/{opened}")
        assert closed == "으로" or not closed.startswith("으로"), "write {slot:으로/로}는"


def test_no_particle_hangs_on_a_korean_slot_without_its_pair() -> None:
    """`{음식}을` is wrong for half of all words; `{시각}에`, `{이름}님` and `{선물}도` are not."""
    hanging = re.compile(
        r"\}(?:은|는|이|가|을|를|과|와|로|으로|랑|이랑|나|이나|라고|이라고|예요|이에요)(?![가-힣])"
    )
    for pattern in (*PATTERNS, *UNSEEN):
        if pattern.language == "ko":
            assert not [line for line in pattern.lines if hanging.search(line)]


def test_wide_tables_have_forty_words() -> None:
    korean = next(p for p in PATTERNS if "이름" in p.choices).choices["이름"]
    assert len(korean) >= 40
    sizes = {
        name: len(words)
        for pattern in PATTERNS
        for name, words in pattern.choices.items()
        if not name[-1].isdigit()
    }
    wide = ["이름", "음식", "동물", "애칭", "도시", "곳", "취미", "직업", "계획", "물건"]
    wide += ["name", "food", "animal", "petname", "city", "place", "hobby", "job", "plan"]
    assert not [name for name in wide if sizes[name] < 40]


def test_no_table_has_a_word_twice_and_every_table_is_used() -> None:
    used = {name.rstrip("0123456789") for p in (*PATTERNS, *UNSEEN) for name in p.choices}
    for language in starter_dialogues.LANGUAGES:
        lines = starter_dialogues._lines(language, "words")
        tables = starter_dialogues.read_tables(lines, language)
        assert set(tables) <= used
        for words in tables.values():
            assert len({word.korean for word in words}) == len(words)


def test_what_is_recalled_stands_in_the_answer_and_was_said_before() -> None:
    for one in EVERY:
        *before, last = one.messages
        said = " ".join(message["content"] for message in before).lower()
        for word in one.recalled:
            assert word.lower() in last["content"].lower(), one
            assert word.lower() in said or one.topic in ("time", "following", "memory"), one


def test_memory_answers_repeat_what_the_user_said_or_say_that_it_was_not_said() -> None:
    missing = re.compile("말씀해 주지 않으|듣지 못|not told me|do not know")
    for one in EVERY:
        if one.topic.startswith("memory"):
            assert one.recalled or missing.search(one.messages[-1]["content"]), one


def test_the_assistant_of_a_memory_dialogue_invents_no_slot() -> None:
    for pattern in (*PATTERNS, *UNSEEN):
        if pattern.topic.startswith("memory"):
            given: set[str] = set()
            for role, sides in zip(pattern.roles, pattern.turns, strict=True):
                names = [name for side in sides for name in side.names()]
                assert role == "user" or given.issuperset(names), pattern.lines
                given.update(names)


# ---------------------------------------------------------------- what is said


def test_who_speaks_of_suicide_is_told_where_help_is() -> None:
    cry = re.compile(
        "^(?:죽고 싶|살기 싫|그만 살고|더는 못 살|I want to die|I do not want to live)"
    )
    seen = 0
    for one in EVERY:
        if cry.search(spoken(one, "user")[0]) and one.topic == "safety":
            seen += 1
            assert re.search("109|119", spoken(one, "assistant")[-1]), one
    assert seen > 10


def test_only_the_known_numbers_of_help_are_named() -> None:
    for one in EVERY:
        if one.topic in ("safety", "health", "travel", "school", "feelings"):
            numbers = re.findall(r"\b\d{3,}", " ".join(spoken(one, "assistant")))
            assert set(numbers) <= {"109", "112", "117", "119", "1366", "1388"}, one


def test_the_files_are_those_that_are_read() -> None:
    names = {f"{name}.txt" for name in (*starter_dialogues.TOPICS, "words", "unseen")}
    for language in starter_dialogues.LANGUAGES:
        assert {path.name for path in FOLDER.joinpath(language).iterdir()} == names


def test_an_unknown_split_lists_those_there_are() -> None:
    with pytest.raises(DataError) as error:
        read("dev")  # type: ignore[arg-type]
    assert str(error.value) == (
        "The starter dialogues have no split 'dev'. They have: train, valid, test, unseen."
    )


def test_particles_stand_right_in_whole_sentences() -> None:
    """On a sample: the checker reads each sentence several times."""
    pytest.importorskip("kiwipiepy")
    from jium.text.particles import check_particles

    slotted = [p for p in PATTERNS if p.language == "ko" and p.choices]
    firsts = [next(pattern.dialogues(1)) for pattern in slotted]
    texts = {message["content"] for one in firsts[::12] for message in one.messages}
    assert len(texts) > 60
    assert not [(text, found) for text in sorted(texts) if (found := check_particles(text))]
