"""What every request passes, going in and coming out.

In: it gets a name, its key is looked at, then its limits, then its body. Out: whatever went wrong
becomes an error object, and the request is counted and written into the log. When the client goes,
or the server is told to stop, what works for it is cancelled.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from jium.errors import JiumError
from jium.messages import say
from jium.serving.body import Left, Receive, check_json, read_body
from jium.serving.errors import ApiError, fault, of
from jium.serving.keys import Key, KeyFile
from jium.serving.limits import Account, Accounts
from jium.serving.log import Log
from jium.serving.metrics import Metrics
from jium.serving.settings import ServerSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = {"/healthz", "/readyz", "/openapi.json"}  # for whom a key is not asked
LEFT = 499  # what the log says of a client that has gone


@dataclass
class Visit:
    """One request on its way. Whoever answers it writes down the model and the tokens."""

    account: Account
    key: Key | None = None
    id: str = field(default_factory=lambda: f"req_{secrets.token_hex(12)}")
    began: float = field(default_factory=time.perf_counter)
    model: str | None = None
    n_in: int = 0
    n_out: int = 0
    status: int | None = None  # once the answer has begun
    whole: bool = False  # the answer has been sent; many clients leave once they read "[DONE]"
    error: str | None = None  # the code of an error within a stream

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began

    def reads(self, model: str, n_tokens: int) -> None:
        """What it asks a model to read. Raises ApiError 429 where its key has too few tokens."""
        self.model = model
        self.account.read(n_tokens)
        self.n_in = n_tokens


class Door:
    """ASGI around ASGI."""

    def __init__(
        self,
        app: App,
        settings: ServerSettings,
        keys: KeyFile | None,
        accounts: Accounts,
        log: Log,
        metrics: Metrics,
    ) -> None:
        self._app, self._settings, self._keys, self._accounts = app, settings, keys, accounts
        self._log, self._metrics = log, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit(self._accounts.of(None))
        scope.setdefault("state", {})["visit"] = visit
        try:
            await self._pass(scope, receive, _marked(send, visit), visit)
        except (Left, asyncio.CancelledError) as gone:
            visit.status = visit.status if visit.whole else LEFT
            if isinstance(gone, asyncio.CancelledError):
                raise
        finally:
            self._write_down(scope, visit)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        try:
            headers = dict(scope["headers"])
            self._look_at_key(scope["path"], headers, visit)
            body = await read_body(receive, headers, self._settings.max_body)
            if scope["method"] == "POST":
                check_json(body, headers)
            await self._while_there(scope, body, receive, send, visit)
        except ApiError as error:
            await _answer(error, send, visit)
        except JiumError as error:
            await _answer(of(error), send, visit)
        except Left:
            raise
        except Exception as error:
            self._log.fault(error, id=visit.id)
            await _answer(fault(), send, visit)

    def _look_at_key(self, path: str, headers: dict[bytes, bytes], visit: Visit) -> None:
        """Raises ApiError 401 without a right key, 429 for one that has asked too much."""
        if path in OPEN:
            return
        if self._keys is not None:
            visit.key = _right(self._keys, headers.get(b"authorization", b""))
            visit.account = self._accounts.of(visit.key)
        if path.startswith("/v1/") and not path.startswith("/v1/models"):
            visit.account.request()

    async def _while_there(
        self, scope: Scope, body: bytes, receive: Receive, send: Send, visit: Visit
    ) -> None:
        """Run the app as long as its client waits for it."""
        gone = asyncio.ensure_future(_gone(receive))
        app = asyncio.ensure_future(self._app(scope, _again(body, gone), send))
        try:
            await asyncio.wait({app, gone}, return_when=asyncio.FIRST_COMPLETED)
            if visit.whole or app.done():
                await app
            else:
                raise Left
        finally:
            for task in (app, gone):
                task.cancel()
            await asyncio.gather(app, gone, return_exceptions=True)

    def _write_down(self, scope: Scope, visit: Visit) -> None:
        path = getattr(scope.get("route"), "path", "-")
        status = visit.status or LEFT
        self._metrics.request(_method(scope["method"]), path, status, visit.seconds)
        if visit.model is not None:
            visit.account.written(visit.n_out)
            self._metrics.tokens(visit.model, visit.n_in, visit.n_out)
        self._log.write(
            "request",
            id=visit.id,
            key=visit.key.name if visit.key else None,
            method=_method(scope["method"]),
            path=path,
            status=status,
            model=visit.model,
            tokens_in=visit.n_in or None,
            tokens_out=visit.n_out or None,
            ms=round(visit.seconds * 1000),
            error=visit.error,
        )


def _right(keys: KeyFile, given: bytes) -> Key:
    scheme, _, secret = given.partition(b" ")
    found = keys.find(secret.strip()) if scheme.lower() == b"bearer" else None
    if found is None:
        message = (
            say("this key is not known here.")
            if given
            else say('a key is needed: send it in the header "Authorization: Bearer KEY".')
        )
        headers = {"WWW-Authenticate": "Bearer"}
        raise ApiError(401, message, code="invalid_api_key", headers=headers)
    return found


def _marked(send: Send, visit: Visit) -> Send:
    """Sends on, with the name of the request, and notes how far the answer has come."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            more = {"x-request-id": visit.id, **visit.account.headers()}
            encoded = [(name.encode(), value.encode()) for name, value in more.items()]
            message = {**message, "headers": [*message.get("headers", ()), *encoded]}
        elif message["type"] == "http.response.body":
            visit.whole = visit.whole or not message.get("more_body", False)
        await send(message)

    return marked


async def _answer(error: ApiError, send: Send, visit: Visit) -> None:
    """Send an error, unless an answer has begun: then it can only be cut off."""
    visit.error = error.code or error.kind
    if visit.status is not None:
        raise Left
    body = json.dumps(error.body(), ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    encoded += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _again(body: bytes, gone: asyncio.Future[None]) -> Receive:
    """The body once more, for the app; then nothing until the client goes."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            await asyncio.shield(gone)
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _method(given: str) -> str:
    """A method that HTTP knows: a client may send any word, and each would be counted apart."""
    return given if given in METHODS else "-"


METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
