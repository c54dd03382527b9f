"""The entries of all portals and the pages of the own account as people see them, in both languages."""

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import PHONE, Person, new_person
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import NARROW, VIEWS, Visitor, Visitors

NEW_PASSWORD = "three green kettles sing"  # noqa: S105
WRONG_PHONE = "0449999999"
PORTALS = pytest.mark.parametrize("portal", ["ip_phone", "mobile_choice", "free_voice"])


def _enter(me: Visitor, person: Person) -> None:
    """ID and password, up to the page of the next step."""
    me.fill(login_id=person.login_id, password=person.password)
    me.click("submit")


def _enter_code(me: Visitor, person: Person) -> None:
    known = len(me.system.codes(person.email))
    _enter(me, person)
    me.fill(code=me.system.mailed_code(person.email, known))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()


@VIEWS
@PORTALS
def test_s0_02_s0_03_s0_14_s0_20_customer_comes_in_with_another_address(
    visitor: Visitors, embedded_system: EmbeddedSystem, portal: str, size: dict[str, int], language: str
) -> None:
    person = new_person(embedded_system, portal, has_email=False)
    me = visitor(f"recovery-{portal}", size, language)
    me.open("/")
    me.look("entry")
    me.click(f"portal-{portal}")
    me.look("login")
    me.click("submit")
    expect(me.page.locator("#login_id-error")).to_be_visible()
    expect(me.page.locator("#password-error")).to_be_visible()
    me.look("login-required")
    if portal != "free_voice":
        me.fill(login_id="somebody", password="something")
        me.click("reset")
        expect(me.page.locator("#login_id")).to_have_value("")
        expect(me.page.locator("#password")).to_have_value("")
    else:
        expect(me.page.get_by_test_id("reset")).to_have_count(0)
    _enter(me, person)
    expect(me.page.get_by_test_id("code-limit")).to_be_visible()
    me.look("code")
    me.click("to-recovery")
    me.look("recovery")
    new = f"{person.login_id.lower()}@new.example"
    me.fill(email=new, email_again="other@new.example", contact_phone=PHONE)
    me.click("submit")
    expect(me.page.locator("#email_again-error")).to_be_visible()
    me.look("recovery-confirmation")
    me.fill(email=new, email_again=new, contact_phone=WRONG_PHONE)
    me.click("submit")
    if portal == "free_voice":
        expect(me.page.get_by_test_id("mismatch")).to_be_visible()
        me.look("recovery-mismatch")
        me.click("back")
    else:
        expect(me.page.locator("#contact_phone-error")).to_be_visible()
        me.look("recovery-mismatch")
    me.fill(email=new, email_again=new, contact_phone=PHONE)
    me.click("submit")
    expect(me.page.get_by_test_id("sent-to")).to_contain_text("***@new.example")
    me.look("code-sent-to-new-address")
    me.fill(code=embedded_system.mailed_code(new, 0))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()
    me.look("menu")


@PORTALS
def test_s0_21_the_third_wrong_phone_number_leads_to_the_inquiry(
    visitor: Visitors, embedded_system: EmbeddedSystem, portal: str
) -> None:
    person = new_person(embedded_system, portal)
    me = visitor(f"blocked-{portal}", NARROW, "ja")
    me.open(person.login_path)
    _enter(me, person)
    for _ in range(3):
        me.page.goto(f"{embedded_system.url}/selfcare/recovery")
        me.fill(email="a@new.example", email_again="a@new.example", contact_phone=WRONG_PHONE)
        me.click("submit")
    expect(me.page.get_by_test_id("inquiry-url")).to_be_visible()
    me.look("inquiry")
    expect(me.page.locator("main a, main button")).to_have_count(2)
    me.click("back-to-login")
    expect(me.page.locator("#login-form")).to_be_visible()


@VIEWS
def test_s0_29_s0_30_customer_changes_the_password_and_leaves_no_page_behind(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    person = new_person(embedded_system, "mobile_choice")
    me = visitor("account-selfcare", size, language)
    me.open(person.login_path)
    _enter_code(me, person)
    person.client()
    me.click("menu-sessions")
    expect(me.page.get_by_test_id("this-session")).to_contain_text("Chrome")
    me.look("sessions")
    me.click("end-session")
    expect(me.page.get_by_test_id("end-session")).to_have_count(0)
    me.click("account-settings")
    me.look("password")
    me.fill(current=person.password, new="short", again="short")
    me.click("submit")
    expect(me.page.locator("#new-error")).to_be_visible()
    me.look("password-refused")
    me.fill(current=person.password, new=NEW_PASSWORD, again=NEW_PASSWORD)
    me.click("submit")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    me.look("password-changed")
    me.page.goto(f"{embedded_system.url}/selfcare/menu")
    me.click("menu-logout")
    expect(me.page.locator("#login-form")).to_be_visible()
    me.page.go_back()
    expect(me.page.locator("#login-form")).to_be_visible()
    expect(me.page.get_by_test_id("menu-contracts")).to_have_count(0)


@VIEWS
def test_s4_02_s4_07_fleet_manager_chooses_a_password_at_the_first_login(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    person = new_person(embedded_system, "console")
    me = visitor("first-login", size, language)
    me.open(person.login_path)
    expect(me.page.get_by_test_id("browsers")).to_be_visible()
    me.look("login")
    _enter(me, person)
    expect(me.page.locator("#password-form")).to_be_visible()
    me.look("new-password")
    me.fill(password="short", again="other")
    me.click("submit")
    expect(me.page.locator("#again-error")).to_be_visible()
    me.fill(password="short", again="short")
    me.click("submit")
    expect(me.page.locator("#password-error")).to_be_visible()
    me.look("new-password-refused")
    me.page.goto(f"{embedded_system.url}/console/sims")
    expect(me.page.locator("#login-form")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/console/login/password")
    me.fill(password=NEW_PASSWORD, again=NEW_PASSWORD)
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.look("start")
    me.click("account-settings")
    me.look("password")
    me.page.goto(f"{embedded_system.url}/account/sessions")
    me.look("sessions")
    me.page.goto(f"{embedded_system.url}/account/proof?next=/console/sims")
    me.look("proof")
    me.fill(password="not mine")
    me.click("submit")
    expect(me.page.locator("#password-error")).to_be_visible()
    me.look("proof-refused")
    me.fill(password=NEW_PASSWORD)
    me.click("submit")
    expect(me.page).to_have_url(f"{embedded_system.url}/console/sims")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
