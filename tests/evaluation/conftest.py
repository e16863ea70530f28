from collections.abc import Iterator

import pytest

from jium import messages

ENGLISH = [
    ("The cat sat on the mat.", "The cat is sitting on the mat."),
    ("He don't like green apples, she does.", "He doesn't like green apples, but she does."),
    ("Yes.", "Yes."),
    ("A man in a red shirt rides a bicycle", "A man wearing a red shirt is riding a bike."),
    ("", "Two dogs run through the snow."),
    ("Running quickly quickly quickly", "They ran quickly to the U.S. embassy at 3.30 p.m."),
    ("three children play in the park today", "Today three children are playing in the park."),
]
KOREAN = [
    ("나는 학교에 갔습니다.", "저는 학교에 갔어요."),
    ("책을 읽고 있습니다.", "그는 책을 읽고 있다."),
    ("네", "네"),
    ("내일은 비가 올 것 같아요 😀", "내일 비가 올 것 같습니다 😀"),
    ("", "고양이가 창가에서 자고 있어요."),
    ("GPT-4는 3.5보다 비싸다.", "GPT-4는 3.5보다 훨씬 비쌉니다."),
]
Pairs = tuple[list[str], list[str]]


def _columns(pairs: list[tuple[str, str]]) -> Pairs:
    predictions, references = zip(*pairs, strict=True)
    return list(predictions), list(references)


@pytest.fixture
def english() -> Pairs:
    """Predictions and references."""
    return _columns(ENGLISH)


@pytest.fixture
def korean() -> Pairs:
    """Predictions and references."""
    return _columns(KOREAN)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Messages are matched as they stand in the code, whatever the environment speaks."""
    messages.set_language("en")
    yield
    messages.set_language(None)
