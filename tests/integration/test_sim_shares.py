"""Registering, changing and deleting share groups: what is promised and what is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest

from chassis.errors import KaisenError
from tests.integration.share_fleet import Fleet, at, next_month, refusal
from tests.integration.sim_system import SimSystem, sim_system

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


def test_s4_20_a_quote_states_capacity_fee_and_counts(fleet: Fleet) -> None:
    numbers = fleet.numbers(3)
    month = fleet.months()[0]
    quote = fleet.customer.quote(fleet.registration(numbers))
    assert quote["terms"] == {
        "name": "営業部",
        "start_month": month,
        "type": "large",
        "sim_bytes": 500 * MB,
        "members": 3,
        "capacity_bytes": 1500 * MB,
        "fee_yen_per_month": 300,
        "added": 3,
        "removed": 0,
        "unchanged": 0,
        "numbers": numbers,
        "joining": numbers,
        "leaving": [],
    }
    first = at(date.fromisoformat(f"{month}-01"))
    assert datetime.fromisoformat(quote["not_before"]) == first
    assert datetime.fromisoformat(quote["not_after"]) == at(first.date(), 0, 30)
    assert datetime.fromisoformat(quote["cancellable_until"]) == first
    assert fleet.customer.call("list_groups")["total"] == 0


CUTOFFS = [
    ("2028-02-28T21:59:59", "2028-03"),
    ("2028-02-28T22:00:00", "2028-04"),
    ("2028-02-29T12:00:00", "2028-04"),
    ("2028-03-01T00:00:00", "2028-04"),
    ("2027-02-27T21:59:59", "2027-03"),
    ("2027-02-27T22:00:00", "2027-04"),
    ("2027-12-30T21:59:59", "2028-01"),
    ("2027-12-30T22:00:00", "2028-02"),
    ("2027-12-31T23:59:00", "2028-02"),
]


@pytest.mark.parametrize(("now", "earliest"), CUTOFFS, ids=[now for now, _ in CUTOFFS])
def test_s4_21_s4_22_the_months_offered_begin_after_the_cutoff(
    system: SimSystem, fleet: Fleet, now: str, earliest: str
) -> None:
    system.sandbox.move_clock(datetime.fromisoformat(f"{now}+09:00"))
    months = fleet.months()
    assert months == [next_month(earliest, count) for count in range(4)]


def test_s4_21_other_months_are_refused_with_the_range(fleet: Fleet) -> None:
    numbers, months = fleet.numbers(2), fleet.months()
    for wrong in (next_month(months[-1]), "2026-01", months[0].replace("-", ""), "soon", "2027-13"):
        kind, code, details = refusal(fleet.customer.quote, fleet.registration(numbers, wrong))
        assert (kind, code) == ("Invalid", "start_month.out_of_range")
        assert details == {"earliest": months[0], "latest": months[-1]}


@pytest.mark.parametrize("count", [1, 1001])
def test_s4_18_a_group_too_small_or_too_large_is_refused(fleet: Fleet, count: int) -> None:
    numbers = fleet.numbers(count)
    assert refusal(fleet.customer.quote, fleet.registration(numbers)) == (
        "Invalid",
        "share.member_count",
        {"count": count, "least": 2, "most": 1000},
    )


@pytest.mark.parametrize("count", [2, 1000])
def test_s4_18_the_smallest_and_the_largest_group_are_accepted(fleet: Fleet, count: int) -> None:
    order = fleet.register(fleet.numbers(count))
    assert (order["items_total"], order["terms"]["members"]) == (count, count)


def test_s4_15_a_group_needs_a_name_numbers_and_a_month(fleet: Fleet) -> None:
    whole = fleet.registration(fleet.numbers(2))
    for field in ("name", "numbers", "start_month"):
        missing = {name: value for name, value in whole.items() if name != field}
        assert refusal(fleet.customer.quote, missing)[:2] == ("Invalid", "request.invalid")
    for name in ("", "   ", "x" * 61, "a\nb"):
        assert refusal(fleet.customer.quote, whole | {"name": name})[:2] == ("Invalid", "request.invalid")
    assert refusal(fleet.customer.quote, whole | {"type": "small"})[:2] == ("Invalid", "request.invalid")


def test_s4_16_s4_17_s4_19_every_number_that_cannot_join_is_told_by_its_row(
    system: SimSystem, fleet: Fleet
) -> None:
    one, two, *grouped = fleet.numbers(4)
    (suspended,) = fleet.numbers(1, "suspended")
    (foreign,) = Fleet(system, system.customer()).numbers(1)
    fleet.register(grouped)
    wanted = fleet.registration(
        [one, two, one.replace("-", ""), foreign, "020-9999-9999", suspended, grouped[0], two, "番号"]
    )
    kind, code, details = refusal(fleet.customer.place, wanted)
    assert (kind, code, details["error_count"]) == ("Invalid", "share.bad_numbers", 7)
    assert [(each["row"], each["code"].removeprefix("share.number_")) for each in details["errors"]] == [
        (3, "unhyphenated"),
        (4, "unknown"),
        (5, "unknown"),
        (6, "not_active"),
        (7, "grouped"),
        (8, "duplicate"),
        (9, "malformed"),
    ]
    assert fleet.shareable() == [one, two]
    assert fleet.customer.call("list_groups")["total"] == 1


def test_s4_17_a_file_of_numbers_is_read_and_judged_without_storing_anything(fleet: Fleet) -> None:
    one, two, three = fleet.numbers(3)
    text = f'\ufeff"{one}"\r\n\r\n"{two}"\r\n{three.replace("-", "")}\r\n"{one}"\r\n'
    read = fleet.customer.call("read_numbers", text=text)
    assert (read["numbers"], read["total"], read["error_count"]) == ([one, two], 2, 2)
    assert [(each["row"], each["code"]) for each in read["errors"]] == [
        (4, "share.number_unhyphenated"),
        (5, "share.number_duplicate"),
    ]
    assert refusal(fleet.customer.call, "read_numbers", text="\n \r\n")[:2] == ("Invalid", "share.no_numbers")
    assert fleet.shareable() == [one, two, three]


def test_s4_24_a_group_is_registered_or_changed_once_for_a_month(fleet: Fleet) -> None:
    numbers = fleet.numbers(4)
    group = fleet.begun(numbers[:2])
    month, later = fleet.months()[:2]
    first = fleet.change(group, numbers[:3], month)
    assert refusal(fleet.change, group, numbers, month) == (
        "Conflict",
        "share.once_a_month",
        {"number": first["number"], "month": month},
    )
    second = fleet.change(group, numbers, later)
    assert (second["terms"]["added"], second["terms"]["unchanged"]) == (1, 3)
    # what the second one begins with stays as it is
    assert refusal(fleet.customer.call, "cancel_order", number=first["number"]) == (
        "Conflict",
        "share.later_order",
        {"number": second["number"]},
    )
    fleet.customer.call("cancel_order", number=second["number"])
    fleet.customer.call("cancel_order", number=first["number"])
    again = fleet.change(group, numbers, month)
    assert again["terms"]["joining"] == numbers[2:]


def test_s4_24_a_group_cannot_be_changed_in_the_month_that_it_is_registered_for(fleet: Fleet) -> None:
    numbers = fleet.numbers(3)
    month, later = fleet.months()[:2]
    order = fleet.register(numbers[:2], month)
    assert refusal(fleet.change, order["group_id"], numbers, month)[1] == "share.once_a_month"
    changed = fleet.change(order["group_id"], numbers, later, name="改名")
    assert fleet.inside(order["group_id"]) == numbers[:2]
    assert refusal(fleet.customer.call, "cancel_order", number=order["number"])[1] == "share.later_order"
    fleet.customer.call("cancel_order", number=changed["number"])
    fleet.customer.call("cancel_order", number=order["number"])
    assert fleet.customer.call("list_groups")["total"] == 0
    assert fleet.shareable(month) == numbers


def test_s4_52_orders_of_every_kind_can_be_changed_until_their_month(fleet: Fleet) -> None:
    numbers = fleet.numbers(4)
    group = fleet.begun(numbers[:2])
    month, later = fleet.months()[:2]
    order = fleet.change(group, numbers[:3], month)
    for wanted in (
        fleet.changing(group, numbers[1:], month, name="配送部"),
        fleet.changing(group, numbers[1:], later),
        fleet.changing(group, numbers, month),
    ):
        quote = fleet.customer.call("quote_order_change", number=order["number"], order=wanted)
        changed = fleet.customer.change(order["number"], wanted, quote["fingerprint"])
        assert (changed["terms"], changed["group_id"]) == (quote["terms"], group)
    assert changed["terms"]["joining"] == numbers[2:]
    fleet.customer.call("cancel_order", number=order["number"])
    deletion = fleet.delete(group, month)
    moved = fleet.customer.change(deletion["number"], {"kind": "SD", "group_id": group, "start_month": later})
    assert (moved["terms"]["start_month"], fleet.group(group)["state"]) == (later, "ending")
    fleet.customer.call("cancel_order", number=deletion["number"])
    recharge = {"kind": "GR", "group_id": group, "gigabytes": 1, "start_date": f"{month}-01"}
    placed = fleet.customer.place(recharge)
    assert fleet.customer.change(placed["number"], recharge | {"gigabytes": 10})["price_yen"] == 3000
    assert fleet.shareable(later) == numbers[2:]


def test_orders_of_a_group_are_placed_in_the_order_of_their_months(fleet: Fleet) -> None:
    numbers = fleet.numbers(4)
    group = fleet.begun(numbers[:2])
    month, later = fleet.months()[:2]
    second = fleet.change(group, numbers[:3], later)
    assert refusal(fleet.change, group, numbers, month) == (
        "Conflict",
        "share.later_order",
        {"number": second["number"]},
    )


def test_deleting_is_refused_beside_other_orders_of_the_group_and_these_beside_it(fleet: Fleet) -> None:
    numbers = fleet.numbers(3)
    group = fleet.begun(numbers[:2])
    month, later = fleet.months()[:2]
    change = fleet.change(group, numbers, month)
    assert refusal(fleet.delete, group, later) == (
        "Conflict",
        "share.order_pending",
        {"number": change["number"]},
    )
    fleet.customer.call("cancel_order", number=change["number"])
    deleted = fleet.delete(group, month)
    beside = ("Conflict", "share.being_deleted", {"number": deleted["number"]})
    assert refusal(fleet.change, group, numbers, later) == beside
    assert refusal(fleet.delete, group, later) == beside
    recharge = {"kind": "GR", "group_id": group, "gigabytes": 1}
    assert refusal(fleet.customer.quote, recharge) == beside
    assert fleet.group(group)["state"] == "ending"
    fleet.customer.call("cancel_order", number=deleted["number"])
    assert fleet.change(group, numbers, month)["status"] == "pending"


def test_s4_25_a_share_order_can_be_cancelled_to_the_day_before_and_not_on_the_first(
    system: SimSystem, fleet: Fleet
) -> None:
    one, two, three, four = fleet.numbers(4)
    month = fleet.months()[0]
    kept, cancelled = fleet.register([one, two]), fleet.register([three, four])
    first = date.fromisoformat(f"{month}-01")
    system.sandbox.move_clock(at(first) - (at(first, 0, 2) - at(first, 0, 1)))
    fleet.customer.call("cancel_order", number=cancelled["number"])
    with system.transaction("SELECT 1 FROM sims WHERE serial = :s FOR UPDATE", s=fleet.serial(one)):
        system.sandbox.move_clock(at(first))
        assert (
            refusal(fleet.customer.call, "cancel_order", number=kept["number"])[1] == "order.not_cancellable"
        )
    fleet.customer.wait_for(kept["number"], "completed")
    seen = fleet.customer.order(cancelled["number"])
    assert (seen["status"], seen["cancelled_at"] is not None) == ("cancelled", True)
    assert fleet.shareable() == [three, four]


def test_an_order_that_is_changed_after_the_cutoff_moves_to_an_open_month(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(3)
    system.sandbox.move_clock(datetime.fromisoformat("2028-02-28T21:00:00+09:00"))
    order = fleet.register(numbers[:2], "2028-03")
    system.sandbox.move_clock(datetime.fromisoformat("2028-02-28T22:00:00+09:00"))
    kept = fleet.registration(numbers, "2028-03")
    kind, code, details = refusal(fleet.customer.change, order["number"], kept)
    assert (kind, code, details) == (
        "Invalid",
        "start_month.out_of_range",
        {"earliest": "2028-04", "latest": "2028-07"},
    )
    assert fleet.customer.order(order["number"])["terms"]["start_month"] == "2028-03"
    changed = fleet.customer.change(order["number"], fleet.registration(numbers, "2028-04", name="改名"))
    assert (changed["number"], changed["terms"]["members"]) == (order["number"], 3)
    (group,) = fleet.customer.call("list_groups")["items"]
    assert (group["name"], group["state"], group["group_id"]) == ("改名", "upcoming", changed["group_id"])
    system.sandbox.move_clock(datetime.fromisoformat("2028-04-01T00:00:00+09:00"))
    fleet.customer.wait_for(order["number"], "completed")
    assert fleet.inside(changed["group_id"]) == numbers


def test_a_number_leaves_one_group_and_joins_another_one_on_the_same_day(
    system: SimSystem, fleet: Fleet
) -> None:
    numbers = fleet.numbers(5)
    group = fleet.begun(numbers[:3])
    month = fleet.months()[0]
    assert refusal(fleet.register, numbers[2:], month)[1] == "share.bad_numbers"
    leaving = fleet.change(group, numbers[:2], month)
    joining = fleet.register(numbers[2:], month)
    assert refusal(fleet.customer.call, "cancel_order", number=leaving["number"]) == (
        "Conflict",
        "share.promised_elsewhere",
        {"number": joining["number"]},
    )
    fleet.move_to(month)
    for order in (leaving, joining):
        fleet.customer.wait_for(order["number"], "completed")
    assert fleet.inside(group) == numbers[:2]
    assert fleet.inside(joining["group_id"]) == numbers[2:]
    assert fleet.at_carrier(numbers[2]) == str(joining["group_id"])


def test_what_changes_nothing_is_refused(fleet: Fleet) -> None:
    numbers = fleet.numbers(2)
    group = fleet.begun(numbers)
    month = fleet.months()[0]
    assert refusal(fleet.change, group, numbers[::-1], month)[1] == "share.nothing_changed"
    assert refusal(fleet.change, group, numbers, month, name="営業部")[1] == "share.nothing_changed"


class TestRaces:
    """Two replicas are not needed: every call has a transaction of its own."""

    def race(self, *calls: Any) -> list[str]:
        """The statuses or codes that the calls end with."""

        def outcome(call: Any) -> str:
            try:
                return str(call()["status"])
            except KaisenError as error:
                return error.code

        with ThreadPoolExecutor(len(calls)) as pool:
            return sorted(pool.map(outcome, calls))

    def test_s4_24_of_two_groups_that_want_one_number_for_a_month_one_gets_it(self, fleet: Fleet) -> None:
        shared, *others = fleet.numbers(9)
        month, later = fleet.months()[:2]
        outcomes = self.race(
            *(
                lambda pair=pair, start=start: fleet.register([shared, *others[pair : pair + 2]], start)
                for pair, start in ((0, month), (2, month), (4, later), (6, later))
            )
        )
        assert outcomes == ["pending", *["share.bad_numbers"] * 3]

    def test_s4_24_of_two_changes_of_a_group_for_a_month_one_is_accepted(self, fleet: Fleet) -> None:
        numbers = fleet.numbers(6)
        group = fleet.begun(numbers[:2])
        month = fleet.months()[0]
        outcomes = self.race(
            *(
                lambda last=last: fleet.change(group, [*numbers[:2], numbers[last]], month)
                for last in (2, 3, 4, 5)
            )
        )
        assert outcomes == ["pending", *["share.once_a_month"] * 3]

    def test_of_a_change_and_a_deletion_one_is_accepted(self, fleet: Fleet) -> None:
        numbers = fleet.numbers(3)
        group = fleet.begun(numbers[:2])
        month, later = fleet.months()[:2]
        outcomes = self.race(
            lambda: fleet.change(group, numbers, month),
            lambda: fleet.delete(group, later),
            lambda: fleet.customer.place(
                {"kind": "GR", "group_id": group, "gigabytes": 1, "start_date": None}
            ),
        )
        assert "pending" in outcomes
        placed = fleet.system.rows(
            "SELECT kind FROM orders WHERE group_id = :g AND status IN ('pending', 'in_progress')", g=group
        )
        kinds = {row.kind for row in placed}
        assert not ("SD" in kinds and len(kinds) > 1)

    def test_numbers_that_leave_and_numbers_that_come_back_do_not_lock_each_other_out(
        self, fleet: Fleet
    ) -> None:
        """A cancelled leave and a new group race for the same numbers."""
        numbers = fleet.numbers(12)
        group = fleet.begun(numbers[:8])
        month = fleet.months()[0]
        leaving = fleet.change(group, numbers[:2], month)
        outcomes = self.race(
            lambda: fleet.customer.call("cancel_order", number=leaving["number"]),
            lambda: fleet.register(list(reversed(numbers[2:10])), month),
        )
        assert outcomes in (["cancelled", "share.bad_numbers"], ["pending", "share.promised_elsewhere"])
