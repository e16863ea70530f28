from typing import Any

import pytest

from jium.config import build
from jium.errors import ConfigError
from jium.generation.settings import GenerationConfig


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"beam": 0}, "beam", "must be at least 1; got 0"),
        ({"n_best": 0}, "n_best", "must be at least 1; got 0"),
        ({"top_k": 0, "temperature": 1.0}, "top_k", "must be at least 1; got 0"),
        ({"max_tokens": -3}, "max_tokens", "must be at least 1; got -3"),
        ({"top_p": 0.0}, "top_p", r"must be in \(0, 1\]; got 0.0"),
        ({"min_p": 1.5}, "min_p", r"must be in \(0, 1\]; got 1.5"),
        ({"temperature": -1.0}, "temperature", "must be at least 0; got -1.0"),
        ({"repetition_penalty": 0.0}, "repetition_penalty", r"must be in \[0.001, 1000\]; got 0.0"),
        (
            {"repetition_penalty": 1e-30},
            "repetition_penalty",
            r"must be in \[0.001, 1000\]; got 1e-30",
        ),
        (
            {"repetition_penalty": 1e30},
            "repetition_penalty",
            r"must be in \[0.001, 1000\]; got 1e\+30",
        ),
        ({"length_penalty": 1e30}, "length_penalty", r"must be in \[-10, 10\]; got 1e\+30"),
        ({"length_penalty": float("nan")}, "length_penalty", r"must be in \[-10, 10\]; got nan"),
        ({"n_best": 3, "beam": 2}, "n_best", "must not exceed beam; got 3. Raise beam"),
        ({"beam": 4, "temperature": 0.5}, "temperature", "does not go with a beam search; got 0.5"),
        ({"beam": 4, "repetition_penalty": 1.2}, "repetition_penalty", "does not go with a beam"),
        ({"presence_penalty": 2.5}, "presence_penalty", r"must be in \[-2, 2\]; got 2.5"),
        ({"frequency_penalty": -3}, "frequency_penalty", r"must be in \[-2, 2\]; got -3"),
        ({"logit_bias": {3: 101.0}}, "logit_bias", "must be ids of tokens and numbers"),
        ({"logit_bias": {-3: 1.0}}, "logit_bias", "must be ids of tokens and numbers"),
        ({"logit_bias": {"a": 1.0}}, r"logit_bias\.a\.\[key\]", ""),
        ({"logit_bias": {3: float("nan")}}, "logit_bias", "must be ids of tokens and numbers"),
        ({"beam": 2, "logit_bias": {3: 1.0}}, "logit_bias", "does not go with a beam search"),
        ({"beam": 2, "presence_penalty": 1.0}, "presence_penalty", "does not go with a beam"),
        ({"penalty_alpha": 0.5}, "top_k", "is missing: penalty_alpha needs it"),
        ({"penalty_alpha": 1.5, "top_k": 4}, "penalty_alpha", r"must be between 0 and 1; got 1.5"),
        (
            {"penalty_alpha": 0.5, "top_k": 4, "temperature": 1.0},
            "temperature",
            "does not go with penalty_alpha; got 1.0",
        ),
        ({"beam": 2, "penalty_alpha": 0.5, "top_k": 4}, "penalty_alpha", "does not go with a beam"),
        ({"seed": 2**63}, "seed", "must be within 63 bits"),
        ({"stop": ["a", ""]}, "stop", "must not hold an empty text"),
        ({"stop": "end"}, "stop", "must be a list; got 'end'"),
    ],
)
def test_what_cannot_be_done_names_the_key(values: Any, key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^generation\.{key}: {message}"):
        build(GenerationConfig, values, "generation")


@pytest.mark.parametrize(
    "values",
    [
        {"beam": 5, "n_best": 5, "length_penalty": 0.0},
        {"temperature": 1, "n_best": 3, "top_k": 1, "top_p": 1, "min_p": 1},
        {"presence_penalty": -2.0, "frequency_penalty": 2, "logit_bias": {7: -100.0, 0: 2.5}},
        {"penalty_alpha": 0.6, "top_k": 4, "max_tokens": 5},
        {"repetition_penalty": 1.3, "stop": ["\n", "끝"], "seed": 0, "max_tokens": 1},
    ],
)
def test_what_goes_together_is_taken_as_given(values: dict[str, Any]) -> None:
    built = build(GenerationConfig, values, "generation")
    assert {name: getattr(built, name) for name in values} == values
