"""Unsafe requests that a foreign page could make a browser send."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask import session
from flask.testing import FlaskClient

from gateway.auth import new_session_token
from gateway.web.session import follow_step, waiting
from tests.gateway.test_routes import address

LOGOUT = "/api/v1/auth/logout"


@pytest.fixture
def browser(client: FlaskClient) -> FlaskClient:
    """A browser that carries a session cookie."""
    client.set_cookie("kaisen", new_session_token())
    return client


def _form_token(client: FlaskClient) -> str:
    page = client.get("/console/login").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_cookie_alone_changes_nothing(browser: FlaskClient) -> None:
    answer = browser.post(LOGOUT)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf.invalid")


@pytest.mark.parametrize("token", ["", "made-up", "eyJhIjoxfQ.invalid.signature"])
def test_a_made_up_token_is_refused(browser: FlaskClient, token: str) -> None:
    _form_token(browser)
    answer = browser.post(LOGOUT, headers={"X-CSRF-Token": token})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf.invalid")


def test_a_token_of_another_browser_is_refused(app: APIFlask, browser: FlaskClient) -> None:
    _form_token(browser)
    token = _form_token(app.test_client())
    assert browser.post(LOGOUT, headers={"X-CSRF-Token": token}).status_code == 403


def test_the_token_of_the_own_page_is_accepted(browser: FlaskClient) -> None:
    answer = browser.post(LOGOUT, headers={"X-CSRF-Token": _form_token(browser)})
    assert answer.get_json()["code"] == "service.timed_out"  # it went on to auth, which is not there


def test_a_bearer_token_needs_no_form_token(client: FlaskClient) -> None:
    answer = client.post(LOGOUT, headers={"Authorization": f"Bearer {new_session_token()}"})
    assert answer.get_json()["code"] == "service.timed_out"


def test_an_authorization_header_does_not_open_the_cookies_door(browser: FlaskClient) -> None:
    """With a bearer token beside the cookie, the bearer token alone decides who asks."""
    answer = browser.post(LOGOUT, headers={"Authorization": "Basic c29tZWJvZHk6c2VjcmV0"})
    assert answer.status_code == 204  # nobody was logged out, for nobody was named


def test_logging_out_without_a_session_is_no_error(client: FlaskClient) -> None:
    assert client.post(LOGOUT).status_code == 204


def test_the_json_login_needs_no_token_but_json(browser: FlaskClient) -> None:
    """A foreign page cannot send JSON without asking first (CORS preflight), and nobody answers that it may."""
    credentials = {"portal": "console", "login_id": "somebody", "password": "not a password"}
    assert browser.post("/api/v1/auth/login", json=credentials).get_json()["code"] == "service.timed_out"
    assert browser.post("/api/v1/auth/login", data=credentials).status_code == 415
    preflight = browser.options("/api/v1/auth/login", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers


def _changing(app: APIFlask) -> list[tuple[str, str, Any]]:
    """(path, method, view) of everything that may change something."""
    return [
        (address(rule), method, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"})
    ]


def test_no_form_is_taken_without_its_token(app: APIFlask, browser: FlaskClient) -> None:
    forms = [(path, method) for path, method, _ in _changing(app) if not path.startswith("/api/")]
    assert {"/console/login", "/selfcare/recovery", "/account/password", "/language"} < {
        path for path, _ in forms
    }
    for path, method in forms:
        answer = browser.open(path, method=method, data={"csrf_token": "made-up"})
        assert (answer.status_code, answer.mimetype) == (403, "text/html"), path
        assert "csrf.invalid" in answer.get_data(as_text=True), path


def test_no_change_by_the_api_is_made_for_a_cookie_alone(app: APIFlask, browser: FlaskClient) -> None:
    for path, method, view in _changing(app):
        if not path.startswith("/api/"):
            continue
        answer = browser.open(path, method=method, data={"a": "form"})
        if getattr(view, "json_login", False):
            assert path.startswith("/api/v1/auth/"), path
            assert getattr(view, "access", None) == "public", path
            assert answer.status_code == 415, path  # what a foreign page can send without asking first
        else:
            assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf.invalid"), path


def test_a_login_makes_the_form_token_anew(app: APIFlask) -> None:
    """Session fixation: what somebody else has planted in the browser before the login is worth nothing after it."""
    step = {"next": "done", "expires_at": "2026-04-01T10:00:00Z", "portal": "console", "kind": "console"}
    with app.test_request_context("/console/login"):
        session.update(attempt="A", stage="factor", kind="console", step={}, csrf_token="planted")
        response = follow_step(step, "console", "T" * 43)
        assert "csrf_token" not in session
        assert waiting("console", "factor") is None
        assert {"attempt", "stage", "step"}.isdisjoint(session)
    assert "kaisen=" + "T" * 43 in response.headers["Set-Cookie"]


def test_before_the_last_step_nobody_is_logged_in(app: APIFlask) -> None:
    step = {"next": "password", "minimum": 15, "ends_at": "2026-04-01T10:20:00+09:00"}
    with app.test_request_context("/console/login"):
        response = follow_step(step, "console", "T" * 43)
        login = waiting("console", "password")
        assert login is not None
        assert (login.attempt, login.minimum) == ("T" * 43, 15)
        assert waiting("staff", "password") is None, "an attempt is good for its own pages only"
        assert waiting("console", "factor") is None
    assert response.headers["Location"] == "/console/login/password"
    assert "Set-Cookie" not in response.headers
