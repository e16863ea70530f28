"""Tiny random models behind a real server on a free port, and clients of it."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import openai
import pytest
import torch
import uvicorn
from fastapi import FastAPI
from torch import nn

from jium.config import build
from jium.contracts import tiny
from jium.data.frames import Frame
from jium.data.passages import Windows
from jium.generation.painting import PaintConfig
from jium.models.bert import Bert, BertConfig
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.models.gpt import Gpt, GptConfig
from jium.models.heads import HeadConfig, Headed
from jium.models.sentence import SentenceConfig, SentenceEncoder
from jium.serving.app import create_app
from jium.serving.keys import KeyFile
from jium.serving.log import Log
from jium.serving.models import Served
from jium.serving.server import bind, make_server
from jium.serving.settings import ServerSettings
from jium.tasks.answer import Answerer
from jium.tasks.chat import Chatter
from jium.tasks.classify import Classifier
from jium.tasks.embed import SentenceEmbedder
from jium.tasks.extract import Extractor
from jium.tasks.generate import Writer
from jium.tasks.paint import Painter
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import TokenReader
from jium.text.bio import tag_names
from jium.text.chat_template import END, MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["나는 학교에 간다.", "나는 책을 읽는다.", "the cat sat on the mat", '{"이름": "고양이"}']
WINDOW = 192
ASK = [{"role": "user", "content": "나는 어디에 가?"}]


def random_weights(model: nn.Module, std: float = 0.3) -> nn.Module:
    """Larger than a new model has them, so that what it writes is varied."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=std)
    return model.eval()


def make_writer(max_len: int = WINDOW) -> Writer:
    settings = TokenizerConfig(vocab_size=290, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, TEXTS)
    sizes = {"dim": 32, "n_heads": 2, "n_kv_heads": 1, "ffn_dim": 64, "n_layers": 1}
    values = {**sizes, "vocab_size": tokenizer.vocab_size, "max_len": max_len}
    model = random_weights(Gpt(build(GptConfig, values)))
    return Writer(model, tokenizer, (tokenizer.start_id,), (tokenizer.eos_id,))


def make_chatter(max_len: int = WINDOW) -> Chatter:
    writer = make_writer(max_len)
    end = writer.tokenizer.token_id(END)
    assert end is not None
    writer.ends = (*writer.ends, end)
    return Chatter(writer, ChatTemplate(writer.tokenizer))


def make_encoder_tasks() -> dict[str, Any]:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=280), TEXTS)
    sizes = dict(dim=16, n_heads=2, ffn_dim=32, n_layers=1, max_len=64)
    config = build(BertConfig, {**sizes, "vocab_size": tokenizer.vocab_size})
    frame = Frame.of(tokenizer)

    def headed(kind: str, n: int) -> Headed:
        head = HeadConfig(kind=kind, n_outputs=n)
        model = random_weights(Headed(Bert(config), head))
        assert isinstance(model, Headed)
        return model

    labels = ["긍정", "부정"]
    reader = TokenReader(tokenizer, frame, config.max_len)
    sentence = SentenceConfig(**sizes, vocab_size=tokenizer.vocab_size)  # type: ignore[arg-type]
    places = ["LC", "PS"]
    return {
        "classes": Classifier(headed("label", 2), reader, labels),
        "tags": Tagger(headed("tags", len(tag_names(places))), tokenizer, frame, places),
        "reader": Answerer(headed("span", 2), tokenizer, frame, Windows()),
        "vectors": SentenceEmbedder(SentenceEncoder(sentence).eval(), tokenizer),
        "sums": Extractor.of("lead"),
        "translator": tiny.translator(),
        "painter": make_painter(),
    }


def make_painter() -> Painter:
    """Of pictures of 8 pixels, in two steps."""
    said = ["우주에 있는 개", "a red dog in space"]
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=280), said)
    unet = {"kind": "unet", "dim": 8, "multipliers": [1], "attention_levels": [], "head_dim": 8}
    text = {"dim": 16, "n_heads": 2, "ffn_dim": 32, "n_layers": 1, "max_len": 24}
    values = {"denoiser": unet, "text": text, "picture_size": 8}
    model = Diffusion(build(DiffusionConfig, values | {"vocab_size": tokenizer.vocab_size}))
    return Painter(random_weights(model, 0.1), tokenizer, PaintConfig(steps=2))  # type: ignore[arg-type]


def make_models(*names: str) -> list[Served]:
    """Fresh ones: a server's threads end with it."""
    makers: dict[str, Callable[[], Any]] = {"chat": make_chatter, "write": make_writer}
    makers |= {"painter": make_painter} if names else {}
    found = [Served(name, make(), kind=name) for name, make in makers.items()]
    if not names:
        found += [Served(name, task, kind=name) for name, task in make_encoder_tasks().items()]
    return [one for one in found if not names or one.name in names]


class Running:
    """A server under way: where it is, and what it has logged."""

    def __init__(self, app: FastAPI, server: uvicorn.Server, port: int, log: io.StringIO) -> None:
        self.server, self.url, self._log = server, f"http://127.0.0.1:{port}", log
        self.world = app.state.world

    def client(self, key: str = "unneeded", **more: Any) -> openai.OpenAI:
        """OpenAI's own client, which asks once."""
        settings = {"max_retries": 0, "timeout": 60.0, **more}
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, **settings)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, timeout=60, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=60, **more)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.getvalue().splitlines()]


@contextmanager
def serving(models: list[Served], settings: ServerSettings, **more: Any) -> Iterator[Running]:
    """A real server in a thread."""
    log = io.StringIO()
    app = create_app(models, settings, log=Log(log), **more)
    server = make_server(app, settings)
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield Running(app, server, port, log)
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
        assert not thread.is_alive()


def wait_until(done: Callable[[], Any], seconds: float = 30) -> None:
    """Fails the test where it never comes."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """One with a model for each verb, for tests that leave no trace in it."""
    with serving(make_models(), ServerSettings(slots=4, grace_s=1)) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Running) -> Iterator[openai.OpenAI]:
    with server.client() as found:
        yield found


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Starts servers of their own for a test: start("chat", slots=1, keys=...)."""
    with ExitStack() as stack:

        def begin(*names: str, keys: KeyFile | None = None, **settings: Any) -> Running:
            limits = ServerSettings(**{"grace_s": 1, **settings})
            return stack.enter_context(serving(make_models(*names), limits, keys=keys))

        yield begin


@pytest.fixture(scope="session")
def chatter() -> Chatter:
    """The one that is served as "chat"."""
    return make_chatter()


@pytest.fixture(scope="session")
def writer() -> Writer:
    """The one that is served as "write"."""
    return make_writer()


@pytest.fixture(scope="session")
def tasks() -> dict[str, Any]:
    """The others, by name."""
    return make_encoder_tasks()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Waits until something is so."""
    return wait_until
