"""各種依頼, and the requests that change or end what is contracted, on the pages and by the API."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from gateway.console.manual import CHAPTERS
from services.sim.msisdns import hyphenated
from tests.e2e.companies import Company, first_login, new_company
from tests.e2e.pages import Pages
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors
from tests.harness import until

_SIMS = "sim_serial,customer_code,project_name,msisdn,sim_type,sim_size,plan,status,activated_on"


@dataclass
class Fleet:
    """A company of the test's own with a few SIMs."""

    system: EmbeddedSystem
    company: Company
    serials: list[str]

    def sim(self, serial: str) -> dict[str, Any]:
        found: dict[str, Any] = self.company.client.get(f"/sims/{serial}")
        return found

    def order(self, kind: str, serials: Sequence[str], status: int = 201, **more: Any) -> dict[str, Any]:
        body = {"kind": kind, "sim_serials": list(serials), **more}
        key = {"Idempotency-Key": uuid4().hex}
        found: dict[str, Any] = self.company.client.post("/orders", body, status, headers=key)
        return found

    def until_status(self, number: str, status: str) -> None:
        until(
            lambda: self.company.client.get(f"/orders/{number}")["status"] == status,
            message=lambda: str(self.company.client.get(f"/orders/{number}")),
        )

    def tomorrow(self) -> str:
        day = self.company.client.get("/orders/choices/TM")["start_date"]["earliest"]
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


@pytest.fixture
def fleet(embedded_system: EmbeddedSystem, tmp_path: Path) -> Fleet:
    company = new_company(embedded_system, tmp_path)
    mark = f"{secrets.randbelow(10**7):07d}"
    serials = [f"AF{mark}{n:03d}" for n in range(4)]
    statuses = ["active"] * 3 + ["suspended"]
    rows = [
        f"{serial},{company.code},配送端末,020{mark}{n},card,nano,500MB,{statuses[n]},2026-01-01"
        for n, serial in enumerate(serials)
    ]
    answer = embedded_system.client("staff-admin").send(
        "POST",
        "/staff/imports/sims",
        params={"mode": "apply"},
        data="\n".join([_SIMS, *rows, ""]).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    return Fleet(embedded_system, company, serials)


def enter(me: Visitor, fleet: Fleet) -> None:
    me.open("/console/login")
    me.fill(login_id=fleet.company.login_id, password=fleet.company.password)
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()


def placed(me: Visitor) -> str:
    return me.page.get_by_test_id("placed-number").inner_text()


def choose(me: Visitor, request: str, *serials: str) -> None:
    """From the menu to step one, with SIMs ticked."""
    me.page.goto(f"{me.system.url}/console/requests")
    me.click(f"request-{request}")
    for serial in serials:
        me.page.get_by_test_id(f"tick-{serial}").check()


@VIEWS
def test_s4_12_the_menu_has_nine_entries_in_groups_and_the_others(
    visitor: Visitors, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("requests", size, language)
    enter(me, fleet)
    me.page.locator('a[href="/console/requests"]').first.click()
    entries = {
        letter: me.page.get_by_test_id(f"group-{letter}").locator("h3 a").count() for letter in "ABCDEF"
    }
    assert entries == {"A": 3, "B": 2, "C": 2, "D": 1, "E": 1, "F": 4}
    me.look("menu")
    addresses = [
        str(link.get_attribute("href")) for link in me.page.locator('[data-testid^="request-"]').all()
    ]
    for address in addresses:
        answer = me.page.goto(f"{fleet.system.url}{address}")
        assert answer is not None
        assert answer.status == 200, address
    assert me.errors == []


@VIEWS
def test_s4_59_the_manual_opens_in_the_portal(
    visitor: Visitors, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("manual", size, language)
    enter(me, fleet)
    me.page.locator('a[href="/console/manual"]').first.click()
    expect(me.page.get_by_test_id("manual-contents").locator("li")).to_have_count(len(CHAPTERS))
    me.look("contents")
    me.click(f"chapter-{CHAPTERS[0].name}")
    for chapter in CHAPTERS:
        expect(me.page.get_by_test_id("manual-text")).to_be_visible()
        assert me.page.url.endswith(f"/console/manual/{chapter.name}")
        if chapter.name in ("requests", "changes", "deadlines"):
            me.look(chapter.name)
        if chapter != CHAPTERS[-1]:
            me.click("next-chapter")
    with me.page.expect_download() as download:
        me.page.goto(f"{fleet.system.url}/console/manual")
        me.click("manual-download")
    kept = Path(str(download.value.path()))
    text = kept.read_text()
    assert all(f'<article class="manual-text" id="{chapter.name}">' in text for chapter in CHAPTERS)
    assert not re.search(r'(src|href)="(?!#)|<script|url\(', text), "it refers to something outside"
    copy = kept.with_suffix(".html")
    copy.write_text(text)
    me.page.goto(copy.as_uri())
    me.look("file")


@VIEWS
def test_s4_13_s4_56_fleet_manager_changes_a_plan(
    visitor: Visitors, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("plan", size, language)
    first, second, *_ = fleet.serials
    enter(me, fleet)
    choose(me, "plan-change", first, second)
    me.look("select")
    me.click("proceed")
    me.look("input")
    me.click("to-confirm")
    expect(me.page.locator("#plan-error")).to_be_visible()
    me.look("nothing-chosen")
    me.page.get_by_test_id("plan-1GB").check()
    me.page.locator("#project_name").fill("新しい配送端末")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("plan-after")).to_contain_text("1GB")
    me.look("confirm")
    me.click("back")
    expect(me.page.get_by_test_id("plan-1GB")).to_be_checked()
    assert fleet.company.client.get("/orders")["total"] == 0
    me.click("to-confirm")
    me.click("place")
    number = placed(me)
    assert "-PR" in number
    me.look("done")
    fleet.until_status(number, "completed")
    assert {(fleet.sim(one)["plan"], fleet.sim(one)["project_name"]) for one in (first, second)} == {
        ("1GB", "新しい配送端末")
    }


@VIEWS
def test_s4_13_s4_58_fleet_manager_registers_options(
    visitor: Visitors, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("options", size, language)
    first, *_ = fleet.serials
    enter(me, fleet)
    choose(me, "options", first)
    me.click("proceed")
    me.page.get_by_test_id("add-recharge").check()
    me.page.get_by_test_id("remove-recharge").check()
    me.click("to-confirm")
    expect(me.page.locator("#add-error")).to_be_visible()
    me.look("both")
    me.page.get_by_test_id("remove-recharge").uncheck()
    me.click("to-confirm")
    expect(me.page.get_by_test_id("options-add")).to_contain_text(
        "リチャージ" if language == "ja" else "Recharge"
    )
    me.look("confirm")
    me.click("place")
    number = placed(me)
    me.look("done")
    fleet.until_status(number, "completed")
    assert fleet.sim(first)["options"] == ["recharge"]


@VIEWS
def test_s4_13_s4_57_fleet_manager_terminates_lines_and_says_so_twice(
    visitor: Visitors, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("termination", size, language)
    first, _, _, suspended = fleet.serials
    enter(me, fleet)
    options = fleet.order("OP", [first], add=["recharge"], start_date=fleet.tomorrow())["number"]
    choose(me, "termination", first, suspended)
    me.click("proceed")
    me.look("input")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("fees-through")).to_be_visible()
    expect(me.page.get_by_test_id("orders-lost")).to_contain_text(options)
    me.look("confirm")
    me.page.locator("#place-form").evaluate("form => form.noValidate = true")
    me.click("place")
    expect(me.page.get_by_test_id("notice")).to_be_visible()
    me.look("not-ticked")
    assert fleet.company.client.get("/orders", kind="TM")["total"] == 0
    me.page.get_by_test_id("understood").check()
    me.click("place")
    number = placed(me)
    me.look("done")
    fleet.until_status(number, "completed")
    assert [fleet.sim(one)["status"] for one in (first, suspended)] == ["terminated"] * 2
    me.page.goto(f"{fleet.system.url}/console/terminations")
    expect(me.page.get_by_test_id(f"tick-{first}")).to_have_count(0)


def test_pages_go_without_script(visitor: Visitors, fleet: Fleet) -> None:
    me = visitor("no-script", WIDE, "ja", script=False)
    enter(me, fleet)
    choose(me, "plan-change", fleet.serials[0])
    me.click("proceed")
    me.page.get_by_test_id("plan-30GB").check()
    me.click("to-confirm")
    me.click("place")
    assert "-PR" in placed(me)


def test_s4_60_the_page_names_the_order_that_is_first(visitor: Visitors, fleet: Fleet) -> None:
    me = visitor("conflict", WIDE, "ja")
    serial = fleet.serials[0]
    enter(me, fleet)
    first = fleet.order("CS", [serial], start_date=fleet.tomorrow())["number"]
    choose(me, "termination", serial)
    me.click("proceed")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_contain_text(first)
    me.look("refused")


def test_the_api_orders_what_the_pages_do(fleet: Fleet) -> None:
    first, second, third, _ = fleet.serials
    client = fleet.company.client
    assert list(client.get("/orders/choices/PR")["plans"]) == ["500MB", "1GB", "30GB"]
    assert client.get("/orders/choices/OP")["options"]["recharge"]["en"] == "Recharge"
    quote = client.post("/orders/quote", {"kind": "TM", "sim_serials": [third]})
    assert quote["notices"] == ["termination.final"]
    changed = fleet.order("PR", [first], plan="1GB")
    registered = fleet.order("OP", [second], add=["data_share"])
    ended = fleet.order("TM", [third])
    for order in (changed, registered, ended):
        fleet.until_status(order["number"], "completed")
    assert fleet.sim(first)["plan"] == "1GB"
    assert fleet.sim(second)["options"] == ["data_share"]
    assert fleet.sim(third)["status"] == "terminated"
    held = fleet.order("CS", [first], start_date=fleet.tomorrow())["number"]
    refused = fleet.order("PR", [first], 409, plan="30GB")
    assert (refused["code"], refused["details"]["number"]) == ("order.conflict", held)
    assert held in refused["detail"]


def test_a_viewer_is_not_led_to_requests(fleet: Fleet) -> None:
    login_id, made = fleet.company.create("viewer")
    _, password = first_login(fleet.system, "console", login_id, made["initial_password"])
    pages = Pages(fleet.system.url)
    pages.submit("/console/login", login_id=login_id, password=password)
    assert not re.search(r'href="/console/requests"', pages.get("/console/").text)
    assert pages.get("/console/requests").status == 403
    assert pages.get("/console/manual/deadlines").status == 200


def test_a_member_of_a_group_is_led_to_the_recharge_of_the_group(visitor: Visitors, fleet: Fleet) -> None:
    client, system = fleet.company.client, fleet.system
    numbers = [hyphenated(fleet.sim(serial)["msisdn"]) for serial in fleet.serials[:2]]
    month = client.get("/orders/choices/SG")["months"][0]
    order = {"kind": "SG", "name": "営業部", "numbers": numbers, "start_month": month}
    number = client.post("/orders", order, 201, headers={"Idempotency-Key": uuid4().hex})["number"]
    recharge = {"kind": "RC", "sim_serial": fleet.serials[0], "gigabytes": 1, "start_date": f"{month}-01"}
    refused = client.post("/orders/quote", recharge, 409)
    assert refused["code"] == "sim.in_group"
    assert "営業部" in refused["detail"]
    try:
        system.clock(now=f"{month}-01T00:00:00+09:00")
        me = visitor("in-group", WIDE, "ja")
        enter(me, fleet)
        me.page.goto(f"{system.url}/console/orders/{number}")
        expect(me.page.get_by_test_id("order-status")).to_contain_text("完了", timeout=30_000)
        me.page.goto(f"{system.url}/console/recharges/new?sim={fleet.serials[0]}")
        expect(me.page.get_by_test_id("in-group")).to_contain_text("営業部")
        me.look("member")
        me.page.get_by_test_id("in-group").locator("a").click()
        expect(me.page.locator("main")).to_contain_text("営業部")
    finally:
        system.clock(reset=True)
