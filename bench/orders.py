"""Recharges that are due at once, carried out by one process, against the database's own single transactions.

The process is halted while the others are measured, so that all take turns.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import requests

from bench.database import ONE_BY_ONE, transactions
from bench.measuring import Series, Size, Subject, rate
from bench.surroundings import Surroundings
from chassis.clock import JAPAN
from tests.harness import until
from tests.integration.sim_system import Sandbox, SimSystem, sim_system

CUSTOMERS = 8
TRANSACTIONS = 4  # a recharge: the database alone would be done too soon to be measured
AT_ONCE = 10  # calls to the carrier at once, as the service has it by default

OURS = "Kaisen, one process"
CARRIER = "the sandbox carrier alone"

# a process that is halted must not take that for a silent carrier, nor lose its leases
SETTINGS: dict[str, Any] = {"KAISEN_CARRIER_TIMEOUT_SECONDS": "30", "KAISEN_LEASE_SECONDS": "300"}

Log = list[dict[str, Any]]


@dataclass(frozen=True)
class Placed:
    """An order as its customer was promised it."""

    sim_serial: str
    not_before: datetime
    not_after: datetime


def measure(around: Surroundings, size: Size) -> list[Subject]:
    folder = around.folder / "orders"
    folder.mkdir()
    share = size.recharges // size.rounds
    count = share * TRANSACTIONS
    rates: dict[str, list[float]] = {ONE_BY_ONE: [], CARRIER: [], OURS: []}
    with (
        sim_system(folder, around.amqp_uri, around.database_server_url, replicas=1, **SETTINGS) as system,
        transactions(around.database_server_url, size.recharges * TRANSACTIONS) as work,
    ):
        nights = [_place(system, share, days=number + 2) for number in range(size.rounds)]
        placed = [order for night in nights for order in night]
        log_before = _carrier_log(system.sandbox, placed)
        for number, night in enumerate(nights, 1):
            with _halted(system):
                rates[ONE_BY_ONE].append(rate(count, lambda: work(count, 1)))
                rates[CARRIER].append(rate(share, lambda: _ask_carrier(system.sandbox, share)))
            # not while it is halted: moving the clock waits for those who follow it
            rates[OURS].append(rate(share, partial(_carry_out, system, night, share * number)))
        facts = _findings(placed, log_before, _carrier_log(system.sandbox, placed))
    database, carrier, ours = (Series(name, "items/s", values) for name, values in rates.items())
    about = f"{size.recharges:,} recharges, {share:,} of which become due together at each of {size.rounds} midnights"
    ratios = [ours.ratio_to(database), ours.ratio_to(carrier)]
    return [Subject("orders", about, [database, carrier, ours], ratios, facts)]


def _place(system: SimSystem, count: int, days: int) -> list[Placed]:
    """Orders as customers place them, for a day to come but not the next: a midnight meanwhile changes nothing."""
    start_date = (system.sandbox.now().date() + timedelta(days=days)).isoformat()
    wanted = [
        (customer, serial)
        for number in range(CUSTOMERS)
        if (of_customer := len(range(number, count, CUSTOMERS)))
        for customer in [system.customer()]
        for serial in customer.new_sims(of_customer)
    ]
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        orders = list(pool.map(lambda each: each[0].recharge(each[1], start_date=start_date), wanted))
    return [
        Placed(
            serial,
            datetime.fromisoformat(order["not_before"]),
            datetime.fromisoformat(order["not_after"]),
        )
        for (_, serial), order in zip(wanted, orders, strict=True)
    ]


def _carry_out(system: SimSystem, night: Sequence[Placed], target: int) -> None:
    """Let these orders become due; until `target` are done in all."""
    system.sandbox.move_clock(datetime.combine(night[0].not_before.date(), time(), JAPAN))
    until(lambda: _done(system) >= target, 300, system.tail)


def _done(system: SimSystem) -> int:
    (row,) = system.rows("SELECT count(*) FROM jobs WHERE kind = 'recharge' AND state = 'done'")
    return int(row[0])


@contextmanager
def _halted(system: SimSystem) -> Iterator[None]:
    process = system.replicas[0].pid
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _ask_carrier(sandbox: Sandbox, count: int) -> None:
    """The same operations as the service sends, on SIMs that are not its own."""

    def ask(times: int) -> None:
        with requests.Session() as session:
            for _ in range(times):
                body = {
                    "operation_id": uuid4().hex,
                    "action": "set_capacity",
                    "sim_serial": f"BENCH{uuid4().hex}",
                    "params": {"bytes": 1_500_000_000},
                }
                answer = session.post(f"{sandbox.url}/carrier/operations", json=body, timeout=30)
                answer.raise_for_status()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, [count // AT_ONCE] * AT_ONCE))


def _carrier_log(sandbox: Sandbox, placed: Sequence[Placed]) -> Log:
    """Every request to the carrier for a SIM of an order, in the carrier's own words and time."""
    serials = {order.sim_serial for order in placed}
    answer = requests.get(f"{sandbox.url}/carrier/requests", timeout=60)
    answer.raise_for_status()
    return [each for each in answer.json() if each["sim_serial"] in serials]


def _findings(placed: Sequence[Placed], log_before: Log, log: Log) -> dict[str, int]:
    effects = [each for each in log if each["outcome"] == "done"]
    times = Counter(each["sim_serial"] for each in effects)
    order_of = {order.sim_serial: order for order in placed}
    at = [(datetime.fromisoformat(each["at"]), order_of[each["sim_serial"]]) for each in effects]
    return {
        "placed": len(placed),
        "executed": len(times),
        "executed early": len(log_before) + sum(when < order.not_before for when, order in at),
        "executed late": sum(when > order.not_after for when, order in at),
        "executed twice": sum(count > 1 for count in times.values()),
        "requests that were repeated": len(log) - len(effects),
    }
