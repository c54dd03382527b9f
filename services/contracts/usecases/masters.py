"""What changing a group and changing a usage limit have in common (マスタテーブル設定)."""

from typing import Any, TypeVar

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from services.contracts import choice_store
from services.contracts import master_store as store
from services.contracts.events import Audited
from services.contracts.master_store import Kind
from services.contracts.models import Contract
from services.contracts.models_mobile_choice import LineGroup, UsageLimit

M = TypeVar("M", LineGroup, UsageLimit)


def own_contract(uow: UnitOfWork, caller: Caller, code: str) -> Contract:
    """The caller's contract of Mobile Choice 050. Raises NotFound("contract.unknown")."""
    contract = choice_store.find_contract(uow.session, caller.customer, code)
    if contract is None:
        raise NotFound("contract.unknown")
    return contract


def contract_with_room(
    uow: UnitOfWork, kind: Kind[M], caller: Caller, contract_code: str, code: str, most: int
) -> Contract:
    """The caller's contract, in which nobody else can add one before this transaction has ended.

    Raises NotFound("contract.unknown"), Conflict("master.exists"), Conflict("master.too_many", limit).
    """
    contract = choice_store.lock_contract(uow.session, caller.customer, contract_code)
    if contract is None:
        raise NotFound("contract.unknown")
    known = store.codes(uow.session, kind, contract)
    if code in known:
        raise Conflict("master.exists")
    if len(known) >= most:
        raise Conflict("master.too_many", limit=most)
    return contract


def locked(uow: UnitOfWork, kind: Kind[M], contract: Contract, code: str, *, to_delete: bool = False) -> M:
    """Raises NotFound("master.unknown")."""
    master = store.lock(uow.session, kind, contract, code, to_delete=to_delete)
    if master is None:
        raise NotFound("master.unknown")
    return master


def refuse(problems: list[dict[str, Any]]) -> None:
    """Raise Invalid with all problems, if there are any."""
    if problems:
        raise Invalid(problems[0]["code"], errors=problems)


def demand_seen(seen: str, stored: str) -> None:
    """Raise Conflict("master.changed") if the caller has seen another state than the stored one."""
    if seen != stored:
        raise Conflict("master.changed")


def delete(uow: UnitOfWork, kind: Kind[M], caller: Caller, contract: Contract, code: str) -> None:
    """Delete it unless lines in service have it; the caller commits.

    Raises NotFound("master.unknown"), Conflict("master.in_use", lines).
    """
    master = locked(uow, kind, contract, code, to_delete=True)
    lines = store.count_lines(uow.session, kind, master, clock.today())
    if lines:
        raise Conflict("master.in_use", lines=lines)
    store.take_away(uow.session, kind, master)
    uow.session.delete(master)
    uow.session.flush()
    audit(uow, caller, contract, f"{kind.name}.deleted", {"code": code, "name": master.name})


def audit(uow: UnitOfWork, caller: Caller, contract: Contract, action: str, details: dict[str, Any]) -> None:
    uow.emit(Audited.by(caller, action, contract.code, details))
