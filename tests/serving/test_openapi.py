"""The OpenAPI document, and whether the server keeps what it says: schemathesis tries."""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]
PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/translate"]
PATHS += ["/v1/generate", "/v1/classify", "/v1/tag", "/v1/answer", "/v1/summarise"]
PATHS += ["/v1/images/generations"]


def attack(server: Any, path: str, n: int) -> None:
    """Send `n` requests that fit the document, and `n` that do not."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operation = schema[path]["POST" if path in PATHS else "GET"]
    health = list(HealthCheck)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    for mode in modes if path in PATHS else modes[:1]:  # without values nothing can be wrong

        @settings(max_examples=n, deadline=None, suppress_health_check=health, database=None,
                  derandomize=True, phases=[Phase.explicit, Phase.generate])  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, timeout=60)

        one()


@pytest.mark.parametrize("path", PATHS)
def test_what_the_document_says_holds(server, path: str):
    attack(server, path, 4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [*PATHS, "/v1/models", "/v1/models/{model}", "/readyz", "/metrics"]
)
def test_what_the_document_says_holds_for_many(server, path: str):
    attack(server, path, 200)


def test_every_path_is_summed_up_in_both_languages(server):
    document = server.get("/openapi.json").json()
    assert set(PATHS) < set(document["paths"])
    for methods in document["paths"].values():
        for operation in methods.values():
            english, slash, korean = operation["summary"].partition(" / ")
            assert slash and re.search("[A-Za-z]", english) and re.search("[가-힣]", korean)


def test_the_document_names_models_and_errors_and_keys(server, start, tmp_path):
    from jium.serving.keys import KeyFile

    document = server.get("/openapi.json").json()
    bodies = document["components"]["schemas"]
    assert bodies["ChatRequest"]["properties"]["model"]["enum"] == ["chat"]
    assert bodies["CompletionRequest"]["properties"]["model"]["enum"] == ["chat", "write"]
    assert "HTTPValidationError" not in bodies and "securitySchemes" not in document["components"]
    assert "422" not in document["paths"]["/v1/embeddings"]["post"]["responses"]
    (tmp_path / "keys").write_text("a-key-nobody-would-guess\n", "utf-8")
    keyed = start("chat", keys=KeyFile(tmp_path / "keys")).get("/openapi.json").json()
    assert keyed["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert keyed["paths"]["/v1/models"]["get"]["security"] == [{"key": []}]
    assert "security" not in keyed["paths"]["/healthz"]["get"]
