"""Does `jium serve` stand many clients at once, fairly, and what is sharing worth?

    python benchmarks/serving_load.py RUN [--clients 64] [--seconds 120] [--max-tokens 64]

One client asks for a while, one question after another; then many do, each again and again for the
whole time, through OpenAI's own client, streaming. Server and clients share the machine. Figures:
failed requests; latency and time to the first token; how far the medians of single clients lie
apart; memory of the server through the time; tokens a second, shared and one by one.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import openai
from record import record

ASKED = ["오늘 뭐 먹을까?", "여행을 가고 싶어.", "날씨가 참 좋네.", "한국어로 인사해 줘."]
ASKED += ["What is a cat?", "Tell me a short story.", "How are you today?", "왜 하늘은 파래?"]


@dataclass
class Asked:
    """One request: whose, how long to the first piece and to the end, how many tokens, what went
    wrong.
    """

    client: int
    began: float
    first_s: float = 0.0
    whole_s: float = 0.0
    tokens: int = -1  # not counted yet
    failed: str = ""


async def ask(client: openai.AsyncOpenAI, verb: str, who: int, n: int, max_tokens: int) -> Asked:
    found = Asked(who, time.perf_counter())
    text = ASKED[(who + n) % len(ASKED)]
    options: dict[str, Any] = dict(model=MODEL, max_tokens=max_tokens, temperature=0.7)
    options |= dict(seed=1000 * who + n, stream=True, stream_options={"include_usage": True})
    try:
        if verb == "chat":
            messages = [{"role": "user", "content": text}]
            stream = await client.chat.completions.create(messages=messages, **options)
        else:
            stream = await client.completions.create(prompt=text, **options)
        async for chunk in stream:
            if not found.first_s and text_of(chunk):
                found.first_s = time.perf_counter() - found.began
            if chunk.usage:
                found.tokens = chunk.usage.completion_tokens
        if found.tokens < 0:
            found.failed = "no count at the end"
    except openai.OpenAIError as error:
        found.failed = type(error).__name__
        await asyncio.sleep(0.1)
    found.whole_s = time.perf_counter() - found.began
    return found


def text_of(chunk: Any) -> str | None:
    """What a chunk brings of the answer; the first of a chat says who speaks, and nothing more."""
    if not chunk.choices:
        return None
    choice = chunk.choices[0]
    return choice.delta.content if hasattr(choice, "delta") else choice.text


async def load(url: str, verb: str, clients: int, seconds: float, max_tokens: int) -> list[Asked]:
    """Every client asks again as soon as it has its answer, over a connection of its own. They
    share one OpenAI object: making many takes longer than they are used.
    """
    async with openai.AsyncOpenAI(base_url=url, api_key="-", max_retries=0) as client:
        end = time.perf_counter() + seconds

        async def one(who: int) -> list[Asked]:
            found: list[Asked] = []
            while time.perf_counter() < end:
                found.append(await ask(client, verb, who, len(found), max_tokens))
            return found

        several = await asyncio.gather(*map(one, range(clients)))
    return [asked for some in several for asked in some]


async def memory(pid: int, seconds: float, times: int = 12) -> list[float]:
    """MB that the server holds, at even distances through the time."""
    found = []
    for _ in range(times):
        found.append(resident(pid))
        await asyncio.sleep(seconds / (times - 1) - 0.01)
    return found


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def share(values: list[float], at: float) -> float:
    """The value below which this share of them lies."""
    return round(sorted(values)[min(len(values) - 1, int(at * len(values)))], 3)


def summary(asked: list[Asked], seconds: float) -> dict[str, Any]:
    good = [one for one in asked if not one.failed]
    if not good:
        return {"requests": len(asked), "failed": len(asked)}
    whole, first = [one.whole_s for one in good], [one.first_s for one in good]
    return {
        "requests": len(asked),
        "failed": len(asked) - len(good),
        "failures": sorted({one.failed for one in asked if one.failed}),
        "latency_s": {f"p{p}": share(whole, p / 100) for p in (50, 90, 99)},
        "first_piece_s": {f"p{p}": share(first, p / 100) for p in (50, 90, 99)},
        "tokens_per_s": round(sum(one.tokens for one in good) / seconds, 1),
        "ms_per_token_p50": round(median(1000 * a.whole_s / max(a.tokens, 1) for a in good), 2),
    }


def fairness(asked: list[Asked]) -> dict[str, Any]:
    """Clients beside each other: the median latency of each, and how many answers it got."""
    of: dict[int, list[Asked]] = {}
    for one in asked:
        of.setdefault(one.client, []).append(one)
    first = [median(one.first_s for one in some) for some in of.values()]
    tokens = [sum(max(one.tokens, 0) for one in some) for some in of.values()]
    return {
        "median_first_piece_s_of_a_client": {"lowest": min(first), "highest": max(first)},
        "tokens_of_a_client": {"fewest": min(tokens), "most": max(tokens)},
        "answers_of_a_client": {
            "fewest": min(map(len, of.values())),
            "most": max(map(len, of.values())),
        },
    }


async def measure(url: str, verb: str, pid: int, words: argparse.Namespace) -> dict[str, Any]:
    v1, n = f"{url}/v1", words.max_tokens
    await load(v1, verb, 4, 2, n)  # warm
    alone_s = max(2.0, words.seconds / 4)
    began = time.perf_counter()
    alone = summary(await load(v1, verb, 1, alone_s, n), time.perf_counter() - began)
    began = time.perf_counter()
    asked, held = await asyncio.gather(
        load(v1, verb, words.clients, words.seconds, n), memory(pid, words.seconds)
    )
    together = summary(asked, time.perf_counter() - began)
    return {
        "alone": alone,
        "together": together,
        "fairness": fairness(asked),
        "memory_mb": {"start": held[0], "middle": held[len(held) // 2], "end": held[-1]},
        "memory_mb_through_the_time": held,
        "times_the_tokens_of_one_by_one": round(
            together["tokens_per_s"] / alone["tokens_per_s"], 2
        ),
    }


def begin(run: Path, port: int, words: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from jium.cli import main; main()", "serve", str(run)]
    command += ["--port", str(port), "--slots", str(words.slots)]
    command += ["--max-waiting", str(max(64, words.clients))]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ)


def wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            sys.exit("the server ended")
        try:
            httpx.get(f"{url}/healthz")
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    sys.exit("the server did not begin")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--smoke", action="store_true", help="write nothing down")
    words = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    MODEL, url = words.run.resolve().name, f"http://127.0.0.1:{port}"
    server = begin(words.run, port, words)
    try:
        wait(url, server)
        (model,) = httpx.get(f"{url}/v1/models").json()["data"]
        verb = "chat" if "chat" in model["verbs"] else "generate"
        figures = asyncio.run(measure(url, verb, server.pid, words))
    finally:
        server.terminate()
        ended = server.wait(60)
    figures["exit_status"] = ended
    about = {name: value for name, value in vars(words).items() if name not in ("smoke", "run")}
    about |= {"run": MODEL, "verb": verb}
    for name, value in figures.items():
        print(f"{name}: {value}")
    if not words.smoke:
        print(record("serving_load", figures, about))
