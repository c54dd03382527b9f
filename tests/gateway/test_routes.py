"""Guards for whole classes of mistake: what is public is listed here, and every other route refuses strangers."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

PUBLIC = {
    "/",
    "/language",
    "/livez",
    "/readyz",
    "/api/v1/auth/login",
    "/api/v1/auth/code",
    "/api/v1/auth/recovery",
    "/api/v1/auth/password",
    "/api/v1/auth/factor",
    "/api/v1/auth/factor/challenge",
    "/api/v1/auth/enrolment/totp",
    "/api/v1/auth/enrolment/totp/confirmation",
    "/api/v1/auth/enrolment/passkey",
    "/api/v1/auth/enrolment/passkey/options",
    "/api/v1/auth/logout",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/docs/<path:name>",
    "/static/<path:filename>",
    "/bootstrap/static/<path:filename>",
    "/selfcare/<any(ip_phone, mobile_choice, free_voice):portal>/login",
    "/selfcare/code",
    "/selfcare/recovery",
    "/selfcare/recovery/mismatch",
    "/selfcare/recovery/inquiry",
    "/console/login",
    "/console/login/password",
    "/staff/login",
    "/staff/login/password",
    "/<any(console, staff):kind>/login/factor",
    "/<any(console, staff):kind>/login/enrol",
}


def address(rule: Rule) -> str:
    """A path that the rule answers."""
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
    path = re.sub(r"<int:\w+>", "1", path)
    return re.sub(r"<(\w+:)?\w+>", "A1", path)


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


def test_only_these_routes_are_public(app: APIFlask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "access", None) == "public"
    }
    assert public == PUBLIC


@pytest.mark.parametrize(
    ("prefix", "kind"), [("/selfcare/", "selfcare"), ("/console/", "console"), ("/staff/", "staff")]
)
def test_pages_belong_to_the_accounts_of_their_prefix(app: APIFlask, prefix: str, kind: str) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefix) and rule.rule not in PUBLIC:
            assert getattr(app.view_functions[rule.endpoint], "access", None) == kind, rule.rule


def test_api_routes_refuse_callers_without_a_session(app: APIFlask, client: FlaskClient) -> None:
    asked = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.rule in PUBLIC:
            continue
        for method in _methods(rule):
            answer = client.open(address(rule), method=method)
            assert (answer.status_code, answer.get_json()["code"]) == (401, "session.required"), rule.rule
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            asked += 1
    assert asked > 12


def test_pages_lead_readers_without_a_session_to_the_login_of_their_kind(
    app: APIFlask, client: FlaskClient
) -> None:
    logins = {"selfcare": "/", "any": "/", "console": "/console/login", "staff": "/staff/login"}
    for rule in app.url_map.iter_rules():
        kind = getattr(app.view_functions[rule.endpoint], "access", "")
        if rule.rule.startswith("/api/") or kind == "public" or "GET" not in _methods(rule):
            continue
        answer = client.get(address(rule))
        assert (answer.status_code, answer.headers["Location"]) == (303, logins[kind]), rule.rule
