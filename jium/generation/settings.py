"""How to write: the [generation] section of a recipe, and what a caller may ask for otherwise."""

from dataclasses import field

from jium.config import config
from jium.errors import ConfigError
from jium.ranges import at_least, share


@config
class GenerationConfig:
    """Beam search where `beam` is above 1, sampling where `temperature` is above 0, contrastive
    search where `penalty_alpha` is given, else greedy.
    """

    beam: int = 1
    length_penalty: float = 1.0  # a hypothesis is ranked by log-probability / length ** this
    n_best: int = 1  # hypotheses to return
    temperature: float = 0.0  # 0: the likeliest token
    top_k: int | None = None  # sample among so many likeliest
    top_p: float | None = None  # among the likeliest that together reach this probability
    min_p: float | None = None  # among those with this share of the likeliest one's probability
    repetition_penalty: float = 1.0  # above 1: tokens written before become less likely
    presence_penalty: float = 0.0  # taken from the logit of a token written before
    frequency_penalty: float = 0.0  # as often as it was written
    logit_bias: dict[int, float] = field(default_factory=dict)  # added to the logits of tokens
    penalty_alpha: float | None = None  # weight of what is new over what is likely, of top_k tokens
    max_tokens: int | None = None  # None: what the model can hold
    stop: list[str] = field(default_factory=list)  # end before any of these strings
    seed: int | None = None

    def __post_init__(self) -> None:
        at_least(1, beam=self.beam, n_best=self.n_best)
        at_least(1, top_k=self.top_k, max_tokens=self.max_tokens)
        for name in ("top_p", "min_p"):
            value = getattr(self, name)
            self._check(name, value is None or 0 < value <= 1, "must be in (0, 1]; got {value}.")
        at_least(0, temperature=self.temperature)
        for name, (least, most) in RANGES.items():
            within = least <= getattr(self, name) <= most
            self._check(name, within, OUTSIDE, least=least, most=most)
        self._check("logit_bias", all(map(_is_bias, self.logit_bias.items())), NO_BIAS)
        self._check("seed", self.seed is None or abs(self.seed) < 2**63, SEED)
        self._check("stop", "" not in self.stop, "must not hold an empty text; got {value}.")
        self._check_together()

    def _check_together(self) -> None:
        self._check("n_best", self.n_best <= self.beam or self.temperature > 0, TOO_MANY)
        self._check("temperature", self.beam == 1 or self.temperature == 0, NOT_BOTH)
        for name, value in (PLAIN | {"penalty_alpha": None}).items():
            self._check(name, self.beam == 1 or getattr(self, name) == value, NOT_BOTH)
        if self.penalty_alpha is not None:
            share(penalty_alpha=self.penalty_alpha)
            self._check("top_k", self.top_k is not None, "is missing: penalty_alpha needs it.")
            for name, value in (PLAIN | {"temperature": 0.0, "top_p": None, "min_p": None}).items():
                self._check(name, getattr(self, name) == value, NOT_CONTRASTIVE)

    def _check(self, name: str, right: bool, template: str, **values: float) -> None:
        if not right:
            raise ConfigError(template, key=name, value=getattr(self, name), **values)


def _is_bias(pair: tuple[int, float]) -> bool:
    return pair[0] >= 0 and -100 <= pair[1] <= 100


# Beyond them a score or a logit would overflow.
RANGES = {
    "length_penalty": (-10, 10),
    "repetition_penalty": (0.001, 1000),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
# What neither a beam search nor a contrastive search can have, and the value that says so.
PLAIN = {
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "logit_bias": {},
}
OUTSIDE = "must be in [{least:g}, {most:g}]; got {value}."
TOO_MANY = "must not exceed beam; got {value}. Raise beam."
NOT_BOTH = "does not go with a beam search; got {value}. Set beam=1, or leave it out."
NOT_CONTRASTIVE = "does not go with penalty_alpha; got {value}. Leave one of them out."
NO_BIAS = "must be ids of tokens and numbers in [-100, 100]; got {value}."
SEED = "must be within 63 bits; got {value}."
