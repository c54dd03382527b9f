"""The API's description of itself."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api.schema import Answer, Input

PUBLIC = {
    "log_in",
    "verify_code",
    "recover_address",
    "choose_password",
    "challenge_factor",
    "verify_factor",
    "begin_enrolled_totp",
    "confirm_enrolled_totp",
    "begin_enrolled_passkey",
    "add_enrolled_passkey",
    "log_out",
}


@pytest.fixture(scope="module")
def spec(app: APIFlask) -> dict[str, Any]:
    description: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return description


def _operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, what) for path, methods in spec["paths"].items() for method, what in methods.items()
    ]


def test_the_description_is_valid_openapi_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(spec).validate()


def test_every_api_route_is_described(app: APIFlask, spec: dict[str, Any]) -> None:
    described = {path for path, _, _ in _operations(spec)}
    routes = {
        re.sub(r"<(?!path:)(?:\w+:)?(\w+)>", r"{\1}", rule.rule).replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert described == routes - {"/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs/{path:name}"}


def test_every_operation_says_what_it_does_and_how_it_refuses(spec: dict[str, Any]) -> None:
    for path, method, operation in _operations(spec):
        name = f"{method} {path}"
        assert operation["summary"].endswith("."), name
        assert len(operation["tags"]) == 1, name
        assert any(status.startswith("2") for status in operation["responses"]), name
        for status, response in operation["responses"].items():
            assert response["description"], name
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], name
        if "requestBody" in operation:
            assert {"413", "415", "422"} <= set(operation["responses"]), name
        assert ("security" in operation) == (operation["operationId"] not in PUBLIC), name


def test_operation_ids_are_unique(spec: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(spec)]
    assert len(names) == len(set(names))


def test_the_description_does_not_repeat_the_callers_host(app: APIFlask) -> None:
    text = (
        app.test_client().get("/api/v1/openapi.json", base_url="http://evil.example").get_data(as_text=True)
    )
    assert "evil.example" not in text


def _models(base: type[Any]) -> list[type[Any]]:
    return [model for child in base.__subclasses__() for model in (child, *_models(child))]


@pytest.mark.parametrize("model", [*_models(Input), *_models(Answer)], ids=lambda model: model.__name__)
def test_every_example_is_one(app: APIFlask, model: type[Any]) -> None:
    for example in (model.model_config.get("json_schema_extra") or {}).get("examples", []):
        shown = model.model_validate(example).model_dump(mode="json", exclude_unset=True)
        assert shown == example


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").get_data(as_text=True)
    assert "http:" not in page
    assert "https:" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert f"/api/v1/docs/{name}" in page
        assert client.get(f"/api/v1/docs/{name}", buffered=True).status_code == 200


def test_nothing_but_swagger_uis_files_is_served(client: FlaskClient) -> None:
    assert client.get("/api/v1/docs/../auth.py").status_code == 404
    assert client.get("/api/v1/docs/%2e%2e/flask_swagger_ui.py").status_code == 404
