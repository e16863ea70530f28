"""What clients send to the verbs of jium, as Python and the command line have them."""

from typing import Annotated

from pydantic import Field

from jium.serving.schemas import SEED, Body, Stop

MANY = 1024  # texts of a request
BEAM = 16
NEW = 4096  # tokens

Texts = str | Annotated[list[str], Field(min_length=1, max_length=MANY)]


class Ask(Body):
    """model: may be left out where one alone can do it."""

    model: str | None = None


class Translate(Ask):
    text: Texts
    to: str | None = None
    tag: str | None = None
    beam: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    n_best: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    temperature: Annotated[float, Field(ge=0, le=100)] | None = None
    top_k: Annotated[int, Field(ge=1)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=NEW)] | None = None
    seed: Annotated[int, Field(ge=-SEED, le=SEED)] | None = None


class Generate(Ask):
    prompt: Texts
    temperature: Annotated[float, Field(ge=0, le=100)] | None = None
    top_k: Annotated[int, Field(ge=1)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    min_p: Annotated[float, Field(gt=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.1, le=10)] | None = None
    beam: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    n_best: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=NEW)] | None = None
    stop: Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=-SEED, le=SEED)] | None = None


class Summarise(Ask):
    text: Texts
    sentences: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_chars: Annotated[int, Field(ge=1)] | None = None
    beam: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    n_best: Annotated[int, Field(ge=1, le=BEAM)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=NEW)] | None = None
    seed: Annotated[int, Field(ge=-SEED, le=SEED)] | None = None


class Classify(Ask):
    """second: the other text, where two are judged together; a list, where `text` is one."""

    text: Texts
    second: Texts | None = None
    top: Annotated[int, Field(ge=1)] | None = None


class Tag(Ask):
    text: Texts


class Answer(Ask):
    """A list of questions, or of contexts; where one of both is a single text, it goes with all."""

    question: Texts
    context: Texts
    n_best: Annotated[int, Field(ge=1, le=100)] | None = None
    max_answer_tokens: Annotated[int, Field(ge=1, le=512)] | None = None
