"""What a request meets on its way in and out: keys, limits, its body, the log, the counts."""

import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from jium.serving.keys import KeyFile

KEY = "a-key-nobody-would-guess"
SECRET = "비밀스러운 질문"
ASK = [{"role": "user", "content": SECRET}]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    (tmp_path / "keys").write_text(f"{KEY} name=alice\n", "utf-8")
    return KeyFile(tmp_path / "keys")


def test_a_key_is_needed_where_there_are_keys(start, keys):
    server = start("chat", keys=keys)
    ask: dict[str, Any] = {"model": "chat", "messages": ASK, "max_tokens": 2}
    with server.client(KEY) as client:
        assert [model.id for model in client.models.list()] == ["chat"]
        client.chat.completions.create(**ask)
    with server.client("wrong") as client:
        with pytest.raises(openai.AuthenticationError, match="not known") as caught:
            client.chat.completions.create(**ask)
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
    for path in ("/v1/models", "/metrics", "/nowhere"):
        reply = server.get(path)
        assert reply.status_code == 401 and "Authorization: Bearer" in reply.text
        assert reply.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert server.get(path).status_code == 200
    basic = {"Authorization": f"Basic {KEY}"}
    assert server.get("/v1/models", headers=basic).status_code == 401


def test_a_key_that_asks_too_much_is_told_when_to_come_back(start, keys):
    server = start("chat", keys=keys, requests_per_minute=2)
    with server.client(KEY) as client:
        for _ in range(2):
            reply = client.chat.completions.with_raw_response.create(
                model="chat", messages=ASK, max_tokens=1
            )
        assert reply.headers["x-ratelimit-remaining-requests"] == "0"
        client.models.list()  # costs nothing
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="chat", messages=ASK)
        assert 1 <= int(caught.value.response.headers["retry-after"]) <= 30
        assert caught.value.code == "rate_limit_exceeded"


def test_neither_words_nor_keys_are_logged(start, keys, eventually):
    server = start("chat", keys=keys)
    with server.client(KEY) as client:
        client.chat.completions.create(model="chat", messages=ASK, max_tokens=3, user=SECRET)
        for _ in client.chat.completions.create(model="chat", messages=ASK, stream=True):
            pass
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(SECRET)
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="chat", messages=ASK, stop=[SECRET] * 5)
    head = {"Authorization": f"Bearer {KEY}"}
    httpx.request("SPY", f"{server.url}/v1/{SECRET}?q={SECRET}", headers=head)
    eventually(lambda: sum(line["event"] == "request" for line in server.lines()) >= 5)
    text = (
        json.dumps(server.lines(), ensure_ascii=False) + server.get("/metrics", headers=head).text
    )
    assert SECRET not in text and KEY not in text and httpx.URL(f"/{SECRET}").path not in text
    asked = [line for line in server.lines() if line["event"] == "request"]
    assert [line["status"] for line in asked[:5]] == [200, 200, 404, 400, 404]
    first = asked[0]
    assert (first["key"], first["model"], first["tokens_out"]) == ("alice", "chat", 3)
    assert first["path"] == "/v1/chat/completions" and first["ms"] >= 0 and first["tokens_in"] > 3
    assert asked[2]["path"] == "/v1/models/{model}"
    assert asked[3]["error"] == "invalid_value"
    assert len({line["id"] for line in asked}) == len(asked)


def test_a_client_that_leaves_once_all_is_said_has_not_left_early(start, eventually):
    server = start("chat")
    with server.client() as client:
        for _ in range(5):
            list(client.chat.completions.create(model="chat", messages=ASK, stream=True))
    eventually(lambda: len(server.lines()) == 5)
    assert {line["status"] for line in server.lines()} == {200}


def test_the_name_of_a_request_goes_to_the_client_and_to_the_log(start, eventually):
    server = start("chat")
    with server.client() as client:
        reply = client.chat.completions.create(model="chat", messages=ASK, max_tokens=1)
    eventually(server.lines)
    assert reply._request_id == server.lines()[0]["id"]


def test_counts_and_times_are_shown_to_prometheus(start, eventually):
    server = start("chat")
    with server.client() as client:
        reply = client.chat.completions.create(model="chat", messages=ASK, max_tokens=3)
    eventually(server.lines)  # a request is counted when all of it is done
    shown = server.get("/metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in shown.text.splitlines() if line[0] != "#")
    path = 'path="/v1/chat/completions"'
    assert lines[f'jium_requests_total{{method="POST",{path},status="200"}}'] == "1.0"
    assert lines[f"jium_request_seconds_count{{{path}}}"] == "1.0"
    assert lines['jium_first_token_seconds_count{model="chat"}'] == "1.0"
    out = lines['jium_tokens_total{direction="out",model="chat"}']
    assert float(out) == reply.usage.completion_tokens
    assert lines['jium_active{model="chat"}'] == "0.0"
    assert lines['jium_slots{model="chat"}'] == "16.0"


# ---------------------------------------------------------------- bodies

GOOD = b'{"model": "chat", "messages": [{"role": "user", "content": "a"}], "max_tokens": 1}'
JSON = {"Content-Type": "application/json"}
BODIES: list[tuple[bytes, int, str]] = [
    (GOOD, 200, "assistant"),
    (b"", 400, "not JSON"),
    (b"{", 400, "line 1"),
    (b"[]", 400, "got []"),
    (b"null", 400, "got None"),
    (GOOD.replace(b'"a"', b'"\\ud800"'), 400, "hex escape"),
    (GOOD.replace(b'"a"', b'"\xff"'), 400, "unicode"),
    (GOOD.replace(b'"a"', b'"\xed\xa0\x80"'), 400, "unicode"),
    (GOOD.replace(b"1}", b"NaN}"), 400, "not JSON"),
    (GOOD.replace(b"1}", b"Infinity}"), 400, "not JSON"),
    (GOOD[:-1] + b', "temperature": 1e999}', 400, "temperature"),
    (GOOD[:-1] + b', "temperature": -1e999}', 400, "temperature"),
    (GOOD[:-1] + b', "seed": ' + b"9" * 4000 + b"}", 400, "seed"),
    (GOOD[:-1] + b', "seed": ' + b"9" * 9000 + b"}", 400, "number out of range"),
    (GOOD[:-1] + b', "max_completion_tokens": ' + b"9" * 4000 + b"}", 200, "assistant"),
    (GOOD[:-1] + b', "metadata": ' + b"[" * 100_000 + b"}", 400, "recursion"),
    (GOOD[:-1] + b', "metadata": ' + b"[" * 150 + b"]" * 150 + b"}", 200, "assistant"),
    (GOOD.replace(b'"a"', b'"\\u0000"'), 200, "assistant"),
    (GOOD.decode().encode("utf-16"), 400, "not JSON"),
]


@pytest.mark.parametrize(("body", "status", "said"), BODIES)
def test_a_body_is_json_in_the_strict_sense_or_a_bad_request(server, body, status, said):
    reply = httpx.post(f"{server.url}/v1/chat/completions", content=body, headers=JSON, timeout=60)
    assert (reply.status_code, said in reply.text) == (status, True), reply.text[:300]


def test_deep_schemas_are_refused_or_taken_but_break_nothing(server):
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(90):
        schema = {"type": "array", "items": schema}
    form = {"type": "json_schema", "json_schema": {"name": "deep", "schema": schema}}
    body = {"model": "chat", "messages": ASK, "max_tokens": 2, "response_format": form}
    assert server.post("/v1/chat/completions", body).status_code in (200, 400)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_what_does_not_call_itself_json_is_refused(server, kind: str):
    url, head = f"{server.url}/v1/chat/completions", {"Content-Type": kind}
    reply = httpx.post(url, content=GOOD, headers=head)
    assert reply.status_code == 415 and "Content-Type: application/json" in reply.text


def test_ten_megabytes_are_refused_whether_declared_or_not(server):
    body = b'{"model": "' + b"x" * 10 * 2**20 + b'"}'
    url = f"{server.url}/v1/chat/completions"
    parts = (body[i : i + 2**16] for i in range(0, len(body), 2**16))
    for content in (body, parts):  # the second is chunked: nobody says how long it is
        reply = httpx.post(url, content=content, headers=JSON, timeout=60)
        assert reply.status_code == 413
        assert "the body has 10.0 MB; 4 are allowed" in reply.json()["error"]["message"]
    assert server.get("/healthz").status_code == 200


def test_wrong_paths_and_methods_are_error_objects_too(server):
    reply = server.get("/v1/nothing")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")
    reply = server.get("/v1/chat/completions")
    assert reply.status_code == 405 and reply.headers["allow"] == "POST"
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_garbage_on_the_wire_ends_its_own_connection_alone(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"\x00\xff GARBAGE\r\n\r\n")
        assert b"400" in wire.recv(1000)
    assert server.get("/healthz").json() == {"status": "ok"}


# ---------------------------------------------------------------- those who wait, and who leave

LONG: dict[str, Any] = {"model": "chat", "messages": ASK, "max_tokens": 150}
LONG |= {"temperature": 1, "logit_bias": {"3": -100, "7": -100}}  # it ends at the window alone


def test_a_client_that_leaves_frees_its_slot(start, eventually):
    server = start("chat", slots=1, max_waiting=1, max_tokens=150)
    worker = server.world.models["chat"].worker
    slow(worker)
    with server.client() as client:
        stream = client.chat.completions.create(**LONG, stream=True)
        next(iter(stream))
        assert worker.active == 1
        stream.close()
        eventually(lambda: worker.active == 0)
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.3).chat.completions.create(**LONG)
        eventually(lambda: worker.active == 0 and worker._engine.active == 0)
    eventually(lambda: [line.get("status") for line in server.lines()] == [499, 499])


def test_a_full_queue_is_429_and_says_when_to_come_back(start, eventually):
    server = start("chat", slots=1, max_waiting=1)
    worker = server.world.models["chat"].worker
    slow(worker)
    with server.client() as client:
        first = client.chat.completions.create(**LONG, stream=True)
        second = client.chat.completions.create(**LONG, stream=True)
        eventually(lambda: (worker.active, worker.waiting) == (1, 1))
        assert server.get("/readyz").status_code == 503
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**LONG)
        assert int(caught.value.response.headers["retry-after"]) >= 1
        assert caught.value.code == "queue_full"
        first.close()
        second.close()
        eventually(lambda: server.get("/readyz").status_code == 200)


def test_an_answer_without_end_is_cut_by_the_time_limit(start):
    server = start("chat", timeout_s=0.5)
    slow(server.world.models["chat"].worker)
    with server.client() as client:
        with pytest.raises(openai.APIStatusError, match="no whole answer within 0.5 s") as caught:
            client.chat.completions.create(**LONG)
        assert caught.value.status_code == 408
        with pytest.raises(openai.APIError, match="no whole answer within 0.5 s"):
            for _ in client.chat.completions.create(**LONG, stream=True):
                pass


def test_a_server_that_ends_cuts_what_its_grace_does_not_cover(start, eventually):
    server = start("chat", grace_s=0.5)
    worker = server.world.models["chat"].worker
    slow(worker, 0.2)
    with server.client() as client:
        stream = client.chat.completions.create(**LONG, stream=True)
        next(iter(stream))
        server.server.should_exit = True
        with pytest.raises(openai.APIError):
            list(stream)
        eventually(lambda: not worker.alive)
        with pytest.raises(openai.APIConnectionError):
            client.models.list()


def slow(worker: Any, seconds: float = 0.02) -> None:
    """Let every step take a while, as those of a large model do."""
    step = worker._engine.step

    def slowly() -> Any:
        time.sleep(seconds)
        return step()

    worker._engine.step = slowly
