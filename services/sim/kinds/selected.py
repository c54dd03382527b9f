"""Orders for SIMs that a customer has selected, one or many."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select

from chassis.errors import Conflict, Invalid, NotFound
from services.sim import store
from services.sim.kinds.base import Desk, Request, Target
from services.sim.models import Sim
from services.sim.sims_store import describing
from services.sim.usecases.holding import refuse_held

LIVING = frozenset({"active", "suspended"})
"""The statuses of SIMs that communicate, or will again once they are resumed."""

MANY_SIMS = 100
"""More SIMs than this in one order come with a notice to talk to the sales representative first."""

Serial = Annotated[str, StringConstraints(min_length=1, max_length=32)]


class SelectionRequest(Request):
    """`start_date` is `YYYY-MM-DD`; None is today."""

    sim_serials: Annotated[list[Serial], Field(min_length=1, max_length=10_000)]
    start_date: Annotated[str, Field(max_length=20)] | None = None


def selected(
    desk: Desk, request: SelectionRequest, statuses: Collection[str], *, beside_others: bool = False
) -> list[Sim]:
    """The customer's SIMs of the request, in its order, none of them held by another order unless `beside_others`.

    Raises Invalid("sims.repeated", sim_serial=…), NotFound("sim.unknown", sim_serial=…) for another customer's, too,
    Conflict("order.conflict") and Conflict("sim.wrong_status", sim_serial=…, status=…, allowed=[…]).
    """
    found = {
        sim.serial: sim
        for sim in desk.session.scalars(
            store.sims_of(desk.customer).where(store.is_any(Sim.serial, request.sim_serials))
        )
    }
    seen: set[str] = set()
    for serial in request.sim_serials:
        if serial in seen:
            raise Invalid("sims.repeated", sim_serial=serial)
        seen.add(serial)
        if serial not in found:
            raise NotFound("sim.unknown", sim_serial=serial)
    if not beside_others:
        refuse_held(desk.session, request.sim_serials)
    for serial in request.sim_serials:
        if found[serial].status not in statuses:
            raise _wrong_status(serial, found[serial].status, statuses)
    return [found[serial] for serial in request.sim_serials]


def confirm_statuses(desk: Desk, request: SelectionRequest, statuses: Collection[str]) -> None:
    """For a kind's `accept`: raises Conflict("sim.wrong_status") if a SIM has another status by now.

    An order that was carried out after the SIMs were read, and before this one's items held them, has changed it.
    """
    changed = desk.session.execute(
        select(Sim.serial, Sim.status)
        .where(store.is_any(Sim.serial, request.sim_serials), Sim.status.not_in(statuses))
        .order_by(Sim.serial)
    ).first()
    if changed is not None:
        raise _wrong_status(changed.serial, changed.status, statuses)


def _wrong_status(serial: str, status: str, statuses: Collection[str]) -> Conflict:
    return Conflict("sim.wrong_status", sim_serial=serial, status=status, allowed=sorted(statuses))


def targets(work: str, sims: list[Sim]) -> list[Target]:
    """Each of the SIMs as an item that holds it."""
    return [Target(work, sim.serial, sim.msisdn, holds=True, details=describing(sim)) for sim in sims]


def notices(count: int) -> list[str]:
    """What a customer should know of an order for `count` SIMs."""
    return ["order.many_sims"] if count > MANY_SIMS else []


def common_service_type(sims: list[Sim]) -> str:
    """The service type (サービス種別) of an order: that of its SIMs, or `mixed`."""
    types = {sim.service_type for sim in sims}
    return types.pop() if len(types) == 1 else "mixed"
