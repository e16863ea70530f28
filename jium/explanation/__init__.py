"""Why a model answered as it did: any task in, evidence out. One file a method."""

from collections.abc import Sequence
from typing import Any

from jium.config import find_kind
from jium.errors import ConfigError

METHODS = {
    "attention": "jium.explanation.attention:explain_attention",
    "projection": "jium.explanation.projection:explain_projection",
}


def explain(
    model: Any, text: str | Sequence[str] = (), method: str = "attention", **options: Any
) -> Any:
    """Ask why `model`, as `jium.load` gives it, answers `text` as it does.

    method: "attention" (one text: an AttentionMap), or "projection" (a list of words or sentences,
    or none for the most frequent words: a Projection). options: those of the method; for attention
    target, to, tag; for projection: projection, groups, clusters, dim, seed.
    Raises ConfigError where there is no such method, or the model cannot be asked so.
    """
    try:
        ask = find_kind(METHODS, method, "method")
    except ConfigError as error:
        error.key = "method"
        raise
    return ask(model, text, **options)
