"""Which mails about their orders a customer's people get: a matrix of kinds and of what happens to orders."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from services.sim.events import Audited
from services.sim.happenings import all_mails, happenings_of
from services.sim.models import Customer
from services.sim.models_mails import MailSwitch
from services.sim.numbers import ORDER_KINDS

Matrix = Mapping[str, Mapping[str, bool]]


def get_mail_settings(uow: UnitOfWork, customer: str | None) -> dict[str, Any]:
    """`{"mails": {kind: {happening: whether it is mailed}}}`, of every mail that there is."""
    off = _switched_off(uow, customer)
    return {
        "mails": {
            kind: {each: (kind, each) not in off for each in happenings_of(kind)} for kind in ORDER_KINDS
        }
    }


def set_mail_settings(uow: UnitOfWork, caller: Caller, mails: Matrix) -> dict[str, Any]:
    """Switch the mails that `mails` names; the others stay as they are.

    Raises Invalid("mail_settings.unknown", kind=…, happening=…), and NotFound("customer.unknown") as long as the
    customer has not been heard of here.
    """
    wanted = {(kind, each): on for kind, switches in mails.items() for each, on in switches.items()}
    for kind, each in sorted(wanted.keys() - all_mails()):
        raise Invalid("mail_settings.unknown", kind=kind, happening=each)
    # whoever comes second sees what the first has made of it
    locked = select(Customer).where(Customer.code == caller.customer).with_for_update(key_share=True)
    if uow.session.scalar(locked) is None:
        raise NotFound("customer.unknown")
    off = _switched_off(uow, caller.customer)
    to_switch_off = sorted(mail for mail, on in wanted.items() if not on and mail not in off)
    to_switch_on = sorted(mail for mail, on in wanted.items() if on and mail in off)
    if to_switch_off:
        rows = [
            {"customer_code": caller.customer, "kind": kind, "happening": each}
            for kind, each in to_switch_off
        ]
        uow.session.execute(insert(MailSwitch), rows)
    for kind, each in to_switch_on:
        uow.session.execute(
            delete(MailSwitch).where(
                MailSwitch.customer_code == caller.customer,
                MailSwitch.kind == kind,
                MailSwitch.happening == each,
            )
        )
    if to_switch_off or to_switch_on:
        details = {
            "off": [f"{kind} {each}" for kind, each in to_switch_off],
            "on": [f"{kind} {each}" for kind, each in to_switch_on],
        }
        uow.emit(Audited.by(caller, "mail_settings.changed", caller.customer or "", details))
    answer = get_mail_settings(uow, caller.customer)
    uow.commit()
    return answer


def _switched_off(uow: UnitOfWork, customer: str | None) -> set[tuple[str, str]]:
    rows = uow.session.execute(
        select(MailSwitch.kind, MailSwitch.happening).where(MailSwitch.customer_code == customer)
    )
    return {(kind, each) for kind, each in rows}
