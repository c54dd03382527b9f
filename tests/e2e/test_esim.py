"""SIM再発行 as an eSIM: from the page or the API to the device, with the code in nobody's hands but its customer's."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import expect

from chassis import clock
from kaisen.api import Api
from tests.e2e.companies import first_login
from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.members import new_member
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.test_canaries import everything_logged, everything_stored, listening_to, mails
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors
from tests.harness import until
from tests.servers import VirtualHosts

EID = "89049032123451234512345678901235"


@dataclass
class Esims:
    """A customer whose SIMs can become eSIMs, and whose contact reads `mail`."""

    system: EmbeddedSystem
    fleet: Fleet
    mail: str = field(default_factory=lambda: f"contact-{secrets.token_hex(4)}@tenant.example")

    @property
    def serials(self) -> list[str]:
        return [serial for position, serial in enumerate(self.fleet.serials) if position % 10 == 9]

    def wish(self, serial: str, **more: Any) -> dict[str, Any]:
        return {
            "kind": "SR",
            "sim_type": "esim",
            "sim_serial": serial,
            "contact_name": "山田太郎",
            "contact_mail": self.mail,
            "reason": "lost_or_stolen",
            "eid": EID,
        } | more

    def place(self, serial: str, **more: Any) -> str:
        key = {"Idempotency-Key": uuid4().hex}
        order = self.fleet.console.post("/orders", self.wish(serial, **more), 201, headers=key)
        return str(order["number"])

    def completed(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def done() -> bool:
            found.update(self.fleet.console.get(f"/orders/{number}"))
            return bool(found["status"] == "completed")

        until(done, 30, lambda: json.dumps(found))
        return found

    def tomorrow(self) -> date:
        earliest = self.fleet.console.get("/orders/choices/SR")["esim"]["delivery_date"]["earliest"]
        return date.fromisoformat(earliest) + timedelta(days=1)


def new_esims(system: EmbeddedSystem, folder: Path, sims: int) -> Esims:
    """A customer with so many SIMs that can become eSIMs, and as many profiles more in the stock."""
    fleet = new_fleet(system, folder, ["active"] * (10 * sims))
    first = secrets.randbelow(10**9) * 1000
    file = folder / "stock.csv"
    rows = [f"898104{first + number:013},esim,," for number in range(sims)]
    file.write_text("\n".join(["sim_serial,sim_type,sim_size,msisdn", *rows, ""]))
    staff = system.credentials("staff-admin")
    api = Api(system.url)
    api.login(staff["login_id"], staff["password"])
    report = api.import_file("stock", file, "apply")
    assert report["applied"], report
    api.logout()
    return Esims(system, fleet)


@pytest.fixture(scope="module")
def esims(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> Esims:
    return new_esims(embedded_system, tmp_path_factory.mktemp("esims"), 6)


def come_in(me: Visitor, esims: Esims) -> None:
    me.open("/console/login")
    me.fill(login_id=esims.fleet.member["login_id"], password=esims.fleet.member["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()


def to_form(me: Visitor, serial: str) -> None:
    """By the list of SIMs to the form, which begins with a card."""
    me.page.goto(f"{me.system.url}/console/reissues/new?sim={serial}")
    me.click("as-esim")
    expect(me.page.locator("#eid")).to_be_visible()


def download(system: EmbeddedSystem, code: str) -> requests.Response:
    body = {"eid": EID, "activation_code": code}
    return requests.post(f"{system.sandbox_url}/sandbox/smdp/downloads", json=body, timeout=10)


class TestByTheApi:
    def test_s4_45_s4_46_a_device_downloads_what_was_ordered(self, esims: Esims) -> None:
        serial = esims.serials[0]
        me = esims.fleet.console
        quote = me.post("/orders/quote", esims.wish(serial))
        assert quote["notices"] == ["esim.discard_old_sim"]
        number = esims.place(serial, fingerprint=quote["fingerprint"])
        order = esims.completed(number)
        shown = me.get(f"/orders/{number}/activation")
        assert order["items"][0]["details"]["new_serial"] == shown["iccid"]
        assert me.get(f"/sims/{shown['iccid']}")["status"] == "active"
        assert esims.system.carrier(f"/sims/{serial}")["status"] == "replaced"
        assert download(esims.system, shown["activation_code"]).ok
        (mail,) = until(lambda: [each for each in esims.system.mails(esims.mail) if number in each["text"]])
        assert f"/console/orders/{number}/activation" in mail["text"]
        assert shown["matching_id"] not in json.dumps(mail)
        audited = me.get("/audit", action="activation.shown")["items"]
        assert [each["target"] for each in audited] == [number]

    @pytest.mark.parametrize(
        ("more", "status", "code", "pointer"),
        [
            ({"sim_serial": None}, 409, "esim.not_offered", None),
            ({"eid": EID[:-1] + "6"}, 422, "eid.check_digits", "/eid"),
            ({"contact_mail": "nobody"}, 422, "delivery.mail", "/contact_mail"),
            ({"delivery_date": "2020-01-01"}, 422, "delivery_date.out_of_range", "/delivery_date"),
            ({"delivery": {}}, 422, None, None),
        ],
        ids=["data-sim", "eid", "mail", "date", "address"],
    )
    def test_s4_46_s4_48_what_is_refused_names_its_field(
        self, esims: Esims, more: dict[str, Any], status: int, code: str | None, pointer: str | None
    ) -> None:
        wish = esims.wish(esims.serials[5]) | more
        wish["sim_serial"] = wish["sim_serial"] or esims.fleet.serials[0]
        answer = esims.fleet.console.send("POST", "/orders/quote", json=wish)
        assert answer.status_code == status, answer.text
        problem = answer.json()
        if pointer is not None:
            assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [(pointer, code)]
        elif code is not None:
            assert problem["code"] == code
            assert problem["detail"]

    def test_the_code_is_for_operators_who_have_just_proved_who_they_are(
        self, esims: Esims, tmp_path: Path
    ) -> None:
        number = esims.place(esims.serials[5], delivery_date=esims.tomorrow().isoformat())
        path = f"/orders/{number}/activation"
        me = esims.fleet.console
        assert me.send("GET", path).json()["code"] == "activation.not_ready"
        name = f"viewer-{secrets.token_hex(4)}"
        made = me.post("/accounts", {"login_id": name, "role": "viewer"}, 201)
        viewer, _ = first_login(esims.system, "console", name, made["initial_password"])
        assert viewer.send("GET", path).json()["code"] == "role.missing"
        member = new_member(esims.system, tmp_path)
        other = Client(esims.system.url)
        other.token = other.post("/auth/login", member)["token"]
        assert other.send("GET", path).json()["code"] == "order.unknown"
        assert me.send("POST", f"/orders/{number}/cancel").ok


class TestByThePages:
    @VIEWS
    def test_s4_44_s4_47_s4_48_the_wizard_and_the_code(
        self, visitor: Visitors, esims: Esims, size: dict[str, int], language: str
    ) -> None:
        serial = esims.serials[1 if language == "ja" else 2]
        me = visitor("esim", size, language)
        come_in(me, esims)
        to_form(me, serial)
        me.look("form")
        me.fill(eid=EID[:-1], contact_name="", contact_mail="nobody")
        me.page.locator("input[name=dated][value=yes]").check()
        me.click("to-confirm")
        expect(me.page.get_by_test_id("error-summary")).to_be_visible()
        me.look("missing")
        me.page.locator("input[name=dated][value=no]").check()
        me.page.locator("input[name=reason][value=other]").check()
        me.click("to-confirm")
        expect(me.page.locator("#eid-error")).to_be_visible()
        expect(me.page.locator("#contact_mail-error")).to_be_visible()
        me.look("refused")
        me.fill(eid=EID, contact_name="山田太郎", contact_mail=esims.mail)
        me.click("to-confirm")
        expect(me.page.get_by_test_id("notice-esim-discard_old_sim")).to_be_visible()
        me.look("confirm")
        me.click("back")
        expect(me.page.locator("#eid")).to_have_value(EID)
        me.click("to-confirm")
        me.click("place")
        number = re.search(r"/orders/([^/]+)/done", me.page.url)
        assert number
        me.look("done")
        esims.completed(number[1])
        me.page.goto(f"{esims.system.url}/console/orders/{number[1]}")
        me.look("order")
        me.click("activation-link")
        expect(me.page.get_by_test_id("discard")).to_be_visible()
        me.look("hidden")
        me.click("show")
        code = me.page.get_by_test_id("activation-code").locator("code").inner_text()
        assert code.startswith("LPA:1$smdp.sandbox.example$")
        expect(me.page.get_by_test_id("qr").locator("svg")).to_be_visible()
        me.look("shown")
        me.page.reload()
        expect(me.page.get_by_test_id("activation-code")).to_have_count(0)
        assert download(esims.system, code).ok

    def test_s4_52_another_day_and_a_proof_before_the_code(self, visitor: Visitors, esims: Esims) -> None:
        number = esims.place(esims.serials[3], delivery_date=esims.tomorrow().isoformat())
        me = visitor("esim-change", WIDE, "ja")
        come_in(me, esims)
        me.page.goto(f"{esims.system.url}/console/orders/{number}/activation")
        expect(me.page.get_by_test_id("not-ready")).to_be_visible()
        me.look("not-ready")
        me.page.goto(f"{esims.system.url}/console/orders/{number}/change")
        expect(me.page.locator("#eid")).to_have_value(EID)
        day = esims.tomorrow() + timedelta(days=1)
        me.page.locator("#delivery_date").fill(day.isoformat())
        me.look("change")
        me.click("to-confirm")
        me.click("place")
        assert esims.fleet.console.get(f"/orders/{number}")["start_date"] == day.isoformat()
        ready = esims.place(esims.serials[4])
        esims.completed(ready)
        esims.system.clock(now=(clock.wall() + timedelta(minutes=11)).isoformat())
        try:
            me.page.goto(f"{esims.system.url}/console/orders/{ready}/activation")
            me.click("show")
            expect(me.page).to_have_url(re.compile("/account/proof"))
            me.fill(password=esims.fleet.member["password"])
            me.click("submit")
            me.click("show")
            expect(me.page.get_by_test_id("activation-code")).to_be_visible()
        finally:
            esims.system.clock(reset=True)

    def test_a_sim_of_another_service_leads_back(self, visitor: Visitors, esims: Esims) -> None:
        me = visitor("esim-data", WIDE, "ja")
        come_in(me, esims)
        serial = esims.fleet.serials[0]
        me.page.goto(f"{esims.system.url}/console/reissues/esim/new?sim={serial}")
        expect(me.page).to_have_url(f"{esims.system.url}/console/sims/{serial}")
        expect(me.page.get_by_text("モバイルチョイス“050” × データSIM").first).to_be_visible()
        me.page.goto(f"{esims.system.url}/console/reissues/new?sim={serial}")
        expect(me.page.get_by_test_id("as-esim")).to_have_count(0)


def test_the_activation_code_is_in_no_table_log_message_or_mail(
    served_system: EmbeddedSystem, virtual_hosts: VirtualHosts, tmp_path: Path
) -> None:
    esims = new_esims(served_system, tmp_path, 2)
    with listening_to(served_system, virtual_hosts) as bus:
        numbers = [esims.place(serial) for serial in esims.serials]
        for number in numbers:
            esims.completed(number)
        shown = [esims.fleet.console.get(f"/orders/{number}/activation") for number in numbers]
        until(lambda: all(any(number in each["text"] for each in mails(served_system)) for number in numbers))
        until(lambda: any("sim.show_activation" in message for message in bus.read()))
        messages = "\n".join(bus.read())
    assert "sim.profile_ready" in messages
    haystacks = {
        "tables": everything_stored(served_system),
        "logs": everything_logged(served_system),
        "messages": messages,
        "mails": json.dumps(mails(served_system), ensure_ascii=False),
    }
    secret = {each["matching_id"] for each in shown}
    assert len(secret) == 2
    assert [place for place, text in haystacks.items() if any(each in text for each in secret)] == []
