"""The SIM list as fleets grow: first pages, searched and sorted.

One customer has a twentieth of all SIMs, the others have some 500. Three of five SIMs have used data this month, one of
twenty has a recharge that is open. Times are of the use case, which is what a process does for a call, and of the whole
call over the bus, one after the other.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from bench.measuring import Series, Size, Subject, percentiles
from bench.surroundings import Surroundings
from chassis import clock
from chassis.database import UnitOfWork
from services.sim.searching import SimSearch
from services.sim.settings import Settings
from services.sim.usecases import sims
from tests.integration.sim_system import CONSOLE_ROLES, SimSystem, sim_system

LARGE, SMALL = "TC0000-00001", "TC0000-00002"
TIMES = 40  # calls of each kind in a round

# name: (customer, conditions, sort)
PAGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "500 SIMs, by used": (SMALL, {}, "-used"),
    "all, by serial": (LARGE, {}, "sim_serial"),
    "all, by number": (LARGE, {}, "-msisdn"),
    "all, by project": (LARGE, {}, "project_name"),
    "all, by used": (LARGE, {}, "-used"),
    "all, by remaining": (LARGE, {}, "remaining"),
    "all, by as of": (LARGE, {}, "-as_of"),
    "restricted, by used": (LARGE, {"restricted": True}, "-used"),
    "part of a number": (LARGE, {"msisdn": "0-0123"}, "sim_serial"),
    "part of a serial, by remaining": (LARGE, {"serial": "af00001"}, "remaining"),
    "part of a project, suspended": (LARGE, {"project_name": "端末 7", "status": "suspended"}, "plan"),
}

_LOAD = """
INSERT INTO customers SELECT 'TC' || lpad((i / 10000)::text, 4, '0') || '-' || lpad(i::text, 5, '0'), 'みなと商事'
 FROM generate_series(1, :customers) i;
INSERT INTO sims (serial, customer_code, project_name, msisdn, sim_type, sim_size, plan, status, service_type,
  activated_on, restricted_at, usage_until, used_bytes, capacity_bytes, figures_until, recharged_until)
 SELECT 'AF' || lpad(i::text, 10, '0'), c.code, '配送端末 ' || i % 50, '020' ||
  lpad((i::bigint * 7919 % 100000007)::text, 8, '0'),
  CASE WHEN i % 6 = 3 THEN 'esim' ELSE 'card' END, 'nano', CASE WHEN i % 8 = 7 THEN '30GB' ELSE '500MB' END,
  CASE WHEN i % 20 = 5 THEN 'suspended' ELSE 'active' END, CASE WHEN i % 9 = 0 THEN 'mobile_choice' ELSE 'data' END,
  DATE '2026-01-01', CASE WHEN i % 25 = 1 THEN now() END,
  CASE WHEN i % 5 < 3 THEN now() - i % 86400 * interval '1 s' END,
  CASE WHEN i % 5 < 3 THEN i::bigint * 7919 % 500000000 END, CASE WHEN i % 5 < 3 THEN 500000000 END,
  CASE WHEN i % 5 < 3 THEN now() + interval '20 days' END,
  CASE WHEN i % 20 = 0 THEN now() + interval '80 days' END
 FROM generate_series(1, :sims) i JOIN (SELECT code, row_number() OVER (ORDER BY split_part(code, '-', 2)) AS n
  FROM customers) c ON c.n = CASE WHEN i <= :large THEN 1 ELSE 2 + (i - :large - 1) % (:customers - 1) END;
INSERT INTO orders (number, kind, customer_code, service_type, status, applicant, accepted_at, start_date, not_before,
  not_after, by_hand, price_yen, request, terms, items_total, items_open, items_failed, correlation_id)
 VALUES ('TC0000-00001-RC260001', 'RC', 'TC0000-00001', 'data', 'completed', '', now(), now(), now(), now(), false, 0,
  '{}', '{}', 1000000, 0, 0, '');
INSERT INTO order_items (order_id, position, sim_serial, msisdn, holds, state, details)
 SELECT o.id, row_number() OVER (ORDER BY serial), serial, msisdn, false, 'completed', '{}' FROM orders o, sims
 WHERE recharged_until IS NOT NULL;
INSERT INTO buckets (sim_serial, kind, amount_bytes, used_bytes, valid_from, valid_until, order_item_id)
 SELECT sim_serial, 'recharge', 1000000000, 0, date_trunc('month', now(), 'Asia/Tokyo'),
  date_trunc('month', now() + interval '80 days', 'Asia/Tokyo'), id FROM order_items;
INSERT INTO buckets (sim_serial, kind, amount_bytes, used_bytes, used_by_month, valid_from, valid_until)
 SELECT serial, 'plan', 500000000, used_bytes, ARRAY[used_bytes], date_trunc('month', now(), 'Asia/Tokyo'),
  date_trunc('month', now() + interval '32 days', 'Asia/Tokyo') FROM sims WHERE used_bytes IS NOT NULL
"""


def measure(around: Surroundings, size: Size) -> list[Subject]:
    return [_grown_to(around, count, size.rounds) for count in size.fleets]


def _grown_to(around: Surroundings, count: int, rounds: int) -> Subject:
    folder = around.folder / f"sims-{count}"
    folder.mkdir()
    with sim_system(folder, around.amqp_uri, around.database_server_url) as system:
        customers = max(count // 500, 3)
        sizes = {"customers": customers, "sims": count, "large": count // 20}
        for statement in _LOAD.split(";"):
            system.change(statement, **{name: sizes[name] for name in sizes if f":{name}" in statement})
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
    about = f"{count:,} SIMs of {customers:,} customers, one of them with {count // 20:,}"
    return Subject(f"sims {count}", about, [Series(name, "ms", found) for name, found in times.items()], [])


def _use_cases(system: SimSystem) -> dict[str, Callable[[], object]]:
    settings = Settings.model_construct(
        plans=Settings.model_fields["plans"].default
    )  # no list asks for others
    sessions = sessionmaker(system.engine)

    def page(customer: str, conditions: dict[str, Any], sort: Any) -> Callable[[], object]:
        search = SimSearch(**conditions)

        def work() -> None:
            with UnitOfWork(sessions) as uow:
                sims.list_sims(uow, settings, clock.now(), customer, search, sort, None, 50)

        return work

    return {f"{name}, use case": page(*asked) for name, asked in PAGES.items()}


def _calls(system: SimSystem) -> dict[str, Callable[[], object]]:
    def page(customer: str, conditions: dict[str, Any], sort: str) -> Callable[[], object]:
        def work() -> None:
            system.call("list_sims", CONSOLE_ROLES, customer, "bench", sort=sort, **conditions)

        return work

    return {f"{name}, call": page(*asked) for name, asked in PAGES.items()}
