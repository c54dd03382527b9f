"""Login step by step, by the pages and by the API."""

import re

import pytest
import requests

from tests.e2e.pages import SELFCARE, Person, new_person
from tests.e2e.system import Client, System

TITLES = {"ip_phone": "認証コード入力", "mobile_choice": "認証コードチェック", "free_voice": "2段階認証"}
PLANTED = "p" * 43
NEW_PASSWORD = "three green kettles sing"  # noqa: S105


@pytest.fixture(params=SELFCARE)
def person(request: pytest.FixtureRequest, system: System) -> Person:
    """A customer of each portal in turn."""
    return new_person(system, request.param)


@pytest.fixture
def somebody(system: System) -> Person:
    return new_person(system, "ip_phone")


def test_s0_01_s0_13_a_right_password_leads_to_the_code_and_nowhere_else(person: Person) -> None:
    pages = person.pages()
    seen = person.try_login(pages)
    assert (seen.status, seen.path) == (200, "/selfcare/code")
    assert f"<h1>{TITLES[person.portal]}</h1>" in seen.text
    assert "kaisen" not in pages.http.cookies
    for path in (
        "/selfcare/menu",
        "/selfcare/contracts",
        "/selfcare/contracts/IP0000001/lines",
        "/account/password",
    ):
        assert pages.get(path).path == person.login_path, path


def test_s0_12_only_six_half_width_digits_are_a_code(somebody: Person) -> None:
    pages = somebody.pages()
    somebody.try_login(pages)
    code = somebody.code
    wide = code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    for typed in ("abcdef", wide, code[1:], f"{code}0", f"{code[:3]} {code[3:]}"):
        seen = pages.submit("/selfcare/code", code=typed)
        assert (seen.status, seen.path) == (422, "/selfcare/code"), typed
        assert "認証コードは半角数字6桁で入力してください。" in seen.text
    assert pages.submit("/selfcare/code", code=code).path == "/selfcare/menu", "none of them was a try"


def test_a_code_is_told_with_the_end_of_its_time_and_is_not_sent_again(somebody: Person) -> None:
    pages = somebody.pages()
    page = somebody.try_login(pages).text
    assert re.search(r"\d\d:\d\dまで（あと(19|20)分）", page)
    assert "もう一度ログインすると新しいコードが届きます" in page
    assert "再送" not in page


def test_after_five_wrong_codes_the_login_begins_anew(somebody: Person) -> None:
    pages = somebody.pages()
    somebody.try_login(pages)
    wrong = f"{(int(somebody.code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1):
        assert f"あと{left}回" in pages.submit("/selfcare/code", code=wrong).text
    seen = pages.submit("/selfcare/code", code=wrong)
    assert seen.path == somebody.login_path
    assert "ログインを中止しました" in seen.text
    assert pages.get("/selfcare/code").path == somebody.login_path


def test_s0_04_wrong_credentials_are_refused_in_one_way(somebody: Person) -> None:
    pages = somebody.pages()
    mails = len(somebody.system.mails(somebody.email))
    refusals = set()
    for login_id, password in ((somebody.login_id, "wrong"), ("C9nobody", somebody.password)):
        seen = pages.submit(somebody.login_path, login_id=login_id, password=password)
        assert (seen.status, seen.path) == (401, somebody.login_path)
        refusals |= set(re.findall(r"IDまたはパスワードが正しくありません。", seen.text))
    assert len(refusals) == 1
    assert len(somebody.system.mails(somebody.email)) == mails


def test_the_session_token_is_not_the_one_that_was_there_before(somebody: Person) -> None:
    """Session fixation: whatever the browser held before, the login brings its own."""
    pages = somebody.pages()
    pages.http.cookies.set("kaisen", PLANTED, domain="127.0.0.1")
    assert somebody.log_in(pages).path == "/selfcare/menu"
    assert pages.http.cookies["kaisen"] != PLANTED
    assert Client(somebody.system.url, token=PLANTED).send("GET", "/auth/session").status_code == 401


def test_s0_30_after_the_logout_nothing_is_shown_to_the_old_cookie(system: System) -> None:
    person = new_person(system, "mobile_choice")
    pages = person.pages()
    menu = person.log_in(pages)
    assert "セルフケアパスワード変更" in menu.text
    cookie = pages.http.cookies["kaisen"]
    shown = requests.get(
        f"{person.system.url}/selfcare/menu", cookies={"kaisen": cookie}, timeout=10, allow_redirects=False
    )
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    seen = pages.submit("/selfcare/menu", to="/logout")
    assert (seen.path, "kaisen" in pages.http.cookies) == (person.login_path, False)
    late = requests.get(
        f"{person.system.url}/selfcare/menu", cookies={"kaisen": cookie}, timeout=10, allow_redirects=False
    )
    assert late.status_code == 303


def test_s4_02_a_first_login_leads_to_a_new_password_and_nowhere_else(system: System) -> None:
    person = new_person(system, "console")
    pages = person.pages()
    seen = person.try_login(pages)
    assert (seen.path, "kaisen" in pages.http.cookies) == ("/console/login/password", False)
    for path in (
        "/console/",
        "/console/sims",
        "/console/orders",
        "/account/password",
        "/console/login/factor",
    ):
        assert pages.get(path).path in ("/console/login", "/"), path
    for password, again, reason in (
        ("short", "short", "15文字以上"),
        (f"{person.login_id} and more", f"{person.login_id} and more", "推測されやすい語"),
        (NEW_PASSWORD, "something else", "確認用のパスワードが一致しません"),
    ):
        seen = pages.submit("/console/login/password", password=password, again=again)
        assert (seen.status, seen.path, reason in seen.text) == (422, "/console/login/password", True)
    seen = pages.submit("/console/login/password", password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert (seen.status, pages.http.cookies["kaisen"] != "") == (200, True)
    assert "スタートページ" in seen.text
    first = Client(system.url).send("POST", "/auth/login", json=person.credentials)
    assert (first.status_code, first.json()["code"]) == (401, "login.refused"), (
        "the first password is used up"
    )


def test_s4_02_the_api_asks_for_the_new_password_too(system: System) -> None:
    person = new_person(system, "console")
    client = Client(system.url)
    step = client.post("/auth/login", person.credentials)
    assert (step["next"], step["minimum"], "token" in step) == ("password", 15, False)
    refused = client.send("POST", "/auth/password", json={"attempt": step["attempt"], "password": "short"})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "password.refused")
    assert ("/password", "password.too_short") in {(one["pointer"], one["code"]) for one in problem["errors"]}
    done = client.post("/auth/password", {"attempt": step["attempt"], "password": NEW_PASSWORD})
    assert (done["next"], done["attempt"]) == ("done", None)
    client.token = done["token"]
    assert client.get("/auth/session")["login_id"] == person.login_id
    again = client.send("POST", "/auth/password", json={"attempt": step["attempt"], "password": NEW_PASSWORD})
    assert (again.status_code, again.json()["code"]) == (401, "attempt.unusable")
