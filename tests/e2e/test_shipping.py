"""SIM cards from the order to the arrival: SIM再発行, 新規出荷, and the staff's shipping desk and stock."""

import secrets
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from kaisen.api import Api
from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors
from tests.harness import until

DELIVERY = {
    "postcode": "105-0011",
    "prefecture": "東京都",
    "city": "港区",
    "street": "芝公園4-2-8",
    "building": "みなとビル3階",
    "recipient": "港 花子",
    "phone": "03-1234-5678",
}
CONTACT = {"contact_name": "港 太郎", "contact_mail": "taro@minato.example"}
PARCEL = {"carrier_name": "みなと運輸", "tracking_number": "1234-5678-9012"}


def reissue(serial: str, **more: Any) -> dict[str, Any]:
    card = {"sim_type": "card", "sim_size": "nano", "reason": "lost_or_stolen", "delivery": DELIVERY}
    return {"kind": "SR", "sim_serial": serial, **card, **CONTACT, **more}


def shipment(quantity: int) -> dict[str, Any]:
    line = {"plan": "1GB", "service_type": "data", "project_name": "案件B", "sim_size": "nano"}
    return {"kind": "NS", "quantity": quantity, **line, "delivery": DELIVERY, **CONTACT}


def place(console: Client, order: dict[str, Any]) -> str:
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    number: str = console.post("/orders", order, 201, headers=headers)["number"]
    return number


def new_cards(system: EmbeddedSystem, folder: Path, count: int, *, numbered: bool = False) -> list[str]:
    """The serials of new cards in the stock."""
    digits = f"{secrets.randbelow(10**7):07}"
    serials = [f"CD{digits}{position:03}" for position in range(count)]
    rows = [
        f"{serial},card,nano,{f'070{digits[:5]}{position:03}' if numbered else ''}"
        for position, serial in enumerate(serials)
    ]
    report = import_file(system, folder, "stock", ["sim_serial,sim_type,sim_size,msisdn", *rows])
    assert report["applied"], report
    return serials


def import_file(
    system: EmbeddedSystem, folder: Path, kind: str, lines: list[str], mode: str = "apply"
) -> dict[str, Any]:
    file = folder / f"{kind}.csv"
    file.write_text("\n".join([*lines, ""]))
    staff = system.credentials("staff-admin")
    api = Api(system.url)
    api.login(staff["login_id"], staff["password"])
    report: dict[str, Any] = api.import_file(kind, file, mode)
    api.logout()
    return report


def status(console: Client, number: str, wanted: str) -> dict[str, Any]:
    """The order, once it has the status."""
    seen: dict[str, Any] = {}

    def reached() -> bool:
        seen.update(console.get(f"/orders/{number}"))
        return bool(seen["status"] == wanted)

    until(reached, 30, lambda: f"{number} is {seen}")
    return seen


@pytest.fixture(scope="module")
def fleet(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return new_fleet(embedded_system, tmp_path_factory.mktemp("shipping"), ["active"] * 6 + ["suspended"])


@pytest.fixture(scope="module")
def staff(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.log_in("staff-admin")


class TestApi:
    def test_s4_40_a_card_takes_the_place_of_a_sim(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, staff: Client, tmp_path: Path
    ) -> None:
        serial, [card] = fleet.serials[0], new_cards(embedded_system, tmp_path, 1)
        number = place(fleet.console, reissue(serial))
        assert fleet.console.get(f"/sims/{serial}")["status"] == "reissuing"
        waiting = staff.get("/staff/shipments", state="waiting", number=number)["items"]
        assert [each["number"] for each in waiting] == [number]
        desk = staff.get(f"/staff/shipments/{number}")
        assert (desk["delivery"], desk["contact_name"]) == (DELIVERY, CONTACT["contact_name"])
        staff.post(f"/staff/shipments/{number}/cards", {"cards": [{"sim_serial": card}]})
        handed = staff.post(f"/staff/shipments/{number}/hand-over", PARCEL)
        assert handed["tracking_number"] == PARCEL["tracking_number"]
        done = status(fleet.console, number, "completed")
        assert done["shipment"]["tracking_number"] == PARCEL["tracking_number"]
        assert [fleet.console.get(f"/sims/{each}")["status"] for each in (serial, card)] == [
            "terminated",
            "active",
        ]
        today = handed["handed_over_at"]
        arrived = staff.post(
            f"/staff/shipments/{number}/arrival", {"arrived_on": done["shipment"]["handed_over_at"][:10]}
        )
        assert (arrived["state"], bool(today)) == ("arrived", True)
        [found] = staff.get("/staff/stock", serial=card)["items"]
        assert (found["state"], found["order_number"]) == ("assigned", number)
        last = fleet.console.get("/orders/last-delivery", sim_serial=card)
        assert last == {"delivery": DELIVERY, **CONTACT}

    def test_what_is_wrong_in_an_address_is_named(self, fleet: Fleet) -> None:
        wrong = reissue(fleet.serials[1], delivery=DELIVERY | {"prefecture": "大阪府", "phone": "1"})
        answer = fleet.console.send("POST", "/orders/quote", json=wrong)
        assert answer.status_code == 422
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            ("/delivery/postcode", "postcode.prefecture"),
            ("/delivery/phone", "delivery.phone"),
        ]

    def test_support_reads_no_addresses(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, staff: Client
    ) -> None:
        number = place(fleet.console, reissue(fleet.serials[1]))
        desk = staff.get(f"/staff/orders/{number}")
        assert not {"delivery", "contact_name", "contact_mail"} & set(desk["request"])
        fleet.console.post(f"/orders/{number}/cancel", None)

    def test_cards_are_taken_out_of_the_stock(
        self, embedded_system: EmbeddedSystem, staff: Client, tmp_path: Path
    ) -> None:
        [card] = new_cards(embedded_system, tmp_path, 1)
        assert staff.send("DELETE", f"/staff/stock/{card}").status_code == 204
        answer = staff.send("DELETE", f"/staff/stock/{card}")
        assert (answer.status_code, answer.json()["code"]) == (409, "stock.not_free")

    def test_s4_55_new_cards_are_handed_over_by_file(
        self, embedded_system: EmbeddedSystem, fleet: Fleet, staff: Client, tmp_path: Path
    ) -> None:
        cards = new_cards(embedded_system, tmp_path, 2, numbered=True)
        number = place(fleet.console, shipment(2))
        header = "order_number,sim_serial,msisdn,carrier_name,tracking_number"
        rows = [f"{number},{card},,みなと運輸,55" for card in cards]
        assert import_file(embedded_system, tmp_path, "shipments", [header, *rows])["applied"]
        status(fleet.console, number, "completed")
        for card in cards:
            assert fleet.console.get(f"/sims/{card}")["status"] == "active"


def arrive(
    visitor: Visitors, name: str, size: dict[str, int], language: str, login: dict[str, str], portal: str
) -> Visitor:
    me = visitor(name, size, language)
    me.open(f"/{portal}/login")
    me.fill(login_id=login["login_id"], password=login["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    return me


def fill_delivery(me: Visitor) -> None:
    me.fill(**{name: text for name, text in DELIVERY.items() if name != "prefecture"}, **CONTACT)
    me.page.locator("#prefecture").select_option(DELIVERY["prefecture"])


@VIEWS
def test_s4_41_s4_42_s4_44_a_card_is_ordered_handed_over_and_arrives(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    tmp_path: Path,
    size: dict[str, int],
    language: str,
) -> None:
    fleet = new_fleet(embedded_system, tmp_path, ["active"] * 2)
    [card] = new_cards(embedded_system, tmp_path, 1)
    me = arrive(visitor, "reissue", size, language, fleet.member, "console")
    me.page.goto(f"{embedded_system.url}/console/reissues")
    me.look("choose")
    me.page.get_by_test_id("sims").locator("tbody a").first.click()
    me.look("input")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("nothing-entered")
    fill_delivery(me)
    me.page.locator("#prefecture").select_option("大阪府")
    me.page.locator("#reason-0").check()
    me.page.locator("#dated-1").check()
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.page.locator("#dated-0").check()
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("wrong-prefecture")
    me.page.locator("#prefecture").select_option(DELIVERY["prefecture"])
    me.click("to-confirm")
    expect(me.page.get_by_test_id("quote")).to_contain_text(DELIVERY["street"])
    me.look("confirm")
    me.click("back")
    expect(me.page.locator("#recipient")).to_have_value(DELIVERY["recipient"])
    me.click("to-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    me.look("done")
    number = me.page.get_by_test_id("placed-number").inner_text()

    staff = embedded_system.credentials("staff-admin")
    they = arrive(visitor, "shipping", size, language, staff, "staff")
    they.page.goto(f"{embedded_system.url}/staff/shipments?number={number}")
    they.look("list")
    they.page.get_by_role("link", name=number).click()
    they.look("waiting")
    they.click("hand-over")
    they.fill(cards="NEVERSEEN1", carrier_name="みなと運輸", tracking_number="1234-5678")
    they.click("confirm-hand-over")
    expect(they.page.get_by_test_id("error-summary")).to_be_visible()
    they.look("unknown-card")
    they.fill(cards=card)
    they.click("prepare")
    they.click("hand-over")
    expect(they.page.get_by_test_id("chosen")).to_contain_text(card)
    they.fill(carrier_name="みなと運輸", tracking_number="1234-5678")
    they.look("hand-over")
    they.click("confirm-hand-over")
    expect(they.page.get_by_test_id("tracking-number")).to_be_visible()
    status(fleet.console, number, "completed")
    they.page.reload()
    they.look("in-transit")
    they.click("arrived")
    expect(they.page.get_by_test_id("arrived-on")).not_to_contain_text("–")
    they.look("arrived")
    they.page.goto(f"{embedded_system.url}/staff/stock?serial={card[:9]}")
    they.look("stock")

    me.page.goto(f"{embedded_system.url}/console/orders/{number}")
    expect(me.page.get_by_test_id("tracking-number")).to_contain_text("1234-5678")
    expect(me.page.get_by_test_id("new-serial")).to_contain_text(card)
    me.look("detail")
    me.page.goto(f"{embedded_system.url}/console/reissues/new?sim={fleet.serials[1]}")
    expect(me.page.locator("#street")).to_have_value(DELIVERY["street"])


@VIEWS
def test_s4_55_new_cards_are_ordered_changed_and_shipped(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    tmp_path: Path,
    size: dict[str, int],
    language: str,
) -> None:
    fleet = new_fleet(embedded_system, tmp_path, ["active"])
    cards = new_cards(embedded_system, tmp_path, 2)
    me = arrive(visitor, "shipment", size, language, fleet.member, "console")
    me.page.goto(f"{embedded_system.url}/console/shipments/new")
    me.look("input")
    fill_delivery(me)
    me.fill(quantity="1001", project_name="配送端末")
    me.page.locator("#plan-0").check()
    me.page.locator("#sim_size-2").check()
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("too-many")
    me.fill(quantity="3")
    me.click("to-confirm")
    me.look("confirm")
    me.click("place")
    number = me.page.get_by_test_id("placed-number").inner_text()
    me.page.goto(f"{embedded_system.url}/console/shipments/new?change={number}")
    me.fill(quantity="2")
    me.click("to-confirm")
    me.click("place")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    me.look("changed")

    staff = embedded_system.credentials("staff-admin")
    they = arrive(visitor, "shipment-desk", size, language, staff, "staff")
    they.page.goto(f"{embedded_system.url}/staff/shipments/{number}/hand-over")
    digits = secrets.randbelow(10**7)
    they.fill(cards="\n".join(f"{card} 0709{digits + place:07}" for place, card in enumerate(cards)))
    they.look("hand-over")
    they.fill(carrier_name="みなと運輸", tracking_number="77")
    they.click("confirm-hand-over")
    expect(they.page.get_by_test_id("tracking-number")).to_be_visible()
    status(fleet.console, number, "completed")
    they.page.reload()
    they.look("shipped")
    me.page.goto(f"{embedded_system.url}/console/orders/{number}")
    me.look("detail")
