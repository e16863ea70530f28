"""What a client is told that did not get its answer: OpenAI's error object, in every case.

{"error": {"message": ..., "type": ..., "param": ..., "code": ...}}. What a person can put right is
4xx with a message that says how; 5xx is a fault of the server, whose particulars go to the log.
"""

from collections.abc import Sequence
from typing import Any

from jium.config import nearest
from jium.errors import ConfigError, JiumError
from jium.messages import say

SHOWN = 80  # characters of a wrong value that are said back
KINDS = {401: "authentication_error", 429: "rate_limit_error"}
MISMATCH = ("_type", "is_instance_of")  # a value that is of another branch of a union


class ApiError(Exception):
    """An answer that is an error. kind: OpenAI's `type`; None: what the status says."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        plain = "server_error" if status >= 500 else "invalid_request_error"
        self.kind = kind or KINDS.get(status, plain)
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """OpenAI's error object."""
        about = {"type": self.kind, "param": self.param, "code": self.code}
        return {"error": {"message": self.message, **about}}


def of(error: JiumError) -> ApiError:
    """What jium raises on purpose is something that the client can put right."""
    key = error.key if isinstance(error, ConfigError) else ""
    return ApiError(400, str(error), param=key or None)


def fault() -> ApiError:
    """An error that nobody meant; the log says which."""
    return ApiError(500, say("the server has failed at this request. Its log says more."))


def unknown_model(name: str, known: Sequence[str]) -> ApiError:
    message = say(
        'no model "{name}".{near} Known: {known}.',
        name=name[:SHOWN],
        near=nearest(name, known),
        known=", ".join(known),
    )
    return ApiError(404, message, code="model_not_found", param="model")


def too_long(n_tokens: int, room: int, param: str) -> ApiError:
    message = say(
        "the prompt has {n} tokens, but the model reads {room} at most. Shorten it.",
        n=n_tokens,
        room=room,
    )
    return ApiError(400, message, code="context_length_exceeded", param=param)


def busy(retry_s: int) -> ApiError:
    """Everything is taken, and the queue is full."""
    message = say("the server is busy: the queue is full. Try again in {s} s.", s=retry_s)
    headers = {"Retry-After": str(retry_s)}
    return ApiError(429, message, code="queue_full", headers=headers)


def timed_out(seconds: float) -> ApiError:
    message = say("no whole answer within {s:g} s. Ask for less at a time.", s=seconds)
    return ApiError(408, message, code="timeout", headers={"x-should-retry": "false"})


def refused(param: str, message: str) -> ApiError:
    """A value of a request that cannot be used."""
    return ApiError(400, f"{param}: {message}", param=param, code="invalid_value")


def invalid(failures: Sequence[Any], known: Sequence[str]) -> ApiError:
    """pydantic's complaints about a body as one error: the first that is not about a branch of a
    union that was not meant. known: names of fields, for what is misspelt.
    """
    meant = [f for f in failures if not str(f["type"]).endswith(MISMATCH)]
    failure = (meant or list(failures))[0]
    where = _path(failure["loc"])
    message = _complaint(failure, known)
    return ApiError(
        400,
        f"{where}: {message}" if where else message,
        param=where or None,
        code="unknown_parameter" if failure["type"] == "extra_forbidden" else "invalid_value",
    )


def _complaint(failure: Any, known: Sequence[str]) -> str:
    name = str(failure["loc"][-1])
    if failure["type"] == "extra_forbidden":
        return say(
            "no such field.{near}", near=nearest(name, [other for other in known if other != name])
        )
    if failure["type"] == "missing":
        return say("is missing; the request must give it.")
    return say("{problem}; got {value}.", problem=failure["msg"], value=short(failure["input"]))


def _path(places: Sequence[int | str]) -> str:
    """`messages[0].content`, without the names of the branches of a union."""
    path = ""
    for place in places[1:]:  # the first says "body" or "path"
        if isinstance(place, int):
            path += f"[{place}]"
        elif place.isidentifier() and place not in BRANCHES:
            path += f".{place}" if path else place
    return path


BRANCHES = {"str", "int", "float", "bool", "system", "developer", "user", "assistant"}
BRANCHES |= {"json_object", "json_schema_format"}


def short(value: object) -> str:
    """A value as it may be said back: the beginning of a long one."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
