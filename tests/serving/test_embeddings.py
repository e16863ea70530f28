"""Vectors through OpenAI's own client, unchanged."""

import base64

import numpy as np
import openai
import pytest

TEXTS = ["나는 학교에 간다.", "the cat", "비"]


def test_vectors_are_those_of_python_whichever_way_they_are_sent(client, tasks):
    expected = tasks["vectors"].embed(TEXTS)
    for encoding in ("float", "base64", openai.NOT_GIVEN):
        reply = client.embeddings.create(model="vectors", input=TEXTS, encoding_format=encoding)
        if encoding == "base64":
            rows = [np.frombuffer(base64.b64decode(d.embedding), "<f4") for d in reply.data]
        else:
            rows = [np.array(one.embedding) for one in reply.data]
        assert np.allclose(rows, expected, atol=1e-5)
        assert [one.index for one in reply.data] == [0, 1, 2]
    tokens = sum(map(len, tasks["vectors"].tokenizer.encode_batch(TEXTS)))
    assert reply.usage.prompt_tokens == reply.usage.total_tokens == tokens


def test_one_text_tokens_and_many_texts_go_too(client, tasks):
    one = client.embeddings.create(model="vectors", input=TEXTS[1]).data
    assert len(one) == 1
    ids = tasks["vectors"].tokenizer.encode(TEXTS[1])
    for given in (ids, [ids]):
        same = client.embeddings.create(model="vectors", input=given).data[0].embedding
        assert np.allclose(same, one[0].embedding, atol=1e-6)
    many = client.embeddings.create(model="vectors", input=TEXTS * 50, dimensions=16).data
    assert np.allclose(many[1].embedding, many[148].embedding, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input": ""}, "at least 1"),
        ({"input": []}, "at least 1"),
        ({"input": ["a", " "]}, "text 2 is empty"),
        ({"input": [10**7]}, "no such token"),
        ({"input": ["a"] * 2049}, "at most 2048"),
        ({"input": TEXTS[0], "dimensions": 5}, "16 numbers"),
        ({"input": 5}, "input"),
    ],
)
def test_what_cannot_be_is_a_bad_request_that_says_why(client, given, said):
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="vectors", **given)
    assert said in caught.value.body["message"]


def test_too_much_text_at_a_time_is_refused(client):
    with pytest.raises(openai.APIStatusError, match="200000 are allowed") as caught:
        client.embeddings.create(model="vectors", input="가" * 200_001)
    assert caught.value.status_code == 413
