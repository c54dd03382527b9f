"""Recharges (リチャージ): what one would be, and placing the order for it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pydantic_core import to_jsonable_python

from chassis.clock import in_japan
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict
from chassis.idempotency import once
from services.sim import store
from services.sim.models import Job, Order, OrderItem, OrderStep, Recharge, Sim
from services.sim.numbers import format_order_number
from services.sim.orders import ItemState, OrderStatus, cancellable_until
from services.sim.pricing import recharge_price_yen
from services.sim.settings import Settings
from services.sim.start_date import check_start_date
from services.sim.timing import execution_window, recharge_valid_through
from services.sim.usecases.orders import described
from services.sim.usecases.sims import find_sim

KIND = "RC"


@dataclass(frozen=True)
class Wanted:
    """A recharge as the customer asks for it; `start_date` None is today."""

    sim_serial: str
    gigabytes: int
    start_date: str | None


@dataclass(frozen=True)
class Quote:
    """What the recharge would be. The fingerprint stands for all that a customer confirms, but not for the execution
    window: that of the same day moves with every second."""

    sim_serial: str
    msisdn: str
    plan: str
    project_name: str
    gigabytes: int
    price_yen: int
    start_date: date
    valid_through: date
    cancellable_until: datetime | None
    not_before: datetime
    not_after: datetime

    @property
    def fingerprint(self) -> str:
        confirmed = asdict(self)
        del confirmed["not_before"], confirmed["not_after"]
        canonical = json.dumps(to_jsonable_python(confirmed), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


def quote_recharge(
    uow: UnitOfWork, settings: Settings, customer: str | None, wanted: Wanted, now: datetime
) -> dict[str, Any]:
    """What `wanted` would be if it were placed now.

    Raises NotFound("sim.unknown"), Invalid("recharge.amount"), Invalid("start_date.out_of_range") and
    Conflict("sim.not_rechargeable") with the SIM's status.
    """
    quote, _ = _quote(uow, settings, customer, wanted, now)
    return asdict(quote) | {"fingerprint": quote.fingerprint}


def place_recharge(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    wanted: Wanted,
    fingerprint: str | None,
    idempotency_key: str,
    now: datetime,
) -> dict[str, Any]:
    """Order `wanted`; the same key again gets the same order.

    Raises what a quote does, and Conflict("quote.changed") if `fingerprint` is that of another quote than today's.
    """

    def place() -> dict[str, Any]:
        quote, sim = _quote(uow, settings, caller.customer, wanted, now)
        if fingerprint is not None and fingerprint != quote.fingerprint:
            raise Conflict("quote.changed")
        return described(_store(uow, quote, sim, caller, now), now)

    order, _ = once(
        uow,
        f"place_recharge/{caller.customer}/{caller.subject}",
        idempotency_key,
        asdict(wanted) | {"fingerprint": fingerprint},
        place,
    )
    uow.commit()
    return order


def _quote(
    uow: UnitOfWork, settings: Settings, customer: str | None, wanted: Wanted, now: datetime
) -> tuple[Quote, Sim]:
    sim = find_sim(uow, customer, wanted.sim_serial)
    price = recharge_price_yen(wanted.gigabytes, prices=settings.recharge_prices)
    start_date = check_start_date(wanted.start_date, now)
    if sim.status != "active":
        # data bought for a line that cannot communicate would run out unused
        raise Conflict("sim.not_rechargeable", status=sim.status)
    not_before, not_after = execution_window(now, start_date)
    quote = Quote(
        sim_serial=sim.serial,
        msisdn=sim.msisdn,
        plan=sim.plan,
        project_name=sim.project_name,
        gigabytes=wanted.gigabytes,
        price_yen=price,
        start_date=start_date,
        valid_through=recharge_valid_through(start_date),
        cancellable_until=cancellable_until(now, start_date),
        not_before=not_before,
        not_after=not_after,
    )
    return quote, sim


def _store(uow: UnitOfWork, quote: Quote, sim: Sim, caller: Caller, now: datetime) -> Order:
    year = in_japan(now).year
    sequence = store.next_in_sequence(uow.session, sim.customer_code, KIND, year)
    item = OrderItem(position=1, sim_serial=sim.serial, msisdn=sim.msisdn, state=ItemState.PENDING)
    order = Order(
        number=format_order_number(sim.customer_code, KIND, year, sequence),
        kind=KIND,
        customer_code=sim.customer_code,
        status=OrderStatus.PENDING,
        applicant=caller.login_id,
        accepted_at=now,
        start_date=quote.start_date,
        not_before=quote.not_before,
        not_after=quote.not_after,
        cancellable_until=quote.cancellable_until,
        correlation_id=caller.correlation_id,
        recharge=Recharge(
            gigabytes=quote.gigabytes, price_yen=quote.price_yen, valid_through=quote.valid_through
        ),
        items=[item],
        history=[OrderStep(at=now, status=OrderStatus.PENDING, actor=caller.login_id)],
    )
    uow.session.add(order)
    uow.session.flush()
    job = Job(
        kind="recharge",
        sim_serial=sim.serial,
        order_item_id=item.id,
        not_before=quote.not_before,
        correlation_id=caller.correlation_id,
    )
    uow.session.add(job)
    return order
