"""Finding lines: conditions, pages, the most that are shown."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.errors import Invalid
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
    """The numbers in each chunk of an export."""
    chunks: list[list[int]] = []
    cursor = None
    while True:
        chunk = contract.system.call(
            "export_lines",
            contract.customer,
            contract_code=contract.code,
            cursor=cursor,
            limit=limit,
            **conditions,
        )
        chunks.append([line["number"] for line in chunk["items"]])
        cursor = chunk["next_cursor"]
        if cursor is None:
            return chunks


def test_s1_14_the_export_is_the_filtered_set_in_chunks(contract: Contract) -> None:
    chunks = exported(contract, 70, status="in_service")
    assert [len(chunk) for chunk in chunks] == [70, 70, 70, 30]
    assert [number for chunk in chunks for number in chunk] == contract.find(status="in_service")


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


@pytest.mark.parametrize("limit", [0, 5001])
def test_other_chunk_sizes_are_refused(contract: Contract, limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        contract.system.call("export_lines", contract.customer, contract_code=contract.code, limit=limit)
    assert refused.value.code == "request.invalid"


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJhIl0", "Wy0xXQ", "WzFlOTld", "Wzk5OTk5OTk5OTk5OTld", "WzEsMl0"]
)
@pytest.mark.parametrize("method", ["list_lines", "export_lines"])
def test_a_forged_cursor_is_refused(contract: Contract, method: str, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        contract.system.call(method, contract.customer, contract_code=contract.code, cursor=cursor)
    assert refused.value.code == "page.bad_cursor"


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
    assert [len(chunk) for chunk in everything] == [5000, 1]
