"""The kinds of orders (依頼種別): one object each."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.sim.kinds.base import Kind
from services.sim.kinds.group_recharge import GroupRecharge, GroupRechargeRequest
from services.sim.kinds.options import Options, OptionsRequest
from services.sim.kinds.plan_change import PlanChange, PlanChangeRequest
from services.sim.kinds.recharge import Recharge, RechargeRequest
from services.sim.kinds.reissue import AnyReissue, Reissue
from services.sim.kinds.sharing import Change, ChangeRequest, Delete, DeleteRequest, Register, RegisterRequest
from services.sim.kinds.shipment import NewShipment, ShipmentRequest
from services.sim.kinds.suspension import Resume, ResumeRequest, Suspend, SuspendRequest
from services.sim.kinds.termination import Termination, TerminationRequest

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Recharge(),
        Suspend(),
        Resume(),
        PlanChange(),
        Options(),
        Termination(),
        Reissue(),
        NewShipment(),
        Register(),
        Change(),
        Delete(),
        GroupRecharge(),
    )
}

AnyRequest = Annotated[
    RechargeRequest
    | SuspendRequest
    | ResumeRequest
    | PlanChangeRequest
    | OptionsRequest
    | TerminationRequest
    | AnyReissue
    | ShipmentRequest
    | RegisterRequest
    | ChangeRequest
    | DeleteRequest
    | GroupRechargeRequest,
    Field(discriminator="kind"),
]
