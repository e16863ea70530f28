import unicodedata

from jium.text.terms import Terms, singular


def terms(text: str, bigrams: bool = False) -> list[str]:
    return Terms(bigrams=bigrams)([text])[0]


def test_particles_and_endings_go_and_verbs_have_one_form() -> None:
    assert terms("강아지는 공원에서") == ["강아지", "공원"]
    assert terms("먹었습니다") == terms("먹어서") == ["먹"]


def test_english_is_lower_case_and_singular() -> None:
    assert terms("Two Dogs, cities & glasses 42") == ["two", "dog", "city", "glasse", "42"]
    assert singular("bus") == "bus"
    assert singular("glass") == "glass"


def test_emoji_and_other_scripts_are_terms() -> None:
    assert terms("שלום 😀 مرحبا") == ["שלום", "مرحبا", "😀"]
    assert terms("") == terms(" .,!") == []


def test_pairs_of_syllables_are_told_from_words() -> None:
    assert terms("도서관", bigrams=True) == ["도서관", "·도서", "·서관"]


def test_normal_forms_make_no_difference() -> None:
    assert terms(unicodedata.normalize("NFD", "강아지는")) == ["강아지"]
