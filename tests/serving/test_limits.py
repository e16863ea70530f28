"""How much a key may ask a minute, on a clock of our own."""

import pytest

from jium.serving.errors import ApiError
from jium.serving.keys import Key
from jium.serving.limits import Accounts, Bucket
from jium.serving.settings import ServerSettings

KEY = Key(b"digest", "alice")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def accounts(clock: Clock, requests: int | None = None, tokens: int | None = None) -> Accounts:
    limits = {"requests_per_minute": requests, "tokens_per_minute": tokens}
    return Accounts(ServerSettings(**limits), clock)  # type: ignore[arg-type]


def test_a_bucket_fills_steadily_and_never_over(clock: Clock):
    bucket = Bucket(60, clock)
    for _ in range(60):
        assert bucket.wait_s(1) == 0
        bucket.take(1)
    assert bucket.wait_s(1) == pytest.approx(1)
    clock.now += 0.5
    assert bucket.wait_s(1) == pytest.approx(0.5)
    clock.now += 1000
    assert bucket.wait_s(60) == 0 and bucket.wait_s(600) == 0
    bucket.take(90)
    assert bucket.wait_s(1) == pytest.approx(31)


def test_too_many_requests_are_told_when_to_come_back(clock: Clock):
    account = accounts(clock, requests=2).of(KEY)
    account.request()
    account.request()
    with pytest.raises(ApiError, match="2 requests a minute") as caught:
        account.request()
    error = caught.value
    assert (error.status, error.headers["Retry-After"]) == (429, "30")
    assert (error.code, error.kind) == ("rate_limit_exceeded", "requests")
    clock.now += 30
    account.request()


def test_tokens_are_counted_when_read_and_when_written(clock: Clock):
    account = accounts(clock, tokens=100).of(KEY)
    account.request()
    account.read(60)
    with pytest.raises(ApiError, match="100 tokens a minute"):
        account.read(50)
    account.written(70)  # an answer is never cut: the key owes 30
    with pytest.raises(ApiError) as caught:
        account.request()
    assert caught.value.headers["Retry-After"] == str(round(31 * 0.6))
    clock.now += 20
    account.request()
    account.read(1)


def test_a_prompt_larger_than_the_bucket_goes_when_it_is_full(clock: Clock):
    account = accounts(clock, tokens=100).of(KEY)
    account.read(500)
    with pytest.raises(ApiError):
        account.read(1)


def test_keys_have_accounts_of_their_own_and_limits_of_their_own(clock: Clock):
    found = accounts(clock, requests=1)
    rich = Key(b"other", "bob", requests_per_minute=5)
    found.of(KEY).request()
    for _ in range(5):
        found.of(rich).request()
    for key in (KEY, rich):
        with pytest.raises(ApiError):
            found.of(key).request()
    assert found.of(KEY) is found.of(KEY)
    found.of(None).request()


def test_without_limits_everything_is_allowed(clock: Clock):
    account = accounts(clock).of(None)
    for _ in range(1000):
        account.request()
        account.read(10**9)
    assert account.headers() == {}


def test_what_is_left_is_said_as_openai_says_it(clock: Clock):
    account = accounts(clock, requests=3, tokens=100).of(KEY)
    account.request()
    account.read(40)
    assert account.headers() == {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "60",
    }
