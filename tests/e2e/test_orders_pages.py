"""依頼一覧, one order in detail, changing and cancelling it, the mails about it, and the staff's desk."""

import csv
import io
import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.companies import INITIAL_PASSWORD, first_login
from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.pages import Pages
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors
from tests.harness import until

STAFF = "staff-admin"


@pytest.fixture
def fleet(embedded_system: EmbeddedSystem, tmp_path: Path) -> Fleet:
    return new_fleet(embedded_system, tmp_path, ["active"] * 6)


def order(client: Client, kind: str, status: int = 201, **more: Any) -> dict[str, Any]:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    placed: dict[str, Any] = client.post("/orders", {"kind": kind, **more}, status, headers=key)
    return placed


def in_days(client: Client, days: int) -> str:
    today = date.fromisoformat(client.get("/orders/choices/RC")["start_date"]["earliest"])
    return (today + timedelta(days=days)).isoformat()


def has_status(client: Client, number: str, status: str) -> dict[str, Any]:
    def reached() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/orders/{number}")
        return found if found["status"] == status else None

    found = until(reached, 30, lambda: str(client.get(f"/orders/{number}")))
    assert found
    return found


def fault(system: EmbeddedSystem, kind: str, **more: Any) -> None:
    answer = requests.post(f"{system.sandbox_url}/sandbox/faults", json={"kind": kind, **more}, timeout=10)
    answer.raise_for_status()


def failed_order(system: EmbeddedSystem, fleet: Fleet, *serials: str) -> str:
    """A suspension that the network has refused for these SIMs once."""
    for serial in serials:
        fault(system, "reject", match={"sim_serial": serial})
    number: str = order(fleet.console, "CS", sim_serials=list(serials))["number"]
    has_status(fleet.console, number, "failed")
    return number


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def rows_of(file: bytes | str) -> list[list[str]]:
    text = file.decode("utf-8-sig") if isinstance(file, bytes) else file
    return list(csv.reader(io.StringIO(text)))


def enter(me: Visitor, login: dict[str, str], path: str) -> None:
    me.open(path)
    me.fill(login_id=login["login_id"], password=login["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()


@VIEWS
def test_s4_49_s4_51_s4_52_s4_53_orders_are_found_changed_and_cancelled(
    visitor: Visitors, embedded_system: EmbeddedSystem, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    day = in_days(fleet.console, 7)
    recharge = order(
        fleet.console, "RC", sim_serial=fleet.serials[0], gigabytes=1, start_date=in_days(fleet.console, 3)
    )["number"]
    suspension = order(
        fleet.console,
        "CS",
        sim_serials=list(fleet.serials[1:4]),
        start_date=day,
        suspension_reason="冬季の間",
    )["number"]
    done = order(fleet.console, "RC", sim_serial=fleet.serials[4], gigabytes=3)["number"]
    has_status(fleet.console, done, "completed")
    me = visitor("orders", size, language)
    enter(me, fleet.member, "/console/login")
    me.page.goto(f"{embedded_system.url}/console/orders")
    rows = me.page.get_by_test_id("orders").locator("tbody tr")
    expect(rows).to_have_count(2)  # what is unprocessed
    expect(me.page.get_by_test_id("orders").locator("thead th")).to_have_count(9)
    me.look("list")
    me.page.locator("#serial").fill(fleet.serials[2][-6:])
    me.click("search")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(suspension)
    me.click("clear")
    me.page.locator("#status").select_option("all")
    me.page.locator("#kind").select_option("RC")
    me.click("search")
    expect(rows).to_have_count(2)
    expect(me.page.get_by_test_id("hits")).to_contain_text("2")
    me.look("found")
    me.page.locator("#csv-cells").select_option("plain")
    with me.page.expect_download() as download:
        me.click("csv")
    file = rows_of(Path(str(download.value.path())).read_bytes())
    assert len(file[0]) == 9
    assert [row[1] for row in file[1:]] == [done, recharge]
    me.page.locator("#number").fill("nothing")
    me.click("search")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    me.look("nothing-found")

    me.page.goto(f"{embedded_system.url}/console/orders/{recharge}")
    me.page.get_by_test_id("deadlines").locator("summary").click()
    me.look("detail")
    me.click("change")
    expect(me.page.get_by_test_id("gigabytes-1")).to_be_checked()
    me.page.get_by_test_id("gigabytes-10").check()
    me.page.locator("#start_date").fill(day)
    me.look("change")
    me.click("to-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("done")).to_contain_text(recharge)
    changed = fleet.console.get(f"/orders/{recharge}")
    assert (changed["terms"]["gigabytes"], changed["start_date"], changed["price_yen"]) == (10, day, 3000)
    assert [step["change"] for step in changed["history"]] == [False, True]

    me.page.goto(f"{embedded_system.url}/console/orders/{suspension}")
    expect(me.page.get_by_test_id("suspension-reason")).to_contain_text("冬季の間")
    expect(me.page.get_by_test_id("items").locator("tbody tr")).to_have_count(3)
    me.look("suspension")
    me.click("cancel")
    me.look("cancel")
    me.click("confirm-cancel")
    expect(me.page.get_by_test_id("cancelled-at")).not_to_contain_text("–")
    expect(me.page.get_by_test_id("cancel")).to_have_count(0)
    me.look("cancelled")
    order(fleet.console, "CS", sim_serials=list(fleet.serials[1:4]), start_date=day)  # they are free again


@VIEWS
def test_s4_52_a_suspension_is_changed_with_its_sims(
    visitor: Visitors, embedded_system: EmbeddedSystem, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    day = in_days(fleet.console, 5)
    number = order(
        fleet.console, "CS", sim_serials=list(fleet.serials[:2]), start_date=day, suspension_reason="冬季"
    )["number"]
    me = visitor("orders-suspension", size, language)
    enter(me, fleet.member, "/console/login")
    me.page.goto(f"{embedded_system.url}/console/orders/{number}/change")
    expect(me.page.locator("#suspension_reason")).to_have_value("冬季")
    me.page.locator("#suspension_reason").fill("非稼動のため")
    me.look("change")
    me.click("to-confirm")
    me.look("confirm")
    me.click("place")
    me.look("done")
    changed = fleet.console.get(f"/orders/{number}")
    assert changed["terms"]["suspension_reason"] == "非稼動のため"
    assert [item["sim_serial"] for item in changed["items"]] == list(fleet.serials[:2])


@VIEWS
def test_staff_decide_about_failed_orders(
    visitor: Visitors, embedded_system: EmbeddedSystem, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    retried = failed_order(embedded_system, fleet, *fleet.serials[:2])
    settled = failed_order(embedded_system, fleet, fleet.serials[2])
    me = visitor("desk", size, language)
    enter(me, embedded_system.credentials(STAFF), "/staff/login")
    expect(me.page.get_by_test_id("count-orders-failed")).to_be_visible()
    me.look("start")
    me.click("work-orders-failed")
    customer = retried.rpartition("-")[0]
    me.page.locator("#customer_code").fill(customer)
    me.click("search")
    expect(me.page.get_by_test_id("orders").locator("tbody tr")).to_have_count(2)
    me.look("list")
    me.page.get_by_role("link", name=retried).click()
    me.look("failed")
    me.click("decide")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("nothing-chosen")
    me.page.locator("#action-0").check()
    me.page.locator("#note").fill("回線を確認した")
    me.click("decide")
    has_status(fleet.console, retried, "completed")
    me.page.reload()
    expect(me.page.get_by_test_id("decide")).to_have_count(0)
    me.look("retried")
    me.page.goto(f"{embedded_system.url}/staff/orders/{settled}")
    me.page.get_by_test_id("choose-1").check()
    me.page.locator("#action-2").check()
    me.page.locator("#note").fill("お客様が不要とのこと")
    me.click("decide")
    expect(me.page.get_by_test_id("decide")).to_have_count(0)
    me.look("settled")
    assert fleet.console.get(f"/orders/{settled}")["items"][0]["settled"]
    mine = visitor("desk-customer", size, language)
    enter(mine, fleet.member, "/console/login")
    mine.page.goto(f"{embedded_system.url}/console/orders/{settled}")
    expect(mine.page.get_by_test_id("sales-notice")).to_be_visible()
    expect(mine.page.get_by_test_id("history")).not_to_contain_text("お客様が不要とのこと")
    mine.look("failed")


@VIEWS
def test_administrators_choose_the_mails(
    visitor: Visitors, embedded_system: EmbeddedSystem, fleet: Fleet, size: dict[str, int], language: str
) -> None:
    me = visitor("mail-settings", size, language)
    enter(me, fleet.member, "/console/login")
    me.page.goto(f"{embedded_system.url}/console/mail-settings")
    expect(me.page.get_by_test_id("mails").locator("tbody tr")).to_have_count(12)
    expect(me.page.get_by_test_id("mail-RC-accepted")).to_be_checked()
    me.look("all-on")
    me.page.get_by_test_id("mail-RC-accepted").uncheck()
    me.click("save")
    expect(me.page.get_by_test_id("mail-RC-accepted")).not_to_be_checked()
    me.look("saved")
    mails = fleet.console.get("/mail-settings")["mails"]
    assert mails["RC"]["accepted"] is False
    assert sum(not on for switches in mails.values() for on in switches.values()) == 1


class TestPages:
    """Over HTTP, without a browser."""

    @dataclass
    class Reader:
        pages: Pages
        fleet: Fleet

    @pytest.fixture
    def reader(self, embedded_system: EmbeddedSystem, fleet: Fleet) -> "TestPages.Reader":
        pages = Pages(embedded_system.url, "ja")
        seen = pages.submit(
            "/console/login", login_id=fleet.member["login_id"], password=fleet.member["password"]
        )
        assert seen.status == 200
        return TestPages.Reader(pages, fleet)

    @pytest.mark.parametrize("ended", ["completed", "cancelled", "same-day"])
    def test_s4_54_what_is_too_late_is_refused_by_direct_url_and_api(
        self, embedded_system: EmbeddedSystem, reader: "TestPages.Reader", ended: str
    ) -> None:
        console, serial = reader.fleet.console, reader.fleet.serials[0]
        wish: dict[str, Any] = {"kind": "RC", "sim_serial": serial, "gigabytes": 1}
        if ended == "same-day":
            fault(embedded_system, "error", times=50, match={"sim_serial": serial})
            number = order(console, **wish)["number"]
            has_status(console, number, "in_progress")
        elif ended == "completed":
            number = order(console, **wish)["number"]
            has_status(console, number, "completed")
        else:
            number = order(console, **wish, start_date=in_days(console, 2))["number"]
            console.post(f"/orders/{number}/cancel", None)
        for path in ("change", "cancel"):
            seen = reader.pages.get(f"/console/orders/{number}/{path}")
            assert seen.path.startswith(f"/console/orders/{number}")
            assert "message is-error" in seen.text
            assert 'data-testid="confirm-cancel"' not in seen.text
        direct = reader.pages.get(f"/console/recharges/new?change={number}")
        assert direct.path.startswith(f"/console/orders/{number}")
        detail = reader.pages.get(f"/console/orders/{number}").text
        assert 'data-testid="change"' not in detail
        assert 'data-testid="cancel"' not in detail
        key = {"Idempotency-Key": secrets.token_hex(8)}
        changed = console.send("PUT", f"/orders/{number}", json=wish, headers=key)
        assert refusal(changed) == (409, "order.not_changeable")
        quoted = console.send("POST", f"/orders/{number}/quote", json=wish)
        assert refusal(quoted) == (409, "order.not_changeable")
        assert refusal(console.send("POST", f"/orders/{number}/cancel")) == (409, "order.not_cancellable")
        if ended == "same-day":
            requests.delete(f"{embedded_system.sandbox_url}/sandbox/faults", timeout=10).raise_for_status()

    def test_a_bad_sort_or_cursor_is_a_refusal_and_not_an_error(self, reader: "TestPages.Reader") -> None:
        for query in ("sort=lost", "cursor=x&page=2", "status=lost&kind=lost"):
            seen = reader.pages.get(f"/console/orders?{query}")
            assert seen.status == (200 if "lost&" in query else 422), query

    def test_s4_49_the_file_is_the_list_in_the_readers_language(
        self, embedded_system: EmbeddedSystem, reader: "TestPages.Reader"
    ) -> None:
        console = reader.fleet.console
        day = in_days(console, 4)
        numbers = [
            order(console, "RC", sim_serial=serial, gigabytes=1, start_date=day)["number"]
            for serial in reader.fleet.serials[:3]
        ]
        answer = reader.pages.http.get(f"{embedded_system.url}/api/v1/orders.csv?sort=number", timeout=30)
        assert answer.headers["Content-Type"].startswith("text/csv")
        head, *rows = rows_of(answer.content)
        assert head == [
            "顧客名",
            "依頼番号",
            "依頼種別",
            "サービス種別",
            "申込担当者",
            "依頼受付日",
            "依頼実行日",
            "依頼取消日",
            "依頼ステータス",
        ]
        assert [row[1] for row in rows] == numbers
        assert rows[0][2:5:2] == ["リチャージ", reader.fleet.member["login_id"]]
        assert rows[0][6:] == [day.replace("-", "/"), "", "未処理"]
        older = console.send("GET", "/orders.csv", params={"encoding": "cp932", "cells": "spreadsheet"})
        assert '"=""RC' not in older.content.decode("cp932")
        assert f'"=""{numbers[0]}"""' in older.content.decode("cp932")
        assert refusal(console.send("GET", "/orders.csv", params={"sort": "lost"}))[0] == 422

    def test_s4_61_another_company_sees_none_of_it(
        self, embedded_system: EmbeddedSystem, reader: "TestPages.Reader", tmp_path: Path
    ) -> None:
        number = order(
            reader.fleet.console,
            "RC",
            sim_serial=reader.fleet.serials[0],
            gigabytes=1,
            start_date=in_days(reader.fleet.console, 2),
        )["number"]
        (tmp_path / "other").mkdir()
        other = new_fleet(embedded_system, tmp_path / "other", ["active"]).console
        for path in (f"/orders/{number}", f"/orders/{number}/items"):
            assert refusal(other.send("GET", path)) == (404, "order.unknown")
        assert refusal(other.send("POST", f"/orders/{number}/cancel")) == (404, "order.unknown")
        assert other.get("/orders", number=number)["total"] == 0
        assert number not in other.send("GET", "/orders.csv").text


class TestDeskApi:
    def test_staff_find_retry_and_resolve(self, embedded_system: EmbeddedSystem, fleet: Fleet) -> None:
        staff = embedded_system.client(STAFF)
        number = failed_order(embedded_system, fleet, *fleet.serials[:2])
        found = staff.get("/staff/orders", trouble="failed", number=number)
        assert [(one["number"], one["trouble"]) for one in found["items"]] == [(number, "failed")]
        shown = staff.get(f"/staff/orders/{number}")
        assert shown["undecided"]
        items = staff.get(f"/staff/orders/{number}/items", state="failed")["items"]
        assert [job["error"] for item in items for job in item["jobs"]] == ["carrier.rejected"] * 2
        staff.post(f"/staff/orders/{number}/resolve", {"outcome": "not_done", "note": "x", "items": [1]})
        staff.post(f"/staff/orders/{number}/retry", {"note": "x"})
        has_status(fleet.console, number, "partially_failed")
        again = staff.send("POST", f"/staff/orders/{number}/retry", json={"note": "x"})
        assert refusal(again) == (409, "desk.nothing_failed")
        wrong = staff.send(
            "POST",
            f"/staff/orders/{number}/resolve",
            json={"outcome": "done", "note": "x", "items": [2]},
        )
        assert refusal(wrong) == (409, "desk.not_failed")
        for body in ({}, {"note": " "}, {"note": "x", "outcome": "lost"}):
            assert staff.send("POST", f"/staff/orders/{number}/resolve", json=body).status_code == 422
        trail = staff.get("/audit", action="order.retried", limit=20)["items"]
        assert number in [entry["target"] for entry in trail]


class TestMails:
    @pytest.fixture
    def applicant(self, embedded_system: EmbeddedSystem, fleet: Fleet) -> tuple[Client, str]:
        """Somebody of the company with a mail address, and that address."""
        login_id = f"k-{secrets.token_hex(5)}"
        email = f"{login_id}@fleet.example"
        wish = {"login_id": login_id, "role": "operator", "email": email}
        fleet.console.post("/accounts", wish, 201)
        letter = until(lambda: embedded_system.mails(email))[0]
        found = INITIAL_PASSWORD.search(letter["text"])
        assert found
        client, _ = first_login(embedded_system, "console", login_id, found[0])
        return client, email

    def test_each_happening_comes_once_to_the_applicant(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, applicant: tuple[Client, str]
    ) -> None:
        client, email = applicant
        number = order(client, "CS", sim_serials=list(fleet.serials[:3]), start_date=in_days(client, 3))[
            "number"
        ]
        wish = {"kind": "CS", "sim_serials": list(fleet.serials[:2]), "start_date": in_days(client, 4)}
        key = {"Idempotency-Key": secrets.token_hex(8)}
        assert client.send("PUT", f"/orders/{number}", json=wish, headers=key).status_code == 200
        client.post(f"/orders/{number}/cancel", None)
        done = order(client, "RC", sim_serial=fleet.serials[5], gigabytes=1)["number"]
        has_status(client, done, "completed")

        def about(one: str) -> list[dict[str, str]]:
            return [letter for letter in embedded_system.mails(email) if one in letter["subject"]]

        until(lambda: len(about(number)) == 3 and len(about(done)) == 2, 20, lambda: str(about(number)))
        subjects = sorted(re.sub(r"（.*", "", letter["subject"]) for letter in about(number))
        assert subjects == sorted(
            f"【管理コンソールポータル】依頼{what}のお知らせ" for what in ("受付", "変更", "取消")
        )
        accepted = next(letter["text"] for letter in about(number) if "受付" in letter["subject"])
        assert "対象：3件" in accepted
        assert f"/console/orders/{number}" in accepted
        for serial in fleet.serials:
            assert all(serial not in letter["text"] for letter in about(number) + about(done))
