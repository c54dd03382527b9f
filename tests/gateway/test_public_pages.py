"""What the pages show and refuse before anybody is logged in."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from chassis.errors import Forbidden
from gateway.selfcare.recovery import masked
from gateway.web.paging import pager, position
from gateway.web.paths import is_page, local_path

PORTALS = ("ip_phone", "mobile_choice", "free_voice")


def _token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found is not None
    return found[1]


def test_the_entrance_leads_to_every_portal(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    for path in (*(f"/selfcare/{portal}/login" for portal in PORTALS), "/console/login", "/staff/login"):
        assert f'href="{path}"' in page


@pytest.mark.parametrize("portal", PORTALS)
def test_s0_03_empty_fields_are_refused_with_their_messages(client: FlaskClient, portal: str) -> None:
    path = f"/selfcare/{portal}/login"
    answer = client.post(path, data={"csrf_token": _token(client, path)})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "セルフケアIDを入力してください。" in page
    assert "セルフケアパスワードを入力してください。" in page


@pytest.mark.parametrize("portal", PORTALS)
def test_s0_05_and_s0_06_guidance_and_help_stand_beside_the_login(client: FlaskClient, portal: str) -> None:
    page = client.get(f"/selfcare/{portal}/login").get_data(as_text=True)
    for text in ("サービス開始のご案内", "大切に保管", "0120-000-000", "9時〜17時30分", "再発行できません"):
        assert text in page


def test_s4_07_the_console_names_its_browsers(client: FlaskClient) -> None:
    page = client.get("/console/login").get_data(as_text=True)
    for text in ("Google Chrome 67 以上", "Mozilla Firefox 61.0.1 以上", "Safari 11.1.1 以上"):
        assert text in page


@pytest.mark.parametrize(
    ("portal", "title", "reset"),
    [
        ("ip_phone", "セルフケアログイン", True),
        ("mobile_choice", "認証チェック", True),
        ("free_voice", "セルフケアログイン", False),
    ],
)
def test_s0_02_each_portal_has_its_own_login(
    client: FlaskClient, portal: str, title: str, reset: bool
) -> None:
    page = client.get(f"/selfcare/{portal}/login").get_data(as_text=True)
    assert f"<h1>{title}</h1>" in page
    for label in ("セルフケアID", "セルフケアパスワード", "送信"):
        assert label in page
    assert ("リセット" in page) is reset


@pytest.mark.parametrize(
    "path", ["/selfcare/code", "/selfcare/recovery", "/selfcare/recovery/mismatch", "/selfcare/menu"]
)
def test_s0_13_no_page_behind_the_password_opens_without_it(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Location"] == "/"
    client.get("/selfcare/free_voice/login")
    assert client.get(path).headers["Location"] == "/selfcare/free_voice/login"


@pytest.mark.parametrize("kind", ["console", "staff"])
def test_s4_02_the_page_for_a_new_password_needs_the_old_one(client: FlaskClient, kind: str) -> None:
    assert client.get(f"/{kind}/login/password").headers["Location"] == f"/{kind}/login"
    for path in ("/console/login", "/staff/login", "/selfcare/ip_phone/login"):
        client.get(path)
    assert client.get(f"/{kind}/login/password").headers["Location"] == f"/{kind}/login"


def _in_step(client: FlaskClient, kind: str, stage: str, **step: Any) -> None:
    with client.session_transaction() as form_session:
        form_session.update(portal="free_voice", kind=kind, stage=stage, attempt="A", step=step)


def test_s4_02_the_page_for_a_new_password_says_what_it_must_be(client: FlaskClient) -> None:
    _in_step(client, "console", "password", minimum=15)
    page = client.get("/console/login/password").get_data(as_text=True)
    for text in ("15文字以上", "新しいパスワード（確認用）", "一度だけ", "設定が終わるまで"):
        assert text in page
    form = {"csrf_token": _token(client, "/console/login/password"), "password": "one", "again": "two"}
    answer = client.post("/console/login/password", data=form)
    assert answer.status_code == 422
    assert "新しいパスワードと確認用のパスワードが一致しません。" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/console/sims", "/console/login/factor", "/account/password", "/selfcare/code"]
)
def test_s4_02_nothing_else_opens_before_the_change(client: FlaskClient, path: str) -> None:
    _in_step(client, "console", "password", minimum=15)
    assert "login" in client.get(path).headers["Location"]


def test_a_code_that_is_none_is_not_even_sent(client: FlaskClient) -> None:
    _in_step(client, "selfcare", "code", ends_at="2026-04-01T08:20:00Z")
    page = client.get("/selfcare/code").get_data(as_text=True)
    assert "17:20まで（あと0分）" in page
    answer = client.post("/selfcare/code", data={"csrf_token": _token(client, "/selfcare/code"), "code": ""})
    assert answer.status_code == 422
    assert "認証コードを入力してください。" in answer.get_data(as_text=True)


def test_s0_16_an_address_must_be_typed_twice_alike(client: FlaskClient) -> None:
    _in_step(client, "selfcare", "code")
    form = {
        "csrf_token": _token(client, "/selfcare/recovery"),
        "email": "one@home.example",
        "email_again": "two@home.example",
        "contact_phone": "0300000003",
    }
    answer = client.post("/selfcare/recovery", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="email_again-error"' in page
    assert "メールアドレスと確認用のメールアドレスが一致しません。" in page
    for name in ("email", "email_again", "contact_phone"):
        assert f'id="{name}-error"' in client.post("/selfcare/recovery", data=form | {name: " "}).get_data(
            as_text=True
        )


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("taro@home.example", "t***@home.example"),
        ("a@b.example", "a***@b.example"),
        ('"x@y"@b.example', '"***@b.example'),
    ],
)
def test_the_address_of_a_code_is_shown_in_part(email: str, shown: str) -> None:
    assert masked(email) == shown


def test_the_chosen_language_is_kept_and_leads_back(client: FlaskClient) -> None:
    form = {"csrf_token": _token(client, "/console/login"), "language": "en", "next": "/console/login"}
    answer = client.post("/language", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/login")
    page = client.get("/console/login").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "Google Chrome 67 or later" in page


@pytest.mark.parametrize("target", ["/", "/console/orders?status=all&limit=20", "/selfcare/code"])
def test_paths_of_this_site_are_followed(target: str) -> None:
    assert local_path(target) == target


ELSEWHERE = [
    "",
    "console",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\n/evil.example",
    "/console/sims\r\nSet-Cookie: kaisen=planted",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_anything_else_leads_to_the_entrance(target: str) -> None:
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_choice_of_language_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    form = {"csrf_token": _token(client, "/console/login"), "language": "en", "next": target}
    assert client.post("/language", data=form).headers["Location"] == "/"


@pytest.mark.parametrize("target", [*ELSEWHERE, "/logout", "/language", "/api/v1/sims", "/nothing"])
def test_a_proof_leads_to_pages_of_ours_alone(app: APIFlask, target: str) -> None:
    with app.test_request_context("/account/proof"):
        assert not is_page(target)
        assert is_page("/console/sims?status=active&limit=20")


@pytest.mark.parametrize(
    ("method", "path", "referrer", "location"),
    [
        ("GET", "/console/sims?status=active", None, "next=/console/sims?status%3Dactive"),
        # a form on its own page, and one whose receiver shows no page
        (
            "POST",
            "/account/password",
            "http://localhost/account/sessions",
            "next=/account/password&repeat=yes",
        ),
        (
            "POST",
            "/account/sessions/end",
            "http://localhost/account/sessions",
            "next=/account/sessions&repeat=yes",
        ),
        ("POST", "/account/sessions/end", "http://evil.example/account/sessions", "repeat=yes"),
        ("POST", "/account/sessions/end", "http://localhost/logout", "repeat=yes"),
        ("POST", "/account/sessions/end", None, "repeat=yes"),
    ],
)
def test_a_change_that_needs_a_proof_leads_there_and_back(
    app: APIFlask, method: str, path: str, referrer: str | None, location: str
) -> None:
    headers = {"Referer": referrer} if referrer else {}
    with app.test_request_context(path, method=method, headers=headers):
        answer: Any = app.handle_user_exception(Forbidden("proof.required"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/account/proof?{location}")


def test_the_api_says_that_a_proof_is_required(app: APIFlask) -> None:
    with app.test_request_context("/api/v1/account/password", method="POST"):
        app.preprocess_request()
        answer: Any = app.handle_user_exception(Forbidden("proof.required"))
    assert (answer.status_code, answer.get_json()["code"]) == (403, "proof.required")


def test_an_unknown_page_shows_what_to_quote_and_a_way_back(client: FlaskClient) -> None:
    answer = client.get("/nothing", headers={"X-Correlation-Id": "quote-me"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "quote-me" in page
    assert 'href="/"' in page


def test_no_page_has_inline_code_or_style(client: FlaskClient) -> None:
    for path in ("/", "/console/login", "/staff/login", "/selfcare/ip_phone/login", "/nothing"):
        page = client.get(path).get_data(as_text=True)
        assert (
            re.search(
                r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|https?://(?!www\.w3\.org)[^\"]+\.(css|js)",
                page,
            )
            is None
        )


def _walk(app: APIFlask, address: str, next_cursor: str | None, total: int = 118) -> dict[str, str | None]:
    with app.test_request_context(address):
        here = position(20)
        answer = {"total": total, "items": [{}] * (20 if next_cursor else 18), "next_cursor": next_cursor}
        links = pager(here, answer, {"status": "active"})
    return {"range": f"{links.first}-{links.last}", "next": links.next_url, "previous": links.previous_url}


def test_a_list_is_walked_forth_and_back(app: APIFlask) -> None:
    """A cursor leads forward only; the trail in the address leads back, page by page, to the first."""
    first = _walk(app, "/console/sims?status=active", "c20")
    assert (first["range"], first["previous"]) == ("1-20", None)
    second = _walk(app, first["next"] or "", "c40")
    assert second["range"] == "21-40"
    third = _walk(app, second["next"] or "", None)
    assert (third["range"], third["next"]) == ("41-58", None)
    assert _walk(app, third["previous"] or "", "c40") == second
    assert _walk(app, second["previous"] or "", "c20") == first


def test_a_long_walk_keeps_its_address_short(app: APIFlask) -> None:
    address = "/console/sims?limit=20"
    for page in range(1, 40):
        address = _walk(app, address, f"cursor-{page}")["next"] or ""
    assert len(address) < 400
    assert "page=40" in address


@pytest.mark.parametrize(
    "query", ["limit=7", "limit=x", "page=0", "page=3", "page=-1&cursor=c", "page=x&cursor=c"]
)
def test_a_made_up_place_in_a_list_is_its_beginning(app: APIFlask, query: str) -> None:
    with app.test_request_context(f"/console/sims?{query}"):
        here = position(50)
    assert (here.size, here.number, here.cursor, here.trail) == (50, 1, None, ())
