"""The contract inquiry as the tables grow: a contract's counts, and the first page of its lines, searched and sorted.

One contract has a twentieth of all lines, the others have about fifty each. Times are of the use case, which is what a
process does for a call, and of the whole call over the bus, one after the other. With KAISEN_BENCH_PLANS=FILE the
query plans are written there.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import sessionmaker

from bench.measuring import Series, Size, Subject, percentiles
from bench.surroundings import Surroundings
from chassis.database import UnitOfWork
from chassis.errors import Invalid
from services.contracts.searching import LineSearch
from services.contracts.settings import Settings
from services.contracts.usecases import inquiry
from tests.harness import make_database
from tests.integration.contracts.system import ContractsSystem

CUSTOMER, LARGE, SMALL = "C900001", "K000001", "K000002"
TIMES = 40  # calls of each kind in a round

# name: (contract, conditions, sort)
PAGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a contract of 50 lines": (SMALL, {}, "number"),
    "prefix": (LARGE, {"phone_prefix": "0500000"}, "number"),
    "prefix, by end date": (LARGE, {"phone_prefix": "05000000"}, "-end_date"),
    "in service within weeks, by mobile number": (
        LARGE,
        {"status": "in_service", "start_from": date(2024, 1, 1), "start_to": date(2024, 5, 31)},
        "mobile_number",
    ),
    "a month, by account": (
        LARGE,
        {"start_from": date(2023, 5, 1), "start_to": date(2023, 5, 31)},
        "-account_id",
    ),
    "all of the large contract, by start": (LARGE, {}, "start_date"),
}

_LOAD = """
INSERT INTO customers SELECT 'C9' || lpad(i::text, 5, '0'), 'みなと商事' FROM generate_series(1, :contracts) i;
INSERT INTO projects SELECT code, '本社' FROM customers;
INSERT INTO contracts (code, customer_code, project_name, family, service_type, service_name, display_plan)
 SELECT 'K' || lpad(i::text, 6, '0'), CASE WHEN i <= 2 THEN 'C900001' ELSE 'C9' || lpad(i::text, 5, '0') END,
  '本社', 'ip_phone', 'ip_phone', 'IP電話サービス', 'standard' FROM generate_series(1, :contracts) i;
INSERT INTO lines (contract_id, number, phone_number, account_id, line_password, start_date, end_date, channels,
  notified_number, mobile_number)
 SELECT CASE WHEN i <= :large THEN 1 ELSE 2 + (i - :large - 1) % (:contracts - 1) END,
  CASE WHEN i <= :large THEN i ELSE 1 + (i - :large - 1) / (:contracts - 1) END,
  '050' || lpad(i::text, 8, '0'), '8150' || lpad((i::bigint * 7919 % 1000003)::text, 8, '0'), repeat('x', 72),
  DATE '2020-01-01' + (i % 2000), CASE WHEN i % 10 = 0 THEN DATE '2026-01-01' + i % 300 END, 1 + i % 9,
  CASE WHEN i % 2 = 0 THEN '050' || lpad((i / 100 * 100)::text, 8, '0') END,
  CASE WHEN i % 5 = 0 THEN '090' || lpad((i::bigint * 7919 % 100000007)::text, 8, '0') END
 FROM generate_series(1, :lines) i
"""


def measure(around: Surroundings, size: Size) -> list[Subject]:
    return [_grown_to(around, lines, size.rounds) for lines in size.inquiry]


def _grown_to(around: Surroundings, lines: int, rounds: int) -> Subject:
    url = make_database(around.database_server_url, "bench_inquiry")
    folder = around.folder / f"inquiry-{lines}"
    folder.mkdir()
    with ContractsSystem(around.amqp_uri, url, folder) as system:
        contracts = max(lines // 50, 3)
        for statement in _LOAD.split(";"):
            sizes = {"contracts": contracts, "lines": lines, "large": lines // 20}
            system.change_rows(statement, **{name: sizes[name] for name in sizes if f":{name}" in statement})
        with system.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as autovacuum does in time
        works = _use_cases(system) | _calls(system)
        times: dict[str, list[float]] = {f"{name}, {which}": [] for name in works for which in ("p50", "p95")}
        for number in range(rounds + 1):
            for name, work in works.items():
                middle, high = percentiles(work, 1 if number == 0 else TIMES)
                if number:  # the first round only warms up
                    times[f"{name}, p50"].append(middle)
                    times[f"{name}, p95"].append(high)
        if path := os.environ.get("KAISEN_BENCH_PLANS"):
            with Path(path).open("a") as file, _explained(system.engine, file.write):
                for work in _use_cases(system).values():
                    work()
    about = f"{lines:,} lines in {contracts:,} contracts, one of them with {lines // 20:,}"
    return Subject(
        f"inquiry {lines}", about, [Series(name, "ms", found) for name, found in times.items()], []
    )


def _use_cases(system: ContractsSystem) -> dict[str, Callable[[], object]]:
    env = system.process.env
    given = {name.removeprefix("KAISEN_").lower(): env[name] for name in env if name.startswith("KAISEN_")}
    settings = Settings.model_validate(given)
    sessions = sessionmaker(system.engine)

    def contract() -> None:
        with UnitOfWork(sessions) as uow:
            inquiry.get_contract(uow, settings, CUSTOMER, LARGE)

    def page(code: str, conditions: dict[str, Any], sort: Any) -> Callable[[], object]:
        search = LineSearch(**conditions)

        def work() -> None:
            with UnitOfWork(sessions) as uow, suppress(Invalid):  # too many are counted, and refused
                inquiry.list_lines(uow, settings, CUSTOMER, code, search, sort, None, 20)

        return work

    return {"counts, use case": contract} | {
        f"{name}, use case": page(*asked) for name, asked in PAGES.items()
    }


def _calls(system: ContractsSystem) -> dict[str, Callable[[], object]]:
    def page(code: str, conditions: dict[str, Any], sort: str) -> Callable[[], object]:
        asked = to_jsonable_python(conditions | {"contract_code": code, "sort": sort})

        def work() -> None:
            with suppress(Invalid):
                system.call("list_lines", CUSTOMER, **asked)

        return work

    return {"counts, call": lambda: system.call("get_contract", CUSTOMER, contract_code=LARGE)} | {
        f"{name}, call": page(*asked) for name, asked in PAGES.items()
    }


@contextmanager
def _explained(engine: Engine, write: Callable[[str], object]) -> Iterator[None]:
    """Meanwhile the plan of every query is written, with what it took."""

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        write(f"{cursor.query.decode()}\n\n{plan}\n\n")

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", explain)
