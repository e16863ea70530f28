"""`jium serve` as a process: what it refuses, how it ends, what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from typer.testing import CliRunner

from jium.checkpoint.run import save_config, save_weights
from jium.cli import app
from jium.errors import ConfigError
from jium.serving.models import load_models
from jium.serving.server import bind, check_open, is_local

ASK: dict[str, Any] = {
    "model": "chat",
    "messages": [{"role": "user", "content": "나는 어디에 가?"}],
}
KEY, OTHER = "a-key-nobody-would-guess", "another-key-altogether"


@pytest.fixture
def run(tmp_path: Path, chatter: Any) -> Path:
    """The chatter as a run folder."""
    folder = tmp_path / "chat"
    folder.mkdir()
    save_config(folder, "gpt", chatter.model.config, chatter.about())
    save_weights(folder, chatter.model)
    chatter.tokenizer.save(folder)
    return folder


Process = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def process(eventually: Any) -> Iterator[Process]:
    """Starts `jium serve` and waits until it answers; the process and its address."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> tuple[subprocess.Popen[str], str]:
        with bind("127.0.0.1", 0) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-c", "from jium.cli import main; main()", "serve", *words]
        command += ["--port", str(port)]
        env = os.environ | {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
        found = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
        started.append(found)
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: found.poll() is not None or lives(address), 120)
        assert found.poll() is None, found.communicate()[1]
        return found, address

    yield begin
    for one in started:
        one.kill()
        one.communicate()


def lives(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def state(folder: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_killed_it_loses_nothing_and_told_to_stop_it_ends_running_answers(run, process, tmp_path):
    before = state(run)
    (tmp_path / "keys").write_text(f"{KEY} name=alice\n", "utf-8")
    words = [str(run), "--api-key-file", str(tmp_path / "keys")]
    options: dict[str, Any] = ASK | {"max_tokens": 100, "temperature": 1.0, "seed": 3}
    server, address = process(*words)
    with openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0) as client:
        expected = client.chat.completions.create(**options).choices[0].message.content
        client.chat.completions.create(**options, stream=True)
        server.kill()
        server.wait()
    assert state(run) == before

    server, address = process(*words)
    (tmp_path / "keys").write_text(f"{OTHER}\n", "utf-8")
    server.send_signal(signal.SIGHUP)
    with openai.OpenAI(base_url=f"{address}/v1", api_key=OTHER, max_retries=0) as client:
        stream = client.chat.completions.create(**options, stream=True)
        pieces = [next(iter(stream))]
        server.send_signal(signal.SIGTERM)
        pieces += list(stream)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == expected
    logged = server.communicate(timeout=60)[1]
    assert server.returncode == 0
    assert KEY not in logged and OTHER not in logged and ASK["messages"][0]["content"] not in logged
    assert '"event": "end"' in logged and '"fault"' not in logged
    assert state(run) == before


# ---------------------------------------------------------------- what is refused


def serve(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["serve", *words])
    return result.exit_code, result.output


def test_a_port_in_use_is_said(run: Path):
    with bind("127.0.0.1", 0) as taken:
        code, said = serve(str(run), "--port", str(taken.getsockname()[1]))
    assert code == 1 and "--port" in said and "in use" in said


def test_all_the_world_gets_in_only_where_that_is_said(run: Path):
    code, said = serve(str(run), "--host", "0.0.0.0")
    assert code == 1 and "--api-key-file" in said and "--no-keys" in said
    check_open("0.0.0.0", keyed=True, no_keys=False)
    check_open("0.0.0.0", keyed=False, no_keys=True)
    check_open("127.0.0.1", keyed=False, no_keys=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True)]
    + [("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False)],
)
def test_what_is_local(host: str, local: bool):
    assert is_local(host) == local


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--slots", "0"], "slots: must be at least 1; got 0"),
        (["--timeout-s", "0"], "timeout_s: must be above 0"),
        (["--max-waiting", "-1"], "max_waiting: must be at least 0"),
        (["--grace-s", "inf"], "grace_s: must be finite; got inf"),
        (["--max-body-mb", "inf"], "max_body_mb: must be finite; got inf"),
        (["--api-key-file", "nowhere"], "nowhere: cannot be read"),
        (["--no-keys", "--host", "no.such.host.invalid"], "cannot be listened on"),
    ],
)
def test_wrong_settings_are_said_before_anything_is_loaded(words: list[str], said: str):
    code, shown = serve("no-such-run", *words)
    assert code == 1 and said in shown


def test_a_run_that_is_none_is_said():
    code, said = serve("no-such-run", "--port", "0")
    assert code == 1 and "no such run folder" in said


def test_two_runs_of_one_name_are_refused(run: Path, tmp_path: Path):
    other = tmp_path / "other" / "chat"
    with pytest.raises(ConfigError, match='two runs are named "chat"'):
        load_models([run, other])


def test_a_run_is_named_as_its_folder_wherever_one_stands(run: Path, monkeypatch):
    monkeypatch.chdir(run)
    (served,) = load_models([Path(".")])
    assert served.name == "chat" and served.kind == "chat"
    assert served.verbs == ["chat", "generate"]


def test_an_ipv6_address_can_be_listened_on():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        bind("::1", 0).close()
    except ConfigError as error:
        pytest.skip(str(error))
