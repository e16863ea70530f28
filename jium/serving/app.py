"""The server as an ASGI application: models in, OpenAI's API and jium's verbs out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from jium.errors import JiumError
from jium.messages import say
from jium.serving import chat, completions, embeddings, images, schemas, tasks
from jium.serving.door import Door
from jium.serving.errors import ApiError, invalid, of
from jium.serving.keys import KeyFile
from jium.serving.limits import Accounts
from jium.serving.log import Log
from jium.serving.metrics import Metrics
from jium.serving.models import Models, Served, by_name
from jium.serving.openapi import describe
from jium.serving.replies import Health, ModelList, ModelReply
from jium.serving.routes import ERRORS, World
from jium.serving.settings import ServerSettings

WITHOUT_BODY: dict[int | str, dict[str, Any]] = {
    status: about for status, about in ERRORS.items() if status in (401, 500)
}
NOT_ALLOWED = "method_not_allowed"


def create_app(
    models: Sequence[Served] | Mapping[str, Served],
    settings: ServerSettings | None = None,
    *,
    keys: KeyFile | None = None,
    log: Log | None = None,
) -> FastAPI:
    """The application. keys: None lets everybody in. Its models' threads begin and end with it."""
    settings, log = settings or ServerSettings(), log or Log()
    world = World(by_name(models), settings, Metrics(), log)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for served in world.models.values():
            served.start(settings, log)
            _watch(world.metrics, served)
        try:
            yield
        finally:
            for served in world.models.values():
                served.stop()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, title="jium")
    app.state.world = world
    for part in (chat, completions, embeddings, images, tasks):
        app.include_router(part.router(world))
    _add_models(app, world.models)
    _add_watching(app, world)
    _add_errors(app)
    app.add_middleware(
        Door,
        settings=settings,
        keys=keys,
        accounts=Accounts(settings),
        log=log,
        metrics=world.metrics,
    )
    app.openapi = lambda: describe(app, world.models, keyed=keys is not None)  # type: ignore[method-assign]
    return app


def _add_models(app: FastAPI, models: Models) -> None:
    @app.get(
        "/v1/models",
        tags=["OpenAI"],
        summary="What is served / 서비스 중인 모델",
        response_model=ModelList,
        responses=WITHOUT_BODY,
    )
    async def listed() -> Response:
        data = [served.about() for served in models.values()]
        return JSONResponse({"object": "list", "data": data})

    @app.get(
        "/v1/models/{model}",
        tags=["OpenAI"],
        summary="One model / 모델 하나",
        response_model=ModelReply,
        responses={404: ERRORS[404], **WITHOUT_BODY},
    )
    async def shown(model: str) -> Response:
        return JSONResponse(models.find(model).about())


def _add_watching(app: FastAPI, world: World) -> None:
    @app.get(
        "/healthz",
        tags=["watching"],
        summary="Whether the server lives / 서버가 살아 있는지",
        response_model=Health,
    )
    async def live() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get(
        "/readyz",
        tags=["watching"],
        summary="Whether it can answer / 답할 준비가 되었는지",
        response_model=Health,
        responses={503: {"model": Health, "description": "Not now. / 지금은 아닙니다."}},
    )
    async def ready() -> Response:
        workers = [served.worker for served in world.models.values() if served.worker]
        if not all(worker.alive for worker in workers):
            return JSONResponse({"status": "failed"}, 503)
        full = any(worker.waiting >= world.settings.max_waiting > 0 for worker in workers)
        return JSONResponse({"status": "busy"}, 503) if full else JSONResponse({"status": "ok"})

    @app.get(
        "/metrics",
        tags=["watching"],
        summary="Counts and times for Prometheus / 프로메테우스 지표",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **WITHOUT_BODY,
        },
    )
    async def metrics() -> Response:
        return Response(world.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _add_errors(app: FastAPI) -> None:
    known = sorted({name for model in _bodies(schemas.Body) for name in model.model_fields})

    def told(error: ApiError) -> Response:
        return JSONResponse(error.body(), error.status, headers=error.headers)

    @app.exception_handler(ApiError)
    async def api(request: Request, error: ApiError) -> Response:
        request.state.visit.error = error.code or error.kind
        return told(error)

    @app.exception_handler(JiumError)
    async def ours(request: Request, error: JiumError) -> Response:
        return await api(request, of(error))

    @app.exception_handler(RequestValidationError)
    async def body(request: Request, error: RequestValidationError) -> Response:
        return await api(request, invalid(error.errors(), known))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        wrong_method = error.status_code == 405
        message = say("this path takes other methods.") if wrong_method else say("no such path.")
        code = NOT_ALLOWED if wrong_method else "not_found"
        headers = dict(error.headers or {})
        return await api(request, ApiError(error.status_code, message, code=code, headers=headers))


def _bodies(kind: type[BaseModel]) -> list[Any]:
    """All classes below one."""
    return [one for sub in kind.__subclasses__() for one in (sub, *_bodies(sub))]


def _watch(metrics: Metrics, served: Served) -> None:
    worker = served.worker
    if worker is not None:
        gauges = {"active": lambda: worker.active, "waiting": lambda: worker.waiting}
        metrics.watch(served.name, {**gauges, "slots": lambda: worker.slots})
