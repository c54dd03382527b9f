"""Replacing a SIM by an eSIM: a profile is reserved, ordered at the SM-DP+, and put in the former SIM's place.

Only the last step takes the former SIM out of service. What fails before it leaves the former SIM as it was.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB

from chassis.sealing import FieldCipher
from services.sim import activation_code, esim_store, stock_store, store
from services.sim.adapters.carrier import Operation
from services.sim.adapters.smdp import new_matching_id
from services.sim.events import ProfileReady
from services.sim.models import Job, Order, OrderItem, Sim
from services.sim.work.base import Failed, Obsolete, Plan, Site, Task, Work
from services.sim.work.profile_system import CANCEL, ORDER
from services.sim.work.suspension import set_status
from services.sim.work.swap import Swap

log = structlog.get_logger()

RESERVE = "reserve_profile"
SWAP = "swap_profile"
OUT_OF_STOCK = "esim.out_of_stock"
_LANE = "profile "


class ReserveProfile(Work):
    """Takes a profile from the stock for good. An empty stock is asked again with every lease, as long as the order is
    retried."""

    kind = RESERVE
    ends_item = False

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        items = [_item(task) for task in tasks]
        reserved = stock_store.reserve(site.uow.session, items, sim_type="esim", sim_size="")
        _keep_profiles(site, [task for task in tasks if _item(task) in reserved], reserved)
        plans: dict[UUID, Plan] = {task.job_id: [] for task in tasks if _item(task) in reserved}
        without = [task for task in tasks if task.job_id not in plans]
        if without:
            log.error("no profile in stock", orders=len(without))
        return plans | {task.job_id: Failed(OUT_OF_STOCK) for task in without if _is_given_up(site, task)}

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        set_status(site, tasks, "reissuing")
        _then(site, tasks, ORDER)


class OrderProfile(Work):
    """Has the SM-DP+ keep the profile ready for the device."""

    kind = ORDER
    system = "smdp"
    ends_item = False

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        profiles = esim_store.of_items(site.uow.session, [task.item_id for task in tasks])
        return {
            task.job_id: [
                task.operation(ORDER, eid=profiles[_item(task)].eid, iccid=profiles[_item(task)].iccid)
            ]
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        profiles = esim_store.of_items(site.uow.session, [task.item_id for task in tasks])
        esim_store.set_state(site.uow.session, profiles.values(), "ordered")
        _then(site, tasks, SWAP)

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """Known or not, the former SIM has not been touched."""
        site.uow.session.execute(
            update(Sim)
            .where(store.is_any(Sim.serial, [task.sim for task in tasks]), Sim.status == "reissuing")
            .values(status="active")
            .execution_options(synchronize_session=False)
        )
        _withdraw(site, tasks, useless=not unknown)


class ProfileSwap(Swap):
    """Puts the profile in the former SIM's place; from then on the customer may have the activation code."""

    kind = SWAP

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        super().finish(site, tasks)
        session = site.uow.session
        profiles = esim_store.of_items(session, [task.item_id for task in tasks])
        esim_store.set_state(session, profiles.values(), "ready", ready_at=site.now)
        found = session.execute(
            select(Order.id, Order.request).where(Order.id.in_([task.order_id for task in tasks]))
        )
        requests: dict[int, dict[str, Any]] = dict(found.tuples().all())
        site.uow.emit(
            *(
                ProfileReady(
                    customer_code=task.customer_code,
                    order_number=task.order_number,
                    msisdn=task.msisdn,
                    contact_mail=requests[_order(task)]["contact_mail"],
                    language=task.terms["language"],
                )
                for task in tasks
            )
        )

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A profile that may be in the network already stays as it is, for staff to judge."""
        super().fail(site, tasks, unknown=unknown)
        if not unknown:
            _withdraw(site, tasks, useless=True)


class CancelProfile(Work):
    """Has the SM-DP+ take the order of a profile back, which is free for others only then.

    A profile that the SM-DP+ does not give back stays withdrawn, and nobody gets it any more.
    """

    kind = CANCEL
    system = "smdp"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        profiles = esim_store.withdrawn(site.uow.session, [_iccid(task) for task in tasks])
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            iccid = _iccid(task)
            if iccid not in profiles:
                plans[task.job_id] = Obsolete()
                continue
            params = {"eid": profiles[iccid].eid, "iccid": iccid}
            plans[task.job_id] = [Operation(f"{task.job_id}-{CANCEL}", CANCEL, params, sim_serial=iccid)]
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        profiles = esim_store.withdrawn(site.uow.session, [_iccid(task) for task in tasks]).values()
        esim_store.set_state(site.uow.session, profiles, "cancelled")
        stock_store.release(site.uow.session, [profile.order_item_id for profile in profiles])


def _keep_profiles(site: Site, tasks: Sequence[Task], iccids: Mapping[int, str]) -> None:
    """Store the profiles, and name them in their items as the serials to come."""
    cipher = FieldCipher(site.settings.field_keys)
    esim_store.add(
        site.uow.session,
        [
            {
                "order_item_id": task.item_id,
                "iccid": iccids[_item(task)],
                "eid": task.terms["eid"],
                "state": "reserved",
                "smdp_address": site.settings.smdp_address,
                "matching_id": activation_code.encrypt(cipher, iccids[_item(task)], new_matching_id()),
            }
            for task in tasks
        ],
    )
    for task in tasks:
        new = type_coerce({"new_serial": iccids[_item(task)]}, JSONB)
        site.uow.session.execute(
            update(OrderItem)
            .where(OrderItem.id == task.item_id)
            .values(details=OrderItem.details.op("||")(new))
            .execution_options(synchronize_session=False)
        )


def _then(site: Site, tasks: Sequence[Task], kind: str) -> None:
    """Add the jobs that follow for the same items."""
    _add_jobs(
        site,
        [
            {"kind": kind, "lane": task.lane, "sim_serial": task.sim_serial, "order_item_id": task.item_id}
            | _common(site, task)
            for task in tasks
        ],
    )


def _withdraw(site: Site, tasks: Sequence[Task], *, useless: bool) -> None:
    """Nobody may have these profiles any more: the SM-DP+ is to cancel them. `useless` ones, which a system outside has
    refused, leave the stock, so that they do not come up in order after order."""
    session = site.uow.session
    profiles = {
        item_id: profile
        for item_id, profile in esim_store.of_items(session, [task.item_id for task in tasks]).items()
        if profile.state in ("reserved", "ordered")
    }
    given_up = [task for task in tasks if _item(task) in profiles]
    if not given_up:
        return
    esim_store.set_state(session, profiles.values(), "withdrawn")
    if useless:
        stock_store.retire(session, [profile.iccid for profile in profiles.values()])
    # Without the item, so that staff do not have a job repeated whose profile is gone.
    session.execute(
        update(Job)
        .where(Job.id.in_([task.job_id for task in given_up]))
        .values(order_item_id=None)
        .execution_options(synchronize_session=False)
    )
    # no part of the order, which has ended
    rows = [
        {"kind": CANCEL, "lane": _LANE + profiles[_item(task)].iccid} | _common(site, task)
        for task in given_up
    ]
    _add_jobs(site, rows)


def _common(site: Site, task: Task) -> dict[str, object]:
    return {
        "customer_code": task.customer_code,
        "not_before": site.now,
        "correlation_id": task.correlation_id,
    }


def _add_jobs(site: Site, rows: list[dict[str, object]]) -> None:
    site.uow.session.execute(insert(Job), rows)


def _is_given_up(site: Site, task: Task) -> bool:
    assert task.not_after is not None  # profiles are never reserved without an order
    return site.now >= task.not_after + timedelta(minutes=site.settings.retry_for_minutes)


def _iccid(task: Task) -> str:
    return task.lane.removeprefix(_LANE)


def _item(task: Task) -> int:
    assert task.item_id is not None
    return task.item_id


def _order(task: Task) -> int:
    assert task.order_id is not None
    return task.order_id
