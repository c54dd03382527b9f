"""What the pages show and refuse before anybody is logged in."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from gateway.entry import local_path
from gateway.web.paging import pager, position

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


def test_the_code_page_needs_the_first_step(client: FlaskClient) -> None:
    assert client.get("/selfcare/code").headers["Location"] == "/"
    client.get("/selfcare/free_voice/login")
    assert client.get("/selfcare/code").headers["Location"] == "/selfcare/free_voice/login"


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


@pytest.mark.parametrize(
    "target",
    [
        "",
        "console",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
    ],
)
def test_anything_else_leads_to_the_entrance(target: str) -> None:
    assert local_path(target) == "/"


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
