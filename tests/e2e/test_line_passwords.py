"""IP加入電話パスワード変更 and 付加サービスパスワード変更, from the page or the API to the switch and back."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.system import Client, EmbeddedSystem, System
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors
from tests.harness import until


@pytest.fixture
def selfcare(system: System) -> Client:
    """A new session: its proof of the person is as fresh as showing passwords asks for."""
    return system.log_in("C900000001")


def line_in_service(client: Client, position: int) -> str:
    contract = client.get("/contracts")["items"][0]["contract_code"]
    items = client.get(f"/contracts/{contract}/lines", status="in_service")["items"]
    number: str = items[position]["phone_number"]
    return number


def switch_holds(system: System, number: str) -> Any:
    answer = requests.get(f"{system.sandbox_url}/switch/lines/{number}", timeout=10)
    return answer.json().get("password")


def test_s3_10_s3_15_a_change_reaches_the_switch_and_then_the_inquiry(
    system: EmbeddedSystem, selfcare: Client
) -> None:
    number = line_in_service(selfcare, 0)
    before = selfcare.get(f"/lines/{number}/passwords")
    change = {"current": before["line_password"], "new": "k3m9x2pq"}
    answer = selfcare.post(f"/lines/{number}/password", change)
    assert (answer["state"], answer["late"]) == ("pending", False)
    until(lambda: selfcare.get(f"/lines/{number}/password-change")["state"] == "reflected", timeout=30)
    after = selfcare.get(f"/lines/{number}/passwords")
    assert after == before | {"line_password": "k3m9x2pq"}
    assert switch_holds(system, number) == "k3m9x2pq"
    assert "k3m9x2pq" not in json.dumps(system.log_lines())


def test_s0_27_an_addon_password_is_another_at_once(selfcare: Client) -> None:
    number = line_in_service(selfcare, 1)
    before = selfcare.get(f"/lines/{number}/passwords")
    change = {"current": before["addon_password"], "new": "h7d2w8zt"}
    selfcare.post(f"/lines/{number}/addon-password", change, status=204)
    after = selfcare.get(f"/lines/{number}/passwords")
    assert after == before | {"addon_password": "h7d2w8zt"}


@pytest.mark.parametrize(
    ("number", "body", "status", "code"),
    [
        ("05099999999", {}, 404, "line.unknown"),
        ("050-9999-9999", {}, 422, "line.number_format"),
        (None, {"new": "Abcdefg1"}, 422, "line_password.format"),
        (None, {"current": "wrong"}, 422, "line_password.wrong"),
    ],
)
def test_s3_02_to_s3_05_what_is_refused_names_its_field(
    selfcare: Client, number: str | None, body: dict[str, str], status: int, code: str
) -> None:
    number = number or line_in_service(selfcare, 2)
    sent = {"current": "fVFZ29", "new": "abcdefg1"} | body
    answer = selfcare.send("POST", f"/lines/{number}/password", json=sent)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def come_in(me: Visitor) -> None:
    known = len(me.system.codes("minato@shop.example"))
    me.log_in("C900000001", "/selfcare/ip_phone/login")
    me.page.locator("#code").fill(me.system.mailed_code("minato@shop.example", known))
    me.click("submit")


@VIEWS
def test_s3_01_s3_07_s3_08_s3_09_the_change_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    client = embedded_system.log_in("C900000001")
    position = 3 + ["wide-ja", "wide-en", "narrow-ja", "narrow-en"].index(request.node.callspec.id)
    number = line_in_service(client, position)
    current = client.get(f"/lines/{number}/passwords")["line_password"]
    me = visitor("password", size, language)
    come_in(me)
    me.click("menu-line-password")
    for warning in ("warning-device", "warning-outage", "reflection-times"):
        expect(me.page.get_by_test_id(warning)).to_be_visible()
    me.look("guidance")
    with me.page.expect_popup() as opened:
        me.click("open-form")
    me.page = opened.value
    for warning in ("warning-device", "warning-outage"):
        expect(me.page.get_by_test_id(warning)).to_be_visible()
    me.look("form")

    def enter(again: str) -> None:
        values = {"phone_number": number, "current": current, "new": "r4t6y8ui", "again": again}
        for name, value in values.items():
            me.page.locator(f"#{name}").fill(value)
        me.click("submit")

    enter("r4t6y8ux")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("mismatch")
    enter("r4t6y8ui")
    expect(me.page.get_by_test_id("reflected-by")).to_have_text(re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d"))
    me.look("done")


@VIEWS
def test_passwords_are_shown_on_demand_and_gone_on_reload(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
) -> None:
    client = embedded_system.log_in("C900000001")
    number = line_in_service(client, 10)
    me = visitor("passwords", size, language)
    come_in(me)
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()
    contract = client.get("/contracts")["items"][0]["contract_code"]
    me.page.goto(f"{embedded_system.url}/selfcare/contracts/{contract}/lines?phone_prefix={number}")
    me.look("inquiry")
    with me.page.expect_download() as download:
        me.click("csv-with-passwords")
    held = client.get(f"/lines/{number}/passwords")
    assert held["line_password"] in Path(str(download.value.path())).read_text("utf-8-sig")
    me.click(f"show-{number}")
    expect(me.page.get_by_test_id("passwords")).to_be_visible()
    me.look("shown")
    me.page.reload()
    expect(me.page.get_by_test_id("passwords")).to_have_count(0)
    expect(me.page.get_by_test_id("show")).to_be_visible()


def test_the_proof_is_asked_for_before_anything_is_typed(
    visitor: Visitors, embedded_system: EmbeddedSystem
) -> None:
    me = visitor("password-proof", WIDE, "ja")
    come_in(me)
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()
    embedded_system.clock(now=(clock.wall() + timedelta(minutes=11)).isoformat())
    try:
        me.page.goto(f"{embedded_system.url}/selfcare/passwords/line/form")
        expect(me.page).to_have_url(re.compile("/account/proof"))
        me.look("proof")
        me.fill(password=embedded_system.credentials("C900000001")["password"])
        me.click("submit")
        expect(me.page.locator("#phone_number")).to_be_visible()
        expect(me.page).to_have_url(f"{embedded_system.url}/selfcare/passwords/line/form")
    finally:
        embedded_system.clock(reset=True)


@VIEWS
def test_staff_have_a_refused_password_reflected_again(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    client = embedded_system.log_in("C900000001")
    position = 11 + ["wide-ja", "wide-en", "narrow-ja", "narrow-en"].index(request.node.callspec.id)
    number = line_in_service(client, position)
    refuse = {"kind": "reject", "match": {"phone_number": number}}
    requests.post(f"{embedded_system.sandbox_url}/sandbox/faults", json=refuse, timeout=10).raise_for_status()
    current = client.get(f"/lines/{number}/passwords")["line_password"]
    client.post(f"/lines/{number}/password", {"current": current, "new": "p9o8i7u6"})

    def state() -> Any:
        return client.get(f"/lines/{number}/password-change")["state"]

    until(lambda: state() == "failed", timeout=30)
    me = visitor("reflections", size, language)
    me.log_in("staff-admin", "/staff/login")
    expect(me.page.get_by_test_id("menu-accounts")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/staff/reflections")
    expect(me.page.get_by_test_id("reflections")).to_contain_text(number)
    me.look("failed")
    me.click(f"retry-{number}")
    expect(me.page.get_by_role("status").first).to_be_visible()
    until(lambda: state() == "reflected", timeout=30)
    me.page.reload()
    expect(me.page.get_by_test_id(f"retry-{number}")).to_have_count(0)
    me.look("retried")
    assert switch_holds(embedded_system, number) == "p9o8i7u6"
