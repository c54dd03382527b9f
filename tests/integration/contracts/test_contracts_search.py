"""Finding lines: conditions, pages, the most that are shown."""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.errors import Invalid
from chassis.paging import encode_cursor
from tests.integration.contracts.system import LINE, ContractsSystem, phones

FIRST_DAY = date(2024, 2, 25)


@dataclass(frozen=True)
class Known:
    """A line as the test stored it."""

    number: int
    phone_number: str
    start_date: date
    end_date: date | None


@dataclass(frozen=True)
class Contract:
    """A contract of 300 lines in three blocks of numbers, started on ten days, every fifth one terminated."""

    system: ContractsSystem
    customer: str
    code: str
    lines: list[Known]

    def find(self, **conditions: Any) -> list[int]:
        """The numbers of all hits, over all pages."""
        found: list[int] = []
        cursor = None
        while True:
            page = self.system.call(
                "list_lines", self.customer, contract_code=self.code, cursor=cursor, limit=100, **conditions
            )
            found += [line["number"] for line in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                assert page["total"] == len(found)
                return found


@pytest.fixture(scope="module")
def contract(contracts: ContractsSystem) -> Contract:
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    numbers = [
        *phones(100, start="05058050000"),
        *phones(100, start="05058051000"),
        *phones(100, "05058060000"),
    ]
    lines = [
        Known(
            place, number, FIRST_DAY + timedelta(days=place % 10), clock.today() if place % 5 == 0 else None
        )
        for place, number in enumerate(numbers, 1)
    ]
    contracts.store(
        "lines",
        *(
            LINE
            | {
                "contract_code": code,
                "phone_number": line.phone_number,
                "start_date": line.start_date.isoformat(),
                "end_date": line.end_date.isoformat() if line.end_date else "",
            }
            for line in lines
        ),
    )
    # another contract of the same customer, whose lines must never be among the hits
    contracts.new_lines(contracts.new_contract(customer), phones(50, start="05058052000"))
    return Contract(contracts, customer, code, lines)


def refusal(contract: Contract, **conditions: Any) -> Invalid:
    with pytest.raises(Invalid) as refused:
        contract.find(**conditions)
    return refused.value


@pytest.mark.parametrize(
    ("prefix", "hits"),
    [
        ("0505805", 200),
        ("05058050", 100),
        ("050580510", 100),
        ("05058060099", 1),
        ("0505807", 0),
        ("050580600990", 0),
    ],
)
def test_s1_07_a_prefix_of_seven_digits_or_more_finds(contract: Contract, prefix: str, hits: int) -> None:
    found = contract.find(phone_prefix=prefix)
    assert found == [line.number for line in contract.lines if line.phone_number.startswith(prefix)]
    assert len(found) == hits


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("050580", "lines.prefix_too_short"),
        ("0", "lines.prefix_too_short"),
        ("050-5805", "lines.prefix_not_digits"),
        ("0505805%", "lines.prefix_not_digits"),
        ("050580\uff15", "lines.prefix_not_digits"),
    ],
)
@pytest.mark.parametrize("method", ["list_lines", "export_lines"])
def test_s1_07_other_prefixes_are_refused(contract: Contract, method: str, prefix: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        contract.system.call(method, contract.customer, contract_code=contract.code, phone_prefix=prefix)
    assert refused.value.code == code
    assert refused.value.details["errors"][0]["pointer"] == "phone_prefix"


def test_s1_08_all_lines_are_the_default_and_terminated_ones_can_be_hidden(contract: Contract) -> None:
    assert contract.find() == contract.find(status="all") == list(range(1, 301))
    assert contract.find(status="in_service") == [
        line.number for line in contract.lines if line.end_date is None
    ]


@pytest.mark.parametrize(
    ("start_from", "start_to", "hits"),
    [
        ("2024-02-29", None, 180),
        (None, "2024-02-29", 150),
        ("2024-02-29", "2024-03-01", 60),
        ("2024-02-29", "2024-02-29", 30),
        ("2024-03-06", None, 0),
        (None, "2024-02-24", 0),
    ],
)
def test_s1_09_start_dates_from_to_and_between_are_inclusive(
    contract: Contract, start_from: str | None, start_to: str | None, hits: int
) -> None:
    found = contract.find(start_from=start_from, start_to=start_to)
    assert found == [
        line.number
        for line in contract.lines
        if (start_from is None or line.start_date >= date.fromisoformat(start_from))
        and (start_to is None or line.start_date <= date.fromisoformat(start_to))
    ]
    assert len(found) == hits


def test_s1_10_a_reversed_range_is_refused(contract: Contract) -> None:
    error = refusal(contract, start_from="2024-03-02", start_to="2024-03-01")
    assert error.code == "lines.range_reversed"


@pytest.mark.parametrize("day", ["2023-02-29", "2024-04-31", "2024-13-01", "yesterday"])
@pytest.mark.parametrize("side", ["start_from", "start_to"])
def test_s1_10_an_impossible_date_is_refused(contract: Contract, side: str, day: str) -> None:
    error = refusal(contract, **{side: day})
    assert error.code == "request.invalid"
    assert [one["pointer"] for one in error.details["errors"]] == [side]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prefix=st.sampled_from([None, "0505805", "05058051", "0505806000"]),
    status=st.sampled_from(["all", "in_service"]),
    offsets=st.tuples(st.integers(-2, 11), st.integers(-2, 11)),
    bounds=st.tuples(st.booleans(), st.booleans()),
)
def test_s1_11_results_satisfy_all_conditions(
    contract: Contract,
    prefix: str | None,
    status: str,
    offsets: tuple[int, int],
    bounds: tuple[bool, bool],
) -> None:
    earlier, later = (FIRST_DAY + timedelta(days=offset) for offset in sorted(offsets))
    start_from, start_to = (earlier if bounds[0] else None), (later if bounds[1] else None)
    found = contract.find(
        phone_prefix=prefix,
        status=status,
        start_from=start_from and start_from.isoformat(),
        start_to=start_to and start_to.isoformat(),
    )
    assert found == [
        line.number
        for line in contract.lines
        if line.phone_number.startswith(prefix or "")
        and (status == "all" or line.end_date is None)
        and (start_from is None or line.start_date >= start_from)
        and (start_to is None or line.start_date <= start_to)
    ]


def exported(contract: Contract, limit: int, **conditions: Any) -> list[list[int]]:
    """The numbers in each part of an export."""

    def part(cursor: str | None) -> dict[str, Any]:
        answer: dict[str, Any] = contract.system.call(
            "export_lines",
            contract.customer,
            contract_code=contract.code,
            cursor=cursor,
            limit=limit,
            **conditions,
        )
        return answer

    first = part(None)
    parts = []
    for one in (first, *map(part, first["cursors"])):
        rows = list(csv.reader(io.StringIO(one["text"], newline="")))
        assert len(rows) == one["lines"]
        parts.append([int(row[0]) for row in rows])
    return parts


def test_s1_14_the_export_is_the_filtered_set_in_parts(contract: Contract) -> None:
    parts = exported(contract, 70, status="in_service")
    assert [len(part) for part in parts] == [56, 56, 56, 56, 16]
    assert [number for part in parts for number in part] == contract.find(status="in_service")


SORTED: dict[str, Any] = {
    "number": lambda line: line["number"],
    "phone_number": lambda line: line["phone_number"],
    "account_id": lambda line: line["account_id"],
    "start_date": lambda line: line["start_date"],
    "end_date": lambda line: line["end_date"],
    "channels": lambda line: line["channels"],
    "notified_number": lambda line: line["notified_number"],
    "pilot_number": lambda line: line["pilot_number"],
    "mobile_number": lambda line: line["mobile_number"],
}


@pytest.fixture(scope="module")
def mixed(contracts: ContractsSystem) -> Contract:
    """A contract of 60 lines that differ in every column, with blanks and equals."""
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    numbers = phones(60)
    today = clock.today()

    def row(place: int) -> dict[str, str]:
        shuffled = place * 37 % 60
        ends = {0: today - timedelta(days=shuffled), 1: today + timedelta(days=3)}.get(place % 5)
        return LINE | {
            "contract_code": code,
            "phone_number": numbers[shuffled],
            "account_id": f"{'Ab0'[place % 3]}{shuffled % 7}",
            "start_date": (FIRST_DAY - timedelta(days=shuffled % 11)).isoformat(),
            "end_date": ends.isoformat() if ends else "",
            "channels": str(1 + shuffled % 12),
            "notified_number": numbers[place % 4] if place % 3 else "",
            "pilot_number": numbers[place % 7] if place % 2 else "",
            "mobile_number": f"090{numbers[shuffled][3:]}" if place % 4 else "",
        }

    contracts.store("lines", *map(row, range(60)))
    return Contract(contracts, customer, code, [])


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("column", SORTED)
def test_lines_are_sorted_with_blanks_last_and_equals_by_number(
    mixed: Contract, column: str, descending: bool
) -> None:
    sort = f"-{column}" if descending else column
    lines: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = mixed.system.call(
            "list_lines", mixed.customer, contract_code=mixed.code, sort=sort, cursor=cursor, limit=20
        )
        assert page["total"] == 60
        lines += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    value = SORTED[column]
    by_number = sorted(lines, key=lambda line: line["number"])
    filled = [line for line in by_number if value(line) is not None]
    blank = [line for line in by_number if value(line) is None]
    assert lines == sorted(filled, key=value, reverse=descending) + blank
    assert len({line["number"] for line in lines}) == 60
    assert bool(blank) == (column in {"end_date", "notified_number", "pilot_number", "mobile_number"})


def test_a_search_and_a_sort_go_together(contract: Contract) -> None:
    found = contract.find(status="in_service", phone_prefix="0505805", sort="-phone_number")
    assert found == sorted(contract.find(status="in_service", phone_prefix="0505805"), reverse=True)


def test_a_cursor_of_another_sort_is_refused(mixed: Contract) -> None:
    def ask(**arguments: Any) -> Any:
        return mixed.system.call("list_lines", mixed.customer, contract_code=mixed.code, **arguments)

    cursor = ask(sort="start_date")["next_cursor"]
    for other in ("-start_date", "number", "end_date"):
        with pytest.raises(Invalid) as refused:
            ask(sort=other, cursor=cursor)
        assert refused.value.code == "page.bad_cursor"


@pytest.mark.parametrize("sort", ["line_password", "-addon_password", "id", "number;", "--number", ""])
def test_nothing_else_is_sorted_by(mixed: Contract, sort: str) -> None:
    with pytest.raises(Invalid) as refused:
        mixed.system.call("list_lines", mixed.customer, contract_code=mixed.code, sort=sort)
    assert refused.value.code == "request.invalid"


@pytest.mark.parametrize("sort", ["channels", "-account_id", "notified_number", "-pilot_number"])
def test_s1_06_hidden_columns_are_not_sorted_by(contracts: ContractsSystem, sort: str) -> None:
    """Their order would tell what the plan does not show."""
    customer = contracts.new_customer()
    code = contracts.new_contract(customer, display_plan="basic")
    with pytest.raises(Invalid) as refused:
        contracts.call("list_lines", customer, contract_code=code, sort=sort)
    assert refused.value.code == "lines.sort_hidden"
    assert contracts.call("list_lines", customer, contract_code=code, sort="-mobile_number")["items"] == []


@pytest.mark.parametrize("limit", [20, 50, 100])
def test_s1_14_pages_of_20_50_and_100_follow_each_other(contract: Contract, limit: int) -> None:
    page = contract.system.call("list_lines", contract.customer, contract_code=contract.code, limit=limit)
    assert [line["number"] for line in page["items"]] == list(range(1, limit + 1))
    following = contract.system.call(
        "list_lines", contract.customer, contract_code=contract.code, limit=limit, cursor=page["next_cursor"]
    )
    assert following["items"][0]["number"] == limit + 1
    assert (page["total"], following["total"]) == (300, 300)


@pytest.mark.parametrize("limit", [0, 19, 21, 5000])
def test_other_page_sizes_are_refused(contract: Contract, limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        contract.system.call("list_lines", contract.customer, contract_code=contract.code, limit=limit)
    assert refused.value.code == "request.invalid"


@pytest.mark.parametrize("limit", [0, 15_001])
def test_other_part_sizes_are_refused(contract: Contract, limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        contract.system.call("export_lines", contract.customer, contract_code=contract.code, limit=limit)
    assert refused.value.code == "request.invalid"


FORGED: dict[str, tuple[Any, ...]] = {
    "list_lines": ([], ["a"], [1], ["number", -1], ["number", 2**31], ["number", 1e99], ["number", 1, 2]),
    "export_lines": (
        [],
        ["a"],
        [1],
        [-1, 2],
        [2, 2],
        [2, 1],
        [0, 15_001],
        [2**31, 2**31 + 1],
        [0, 1e3],
        [0, 1, 2],
    ),
}


@pytest.mark.parametrize("method", FORGED)
def test_a_forged_cursor_is_refused(contract: Contract, method: str) -> None:
    for cursor in ("x", *(encode_cursor(list(values)) for values in FORGED[method])):
        with pytest.raises(Invalid) as refused:
            contract.system.call(method, contract.customer, contract_code=contract.code, cursor=cursor)
        assert refused.value.code == "page.bad_cursor", cursor


def test_s1_12_5000_hits_are_shown_and_5001_ask_to_narrow(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    numbers = phones(5001)
    rows = [LINE | {"contract_code": code, "phone_number": number} for number in numbers]
    contracts.store("lines", *rows[:5000])
    assert contracts.call("list_lines", customer, contract_code=code)["total"] == 5000

    contracts.store("lines", rows[5000] | {"start_date": "2022-08-18"})
    with pytest.raises(Invalid) as refused:
        contracts.call("list_lines", customer, contract_code=code)
    assert (refused.value.code, refused.value.details) == ("lines.too_many", {"total": 5001, "limit": 5000})

    narrowed = contracts.call("list_lines", customer, contract_code=code, start_to="2022-08-17")
    assert narrowed["total"] == 5000
    # the file has them all
    everything = exported(Contract(contracts, customer, code, []), 5000)
    assert [number for part in everything for number in part] == list(range(1, 5002))
