"""jium (지음): a workshop for generative AI that fits in one head.

import jium
model = jium.load("runs/ko-en")
model.translate("나는 학교에 간다.")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jium.contracts import selfcheck as selfcheck
    from jium.errors import JiumError as JiumError
    from jium.evaluation.compare import compare as compare
    from jium.evaluation.runner import evaluate as evaluate
    from jium.explanation import explain as explain
    from jium.messages import set_language as set_language
    from jium.tasks import load as load
    from jium.text.tokenizer import Tokenizer as Tokenizer
    from jium.training.familiar.arguments import TrainingArguments as TrainingArguments
    from jium.training.familiar.trainer import Trainer as Trainer
    from jium.training.plan import plan as plan
    from jium.training.recipe import recipe as recipe
    from jium.training.run import train as train

# Public name to where it is; imported when first used, so that `import jium` is instant.
_PLACES = {
    "JiumError": "jium.errors",
    "Tokenizer": "jium.text.tokenizer",
    "Trainer": "jium.training.familiar.trainer",
    "TrainingArguments": "jium.training.familiar.arguments",
    "compare": "jium.evaluation.compare",
    "evaluate": "jium.evaluation.runner",
    "explain": "jium.explanation",
    "load": "jium.tasks",
    "plan": "jium.training.plan",
    "recipe": "jium.training.recipe",
    "selfcheck": "jium.contracts",
    "set_language": "jium.messages",
    "train": "jium.training.run",
}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module("jium.data")
    if name not in _PLACES:
        raise AttributeError(f"module 'jium' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "data"]
