"""Share groups by the API and as a person with a browser registers, changes and deletes them."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Download, expect

from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.members import logged_in
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors
from tests.harness import until


@pytest.fixture(scope="module")
def fleet(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return new_fleet(embedded_system, tmp_path_factory.mktemp("shares"), ["active"] * 8 + ["suspended"])


def place(console: Client, order: dict[str, Any], status: int = 201) -> dict[str, Any]:
    key = {"Idempotency-Key": uuid4().hex}
    answer: dict[str, Any] = console.post("/orders", order, status, headers=key)
    return answer


def upload(console: Client, path: str, text: bytes) -> requests.Response:
    return console.send("POST", path, data=text, headers={"Content-Type": "text/csv"})


class TestTheApi:
    def test_s4_16_the_file_of_shareable_numbers_is_quoted_and_hyphenated(self, fleet: Fleet) -> None:
        answer = fleet.console.send("GET", "/share-groups/shareable-numbers.csv")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="shareable_sim_numbers.csv"'
        active = [fleet.number(serial) for serial in fleet.serials[:8]]
        assert answer.text == "".join(f'"{number}"\r\n' for number in active)

    def test_s4_17_a_file_is_read_with_every_wrong_row(self, fleet: Fleet) -> None:
        one, two = (fleet.number(serial) for serial in fleet.serials[:2])
        text = f'"{one}"\r\n電話番号\r\n{two.replace("-", "")}\r\n"{fleet.number(fleet.serials[8])}"\r\n'
        read = upload(fleet.console, "/share-groups/numbers", text.encode("cp932")).json()
        assert (read["numbers"], read["total"], read["error_count"]) == ([one], 1, 3)
        assert [(each["row"], each["code"]) for each in read["errors"]] == [
            (2, "share.number_malformed"),
            (3, "share.number_unhyphenated"),
            (4, "share.number_not_active"),
        ]
        assert all(each["detail"] for each in read["errors"])
        wrong = fleet.console.send("POST", "/share-groups/numbers", json={})
        assert wrong.status_code == 415
        empty = upload(fleet.console, "/share-groups/numbers", b"\r\n")
        assert (empty.status_code, empty.json()["code"]) == (422, "upload.empty")

    def test_s4_18_s4_24_s4_27_groups_are_ordered_listed_and_shown(self, fleet: Fleet) -> None:
        console = fleet.console
        numbers = [fleet.number(serial) for serial in fleet.serials[:4]]
        choices = console.get("/orders/choices/SG")
        wish = {
            "kind": "SG",
            "name": "API",
            "numbers": numbers[:1],
            "start_month": choices["months"][0],
        }
        refused = console.post("/orders/quote", wish, 422)
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("share.member_count", "/numbers")
        order = place(console, wish | {"numbers": numbers[:3]})
        [group] = console.get("/share-groups", name="API")["items"]
        assert (group["group_id"], group["state"], group["type"]) == (order["group_id"], "upcoming", "large")
        shown = console.get(f"/share-groups/{group['group_id']}")
        assert [member["msisdn"] for member in shown["numbers"]] == numbers[:3]
        assert [each["number"] for each in shown["orders"]] == [order["number"]]
        change = {
            "kind": "SC",
            "group_id": group["group_id"],
            "numbers": numbers[1:],
            "start_month": choices["months"][0],
        }
        assert place(console, change, 409)["code"] == "share.once_a_month"
        changed = place(console, change | {"start_month": choices["months"][1]})
        assert [changed["terms"][name] for name in ("added", "removed", "unchanged")] == [1, 1, 2]
        answer = console.send("GET", f"/share-groups/{group['group_id']}/numbers.csv")
        assert 'filename="shared_sim_numbers.csv"' in answer.headers["Content-Disposition"]
        assert [row for [row] in csv.reader(io.StringIO(answer.text))] == numbers[1:]
        for number in (changed["number"], order["number"]):
            console.post(f"/orders/{number}/cancel", None)
        assert console.get("/share-groups", name="API")["total"] == 0
        assert console.send("GET", f"/share-groups/{group['group_id']}").json()["code"] == "share.unknown"

    def test_s4_61_another_customer_s_group_is_unknown(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        numbers = [fleet.number(serial) for serial in fleet.serials[:2]]
        month = fleet.console.get("/orders/choices/SG")["months"][0]
        order = place(fleet.console, {"kind": "SG", "name": "他社", "numbers": numbers, "start_month": month})
        other = embedded_system.client("aoba-admin")
        for path in ("", "/numbers.csv"):
            answer = other.send("GET", f"/share-groups/{order['group_id']}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "share.unknown")
        fleet.console.post(f"/orders/{order['number']}/cancel", None)


def arrive(visitor: Visitors, name: str, size: dict[str, int], language: str, fleet: Fleet) -> Visitor:
    me = visitor(name, size, language)
    me.open("/console/login")
    me.fill(login_id=fleet.member["login_id"], password=fleet.member["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    return me


def downloaded(me: Visitor, testid: str) -> Download:
    with me.page.expect_download() as started:
        me.click(testid)
    return started.value


def lines_of(download: Download) -> list[str]:
    return [row for [row] in csv.reader(Path(download.path()).read_text().splitlines())]


@VIEWS
def test_s4_15_s4_17_s4_20_s4_26_s4_27_a_group_is_registered_and_changed(
    visitor: Visitors, embedded_system: EmbeddedSystem, tmp_path: Path, size: dict[str, int], language: str
) -> None:
    fleet = new_fleet(embedded_system, tmp_path, ["active"] * 30 + ["suspended"])
    numbers = [fleet.number(serial) for serial in fleet.serials]
    me = arrive(visitor, "shares", size, language, fleet)
    me.page.goto(f"{me.system.url}/console/shares")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    me.look("no-groups")
    me.page.goto(f"{me.system.url}/console/requests")
    me.click("request-share-register")
    expect(me.page.get_by_test_id("total")).to_contain_text("0")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("register-empty")
    file = downloaded(me, "shareable-csv")
    assert (file.suggested_filename, lines_of(file)) == ("shareable_sim_numbers.csv", numbers[:30])
    wrong = tmp_path / "bad.txt"
    wrong.write_text(f'"{numbers[0]}"\n"{numbers[30]}"\n{numbers[1].replace("-", "")}\n020-9999-9999\n')
    me.fill(name="営業部")
    me.page.locator("#start_month").select_option(index=1)
    me.page.locator("#file").set_input_files(wrong)
    me.click("upload")
    expect(me.page.get_by_test_id("rows").locator("tbody tr")).to_have_count(3)
    expect(me.page.get_by_test_id("total")).to_contain_text("0")
    me.look("register-bad-file")
    good = tmp_path / "any name.csv"
    good.write_text("".join(f'"{number}"\r\n' for number in numbers[:3]))
    me.page.locator("#file").set_input_files(good)
    me.click("upload")
    expect(me.page.get_by_test_id("uploaded")).to_be_visible()
    expect(me.page.get_by_test_id("total")).to_contain_text("3")
    expect(me.page.locator("#name")).to_have_value("営業部")
    me.look("register-uploaded")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("capacity")).to_contain_text("1.50GB")
    expect(me.page.get_by_test_id("fee")).to_contain_text("300")
    me.look("register-confirm")
    me.click("back")
    expect(me.page.get_by_test_id("total")).to_contain_text("3")
    assert fleet.console.get("/share-groups")["total"] == 0
    me.click("to-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("placed-number")).to_be_visible()
    me.look("register-done")
    me.page.goto(f"{me.system.url}/console/shares/change")
    me.fill(msisdn=numbers[1][-7:])
    me.click("search")
    rows = me.page.get_by_test_id("groups").locator("tbody tr")
    expect(rows).to_have_count(1)
    me.look("change-search")
    rows.locator("a").first.click()
    expect(me.page.get_by_test_id("total")).to_contain_text("3")
    shared = downloaded(me, "shared-csv")
    assert (shared.suggested_filename, lines_of(shared)) == ("shared_sim_numbers.csv", numbers[:3])
    longer = tmp_path / "longer.csv"
    longer.write_text("".join(f'"{number}"\n' for number in numbers[1:25]))
    me.page.locator("#file").set_input_files(longer)
    me.page.locator("#start_month").select_option(index=2)
    me.click("to-confirm")
    for count in ("24", "22", "1", "2"):
        expect(me.page.get_by_test_id("counts")).to_contain_text(count)
    me.look("change-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("placed-number")).to_be_visible()
    number = me.page.get_by_test_id("placed-number").inner_text()
    me.page.goto(f"{me.system.url}/console/orders/{number}/change")
    expect(me.page.get_by_test_id("total")).to_contain_text("24")
    me.fill(name="配送部")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("group-name")).to_contain_text("配送部")
    me.look("order-change-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("placed-number")).to_have_text(number)
    me.page.goto(f"{me.system.url}/console/shares/delete")
    me.page.get_by_test_id("groups").locator("a").first.click()
    me.page.locator("#start_month").select_option(index=3)
    me.look("delete")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_contain_text("-SG")
    me.look("delete-refused")
    me.page.goto(f"{me.system.url}/console/shares")
    me.look("groups")
    me.page.get_by_test_id("groups").locator("a").first.click()
    expect(me.page.get_by_test_id("members").locator("tbody tr")).to_have_count(3)
    me.look("group")


def until_completed(console: Client, number: str) -> None:
    until(lambda: console.get(f"/orders/{number}")["status"] == "completed", 30)


class TestAMonthLater:
    """Moves the clock, and puts it back."""

    @VIEWS
    def test_s4_23_s4_28_s4_35_a_group_begins_is_recharged_charged_and_deleted(
        self,
        visitor: Visitors,
        embedded_system: EmbeddedSystem,
        tmp_path: Path,
        size: dict[str, int],
        language: str,
    ) -> None:
        fleet = new_fleet(embedded_system, tmp_path, ["active"] * 7)
        numbers = [fleet.number(serial) for serial in fleet.serials]
        month = fleet.console.get("/orders/choices/SG")["months"][0]
        orders = [
            place(fleet.console, {"kind": "SG", "name": name, "numbers": some, "start_month": month})
            for name, some in (("東", numbers[:4]), ("西", numbers[4:]))
        ]
        try:
            embedded_system.clock(now=f"{month}-01T00:00:05+09:00")
            console = logged_in(embedded_system, fleet.member)
            for order in orders:
                until_completed(console, order["number"])
            until(lambda: console.get("/charges", month=month)["total_yen"] == 700, 30)
            me = arrive(visitor, "group-recharge", size, language, fleet)
            me.page.goto(f"{me.system.url}/console/group-recharges")
            me.look("search")
            me.fill(name="東")
            me.click("search")
            me.page.get_by_test_id("groups").locator("a").first.click()
            expect(me.page.get_by_test_id("members").locator("tbody tr")).to_have_count(4)
            me.look("input")
            me.page.get_by_test_id("gigabytes-3").check()
            me.click("to-confirm")
            expect(me.page.get_by_test_id("price")).to_contain_text("900")
            me.look("confirm")
            me.click("place")
            number = me.page.get_by_test_id("placed-number").inner_text()
            me.look("done")
            until_completed(console, number)
            group = console.get(f"/share-groups/{orders[0]['group_id']}")
            assert group["capacity_bytes"] == 5 * 10**9
            until(lambda: console.get("/charges", month=month)["total_yen"] == 1600, 30)
            me.page.goto(f"{me.system.url}/console/charges?month={month}")
            me.look("charges")
            me.page.goto(f"{me.system.url}/console/shares/{orders[1]['group_id']}")
            me.look("group")
            me.click("delete")
            me.page.locator("#start_month").select_option(index=1)
            me.click("to-confirm")
            me.look("delete-confirm")
            me.click("place")
            expect(me.page.get_by_test_id("placed-number")).to_be_visible()
            following = console.get("/orders/choices/SD")["months"][0]
            embedded_system.clock(now=f"{following}-01T00:00:05+09:00")
            console = logged_in(embedded_system, fleet.member)
            path = f"/share-groups/{orders[1]['group_id']}"
            until(lambda: console.get(path)["state"] == "ended", 30)
            shareable = console.send("GET", "/share-groups/shareable-numbers.csv").text
            assert [row for [row] in csv.reader(io.StringIO(shareable))] == numbers[4:]
            until(lambda: console.get("/charges", month=following)["total_yen"] == 400, 30)
        finally:
            embedded_system.clock(reset=True)
