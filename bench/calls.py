"""Call records of a large contract: how fast they are taken in, and what the inquiries cost then."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

from sqlalchemy import text

from bench.measuring import Size, Subject, in_turns
from bench.surroundings import Surroundings
from chassis import clock
from tests.harness import make_database
from tests.integration.contracts.system import LINE, ContractsSystem, as_csv, phones

IMPORTED_AT_ONCE = 50_000
LINES = 1_000
MONTHS = 24
SAMPLES = 200

DETAILS = "call details, first page with sums"
USAGE = "usage of a month, first page with sums"
KEPT = "sums of a month by line, kept"
COMPUTED = "sums of a month by line, computed"

KEPT_SQL = (
    "SELECT line_id, calls, duration_seconds, charge_yen FROM call_totals"
    " WHERE contract_id = (SELECT id FROM contracts WHERE code = :code) AND month = :month"
)
COMPUTED_SQL = (
    "SELECT line_id, count(*), sum(duration_seconds), sum(charge_yen) FROM call_records"
    " WHERE contract_id = (SELECT id FROM contracts WHERE code = :code)"
    " AND started_at >= :start AND started_at < :end GROUP BY line_id"
)


def measure(around: Surroundings, size: Size) -> list[Subject]:
    database_url = make_database(around.database_server_url, "bench_calls")
    with ContractsSystem(around.amqp_uri, database_url, around.folder) as system:
        customer = system.new_customer()
        contract = system.new_contract(customer)
        numbers = phones(LINES, "05000000000")
        system.store("lines", *(LINE | {"contract_code": contract, "phone_number": one} for one in numbers))
        started, seconds = perf_counter(), []
        for number, content in enumerate(_files(numbers, size.call_records)):
            begun = perf_counter()
            report = system.send("calls", content)
            assert report["applied"], report["errors"]
            seconds.append(report["created"] / (perf_counter() - begun))
            if number == 0:
                _applied_long_ago(system, contract, customer)
        taken_in = perf_counter() - started
        with system.engine.begin() as connection:
            for table in ("lines", "call_totals", "call_records"):
                connection.execute(text(f"ANALYZE {table}"))  # as autovacuum would soon
        context = system.token(customer=customer)

        def ask(method: str, **arguments: Any) -> Any:
            return system.client.call(
                f"contracts.{method}", timeout=30, context=context, contract_code=contract, **arguments
            )

        month = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
        asked = {"month": f"{month:%Y-%m}"}
        works: dict[str, Callable[[], object]] = {
            DETAILS: lambda: ask("list_calls", **asked),
            USAGE: lambda: ask("list_usage", **asked),
            KEPT: lambda: _rows(system, KEPT_SQL, code=contract, month=month),
            COMPUTED: lambda: _rows(system, COMPUTED_SQL, code=contract, **_bounds(month)),
        }
        series = in_turns(size.rounds, 1, "/s", works)
        one_number = {"month": asked["month"], "phone_prefix": numbers[LINES // 2]}
        details, usage = ask("list_calls", **asked), ask("list_usage", **asked)
        facts = {
            "records": size.call_records,
            "of them in the month that is asked for": details["totals"]["calls"],
            "sums of details and usage are the same": details["totals"] == usage["totals"],
            "records imported a second, the slowest file": round(min(seconds)),
            "seconds for all files": round(taken_in, 1),
            f"{DETAILS}, p95 in ms": _p95(works[DETAILS], size),
            f"{DETAILS}, one number, p95 in ms": _p95(lambda: ask("list_calls", **one_number), size),
            f"{USAGE}, p95 in ms": _p95(works[USAGE], size),
        }
    about = f"{size.call_records:,} call records of {LINES:,} lines in {MONTHS} months"
    kept, computed = series[2:]
    return [Subject("calls", about, series, [kept.ratio_to(computed)], facts)]


def _files(numbers: list[str], count: int) -> Iterator[str]:
    """Records of all months in no order, as a switch delivers them late and shuffled."""
    dice = random.Random("calls")
    today = clock.in_japan(clock.now())
    first = today - timedelta(days=30 * (MONTHS - 1))
    for begin in range(0, count, IMPORTED_AT_ONCE):
        yield as_csv(
            {
                "record_id": f"20260101-{number:012d}",
                "phone_number": dice.choice(numbers),
                "started_at": (first + (today - first) * dice.random()).isoformat(),
                "destination": f"03{dice.randrange(10**8):08d}",
                "call_type": "domestic",
                "duration_seconds": str(dice.randrange(600)),
                "charge_yen": str(dice.randrange(100)),
            }
            for number in range(begin, min(begin + IMPORTED_AT_ONCE, count))
        )


def _applied_long_ago(system: ContractsSystem, contract: str, customer: str) -> None:
    system.call("apply_for_call_details", customer, contract_code=contract)
    with system.engine.begin() as connection:
        connection.execute(text("UPDATE details_applications SET applied_at = '2020-01-01'"))


def _bounds(month: date) -> dict[str, datetime]:
    end = (month + timedelta(days=31)).replace(day=1)
    start, until = (datetime.combine(day, datetime.min.time(), clock.JAPAN) for day in (month, end))
    return {"start": start, "end": until}


def _rows(system: ContractsSystem, statement: str, **values: Any) -> list[Any]:
    found = system.sql(statement, **values)
    assert found
    return found


def _p95(work: Callable[[], object], size: Size) -> float:
    taken = []
    for _ in range(SAMPLES if size.rounds > 2 else 20):
        started = perf_counter()
        work()
        taken.append((perf_counter() - started) * 1000)
    return round(quantiles(taken, n=20)[18], 1)
