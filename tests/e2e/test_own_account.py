"""The own password, the own logins and the proof of the person, by the pages and by the API."""

from collections.abc import Iterator

import pytest

from tests.e2e.pages import Pages, Person, new_person
from tests.e2e.system import Client, System

NEW_PASSWORD = "three green kettles sing"  # noqa: S105


@pytest.fixture
def movable(system: System) -> Iterator[System]:
    """The system for a test that moves its clock, which shows real time again afterwards."""
    yield system
    system.clock(reset=True)


@pytest.fixture
def somebody(system: System) -> Person:
    return new_person(system, "ip_phone")


def test_s0_29_a_changed_password_replaces_the_old_one_everywhere(somebody: Person) -> None:
    pages, elsewhere = somebody.pages(), somebody.client()
    somebody.log_in(pages)
    change = {"current": somebody.password, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    for wrong, field, reason in (
        ({"current": "not mine"}, "current", "現在のパスワードが正しくありません。"),
        ({"again": "different"}, "again", "確認用のパスワードが一致しません"),
        ({"new": "short", "again": "short"}, "new", "8文字以上"),
        ({"new": "password123", "again": "password123"}, "new", "よく使われるパスワード"),
    ):
        seen = pages.submit("/account/password", **change | wrong)
        assert (seen.status, f'id="{field}-error"' in seen.text, reason in seen.text) == (422, True, True)
    assert elsewhere.send("GET", "/auth/session").status_code == 200
    seen = pages.submit("/account/password", **change)
    assert (seen.status, "パスワードを変更しました" in seen.text) == (200, True)
    assert elsewhere.send("GET", "/auth/session").status_code == 401, "logins elsewhere have ended"
    assert pages.get("/selfcare/menu").path == "/selfcare/menu", "this one has not"
    old = Client(somebody.system.url).send("POST", "/auth/login", json=somebody.credentials)
    assert old.json()["code"] == "login.refused"
    somebody.password = NEW_PASSWORD
    assert somebody.log_in(somebody.pages()).path == "/selfcare/menu"


def test_the_api_changes_the_password_too(somebody: Person) -> None:
    client = somebody.client()
    wrong = client.send("POST", "/account/password", json={"current": "no", "new": NEW_PASSWORD})
    problem = wrong.json()
    assert (wrong.status_code, problem["code"]) == (422, "password.wrong")
    assert problem["errors"][0]["pointer"] == "/current"
    sent = {"current": somebody.password, "new": NEW_PASSWORD}
    assert client.send("POST", "/account/password", json=sent).status_code == 204
    somebody.password = NEW_PASSWORD
    assert somebody.client().get("/auth/session")["login_id"] == somebody.login_id


def test_logins_elsewhere_are_seen_and_ended(somebody: Person) -> None:
    pages, one, another = somebody.pages(), somebody.client(), somebody.client()
    pages.http.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"
    somebody.log_in(pages)
    page = pages.get("/account/sessions").text
    assert page.count('data-testid="end-session"') == 2
    own = page[page.index('data-testid="this-session"') :]
    assert "Firefox 128 (Windows)" in own[: own.index("</tr>")]
    assert "この端末" in own[: own.index("</tr>")]
    listed = one.get("/account/sessions")["items"]
    first = next(item for item in listed if item["current"])
    seen = pages.submit("/account/sessions", to=f"/account/sessions/{first['id']}/end")
    assert "選んだ端末でのログインを終了しました。" in seen.text
    assert [client.send("GET", "/auth/session").status_code for client in (one, another)] == [401, 200]
    seen = pages.submit("/account/sessions", to=f"/account/sessions/{first['id']}/end")
    assert "該当するログインが見つかりません" in seen.text
    pages.submit("/account/sessions", to="/account/sessions/end")
    assert another.send("GET", "/auth/session").status_code == 401
    assert pages.get("/account/sessions").text.count('data-testid="end-session"') == 0


def test_the_api_ends_logins_of_the_own_account_alone(system: System, somebody: Person) -> None:
    stranger, one, another = new_person(system, "ip_phone").client(), somebody.client(), somebody.client()
    items = another.get("/account/sessions")["items"]
    assert len(items) == 2
    named = next(item["id"] for item in items if not item["current"])
    refused = stranger.send("DELETE", f"/account/sessions/{named}")
    assert (refused.status_code, refused.json()["code"]) == (404, "session.not_found")
    assert one.send("GET", "/auth/session").status_code == 200
    assert another.send("DELETE", f"/account/sessions/{named}").status_code == 204
    assert one.send("GET", "/auth/session").status_code == 401
    assert another.send("DELETE", "/account/sessions").json() == {"ended": 0}
    assert another.send("DELETE", "/account/sessions/made-up").status_code == 404
    assert stranger.send("GET", "/auth/session").status_code == 200


def test_a_proof_replaces_the_token(somebody: Person) -> None:
    client = somebody.client()
    refused = client.send("POST", "/auth/proof", json={"password": "not mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "proof.refused")
    assert client.send("POST", "/auth/proof", json={}).status_code == 422
    proof = client.post("/auth/proof", {"password": somebody.password})
    assert client.send("GET", "/auth/session").status_code == 401
    client.token = proof["token"]
    assert len(client.get("/account/sessions")["items"]) == 1, "it is the same session"


def test_a_sensitive_page_asks_for_a_proof_and_is_opened_after_it(movable: System) -> None:
    pages = Pages(movable.url)
    login = movable.credentials("shiokaze-operator")
    pages.submit("/console/login", login_id=login["login_id"], password=login["password"])
    assert pages.get("/account/factors/totp").path == "/account/factors/totp", "the login is a proof"
    movable.clock(advance_seconds=11 * 60)
    seen = pages.get("/account/factors/totp")
    assert seen.path == "/account/proof?next=/account/factors/totp"
    wrong = pages.submit(seen.path, password="not mine")
    assert (wrong.status, wrong.path) == (403, seen.path)
    assert "ご本人であることを確認できませんでした" in wrong.text
    before = pages.http.cookies["kaisen"]
    seen = pages.submit(seen.path, password=login["password"])
    assert seen.path == "/account/factors/totp"
    assert "ご本人の確認ができました。" in seen.text
    assert pages.http.cookies["kaisen"] != before
    assert Client(movable.url, token=before).send("GET", "/auth/session").status_code == 401
    elsewhere = pages.submit("/account/proof?next=https://evil.example/", password=login["password"])
    assert elsewhere.path == "/console/"


def test_a_form_that_asks_for_a_proof_is_not_sent_again_by_itself(movable: System) -> None:
    pages = Pages(movable.url)
    login = movable.credentials("shiokaze-operator")
    pages.submit("/console/login", login_id=login["login_id"], password=login["password"])
    movable.clock(advance_seconds=11 * 60)
    asked = pages.submit("/account/factors", to="/account/factors/recovery-codes")
    assert asked.path == "/account/proof?next=/account/factors/recovery-codes&repeat=yes"
    seen = pages.submit(asked.path, password=login["password"])
    assert seen.path == "/account/factors/recovery-codes"
    assert "先ほどの操作はまだ行われていません" in seen.text
