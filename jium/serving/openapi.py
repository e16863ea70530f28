"""The OpenAPI document: what FastAPI finds out by itself, made exact."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from jium.serving.models import Models

ABOUT = """Models of jium, through OpenAI's API and jium's own verbs.
jium 모델을 OpenAI API와 jium 고유의 기능으로 제공합니다."""
VERB_OF = {
    "chat/completions": "chat",
    "completions": "generate",
    "embeddings": "embed",
    "images/generations": "paint",
}


def describe(app: FastAPI, models: Models, keyed: bool) -> dict[str, Any]:
    """The document, made once: with the names of the models that can do what a path asks, our error
    in place of FastAPI's, and the need of a key.
    """
    if app.openapi_schema is None:
        found = get_openapi(
            title="jium",
            version=app.version,
            description=ABOUT,
            routes=app.routes,
        )
        for path, methods in found["paths"].items():
            for operation in methods.values():
                operation["responses"].pop("422", None)
                if keyed and path.startswith(("/v1/", "/metrics")):
                    operation["security"] = [{"key": []}]
        components = found["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(name, None)
        if keyed:
            components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        _name_models(found, models)
        app.openapi_schema = found
    return app.openapi_schema


def _name_models(document: dict[str, Any], models: Models) -> None:
    """Say which models a path takes, where there are some."""
    for path, methods in document["paths"].items():
        if path.endswith("{model}"):
            methods["get"]["parameters"][0]["schema"]["enum"] = list(models)
        if "post" not in methods:
            continue
        tail = path.removeprefix("/v1/")
        content = methods["post"]["requestBody"]["content"]["application/json"]
        name = content["schema"]["$ref"].rsplit("/", 1)[-1]
        able = models.able(VERB_OF.get(tail, tail))
        property_ = document["components"]["schemas"][name]["properties"]["model"]
        strings = [property_, *property_.get("anyOf", [])]
        for one in strings if able else []:
            if one.get("type") == "string":
                one["enum"] = able
