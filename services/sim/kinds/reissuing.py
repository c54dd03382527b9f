"""What reissues of a SIM (SIM再発行) have in common, on a card or as an eSIM."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.errors import Conflict
from services.sim.delivery import Line, Mail
from services.sim.kinds.base import Desk, Request
from services.sim.models import Sim
from services.sim.usecases.holding import refuse_held
from services.sim.usecases.sims import find_sim

Reason = Literal["lost_or_stolen", "other"]
"""再発行理由: 盗難・紛失, その他."""


class ReissueRequest(Request):
    """`contact_name` and `contact_mail` are of the person who asks (出荷依頼担当者); `delivery_date` is `YYYY-MM-DD`,
    None is as soon as possible."""

    kind: Literal["SR"] = "SR"
    sim_serial: Annotated[str, Field(max_length=32)]
    contact_name: Line
    contact_mail: Mail
    delivery_date: Annotated[str, Field(max_length=20)] | None = None
    reason: Reason


def reissuable(desk: Desk, serial: str) -> Sim:
    """The customer's SIM if it can be reissued now.

    Raises NotFound("sim.unknown"), Conflict("order.conflict", number=…) if another order holds it, and
    Conflict("sim.not_reissuable", status=…).
    """
    sim = find_sim(desk.uow, desk.customer, serial)
    refuse_held(desk.session, [serial])
    if sim.status != "active":
        raise Conflict("sim.not_reissuable", status=sim.status)
    return sim
