"""Cards handed over for reissues: what goes wrong at the network, races, files, and what staff decide then."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.clock import JAPAN
from chassis.errors import Conflict, KaisenError
from tests.harness import until
from tests.integration.shipping_desk import ShippingDesk, reissue
from tests.integration.sim_system import Customer, SimSystem, sim_system


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


class TestTrouble:
    def test_a_refused_swap_leaves_the_old_sim_at_work_and_takes_another_card(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        bad, good = desk.stock(2)
        number = customer.place(reissue(serial))["number"]
        system.sandbox.fault("reject", match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, bad)
        failed = customer.wait_for(number, "failed")
        assert (failed["reason"], customer.sim(serial)["status"]) == ("carrier.rejected", "active")
        assert desk.shipment(number)["state"] == "failed"
        system.sandbox.no_faults()
        desk.hand_over(number, good)
        customer.wait_for(number, "completed")
        assert [desk.state(bad), desk.state(good)] == ["free", "assigned"]
        assert (customer.sim(serial)["status"], customer.sim(good)["status"]) == ("terminated", "active")

    def test_an_unanswered_swap_leaves_both_in_question(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        (card,) = desk.stock()
        number = customer.place(reissue(serial))["number"]
        system.sandbox.fault("error", times=1000, match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, card)
        until(lambda: system.sandbox.requests(serial), message="no attempt")
        at(system, (system.sandbox.now() + timedelta(days=1)).date().isoformat())
        customer.wait_for(number, "failed")
        assert (customer.sim(serial)["status"], desk.state(card)) == ("error", "reserved")
        refused(Conflict, desk.hand_over, number, *desk.stock())

    def test_an_answer_that_is_lost_swaps_once(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        (card,) = desk.stock()
        number = customer.place(reissue(serial))["number"]
        system.sandbox.fault("drop_after", match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, card)
        customer.wait_for(number, "completed")
        assert system.sandbox.effects(serial) == [("swap", 1)]

    def test_a_failed_order_is_not_handed_over_while_another_holds_the_sim(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        number = customer.place(reissue(serial))["number"]
        system.sandbox.fault("reject", match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, *desk.stock())
        customer.wait_for(number, "failed")
        second = customer.place(reissue(serial))["number"]
        error = refused(Conflict, desk.hand_over, number, *desk.stock())
        assert (error.code, error.details["number"]) == ("order.conflict", second)


class TestRaces:
    def test_a_cancellation_and_a_hand_over_have_one_winner(
        self, system: SimSystem, customer: Customer, desk: ShippingDesk
    ) -> None:
        winners = set()
        for serial in customer.new_sims(12):
            (card,) = desk.stock()
            number = customer.place(reissue(serial))["number"]

            def cancel(number: str = number) -> bool:
                return self.done(lambda: customer.call("cancel_order", number=number))

            def hand_over(number: str = number, card: str = card) -> bool:
                return self.done(lambda: desk.hand_over(number, card))

            with ThreadPoolExecutor(2) as pool:
                cancelled, handed_over = (
                    each.result() for each in (pool.submit(cancel), pool.submit(hand_over))
                )
            assert cancelled != handed_over
            winners.add(cancelled)
            end = customer.wait_for(number, "cancelled" if cancelled else "completed")
            assert end["items"][0]["state"] == end["status"]
            assert customer.sim(serial)["status"] == ("active" if cancelled else "terminated")
            assert desk.state(card) == ("free" if cancelled else "assigned")
        assert winners  # either may win

    def test_an_order_is_handed_over_once(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> None:
        cards = desk.stock(5)
        number = customer.place(reissue(serial))["number"]
        with ThreadPoolExecutor(5) as pool:
            done = list(pool.map(lambda card: self.done(lambda: desk.hand_over(number, card)), cards))
        assert sum(done) == 1
        customer.wait_for(number, "completed")
        assert sorted(desk.state(card) for card in cards) == ["assigned"] + ["free"] * 4
        assert system.sandbox.effects(serial) == [("swap", 1)]

    def test_a_card_goes_to_one_order(self, customer: Customer, desk: ShippingDesk) -> None:
        (card,) = desk.stock()
        numbers = [customer.place(reissue(serial))["number"] for serial in customer.new_sims(5)]
        with ThreadPoolExecutor(5) as pool:
            done = list(pool.map(lambda number: self.done(lambda: desk.hand_over(number, card)), numbers))
        assert sum(done) == 1

    def test_each_order_gets_another_card_from_the_stock(
        self, customer: Customer, desk: ShippingDesk
    ) -> None:
        cards = desk.stock(6, size="標準")
        numbers = [
            customer.place(reissue(serial, sim_size="標準"))["number"] for serial in customer.new_sims(6)
        ]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(desk.hand_over, numbers))
        given = [desk.shipment(number)["sims"][0]["new_serial"] for number in numbers]
        assert sorted(given) == sorted(cards)

    @staticmethod
    def done(act: Any) -> bool:
        try:
            act()
        except Conflict:
            return False
        return True


class TestFile:
    def test_many_orders_are_handed_over_at_once(self, customer: Customer, desk: ShippingDesk) -> None:
        cards = desk.stock(3)
        numbers = [customer.place(reissue(serial))["number"] for serial in customer.new_sims(3)]
        rows = [f"{number},{card},,みなと運輸,99-{card}" for number, card in zip(numbers, cards, strict=True)]
        checked = desk.import_shipments(rows, "validate")
        assert (checked.error_count, checked.applied, desk.state(cards[0])) == (0, False, "free")
        assert desk.import_shipments(rows).applied
        for number, card in zip(numbers, cards, strict=True):
            customer.wait_for(number, "completed")
            assert desk.shipment(number)["tracking_number"] == f"99-{card}"

    def test_every_bad_row_is_named_and_nothing_is_handed_over(
        self, customer: Customer, desk: ShippingDesk
    ) -> None:
        good, micro = *desk.stock(), *desk.stock(size="micro")
        first, second, cancelled = (
            customer.place(reissue(serial))["number"] for serial in customer.new_sims(3)
        )
        customer.call("cancel_order", number=cancelled)
        report = desk.import_shipments(
            [
                f"{first},{good},,みなと運輸,1",
                f"{second},{micro},,みなと運輸,2",
                f"{cancelled},{desk.stock()[0]},,みなと運輸,3",
                f"TC0000-00000-SR990001,{desk.stock()[0]},,みなと運輸,4",
                f"{first},{good},,みなと運輸,5",
                f"{second},UNKNOWN99,,,6",
            ]
        )
        found = [(error["row"], error["field"], error["code"]) for error in report.errors]
        assert found == [
            (3, "sim_serial", "stock.other_size"),
            (4, "order_number", "import.order_not_open"),
            (5, "order_number", "import.order_unknown"),
            (6, "sim_serial", "import.duplicate"),
            (7, "carrier_name", "import.blank"),
        ]
        assert not report.applied
        assert [desk.shipment(number)["state"] for number in (first, second)] == ["waiting", "waiting"]
        assert desk.state(good) == "free"


class TestDecision:
    """What staff decide about a reissue that has failed."""

    @pytest.fixture
    def failed(
        self, system: SimSystem, customer: Customer, serial: str, desk: ShippingDesk
    ) -> tuple[str, str]:
        (card,) = desk.stock()
        number = customer.place(reissue(serial))["number"]
        system.sandbox.fault("reject", match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, card)
        customer.wait_for(number, "failed")
        system.sandbox.no_faults()
        return number, card

    def test_the_same_card_can_be_tried_again(
        self, customer: Customer, serial: str, desk: ShippingDesk, failed: tuple[str, str]
    ) -> None:
        number, card = failed
        desk.call("retry_order", number=number, note="網を確認した")
        customer.wait_for(number, "completed")
        assert [customer.sim(each)["status"] for each in (serial, card)] == ["terminated", "active"]
        assert desk.state(card) == "assigned"

    def test_a_card_that_was_not_taken_is_free_again(
        self, customer: Customer, serial: str, desk: ShippingDesk, failed: tuple[str, str]
    ) -> None:
        number, card = failed
        assert desk.state(card) == "reserved"
        desk.call("resolve_order", number=number, outcome="not_done", note="取り下げ")
        assert (desk.state(card), customer.sim(serial)["status"]) == ("free", "active")
        customer.place(reissue(serial))

    def test_the_last_card_is_the_one_that_is_tried_again(
        self,
        system: SimSystem,
        customer: Customer,
        serial: str,
        desk: ShippingDesk,
        failed: tuple[str, str],
    ) -> None:
        number, first = failed
        (second,) = desk.stock()
        system.sandbox.fault("reject", match={"sim_serial": serial, "action": "swap"})
        desk.hand_over(number, second)
        customer.wait_for(number, "failed")
        desk.call("retry_order", number=number, note="もう一度")
        customer.wait_for(number, "completed")
        assert customer.sim(second)["status"] == "active"
        assert [desk.state(first), desk.state(second)] == ["free", "assigned"]
