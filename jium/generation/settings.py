"""How to write: the [generation] section of a recipe, and what a caller may ask for otherwise."""

from dataclasses import field

from jium.config import config
from jium.errors import ConfigError


@config
class GenerationConfig:
    """Beam search where `beam` is above 1, sampling where `temperature` is above 0, else greedy."""

    beam: int = 1
    length_penalty: float = 1.0  # a hypothesis is ranked by log-probability / length ** this
    n_best: int = 1  # hypotheses to return
    temperature: float = 0.0  # 0: the likeliest token
    top_k: int | None = None  # sample among so many likeliest
    top_p: float | None = None  # among the likeliest that together reach this probability
    min_p: float | None = None  # among those with this share of the likeliest one's probability
    repetition_penalty: float = 1.0  # above 1: tokens written before become less likely
    max_tokens: int | None = None  # None: what the model can hold
    stop: list[str] = field(default_factory=list)  # end before any of these strings
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("beam", "n_best"):
            self._check(name, getattr(self, name) >= 1, "must be at least 1; got {value}.")
        for name in ("top_k", "max_tokens"):
            value = getattr(self, name)
            self._check(name, value is None or value >= 1, "must be at least 1; got {value}.")
        for name in ("top_p", "min_p"):
            value = getattr(self, name)
            self._check(name, value is None or 0 < value <= 1, "must be in (0, 1]; got {value}.")
        self._check("temperature", self.temperature >= 0, "must be 0 or more; got {value}.")
        self._check(
            "repetition_penalty", self.repetition_penalty > 0, "must be above 0; got {value}."
        )
        self._check("n_best", self.n_best <= self.beam or self.temperature > 0, TOO_MANY)
        self._check("temperature", self.beam == 1 or self.temperature == 0, NOT_BOTH)
        self._check("repetition_penalty", self.beam == 1 or self.repetition_penalty == 1, NOT_BOTH)

    def _check(self, name: str, right: bool, template: str) -> None:
        if not right:
            raise ConfigError(template, key=name, value=getattr(self, name))


TOO_MANY = "must not exceed beam; got {value}. Raise beam."
NOT_BOTH = "does not go with a beam search; got {value}. Set beam=1, or leave it out."
