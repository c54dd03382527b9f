"""Groups of lines (グループ): listed, added, changed, deleted."""

from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import NotFound
from services.contracts import master_store as store
from services.contracts import masters as rules
from services.contracts.master_store import GROUPS
from services.contracts.models_mobile_choice import LineGroup
from services.contracts.settings import Settings
from services.contracts.usecases import masters


def list_groups(uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str) -> dict[str, Any]:
    """`{"items", "most"}`: all groups of the contract by code, and how many there may be."""
    contract = masters.own_contract(uow, caller, contract_code)
    found = store.listed(uow.session, GROUPS, contract, clock.today())
    return {"items": [_shown(group, lines) for group, lines in found], "most": settings.max_line_groups}


def get(uow: UnitOfWork, caller: Caller, contract_code: str, code: str) -> dict[str, Any]:
    """One group: code, name, number of lines in service, version. Raises NotFound("master.unknown")."""
    contract = masters.own_contract(uow, caller, contract_code)
    found = store.listed(uow.session, GROUPS, contract, clock.today(), code)
    if not found:
        raise NotFound("master.unknown")
    return _shown(*found[0])


def add(
    uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str, code: str, name: str
) -> dict[str, Any]:
    """Raises Invalid with master.code_format, master.name, and what `contract_with_room` does."""
    masters.refuse(rules.code_problems(code) + rules.name_problems(name))
    contract = masters.contract_with_room(uow, GROUPS, caller, contract_code, code, settings.max_line_groups)
    group = LineGroup(contract_id=contract.id, code=code, name=name.strip())
    uow.session.add(group)
    uow.session.flush()
    masters.audit(uow, caller, contract, "line_group.added", {"code": code, "name": group.name})
    uow.commit()
    return _shown(group, 0)


def change(
    uow: UnitOfWork, caller: Caller, contract_code: str, code: str, name: str, version: str
) -> dict[str, Any]:
    """Give it another name. Raises Invalid("master.name"), NotFound("master.unknown"), Conflict("master.changed")."""
    masters.refuse(rules.name_problems(name))
    contract = masters.own_contract(uow, caller, contract_code)
    group = masters.locked(uow, GROUPS, contract, code)
    masters.demand_seen(version, _version(group))
    if group.name != name.strip():
        group.name = name.strip()
        uow.session.flush()
        masters.audit(uow, caller, contract, "line_group.changed", {"code": code, "name": group.name})
        uow.commit()
    return get(uow, caller, contract_code, code)


def delete(uow: UnitOfWork, caller: Caller, contract_code: str, code: str) -> None:
    """Raises what `masters.delete` does."""
    contract = masters.own_contract(uow, caller, contract_code)
    masters.delete(uow, GROUPS, caller, contract, code)
    uow.commit()


def _shown(group: LineGroup, lines: int) -> dict[str, Any]:
    return {"code": group.code, "name": group.name, "lines": lines, "version": _version(group)}


def _version(group: LineGroup) -> str:
    return rules.version([group.name])
