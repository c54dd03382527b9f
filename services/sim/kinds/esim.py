"""Reissuing a SIM as an eSIM. Source: the console guide, SIM再発行 (eSIMで再発行する場合)."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.clock import in_japan
from chassis.errors import Conflict, Invalid
from services.sim import esim_store
from services.sim.delivery import check_delivery_date, contact_problems, refuse
from services.sim.eid import check_eid
from services.sim.kinds.base import Desk, Quote, Target
from services.sim.kinds.reissuing import ReissueRequest, reissuable
from services.sim.kinds.starting import Start
from services.sim.orders import cancellable_until
from services.sim.timing import esim_delivery, execution_window

DISCARD = "esim.discard_old_sim"


class EsimReissueRequest(ReissueRequest):
    """For the device with this `eid`; spaces in it are as people write them. No address is asked for."""

    sim_type: Literal["esim"]
    eid: Annotated[str, Field(max_length=100)]


def choices(desk: Desk) -> dict[str, Any]:
    """The service types whose SIMs eSIMs can replace, and the days to choose from, both inclusive."""
    delivery = esim_delivery(desk.now)
    return {
        "service_types": sorted(desk.settings.esim_service_types),
        "delivery_date": {"earliest": delivery.earliest, "latest": delivery.latest},
    }


def quote(desk: Desk, request: EsimReissueRequest) -> Quote:
    """Raises what `reissuable` does, Conflict("esim.not_offered", service_type=…), Invalid("order.fields", errors=[…])
    with eid.malformed and eid.check_digits among them, Invalid("delivery_date.out_of_range"), and for today
    Conflict("esim.out_of_stock")."""
    sim = reissuable(desk, request.sim_serial)
    if sim.service_type not in desk.settings.esim_service_types:
        raise Conflict("esim.not_offered", service_type=sim.service_type)
    eid, wrong = _eid(request.eid)
    refuse(wrong + contact_problems(request.contact_name, request.contact_mail))
    start = _start(desk, request.delivery_date)
    if start.start_date == in_japan(desk.now).date() and not esim_store.is_in_stock(desk.session):
        raise Conflict("esim.out_of_stock")
    return Quote(
        kind="SR",
        customer_code=sim.customer_code,
        service_type=sim.service_type,
        **asdict(start),
        targets=[Target("reserve_profile", sim.serial, sim.msisdn, holds=True)],
        terms={
            "sim_type": "esim",
            "sim_size": "",
            "reason": request.reason,
            "plan": sim.plan,
            "project_name": sim.project_name,
            "delivery_date": start.start_date if request.delivery_date else None,
            "eid": eid,
            "language": desk.caller.language,
        },
        notices=[DISCARD],
        unconfirmed=frozenset({"language"}),
    )


def _eid(entered: str) -> tuple[str, list[dict[str, Any]]]:
    """The EID in digits, and what is wrong with it."""
    try:
        return check_eid(entered), []
    except Invalid as error:
        return "", [{"pointer": "eid", "code": error.code}]


def _start(desk: Desk, wanted: str | None) -> Start:
    """Without a wish at once, which takes about ten minutes; on a day like every order for that day."""
    delivery = esim_delivery(desk.now)
    chosen = check_delivery_date(wanted, delivery.earliest, delivery.latest)
    if chosen is None:
        return Start(delivery.earliest, desk.now, delivery.target, None)
    return Start(chosen, *execution_window(desk.now, chosen), cancellable_until(desk.now, chosen))
