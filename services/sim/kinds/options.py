"""Registering, changing and releasing options of SIMs (オプション登録・変更・解除)."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.errors import Conflict, Invalid
from services.sim import store
from services.sim.kinds.base import Desk, Kind, Quote, Target
from services.sim.kinds.selected import (
    LIVING,
    SelectionRequest,
    common_service_type,
    confirm_statuses,
    notices,
    selected,
)
from services.sim.kinds.starting import start_dates, start_on
from services.sim.models import Order
from services.sim.sims_store import describing
from services.sim.usecases.holding import refuse_open

Codes = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20)]


class OptionsRequest(SelectionRequest):
    """`add` (登録) and `remove` (解除) are codes of options; what neither names stays as each SIM has it."""

    kind: Literal["OP"] = "OP"
    add: Codes = Field(default_factory=list)
    remove: Codes = Field(default_factory=list)


class Options(Kind):
    """It changes nothing that other orders depend on, so it holds no SIM; but one order at a time decides on a SIM's
    options, so that none of them undoes what another has confirmed."""

    code = "OP"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"options": desk.settings.options, "start_date": start_dates(desk)}

    def quote(self, desk: Desk, request: OptionsRequest) -> Quote:
        """Raises what `selected` and `start_on` do, Invalid("options.nothing"), Invalid("option.unknown", option=…,
        allowed=[…]), Invalid("option.both", option=…), Conflict("order.conflict") beside another order of this kind
        and Conflict("options.same") if all SIMs have and lack what is asked for."""
        known = list(desk.settings.options)
        if not request.add and not request.remove:
            raise Invalid("options.nothing")
        for code in request.remove:
            if code in request.add:
                raise Invalid("option.both", option=code)
        sims = selected(desk, request, LIVING, beside_others=True)
        removable = {*known, *(code for sim in sims for code in sim.options)}
        for code in [*request.add, *request.remove]:
            if code not in (known if code in request.add else removable):
                raise Invalid("option.unknown", option=code, allowed=known)
        refuse_open(desk.session, self.code, request.sim_serials)
        after = {sim.serial: changed(sim.options, request.add, request.remove, known) for sim in sims}
        if all(after[sim.serial] == sim.options for sim in sims):
            raise Conflict("options.same")
        return Quote(
            kind=self.code,
            customer_code=sims[0].customer_code,
            service_type=common_service_type(sims),
            **asdict(start_on(desk, request.start_date)),
            targets=[
                Target(
                    "change_options",
                    sim.serial,
                    sim.msisdn,
                    details=describing(sim) | {"options_after": after[sim.serial]},
                )
                for sim in sims
            ],
            terms={
                "add": changed([], request.add, [], known),
                "remove": changed(request.remove, [], [], known),
            },
            notices=notices(len(sims)),
        )

    def accept(self, desk: Desk, order: Order, request: OptionsRequest) -> None:
        """Two that are placed at the same time have not seen each other: the later one finds the other one here."""
        store.lock_sims(desk.session, request.sim_serials)
        refuse_open(desk.session, self.code, request.sim_serials, beside=order.id)
        confirm_statuses(desk, request, LIVING)


def changed(
    has: Collection[str], add: Collection[str], remove: Collection[str], known: Collection[str]
) -> list[str]:
    """The options of a SIM that has `has` after a change, in the order of `known`.

    What is not known any more stays, at the end, until it is released.
    """
    options = {*has, *add} - {*remove}
    return [code for code in known if code in options] + [
        code for code in has if code in options and code not in known
    ]
