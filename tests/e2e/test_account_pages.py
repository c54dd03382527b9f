"""アカウント管理 on the pages of the console and of the staff, in both languages, wide and narrow."""

import secrets
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.companies import INITIAL_PASSWORD, Company, first_login, log_in, new_company
from tests.e2e.pages import new_person
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors


@pytest.fixture
def company(embedded_system: EmbeddedSystem, tmp_path: Path) -> Company:
    return new_company(embedded_system, tmp_path)


def enter(me: Visitor, path: str, login_id: str, password: str) -> None:
    me.page.goto(f"{me.system.url}{path}")
    if me.language == "en":
        me.page.get_by_role("button", name="English").click()
    me.page.locator("#login_id").fill(login_id)
    me.page.locator("#password").fill(password)
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()


@VIEWS
def test_administrator_looks_after_an_account(
    visitor: Visitors, embedded_system: EmbeddedSystem, company: Company, size: dict[str, int], language: str
) -> None:
    me = visitor("accounts", size, language)
    enter(me, "/console/login", company.login_id, company.password)
    me.page.locator('a[href="/console/accounts"]').first.click()
    expect(me.page.get_by_test_id("accounts")).to_contain_text(company.login_id)
    me.look("list")
    me.click("new")
    me.look("new")
    me.click("create")
    expect(me.page.locator("#login_id-error")).to_be_visible()
    expect(me.page.locator("#role-error")).to_be_visible()
    me.look("nothing-given")
    login_id = f"very.long.user.name.of.somebody@a-department-{secrets.token_hex(4)}"
    me.page.locator("#login_id").fill(login_id)
    me.page.locator("input[name=role][value=viewer]").check()
    me.page.locator("#email").fill("nobody")
    me.click("create")
    expect(me.page.locator("#email-error")).to_be_visible()
    me.page.locator("#email").fill("")
    me.click("create")
    initial = me.page.get_by_test_id("initial-password").inner_text()
    assert INITIAL_PASSWORD.fullmatch(initial)
    me.look("password")
    client, password = first_login(embedded_system, "console", login_id, initial)
    me.click("to-account")
    assert initial not in me.page.content(), "the password is shown once"
    me.look("account")
    me.page.locator("input[name=role][value=operator]").check()
    me.page.locator("#email").fill(
        f"somebodywithalongnameandnowheretobreakit@{secrets.token_hex(4)}.minato.example"
    )
    me.click("change")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    assert "console_operator" in client.get("/auth/session")["roles"]
    me.click("disable")
    me.look("disable")
    me.click("back")
    assert client.send("GET", "/sims").ok, "nothing happens before it is confirmed"
    me.click("disable")
    me.click("confirm")
    expect(me.page.get_by_test_id("enable")).to_be_visible()
    me.look("disabled")
    assert client.send("GET", "/sims").status_code == 401
    me.click("enable")
    expect(me.page.get_by_test_id("disable")).to_be_visible()
    me.click("reset")
    me.look("reset")
    me.click("confirm")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    assert log_in(embedded_system, "console", login_id, password).status_code == 401
    me.page.goto(f"{embedded_system.url}/console/accounts?query={login_id[:20]}")
    me.look("found")
    me.page.get_by_test_id("accounts").get_by_role("link").click()
    me.click("delete")
    me.look("delete")
    me.click("confirm")
    expect(me.page.get_by_test_id("messages")).to_contain_text(login_id)
    expect(me.page.get_by_test_id("hits")).to_contain_text("1")
    me.look("deleted")


@VIEWS
def test_administrator_asks_for_a_second_factor(
    visitor: Visitors, embedded_system: EmbeddedSystem, company: Company, size: dict[str, int], language: str
) -> None:
    me = visitor("policy", size, language)
    enter(me, "/console/login", company.login_id, company.password)
    me.page.goto(f"{embedded_system.url}/console/accounts")
    me.click("policy")
    expect(me.page.locator("input[name=required][value=no]")).to_be_checked()
    me.look("policy")
    me.page.locator("input[name=required][value=yes]").check()
    me.click("save")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    assert company.client.get("/account-policy") == {"required": True}
    me.click("policy")
    expect(me.page.locator("input[name=required][value=yes]")).to_be_checked()


def test_what_the_service_refuses_is_said_on_the_page(
    visitor: Visitors, embedded_system: EmbeddedSystem, company: Company
) -> None:
    me = visitor("accounts-refused", WIDE, "ja")
    enter(me, "/console/login", company.login_id, company.password)
    own = f"{embedded_system.url}/console/accounts/id/{company.login_id}"
    me.page.goto(own)
    expect(me.page.get_by_test_id("own")).to_be_visible()
    expect(me.page.get_by_test_id("disable")).to_have_count(0)
    me.page.locator("input[name=role][value=viewer]").check()
    me.click("change")
    expect(me.page.get_by_test_id("error-summary")).to_contain_text("最後の管理者")
    me.look("last-administrator")
    me.page.goto(f"{own}/delete")
    me.click("confirm")
    expect(me.page.get_by_test_id("messages")).to_contain_text("ご自分のアカウント")
    me.look("own")


def test_others_are_not_offered_accounts(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    me = visitor("accounts-viewer", WIDE, "en")
    me.log_in("aoba-viewer", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    expect(me.page.locator('a[href="/console/accounts"]')).to_have_count(0)
    for path in ("", "/new", "/policy", "/id/aoba-admin", "/id/aoba-admin/delete"):
        answer = me.page.goto(f"{embedded_system.url}/console/accounts{path}")
        assert answer is not None
        assert answer.status == 403, path


@VIEWS
def test_staff_find_anybodys_account(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    person = new_person(embedded_system, "ip_phone", has_email=False)
    me = visitor("staff-accounts", size, language)
    me.log_in("staff-admin", "/staff/login")
    me.click("menu-accounts")
    me.page.locator("#query").fill(person.login_id.lower())
    me.page.locator("#kind").select_option("selfcare")
    me.click("search")
    expect(me.page.get_by_test_id("accounts").locator("tbody tr")).to_have_count(1)
    me.look("found")
    me.page.get_by_test_id("accounts").get_by_role("link").click()
    expect(me.page.locator("input[name=role]")).to_have_count(0)
    me.look("account")
    me.click("reset")
    me.look("reset")
    me.click("confirm")
    password = me.page.get_by_test_id("initial-password").inner_text()
    me.look("password")
    assert log_in(embedded_system, "ip_phone", person.login_id, password).json()["next"] == "code"
    me.page.goto(f"{embedded_system.url}/staff/accounts/new")
    me.look("new")
    me.page.goto(f"{embedded_system.url}/staff/accounts?query=nobody-is-called-like-this")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    me.look("nobody")


def test_support_sees_accounts_without_buttons(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    login_id = f"s-{secrets.token_hex(5)}"
    staff = embedded_system.client("staff-admin")
    made = staff.post("/accounts", {"login_id": login_id, "role": "support"}, 201)
    _, password = first_login(embedded_system, "staff", login_id, made["initial_password"])
    me = visitor("support", WIDE, "ja")
    enter(me, "/staff/login", login_id, password)
    me.page.goto(f"{embedded_system.url}/staff/accounts?query=aoba-admin")
    me.look("list")
    expect(me.page.get_by_test_id("new")).to_have_count(0)
    me.page.get_by_test_id("accounts").get_by_role("link").click()
    expect(me.page.get_by_test_id("account")).to_contain_text("aoba-admin")
    expect(me.page.locator("main form")).to_have_count(0)
    for testid in ("change", "disable", "reset", "delete"):
        expect(me.page.get_by_test_id(testid)).to_have_count(0)
    me.look("account")
    answer = me.page.goto(f"{embedded_system.url}/staff/accounts/id/aoba-admin/delete")
    assert answer is not None
    assert answer.status == 403
