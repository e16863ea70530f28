"""The verbs of jium over HTTP."""

from typing import Any

import pytest

TEXTS = ["나는 학교에 간다.", "the cat sat"]
CONTEXT = "나는 서울에 간다. 고양이는 집에 있다."


def results(server: Any, verb: str, **body: Any) -> list[dict[str, Any]]:
    reply = server.post(f"/v1/{verb}", body)
    assert reply.status_code == 200, reply.text
    return reply.json()["results"]


def test_translations_are_those_of_python(server, tasks):
    expected = tasks["translator"].translate(TEXTS)
    found = results(server, "translate", model="translator", text=TEXTS)
    assert [one["translation"] for one in found] == expected
    assert [one["source"] for one in found] == TEXTS
    several = results(server, "translate", text=TEXTS[0], beam=3, n_best=2)
    assert several[0]["translation"] == tasks["translator"].translate(TEXTS[0], beam=3, n_best=2)


def test_drawing_needs_no_word_about_beams(server, tasks):
    options: dict[str, Any] = {"temperature": 1.5, "seed": 4, "max_tokens": 8}
    expected = tasks["translator"].translate(TEXTS[0], beam=1, **options)
    assert results(server, "translate", text=TEXTS[0], **options)[0]["translation"] == expected


def test_the_smallest_numbers_are_those_of_no_drawing_at_all(server, tasks, writer):
    tiny = 5e-324
    found = results(server, "translate", text=TEXTS[0], temperature=tiny, top_p=tiny)
    assert found[0]["translation"] == tasks["translator"].translate(TEXTS[0])
    body = {"model": "write", "prompt": TEXTS[0], "max_tokens": 6, "temperature": 1e-310}
    reply = server.post("/v1/completions", body | {"top_p": 0, "seed": 1}).json()
    assert reply["choices"][0]["text"] == writer.generate(TEXTS[0], max_tokens=6)
    reply = server.post("/v1/completions", body | {"temperature": 1, "top_p": 0}).json()
    assert reply["choices"][0]["text"] == writer.generate(TEXTS[0], max_tokens=6)


def test_texts_are_written_on(server, writer):
    found = results(server, "generate", model="write", prompt=TEXTS, max_tokens=8)
    assert [one["text"] for one in found] == writer.generate(TEXTS, max_tokens=8)
    found = results(server, "generate", model="write", prompt=TEXTS[0], max_tokens=5, beam=3)
    assert found[0]["text"] == writer.generate(TEXTS[0], max_tokens=5, beam=3)


def test_summaries_are_those_of_python(server, tasks):
    texts = ["One cat sat. Two dogs ran. A bird sang.", "Only this.", ""]
    found = results(server, "summarise", text=texts, sentences=2)
    assert [one["summary"] for one in found] == tasks["sums"].summarise(texts, sentences=2)
    assert found[0]["summary"] == "One cat sat. Two dogs ran."


def test_what_no_model_can_do_is_not_found(start):
    reply = start("chat").post("/v1/summarise", {"text": "a"})
    assert reply.status_code == 404
    assert "no model here can summarise" in reply.json()["error"]["message"]


def test_labels_come_with_their_probabilities(server, tasks):
    found = results(server, "classify", text=TEXTS)
    assert [one["label"] for one in found] == tasks["classes"].classify(TEXTS)
    table = tasks["classes"].classify(TEXTS[0], top=2)
    assert found[0]["probabilities"] == pytest.approx(table)
    assert found[0]["labels"] is None and found[0]["score"] is None
    assert len(results(server, "classify", text=TEXTS[0], top=1)[0]["probabilities"]) == 1
    pair = results(server, "classify", text=TEXTS[0], second=TEXTS[1])[0]
    assert pair["label"] == tasks["classes"].classify((TEXTS[0], TEXTS[1]))


def test_entities_stand_where_they_stand(server, tasks):
    found = results(server, "tag", text=TEXTS)
    assert [one["entities"] for one in found] == tasks["tags"].tag(TEXTS)
    assert any(one["entities"] for one in found)


def test_questions_are_answered_one_context_for_all(server, tasks):
    questions = ["어디에 가?", "어디에 있다?"] * 10
    found = results(server, "answer", question=questions, context=CONTEXT, n_best=2)
    expected = tasks["reader"].answer(questions, CONTEXT, 2)
    assert [one["answer"] for one in found] == [one["answer"] for one in expected]
    assert [one["answer"] for one in found[3]["n_best"]] == [
        one["answer"] for one in expected[3]["n_best"]
    ]
    assert len(results(server, "answer", question="뭐?", context=[CONTEXT] * 3)) == 3


@pytest.mark.parametrize(
    ("verb", "body", "status", "said"),
    [
        ("translate", {"text": []}, 400, "at least 1"),
        ("translate", {"text": "a", "to": "fr"}, 400, "'fr'"),
        ("translate", {"text": "a", "tag": "x"}, 400, "no tag"),
        ("translate", {"text": "a", "beam": 99}, 400, "less than or equal to 16"),
        ("translate", {"text": "a", "n_best": 3}, 400, "Raise beam"),
        ("translate", {"text": "a", "temperature": -1}, 400, "temperature"),
        ("translate", {"text": 5}, 400, "text"),
        ("translate", {}, 400, "text: is missing"),
        ("translate", {"txt": "a", "text": "b"}, 400, 'Did you mean "text"'),
        ("translate", {"text": ["가" * 70_000] * 3}, 413, "200000 are allowed"),
        ("translate", {"model": "chat", "text": "a"}, 404, "Others that can translate: translator"),
        ("translate", {"model": "x", "text": "a"}, 404, 'no model "x"'),
        ("generate", {"prompt": "a"}, 404, "which of them"),
        ("summarise", {"text": "a", "beam": 2}, 400, "beam: this model does not know it"),
        ("summarise", {"text": "a", "sentences": 0}, 400, "sentences"),
        ("classify", {"text": ""}, 400, "empty"),
        ("classify", {"text": ["a", "b"], "second": "c"}, 400, "2 texts, but 1 others"),
        ("classify", {"text": "a", "top": 0}, 400, "top"),
        ("answer", {"question": ["a", "b"], "context": ["c"] * 3}, 400, "2 questions, but 3"),
        ("answer", {"question": "", "context": "c"}, 400, "empty"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(server, verb, body, status, said):
    reply = server.post(f"/v1/{verb}", body)
    assert reply.status_code == status
    assert said in reply.json()["error"]["message"]
