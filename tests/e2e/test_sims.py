"""The SIM list and detail, and suspending many SIMs, over HTTP: pages without script, files, the API's refusals."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from chassis import clock
from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.pages import Pages
from tests.e2e.system import EmbeddedSystem
from tests.harness import until


@pytest.fixture(scope="module")
def fleet(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """122 active SIMs, then four suspended ones."""
    statuses = ["active"] * 122 + ["suspended"] * 4
    return new_fleet(embedded_system, tmp_path_factory.mktemp("fleet"), statuses)


class Form:
    """The page of a form, sent by its buttons as a browser without script does it."""

    def __init__(self, system: EmbeddedSystem, fleet: Fleet, path: str) -> None:
        self._url = system.url
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = "ja"
        login = Pages(system.url)
        member = fleet.member
        login.submit("/console/login", login_id=member["login_id"], password=member["password"])
        self._http.cookies.update(login.http.cookies)
        self.read(self._http.get(f"{self._url}{path}", timeout=30))

    def read(self, answer: requests.Response) -> None:
        self.status, self.path = answer.status_code, answer.url.removeprefix(self._url)
        self.text = answer.text

    def hidden(self, form: str) -> dict[str, str]:
        body = self.text[self.text.index(f'id="{form}"') :].split("</form>")[0]
        found = re.findall(r'<input[^>]*type="hidden"[^>]*>', body)
        named = {}
        for tag in found:
            name = re.search(r'name="([^"]*)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            assert name
            named[name[1]] = html.unescape(value[1]) if value else ""
        return named

    def ticks(self) -> list[str]:
        """The serials whose boxes are ticked."""
        boxes = re.findall(r'<input[^>]*name="tick"[^>]*>', self.text)
        return [re.findall(r'value="([^"]*)"', box)[0] for box in boxes if " checked" in box]

    def shown(self) -> list[str]:
        return re.findall(r'name="tick" value="([^"]*)"', self.text)

    def go(self, testid: str) -> str:
        """The value of the button `go` with this test id."""
        found = re.search(rf'name="go" value="([^"]*)" data-testid="{testid}"', self.text)
        assert found, testid
        return html.unescape(found[1])

    def send(
        self,
        path: str,
        form: str = "selection-form",
        ticks: list[str] | None = None,
        file: str | None = None,
        **fields: Any,
    ) -> None:
        """Press a button: hidden fields and ticks go along."""
        data = self.hidden(form) | fields
        if form == "selection-form":
            data["tick"] = self.ticks() if ticks is None else ticks
        sent = {"files": {"file": ("番号.csv", file.encode("cp932"))}} if file is not None else {}
        came_from = {"Referer": f"{self._url}{path}"}
        self.read(
            self._http.post(f"{self._url}{path}", data=data, headers=came_from, timeout=60, **sent)  # type: ignore[arg-type]
        )

    def testid(self, name: str) -> str:
        found = re.search(rf'data-testid="{name}"[^>]*>(.*?)</', self.text, re.DOTALL)
        return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


class TestPages:
    """Without script: every button is a form's."""

    def test_s4_36_ticks_are_kept_over_three_pages_and_all_are_suspended(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        page, path = Form(embedded_system, fleet, "/console/suspensions"), "/console/suspensions"
        assert page.testid("hits") == "合計 122 件が検索されました。"
        assert page.testid("range") == "122件中1-50件目を表示"
        wanted = []
        for first, last in ((1, 50), (51, 100), (101, 122)):
            assert page.testid("range") == f"122件中{first}-{last}件目を表示"
            assert page.ticks() == []
            ticks = page.shown()[:2]
            wanted += ticks
            if last < 122:
                page.send(path, ticks=ticks, go=page.go("next"))
            else:
                page.send(path, ticks=ticks, go=page.go("prev"))
        assert page.testid("range") == "122件中51-100件目を表示"
        assert page.ticks() == wanted[2:4]
        page.send(path, ticks=wanted[2:3], do="proceed")  # the fourth is taken away again
        del wanted[3]
        assert 'id="order-form"' in page.text
        assert page.hidden("order-form")["sim_serials"].split() == wanted
        start = re.search(r'id="start_date"[^>]*value="([0-9-]+)"', page.text)
        assert start
        page.send(f"{path}/new", "order-form", suspension_reason="倉庫で保管", start_date=start[1])
        assert "<dd>5回線</dd>" in page.text
        assert "notice-order-many_sims" not in page.text
        assert "倉庫で保管" in page.text
        page.send(f"{path}/confirm", "place-form")
        number = re.search(r"-CS\d{6,}", page.text)
        assert number, page.text
        until(lambda: fleet.console.get("/sims", status="suspended")["total"] == 9, 30)
        assert {fleet.console.get(f"/sims/{serial}")["status"] for serial in wanted} == {"suspended"}
        resumed = {"kind": "RS", "sim_serials": wanted, "start_date": None}
        fleet.console.post("/orders", resumed, 201, headers={"Idempotency-Key": uuid4().hex})
        until(lambda: fleet.console.get("/sims", status="active")["total"] == 122)

    def test_s4_39_all_hits_are_above_a_hundred_and_the_notice_shows(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        page, path = Form(embedded_system, fleet, "/console/suspensions"), "/console/suspensions"
        page.send(path, do="all")
        assert len(page.ticks()) == 50
        page.send(path, do="proceed")
        start = re.search(r'id="start_date"[^>]*value="([0-9-]+)"', page.text)
        assert start
        page.send(f"{path}/new", "order-form", suspension_reason="", start_date=start[1])
        assert 'data-testid="notice-order-many_sims"' in page.text
        assert "<dd>122回線</dd>" in page.text
        assert fleet.console.get("/orders", kind="CS", status="pending")["total"] == 0  # S4-13

    def test_s4_37_the_downloaded_numbers_tick_their_rows(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        page, path = Form(embedded_system, fleet, "/console/resumptions"), "/console/resumptions"
        link = re.search(r'href="([^"]*)"[^>]*data-testid="csv"', page.text)
        assert link
        file = page._http.get(f"{embedded_system.url}{html.unescape(link[1])}", timeout=30)
        lines = file.content.decode().splitlines()
        suspended = fleet.serials[122:]
        assert lines == [f'"{fleet.number(serial)}"' for serial in suspended]
        page.send(path, ticks=[], do="upload", file="\r\n".join(lines[1:3]) + "\r\n")
        assert page.ticks() == suspended[1:3]

    def test_s4_37_a_file_with_a_bad_row_ticks_nothing_and_names_the_row(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        page, path = Form(embedded_system, fleet, "/console/resumptions"), "/console/resumptions"
        good, active = fleet.number(fleet.serials[122]), fleet.number(fleet.serials[0])
        page.send(
            path, ticks=[], do="upload", file=f"{good}\n{active}\n020-0000-0000\n{good.replace('-', '')}\n"
        )
        assert page.status == 422
        assert page.ticks() == []
        table = page.text[page.text.index('data-testid="rows"') :].split("</table>")[0]
        assert re.findall(r'<td class="is-number">(\d+)</td>', table) == ["2", "3", "4"]

    @pytest.mark.parametrize(
        ("do", "file", "expected"),
        [
            ("proceed", None, "対象の回線が選ばれていません。"),
            ("upload", "", "ファイル"),
            ("upload", "\n\n", "ファイル"),
        ],
        ids=["nothing-ticked", "empty-file", "blank-file"],
    )
    def test_what_cannot_go_on_says_why_on_the_same_page(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, do: str, file: str | None, expected: str
    ) -> None:
        page = Form(embedded_system, fleet, "/console/resumptions")
        page.send("/console/resumptions", ticks=[], do=do, file=file)
        assert page.status == 422
        summary = page.text[page.text.index('data-testid="error-summary"') :][:600]
        assert expected in summary

    def test_choosing_anew_keeps_what_was_entered(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        page, path = (
            Form(embedded_system, fleet, f"/console/suspensions/new?sim={fleet.serials[3]}"),
            "/console/suspensions",
        )
        page.send(path, "order-form", suspension_reason="修理のため", start_date="", reselect="1")
        assert page.ticks() == [fleet.serials[3]]
        page.send(path, ticks=[fleet.serials[4]], do="proceed")
        assert page.hidden("order-form")["sim_serials"] == fleet.serials[4]
        assert "修理のため" in page.text

    def test_s4_52_an_order_is_changed_on_the_same_pages(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        later = (clock.today() + timedelta(days=40)).isoformat()
        wanted = {
            "kind": "CS",
            "sim_serials": fleet.serials[5:7],
            "start_date": later,
            "suspension_reason": "倉庫",
        }
        order = fleet.console.post("/orders", wanted, 201, headers={"Idempotency-Key": uuid4().hex})
        path, query = "/console/suspensions", f"?change={order['number']}"
        page = Form(embedded_system, fleet, f"{path}{query}")
        assert page.ticks() == fleet.serials[5:7]
        page.send(f"{path}{query}", ticks=[fleet.serials[6], fleet.serials[7]], do="proceed")
        assert "倉庫" in page.text
        page.send(f"{path}/new{query}", "order-form", suspension_reason="修理", start_date=later)
        page.send(f"{path}/confirm{query}", "place-form")
        changed = fleet.console.get(f"/orders/{order['number']}")
        assert [item["sim_serial"] for item in changed["items"]] == [fleet.serials[6], fleet.serials[7]]
        assert changed["terms"] == {"suspension_reason": "修理"}
        fleet.console.post(f"/orders/{order['number']}/cancel", None)

    def test_a_viewer_is_not_offered_to_choose(self, embedded_system: EmbeddedSystem, tmp_path: Path) -> None:
        viewers = new_fleet(embedded_system, tmp_path, ["active"], role="viewer")
        page = Form(embedded_system, viewers, "/console/suspensions")
        assert page.status == 403
        page = Form(embedded_system, viewers, f"/console/sims/{viewers.serials[0]}")
        assert (page.status, 'data-testid="possible"' in page.text) == (200, False)

    def test_s4_29_a_sim_to_recharge_is_found_and_its_number_leads_to_the_form(
        self, embedded_system: EmbeddedSystem, fleet: Fleet
    ) -> None:
        serial = fleet.serials[8]
        number = fleet.number(serial)
        page = Form(
            embedded_system, fleet, f"/console/recharges?msisdn={number[4:]}&plan=500MB&service_type=data"
        )
        assert page.testid("hits") == "合計 1 件が検索されました。"
        assert f'href="/console/recharges/new?sim={serial}"' in page.text
        for condition in ("plan=30GB", "service_type=mobile_choice"):
            page = Form(embedded_system, fleet, f"/console/recharges?msisdn={number[4:]}&{condition}")
            assert 'data-testid="empty"' in page.text
        page = Form(embedded_system, fleet, f"/console/recharges/new?sim={serial}")
        assert all(text in page.text for text in ("案件A", "500MB", number.replace("-", "")))


class TestApi:
    def test_s4_14_the_list_is_searched_and_sorted(self, fleet: Fleet) -> None:
        found = fleet.console.get(
            "/sims", status="suspended,active", service_type="mobile_choice", sort="-msisdn"
        )
        serials = [item["sim_serial"] for item in found["items"]]
        assert serials == fleet.serials[9::10][::-1]
        assert found["total"] == 12
        refused = fleet.console.send("GET", "/sims", params={"sort": "-password", "status": "asleep"})
        assert refused.status_code == 422
        assert {error["pointer"] for error in refused.json()["errors"]} >= {"/sort"}

    @pytest.mark.parametrize("cells", ["plain", "spreadsheet"])
    def test_s4_09_the_list_is_a_file_of_all_hits(self, fleet: Fleet, cells: str) -> None:
        answer = fleet.console.send(
            "GET", "/sims.csv", params={"status": "active", "cells": cells}, headers={"Accept-Language": "ja"}
        )
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == 122
        number = fleet.number(fleet.serials[0]).replace("-", "")
        assert rows[0]["電話番号"] == (number if cells == "plain" else f'="{number}"')
        assert (rows[0]["ステータス"], rows[0]["残容量(GB)"], rows[0]["速度制限"]) == (
            "開通済",
            "0.50",
            "なし",
        )
        assert float(rows[0]["データ使用量(GB)"]) + float(rows[0]["残容量(GB)"]) == float(
            rows[0]["契約容量(GB)"]
        )

    def test_s4_37_numbers_are_matched_to_sims(self, fleet: Fleet) -> None:
        text = f'"{fleet.number(fleet.serials[0])}"\n02000000000\n'
        answer = fleet.console.send(
            "POST", "/sims/matches?status=active", data=text, headers={"Content-Type": "text/csv"}
        ).json()
        assert answer["sim_serials"] == [fleet.serials[0]]
        assert [(error["row"], error["code"]) for error in answer["errors"]] == [
            (2, "share.number_unhyphenated")
        ]
        assert answer["errors"][0]["detail"]
        wrong = fleet.console.send("POST", "/sims/matches", json={"numbers": []})
        assert wrong.status_code == 415

    @pytest.mark.parametrize("kind", ["CS", "RS"])
    def test_every_refusal_of_an_order_names_what_is_wrong(self, fleet: Fleet, kind: str) -> None:
        fit, unfit = (0, 122) if kind == "CS" else (122, 0)
        good, other = fleet.serials[fit], fleet.serials[fit + 1]

        def refusal(*serials: str, start: str | None = None) -> tuple[int, str]:
            order = {"kind": kind, "sim_serials": list(serials), "start_date": start}
            answers = [
                fleet.console.send("POST", "/orders/quote", json=order),
                fleet.console.send("POST", "/orders", json=order, headers={"Idempotency-Key": uuid4().hex}),
            ]
            told = {(answer.status_code, answer.json().get("code")) for answer in answers}
            assert len(told) == 1, told
            return told.pop()  # type: ignore[return-value]

        assert refusal(good, "AF00000000000") == (404, "sim.unknown")
        assert refusal("AF1000000002") == (404, "sim.unknown")  # another customer's
        assert refusal(good, fleet.serials[unfit]) == (409, "sim.wrong_status")
        assert refusal(good, good) == (422, "sims.repeated")
        assert refusal(good, start="2020-01-01") == (422, "start_date.out_of_range")
        assert refusal() == (422, "request.invalid")
        later = (clock.today() + timedelta(days=30)).isoformat()
        held = {"kind": kind, "sim_serials": [other], "start_date": later}
        number = fleet.console.post("/orders", held, 201, headers={"Idempotency-Key": uuid4().hex})["number"]
        assert refusal(good, other) == (409, "order.conflict")
        problem = fleet.console.send(
            "POST", "/orders/quote", json={"kind": kind, "sim_serials": [other], "start_date": None}
        ).json()
        assert problem["details"] == {"number": number, "sim_serial": other}
        assert number in problem["detail"]
        fleet.console.post(f"/orders/{number}/cancel", None)

    def test_ten_thousand_sims_are_not_too_large_a_request(self, fleet: Fleet) -> None:
        order = {"kind": "CS", "sim_serials": [f"AF{n:030}" for n in range(10_000)], "start_date": None}
        assert len(json.dumps(order)) > 300_000
        answer = fleet.console.send("POST", "/orders/quote", json=order)
        assert (answer.status_code, answer.json()["code"]) == (404, "sim.unknown")
        order["sim_serials"].append("AF1")  # type: ignore[union-attr]
        assert fleet.console.send("POST", "/orders/quote", json=order).status_code == 422

    def test_s4_61_another_customer_s_sims_are_in_no_answer(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, tmp_path: Path
    ) -> None:
        other = new_fleet(embedded_system, tmp_path, ["active"])
        assert other.console.get("/sims")["total"] == 1
        assert other.console.send("GET", f"/sims/{fleet.serials[0]}").status_code == 404
        answer = other.console.send(
            "POST", "/sims/matches", data=fleet.number(fleet.serials[0]), headers={"Content-Type": "text/csv"}
        )
        assert answer.json()["sim_serials"] == []
        file = other.console.send("GET", "/sims/numbers.csv").content.decode()
        assert file == f'"{other.number(other.serials[0])}"\r\n'
