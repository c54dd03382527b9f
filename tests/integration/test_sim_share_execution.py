"""Carrying out orders for share groups: members, capacities at the carrier, months that are charged, recharges."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.harness import until
from tests.integration.share_fleet import Fleet, at, next_month, refusal
from tests.integration.sim_system import STAFF_ROLES, SimSystem, sim_system

MB = 10**6
GB = 10**9


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_before(system: SimSystem) -> Iterator[None]:
    yield
    system.sandbox.no_faults()
    system.sandbox.reset_clock()


@pytest.fixture
def fleet(system: SimSystem) -> Fleet:
    return Fleet(system, system.customer())


def fees(system: SimSystem, group_id: int) -> list[tuple[str, int, int]]:
    """The months that have been told of a group, in the order of the events: (month, members, yen for each)."""
    found = system.rows(
        "SELECT payload FROM outbox WHERE type = 'sim.share_month_begun' AND payload ->> 'group_id' = :g ORDER BY id",
        g=str(group_id),
    )
    return [(row.payload["month"], row.payload["members"], row.payload["yen_per_member"]) for row in found]


def items(order: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["state"], item["reason"]) for item in order["items"]]


def test_s4_22_a_group_begins_at_midnight_of_the_first_and_not_before(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(3)
    order = fleet.register(numbers)
    month = order["terms"]["start_month"]
    first = date.fromisoformat(f"{month}-01")
    system.sandbox.move_clock(at(first) - timedelta(seconds=60))
    other = fleet.customer.recharge(fleet.customer.new_sim())
    fleet.customer.wait_for(other["number"], "completed")
    assert fleet.customer.order(order["number"])["status"] == "pending"
    assert fleet.group(order["group_id"])["state"] == "upcoming"
    assert fleet.inside(order["group_id"]) == numbers
    fleet.move_to(month)
    done = fleet.customer.wait_for(order["number"], "completed")
    assert at(first) <= datetime.fromisoformat(done["executed_at"]) <= at(first, 0, 30)
    group = fleet.group(order["group_id"])
    assert (group["state"], group["members"], group["capacity_bytes"], group["starts_on"]) == (
        "active",
        3,
        1500 * MB,
        f"{month}-01",
    )
    fleet.until_carrier_has(order["group_id"], 1500 * MB)
    assert system.carrier_group(order["group_id"])["members"] == [fleet.serial(each) for each in numbers]


def test_s4_27_a_change_lets_some_leave_and_others_join(system: SimSystem, fleet: Fleet) -> None:
    numbers = fleet.numbers(5)
    group = fleet.begun(numbers[:3])
    assert fleet.customer.call("shared_numbers", group_id=group)["numbers"] == numbers[:3]
    month = fleet.months()[0]
    order = fleet.change(group, numbers[1:], month, name="配送部")
    assert {name: order["terms"][name] for name in ("added", "removed", "unchanged", "members")} == {
        "added": 2,
        "removed": 1,
        "unchanged": 2,
        "members": 4,
    }
    assert order["items_total"] == 4  # one leaves, two join, and the name
    assert fleet.inside(group) == numbers[:3]
    assert fleet.customer.call("shared_numbers", group_id=group)["numbers"] == numbers[1:]
    fleet.move_to(month)
    fleet.customer.wait_for(order["number"], "completed")
    assert fleet.inside(group) == numbers[1:]
    assert fleet.group(group)["name"] == "配送部"
    fleet.until_carrier_has(group, 2000 * MB)
    assert fleet.at_carrier(numbers[0]) is None
    assert fleet.shareable() == [numbers[0]]


def test_s4_28_a_deleted_group_ends_with_its_month_and_its_sims_can_be_shared_again(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(3)
    group = fleet.begun(numbers)
    month = fleet.months()[0]
    order = fleet.delete(group, month)
    assert order["terms"]["leaving"] == numbers
    assert (fleet.inside(group), fleet.shareable(month)) == (numbers, numbers)
    fleet.move_to(month)
    fleet.customer.wait_for(order["number"], "completed")
    ended = fleet.group(group)
    assert (ended["state"], ended["ends_on"], ended["numbers"]) == ("ended", f"{month}-01", [])
    assert system.carrier_group(group)["status"] == "deleted"
    assert [fleet.at_carrier(each) for each in numbers] == [None] * 3
    assert fleet.customer.call("list_groups")["total"] == 0
    later = fleet.months()[0]
    for refused in (
        refusal(fleet.delete, group, later),
        refusal(fleet.change, group, numbers, later),
        refusal(fleet.customer.quote, {"kind": "GR", "group_id": group, "gigabytes": 1}),
    ):
        assert refused == ("Conflict", "share.ended", {"ends_on": f"{month}-01"})
    again = fleet.register(numbers)
    fleet.move_to(again["terms"]["start_month"])
    fleet.customer.wait_for(again["number"], "completed")
    assert fleet.inside(again["group_id"]) == numbers


def test_s4_23_every_month_is_told_once_with_its_members(system: SimSystem, fleet: Fleet) -> None:
    numbers = fleet.numbers(8)
    one = fleet.register(numbers[:4])
    other = fleet.register(numbers[4:7], one["terms"]["start_month"])
    month = one["terms"]["start_month"]
    fleet.move_to(month)
    for order in (one, other):
        fleet.customer.wait_for(order["number"], "completed")
    groups = one["group_id"], other["group_id"]
    until(lambda: all(fees(system, group) for group in groups), message=system.tail)
    assert [fees(system, group) for group in groups] == [[(f"{month}-01", 4, 100)], [(f"{month}-01", 3, 100)]]
    change = fleet.change(groups[0], [*numbers[:4], numbers[7]], next_month(month, 2))
    fleet.move_to(next_month(month, 3))  # nobody has looked for two months
    fleet.customer.wait_for(change["number"], "completed")
    expected = [
        (f"{month}-01", 4, 100),
        (f"{next_month(month)}-01", 4, 100),
        (f"{next_month(month, 2)}-01", 5, 100),
        (f"{next_month(month, 3)}-01", 5, 100),
    ]
    until(lambda: fees(system, groups[0]) == expected, 20, lambda: str(fees(system, groups[0])))
    until(lambda: len(fees(system, groups[1])) == 4, 20)


def test_a_deleted_group_is_told_to_the_last_of_its_months(system: SimSystem, fleet: Fleet) -> None:
    group = fleet.begun(fleet.numbers(2))
    month = fleet.months()[0]
    until(lambda: len(fees(system, group)) == 1, 20)
    order = fleet.delete(group, month)
    fleet.move_to(next_month(month))
    fleet.customer.wait_for(order["number"], "completed")
    other = fleet.begun(fleet.numbers(2))
    until(lambda: fees(system, other), 20)
    assert len(fees(system, group)) == 1


def test_a_sim_that_cannot_join_leaves_the_group_to_the_others(system: SimSystem, fleet: Fleet) -> None:
    numbers = fleet.numbers(4)
    order = fleet.register(numbers)
    system.sandbox.fault("reject", match={"sim_serial": fleet.serial(numbers[1])})
    system.change("UPDATE sims SET status = 'terminated' WHERE serial = :s", s=fleet.serial(numbers[2]))
    month = order["terms"]["start_month"]
    fleet.move_to(month)
    done = fleet.customer.wait_for(order["number"], "partially_failed")
    assert items(done) == [
        ("completed", None),
        ("failed", "carrier.rejected"),
        ("failed", "sim.terminated"),
        ("completed", None),
    ]
    assert fleet.inside(order["group_id"]) == [numbers[0], numbers[3]]
    fleet.until_carrier_has(order["group_id"], GB)
    assert fleet.shareable() == [numbers[1]]
    until(lambda: fees(system, order["group_id"]) == [(f"{month}-01", 2, 100)], 20)


def test_what_staff_set_going_again_is_carried_out_as_promised(system: SimSystem, fleet: Fleet) -> None:
    def retry(number: str) -> None:
        system.sandbox.no_faults()
        system.call("retry_order", STAFF_ROLES, None, "operations", number=number, note="確認した")

    numbers = fleet.numbers(3)
    order = fleet.register(numbers)
    system.sandbox.fault("reject", match={"sim_serial": fleet.serial(numbers[1])})
    fleet.move_to(order["terms"]["start_month"])
    fleet.customer.wait_for(order["number"], "partially_failed")
    assert fleet.shareable() == [numbers[1]]
    retry(order["number"])
    fleet.customer.wait_for(order["number"], "completed")
    assert (fleet.inside(order["group_id"]), fleet.shareable()) == (numbers, [])
    change = fleet.change(order["group_id"], numbers[1:], fleet.months()[0])
    system.sandbox.fault("reject", match={"sim_serial": fleet.serial(numbers[0]), "action": "leave_group"})
    fleet.move_to(change["terms"]["start_month"])
    fleet.customer.wait_for(change["number"], "failed")
    assert fleet.customer.call("shared_numbers", group_id=order["group_id"])["numbers"] == numbers
    retry(change["number"])
    fleet.customer.wait_for(change["number"], "completed")
    assert (fleet.inside(order["group_id"]), fleet.shareable()) == (numbers[1:], [numbers[0]])


def test_a_group_that_nobody_could_join_has_never_been_one(system: SimSystem, fleet: Fleet) -> None:
    numbers = fleet.numbers(2)
    order = fleet.register(numbers)
    for number in numbers:
        system.sandbox.fault("reject", match={"sim_serial": fleet.serial(number)})
    fleet.move_to(order["terms"]["start_month"])
    fleet.customer.wait_for(order["number"], "failed")
    assert refusal(fleet.group, order["group_id"]) == ("NotFound", "share.unknown", {})
    assert fleet.customer.call("list_groups")["total"] == 0
    assert refusal(fleet.change, order["group_id"], numbers, fleet.months()[0])[1] == "share.not_begun"
    assert fleet.shareable() == numbers
    assert fees(system, order["group_id"]) == []


def test_a_sim_that_cannot_leave_stays_and_does_not_join_another_group(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(5)
    group = fleet.begun(numbers[:3])
    month = fleet.months()[0]
    leaving = fleet.change(group, numbers[:2], month)
    joining = fleet.register(numbers[2:], month)
    system.sandbox.fault("reject", match={"sim_serial": fleet.serial(numbers[2]), "action": "leave_group"})
    fleet.move_to(month)
    fleet.customer.wait_for(leaving["number"], "failed")
    joined = fleet.customer.wait_for(joining["number"], "partially_failed")
    assert ("failed", "share.elsewhere") in items(joined)
    assert fleet.inside(group) == numbers[:3]
    assert fleet.inside(joining["group_id"]) == numbers[3:]
    assert fleet.change(group, numbers[:2], fleet.months()[0])["terms"]["removed"] == 1


def test_a_group_ends_even_if_a_sim_cannot_leave(system: SimSystem, fleet: Fleet) -> None:
    numbers = fleet.numbers(2)
    group = fleet.begun(numbers)
    month = fleet.months()[0]
    order = fleet.delete(group, month)
    system.sandbox.fault("reject", match={"sim_serial": fleet.serial(numbers[0]), "action": "leave_group"})
    fleet.move_to(month)
    fleet.customer.wait_for(order["number"], "partially_failed")
    assert fleet.group(group)["state"] == "ended"
    assert fleet.shareable() == numbers
    until(lambda: fleet.at_carrier(numbers[0]) is None, message=system.tail)


def test_a_number_that_has_got_another_sim_meanwhile_joins_and_leaves_with_that_one(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(3)
    order = fleet.register(numbers)
    new = fleet.customer.new_sim()

    def reissue(number: str, successor: str) -> None:
        system.change(
            "UPDATE sims SET msisdn = CASE serial WHEN :new THEN :number ELSE msisdn END,"
            " status = CASE serial WHEN :new THEN 'active' ELSE 'terminated' END"
            " WHERE serial = :new OR msisdn = :number",
            new=successor,
            number=number.replace("-", ""),
        )

    reissue(numbers[0], new)
    fleet.move_to(order["terms"]["start_month"])
    fleet.customer.wait_for(order["number"], "completed")
    assert system.sandbox.sim(new)["group"] == str(order["group_id"])
    month = fleet.months()[0]
    change = fleet.change(order["group_id"], numbers[1:], month)
    newest = fleet.customer.new_sim()
    reissue(numbers[0], newest)
    fleet.move_to(month)
    fleet.customer.wait_for(change["number"], "completed")
    assert system.sandbox.effects(newest) == [("leave_group", 1)]


class TestRecharges:
    def recharge(self, fleet: Fleet, group_id: int, gigabytes: int = 3, **more: Any) -> dict[str, Any]:
        return fleet.customer.place(
            {"kind": "GR", "group_id": group_id, "gigabytes": gigabytes, "start_date": None, **more}
        )

    def test_s4_35_a_group_recharge_adds_to_the_group_alone(self, system: SimSystem, fleet: Fleet) -> None:
        numbers = fleet.numbers(2)
        group = fleet.begun(numbers)
        fleet.until_carrier_has(group, GB)
        order = self.recharge(fleet, group)
        assert (order["price_yen"], order["terms"]["members"], order["group_id"]) == (900, 2, group)
        done = fleet.customer.wait_for(order["number"], "completed")
        assert done["number"].split("-")[2].startswith("GR")
        assert fleet.group(group)["capacity_bytes"] == 4 * GB
        fleet.until_carrier_has(group, 4 * GB)
        buckets = system.rows("SELECT sim_serial, amount_bytes FROM buckets WHERE group_id = :g", g=group)
        assert [tuple(row) for row in buckets if row.amount_bytes == 3 * GB] == [(None, 3 * GB)]
        told = system.rows(
            "SELECT payload FROM outbox WHERE type = 'sim.group_recharge_completed'"
            " AND payload ->> 'order_number' = :n",
            n=order["number"],
        )
        assert [(row.payload["price_yen"], row.payload["group_id"]) for row in told] == [(900, group)]

    def test_s4_35_a_reserved_group_recharge_ends_with_the_third_month(
        self, system: SimSystem, fleet: Fleet
    ) -> None:
        group = fleet.begun(fleet.numbers(2))
        day = system.sandbox.now().date() + timedelta(days=3)
        order = self.recharge(fleet, group, 1, start_date=day.isoformat())
        assert fleet.group(group)["capacity_bytes"] == GB
        system.sandbox.move_clock(at(day))
        fleet.customer.wait_for(order["number"], "completed")
        through = date.fromisoformat(order["terms"]["valid_through"])
        system.sandbox.move_clock(at(through, 23, 58))
        assert fleet.group(group)["capacity_bytes"] == 2 * GB
        system.sandbox.move_clock(at(through + timedelta(days=1)))
        assert fleet.group(group)["capacity_bytes"] == GB

    def test_s4_35_a_group_that_has_not_begun_cannot_be_recharged(self, fleet: Fleet) -> None:
        order = fleet.register(fleet.numbers(2))
        assert refusal(self.recharge, fleet, order["group_id"])[1] == "share.not_begun"

    def test_s4_30_amounts_of_a_group_recharge_are_those_of_the_list(self, fleet: Fleet) -> None:
        group = fleet.begun(fleet.numbers(2))
        assert refusal(self.recharge, fleet, group, 2)[:2] == ("Invalid", "recharge.amount")
        prices = fleet.customer.call("order_choices", kind="GR")["prices_yen"]
        assert prices == {"1": 300, "3": 900, "10": 3000, "100": 30000}

    def test_s4_31_a_group_recharge_starts_within_three_months(self, system: SimSystem, fleet: Fleet) -> None:
        group = fleet.begun(fleet.numbers(2))
        past = (system.sandbox.now().date() - timedelta(days=1)).isoformat()
        assert refusal(self.recharge, fleet, group, 1, start_date=past)[1] == "start_date.out_of_range"


class TestIsolation:
    """S4-19, S4-61: of another customer's groups nothing is found, and nothing can be done to them."""

    def test_s4_61_another_customer_s_group_looks_like_none(self, system: SimSystem, fleet: Fleet) -> None:
        numbers = fleet.numbers(2)
        order = fleet.register(numbers)
        other = Fleet(system, system.customer())
        month = other.months()[0]
        unknown: tuple[str, str, dict[str, Any]] = ("NotFound", "share.unknown", {})
        for group in (order["group_id"], 999_999):
            assert refusal(other.group, group) == unknown
            assert refusal(other.customer.call, "shared_numbers", group_id=group) == unknown
            assert refusal(other.customer.call, "read_numbers", text="x", group_id=group) == unknown
            assert refusal(other.delete, group, month) == unknown
            assert refusal(other.change, group, other.numbers(2), month) == unknown
            assert refusal(other.customer.quote, {"kind": "GR", "group_id": group, "gigabytes": 1}) == unknown
        assert other.customer.call("list_groups")["total"] == 0

    def test_s4_26_groups_are_found_by_name_creator_and_number(self, fleet: Fleet) -> None:
        numbers = fleet.numbers(6)
        for name, some in (("営業部", numbers[:2]), ("配送 100%", numbers[2:4]), ("営業 West", numbers[4:])):
            fleet.register(some, name=name)

        def found(**search: Any) -> list[str]:
            return [each["name"] for each in fleet.customer.call("list_groups", **search)["items"]]

        assert found() == ["営業 West", "配送 100%", "営業部"]
        assert found(name="営業") == ["営業 West", "営業部"]
        assert found(name="west") == ["営業 West"]
        assert found(name="%") == ["配送 100%"]
        assert found(msisdn=numbers[2][-7:]) == ["配送 100%"]
        assert found(creator=fleet.customer.login_id[:6].upper()) == found()
        assert found(creator="nobody") == []
        page = fleet.customer.call("list_groups", limit=2)
        assert (page["total"], len(page["items"])) == (3, 2)
        rest = fleet.customer.call("list_groups", limit=2, cursor=page["next_cursor"])
        assert [each["name"] for each in rest["items"]] == ["営業部"]
        assert rest["next_cursor"] is None
        assert refusal(fleet.customer.call, "list_groups", cursor="x")[1] == "page.bad_cursor"
