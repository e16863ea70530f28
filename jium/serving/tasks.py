"""The verbs of jium over HTTP, as Python and the command line have them: a text in, a result out; a
list in, a result for each. Results are the same records that `--json` prints.
"""

from collections.abc import Callable
from functools import partial
from inspect import Parameter, signature
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import create_model

from jium.messages import say
from jium.serving.embeddings import check_characters, count
from jium.serving.errors import refused
from jium.serving.models import Served
from jium.serving.routes import ERRORS, World, visit_of
from jium.serving.task_schemas import (
    Answer,
    Ask,
    Classify,
    Generate,
    Summarise,
    Tag,
    Translate,
)
from jium.tasks.classify import THRESHOLD, Gives

ROWS = 16  # texts between two looks at whether the client still waits
Results = list[dict[str, Any]]


def router(world: World) -> APIRouter:
    """A route for each verb."""
    found = APIRouter(tags=["jium"])
    for verb, (body, summary, result, work) in VERBS.items():
        _add(found, world, verb, body, summary, result, work)
    return found


Work = Callable[[Served, Any, slice], Results]


def _add(
    router: APIRouter,
    world: World,
    verb: str,
    kind: type[Ask],
    summary: str,
    result: dict[str, Any],
    work: Work,
) -> None:
    name = verb.capitalize()
    item = create_model(f"{name}Result", **{key: (type_, ...) for key, type_ in result.items()})  # type: ignore[call-overload]
    reply = create_model(f"{name}Reply", model=(str, ...), results=(list[item], ...))  # type: ignore[valid-type]

    async def ask(body: Any, request: Request) -> Response:
        visit = visit_of(request)
        served = world.models.asked(body.model, verb)
        given = {key: _listed(body, key) for key in TEXTS if key in type(body).model_fields}
        texts = [text for part in given.values() for text in part]
        check_characters(texts, world.settings.max_characters, next(iter(given)))
        assert served.pool is not None
        visit.reads(served.name, await served.pool.run(partial(count, served, texts)))
        results: Results = []
        for start in range(0, max(map(len, given.values())), ROWS):
            results += await served.pool.run(
                partial(work, served, body, slice(start, start + ROWS))
            )
        return JSONResponse({"model": served.name, "results": results})

    ask.__annotations__["body"] = kind
    router.post(f"/v1/{verb}", summary=summary, response_model=reply, responses=ERRORS)(ask)


TEXTS = ("text", "prompt", "second", "question", "context")


def _listed(body: Ask, key: str) -> list[str]:
    given = getattr(body, key)
    return [given] if isinstance(given, str) else list(given or ())


def _options(body: Ask) -> dict[str, Any]:
    """What was asked for beside the texts."""
    skipped = {"model", *TEXTS}
    given = body.model_dump(exclude=skipped, exclude_none=True)
    if given.get("temperature"):
        given.setdefault("beam", 1)
    return given


# ---------------------------------------------------------------- the verbs


def _translate(served: Served, body: Translate, part: slice) -> Results:
    texts = _listed(body, "text")[part]
    found = served.task.translate(texts, **_options(body))
    return [{"source": t, "translation": a} for t, a in zip(texts, found, strict=True)]


def _generate(served: Served, body: Generate, part: slice) -> Results:
    texts = _listed(body, "prompt")[part]
    assert served.writer is not None
    found = served.writer.generate(texts, **_options(body))
    return [{"prompt": t, "text": a} for t, a in zip(texts, found, strict=True)]


def _summarise(served: Served, body: Summarise, part: slice) -> Results:
    texts = _listed(body, "text")[part]
    options = _options(body)
    _check_taken(served.task.summarise, options)
    found = served.task.summarise(texts, **options)
    return [{"text": t, "summary": a} for t, a in zip(texts, found, strict=True)]


def _check_taken(verb: Callable[..., Any], options: dict[str, Any]) -> None:
    """Raise ApiError for an option that this kind of model does not know."""
    known = signature(verb).parameters
    if any(parameter.kind == Parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in options:
        if name not in known:
            raise refused(name, say("this model does not know it. Leave it out."))


def _classify(served: Served, body: Classify, part: slice) -> Results:
    texts, second = _listed(body, "text"), _listed(body, "second")
    if second and len(second) != len(texts):
        message = say("{n} texts, but {m} others.", n=len(texts), m=len(second))
        raise refused("second", message)
    asked: list[Any] = list(zip(texts, second, strict=True)) if second else list(texts)
    task, top = served.task, body.top
    if top is None and task.calibrated and task.gives != "score":
        top = len(task.labels)
    found = task.classify(asked[part], top=top)
    return [_judged(task.gives, t, a) for t, a in zip(texts[part], found, strict=True)]


def _judged(gives: Gives, text: str, answer: Any) -> dict[str, Any]:
    """One of label, labels and score says what is so; the others are None."""
    table = answer if isinstance(answer, dict) else None
    label = next(iter(table), None) if table else answer
    labels = [name for name, share in table.items() if share >= THRESHOLD] if table else answer
    return {
        "text": text,
        "label": label if gives == "label" else None,
        "labels": labels if gives == "labels" else None,
        "score": answer if gives == "score" else None,
        "probabilities": table,
    }


def _tag(served: Served, body: Tag, part: slice) -> Results:
    texts = _listed(body, "text")[part]
    found = served.task.tag(texts)
    return [{"text": t, "entities": a} for t, a in zip(texts, found, strict=True)]


def _answer(served: Served, body: Answer, part: slice) -> Results:
    questions, contexts = _listed(body, "question"), _listed(body, "context")
    n = max(len(questions), len(contexts))
    if {len(questions), len(contexts)} - {1, n}:
        message = say("{n} questions, but {m} contexts.", n=len(questions), m=len(contexts))
        raise refused("context", message)
    questions = (questions * n)[:n] if len(questions) == 1 else questions
    contexts = (contexts * n)[:n] if len(contexts) == 1 else contexts
    found = served.task.answer(questions[part], contexts[part], **_options(body))
    return [{"question": q, **a} for q, a in zip(questions[part], found, strict=True)]


Entity = create_model(
    "Entity",
    text=(str, ...),
    label=(str, ...),
    start=(int, ...),
    end=(int, ...),
    score=(float, ...),
)
Candidate = create_model(
    "Candidate",
    answer=(str, ...),
    score=(float, ...),
    start=(int | None, ...),
    end=(int | None, ...),
)

# Verb to what it takes, what it does, the fields of a result, and the work on some of the texts.
VERBS: dict[str, tuple[type[Ask], str, dict[str, Any], Work]] = {
    "translate": (
        Translate,
        "Translate texts / 글을 번역합니다",
        {"source": str, "translation": str | list[str]},
        _translate,
    ),
    "summarise": (
        Summarise,
        "Summarise texts / 글을 요약합니다",
        {"text": str, "summary": str | list[str]},
        _summarise,
    ),
    "generate": (
        Generate,
        "Write texts on / 글을 이어 씁니다",
        {"prompt": str, "text": str | list[str]},
        _generate,
    ),
    "classify": (
        Classify,
        "Classify texts / 글을 분류합니다",
        {
            "text": str,
            "label": str | None,
            "labels": list[str] | None,
            "score": float | None,
            "probabilities": dict[str, float] | None,
        },
        _classify,
    ),
    "tag": (
        Tag,
        "Find the entities of texts / 글에서 개체명을 찾습니다",
        {"text": str, "entities": list[Entity]},  # type: ignore[valid-type]
        _tag,
    ),
    "answer": (
        Answer,
        "Answer questions with what passages say / 지문에서 질문의 답을 찾습니다",
        {
            "question": str,
            "answer": str,
            "score": float,
            "start": int | None,
            "end": int | None,
            "n_best": list[Candidate],  # type: ignore[valid-type]
        },
        _answer,
    ),
}
