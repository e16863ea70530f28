"""Why a model answered as it did: any task in, evidence out. One file a method."""

from typing import TYPE_CHECKING, Any

from jium.config import find_kind
from jium.errors import ConfigError

if TYPE_CHECKING:
    from jium.explanation.attention import AttentionMap

METHODS = {"attention": "jium.explanation.attention:explain_attention"}


def explain(model: Any, text: str, method: str = "attention", **options: Any) -> "AttentionMap":
    """Ask why `model`, as `jium.load` gives it, answers `text` as it does.

    options: those of the method; for attention: target, to, tag.
    Raises ConfigError where there is no such method, or the model cannot be asked so.
    """
    try:
        ask = find_kind(METHODS, method, "method")
    except ConfigError as error:
        error.key = "method"
        raise
    return ask(model, text, **options)
