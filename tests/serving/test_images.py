"""Pictures through OpenAI's own client, unchanged."""

import base64
import io
import json
import threading
import time
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from PIL import Image

from jium.checkpoint.run import save_config, save_weights
from jium.errors import ConfigError
from jium.serving.keys import KeyFile
from jium.serving.models import load_models

PROMPT = "우주에 있는 개"


def opened(one: Any) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(one.b64_json)))


def pixels(pictures: Any) -> list[Any]:
    return [np.asarray(picture).tolist() for picture in pictures]


def test_pictures_are_those_of_python(client, tasks):
    asked = dict(model="painter", prompt=PROMPT, n=3, response_format="b64_json", user="me")
    reply = client.images.generate(**asked, size="auto", extra_body={"seed": 5})
    expected = tasks["painter"].paint(PROMPT, n=3, seed=5)
    assert pixels(map(opened, reply.data)) == pixels(expected)
    assert [one.seed for one in reply.data] == [5, 6, 7]
    assert abs(reply.created - time.time()) < 60 and reply.output_format == "png"
    facts = json.loads(opened(reply.data[1]).text["jium"])
    assert facts == json.loads(json.dumps(expected.facts[1]))


def test_seeds_that_nobody_gave_are_told_and_paint_it_again(client):
    (first,) = client.images.generate(prompt=PROMPT).data  # the only model that can
    again = client.images.generate(prompt=PROMPT, extra_body={"seed": first.seed}).data[0]
    other = client.images.generate(prompt=PROMPT).data[0]
    assert again.b64_json == first.b64_json and other.seed != first.seed


def test_a_size_is_width_and_height(client, tasks):
    wide = client.images.generate(prompt=PROMPT, size="16x8", extra_body={"seed": 1}).data[0]
    assert opened(wide).size == (16, 8)
    assert pixels([opened(wide)]) == pixels(tasks["painter"].paint(PROMPT, seed=1, size=(16, 8)))


def test_no_words_paint_what_the_model_likes(client, tasks):
    free = client.images.generate(prompt="", extra_body={"seed": 2}).data[0]
    assert pixels([opened(free)]) == pixels(tasks["painter"].paint(seed=2))


def test_fields_that_ask_for_what_is_done_anyway_are_taken(client):
    asked = dict(quality="standard", background="auto", output_format="png", moderation="low")
    assert client.images.generate(prompt=PROMPT, **asked).data


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"response_format": "url"}, "response_format: this server keeps no pictures"),
        ({"size": "1024x1024"}, "size: 1048576 pixels; 262144 are allowed."),
        ({"size": "large"}, "size: "),
        ({"size": "0x8"}, "size: "),
        ({"n": 0}, "n: "),
        ({"n": 11}, "n: "),
        ({"quality": "hd"}, "quality: this server cannot do that. Leave it out."),
        ({"output_format": "webp"}, "output_format: this server cannot do that"),
        ({"extra_body": {"stream": True}}, "stream: this server cannot do that"),
        ({"extra_body": {"seed": 2**64}}, "seed: "),
        ({"extra_body": {"sead": 1}}, 'no such field. Did you mean "seed"?'),
        ({"prompt": "dog " * 50}, "a caption of"),
    ],
)
def test_what_cannot_be_is_a_bad_request_that_says_why(client, given, said):
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**{"model": "painter", "prompt": PROMPT, **given})
    assert said in caught.value.body["message"]


def test_too_much_text_is_refused_as_elsewhere(client):
    with pytest.raises(openai.APIStatusError, match="200000 are allowed") as caught:
        client.images.generate(prompt="가" * 200_001)
    assert caught.value.status_code == 413


def test_a_model_that_writes_cannot_paint(client):
    with pytest.raises(openai.NotFoundError, match="cannot paint"):
        client.images.generate(model="chat", prompt=PROMPT)


def test_a_key_is_needed_and_its_requests_are_counted(start, tmp_path):
    (tmp_path / "keys").write_text("a-key-nobody-would-guess requests=2\n", "utf-8")
    server = start("painter", keys=KeyFile(tmp_path / "keys"))
    with server.client("wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.images.generate(prompt=PROMPT)
    with server.client("a-key-nobody-would-guess") as known:
        for _ in range(2):
            assert known.images.generate(prompt=PROMPT).data
        with pytest.raises(openai.RateLimitError):
            known.images.generate(prompt=PROMPT)


def test_a_picture_that_takes_too_long_is_given_up(start, monkeypatch):
    server = start("painter", timeout_s=0.1)
    task = server.world.models["painter"].task
    monkeypatch.setattr(task, "paint", lambda *_, **__: time.sleep(0.5))
    reply = server.post("/v1/images/generations", {"prompt": PROMPT})
    assert reply.status_code == 408
    assert reply.json()["error"]["code"] == "timeout"


def test_when_a_client_goes_no_further_picture_is_begun(start, monkeypatch, eventually):
    server = start("painter")
    task, begun, go_on = server.world.models["painter"].task, [], threading.Event()
    paint = task.paint

    def slow(*given: Any, **more: Any) -> Any:
        begun.append(more["seed"])
        go_on.wait(30)
        return paint(*given, **more)

    monkeypatch.setattr(task, "paint", slow)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{server.url}/v1/images/generations", json={"prompt": PROMPT, "n": 9}, timeout=0.5
        )
    eventually(lambda: any(line.get("status") == 499 for line in server.lines()))
    go_on.set()
    reply = server.post("/v1/images/generations", {"prompt": PROMPT, "seed": 77})
    assert reply.status_code == 200
    assert len(begun) == 2 and begun[1] == 77


def test_a_run_that_paints_is_served_and_one_that_judges_is_not(tmp_path, tasks):
    task = tasks["painter"]
    save_config(tmp_path / "scenes", "diffusion", task.model.config, task.about())
    save_weights(tmp_path / "scenes", task.model)
    task.tokenizer.save(tmp_path / "scenes")
    (served,) = load_models([tmp_path / "scenes"])
    assert served.verbs == ["paint"] and served.about()["task"] == "paint"

    from jium.models.image_classifier import ImageClassifier, ImageClassifierConfig
    from jium.tasks.attributes import AttributeClassifier

    config = ImageClassifierConfig(image_size=8, widths=[4], heads={"subject": 2})
    judge = AttributeClassifier(ImageClassifier(config), {"subject": ["cat", "dog"]})
    save_config(tmp_path / "judge", "image_classifier", config, judge.about())
    save_weights(tmp_path / "judge", judge.model)
    with pytest.raises(ConfigError, match="has nothing to serve"):
        load_models([tmp_path / "judge"])
