"""Weights of words in prompts, from brackets to what a model reads."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from jium.errors import DataError
from jium.generation.prompt_weights import as_said, read_weights, token_weights, weigh


def heavy(prompt: str) -> dict[str, float]:
    """Runs of characters that weigh something else than 1."""
    text, weights = read_weights(prompt)
    found: dict[str, float] = {}
    run = ""
    for i, weight in enumerate([*weights, 1.0]):
        if run and (i == len(text) or weight != weights[i - 1]):
            if weights[i - 1] != 1:
                found[run] = pytest.approx(weights[i - 1])
            run = ""
        if i < len(text):
            run += text[i]
    return found


@pytest.mark.parametrize(
    ("prompt", "text", "expected"),
    [
        ("a (red:1.3) fox", "a red fox", {"red": 1.3}),
        ("(눈 내리는:1.5) 숲의 (여우:0.6)", "눈 내리는 숲의 여우", {"눈 내리는": 1.5, "여우": 0.6}),
        ("(a (red:2) fox:0.5)", "a red fox", {"a ": 0.5, " fox": 0.5}),
        ("(red: 1.2 )", "red", {"red": 1.2}),
        ("(red:0)", "red", {"red": 0}),
        ("a (red) fox", "a (red) fox", {}),
        ("a (red) (fox:2)", "a (red) fox", {"fox": 2}),
        ("((red) fox:2)", "(red) fox", {"(red) fox": 2}),
        (r"a \(red:1.3\) fox", "a (red:1.3) fox", {}),
        (r"back\\slash", "back\\slash", {}),
        ("at 10:30) and (open", "at 10:30) and (open", {}),
        ("(note: big) fox", "(note: big) fox", {}),
        ("a smile :) :(", "a smile :) :(", {}),
        ("", "", {}),
    ],
)
def test_marks_are_read(prompt: str, text: str, expected: dict[str, float]):
    assert read_weights(prompt).text == text
    assert heavy(prompt) == expected


@pytest.mark.parametrize("said", ["1,3", "-1", "11", "1.2.3", "1e5"])
def test_a_weight_that_cannot_be_is_refused(said: str):
    with pytest.raises(DataError, match=rf'the weight "{said}" in "a \(red:{said}\)" must be'):
        read_weights(f"a (red:{said})")


@given(st.text(alphabet="ab (){}:.12\\한"))
def test_whatever_is_written_has_a_weight_for_each_character(prompt: str):
    try:
        text, weights = read_weights(prompt)
    except DataError:
        return
    assert len(text) == len(weights)
    assert all(weight >= 0 for weight in weights)


@given(st.text())
def test_a_prompt_without_marks_is_left_alone(prompt: str):
    for mark in "()\\":
        prompt = prompt.replace(mark, "")
    assert read_weights(prompt) == (prompt, [1.0] * len(prompt))


def test_tokens_weigh_what_their_characters_do():
    _, weights = read_weights("a (red:2) fox")
    offsets = [(0, 0), (0, 1), (1, 5), (5, 9)]  # a start token, then "a", " red", " fox"
    assert token_weights(weights, offsets) == [1.0, 1.0, 1.75, 1.0]


def test_weight_1_changes_nothing_and_0_says_nothing():
    states, neutral = torch.randn(2, 5, 3), torch.randn(3)
    weights = torch.ones(2, 5)
    assert torch.equal(weigh(states, weights, neutral), states)
    weights[0, 2], weights[1, 3] = 0.0, 2.0
    moved = weigh(states, weights, neutral)
    assert torch.allclose(moved[0, 2], neutral)
    assert torch.allclose(moved[1, 3] - neutral, 2 * (states[1, 3] - neutral), atol=1e-6)
    assert torch.equal(moved[0, :2], states[0, :2])


@pytest.mark.parametrize("text", ["a clock (12:30)", "(red:1.3) fox", "a\\(b", "((", ":2)"])
def test_what_is_said_as_it_stands_weighs_nothing(text: str) -> None:
    assert read_weights(as_said(text)) == (text, [1.0] * len(text))
