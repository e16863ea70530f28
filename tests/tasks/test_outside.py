"""A model elsewhere: an endpoint on this machine that answers as it is told."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jium
from jium.errors import ConfigError, DataError, JiumError
from jium.tasks.outside import Outside

KEY = "sk-test-0123456789abcdef"
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Endpoint:
    """What it was asked, and what it is to answer: replies in turn, the last again and again."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def completion(text: str | None, reason: str = "stop", usage: Any = (7, 3)) -> Reply:
    body: dict[str, Any] = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
    message = {"role": "assistant", "content": text}
    body["choices"] = [{"index": 0, "message": message, "finish_reason": reason}]
    if usage:
        body["usage"] = counted(*usage)
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def counted(prompt: int, answer: int) -> dict[str, int]:
    return dict(prompt_tokens=prompt, completion_tokens=answer, total_tokens=prompt + answer)


def stream(
    *pieces: str, reason: str | None = "stop", usage: Any = (7, 3), done: bool = True
) -> Reply:
    about = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    deltas = [({"content": piece}, None) for piece in pieces]
    deltas += [({}, reason)] if reason else []
    events = [
        {**about, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in deltas
    ]
    if usage:
        events.append({**about, "choices": [], "usage": counted(*usage)})
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    text += "data: [DONE]\n\n" if done else ""
    return 200, {"Content-Type": "text/event-stream"}, text.encode()


def failure(status: int, message: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    return status, {"Content-Type": "application/json", **headers}, body


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.asked.append(json.loads(body))
            told.headers.append({name.lower(): value for name, value in self.headers.items()})
            told.paths.append(self.path)
            status, headers, answer = (
                told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            )
            self.send_response(status)
            length = {"Content-Length": str(len(answer))}
            for name, value in {**length, **headers, "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", told.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", told.waits.append)
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def model(endpoint: Endpoint) -> Iterator[Callable[..., Outside]]:
    made: list[Outside] = []

    def make(name: str = "openai:gpt-4o-mini", **options: Any) -> Outside:
        made.append(jium.load(name, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


Make = Callable[..., Outside]


# ---------------------------------------------------------------- what it answers


def test_a_text_is_answered(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("안녕하세요!")]
    assert model().chat("안녕?") == "안녕하세요!"
    assert endpoint.asked == [
        {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "안녕?"}]}
    ]
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"
    assert endpoint.paths == ["/v1/chat/completions"]


def test_a_chat_and_options_are_sent_as_given(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("응")]
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    chat += [{"role": "user", "content": "c"}]
    options = dict(temperature=0.5, top_p=0.9, max_tokens=20, stop="\n", seed=3)
    assert model().chat(chat, system="짧게", **options, top_k=None) == "응"
    sent = endpoint.asked[0]
    assert sent["messages"] == [{"role": "system", "content": "짧게"}, *chat]
    assert {key: sent[key] for key in options} == {**options, "stop": ["\n"]}
    assert "top_k" not in sent


def test_a_system_message_of_the_chat_stays(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("응")]
    chat = [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]
    model().chat(chat, system="c")
    assert endpoint.asked[0]["messages"] == chat


def test_several_chats_give_a_list(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("하나"), completion("둘")]
    chats = [[{"role": "user", "content": text}] for text in "ab"]
    assert model().chat(chats) == ["하나", "둘"]


def test_the_pieces_of_a_stream_come_one_by_one(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [stream("안", "녕", "?")]
    one = model()
    assert list(one.chat("a", stream=True)) == ["안", "녕", "?"]
    assert endpoint.asked[0]["stream"] is True
    assert (one.usage.prompt_tokens, one.usage.completion_tokens) == (7, 3)


def test_a_conversation_goes_on_with_it(endpoint: Endpoint, model: Make) -> None:
    from jium.tasks.chat import Conversation

    endpoint.replies = [stream("하", "나"), stream("둘")]
    talk = Conversation(model(), "짧게")
    assert [talk.say("a"), talk.say("b")] == ["하나", "둘"]
    roles = [message["role"] for message in endpoint.asked[1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_schema_is_asked_for_and_checked(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion('{"a": 1}')]
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert json.loads(model().chat("a", json_schema=schema)) == {"a": 1}
    asked = endpoint.asked[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"] == schema
    assert model().chat("a", json_schema={}) == '{"a": 1}'
    assert endpoint.asked[1]["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("streams", [False, True])
def test_what_is_not_the_json_asked_for_is_said(
    endpoint: Endpoint, model: Make, streams: bool
) -> None:
    endpoint.replies = [stream('{"a', reason="length") if streams else completion('{"a', "length")]
    with pytest.raises(JiumError, match="asked for JSON and answered.*it ended by: length"):
        "".join(model().chat("a", json_schema={}, stream=streams))


def test_texts_become_vectors_in_their_order(endpoint: Endpoint, model: Make) -> None:
    data = [{"object": "embedding", "index": i, "embedding": [i, 1.0]} for i in (1, 0)]
    body = {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 5}}
    body["usage"]["total_tokens"] = 5
    endpoint.replies = [(200, {"Content-Type": "application/json"}, json.dumps(body).encode())]
    one = model("openai:text-embedding-3-small")
    assert one.embed(["가", "나"]).tolist() == [[0, 1], [1, 1]]
    assert one.embed(["가", "나"]).dtype == np.float32
    assert (one.usage.calls, one.usage.prompt_tokens) == (2, 10)
    with pytest.raises(DataError, match="nothing in it"):
        one.embed(["가", " "])
    with pytest.raises(JiumError, match="no answer of OpenAI's protocol"):
        one.embed("가")


def test_it_is_loaded_from_a_path_too(endpoint: Endpoint, model: Make) -> None:
    assert model(Path("openai:gpt-4o")).name == "gpt-4o"
    assert model(Path("openai:org/name:free")).name == "org/name:free"
    assert model("openai:gpt-4o").about() == {"task": "outside", "model": "gpt-4o"}
    with pytest.raises(ConfigError, match="no name of a model"):
        jium.load("openai:")
    with pytest.raises(ConfigError, match="budget: is only for a model elsewhere"):
        jium.load("runs/x", budget=1)


# ---------------------------------------------------------------- what is refused before it is sent


@pytest.mark.parametrize("option", ["top_k", "min_p", "beam", "repetition_penalty", "choices"])
def test_an_option_it_cannot_do_is_refused_by_name(
    endpoint: Endpoint, model: Make, option: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{option}: is nothing that a model elsewhere"):
        model().chat("a", **{option: 3})
    assert not endpoint.asked


def test_wrong_values_are_refused(endpoint: Endpoint, model: Make) -> None:
    with pytest.raises(ConfigError, match="temperature: must be at least 0"):
        model().chat("a", temperature=-1)
    with pytest.raises(ConfigError, match="json_schema: cannot be followed"):
        model().chat("a", json_schema="{")
    with pytest.raises(DataError, match="no role 'robot'"):
        model().chat([{"role": "robot", "content": "a"}])
    with pytest.raises(DataError, match="says nothing"):
        model().chat("  ", stream=True)
    with pytest.raises(DataError, match="no message"):
        model().chat([])
    assert not endpoint.asked


# ---------------------------------------------------------------- key and address


def test_the_key_may_stand_in_a_file(
    endpoint: Endpoint, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.replies = [completion("응")]
    monkeypatch.delenv("OPENAI_API_KEY")
    Path(".env").write_text('OPENAI_API_KEY="sk-of-the-file"\n')
    model().chat("a")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    model().chat("a")
    sent = [headers["authorization"] for headers in endpoint.headers]
    assert sent == ["Bearer sk-of-the-file", "Bearer sk-of-the-environment"]


def test_without_a_key_it_says_where_to_put_it(
    endpoint: Endpoint, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    endpoint.replies = [completion("응")]
    assert model().chat("a") == "응"  # an endpoint of one's own
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(ConfigError, match="no key for https://api.openai.com/v1.*OPENAI_API_KEY="):
        model()


def test_a_broken_key_or_address_is_not_said_back(
    endpoint: Endpoint, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("sk-한글", "sk-two words", "sk-\x07"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(ConfigError, match="OPENAI_API_KEY: holds characters") as caught:
            model()
        assert key not in str(caught.value)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for address in ("localhost:8000", "http://localhost:99999", "http://here:x", "http://["):
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        with pytest.raises(ConfigError, match="OPENAI_BASE_URL: is not an address"):
            model()
    monkeypatch.delenv("OPENAI_BASE_URL")
    Path(".env").write_bytes(b"OPENAI_BASE_URL=\xff\xfe")
    with pytest.raises(ConfigError, match=".env: cannot be read"):
        model()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_the_key_is_shown_nowhere(
    endpoint: Endpoint,
    model: Make,
    status: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = endpoint.url.replace("http://", "http://user:password@")
    monkeypatch.setenv("OPENAI_BASE_URL", secret)
    endpoint.replies = [failure(status, f"wrong key {KEY} of {KEY[:-6]}, {KEY[-6:]}")]
    one = model(retries=1)
    with pytest.raises(JiumError) as caught:
        one.chat("a")
    error = caught.value
    told = [repr(one), str(one), str(error), repr(error), repr(error.values), caplog.text]
    told += [repr(error.__context__), repr(error.__cause__), *capfd.readouterr()]
    for text in told:
        assert KEY not in text
        assert KEY[-6:] not in text
    for text in told[:-5] + told[-4:]:  # the client's own log of DEBUG names addresses
        assert "password" not in text


# ---------------------------------------------------------------- what goes wrong


def test_a_busy_endpoint_is_asked_again(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [
        failure(429, "slow down", **{"Retry-After": "9"}),
        failure(500, "oops"),
        failure(503, "oops"),
        completion("응"),
    ]
    one = model()
    assert one.chat("a") == "응"
    first, second, third = endpoint.waits
    assert first == 9  # as it asked
    assert 0.5 <= second < third <= 8  # longer and longer, each a little by chance
    assert one.usage.calls == 1


def test_it_is_asked_so_often_and_no_more(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [failure(429, "slow down")]
    with pytest.raises(JiumError, match="takes no more calls now.*slow down"):
        model(retries=2).chat("a")
    assert len(endpoint.asked) == 3


MAPPED = [
    (failure(401, "bad key"), "refuses the key: bad key. Set OPENAI_API_KEY"),
    (failure(404, "no model"), 'knows no model "gpt-4o-mini"'),
    (failure(400, "seed is not known"), r"does not take this request \(400\): seed is not known"),
    (failure(500, "oops"), "failed with 500: oops. Try again later"),
    ((200, {"Content-Type": "text/html"}, b"<html>"), "no answer of OpenAI's protocol"),
    ((200, {"Content-Type": "application/json"}, b"{"), "is not what was asked for"),
    ((200, {"Content-Type": "application/json"}, b"[]"), "no answer of OpenAI's protocol|asked"),
    (completion(None, "content_filter"), "content filter stopped it"),
]


@pytest.mark.parametrize(("reply", "message"), MAPPED)
def test_each_failure_says_what_to_do(
    endpoint: Endpoint, model: Make, reply: Reply, message: str
) -> None:
    endpoint.replies = [reply]
    with pytest.raises(JiumError, match=message):
        model(retries=0).chat("a")


@pytest.mark.parametrize(("reply", "message"), MAPPED[:5])
def test_a_stream_that_cannot_begin_fails_at_the_call(
    endpoint: Endpoint, model: Make, reply: Reply, message: str
) -> None:
    endpoint.replies = [reply]
    with pytest.raises(JiumError, match=message):
        model(retries=0).chat("a", stream=True)


CUT = stream("안", "녕", reason=None, usage=None)
SHORT = (200, {"Content-Type": "text/event-stream", "Content-Length": "999999"}, CUT[2])
GARBLED = (200, CUT[1], stream("안", "녕", reason=None, done=False)[2] + b"data: {oops\n\n")
FAILED = b'data: {"error": {"message": "out of memory"}}\n\n'
BROKEN = (200, CUT[1], stream("안", "녕", reason=None, done=False)[2] + FAILED)


@pytest.mark.parametrize("reply", [CUT, SHORT, GARBLED, BROKEN])
def test_a_stream_that_is_cut_off_says_so(endpoint: Endpoint, model: Make, reply: Reply) -> None:
    endpoint.replies = [reply]
    pieces = model().chat("a", stream=True)
    assert [next(pieces), next(pieces)] == ["안", "녕"]
    with pytest.raises(JiumError, match="broke off"):
        next(pieces)


def test_an_endpoint_that_is_not_there_is_said(
    endpoint: Endpoint, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(JiumError, match="http://127.0.0.1:1/v1 cannot be reached"):
        model(retries=1).chat("a")
    assert len(endpoint.waits) == 1


# ---------------------------------------------------------------- what it costs


def test_usage_and_cost_are_counted(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("응", usage=(1000, 500))]
    one = model()
    one.chat("a")
    one.chat("b")
    assert (one.usage.calls, one.usage.prompt_tokens, one.usage.completion_tokens) == (
        2,
        2000,
        1000,
    )
    assert one.usage.cost == pytest.approx((2000 * 0.15 + 1000 * 0.60) / 1e6)


def test_a_model_without_a_price_has_no_cost(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("응")]
    one = model("openai:my-model")
    one.chat("a")
    assert one.usage.cost is None
    with pytest.raises(ConfigError, match='budget: no price of "my-model"'):
        model("openai:my-model", budget=1.0)


def test_what_nobody_counts_is_counted_at_the_most(endpoint: Endpoint, model: Make) -> None:
    endpoint.replies = [completion("가나", usage=None)]
    one = model()
    one.chat("다")
    assert one.usage.completion_tokens == 6
    assert one.usage.prompt_tokens >= 3


PRICES = """
currency = "KRW"
[models]
m = { prompt = 1_000_000.0, completion = 2_000_000.0 }
"""  # one and two won a token


@pytest.fixture
def won(endpoint: Endpoint) -> str:
    Path("prices.toml").write_text(PRICES)
    return "prices.toml"


def test_a_call_that_might_exceed_the_budget_is_not_sent(
    endpoint: Endpoint, model: Make, won: str
) -> None:
    endpoint.replies = [completion("응", usage=(20, 10))]
    one = model("openai:m", budget=100.0, prices=won)
    assert one.chat("a", max_tokens=10) == "응"  # at most 17 + 16 + 2 + 20
    assert one.usage.cost == 40
    assert one.chat("a", max_tokens=10) == "응"
    with pytest.raises(JiumError, match="may cost .* KRW; of the budget of 100.0 KRW 20.0"):
        one.chat("a", max_tokens=10)
    with pytest.raises(JiumError, match="Nothing was sent"):
        one.chat("a", max_tokens=10, stream=True)
    assert len(endpoint.asked) == 2


def test_a_budget_limits_an_answer_of_no_given_length(
    endpoint: Endpoint, model: Make, won: str
) -> None:
    endpoint.replies = [completion("응")]
    model("openai:m", budget=1e6, prices=won).chat("a")
    assert endpoint.asked[0]["max_tokens"] == 1024
    with pytest.raises(JiumError, match="Nothing was sent"):
        model("openai:m", budget=1000.0, prices=won).chat("a")


def test_calls_under_way_are_set_aside(endpoint: Endpoint, model: Make, won: str) -> None:
    endpoint.replies = [stream("a", "b", usage=(1, 1))]
    one = model("openai:m", budget=100.0, prices=won)
    begun = one.chat("a", max_tokens=20, stream=True)
    assert next(begun) == "a"
    with pytest.raises(JiumError, match="Nothing was sent"):
        one.chat("a", max_tokens=20, stream=True)
    assert list(begun) == ["b"]
    assert list(one.chat("a", max_tokens=20, stream=True)) == ["a", "b"]


def test_an_answer_that_is_left_is_paid_for(endpoint: Endpoint, model: Make, won: str) -> None:
    endpoint.replies = [stream("가", "나", "다")]
    one = model("openai:m", budget=1000.0, prices=won)
    begun = one.chat("a", max_tokens=20, stream=True)
    next(begun)
    begun.close()
    assert one.usage.calls == 1
    assert one.usage.completion_tokens == 3


def test_a_call_that_failed_costs_nothing(endpoint: Endpoint, model: Make, won: str) -> None:
    endpoint.replies = [failure(400, "no"), completion("응", usage=(20, 10))]
    one = model("openai:m", budget=100.0, prices=won)
    with pytest.raises(JiumError, match="does not take"):
        one.chat("a", max_tokens=10)
    assert (one.usage.calls, one.usage.cost) == (0, 0)
    assert one.chat("a", max_tokens=10) == "응"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currency = 1", "prices"),
        ('currency = "USD"\n[models]\nm = { prompt = -1.0 }', "prompt: must be at least 0"),
        ("oops", "is not TOML"),
        (None, "no such table of prices"),
    ],
)
def test_a_table_of_prices_that_is_none_is_refused(
    endpoint: Endpoint, model: Make, text: str | None, message: str
) -> None:
    if text is not None:
        Path("prices.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        model("openai:m", prices="prices.toml")


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf")])
def test_a_budget_of_no_amount_is_refused(endpoint: Endpoint, model: Make, budget: float) -> None:
    with pytest.raises(ConfigError, match="budget: must be above 0"):
        model(budget=budget)
