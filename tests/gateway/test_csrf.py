"""Unsafe requests that a foreign page could make a browser send."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from gateway.auth import new_session_token

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


@pytest.mark.parametrize("path", ["/console/login", "/staff/login", "/selfcare/ip_phone/login", "/language"])
def test_a_form_without_its_token_is_refused(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"login_id": "somebody", "password": "not a password"})
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
