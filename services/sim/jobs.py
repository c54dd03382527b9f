"""The queue of work outside, in the database.

Any number of processes claim jobs, many at a time. A claim is a lease: for its time no other process takes the job,
and afterwards another may. Whoever works on a job renews its lease, so that a lease can be short although the work may
be long. Each claim raises the job's fence, and only the holder of the present one may write a result, so that a process
that was stalled past its lease changes nothing.

Leases and retries run by the database's clock, which all processes share and nobody moves; an order's own times are
business time. The jobs of one lane, a SIM or a group, run one after the other, because the capacity that an operation
sets is absolute.

A claim takes about the same number from each customer who has something due, beginning with the customer after the one
that the last claim ended with: nobody waits until another's hundred thousand are done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.sim.work.base import Task

_OVERDUE = text(
    "SELECT id FROM jobs WHERE state = 'started' AND next_attempt_at <= clock_timestamp()"
    "  AND kind <> ALL(:held_up) ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_ANY_DUE = text("SELECT EXISTS (SELECT FROM jobs WHERE state = 'waiting' AND not_before <= :now)")

# Steps from customer to customer through the index instead of reading all that is due.
_CUSTOMERS = text(
    "WITH RECURSIVE waiting (code) AS ("
    "  SELECT min(customer_code) FROM jobs WHERE state = 'waiting' AND customer_code > :after"
    "  UNION ALL"
    "  SELECT (SELECT min(customer_code) FROM jobs WHERE state = 'waiting' AND customer_code > waiting.code)"
    "  FROM waiting WHERE waiting.code IS NOT NULL"
    " ) SELECT code FROM waiting WHERE code IS NOT NULL AND EXISTS ("
    "  SELECT FROM jobs WHERE state = 'waiting' AND customer_code = waiting.code AND not_before <= :now)"
    " LIMIT :limit"
)
# The first of each lane only: who is next waits until that one has ended.
_DUE = text(
    "SELECT due.id FROM unnest(CAST(:customers AS text[])) AS customer (code) CROSS JOIN LATERAL ("
    "  SELECT j.id FROM jobs j WHERE j.state = 'waiting' AND j.customer_code = customer.code"
    "   AND j.not_before <= :now AND j.kind <> ALL(:held_up)"
    "   AND NOT EXISTS (SELECT FROM jobs s WHERE s.lane = j.lane AND s.state = 'started')"
    "   AND NOT EXISTS (SELECT FROM jobs w WHERE w.lane = j.lane AND w.state = 'waiting'"
    "    AND (w.not_before, w.created_at, w.id) < (j.not_before, j.created_at, j.id))"
    "  ORDER BY j.not_before LIMIT :each FOR UPDATE SKIP LOCKED) AS due"
)
_TASKS = text(
    "SELECT j.id AS job_id, j.kind, j.lane, j.customer_code, j.sim_serial,"
    "  coalesce(j.group_id, o.group_id) AS group_id, j.not_before,"
    "  j.correlation_id, j.operations, i.id AS item_id, coalesce(i.position, 0) AS position,"
    "  coalesce(i.msisdn, '') AS msisdn, coalesce(i.details, '{}') AS details, o.id AS order_id,"
    "  coalesce(o.number, '') AS order_number, coalesce(o.kind, '') AS order_kind,"
    "  coalesce(o.applicant, '') AS applicant, o.start_date, o.not_after, coalesce(o.price_yen, 0) AS price_yen,"
    "  coalesce(o.terms, '{}') AS terms"
    " FROM jobs j LEFT JOIN order_items i ON i.id = j.order_item_id LEFT JOIN orders o ON o.id = i.order_id"
    " WHERE j.id = ANY(:ids) ORDER BY j.not_before, o.id, i.position"
)
_START = text(
    "UPDATE jobs SET state = 'started', attempts = attempts + 1, fence = fence + 1,"
    "  started_at = coalesce(started_at, :now), next_attempt_at = clock_timestamp() + :lease,"
    "  operations = given.operations"
    " FROM (SELECT (row->>0)::uuid AS id, nullif(row->1, 'null') AS operations FROM jsonb_array_elements(:rows) AS row)"
    "  AS given WHERE jobs.id = given.id RETURNING jobs.id, fence, attempts, started_at"
).bindparams(bindparam("rows", type_=JSONB))
_RENEW = text(
    "UPDATE jobs SET next_attempt_at = clock_timestamp() + :lease"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[])) AS held (id, fence)"
    " WHERE jobs.id = held.id AND jobs.fence = held.fence AND jobs.state = 'started'"
)
_HELD = text(
    "SELECT jobs.id FROM jobs JOIN unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[])) AS held (id, fence)"
    " ON jobs.id = held.id AND jobs.fence = held.fence WHERE jobs.state = 'started' ORDER BY jobs.id FOR UPDATE OF jobs"
)
_END = text(
    "UPDATE jobs SET state = given.state, error = coalesce(given.error, jobs.error), next_attempt_at = NULL"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:errors AS text[])) AS given (id, state, error)"
    " WHERE jobs.id = given.id"
)
_POSTPONE = text(
    "UPDATE jobs SET next_attempt_at = clock_timestamp() + given.delay, error = given.error"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:delays AS interval[]), CAST(:errors AS text[]))"
    "  AS given (id, delay, error) WHERE jobs.id = given.id"
)


@dataclass(frozen=True)
class Lease:
    """The right to write the result of one attempt at a job. `number` counts the attempts from 1."""

    job_id: UUID
    fence: int
    number: int
    started_at: datetime


class Turns:
    """Whose turn it is: the customer that the last claim of this process ended with."""

    def __init__(self) -> None:
        self.last = ""


def take_due(
    session: Session, now: datetime, limit: int, turns: Turns, held_up: Sequence[str] = ()
) -> list[UUID]:
    """Lock at most `limit` jobs that are due, each of another lane. They are free again unless `start`ed.

    Jobs of the kinds `held_up` are left. Half of what is taken are repetitions at most, so that these do not hold up
    what is due for the first time.
    """
    overdue = list(session.scalars(_OVERDUE, {"limit": max(1, limit // 2), "held_up": list(held_up)}))
    if not session.scalar(_ANY_DUE, {"now": now}):
        return overdue
    wanted = max(1, limit - len(overdue))
    customers = _next_customers(session, now, wanted, turns)
    each = max(1, wanted // max(1, len(customers)))
    values = {"customers": customers, "now": now, "each": each, "held_up": list(held_up)}
    return overdue + list(session.scalars(_DUE, values))


def tasks(session: Session, ids: Sequence[UUID]) -> list[Task]:
    """What the jobs are about."""
    names = [field.name for field in fields(Task)]
    return [
        Task(**{name: getattr(row, name) for name in names})
        for row in session.execute(_TASKS, {"ids": list(ids)})
    ]


def start(
    session: Session, operations: Mapping[UUID, list[dict[str, Any]] | None], now: datetime, lease: timedelta
) -> dict[UUID, Lease]:
    """Claim locked jobs for an attempt at `operations`."""
    if not operations:
        return {}
    rows = [[str(job_id), sent] for job_id, sent in operations.items()]
    return {
        row.id: Lease(row.id, row.fence, row.attempts, row.started_at)
        for row in session.execute(_START, {"rows": rows, "now": now, "lease": lease})
    }


def renew(session: Session, leases: Sequence[Lease], lease: timedelta) -> None:
    """Keep the jobs that are still ours for another `lease`."""
    session.execute(_RENEW, _held(leases) | {"lease": lease})


def held(session: Session, leases: Sequence[Lease]) -> set[UUID]:
    """Which of the jobs are still ours; these are locked. The caller has locked their SIMs before."""
    return set(session.scalars(_HELD, _held(leases)))


def end(session: Session, results: Mapping[UUID, tuple[str, str | None]]) -> None:
    """Write the last state of jobs: (state, error)."""
    if results:
        states, errors = zip(*results.values(), strict=True)
        session.execute(_END, {"ids": list(results), "states": list(states), "errors": list(errors)})


def postpone(session: Session, delays: Mapping[UUID, tuple[timedelta, str]]) -> None:
    """Give jobs back for another attempt after a delay of real time: (delay, error)."""
    if delays:
        waits, errors = zip(*delays.values(), strict=True)
        session.execute(_POSTPONE, {"ids": list(delays), "delays": list(waits), "errors": list(errors)})


def _next_customers(session: Session, now: datetime, limit: int, turns: Turns) -> list[str]:
    def after(code: str, count: int) -> list[str]:
        return list(session.scalars(_CUSTOMERS, {"after": code, "now": now, "limit": count}))

    found = after(turns.last, limit)
    if len(found) < limit and turns.last:
        found += [code for code in after("", limit - len(found)) if code <= turns.last]
    turns.last = found[-1] if found else ""
    return found


def _held(leases: Sequence[Lease]) -> dict[str, Any]:
    return {"ids": [each.job_id for each in leases], "fences": [each.fence for each in leases]}
