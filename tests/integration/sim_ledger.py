"""A database of the SIM service, worked on directly: SIMs, share groups, recharges and usage for tests of figures."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from chassis import clock, migrations
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import locking, settlement, store
from services.sim.accounting import Balance, end_of, first_day, next_month
from services.sim.models import Sim
from services.sim.settings import Settings
from services.sim.timing import recharge_valid_through
from services.sim.usecases.importing_usage import import_usage
from services.sim.work.base import Site
from tests.harness import make_database

MB = 10**6
GB = 10**9
PLANS = {"500MB": GB // 2, "1GB": GB, "0": 0}
COLUMNS = "record_id,sim_serial,used_at,bytes"

_RECHARGE = text(
    "WITH ordered AS (INSERT INTO orders (number, kind, customer_code, service_type, status, applicant, accepted_at,"
    "   start_date, not_before, not_after, by_hand, price_yen, request, terms, items_total, items_open,"
    "   items_failed, correlation_id)"
    "  SELECT gen_random_uuid()::text, 'RC', code, '', 'completed', '', now(), now(), now(), now(), false, 0, '{}',"
    "   '{}', 1, 0, 0, '' FROM customers LIMIT 1 RETURNING id),"
    " item AS (INSERT INTO order_items (order_id, position, msisdn, holds, state, details)"
    "  SELECT id, 1, '', false, 'completed', '{}' FROM ordered RETURNING id)"
    " INSERT INTO buckets (sim_serial, group_id, kind, amount_bytes, used_bytes, valid_from, valid_until,"
    "   order_item_id)"
    "  SELECT :serial, :group, 'recharge', :amount, 0, :at, :until, id FROM item RETURNING id"
)

SETTINGS = Settings.model_construct(plans=PLANS, usage_record_months=6)


@dataclass(frozen=True)
class Use:
    record_id: str
    serial: str
    at: datetime
    bytes: int

    @property
    def row(self) -> str:
        return f"{self.record_id},{self.serial},{self.at.isoformat()},{self.bytes}"


class Ledger:
    """One customer for each name that a test takes, with telephone numbers of its own."""

    def __init__(self, database_server_url: str, name: str, now: datetime | None = None) -> None:
        self._now = now
        url = make_database(database_server_url, name)
        migrations.upgrade("services.sim", url)
        self.engine = create_engine(url, connect_args={"options": "-c timezone=UTC"}, pool_size=10)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._numbers = count(1)

    @property
    def now(self) -> datetime:
        return self._now or clock.now()

    @contextmanager
    def uow(self) -> Iterator[UnitOfWork]:
        with UnitOfWork(self._sessions) as uow:
            yield uow

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def execute(self, statement: str, *rows: Mapping[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), rows or {})

    # -- what there is

    def customer(self) -> str:
        code = f"TC{next(self._numbers):04}-00001"
        self.execute("INSERT INTO customers (code, name) VALUES (:code, :code)", {"code": code})
        return code

    def sims(self, customer: str, number: int, plan: str = "500MB") -> list[str]:
        numbers = [next(self._numbers) for _ in range(number)]
        self.execute(
            "INSERT INTO sims (serial, customer_code, project_name, msisdn, sim_type, sim_size, plan, status)"
            " VALUES (:serial, :customer, '', :msisdn, 'card', 'nano', :plan, 'active')",
            *(
                {"serial": f"AF{n:08}", "customer": customer, "msisdn": f"020{n:08}", "plan": plan}
                for n in numbers
            ),
        )
        return [f"AF{n:08}" for n in numbers]

    def group(self, customer: str, sim_bytes: int = GB // 2) -> int:
        with self.engine.begin() as connection:
            return int(
                connection.scalar(
                    text(
                        "INSERT INTO share_groups (customer_code, name, sim_bytes, created_by, created_at)"
                        " VALUES (:customer, '', :bytes, '', now()) RETURNING id"
                    ),
                    {"customer": customer, "bytes": sim_bytes},
                )
                or 0
            )

    def join(
        self, group_id: int, serials: Collection[str], from_month: date, until_month: date | None = None
    ) -> None:
        """Only writes the memberships, as before any usage."""
        self.execute(
            "INSERT INTO share_members (group_id, msisdn, from_month, until_month)"
            " VALUES (:group, :msisdn, :start, :end)",
            *(
                {"group": group_id, "msisdn": f"020{serial[2:]}", "start": from_month, "end": until_month}
                for serial in serials
            ),
        )

    def change_member(self, statement: str, group_id: int, serial: str, month: date) -> None:
        """Change a membership by a statement about :group, :msisdn and :month, with all that follows."""
        msisdn = f"020{serial[2:]}"
        with self.uow() as uow:
            locking.lock_changed(uow.session, [serial], [group_id], month)
            uow.session.execute(text(statement), {"group": group_id, "msisdn": msisdn, "month": month})
            settlement.settle_members(self.site(uow), [group_id], [msisdn], month)
            uow.commit()

    def recharge(self, owner: str | int, amount: int, at: datetime) -> int:
        """A recharge that begins at `at`; the id of its bucket."""
        until = end_of(recharge_valid_through(clock.in_japan(at).date()))
        serial, group_id = (owner, None) if isinstance(owner, str) else (None, owner)
        with self.uow() as uow:
            session, month = uow.session, first_day(at)
            locking.lock_connected(session, [serial] if serial else [], [group_id] if group_id else [], month)
            bucket = session.scalar(
                _RECHARGE,
                {"serial": serial, "group": group_id, "amount": amount, "at": at, "until": until},
            )
            months = [month]
            while months[-1] < first_day(self.now):  # here a recharge may be told of after later usage
                months.append(next_month(months[-1]))
            settlement.settle(
                session,
                PLANS,
                {each: [serial] if serial else [] for each in months},
                {each: [group_id] if group_id else [] for each in months},
            )
            uow.commit()
        assert bucket is not None
        return int(bucket)

    # -- what happens

    def site(self, uow: UnitOfWork) -> Site:
        return Site(uow, SETTINGS, self.now)

    def import_usage(self, uses: Iterable[Use]) -> ImportReport:
        with self.uow() as uow:
            uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('sim.import'))"))
            report = import_usage(
                uow, SETTINGS, self.now, "apply", "\n".join([COLUMNS, *(use.row for use in uses)]), ""
            )
            if report.applied:
                uow.commit()
        return report

    # -- what comes of it

    def buckets(self, serials: Sequence[str], groups: Sequence[int] = ()) -> dict[tuple[Any, ...], int]:
        """What is used: of a recharge by its id, of a month of a plan or pool by (owner, its first day)."""
        return {
            (row.id,)
            if row.kind == "recharge"
            else (row.sim_serial or row.group_id, first_day(row.valid_from)): row.used_bytes
            for row in self.rows(
                "SELECT * FROM buckets WHERE sim_serial = ANY(:serials) OR group_id = ANY(:groups)",
                serials=list(serials),
                groups=list(groups),
            )
            if row.used_bytes
        }

    def balances(self, serials: Sequence[str], at: datetime | None = None) -> dict[str, Balance]:
        with self.uow() as uow:
            sims: list[Sim] = list(store.sims_by_serial(uow.session, serials).values())
            return store.balances(uow.session, sims, PLANS, at or self.now)

    def group_balance(self, group_id: int, at: datetime | None = None) -> Balance:
        with self.uow() as uow:
            return store.group_balances(uow.session, [group_id], at or self.now)[group_id]

    def jobs(self, serials: Sequence[str]) -> list[tuple[str, str]]:
        """(kind, SIM) of the restrictions that were set and lifted, oldest first."""
        found = self.rows(
            "SELECT kind, sim_serial FROM jobs WHERE sim_serial = ANY(:serials) ORDER BY created_at, sim_serial",
            serials=list(serials),
        )
        return [(row.kind, row.sim_serial) for row in found]
