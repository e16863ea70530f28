"""Particles by the sound before them, on sentences written for these tests before the rules."""

import unicodedata
from pathlib import Path

import pytest

from jium.errors import DataError
from jium.text.particles import (
    PAIRS,
    ParticleError,
    attach,
    check_particles,
    fix_particles,
    particle,
    particle_agreement,
    resolve_particles,
)

LINES = Path(__file__).with_name("particles.tsv").read_text("utf-8").splitlines()
ROWS = [line.split("\t") for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(
    ("pair", "forms"),  # after 책, 사과, 서울
    [
        ("은/는", "은 는 은"),
        ("이/가", "이 가 이"),
        ("을/를", "을 를 을"),
        ("과/와", "과 와 과"),
        ("아/야", "아 야 아"),
        ("으로/로", "으로 로 로"),
        ("으로서/로서", "으로서 로서 로서"),
        ("으로부터/로부터", "으로부터 로부터 로부터"),
        ("이나/나", "이나 나 이나"),
        ("이랑/랑", "이랑 랑 이랑"),
        ("이며/며", "이며 며 이며"),
        ("이라/라", "이라 라 이라"),
        ("이든/든", "이든 든 이든"),
        ("이여/여", "이여 여 이여"),
    ],
)
def test_form_follows_the_last_sound(pair, forms):
    assert [particle(word, pair) for word in ("책", "사과", "서울")] == forms.split()


def test_a_pair_may_be_named_in_either_order():
    assert particle("책", "는/은") == particle("책", "은/는") == "은"


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("3", "을/를", "3을"),
        ("7", "으로/로", "7로"),
        ("6", "으로/로", "6으로"),
        ("LG", "은/는", "LG는"),
        ("MP3", "을/를", "MP3를"),
        ("한국(Korea)", "은/는", "한국(Korea)은"),
        ("'사과'", "이/가", "'사과'가"),
        ("ㄹ", "으로/로", "ㄹ로"),
    ],
)
def test_numbers_letters_and_brackets_count_as_read(word, pair, expected):
    assert attach(word, pair) == expected


@pytest.mark.parametrize(
    ("pair", "both"), [("을/를", "을(를)"), ("으로/로", "(으)로"), ("이나/나", "(이)나")]
)
def test_both_forms_stand_where_the_sound_is_unknown(pair, both):
    for word in ("😀", "大學", "PR", ""):
        assert particle(word, pair) == both


@pytest.mark.parametrize("pair", ["은", "은/가", "이/가/을", "에/에서", "", "/"])
def test_an_unknown_pair_is_an_error_that_names_those_known(pair):
    with pytest.raises(DataError, match="no particle pair .*Known: 은/는, 이/가"):
        particle("책", pair)


def test_open_forms_are_chosen():
    text = "사과을(를) 책와(과) 서울(으)로, 3은(는) 민수(이)랑 😀이(가)"
    assert resolve_particles(text) == "사과를 책과 서울로, 3은 민수랑 😀이(가)"


def test_open_forms_of_every_pair_are_chosen():
    for long, short in PAIRS:
        pair = f"{long}/{short}"
        for word in ("책", "사과", "서울"):
            assert resolve_particles(word + particle("", pair)) == attach(word, pair)


# ---------------------------------------------------------------- checking


def test_fixture_has_right_and_wrong_sentences():
    assert len(ROWS) >= 150
    assert min(sum(right == "=" for _, right in ROWS), sum(right != "=" for _, right in ROWS)) > 60


def test_every_wrong_particle_of_the_fixture_is_found_and_no_right_one():
    pytest.importorskip("kiwipiepy")
    wrong = [
        (text, found, right)
        for text, right in ROWS
        if (found := fix_particles(text)) != (text if right == "=" else right)
    ]
    assert not wrong


def test_what_was_put_right_has_no_errors():
    pytest.importorskip("kiwipiepy")
    assert not [right for _, right in ROWS if right != "=" and check_particles(right)]


def test_errors_say_where_and_what():
    pytest.importorskip("kiwipiepy")
    assert check_particles("나는 사과을 좋아한다. 친구는 물으로 씻는다.") == [
        ParticleError("을", "를", 5, 6),
        ParticleError("으로", "로", 18, 20),
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "은", "을 를", "ㅋㅋ은", "😀을 샀다", "مرحبا", "ᆫ는", "hello는", "PR을 했다"]
)
def test_what_cannot_be_judged_is_no_error(text):
    pytest.importorskip("kiwipiepy")
    assert check_particles(text) == []


@pytest.mark.parametrize("text", ["그는 친구이며 스승이다.", "누구이든지 환영한다."])
def test_the_copula_may_stay_after_a_vowel(text):
    pytest.importorskip("kiwipiepy")
    assert check_particles(text) == []


def test_decomposed_text_is_checked_as_composed():
    pytest.importorskip("kiwipiepy")
    text = unicodedata.normalize("NFD", "사과을 먹었다.")
    assert fix_particles(text) == "사과를 먹었다."


def test_agreement_counts_right_ones_and_all():
    pytest.importorskip("kiwipiepy")
    assert particle_agreement("나는 사과를 먹고 책을 읽었다.") == (3, 3)
    assert particle_agreement("나는 사과을 먹고 책을 읽었다.") == (2, 3)
    assert particle_agreement("안녕?") == (0, 0)
