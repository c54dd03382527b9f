"""Refusals as problem details (RFC 9457), and as pages outside the API."""

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

LOGIN = "/api/v1/auth/login"
ENGLISH = {"Accept-Language": "en"}


def _login(**changes: Any) -> dict[str, Any]:
    return {"portal": "console", "login_id": "somebody", "password": "not a password"} | changes


def _problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    problem: dict[str, Any] = answer.get_json()
    assert set(problem) - {"details"} == {
        "type",
        "title",
        "status",
        "code",
        "detail",
        "errors",
        "correlation_id",
    }
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:kaisen:problem:{code}"
    assert problem["correlation_id"] == answer.headers["X-Correlation-Id"]
    return problem


def test_an_unknown_path_is_a_404(client: FlaskClient) -> None:
    _problem(client.get("/api/v1/nothing"), 404, "route.unknown")


@pytest.mark.parametrize("code", ["a%00b", "a b", "%E5%8F%B7", "x" * 65, "-x"])
def test_a_path_that_can_be_no_code_is_a_404(client: FlaskClient, code: str) -> None:
    _problem(client.get(f"/api/v1/sims/{code}"), 404, "route.unknown")


def test_a_wrong_method_is_a_405_that_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/contracts")
    _problem(answer, 405, "method.not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_body_that_is_not_json_by_its_type_is_a_415(client: FlaskClient) -> None:
    answer = client.post(LOGIN, data='{"portal": "console"}', content_type="text/plain")
    assert _problem(answer, 415, "request.content_type")["details"] == {"expected": "application/json"}


@pytest.mark.parametrize("body", ["", "{", "[1,", "portal=console", b"\xff\xfe", '{"portal": "\\ud800"}'])
def test_a_body_that_cannot_be_read_is_a_400(client: FlaskClient, body: str | bytes) -> None:
    answer = client.post(LOGIN, data=body, content_type="application/json")
    _problem(answer, 400, "request.json")


def test_a_body_that_is_too_large_is_a_413_that_names_the_limit(client: FlaskClient) -> None:
    answer = client.post(LOGIN, data=b" " * 65_537, content_type="application/json", headers=ENGLISH)
    problem = _problem(answer, 413, "request.too_large")
    assert problem["details"] == {"limit": 65_536}
    assert "65,536" in problem["detail"]


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "3"])
def test_a_body_that_is_no_object_is_a_422(client: FlaskClient, body: str) -> None:
    problem = _problem(client.post(LOGIN, data=body, content_type="application/json"), 422, "request.invalid")
    assert [error["code"] for error in problem["errors"]] == ["type.model_type"]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"portal": "nowhere"}, "/portal", "type.literal_error"),
        ({"login_id": 7}, "/login_id", "type.string_type"),
        ({"login_id": ""}, "/login_id", "type.string_too_short"),
        ({"login_id": "x" * 65}, "/login_id", "type.string_too_long"),
        ({"login_id": "a\u0000b"}, "/login_id", "type.string_pattern_mismatch"),
        ({"password": None}, "/password", "type.string_type"),
        ({"remember": True}, "/remember", "type.extra_forbidden"),
        ({"a/b~c": True}, "/a~1b~0c", "type.extra_forbidden"),
    ],
)
def test_a_wrong_field_is_named_by_its_pointer(
    client: FlaskClient, changes: dict[str, Any], pointer: str, code: str
) -> None:
    problem = _problem(client.post(LOGIN, json=_login(**changes)), 422, "request.invalid")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert problem["errors"][0]["detail"]


def test_every_wrong_field_is_named_at_once(client: FlaskClient) -> None:
    problem = _problem(client.post(LOGIN, json={}), 422, "request.invalid")
    assert {error["pointer"] for error in problem["errors"]} == {"/portal", "/login_id", "/password"}


def test_a_refusal_never_repeats_what_was_sent(client: FlaskClient) -> None:
    answer = client.post(LOGIN, json=_login(password=["a very secret password"]))
    assert "very secret" not in answer.get_data(as_text=True)


def test_a_choice_is_told_in_the_readers_language(client: FlaskClient) -> None:
    sent = _login(portal="nowhere")
    english = client.post(LOGIN, json=sent, headers=ENGLISH).get_json()
    japanese = client.post(LOGIN, json=sent).get_json()
    assert (
        english["errors"][0]["detail"] == "Give one of: ip_phone, mobile_choice, free_voice, console, staff"
    )
    assert japanese["errors"][0]["detail"] == (
        "次のいずれかを指定してください：ip_phone、mobile_choice、free_voice、console、staff"
    )


def test_no_answer_from_a_service_is_a_504(client: FlaskClient) -> None:
    _problem(client.post(LOGIN, json=_login()), 504, "service.timed_out")


def test_no_broker_is_a_503(unreachable: APIFlask) -> None:
    _problem(unreachable.test_client().post(LOGIN, json=_login()), 503, "service.unavailable")


def test_an_authorization_of_another_scheme_is_no_session(client: FlaskClient) -> None:
    answer = client.get("/api/v1/sims", headers={"Authorization": "Basic c29tZWJvZHk6c2VjcmV0"})
    _problem(answer, 401, "session.required")


def test_outside_the_api_a_refusal_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/nothing/here")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    page = answer.get_data(as_text=True)
    assert "ページが見つかりません" in page
    assert answer.headers["X-Correlation-Id"] in page


def test_a_defect_is_a_mute_500(app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect() -> None:
        raise RuntimeError("the inner workings")

    monkeypatch.setitem(app.view_functions, "health.livez", defect)
    answer = client.get("/livez")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "inner workings" not in answer.get_data(as_text=True)
