"""What calls to an outside model cost, and a budget that they may not exceed.

Before a call the most that it can cost is set aside; after it, what it did cost is counted. So a
budget holds, whatever the answer and however many calls are under way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

from jium.config import build, config, nearest, read_toml
from jium.errors import ConfigError, JiumError
from jium.ranges import at_least, finite

MILLION = 1_000_000


@config
class Price:
    """Of a million tokens."""

    prompt: float
    completion: float = 0.0

    def __post_init__(self) -> None:
        at_least(0, prompt=self.prompt, completion=self.completion)
        finite(prompt=self.prompt, completion=self.completion)


@config
class Prices:
    """What models cost, by their names; see `prices.toml` for the form."""

    currency: str
    date: str = ""  # when they were looked up
    models: dict[str, Price]

    @classmethod
    def load(cls, path: str | Path | None = None) -> "Prices":
        """A table of prices; None: the one inside the package. Raises ConfigError."""
        if path is not None and not Path(path).is_file():
            raise ConfigError("{path}: no such table of prices.", key="prices", path=path)
        table = files("jium.tasks").joinpath("prices.toml") if path is None else path
        return build(cls, read_toml(str(table)), "prices")


@dataclass
class Usage:
    """What was asked of a model so far. cost: None where its price is not known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


@dataclass
class Purse:
    """Counts what a model is used for, and keeps to a budget."""

    model: str
    price: Price | None
    currency: str
    budget: float | None = None
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self._set_aside = 0.0
        self._lock = Lock()
        self.usage.cost = None if self.price is None else 0.0

    @classmethod
    def of(cls, model: str, budget: float | None, prices: str | Path | None) -> "Purse":
        """Raises ConfigError for a budget of no amount, or of a model whose price is not known."""
        table = Prices.load(prices)
        price = table.models.get(model)
        if budget is not None and not 0 < budget < float("inf"):
            raise ConfigError("must be above 0; got {value}.", key="budget", value=budget)
        if budget is not None and price is None:
            raise ConfigError(
                'no price of "{model}" is known, so no budget can hold.{near} Give a table with '
                'its price: prices="FILE.toml".',
                key="budget",
                model=model,
                near=nearest(model, table.models),
            )
        return cls(model, price, table.currency, budget)

    @property
    def left(self) -> float | None:
        """What of the budget is neither spent nor set aside."""
        if self.budget is None or self.usage.cost is None:
            return None
        return self.budget - self.usage.cost - self._set_aside

    @contextmanager
    def call(self, prompt_tokens: int, completion_tokens: int) -> Iterator["Call"]:
        """A call of so many tokens at most. Raises JiumError where that is more than is left."""
        call = Call(prompt_tokens)
        most = self._cost(prompt_tokens, completion_tokens)
        with self._lock:
            if self.left is not None and most > self.left:
                raise JiumError(
                    "this call to {model} may cost {most:.6f} {currency}; of the budget of "
                    "{budget} {currency} {left:.6f} are left. Nothing was sent. Raise the budget, "
                    "or ask for less: max_tokens, a shorter text.",
                    model=self.model,
                    most=most,
                    currency=self.currency,
                    budget=self.budget,
                    left=max(self.left, 0.0),
                )
            self._set_aside += most
        try:
            yield call
        finally:
            with self._lock:
                self._set_aside -= most
                self._count(call)

    def _count(self, call: "Call") -> None:
        if not call.answered:
            return
        self.usage.calls += 1
        self.usage.prompt_tokens += call.prompt_tokens
        self.usage.completion_tokens += call.completion_tokens
        if self.usage.cost is not None:
            self.usage.cost += self._cost(call.prompt_tokens, call.completion_tokens)

    def _cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        if self.price is None:
            return 0.0
        parts = prompt_tokens * self.price.prompt + completion_tokens * self.price.completion
        return parts / MILLION


@dataclass
class Call:
    """One call under way. Until the endpoint says more, what it was given and gave is counted at
    the most that it can be.
    """

    prompt_tokens: int
    completion_tokens: int = 0
    answered: bool = False
    counted: bool = False  # by the endpoint

    def gave(self, text: str) -> None:
        """A part of the answer came."""
        if not self.counted:
            self.completion_tokens += tokens_at_most(text)

    def said(self, usage: Any) -> None:
        """The endpoint answered, perhaps with its own count."""
        self.answered = True
        if usage is not None:
            self.counted = True
            self.prompt_tokens = getattr(usage, "prompt_tokens", 0) or 0
            self.completion_tokens = getattr(usage, "completion_tokens", 0) or 0


def tokens_at_most(text: str) -> int:
    """No tokenizer in use makes more tokens of a text than it has bytes."""
    return len(text.encode("utf-8", "replace"))
