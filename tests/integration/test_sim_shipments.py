"""New SIM shipments: cards are ordered by number, chosen by staff, shipped and activated."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from tests.integration.shipping_desk import (
    DELIVERY,
    STOCK_COLUMNS,
    ShippingDesk,
    new_number,
    shipment,
)
from tests.integration.sim_system import GB, SIM_COLUMNS, Customer, SimSystem, sim_system


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    folder = tmp_path_factory.mktemp("sim")
    with sim_system(
        folder, virtual_hosts.new(), database_server_url, KAISEN_SHIPMENT_PRICE_YEN="500"
    ) as running:
        yield running


@pytest.fixture
def customer(system: SimSystem) -> Iterator[Customer]:
    yield system.customer()
    system.sandbox.no_faults()


@pytest.fixture
def desk(system: SimSystem) -> ShippingDesk:
    return ShippingDesk(system)


def refused(kind: type[KaisenError], call: Any, *arguments: Any, **named: Any) -> KaisenError:
    with pytest.raises(kind) as found:
        call(*arguments, **named)
    return found.value


def sims(customer: Customer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = customer.call("list_sims")["items"]
    return found


def test_s4_55_order_shipping_activation(system: SimSystem, customer: Customer, desk: ShippingDesk) -> None:
    order = customer.place(shipment(3))
    assert (order["items_total"], order["price_yen"], sims(customer)) == (3, 1500, [])
    cards = desk.stock(3, numbered=True)
    desk.call("prepare_shipment", number=order["number"], cards=[{"sim_serial": card} for card in cards])
    assert {sim["sim_serial"]: sim["status"] for sim in sims(customer)} == dict.fromkeys(cards, "ordered")
    system.sandbox.fault("error", times=3)  # the network takes its time
    desk.hand_over(order["number"])
    assert {sim["status"] for sim in sims(customer)} <= {"shipped", "active"}
    done = customer.wait_for(order["number"], "completed")
    assert [item["sim_serial"] for item in done["items"]] == cards
    for sim in sims(customer):
        assert (sim["status"], sim["plan"], sim["project_name"], sim["sim_size"]) == (
            "active", "1GB", "案件B", "nano",
        )  # fmt: skip
        assert sim["capacity_bytes"] == GB
        assert system.sandbox.sim(sim["sim_serial"])["status"] == "active"
    assert {desk.state(card) for card in cards} == {"assigned"}


def test_the_price_is_told_once(system: SimSystem, customer: Customer, desk: ShippingDesk) -> None:
    number = customer.place(shipment(2))["number"]
    desk.hand_over(number, *desk.stock(2, numbered=True))
    customer.wait_for(number, "completed")
    told = system.rows(
        "SELECT payload FROM outbox WHERE type = 'sim.sims_shipped' AND payload ->> 'order_number' = :number",
        number=number,
    )
    assert [(row.payload["quantity"], row.payload["price_yen"]) for row in told] == [(2, 1000)]


@pytest.mark.parametrize("quantity", [0, -1, 1001])
def test_quantities_out_of_range_are_refused(customer: Customer, quantity: int) -> None:
    error = refused(Invalid, customer.quote, shipment(quantity))
    assert (error.code, error.details) == ("shipment.quantity", {"most": 1000})


def test_a_thousand_are_taken(customer: Customer) -> None:
    assert customer.place(shipment(1000))["items_total"] == 1000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan": "5GB"}, "plan.unknown"),
        ({"sim_size": "giant"}, "sim_size.unknown"),
        ({"delivery_date": "2020-01-01"}, "delivery_date.out_of_range"),
        ({"delivery": DELIVERY | {"postcode": "900-0001"}}, "order.fields"),
        ({"contact_mail": "nobody"}, "order.fields"),
    ],
    ids=["plan", "size", "date", "address", "mail"],
)
def test_what_is_wrong_is_refused(customer: Customer, changes: dict[str, Any], code: str) -> None:
    assert refused(Invalid, customer.quote, shipment(**changes)).code == code


def test_s4_53_cancelling_gives_the_cards_back(customer: Customer, desk: ShippingDesk) -> None:
    number = customer.place(shipment(2))["number"]
    cards = desk.stock(2, numbered=True)
    desk.call("prepare_shipment", number=number, cards=[{"sim_serial": card} for card in cards])
    assert customer.call("cancel_order", number=number)["status"] == "cancelled"
    assert (sims(customer), {desk.state(card) for card in cards}) == ([], {"free"})
    error = refused(Conflict, desk.hand_over, number, *cards)
    assert (error.code, error.details["status"]) == ("shipment.not_open", "cancelled")


def test_s4_52_a_change_gives_the_cards_back(customer: Customer, desk: ShippingDesk) -> None:
    number = customer.place(shipment(2))["number"]
    cards = desk.stock(2, numbered=True)
    desk.call("prepare_shipment", number=number, cards=[{"sim_serial": card} for card in cards])
    assert customer.change(number, shipment(1))["items_total"] == 1
    assert (sims(customer), {desk.state(card) for card in cards}) == ([], {"free"})


def test_numbers_come_from_staff_where_a_card_has_none(customer: Customer, desk: ShippingDesk) -> None:
    number, card, msisdn = customer.place(shipment())["number"], desk.stock()[0], new_number()
    assert refused(Conflict, desk.hand_over, number, card).code == "shipment.number_missing"
    desk.hand_over(number, cards=[{"sim_serial": card, "msisdn": msisdn}])
    customer.wait_for(number, "completed")
    assert customer.sim(card)["msisdn"] == msisdn


def test_numbers_of_others_are_refused(system: SimSystem, customer: Customer, desk: ShippingDesk) -> None:
    taken = system.customer()
    in_use = taken.sim(taken.new_sim())["msisdn"]
    number = customer.place(shipment(2))["number"]
    (plain, other), (numbered,) = desk.stock(2), desk.stock(numbered=True)
    free = new_number()
    for cards, code in (
        ([(plain, in_use), (other, free)], "shipment.number_in_use"),
        ([(plain, free), (other, free)], "shipment.number_in_use"),
        ([(numbered, free), (other, new_number())], "shipment.number_of_card"),
        ([(plain, free), (plain, new_number())], "sims.repeated"),
    ):
        given = [{"sim_serial": serial, "msisdn": msisdn} for serial, msisdn in cards]
        assert refused(Conflict, desk.hand_over, number, cards=given).code == code
    assert sims(customer) == []


def test_a_number_goes_to_one_line(customer: Customer, desk: ShippingDesk) -> None:
    numbers = [customer.place(shipment())["number"] for _ in range(4)]
    cards, msisdn = desk.stock(4), new_number()

    def hand_over(order: str, card: str) -> bool:
        try:
            desk.hand_over(order, cards=[{"sim_serial": card, "msisdn": msisdn}])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(hand_over, numbers, cards)) == 1


def test_a_refused_activation_fails_that_card_alone(
    system: SimSystem, customer: Customer, desk: ShippingDesk
) -> None:
    number = customer.place(shipment(2))["number"]
    good, bad = desk.stock(2, numbered=True)
    system.sandbox.fault("reject", match={"sim_serial": bad, "action": "activate"})
    desk.hand_over(number, good, bad)
    failed = customer.wait_for(number, "partially_failed")
    assert [item["state"] for item in failed["items"]] == ["completed", "failed"]
    assert [customer.sim(card)["status"] for card in (good, bad)] == ["active", "shipped"]


def test_the_cards_of_an_order_come_in_a_file(customer: Customer, desk: ShippingDesk) -> None:
    number, cards = customer.place(shipment(3))["number"], desk.stock(3)
    rows = [f"{number},{card},{new_number()},みなと運輸,77" for card in cards]
    short = desk.import_shipments(rows[:2])
    assert [(each["row"], each["code"], each["wanted"]) for each in short.errors] == [
        (3, "shipment.card_count", 3)
    ]
    twice = desk.import_shipments([rows[0], rows[1].replace(",77", ",78"), rows[2]])
    assert [(each["row"], each["code"]) for each in twice.errors] == [(3, "import.parcel_differs")]
    assert desk.import_shipments(rows).applied
    customer.wait_for(number, "completed")
    assert sorted(sim["sim_serial"] for sim in sims(customer)) == sorted(cards)


class TestStock:
    def test_the_same_file_twice_changes_nothing(self, system: SimSystem) -> None:
        rows = ["ST0000000001,card,nano,", f"ST0000000002,card,micro,{new_number()}", "ST0000000003,esim,,"]
        assert system.import_csv("stock", STOCK_COLUMNS, rows).created == 3
        again = system.import_csv("stock", STOCK_COLUMNS, rows)
        assert (again.created, again.unchanged, again.applied) == (0, 3, True)

    def test_bad_rows_are_named(self, system: SimSystem, customer: Customer) -> None:
        sim = customer.new_sim()
        msisdn, known = customer.sim(sim)["msisdn"], new_number()
        system.import_csv("stock", STOCK_COLUMNS, [f"ST0000000010,card,nano,{known}"])
        report = system.import_csv(
            "stock",
            STOCK_COLUMNS,
            [
                "ST0000000011,card,giant,",
                "ST0000000012,card,,",
                "ST0000000013,esim,nano,",
                "ST0000000010,card,micro,",
                f"{sim},card,nano,",
                f"ST0000000014,card,nano,{msisdn}",
                f"ST0000000015,card,nano,{known}",
                "ST0000000016,card,nano,070900",
                "ST0000000017,chip,nano,",
            ],
        )
        assert [(each["row"], each["field"], each["code"]) for each in report.errors] == [
            (2, "sim_size", "import.unknown_size"),
            (3, "sim_size", "import.size"),
            (4, "sim_size", "import.size"),
            (5, "sim_serial", "import.stock_differs"),
            (6, "sim_serial", "import.serial_given"),
            (7, "msisdn", "import.number_given"),
            (8, "msisdn", "import.number_given"),
            (9, "msisdn", "import.bad_phone"),
            (10, "sim_type", "import.unknown_value"),
        ]
        assert not report.applied

    def test_a_card_of_the_stock_is_no_sim_yet(self, system: SimSystem, customer: Customer) -> None:
        system.import_csv("stock", STOCK_COLUMNS, ["ST0000000020,card,nano,"])
        row = f"ST0000000020,{customer.code},案件A,{new_number()},card,nano,500MB,active,2026-01-01"
        report = system.import_csv("sims", SIM_COLUMNS, [row])
        assert [(each["row"], each["code"]) for each in report.errors] == [(2, "import.serial_in_stock")]

    def test_counts_and_what_runs_out(self, system: SimSystem, desk: ShippingDesk) -> None:
        desk.stock(25, size="標準")
        counts = {each["sim_size"]: each for each in desk.call("list_stock")["counts"]}
        assert (counts["標準"]["free"], counts["標準"]["low"]) == (25, False)
        assert counts["micro"]["low"]

    def test_free_cards_can_be_taken_out(self, customer: Customer, desk: ShippingDesk) -> None:
        (card,) = desk.stock()
        desk.call("retire_stock", sim_serial=card)
        assert desk.state(card) == "retired"
        assert refused(Conflict, desk.call, "retire_stock", sim_serial=card).code == "stock.not_free"
        assert refused(NotFound, desk.call, "retire_stock", sim_serial="NONE0").code == "stock.unknown"
        number = customer.place(shipment())["number"]
        assert refused(Conflict, desk.hand_over, number, card).code == "stock.not_free"

    def test_the_stock_is_listed(self, desk: ShippingDesk) -> None:
        cards = desk.stock(3)
        page = desk.call("list_stock", serial=cards[0][:9], state="free", limit=1)
        found = desk.call("list_stock", serial=cards[1], sim_type="card")["items"]
        assert (len(page["items"]), page["total"] >= 3) == (1, True)
        assert [(each["sim_serial"], each["state"], each["order_number"]) for each in found] == [
            (cards[1], "free", None)
        ]
        assert desk.call("list_stock", cursor=page["next_cursor"], limit=1)["items"]
