"""The SIM status list: filters, pages, and nothing of other customers."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis import errors
from tests.integration.sim_system import Customer, SimSystem, sim_system


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture(scope="module")
def customer(system: SimSystem) -> Customer:
    """A customer with 120 active SIMs and 3 suspended ones."""
    made = system.customer()
    made.new_sims(120)
    made.new_sims(3, status="suspended")
    return made


def test_s4_14_every_hit_is_on_exactly_one_page_and_all_are_counted(customer: Customer) -> None:
    seen: list[str] = []
    cursor = None
    sizes = []
    while True:
        page = customer.call("list_sims", cursor=cursor, limit=50)
        assert page["total"] == 123
        sizes.append(len(page["items"]))
        seen += [item["sim_serial"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sizes == [50, 50, 23]
    assert seen == sorted(set(seen))


def test_a_last_page_that_is_full_has_no_next_one(customer: Customer) -> None:
    page = customer.call("list_sims", status="suspended", limit=3)
    assert (page["total"], len(page["items"]), page["next_cursor"]) == (3, 3, None)


def test_s4_14_parts_of_serial_and_number_find(customer: Customer) -> None:
    serial = customer.call("list_sims", limit=1)["items"][0]["sim_serial"]
    found = customer.call("list_sims", serial=serial[2:].lower())
    assert [item["sim_serial"] for item in found["items"]] == [serial]
    msisdn = found["items"][0]["msisdn"]
    hyphenated = f"{msisdn[:3]}-{msisdn[3:7]}-{msisdn[7:]}"
    found = customer.call("list_sims", msisdn=hyphenated[2:])
    assert [item["msisdn"] for item in found["items"]] == [msisdn]


@pytest.mark.parametrize("part", ["%", "_", "\\", "'"])
def test_s4_14_signs_of_the_search_language_are_plain_text(customer: Customer, part: str) -> None:
    assert customer.call("list_sims", serial=part)["total"] == 0


@pytest.mark.parametrize(
    "arguments",
    [{"status": "asleep"}, {"limit": 0}, {"limit": 101}, {"serial": "\x00"}, {"serial": "A" * 201}],
)
def test_unusable_conditions_are_refused(customer: Customer, arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        customer.call("list_sims", **arguments)
    assert refusal.value.code == "request.invalid"


@pytest.mark.parametrize("cursor", ["rubbish", "WzFd", "W10", "e30", "WyJcdTAwMDAiXQ"])
@pytest.mark.parametrize("method", ["list_sims", "list_orders"])
def test_a_cursor_of_somebody_s_making_is_refused(customer: Customer, method: str, cursor: str) -> None:
    if (method, cursor) == ("list_orders", "WzFd"):  # [1] is a good cursor of orders
        assert customer.call(method, cursor=cursor)["items"] == []
        return
    with pytest.raises(errors.Invalid) as refusal:
        customer.call(method, cursor=cursor)
    assert refusal.value.code == "page.bad_cursor"


def test_s4_61_another_customer_s_sims_are_not_there(system: SimSystem, customer: Customer) -> None:
    other = system.customer()
    serial = customer.call("list_sims", limit=1)["items"][0]["sim_serial"]
    assert other.call("list_sims")["total"] == 0
    refusals = []
    for wanted in (serial, "AF99999999999"):
        with pytest.raises(errors.NotFound) as refusal:
            other.sim(wanted)
        refusals.append((refusal.value.code, refusal.value.details))
    assert refusals == [("sim.unknown", {})] * 2


def test_s4_61_staff_without_a_customer_see_no_sim(system: SimSystem, customer: Customer) -> None:
    with pytest.raises(errors.Forbidden):
        system.call("list_sims", frozenset({"staff_support"}), None, "support")
    seen = system.call("list_sims", frozenset({"console_viewer"}), None, "nobody")
    assert seen["total"] == 0


def test_a_customer_is_known_by_the_name_that_was_told_last(system: SimSystem, customer: Customer) -> None:
    system.tell_customer(customer.code, "新しい名前")
    rows = system.rows("SELECT name FROM customers WHERE code = :code", code=customer.code)
    assert [row.name for row in rows] == ["新しい名前"]
