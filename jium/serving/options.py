"""What a client asks for, as settings of ours."""

from typing import Any

from jium.config import build, to_values
from jium.errors import ConfigError
from jium.generation.settings import GenerationConfig
from jium.messages import say
from jium.serving.errors import refused
from jium.serving.schemas import AnyObject, ChatRequest, CompletionRequest, OfSchema, Sampling

SMALLEST = 1e-6  # of top_p, which may be 0 at OpenAI: the likeliest token alone
SAME_NAME = ("top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty")
NOTHING: tuple[Any, ...] = (None, [], {}, "none", "auto", ["text"])  # fields that ask for nothing


def generation(body: Sampling, own: GenerationConfig, max_tokens: int) -> GenerationConfig:
    """How to write the first answer. own: what the run itself says; where it names no temperature,
    OpenAI's default of 1 holds.
    """
    asked: dict[str, Any] = {name: getattr(body, name) for name in SAME_NAME}
    asked["temperature"] = body.temperature
    if body.temperature is None and own.temperature == 0:
        asked["temperature"] = 1.0
    asked["top_p"] = None if body.top_p is None else max(body.top_p, SMALLEST)
    asked["seed"] = body.seed
    if body.logit_bias:
        asked["logit_bias"] = {str(int(name)): bias for name, bias in body.logit_bias.items()}
    given = {name: value for name, value in asked.items() if value is not None}
    return build(GenerationConfig, to_values(own) | given | ALONE | {"max_tokens": max_tokens})


# What is not for single draws, and what the server sees to itself.
ALONE: dict[str, Any] = {"beam": 1, "n_best": 1, "penalty_alpha": None, "stop": []}


def stops(body: Sampling) -> list[str]:
    """Strings before which an answer ends."""
    return [body.stop] if isinstance(body.stop, str) else list(body.stop or ())


def form(body: Sampling) -> dict[str, Any] | None:
    """What the text must be, as `constraint_of` takes it; None where it is free."""
    given = {name: getattr(body, name) for name in ("choices", "regex", "grammar")}
    wanted = body.response_format if isinstance(body, ChatRequest) else None
    if isinstance(wanted, AnyObject):
        given["json_schema"] = {"type": "object"}
    elif isinstance(wanted, OfSchema):
        schema = wanted.json_schema.schema_
        given["json_schema"] = {"type": "object"} if schema is None else schema
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) > 1:
        raise ConfigError(
            "give one of response_format, choices, regex and grammar; got {given}.",
            given=" + ".join(found),
        )
    return found or None


def check_chat(body: ChatRequest) -> None:
    """Raise ApiError for what would be missed if it were ignored."""
    for name in REFUSED:
        value = getattr(body, name)
        if value not in NOTHING:
            raise refused(name, say("this server cannot do that. Leave it out."))
    if body.top_logprobs is not None and not body.logprobs:
        raise refused("top_logprobs", say("goes with logprobs=true only."))
    if body.stream_options is not None and not body.stream:
        raise refused("stream_options", say("goes with stream=true only."))


REFUSED = ["audio", "function_call", "functions", "modalities", "moderation"]
REFUSED += ["tool_choice", "tools", "web_search_options"]


def check_completion(body: CompletionRequest) -> None:
    """Raise ApiError for what would be missed if it were ignored."""
    if body.suffix:
        raise refused("suffix", say("this server cannot do that. Leave it out."))
    if body.best_of is not None and body.best_of != (body.n or 1):
        raise refused("best_of", say("must be n, or be left out."))
    if body.stream_options is not None and not body.stream:
        raise refused("stream_options", say("goes with stream=true only."))
