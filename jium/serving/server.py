"""Running the application: a port, signals, and an orderly end."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from types import FrameType

import uvicorn
from fastapi import FastAPI

from jium.errors import ConfigError
from jium.serving.keys import KeyFile
from jium.serving.log import ForLog, Log
from jium.serving.settings import ServerSettings

BACKLOG = 2048  # connections that wait to be taken
IDLE_S = 75  # a connection without requests is kept so long


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ConfigError where the port is taken, or may not be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        raise ConfigError(
            "{host}:{port} cannot be listened on: {reason}. Choose another with --port, or end "
            "what runs there.",
            host=host,
            port=port,
            reason=getattr(error, "strerror", None) or error,
        ) from None
    return found


def check_open(host: str, keyed: bool, no_keys: bool) -> None:
    """Raises ConfigError for a server that all the world may use, unless that is wanted."""
    if keyed or no_keys or is_local(host):
        return
    raise ConfigError(
        "{host} can be reached from other machines, and nobody would need a key. Give "
        "--api-key-file FILE, or say --no-keys.",
        host=host,
    )


def is_local(host: str) -> bool:
    """Whether only this machine can reach it."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def serve(
    app: FastAPI,
    on: socket.socket,
    settings: ServerSettings,
    log: Log,
    keys: KeyFile | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Requests under way may end within `settings.grace_s`; none is
    begun. SIGHUP reads the keys again.
    """
    server = make_server(app, settings)
    with _signals(keys), _logged(log):
        log.write("begin", host=on.getsockname()[0], port=on.getsockname()[1])
        server.run(sockets=[on])
        log.write("end")


def make_server(app: FastAPI, settings: ServerSettings) -> uvicorn.Server:
    """uvicorn around the application. In a thread other than the main one it minds no signals:
    `should_exit` ends it.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=max(1, round(settings.grace_s)),
        )
    )


@contextmanager
def _signals(keys: KeyFile | None) -> Iterator[None]:
    """uvicorn raises a signal again once it has ended in order; here that is the end of it."""

    def done(number: int, frame: FrameType | None) -> None:
        pass

    def reread(number: int, frame: FrameType | None) -> None:
        if keys is not None:
            keys.forget()

    wanted = {signal.SIGTERM: done, signal.SIGINT: done, signal.SIGHUP: reread}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _logged(log: Log) -> Iterator[None]:
    """What uvicorn and asyncio have to say goes into the log."""
    theirs, handler = [logging.getLogger(name) for name in ("uvicorn", "asyncio")], ForLog(log)
    before = [one.propagate for one in theirs]
    for one in theirs:
        one.addHandler(handler)
        one.propagate = False
    try:
        yield
    finally:
        for one, propagate in zip(theirs, before, strict=True):
            one.removeHandler(handler)
            one.propagate = propagate
