"""The pages as a person uses them, in both languages, wide and narrow."""

import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.system import EmbeddedSystem
from tests.e2e.test_flow import order_with_status, place
from tests.e2e.visitor import NARROW, VIEWS, WIDE, Visitors
from tests.harness import until


@VIEWS
def test_customer_looks_up_lines(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("selfcare", size, language)
    me.page.goto(embedded_system.url)
    me.look("entry")
    known = len(embedded_system.codes("minato@shop.example"))
    me.log_in("C900000001", "/selfcare/ip_phone/login")
    expect(me.page.locator("#code-form")).to_be_visible()
    me.look("code")
    me.page.locator("#code").fill("000000")
    me.click("submit")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("wrong-code")
    me.page.locator("#code").fill(embedded_system.mailed_code("minato@shop.example", known))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()
    me.look("menu")
    me.click("menu-contracts")
    me.look("guidance")
    with me.page.context.expect_page() as window:  # the manual's form opens beside its guidance
        me.click("open-IP0000001")
    me.page = window.value
    lines = me.page.get_by_test_id("lines").locator("tbody tr")
    expect(lines).to_have_count(20)
    expect(me.page.get_by_test_id("hits")).to_contain_text("30")
    me.look("inquiry")
    me.page.locator("#phone_prefix").fill("050000")
    me.click("search")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("prefix-too-short")
    me.page.locator("#phone_prefix").fill("0500000")
    me.click("search")
    expect(lines.first).to_contain_text("0500000")
    me.look("found")
    with me.page.expect_download() as download:
        me.click("csv")
    assert "0500000" in Path(str(download.value.path())).read_text("utf-8-sig")
    me.click("logout")
    me.look("logged-out")
    me.page.go_back()
    me.page.reload()
    expect(me.page.locator("#login-form")).to_be_visible()


@VIEWS
def test_fleet_manager_recharges_a_sim(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("console", size, language)
    me.log_in("aoba-admin", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.look("start")
    me.page.goto(f"{embedded_system.url}/console/sims")
    me.look("sims")
    serial = "AF1000000002"
    me.page.goto(f"{embedded_system.url}/console/sims/{serial}")
    me.look("sim")
    me.click("order-recharges")
    me.look("recharge-input")
    me.click("to-confirm")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("recharge-nothing-chosen")
    me.page.get_by_test_id("gigabytes-3").check()
    me.click("to-confirm")
    expect(me.page.get_by_test_id("quote")).to_contain_text("900")
    me.look("recharge-confirm")
    me.click("place")
    number = me.page.get_by_test_id("placed-number").inner_text()
    assert re.fullmatch(r"TC0001-00001-RC\d{6,}", number)
    me.look("recharge-complete")
    me.page.goto(f"{embedded_system.url}/console/orders/{number}")
    until(
        lambda: me.page.reload() and ("完了" if language == "ja" else "ompleted") in me.page.content(),
        timeout=20,
    )
    me.look("order")
    me.page.goto(f"{embedded_system.url}/console/orders?status=completed")
    expect(me.page.get_by_test_id("orders")).to_contain_text(number)
    me.look("orders")
    me.page.goto(f"{embedded_system.url}/console/charges")
    expect(me.page.get_by_test_id("charges")).to_contain_text(number)
    me.look("charges")


def test_reserved_order_is_cancelled_on_its_page(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    me = visitor("cancel", WIDE, "ja")
    me.log_in("shiokaze-operator", "/console/login")
    me.page.goto(f"{embedded_system.url}/console/recharges/new?sim=AF2000000002")
    latest = me.page.locator("#start_date").get_attribute("max")
    assert latest
    me.page.locator("#start_date").fill(latest)
    me.page.get_by_test_id("gigabytes-100").check()
    me.click("to-confirm")
    me.click("place")
    number = me.page.get_by_test_id("placed-number").inner_text()
    me.page.goto(f"{embedded_system.url}/console/orders")
    expect(me.page.get_by_test_id("orders")).to_contain_text(number)
    me.page.goto(f"{embedded_system.url}/console/orders/{number}")
    me.click("cancel")
    me.look("confirm")
    me.click("confirm-cancel")
    expect(me.page.locator("main")).to_contain_text("取消")
    me.look("cancelled")


def test_failed_order_says_why_and_whom_to_ask(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    serial = "AF2000000003"
    refuse = {"kind": "reject", "times": 1, "match": {"sim_serial": serial}}
    requests.post(f"{embedded_system.sandbox_url}/sandbox/faults", json=refuse, timeout=10).raise_for_status()
    console = embedded_system.client("shiokaze-operator")
    order = place(console, serial, gigabytes=1)
    order_with_status(console, order["number"], "failed")
    for language, reason in (("ja", "通信網がこの処理を"), ("en", "The network did not accept")):
        me = visitor("failed", WIDE, language)
        me.log_in("shiokaze-operator", "/console/login")
        expect(me.page.get_by_test_id("logout")).to_be_visible()
        me.page.goto(f"{embedded_system.url}/console/orders/{order['number']}")
        expect(me.page.get_by_test_id("sales-notice")).to_contain_text(reason)
        me.look("order")


def test_recharge_without_script(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    me = visitor("plain", NARROW, "ja", script=False)
    me.log_in("aoba-admin", "/console/login")
    me.page.goto(f"{embedded_system.url}/console/recharges/new?sim=AF1000000003")
    me.page.get_by_test_id("gigabytes-1").check()
    me.click("to-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("placed-number")).to_be_visible()


def test_login_and_recharge_by_keyboard(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    me = visitor("keyboard", WIDE, "en")
    login = embedded_system.credentials("aoba-admin")
    me.page.goto(f"{embedded_system.url}/console/login")
    me.page.keyboard.press("Tab")
    assert me.page.evaluate("document.activeElement.hash") == "#main", (
        "the first stop leads past the navigation"
    )
    me.page.locator("#login_id").focus()
    me.page.keyboard.type(login["login_id"])
    me.page.keyboard.press("Tab")
    me.page.keyboard.type(login["password"])
    me.page.keyboard.press("Enter")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/console/recharges/new?sim=AF1000000004")
    me.page.get_by_test_id("gigabytes-1").focus()
    me.page.keyboard.press("Space")
    me.page.keyboard.press("Enter")
    me.page.get_by_test_id("place").press("Enter")
    expect(me.page.get_by_test_id("placed-number")).to_be_visible()


@VIEWS
def test_staff_import_a_file(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path, size: dict[str, int], language: str
) -> None:
    me = visitor("staff", size, language)
    me.log_in("staff-admin", "/staff/login")
    me.look("start")
    me.page.goto(f"{embedded_system.url}/staff/imports")
    me.look("imports")
    file = tmp_path / "customers.csv"
    file.write_text("customer_code,name\nC955555555,見本商会\nC955555555,二度目\nbad code,\n")
    me.page.locator("input[name=kind][value=customers]").check()
    me.page.locator("input[type=file]").set_input_files(file)
    me.click("validate")
    expect(me.page.get_by_test_id("report-errors")).to_be_visible()
    me.look("report")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_that_is_not_there(visitor: Visitors, embedded_system: EmbeddedSystem, language: str) -> None:
    me = visitor("missing", WIDE, language)
    answer = me.page.goto(f"{embedded_system.url}/console/nothing-here")
    assert answer is not None
    assert answer.status == 404
    expect(me.page.get_by_test_id("correlation-id")).not_to_be_empty()
    me.look("not-found")
