"""ご利用状況照会 and 明細照会 by API and by page."""

import csv
import io
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.pages import new_person
from tests.e2e.system import Client, EmbeddedSystem, System
from tests.e2e.visitor import NARROW, WIDE, Visitor, Visitors

VIEWS = pytest.mark.parametrize(
    ("size", "language"), [(WIDE, "ja"), (NARROW, "en")], ids=["wide-ja", "narrow-en"]
)
COLUMNS = "record_id,phone_number,started_at,destination,call_type,duration_seconds,charge_yen"


def now(system: System) -> datetime:
    return datetime.now(UTC)


def send_calls(system: System, *rows: tuple[str, datetime, str, int, int]) -> None:
    """Import calls as staff: number, start, destination, seconds, yen."""
    lines = [
        f"{secrets.token_hex(8)},{number},{start.isoformat()},{destination},domestic,{seconds},{yen}"
        for number, start, destination, seconds, yen in rows
    ]
    answer = system.client("staff-admin").send(
        "POST",
        "/staff/imports/calls",
        params={"mode": "apply"},
        data="\n".join([COLUMNS, *lines]).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text


def contract_of(client: Client) -> str:
    code: str = client.get("/contracts")["items"][0]["contract_code"]
    return code


def number_in_service(client: Client, contract: str) -> str:
    found: str = client.get(f"/contracts/{contract}/lines", status="in_service")["items"][0]["phone_number"]
    return found


def cells(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def last_month() -> str:
    return f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}"


class TestApi:
    def test_s0_24_usage_by_number_and_month_agrees_with_itself(
        self, embedded_system: EmbeddedSystem
    ) -> None:
        client = embedded_system.client("C900000001")
        contract = contract_of(client)
        page = client.get(f"/contracts/{contract}/usage", month=last_month(), limit=100)
        assert page["total"] == len(page["items"]) > 20
        assert page["totals"]["calls"] > 0
        for name, total in page["totals"].items():
            assert total == sum(item[name] for item in page["items"])
        history = client.get(f"/contracts/{contract}/usage/history")
        assert {"month": last_month(), **page["totals"]} in history["items"]
        number = page["items"][1]["phone_number"]
        of_number = client.get(f"/contracts/{contract}/usage/history", phone_number=number)
        known = {name: page["items"][1][name] for name in page["totals"]}
        assert {"month": last_month(), **known} in of_number["items"]
        answer = client.send("GET", f"/contracts/{contract}/usage.csv", params={"month": last_month()})
        title, *rows = cells(answer)
        assert title == ["No.", "Phone number", "Calls", "Duration", "Charge"]
        assert [(int(row[0]), row[1], int(row[2]), int(row[4])) for row in rows] == [
            (item["number"], item["phone_number"], item["calls"], item["charge_yen"])
            for item in page["items"]
        ]
        assert all(re.fullmatch(r"\d+:[0-5]\d:[0-5]\d", row[3]) for row in rows)

    def test_s0_25_s0_26_details_are_offered_applied_for_shown_and_closed(self, system: System) -> None:
        client = system.client("C900000003")
        contract = contract_of(client)
        calls, state = f"/contracts/{contract}/calls", f"/contracts/{contract}/call-details"
        number = number_in_service(client, contract)
        refused = client.send("GET", calls)
        assert (refused.status_code, refused.json()["code"]) == (409, "call_details.not_applied")
        assert "free of charge" in refused.json()["detail"]
        assert client.send("GET", f"{calls}.csv").status_code == 409
        earlier = now(system)
        opened = client.send("PUT", state).json()
        assert opened == client.send("PUT", state).json() == client.get(state)
        send_calls(
            system,
            (number, earlier, "0300000001", 10, 1),
            (number, now(system), "0300000002", 61, 20),
            (number, now(system), "0600000003", 3600, 300),
        )
        page = client.get(calls)
        assert [item["destination"] for item in page["items"]] == ["0600000003", "0300000002"]
        assert page["totals"] == {"calls": 2, "duration_seconds": 3661, "charge_yen": 320}
        assert client.get(calls, destination_prefix="030")["total"] == 1
        title, *rows = cells(client.send("GET", f"{calls}.csv", params={"destination_prefix": "0600"}))
        assert title == [
            "Date and time",
            "Phone number",
            "Number called",
            "Kind of call",
            "Duration",
            "Charge",
        ]
        assert [row[1:] for row in rows] == [[number, "0600000003", "Domestic", "1:00:00", "300"]]
        assert client.send("DELETE", state).json() == {"applied": False, "since": None}
        assert client.send("GET", calls).status_code == 409

    @pytest.mark.parametrize(
        ("path", "query", "pointer", "code"),
        [
            ("usage", {"month": "2026-13"}, "/month", "calls.month_format"),
            ("usage", {"month": "2001-01"}, "/month", "calls.month_not_kept"),
            ("usage", {"phone_prefix": "050"}, "/phone_prefix", "lines.prefix_too_short"),
            ("usage", {"phone_prefix": "050-1234"}, "/phone_prefix", "lines.prefix_not_digits"),
            ("usage", {"sort": "name"}, "/sort", "type.literal_error"),
            ("usage", {"cursor": "?"}, "/cursor", "page.bad_cursor"),
            ("calls", {"month": "03-2026"}, "/month", "calls.month_format"),
            ("calls", {"month": "2001-01"}, "/month", "calls.month_not_kept"),
            ("calls", {"day_from": "2026-02-30"}, "/day_from", "type.date_parsing"),
            ("calls", {"day_from": "2026-03-02", "day_to": "2026-03-01"}, "/day_to", "calls.range_reversed"),
            ("calls", {"destination_prefix": "03"}, "/destination_prefix", "calls.destination_too_short"),
            ("calls", {"destination_prefix": "0-3"}, "/destination_prefix", "calls.destination_not_digits"),
            ("calls", {"phone_prefix": "050"}, "/phone_prefix", "lines.prefix_too_short"),
        ],
    )
    def test_s0_24_s0_26_a_wrong_condition_is_told_with_its_field(
        self,
        embedded_system: EmbeddedSystem,
        path: str,
        query: dict[str, str],
        pointer: str,
        code: str,
    ) -> None:
        client = embedded_system.client("C900000002")
        contract = contract_of(client)
        client.send("PUT", f"/contracts/{contract}/call-details")
        answer = client.send("GET", f"/contracts/{contract}/{path}", params=query)
        assert answer.status_code == 422, answer.text
        [problem] = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == (pointer, code)
        assert len(problem["detail"]) > 10

    def test_s0_24_s0_26_another_customer_s_are_not_there(self, embedded_system: EmbeddedSystem) -> None:
        mine = embedded_system.client("C900000001")
        other = embedded_system.client("C900000003")
        contract, number = contract_of(other), number_in_service(other, contract_of(other))
        for method, path in (
            ("GET", "usage"),
            ("GET", "usage.csv"),
            ("GET", "usage/history"),
            ("GET", "calls"),
            ("GET", "calls.csv"),
            ("GET", "call-details"),
            ("PUT", "call-details"),
            ("DELETE", "call-details"),
        ):
            answer = mine.send(method, f"/contracts/{contract}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "contract.unknown"), path
        answer = mine.send("GET", f"/contracts/{contract_of(mine)}/usage/history?phone_number={number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "line.unknown")

    def test_staff_see_which_row_of_a_file_of_calls_is_wrong(self, embedded_system: EmbeddedSystem) -> None:
        row = "R1,05099999999,2026-03-01T09:00:00+09:00,0312345678,domestic,60,8"
        answer = embedded_system.client("staff-admin").send(
            "POST",
            "/staff/imports/calls",
            params={"mode": "validate"},
            data=f"{COLUMNS}\n{row}\n".encode(),
            headers={"Content-Type": "text/csv"},
        )
        [error] = answer.json()["errors"]
        assert (error["row"], error["code"]) == (2, "import.unknown_line")


class TestPages:
    def come_in(self, me: Visitor, login: str, mail: str, portal: str) -> None:
        known = len(me.system.codes(mail))
        me.log_in(login, f"/selfcare/{portal}/login")
        me.page.locator("#code").fill(me.system.mailed_code(mail, known))
        me.click("submit")
        expect(me.page.get_by_test_id("menu-usage")).to_be_visible()

    @VIEWS
    def test_s0_24_usage_by_page(
        self, visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
    ) -> None:
        me = visitor("usage", size, language)
        self.come_in(me, "C900000001", "minato@shop.example", "ip_phone")
        me.click("menu-usage")
        me.look("guidance")
        with me.page.expect_popup() as opened:
            me.page.get_by_test_id(re.compile("^open-")).first.click()
        me.page = opened.value
        expect(me.page.get_by_test_id("totals")).to_be_visible()
        expect(me.page.get_by_test_id("chart")).to_be_visible()
        me.look("present-month")
        me.page.locator("#month").select_option(last_month())
        me.page.locator("#sort").select_option("charge")
        me.click("search")
        expect(me.page.get_by_test_id("usage").locator("tbody tr")).to_have_count(20)
        me.look("last-month")
        me.page.get_by_test_id(re.compile("^history-")).first.click()
        me.click("measure-duration_seconds")
        expect(me.page.get_by_test_id("whole-contract")).to_be_visible()
        me.click("show-table")
        expect(me.page.get_by_test_id("months")).to_contain_text(last_month().replace("-", "/"))
        me.look("one-number")
        with me.page.expect_download() as download:
            me.click("csv")
        rows = list(csv.reader(io.StringIO(Path(str(download.value.path())).read_text("utf-8-sig"))))
        assert len(rows) > 20
        me.fill(phone_prefix="123")
        me.click("search")
        expect(me.page.locator("#phone_prefix-error")).to_be_visible()
        me.look("refused")
        me.fill(phone_prefix="0599999999")
        me.click("search")
        expect(me.page.get_by_test_id("empty")).to_be_visible()
        me.look("empty")

    @VIEWS
    def test_s0_25_s0_26_details_by_page(
        self, visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
    ) -> None:
        me = visitor("details", size, language)
        self.come_in(me, "C900000001", "minato@shop.example", "ip_phone")
        me.click("menu-call-details")
        me.look("guidance")
        with me.page.expect_popup() as opened:
            me.page.get_by_test_id(re.compile("^open-")).first.click()
        me.page = opened.value
        expect(me.page.get_by_test_id("offer")).to_be_visible()
        me.look("offer")
        me.click("to-application")
        expect(me.page.get_by_test_id("fee")).to_be_visible()
        me.look("application")
        me.click("apply")
        expect(me.page.get_by_test_id("done")).to_be_visible()
        me.look("applied")
        me.page.reload()
        me.click("to-details")
        expect(me.page.get_by_test_id("empty")).to_be_visible()
        me.look("none-yet")
        client = embedded_system.client("C900000001")
        number = number_in_service(client, contract_of(client))
        begun = now(embedded_system)
        send_calls(
            embedded_system,
            *((number, begun, f"03000000{index:02d}", 60 * index, 9 * index) for index in range(25)),
        )
        me.page.reload()
        expect(me.page.get_by_test_id("calls").locator("tbody tr")).to_have_count(20)
        expect(me.page.get_by_test_id("totals")).to_contain_text("5:00:00")
        me.look("calls")
        me.page.get_by_role("link", name="次へ" if language == "ja" else "Next").click()
        expect(me.page.get_by_test_id("calls").locator("tbody tr")).to_have_count(5)
        me.fill(day_from="2026-03-02", day_to="2026-03-01", destination_prefix="03-1")
        me.click("search")
        for field in ("day_to", "destination_prefix"):
            expect(me.page.locator(f"#{field}-error")).to_be_visible()
        me.look("refused")
        me.click("to-cancellation")
        me.look("cancellation")
        me.click("cancel")
        expect(me.page.get_by_test_id("done")).to_be_visible()
        me.look("cancelled")

    def test_s0_24_impossible_conditions_in_the_address_are_no_defect(
        self, embedded_system: EmbeddedSystem
    ) -> None:
        person = new_person(embedded_system, "free_voice")
        pages = person.pages()
        person.log_in(pages)
        contract = contract_of(embedded_system.client("C900000003"))
        for query, status in (
            ("month=2026-99", 422),
            ("phone_prefix=1", 422),
            ("sort=no", 422),
            ("cursor=x&page=2", 422),
            ("measure=no", 200),
            ("phone_number=05099999999", 404),
        ):
            assert pages.get(f"/selfcare/usage/{contract}?{query}").status == status, query
