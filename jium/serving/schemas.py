"""What clients send: OpenAI's requests, as its own client library writes them.

Types are strict and misspelt fields are errors, as at OpenAI; fields of its API that mean nothing
here are taken and ignored, and those whose effect would be missed are refused with a message
(`options.py`). top_k, min_p, repetition_penalty, choices, regex and grammar are jium's own.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

STOPS = 4
LONGEST_STOP = 256  # characters
SEED = 2**63 - 1
PICTURES = 10  # of a request

Stop = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Ids = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
Words = Annotated[str, Field(min_length=1)]


class Body(BaseModel):
    """Of any request: what is not a field is an error, and "1" is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class StreamOptions(Body):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None  # ignored


class Sampling(Body):
    """How to write; what chats and plain texts have in common."""

    model: str
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=STOPS)] | None = None
    seed: Annotated[int, Field(ge=-SEED, le=SEED)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: (
        Annotated[
            dict[
                Annotated[str, Field(pattern="^[0-9]{1,9}$")],
                Annotated[float, Field(ge=-100, le=100)],
            ],
            Field(max_length=1024),
        ]
        | None
    ) = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: Any = None  # ignored
    top_k: Annotated[int, Field(ge=1)] | None = None
    min_p: Annotated[float, Field(gt=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.1, le=10)] | None = None
    choices: Annotated[list[Words], Field(min_length=1, max_length=1000)] | None = None
    regex: Words | None = None
    grammar: Words | None = None


# ---------------------------------------------------------------- chats


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


Content = Words | Annotated[list[TextPart], Field(min_length=1)]


class Asked(BaseModel):
    """What the model is told."""

    role: Literal["system", "developer", "user"]
    content: Content
    name: str | None = None  # ignored


class Answered(BaseModel):
    """What the model has said before; one without words is left out."""

    role: Literal["assistant"]
    content: str | list[TextPart] | None = None
    tool_calls: Annotated[list[Any], Field(max_length=0)] | None = None


class Plain(Body):
    type: Literal["text"]


class AnyObject(Body):
    type: Literal["json_object"]


class Schema(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    name: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None  # what is written always fits the schema
    description: str | None = None


class OfSchema(Body):
    type: Literal["json_schema"]
    json_schema: Schema


class ChatRequest(Sampling):
    """POST /v1/chat/completions."""

    messages: Annotated[
        list[Annotated[Asked | Answered, Field(discriminator="role")]], Field(min_length=1)
    ]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: Annotated[Plain | AnyObject | OfSchema, Field(discriminator="type")] | None = (
        None
    )
    # refused, where they ask for something
    audio: Any = None
    function_call: Any = None
    functions: Any = None
    modalities: Any = None
    moderation: Any = None
    tool_choice: Any = None
    tools: Any = None
    web_search_options: Any = None
    # ignored
    metadata: Any = None
    parallel_tool_calls: Any = None
    prediction: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    reasoning_effort: Any = None
    safety_identifier: Any = None
    service_tier: Any = None
    store: Any = None
    verbosity: Any = None


# ---------------------------------------------------------------- plain texts and vectors


class CompletionRequest(Sampling):
    """POST /v1/completions. prompt: a text or its tokens, or several of either."""

    prompt: (
        str
        | Annotated[list[str], Field(min_length=1)]
        | Ids
        | Annotated[list[Ids], Field(min_length=1)]
    )
    max_tokens: Annotated[int, Field(ge=0)] | None = 16
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    echo: bool | None = None
    best_of: Annotated[int, Field(ge=1, le=128)] | None = None  # refused above n
    suffix: str | None = None  # refused


class EmbeddingRequest(Body):
    """POST /v1/embeddings. input: a text or its tokens, or several of either."""

    model: str
    input: (
        Words
        | Annotated[list[Words], Field(min_length=1, max_length=2048)]
        | Ids
        | Annotated[list[Ids], Field(min_length=1, max_length=2048)]
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None  # refused but for the model's own
    user: Any = None  # ignored


# ---------------------------------------------------------------- pictures


class ImageRequest(Body):
    """POST /v1/images/generations. model: may be left out where one alone can paint. seed, of the
    first picture, is jium's own.
    """

    prompt: str  # "": whatever the model likes
    model: str | None = None
    n: Annotated[int, Field(ge=1, le=PICTURES)] | None = None
    size: Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{0,3}x[1-9][0-9]{0,3})$")] | None = None
    response_format: Literal["b64_json", "url"] | None = None  # url is refused
    seed: Annotated[int, Field(ge=-SEED, le=SEED - PICTURES)] | None = None
    # refused, where they ask for something
    background: Any = None
    complexity: Any = None
    frame_count: Any = None
    frame_duration_ms: Any = None
    output_compression: Any = None
    output_format: Any = None
    partial_images: Any = None
    quality: Any = None
    stream: Any = None
    style: Any = None
    svg: Any = None
    # ignored
    moderation: Any = None
    safety_identifier: Any = None
    user: Any = None
