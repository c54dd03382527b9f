"""Security headers and cookies."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Response
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.auth import clear_session_cookie, new_session_token, session_hash, set_session_cookie
from gateway.settings import Settings


@pytest.mark.parametrize("path", ["/", "/api/v1/openapi.json", "/api/v1/nothing", "/nothing", "/livez"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    for directive in (
        "default-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_a_nonce_is_used_once(client: FlaskClient) -> None:
    nonces = []
    for _ in range(2):
        answer = client.get("/api/v1/docs")
        found = re.search(
            r"script-src 'self' 'nonce-([\w-]{20,})'", answer.headers["Content-Security-Policy"]
        )
        assert found is not None
        assert f'<script nonce="{found[1]}">' in answer.get_data(as_text=True)
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


def test_strict_transport_is_asked_for_over_https_alone(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/livez").headers
    assert "Strict-Transport-Security" in client.get("/livez", base_url="https://localhost").headers


def test_a_forwarded_header_is_believed_from_a_known_proxy_alone(settings: Settings, app: APIFlask) -> None:
    forwarded = {"X-Forwarded-Proto": "https"}
    assert "Strict-Transport-Security" not in app.test_client().get("/livez", headers=forwarded).headers
    behind_proxy = create_app(settings.model_copy(update={"trusted_proxies": 1}))
    assert "Strict-Transport-Security" in behind_proxy.test_client().get("/livez", headers=forwarded).headers


def test_files_may_be_kept(client: FlaskClient) -> None:
    assert (
        client.get("/api/v1/docs/swagger-ui.css", buffered=True).headers["Cache-Control"]
        == "public, max-age=86400"
    )


def _cookie(app: APIFlask, base_url: str) -> str:
    with app.test_request_context("/", base_url=base_url):
        response = Response()
        set_session_cookie(response, "the-token")
        return response.headers["Set-Cookie"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_over_http_on_this_machine_the_cookie_has_its_plain_name(app: APIFlask, host: str) -> None:
    parts = _cookie(app, f"http://{host}").split("; ")
    assert parts[0] == "kaisen=the-token"
    assert set(parts[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.mark.parametrize("base_url", ["https://localhost", "https://kaisen.example", "http://kaisen.example"])
def test_elsewhere_the_cookie_is_bound_to_host_and_https(app: APIFlask, base_url: str) -> None:
    parts = _cookie(app, base_url).split("; ")
    assert parts[0] == "__Host-kaisen=the-token"
    assert set(parts[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.mark.parametrize(
    "host", ["localhost.evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]"]
)
def test_a_host_that_resembles_this_machine_is_not_it(app: APIFlask, host: str) -> None:
    assert _cookie(app, f"http://{host}").startswith("__Host-")


def test_a_closed_test_network_can_ask_for_plain_cookies(settings: Settings) -> None:
    plain = create_app(settings.model_copy(update={"insecure_cookies": True}))
    assert _cookie(plain, "http://gateway:8000").startswith("kaisen=")


def test_logging_out_removes_the_very_cookie(app: APIFlask) -> None:
    with app.test_request_context("/", base_url="https://kaisen.example"):
        response = Response()
        clear_session_cookie(response)
    parts: Any = response.headers["Set-Cookie"].split("; ")
    assert parts[0] == "__Host-kaisen="
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=0"} <= set(parts)


def test_a_plain_cookie_is_no_session_over_https(client: FlaskClient) -> None:
    client.set_cookie("kaisen", new_session_token())
    answer = client.get("/api/v1/sims", base_url="https://localhost")
    assert answer.get_json()["code"] == "session.required"


def test_the_form_cookie_is_as_well_protected(client: FlaskClient) -> None:
    cookie = client.get("/console/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-kaisen_form=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_tokens_have_256_bits_and_are_known_by_their_hash() -> None:
    token = new_session_token()
    assert len(token) == 43
    assert token != new_session_token()
    assert re.fullmatch(r"[0-9a-f]{64}", session_hash(token))
    assert (
        session_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )  # FIPS 180-2, B.1
