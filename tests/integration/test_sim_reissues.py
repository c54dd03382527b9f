"""Reissuing SIMs on cards, from the request to the new SIM in the old one's place."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import JAPAN
from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from tests.integration.shipping_desk import CONTACT, DELIVERY, ShippingDesk, reissue, reissued
from tests.integration.sim_system import GB, Customer, SimSystem, sim_system


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    folder = tmp_path_factory.mktemp("sim")
    with sim_system(
        folder, virtual_hosts.new(), database_server_url, KAISEN_RETRY_FOR_MINUTES="0"
    ) as running:
        yield running


@pytest.fixture
def customer(system: SimSystem) -> Iterator[Customer]:
    yield system.customer()
    system.sandbox.no_faults()
    system.sandbox.reset_clock()


@pytest.fixture
def serial(customer: Customer) -> str:
    return customer.new_sim()


@pytest.fixture
def desk(system: SimSystem) -> ShippingDesk:
    return ShippingDesk(system)


def at(system: SimSystem, day: str, hour: int = 12) -> None:
    system.sandbox.move_clock(datetime.fromisoformat(day).replace(hour=hour, tzinfo=JAPAN))


def refused(kind: type[KaisenError], call: Any, *arguments: Any, **named: Any) -> KaisenError:
    with pytest.raises(kind) as found:
        call(*arguments, **named)
    return found.value


def wrong_fields(error: KaisenError) -> dict[str, str]:
    return {each["pointer"]: each["code"] for each in error.details["errors"]}


class TestRequest:
    def test_s4_40_the_sim_is_reissuing_until_the_new_one_takes_its_place(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        before = customer.sim(serial)
        order = customer.place(reissue(serial))
        assert customer.sim(serial)["status"] == "reissuing"
        assert (order["by_hand"], order["changeable"], order["cancellable_until"]) == (True, True, None)
        (card,) = desk.stock()
        desk.hand_over(order["number"], card)
        customer.wait_for(order["number"], "completed")
        old, new = customer.sim(serial), customer.sim(card)
        assert old["status"] == "terminated"
        assert (new["status"], new["msisdn"], new["plan"]) == ("active", before["msisdn"], before["plan"])
        assert system.sandbox.effects(serial) == [("swap", 1)]
        assert system.sandbox.sim(card)["status"] == "active"
        assert system.sandbox.sim(serial)["replaced_by"] == card
        assert desk.state(card) == "assigned"

    def test_s4_42_without_a_date_the_third_business_day_is_an_estimate(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        at(system, "2026-04-27")  # before Golden Week
        quote = customer.quote(reissue(serial))
        assert (quote["terms"]["estimated_on"], quote["terms"]["delivery_date"]) == ("2026-05-01", None)
        assert quote["start_date"] == "2026-05-01"

    @pytest.mark.parametrize(
        ("asked_on", "earliest", "latest"),
        [
            ("2026-04-27", "2026-05-08", "2026-07-27"),
            ("2026-12-25", "2027-01-07", "2027-03-25"),
            ("2026-11-30", "2026-12-07", "2027-02-28"),
        ],
        ids=["golden week", "year end", "end of february"],
    )
    def test_s4_43_a_date_lies_between_the_fifth_business_day_and_three_months(
        self, system: SimSystem, customer: Customer, serial: str, asked_on: str, earliest: str, latest: str
    ) -> None:
        at(system, asked_on)
        for day in (earliest, latest):
            quote = customer.quote(reissue(serial, delivery_date=day))
            assert (quote["start_date"], quote["terms"]["estimated_on"]) == (day, None)
        first, last = datetime.fromisoformat(earliest), datetime.fromisoformat(latest)
        for outside in (first - timedelta(days=1), last + timedelta(days=1)):
            wanted = reissue(serial, delivery_date=outside.date().isoformat())
            error = refused(Invalid, customer.quote, wanted)
            assert (error.code, error.details) == (
                "delivery_date.out_of_range",
                {"earliest": earliest, "latest": latest},
            )

    @pytest.mark.parametrize("day", ["2026-02-30", "20261230", "soon", ""])
    def test_malformed_dates_are_refused(self, customer: Customer, serial: str, day: str) -> None:
        error = refused(Invalid, customer.quote, reissue(serial, delivery_date=day))
        assert error.code == "delivery_date.out_of_range"

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"postcode": "12345"}, "delivery/postcode", "postcode.malformed"),
            ({"prefecture": "大阪府"}, "delivery/postcode", "postcode.prefecture"),
            ({"prefecture": "江戸"}, "delivery/postcode", "postcode.prefecture"),
            ({"phone": "12-34"}, "delivery/phone", "delivery.phone"),
            ({"phone": "1312345678"}, "delivery/phone", "delivery.phone"),
            ({"recipient": " "}, "delivery/recipient", "delivery.blank"),
            ({"city": ""}, "delivery/city", "delivery.blank"),
            ({"street": ""}, "delivery/street", "delivery.blank"),
            ({"postcode": ""}, "delivery/postcode", "delivery.blank"),
        ],
        ids=[
            "postcode", "prefecture", "no prefecture", "short phone", "foreign phone", "recipient", "city",
            "street", "blank postcode",
        ],
    )  # fmt: skip
    def test_wrong_addresses_are_refused(
        self, customer: Customer, serial: str, changes: dict[str, str], field: str, code: str
    ) -> None:
        error = refused(Invalid, customer.quote, reissue(serial, delivery=DELIVERY | changes))
        assert wrong_fields(error) == {field: code}

    def test_all_that_is_wrong_is_told_at_once(self, customer: Customer, serial: str) -> None:
        wanted = reissue(
            serial, contact_name="", contact_mail="taro", delivery=DELIVERY | {"postcode": "", "phone": "x"}
        )
        assert wrong_fields(refused(Invalid, customer.quote, wanted)) == {
            "contact_name": "delivery.blank",
            "contact_mail": "delivery.mail",
            "delivery/postcode": "delivery.blank",
            "delivery/phone": "delivery.phone",
        }

    def test_full_width_entries_are_taken(self, customer: Customer, serial: str) -> None:
        wanted = reissue(
            serial,
            delivery=DELIVERY | {"postcode": "１０５００１１", "phone": "０３−１２３４−５６７８"},
        )
        number = customer.place(wanted)["number"]
        delivery = customer.order(number)["request"]["delivery"]
        assert (delivery["postcode"], delivery["phone"]) == ("105-0011", "03-1234-5678")

    @pytest.mark.parametrize("reason", ["", "broken", None])
    def test_s4_44_other_reasons_are_refused(self, customer: Customer, serial: str, reason: Any) -> None:
        refused(Invalid, customer.quote, reissue(serial, reason=reason))

    @pytest.mark.parametrize("reason", ["lost_or_stolen", "other"])
    def test_s4_44_two_reasons(self, customer: Customer, serial: str, reason: str) -> None:
        assert customer.quote(reissue(serial, reason=reason))["terms"]["reason"] == reason

    def test_an_unknown_size_is_refused(self, customer: Customer, serial: str) -> None:
        error = refused(Invalid, customer.quote, reissue(serial, sim_size="giant"))
        assert (error.code, "nano" in error.details["allowed"]) == ("sim_size.unknown", True)

    @pytest.mark.parametrize("status", ["suspended", "ordered", "shipped"])
    def test_sims_that_are_not_active_are_refused(self, customer: Customer, status: str) -> None:
        error = refused(Conflict, customer.quote, reissue(customer.new_sim(status=status)))
        assert (error.code, error.details) == ("sim.not_reissuable", {"status": status})

    def test_s4_60_a_sim_that_another_order_holds_is_refused(self, customer: Customer, serial: str) -> None:
        first = customer.place(reissue(serial))["number"]
        for wanted in (reissue(serial), {"kind": "CS", "sim_serials": [serial]}):
            error = refused(Conflict, customer.quote, wanted)
            assert (error.code, error.details["number"]) == ("order.conflict", first)

    def test_s4_61_another_customers_sim_is_not_there(self, system: SimSystem, serial: str) -> None:
        assert refused(NotFound, system.customer().quote, reissue(serial)).code == "sim.unknown"

    def test_a_sim_that_is_reissued_takes_no_recharge(self, customer: Customer, serial: str) -> None:
        customer.place(reissue(serial))
        error = refused(Conflict, customer.recharge, serial)
        assert (error.code, error.details) == ("sim.not_rechargeable", {"status": "reissuing"})

    def test_many_at_once_have_one_order(self, customer: Customer, serial: str) -> None:
        def place(_: int) -> str:
            try:
                return str(customer.place(reissue(serial))["number"])
            except Conflict as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            ends = list(pool.map(place, range(6)))
        assert sum("-SR" in end for end in ends) == 1, ends
        assert set(ends) - {"order.conflict", "quote.changed", "sim.not_reissuable"} == {
            end for end in ends if "-SR" in end
        }

    def test_cancelling_sets_the_sim_back(self, customer: Customer, serial: str) -> None:
        number = customer.place(reissue(serial))["number"]
        assert customer.call("cancel_order", number=number)["status"] == "cancelled"
        assert customer.sim(serial)["status"] == "active"
        customer.place(reissue(serial))

    def test_s4_52_the_address_can_be_changed_until_the_hand_over(
        self, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        moved = DELIVERY | {"building": ""}
        customer.change(number, reissue(serial, delivery=moved, reason="other"))
        assert customer.sim(serial)["status"] == "reissuing"
        assert desk.shipment(number)["delivery"] == moved
        desk.hand_over(number, *desk.stock())
        for call in (
            lambda: customer.change(number, reissue(serial)),
            lambda: customer.call("cancel_order", number=number),
        ):
            refused(Conflict, call)
        customer.wait_for(number, "completed")

    def test_a_change_to_another_sim_frees_the_first(self, customer: Customer, serial: str) -> None:
        other = customer.new_sim()
        number = customer.place(reissue(serial))["number"]
        customer.change(number, reissue(other))
        assert [customer.sim(each)["status"] for each in (serial, other)] == ["active", "reissuing"]

    def test_s4_41_the_form_begins_with_the_last_delivery(self, customer: Customer) -> None:
        first, second = customer.new_sims(2)
        assert customer.call("last_delivery", sim_serial=first) == {}
        customer.place(reissue(first))
        there = DELIVERY | {"building": "別館"}
        customer.place(reissue(second, delivery=there, contact_name="別の人"))
        for serial, delivery, name in ((first, DELIVERY, CONTACT["contact_name"]), (second, there, "別の人")):
            found = customer.call("last_delivery", sim_serial=serial)
            assert (found["delivery"], found["contact_name"]) == (delivery, name)
        assert customer.call("last_delivery", sim_serial=customer.new_sim())["delivery"] == there

    def test_the_last_delivery_is_the_own_companys(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        customer.place(reissue(serial))
        assert system.customer().call("last_delivery") == {}
        assert refused(NotFound, system.customer().call, "last_delivery", sim_serial=serial)


class TestSuccession:
    def test_data_goes_on_with_the_new_sim(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        recharge = customer.recharge(serial, 1)["number"]
        customer.wait_for(recharge, "completed")
        now = system.sandbox.now()
        customer.use(serial, now, GB // 4)
        before = customer.sim(serial)
        _, card = reissued(desk, customer, serial)
        after = customer.sim(card)
        for figure in ("used_bytes", "capacity_bytes", "remaining_bytes", "as_of", "buckets"):
            assert after[figure] == before[figure], figure
        customer.use(card, now, GB // 4)
        customer.use(serial, now, GB // 4)  # a late record that still names the old SIM
        assert customer.sim(card)["used_bytes"] == 3 * (GB // 4)

    def test_a_record_that_comes_again_counts_once(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        row = f"{uuid4().hex},{serial},{system.sandbox.now().isoformat()},1000"
        assert system.import_usage(row).created == 1
        _, card = reissued(desk, customer, serial)
        assert (system.import_usage(row).unchanged, customer.sim(card)["used_bytes"]) == (1, 1000)

    def test_reserved_orders_go_on_with_the_new_sim(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        tomorrow = system.sandbox.now() + timedelta(days=1)
        recharge = customer.recharge(serial, 1, start_date=tomorrow.date().isoformat())["number"]
        _, card = reissued(desk, customer, serial)
        at(system, tomorrow.date().isoformat(), 1)
        done = customer.wait_for(recharge, "completed")
        assert done["items"][0]["sim_serial"] == card
        assert system.sandbox.sim(card)["capacity_bytes"] == GB + GB // 2

    def test_a_sim_can_be_reissued_again(self, customer: Customer, serial: str, desk: ShippingDesk) -> None:
        _, second = reissued(desk, customer, serial)
        _, third = reissued(desk, customer, second)
        statuses = [customer.sim(each)["status"] for each in (serial, second, third)]
        assert statuses == ["terminated", "terminated", "active"]

    def test_what_it_was_restricted_to_stays(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        customer.use(serial, system.sandbox.now(), GB)
        _, card = reissued(desk, customer, serial)
        assert customer.sim(card)["restricted"]
        customer.wait_for(customer.recharge(card)["number"], "completed")
        assert not customer.sim(card)["restricted"]


class TestDesk:
    def test_the_parcel_is_shown_to_the_customer(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        assert customer.order(number)["shipment"] is None
        desk.hand_over(number, *desk.stock(), carrier_name="みなと運輸", tracking_number="4567-01")
        parcel = customer.order(number)["shipment"]
        assert (parcel["carrier_name"], parcel["tracking_number"]) == ("みなと運輸", "4567-01")
        today = system.sandbox.now().date()
        arrived = desk.call("record_arrival", number=number, arrived_on=today.isoformat())
        assert (arrived["state"], arrived["arrived_on"]) == ("arrived", today.isoformat())
        assert customer.order(number)["shipment"]["arrived_on"] == today.isoformat()

    @pytest.mark.parametrize("days", [-1, 1])
    def test_an_arrival_lies_between_hand_over_and_today(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk, days: int
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        today = system.sandbox.now().date()
        not_yet = refused(Conflict, desk.call, "record_arrival", number=number, arrived_on=today.isoformat())
        assert not_yet.code == "shipment.not_handed_over"
        desk.hand_over(number, *desk.stock())
        day = (today + timedelta(days=days)).isoformat()
        error = refused(Invalid, desk.call, "record_arrival", number=number, arrived_on=day)
        assert error.details == {"earliest": today.isoformat(), "latest": today.isoformat()}

    def test_cards_are_chosen_from_the_stock_if_none_is_named(
        self, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number = customer.place(reissue(serial, sim_size="micro"))["number"]
        error = refused(Conflict, desk.hand_over, number)
        assert (error.code, error.details) == ("stock.too_few", {"wanted": 1, "available": 0})
        (card,) = desk.stock(size="micro")
        desk.call("prepare_shipment", number=number)
        assert (desk.state(card), desk.shipment(number)["sims"][0]["new_serial"]) == ("reserved", card)
        desk.hand_over(number)
        customer.wait_for(number, "completed")
        assert customer.sim(card)["status"] == "active"

    def test_another_card_can_be_chosen(self, customer: Customer, serial: str, desk: ShippingDesk) -> None:
        first, second = desk.stock(2)
        number = customer.place(reissue(serial))["number"]
        for card in (first, second):
            desk.call("prepare_shipment", number=number, cards=[{"sim_serial": card}])
        assert [desk.state(first), desk.state(second)] == ["free", "reserved"]
        customer.call("cancel_order", number=number)
        assert desk.state(second) == "free"

    def test_cards_that_do_not_fit_are_refused(
        self, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        (micro,), (numbered,), (taken,) = desk.stock(size="micro"), desk.stock(numbered=True), desk.stock()
        reissued_sim = customer.new_sim()
        other = customer.place(reissue(reissued_sim))["number"]
        desk.call("prepare_shipment", number=other, cards=[{"sim_serial": taken}])
        for card, code in (
            (micro, "stock.other_size"),
            (numbered, "shipment.number_stays"),
            (taken, "stock.not_free"),
            ("NEVERSEEN1", "stock.unknown"),
        ):
            assert refused(Conflict, desk.hand_over, number, card).code == code
        error = refused(Invalid, desk.hand_over, number, *desk.stock(2))
        assert (error.code, error.details) == ("shipment.card_count", {"wanted": 1, "given": 2})

    @pytest.mark.parametrize("missing", ["carrier_name", "tracking_number"])
    def test_a_parcel_needs_its_carrier_and_number(
        self, customer: Customer, serial: str, desk: ShippingDesk, missing: str
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        error = refused(Invalid, desk.hand_over, number, *desk.stock(), **{missing: ""})
        assert error.code == "shipment.parcel"
        assert desk.shipment(number)["state"] == "waiting"

    def test_only_orders_for_cards_are_on_the_desk(
        self, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        recharge = customer.recharge(serial)["number"]
        for number in (recharge, "TC0000-00000-SR990001"):
            assert refused(NotFound, desk.shipment, number).code == "shipment.unknown"
            assert refused(NotFound, desk.hand_over, number, *desk.stock()).code == "shipment.unknown"

    def test_what_is_to_be_done_is_listed(self, customer: Customer, desk: ShippingDesk) -> None:
        first, second = customer.new_sims(2)
        late = customer.place(reissue(first, delivery_date=self.far(customer, first)))["number"]
        soon = customer.place(reissue(second))["number"]
        mine = {"customer_code": customer.code}
        waiting = desk.call("list_shipments", state="waiting", **mine)
        assert ([each["number"] for each in waiting["items"]], waiting["total"]) == ([soon, late], 2)
        assert not any("delivery" in each or "contact_name" in each for each in waiting["items"])
        page = desk.call("list_shipments", state="waiting", limit=1, **mine)
        more = desk.call("list_shipments", state="waiting", cursor=page["next_cursor"], limit=1, **mine)
        assert [each["number"] for each in more["items"]] == [late]
        desk.hand_over(soon, *desk.stock())
        customer.wait_for(soon, "completed")
        for state, expected in (("waiting", [late]), ("in_transit", [soon]), ("arrived", []), ("failed", [])):
            found = desk.call("list_shipments", state=state, **mine)["items"]
            assert [each["number"] for each in found] == expected, state
        customer.call("cancel_order", number=late)
        assert [each["number"] for each in desk.call("list_shipments", **mine)["items"]] == [soon]

    @staticmethod
    def far(customer: Customer, serial: str) -> str:
        """The latest day of delivery."""
        choices = customer.call("order_choices", kind="SR")["card"]
        return str(choices["delivery_date"]["latest"])

    def test_nothing_personal_in_logs_events_and_jobs(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        reissued(desk, customer, serial)
        places = [json.dumps(line, ensure_ascii=False) for line in system.log_lines()]
        places += [
            json.dumps(row.payload, ensure_ascii=False) for row in system.rows("SELECT payload FROM outbox")
        ]
        places += [str(row.operations) for row in system.rows("SELECT operations FROM jobs")]
        for secret in (*(DELIVERY[name] for name in ("street", "recipient", "phone")), *CONTACT.values()):
            assert not any(secret in place for place in places)
        for row in system.rows("SELECT terms FROM orders"):
            assert DELIVERY["recipient"] not in json.dumps(row.terms, ensure_ascii=False)

    def test_what_staff_do_is_audited(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number, _ = reissued(desk, customer, serial)
        desk.call("record_arrival", number=number, arrived_on=system.sandbox.now().date().isoformat())
        (spare,) = desk.stock()
        desk.call("retire_stock", sim_serial=spare)
        found = system.rows(
            "SELECT payload FROM outbox WHERE type = 'sim.audited' AND payload ->> 'target' IN (:number, :spare)",
            number=number,
            spare=spare,
        )
        assert {row.payload["action"] for row in found} == {
            "shipment.handed_over", "shipment.arrived", "stock.retired",
        }  # fmt: skip
