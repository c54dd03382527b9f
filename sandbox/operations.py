"""Operations on SIMs and share groups, as callers of the carrier network send them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from sqlite3 import Row
from typing import Any

from sandbox.inputs import Refusal, choice, mapping, only, text, texts, whole

# Each action and the parameters that it takes.
OF_SIMS: dict[str, tuple[str, ...]] = {
    "activate": (),
    "suspend": (),
    "resume": (),
    "terminate": (),
    "set_capacity": ("bytes",),
    "restrict": (),
    "lift_restriction": (),
    "set_plan": ("plan", "bytes"),
    "set_options": ("options",),
    "join_group": ("group",),
    "leave_group": (),
    "swap": ("new_serial",),
}
OF_GROUPS: dict[str, tuple[str, ...]] = {"set_group_capacity": ("bytes",), "delete_group": ()}
ACTIONS = (*OF_SIMS, *OF_GROUPS)


@dataclass(frozen=True)
class Operation:
    """On the SIM `sim_serial` or the share group `group`; the other one is empty."""

    id: str
    action: str
    sim_serial: str
    group: str
    params: dict[str, Any]

    @cached_property
    def asked(self) -> dict[str, str]:
        """What a fault may name of it."""
        target = {"group": self.group} if self.group else {"sim_serial": self.sim_serial}
        return target | {"action": self.action}

    @cached_property
    def touched(self) -> tuple[str, ...]:
        """The serials, or the group, whose state it may change."""
        if self.action == "swap":
            return self.sim_serial, self.params["new_serial"]
        return (self.group or self.sim_serial,)

    def same_as(self, done: Row | Mapping[str, Any]) -> bool:
        return (self.action, self.sim_serial, self.group, self.params) == (
            done["action"],
            done["sim_serial"],
            done["share_group"],
            json.loads(done["params"]),
        )


def read_operation(body: dict[str, Any]) -> Operation:
    only(body, ("operation_id", "action", "sim_serial", "group", "params"), "An operation")
    action = choice(body, "action", ACTIONS)
    of_group = action in OF_GROUPS
    if ("group" in body) != of_group or ("sim_serial" in body) == of_group:
        target, other = ("group", "sim_serial") if of_group else ("sim_serial", "group")
        raise Refusal(422, "operation.target", f"{action} takes {target}, and no {other}.")
    serial, group = ("", text(body, "group")) if of_group else (text(body, "sim_serial"), "")
    params = mapping(body, "params")
    names = (OF_GROUPS if of_group else OF_SIMS)[action]
    only(params, names, f"params of {action}")
    for name in names:
        if name == "bytes":
            whole(params, name, 0, 2**63 - 1)
        elif name == "options":
            texts(params, name, 20)
        else:
            text(params, name)
    return Operation(text(body, "operation_id"), action, serial, group, params)
