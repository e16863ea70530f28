"""Counts and times of a server, as Prometheus reads them."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """What /metrics shows, in a registry of its own, so that two servers may live in a process.

    `path` is the pattern of a route, never what a client typed.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "jium_requests", "Requests answered.", ["method", "path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "jium_request_seconds",
            "From a request to the end of its answer.",
            ["path"],
            buckets=SECONDS,
            registry=registry,
        )
        self._first = Histogram(
            "jium_first_token_seconds",
            "From a request to the first token of its answer.",
            ["model"],
            buckets=SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "jium_tokens", "Tokens read and written.", ["model", "direction"], registry=registry
        )
        self._gauges = {
            name: Gauge(f"jium_{name}", about, ["model"], registry=registry)
            for name, about in GAUGES.items()
        }

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def first_token(self, model: str, seconds: float) -> None:
        self._first.labels(model).observe(seconds)

    def tokens(self, model: str, n_in: int, n_out: int) -> None:
        self._tokens.labels(model, "in").inc(n_in)
        self._tokens.labels(model, "out").inc(n_out)

    def watch(self, model: str, gauges: dict[str, Callable[[], float]]) -> None:
        """Read these whenever somebody looks. Names: those of GAUGES."""
        for name, value in gauges.items():
            self._gauges[name].labels(model).set_function(value)

    def text(self) -> bytes:
        """Prometheus's text format."""
        return generate_latest(self._registry)


GAUGES = {
    "active": "Answers being written.",
    "waiting": "Answers that wait for a slot.",
    "slots": "Answers that can be written at a time.",
}
