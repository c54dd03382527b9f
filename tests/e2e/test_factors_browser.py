"""Second factors as a person sets them up and uses them: an authenticator app, and Chromium's virtual authenticator."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.members import logged_in, new_member
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import NARROW, VIEWS, Visitor, Visitors


def code(secret: str, later: int = 0) -> str:
    """The one-time password of the present time step, or of one `later`."""
    return pyotp.TOTP(secret).at(clock.wall() + timedelta(seconds=30 * later))


def give_password(me: Visitor, member: dict[str, str]) -> None:
    me.open("/console/login")
    me.fill(login_id=member["login_id"], password=member["password"])
    me.click("submit")


def at_home(me: Visitor) -> None:
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    assert me.page.url.endswith("/console/")


def see_recovery_codes(me: Visitor) -> list[str]:
    """The ten codes of the page that shows them."""
    shown = me.page.get_by_test_id("recovery-codes").locator("li")
    expect(shown).to_have_count(10)
    me.look("recovery-codes")
    return shown.all_inner_texts()


def plug_in_authenticator(me: Visitor) -> None:
    session = me.page.context.new_cdp_session(me.page)
    session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    abilities = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **abilities}})


def on_localhost(me: Visitor) -> Visitor:
    """Passkeys are bound to the site's name, which an address is not."""
    return replace(me, system=replace(me.system, url=me.system.url.replace("127.0.0.1", "localhost")))


@VIEWS
def test_one_time_password_is_set_up_and_asked_for(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path, size: dict[str, int], language: str
) -> None:
    member = new_member(embedded_system, tmp_path)
    me = visitor("totp", size, language)
    give_password(me, member)
    at_home(me)
    me.page.goto(f"{embedded_system.url}/account/factors")
    expect(me.page.get_by_test_id("no-factors")).to_be_visible()
    me.look("none-yet")
    me.click("add-totp")
    secret = me.page.get_by_test_id("totp-secret").inner_text()
    me.look("qr-code")
    me.fill(code="12345")
    me.click("submit-totp")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("malformed-code")
    assert me.page.get_by_test_id("totp-secret").inner_text() == secret, "nobody has to scan anew"
    me.fill(code=code(secret))
    me.click("submit-totp")
    codes = see_recovery_codes(me)
    me.click("next")
    expect(me.page.get_by_test_id("factors").locator("tbody tr")).to_have_count(1)
    expect(me.page.get_by_test_id("codes-left")).to_contain_text("10")
    me.look("added")
    me.click("logout")

    give_password(me, member)
    me.look("factor")
    me.page.goto(f"{embedded_system.url}/console/")
    expect(me.page.locator("#login-form")).to_be_visible()
    give_password(me, member)
    me.fill(totp="000000" if code(secret) != "000000" else "000001")
    me.click("submit-totp")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("wrong-code")
    me.fill(totp=code(secret, 1))
    me.click("submit-totp")
    at_home(me)
    me.click("logout")

    give_password(me, member)
    me.page.get_by_test_id("recovery").locator("summary").click()
    me.fill(recovery_code="too short")
    me.click("submit-recovery")
    me.look("malformed-recovery-code")
    me.fill(recovery_code=codes[0].lower())
    me.click("submit-recovery")
    at_home(me)
    me.page.goto(f"{embedded_system.url}/account/factors")
    expect(me.page.get_by_test_id("codes-left")).to_contain_text("9")
    me.click("renew-codes")
    assert not set(see_recovery_codes(me)) & set(codes)
    me.click("next")
    me.click("remove-totp")
    me.look("remove")
    me.click("confirm-remove")
    expect(me.page.get_by_test_id("no-factors")).to_be_visible()


def test_one_time_password_without_script(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path
) -> None:
    member = new_member(embedded_system, tmp_path)
    me = visitor("plain-totp", NARROW, "ja", script=False)
    give_password(me, member)
    at_home(me)
    me.page.goto(f"{embedded_system.url}/account/factors/totp")
    secret = me.page.get_by_test_id("totp-secret").inner_text()
    me.fill(code=code(secret))
    me.click("submit-totp")
    me.click("next")
    me.page.goto(f"{embedded_system.url}/account/factors/passkey")
    expect(me.page.get_by_test_id("passkey")).to_be_hidden()
    expect(me.page.locator("[data-passkey-missing]")).to_be_visible()
    me.click("logout")
    give_password(me, member)
    me.fill(totp=code(secret, 1))
    me.click("submit-totp")
    at_home(me)


@VIEWS
def test_passkey_is_set_up_and_asked_for(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path, size: dict[str, int], language: str
) -> None:
    member = new_member(embedded_system, tmp_path)
    me = on_localhost(visitor("passkey", size, language))
    plug_in_authenticator(me)
    give_password(me, member)
    at_home(me)
    me.page.goto(f"{me.system.url}/account/factors")
    me.click("add-passkey")
    expect(me.page.get_by_test_id("passkey")).to_be_visible()
    me.look("add")
    me.fill(name="Notebook")
    me.click("passkey")
    see_recovery_codes(me)
    me.click("next")
    expect(me.page.get_by_test_id("factors")).to_contain_text("Notebook")
    me.click("add-passkey")
    me.click("passkey")  # the authenticator holds one of this account, and declines
    expect(me.page.locator("[data-passkey-failed]")).to_be_visible()
    me.look("declined")
    me.click("logout")

    give_password(me, member)
    expect(me.page.get_by_test_id("passkey")).to_be_visible()
    me.look("factor")
    me.click("passkey")
    at_home(me)


@VIEWS
def test_required_factor_is_set_up_in_the_login(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path, size: dict[str, int], language: str
) -> None:
    member = new_member(embedded_system, tmp_path)
    administrator = logged_in(embedded_system, member)
    assert administrator.send("PUT", "/account-policy", json={"required": True}).status_code == 200
    me = on_localhost(visitor("enrol", size, language))
    plug_in_authenticator(me)
    give_password(me, member)
    me.look("enrol")
    me.page.goto(f"{me.system.url}/console/")
    expect(me.page.locator("#login-form")).to_be_visible()
    give_password(me, member)
    if language == "ja":
        me.click("passkey")
    else:
        me.fill(code=code(me.page.get_by_test_id("totp-secret").inner_text()))
        me.click("submit-totp")
    see_recovery_codes(me)
    me.click("next")
    at_home(me)
    me.page.goto(f"{me.system.url}/account/factors")
    me.page.locator("[data-testid^=remove-]").click()
    me.click("confirm-remove")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("last-one-stays")
