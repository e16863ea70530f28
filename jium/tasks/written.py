"""Texts that an engine writes: from its tokens to what a person is given."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from jium.generation.engine import Engine, Running, Step
from jium.generation.settings import GenerationConfig
from jium.tasks.text_stream import TextStream

APART = 0x9E3779B97F4A7C15  # between the seeds of texts that are drawn under one seed


@dataclass
class Written:
    """New tokens, their text up to the first stop string, and why it ended.

    steps: the tokens with their log-probabilities, where these were asked for.
    """

    tokens: list[int]
    text: str
    finish_reason: str | None = None  # "stop" or "length"
    steps: list[Step] = field(default_factory=list)


@dataclass
class Begun:
    """A request under way, and its text so far."""

    running: Running
    stream: TextStream
    text: str = ""

    def push(self, token: int) -> bool:
        """Take a new token; whether a stop string ends the text."""
        self.text += self.stream.push(token)
        return self.stream.stopped

    def written(self) -> Written:
        steps, stream = self.running.steps, self.stream
        tokens = [step.token for step in steps]
        text = self.text + stream.close() if stream.stops else stream.whole(tokens)
        return Written(
            tokens, text, "stop" if stream.stopped else self.running.finish_reason, steps
        )


def turned(engine: Engine) -> Iterator[tuple[Running, Step | None]]:
    """All that an engine writes. Raises what a constraint raised."""
    while engine.active or engine.waiting:
        for running, step in engine.step():
            if running.error is not None:
                raise running.error
            yield running, step


def drawn_apart(settings: GenerationConfig, i: int) -> GenerationConfig:
    """The settings of the i-th text of several, the first of which is drawn as one alone would."""
    if settings.seed is None or settings.temperature == 0:
        return settings if settings.n_best == 1 else replace(settings, n_best=1)
    return replace(settings, n_best=1, seed=(settings.seed + i * APART) % 2**63)
