"""The kinds of work that jobs do outside: one object each, by the name that jobs have for it."""

from collections.abc import Mapping

from services.sim.work.activation import Activation
from services.sim.work.base import Work
from services.sim.work.capacity import Capacity
from services.sim.work.group_recharge import GroupRecharge
from services.sim.work.options import OptionsChange
from services.sim.work.plan_change import PlanChange
from services.sim.work.profiles import CancelProfile, OrderProfile, ProfileSwap, ReserveProfile
from services.sim.work.recharge import Recharge
from services.sim.work.restriction import Restriction
from services.sim.work.sharing import EndGroup, GroupCapacity, JoinGroup, LeaveGroup, RenameGroup
from services.sim.work.suspension import StatusChange
from services.sim.work.swap import Swap
from services.sim.work.termination import Termination

WORK: Mapping[str, Work] = {
    work.kind: work
    for work in (
        Recharge(),
        Capacity(),
        Restriction("restrict", restricts=True),
        Restriction("lift_restriction", restricts=False),
        StatusChange("suspend", "suspended"),
        StatusChange("resume", "active"),
        PlanChange(),
        OptionsChange(),
        Termination(),
        JoinGroup(),
        LeaveGroup(),
        RenameGroup(),
        EndGroup(),
        GroupCapacity(),
        GroupRecharge(),
        Swap(),
        ReserveProfile(),
        OrderProfile(),
        ProfileSwap(),
        CancelProfile(),
        Activation(),
    )
}
