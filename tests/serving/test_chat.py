"""Chats through OpenAI's own client, unchanged."""

import json
import math
from typing import Any

import openai
import pytest
from openai.types.chat import completion_create_params

from jium.serving.schemas import ChatRequest

ASK = [{"role": "user", "content": "나는 어디에 가?"}]
COLD = {"temperature": 0, "max_tokens": 12}
SCHEMA = {
    "type": "object",
    "properties": {"이름": {"enum": ["고양이", "개"]}, "수": {"enum": [1, 2, 3]}},
    "required": ["이름", "수"],
    "additionalProperties": False,
}


def chat(client: openai.OpenAI, **options: Any) -> Any:
    return client.chat.completions.create(**{"model": "chat", "messages": ASK, **COLD, **options})


def pieces(client: openai.OpenAI, **options: Any) -> list[Any]:
    return list(chat(client, stream=True, **options))


def text_of(chunks: list[Any], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(choice.delta.content or "" for choice in choices)


# ---------------------------------------------------------------- answers


def test_a_chat_is_answered_as_python_answers_it(client, chatter):
    reply = chat(client)
    assert reply.choices[0].message.content == chatter.chat(ASK, **COLD) != ""
    assert (reply.object, reply.model) == ("chat.completion", "chat")
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].finish_reason in ("stop", "length")
    usage = reply.usage
    assert usage.prompt_tokens == len(chatter.prompt(ASK, 12))
    assert 0 < usage.completion_tokens <= 12
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("options", [{}, {"temperature": 1.5, "seed": 3}, {"n": 3, "seed": 1}])
def test_a_stream_adds_up_to_the_answer(client, options: dict[str, Any]):
    if "n" in options:
        options = options | {"temperature": 1.0}
    whole, chunks = chat(client, **options), pieces(client, **options)
    for choice in whole.choices:
        assert text_of(chunks, choice.index) == choice.message.content
        ends = [c.finish_reason for k in chunks for c in k.choices if c.index == choice.index]
        assert ends == [None] * (len(ends) - 1) + [choice.finish_reason]


def test_a_stream_begins_with_the_role_and_counts_at_its_end_where_asked(client):
    chunks = pieces(client, stream_options={"include_usage": True})
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].choices == [] and chunks[-1].usage == chat(client).usage
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert all(chunk.usage is None for chunk in pieces(client))


def test_the_events_are_those_of_openai(server):
    body = {"model": "chat", "messages": ASK, **COLD, "stream": True}
    reply = server.post("/v1/chat/completions", body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = reply.text.split("\n\n")
    assert all(line.startswith("data: ") for line in lines[:-1])
    assert lines[-2:] == ["data: [DONE]", ""]
    assert all(json.loads(line[6:])["choices"] for line in lines[:-2])


def test_several_answers_are_drawn_apart_and_the_first_is_that_of_one_alone(client):
    options: dict[str, Any] = {"temperature": 2.0, "seed": 5}
    several = [c.message.content for c in chat(client, n=4, **options).choices]
    assert len(set(several)) > 1
    assert several[0] == chat(client, **options).choices[0].message.content
    assert several == [c.message.content for c in chat(client, n=4, **options).choices]


def test_an_answer_ends_before_a_stop_string(client):
    whole = chat(client).choices[0].message.content
    stop = whole[2:4]
    for given in (stop, ["never there", stop]):
        reply = chat(client, stop=given)
        assert reply.choices[0].message.content == whole[: whole.index(stop)]
        assert reply.choices[0].finish_reason == "stop"
        assert text_of(pieces(client, stop=given)) == whole[: whole.index(stop)]


def test_max_completion_tokens_and_the_window_end_an_answer(client):
    assert chat(client, max_tokens=None, max_completion_tokens=3).usage.completion_tokens <= 3
    reply = chat(client, max_tokens=10**12, logit_bias={"3": -100})
    assert reply.choices[0].finish_reason in ("stop", "length")


def test_logprobs_are_those_of_the_model(client):
    reply = chat(client, logprobs=True, top_logprobs=3)
    tokens = reply.choices[0].logprobs.content
    assert len(tokens) == reply.usage.completion_tokens
    for token in tokens:
        assert len(token.top_logprobs) == 3
        assert token.logprob == token.top_logprobs[0].logprob <= 0  # the likeliest, when cold
        assert sum(math.exp(one.logprob) for one in token.top_logprobs) <= 1 + 1e-5
    data = b"".join(bytes(token.bytes) for token in tokens)
    assert data.decode(errors="replace") == reply.choices[0].message.content
    assert chat(client).choices[0].logprobs is None
    streamed = [
        token
        for chunk in pieces(client, logprobs=True, top_logprobs=3)
        for choice in chunk.choices
        if choice.logprobs
        for token in choice.logprobs.content
    ]
    assert [t.token for t in streamed] == [t.token for t in tokens]


def test_a_bias_rules_tokens_out_and_in(client, chatter):
    token = chatter.tokenizer.encode("고")[0]
    text = chat(client, logit_bias={str(token): 100}, max_tokens=3).choices[0].message.content
    assert text == chatter.tokenizer.decode([token] * 3)


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize("seed", range(4))
def test_json_that_was_asked_for_parses(client, seed: int):
    form = {"type": "json_schema", "json_schema": {"name": "animal", "schema": SCHEMA}}
    options: dict[str, Any] = {"temperature": 1.0, "max_tokens": 100, "seed": seed}
    reply = chat(client, response_format=form, **options)
    assert reply.choices[0].finish_reason == "stop"
    found = json.loads(reply.choices[0].message.content)
    assert found["이름"] in ("고양이", "개") and found["수"] in (1, 2, 3)


def test_a_json_object_begins_as_one(client):
    reply = chat(client, response_format={"type": "json_object"}, max_tokens=20)
    assert reply.choices[0].message.content.lstrip().startswith("{")
    plain = chat(client, response_format={"type": "text"})
    assert plain.choices[0].message.content == chat(client).choices[0].message.content


def test_choices_and_expressions_are_an_extension(client):
    text = chat(client, extra_body={"choices": ["예", "아니요"]}).choices[0].message.content
    assert text in ("예", "아니요")
    text = chat(client, extra_body={"regex": "[가-나]{2}!"}).choices[0].message.content
    assert len(text) == 3 and text[-1] == "!"


# ---------------------------------------------------------------- messages


def test_a_conversation_may_be_sent_back_as_the_client_dumps_it(client, chatter):
    answer = chat(client).choices[0].message
    more = [*ASK, answer.model_dump(), {"role": "user", "content": "왜?"}]
    said = [*ASK, {"role": "assistant", "content": answer.content}, more[-1]]
    assert chat(client, messages=more).choices[0].message.content == chatter.chat(said, **COLD)


def test_parts_are_joined_and_developers_are_the_system(client, chatter):
    parts = [{"type": "text", "text": "나는 "}, {"type": "text", "text": "어디에 가?"}]
    given = [{"role": "developer", "content": "짧게"}, {"role": "user", "content": parts}]
    plain = [{"role": "system", "content": "짧게"}, *ASK]
    assert chat(client, messages=given).choices[0].message.content == chatter.chat(plain, **COLD)


def test_a_long_chat_keeps_its_newest_turns(client, chatter):
    turns = [{"role": ("user", "assistant")[i % 2], "content": f"{i} 나는 간다"} for i in range(31)]
    reply = chat(client, messages=turns)
    assert reply.choices[0].message.content == chatter.chat(turns, **COLD)
    assert reply.usage.prompt_tokens < len(chatter.template.ids(turns))


def test_every_field_of_the_client_is_known():
    fields = set(completion_create_params.CompletionCreateParamsBase.__annotations__)
    assert fields <= set(ChatRequest.model_fields)


# ---------------------------------------------------------------- what is refused

LONG = [{"role": "user", "content": "나는 학교에 간다. " * 200}]
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"messages": []}, "messages", "at least 1"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages[0].content", "at least 1"),
    ({"messages": [{"role": "user", "content": " \n"}]}, "messages[0].content", "says nothing"),
    ({"messages": [{"role": "wizard", "content": "a"}]}, "messages[0]", "wizard"),
    ({"messages": [{"role": "assistant", "content": ""}]}, "messages", "says nothing"),
    ({"messages": [{"content": "a"}]}, "messages[0]", "role"),
    ({"messages": LONG}, "messages", "Shorten it"),
    ({"temperature": -0.1}, "temperature", "greater than or equal to 0; got -0.1"),
    ({"temperature": 2.1}, "temperature", "2.1"),
    ({"temperature": "warm"}, "temperature", "warm"),
    ({"top_p": 1.1}, "top_p", "1.1"),
    ({"n": 0}, "n", "greater than or equal to 1"),
    ({"n": 100}, "n", "100 answers; 68 are allowed"),
    ({"max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
    ({"seed": 2**70}, "seed", "less than"),
    ({"stop": ["x"] * 5}, "stop", "at most 4"),
    ({"stop": [str(i) for i in range(5000)]}, "stop", "at most 4"),
    ({"stop": ""}, "stop", "at least 1"),
    ({"logit_bias": {"x": 1}}, "logit_bias.x", "x"),
    ({"logit_bias": {"999999": 1}}, None, "999999"),
    ({"top_logprobs": 2}, "top_logprobs", "logprobs=true"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "20"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "Leave it out"),
    ({"modalities": ["audio"]}, "modalities", "Leave it out"),
    ({"stream_options": {"include_usage": True}}, "stream_options", "stream=true"),
    ({"extra_body": {"temprature": 1}}, "temprature", 'Did you mean "temperature"?'),
    ({"extra_body": {"choices": ["a"], "regex": "b"}}, None, "choices + regex"),
    ({"extra_body": {"regex": "(["}}, "regex", "(["),
    ({"response_format": {"type": "yaml"}}, "response_format", "yaml"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "oops"}}}},
        "json_schema",
        "oops",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "param", "said"), WRONG)
def test_what_cannot_be_is_a_bad_request_that_says_why(client, options, param, said):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, **options)
    assert said in caught.value.body["message"]
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_a_prompt_longer_than_the_window_has_openais_code(client):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, messages=LONG)
    assert caught.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as caught:
        pieces(client, messages=LONG)
    assert caught.value.code == "context_length_exceeded"


def test_unknown_models_and_those_that_cannot_chat_are_not_found(client):
    with pytest.raises(openai.NotFoundError, match='Did you mean "chat"') as caught:
        chat(client, model="chatt")
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError, match='"vectors" cannot chat'):
        chat(client, model="vectors")
