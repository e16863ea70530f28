"""Plain texts through OpenAI's own client, unchanged."""

from typing import Any

import openai
import pytest
import torch
from openai.types import completion_create_params

from jium.serving.schemas import CompletionRequest

COLD = {"temperature": 0, "max_tokens": 10}
TEXTS = ["나는 ", "the cat"]


def complete(client: openai.OpenAI, **options: Any) -> Any:
    return client.completions.create(**{"model": "write", "prompt": TEXTS[0], **COLD, **options})


def text_of(client: openai.OpenAI, **options: Any) -> str:
    chunks = list(complete(client, stream=True, **options))
    return "".join(choice.text for chunk in chunks for choice in chunk.choices)


def test_a_text_is_written_on_as_python_does(client, writer):
    reply = complete(client)
    assert reply.choices[0].text == writer.generate(TEXTS[0], **COLD) != ""
    assert reply.object == "text_completion"
    assert reply.usage.prompt_tokens == len(writer.ids(TEXTS[0]))
    assert text_of(client) == reply.choices[0].text


def test_a_chat_model_writes_texts_on_too(client, chatter):
    assert complete(client, model="chat").choices[0].text == chatter.generate(TEXTS[0], **COLD)


def test_several_prompts_give_n_answers_each_in_order(client, writer):
    reply = complete(client, prompt=TEXTS, n=2)
    expected = [text for text in writer.generate(TEXTS, **COLD) for _ in range(2)]
    assert [choice.text for choice in reply.choices] == expected
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert reply.usage.prompt_tokens == sum(len(writer.ids(text)) for text in TEXTS)


def test_a_seed_draws_as_python_does(client, writer):
    options: dict[str, Any] = {"temperature": 1.3, "seed": 7, "top_p": 0.9}
    several = writer.generate(TEXTS[0], **{**COLD, **options}, n_best=3)
    assert [c.text for c in complete(client, n=3, **options).choices] == several
    assert text_of(client, **options) == several[0]


def test_tokens_stand_for_their_text(client, writer):
    ids = writer.tokenizer.encode(TEXTS[0])
    expected = complete(client).choices[0].text
    assert complete(client, prompt=ids).choices[0].text == expected
    reply = complete(client, prompt=[ids, ids], echo=True)
    assert [c.text for c in reply.choices] == [TEXTS[0] + expected] * 2


def test_an_echo_comes_first_whole_or_streamed(client):
    whole = complete(client, echo=True).choices[0].text
    assert whole == TEXTS[0] + complete(client).choices[0].text
    assert text_of(client, echo=True) == whole
    for echo, expected in ((True, TEXTS[0]), (False, "")):
        reply = complete(client, echo=echo, max_tokens=0)
        assert reply.choices[0].text == expected == text_of(client, echo=echo, max_tokens=0)
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage.completion_tokens == 0


def test_logprobs_come_in_columns_that_fit(client, writer):
    reply = complete(client, logprobs=2, echo=True, prompt=TEXTS[1])
    columns, text = reply.choices[0].logprobs, reply.choices[0].text
    ids = [*writer.ids(TEXTS[1])]
    logs = writer.logits(TEXTS[1]).log_softmax(-1)
    expected = [float(logs[i, token]) for i, token in enumerate(ids[1:])]
    n = len(expected)
    assert columns.token_logprobs[:n] == pytest.approx(expected, abs=1e-4)
    assert len(columns.tokens) == n + reply.usage.completion_tokens
    assert all(len(table) in (2, 3) for table in columns.top_logprobs)
    assert "".join(columns.tokens[:n]) == TEXTS[1]
    for token, offset in zip(columns.tokens[:n], columns.text_offset[:n], strict=True):
        assert text[offset:].startswith(token)
    assert torch.tensor(columns.token_logprobs).le(0).all()


def test_a_character_of_several_tokens_is_counted_once(client):
    columns = complete(client, logprobs=0, echo=True, prompt="쀍a쀍b", max_tokens=0)
    columns = columns.choices[0].logprobs
    places = dict(zip(columns.tokens, columns.text_offset, strict=True))
    assert len(columns.tokens) > 4 and (places["a"], places["b"]) == (1, 3)


def test_what_is_only_scored_is_paid_for(start):
    server = start("write", tokens_per_minute=100)
    ask: dict[str, Any] = dict(prompt="z" * 90, logprobs=1, echo=True, max_tokens=0)
    with server.client() as asking:
        assert complete(asking, **ask).usage.prompt_tokens > 90
        with pytest.raises(openai.RateLimitError, match="100 tokens a minute"):
            complete(asking, **ask)


def test_the_default_is_sixteen_tokens_at_temperature_one(client):
    reply = client.completions.create(model="write", prompt=TEXTS[0], logit_bias={"3": -100})
    assert reply.usage.completion_tokens <= 16
    drawn = {
        client.completions.create(model="write", prompt=TEXTS[0], seed=seed).choices[0].text
        for seed in range(4)
    }
    assert len(drawn) > 1


def test_every_field_of_the_client_is_known():
    fields = set(completion_create_params.CompletionCreateParamsBase.__annotations__)
    assert fields <= set(CompletionRequest.model_fields)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prompt": []}, "at least 1"),
    ({"prompt": [[]]}, "at least 1"),
    ({"prompt": None}, "prompt"),
    ({"prompt": [10**6]}, "no such token"),
    ({"prompt": [-1]}, "greater than or equal to 0"),
    ({"prompt": ["a", 3]}, "prompt"),
    ({"prompt": "나는 " * 300}, "Shorten it"),
    ({"prompt": ["a", "나는 " * 300]}, "Shorten it"),
    ({"prompt": ["a"] * 100}, "100 answers"),
    ({"max_tokens": -1}, "greater than or equal to 0"),
    ({"logprobs": 6}, "less than or equal to 5"),
    ({"best_of": 3}, "must be n"),
    ({"suffix": "end"}, "Leave it out"),
    ({"presence_penalty": 3}, "less than or equal to 2"),
]


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_what_cannot_be_is_a_bad_request_that_says_why(client, options, said):
    with pytest.raises(openai.BadRequestError) as caught:
        complete(client, **options)
    assert said in caught.value.body["message"]
