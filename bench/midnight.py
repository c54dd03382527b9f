"""Orders of many customers that all fall due at one midnight, with one recharge for the same day placed meanwhile.

The fleet is put into the database as an import would leave it; the orders are placed as customers place them. Compared
with procrastinate, a queue of jobs in PostgreSQL too, and with PostgreSQL's own rate at one claim, update and insert
for each item.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import perf_counter
from typing import Any

import requests
from sqlalchemy import make_url

from bench.database import BATCH, BATCHES, ONE_BY_ONE, transactions
from bench.measuring import Series, Size, Subject, rate
from bench.surroundings import Surroundings
from chassis.clock import JAPAN
from tests.harness import ROOT, leashed, make_database, until
from tests.integration.sim_system import Customer, SimSystem, sim_system

LATENCY_MS = 20
REPLICAS = 2
ALLOWED_SECONDS = 120
PROCRASTINATE = "procrastinate, one process, jobs that do nothing"
_BATCHED = 10  # times as many pieces of work in batches: they are done sooner
_SINGLE_AFTER = 0.2  # of the items: when the single recharge is placed

_CUSTOMERS = (
    "INSERT INTO customers (code, name)"
    " SELECT 'TC' || lpad(n::text, 4, '0') || '-00000', 'Fleet ' || n FROM generate_series(1, :customers) AS n"
)
_SIMS = (
    "INSERT INTO sims (serial, customer_code, project_name, msisdn, sim_type, sim_size, plan, status, activated_on)"
    " SELECT 'BM' || lpad(n::text, 10, '0'), 'TC' || lpad((n % :customers + 1)::text, 4, '0') || '-00000', 'bench',"
    "  '0200' || lpad(n::text, 7, '0'), 'card', 'nano', '500MB', 'active', '2026-01-01'"
    " FROM generate_series(0, :sims - 1) AS n"
)


@dataclass(frozen=True)
class Night:
    """How long it took, from the clock's midnight on, in seconds of real time."""

    placing: float
    all_done: float
    single: float


def measure(around: Surroundings, size: Size) -> list[Subject]:
    subjects = []
    for sims in size.fleets:
        folder = around.folder / f"midnight-{sims}"
        folder.mkdir()
        customers = max(4, min(2_000, sims // 50))
        with sim_system(
            folder,
            around.amqp_uri,
            around.database_server_url,
            replicas=REPLICAS,
            carrier_latency_ms=LATENCY_MS,
            KAISEN_CARRIER_TIMEOUT_SECONDS="30",
            KAISEN_LEASE_SECONDS="240",
        ) as system:
            system.change(_CUSTOMERS, customers=customers)
            system.change(_SIMS, customers=customers, sims=sims)
            system.change("ANALYZE")
            fleet = [Customer(system, f"TC{n:04}-00000") for n in range(1, customers + 1)]
            night = _play(system, fleet, min(size.due_items, sims))
            facts = _findings(system, min(size.due_items, sims))
        items = Series("items", "items/s", [facts["items"] / night.all_done])
        peers = _peers(around, size.jobs)
        subjects.append(
            Subject(
                f"midnight {sims}",
                f"{facts['items']:,} suspensions of {customers:,} customers due at 00:00, fleet of {sims:,} SIMs,"
                f" {REPLICAS} processes, carrier answers in {LATENCY_MS} ms",
                [
                    Series("all items done", "s", [night.all_done]),
                    items,
                    Series("single recharge for the same day, placed meanwhile", "s", [night.single]),
                    *peers,
                ],
                [items.ratio_to(peer) for peer in peers],
                facts | {"seconds to place the orders": round(night.placing, 1)},
            )
        )
    return subjects


def _peers(around: Surroundings, jobs: int) -> list[Series]:
    """Rates of others on the same servers, once our processes are gone: a queue of jobs that do nothing, and the
    database alone.
    """
    database = make_url(make_database(around.database_server_url, "bench_procrastinate"))
    env = {"KAISEN_DATABASE_URL": database.set(drivername="postgresql").render_as_string(hide_password=False)}
    command = leashed([sys.executable, "-m", "bench.peers.procrastinate_jobs", str(jobs)])
    done = subprocess.run(command, env=os.environ | env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    batched = jobs * _BATCHED
    with transactions(around.database_server_url, jobs + batched) as work:
        rates = {
            PROCRASTINATE: jobs / float(done.stdout),
            ONE_BY_ONE: rate(jobs, lambda: work(jobs, 1)),
            BATCHES: rate(batched, lambda: work(batched, BATCH)),
        }
    return [Series(name, "items/s", [value]) for name, value in rates.items()]


def _play(system: SimSystem, fleet: Sequence[Customer], items: int) -> Night:
    day = system.sandbox.now().date() + timedelta(days=2)
    started = perf_counter()
    each = items // len(fleet)
    serials = system.rows(
        "SELECT customer_code, (array_agg(serial ORDER BY serial))[1 : :each] AS serials FROM sims"
        " GROUP BY customer_code",
        each=each,
    )
    of_customer = {row.customer_code: row.serials for row in serials}

    def place(customer: Customer) -> None:
        order = {"kind": "CS", "sim_serials": of_customer[customer.code], "start_date": day.isoformat()}
        customer.place(order)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(place, fleet))
    placing = perf_counter() - started
    single = system.customer()
    serial = single.new_sim()
    system.change("ANALYZE jobs, orders, order_items")
    total = each * len(fleet)
    began = perf_counter()
    system.sandbox.move_clock(datetime.combine(day, time(), JAPAN))
    until(lambda: _done(system) >= total * _SINGLE_AFTER, 600, system.tail)
    placed = perf_counter()
    number = single.recharge(serial)["number"]
    single.wait_for(number, "completed", timeout=600)
    single_seconds = perf_counter() - placed
    until(lambda: _done(system) >= total, 900, system.tail)
    return Night(placing, perf_counter() - began, single_seconds)


def _done(system: SimSystem) -> int:
    (row,) = system.rows("SELECT count(*) FROM jobs WHERE kind = 'suspend' AND state = 'done'")
    return int(row[0])


def _findings(system: SimSystem, items: int) -> dict[str, Any]:
    answer = requests.get(f"{system.sandbox.url}/carrier/requests", timeout=120)
    answer.raise_for_status()
    effects = [each for each in answer.json() if each["action"] == "suspend" and each["outcome"] == "done"]
    times = Counter(each["sim_serial"] for each in effects)
    (window,) = system.rows(
        "SELECT min(not_before) AS start, min(not_after) AS end FROM orders WHERE kind = 'CS'"
    )
    at = [datetime.fromisoformat(each["at"]) for each in effects]
    (orders,) = system.rows(
        "SELECT count(*) FILTER (WHERE status = 'completed') AS done FROM orders WHERE kind = 'CS'"
    )
    return {
        "items": len(times),
        "orders completed": orders.done,
        "executed early": sum(when < window.start for when in at),
        "executed after the window": sum(when > window.end for when in at),
        "executed twice": sum(count > 1 for count in times.values()),
    }
