"""Usage limits (利用制限): listed, added, changed, deleted; the network is told what each of them says now."""

from collections.abc import Sequence
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import NotFound
from services.contracts import limit_terms
from services.contracts import master_store as store
from services.contracts import masters as rules
from services.contracts.events import UsageLimitChanged
from services.contracts.limit_terms import Band, LimitTerms
from services.contracts.master_store import LIMITS
from services.contracts.models import Contract
from services.contracts.models_mobile_choice import UsageLimit
from services.contracts.settings import Settings
from services.contracts.usecases import masters


def list_limits(uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str) -> dict[str, Any]:
    """`{"items", "most"}`: all limits of the contract by code, and how many there may be."""
    contract = masters.own_contract(uow, caller, contract_code)
    found = store.listed(uow.session, LIMITS, contract, clock.today())
    bands = store.bands_of(uow.session, [limit.id for limit, _ in found])
    return {
        "items": [_shown(limit, bands.get(limit.id, []), lines) for limit, lines in found],
        "most": settings.max_usage_limits,
    }


def get(uow: UnitOfWork, caller: Caller, contract_code: str, code: str) -> dict[str, Any]:
    """One limit: code, name, terms, number of lines in service, version. Raises NotFound("master.unknown")."""
    contract = masters.own_contract(uow, caller, contract_code)
    found = store.listed(uow.session, LIMITS, contract, clock.today(), code)
    if not found:
        raise NotFound("master.unknown")
    limit, lines = found[0]
    return _shown(limit, store.bands_of(uow.session, [limit.id]).get(limit.id, []), lines)


def add(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    contract_code: str,
    code: str,
    name: str,
    terms: LimitTerms,
) -> dict[str, Any]:
    """Raises Invalid with master.code_format, master.name and what `limit_terms.problems` finds, and what
    `contract_with_room` does.
    """
    masters.refuse(rules.code_problems(code) + rules.name_problems(name) + limit_terms.problems(terms))
    contract = masters.contract_with_room(uow, LIMITS, caller, contract_code, code, settings.max_usage_limits)
    limit = UsageLimit(contract_id=contract.id, code=code, name=name.strip(), **_columns(terms))
    uow.session.add(limit)
    uow.session.flush()
    store.set_bands(uow.session, limit, limit_terms.bands(terms))
    return _stored(uow, caller, contract, limit, "usage_limit.added")


def change(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    code: str,
    name: str,
    terms: LimitTerms,
    version: str,
) -> dict[str, Any]:
    """Give it another name and other terms.

    Raises Invalid as `add` does, NotFound("master.unknown"), Conflict("master.changed").
    """
    masters.refuse(rules.name_problems(name) + limit_terms.problems(terms))
    contract = masters.own_contract(uow, caller, contract_code)
    limit = masters.locked(uow, LIMITS, contract, code)
    before = _content(limit, store.bands_of(uow.session, [limit.id]).get(limit.id, []))
    masters.demand_seen(version, rules.version(before))
    limit.name = name.strip()
    for column, value in _columns(terms).items():
        setattr(limit, column, value)
    bands = limit_terms.bands(terms)
    if _content(limit, bands) == before:
        return get(uow, caller, contract_code, code)
    store.set_bands(uow.session, limit, bands)
    uow.session.flush()
    return _stored(uow, caller, contract, limit, "usage_limit.changed")


def delete(uow: UnitOfWork, caller: Caller, contract_code: str, code: str) -> None:
    """Raises what `masters.delete` does."""
    contract = masters.own_contract(uow, caller, contract_code)
    masters.delete(uow, LIMITS, caller, contract, code)
    uow.emit(UsageLimitChanged(contract.customer_code, contract.code, code, None))
    uow.commit()


def _stored(
    uow: UnitOfWork, caller: Caller, contract: Contract, limit: UsageLimit, action: str
) -> dict[str, Any]:
    shown = get(uow, caller, contract.code, limit.code)
    terms = {name: shown[name] for name in LimitTerms.model_fields}
    uow.emit(UsageLimitChanged(contract.customer_code, contract.code, limit.code, terms))
    masters.audit(uow, caller, contract, action, {"code": limit.code, "name": limit.name, **terms})
    uow.commit()
    return shown


def _columns(terms: LimitTerms) -> dict[str, Any]:
    return terms.model_dump(exclude={"bands"})


def _content(limit: UsageLimit, bands: Sequence[Band]) -> dict[str, Any]:
    return {
        "name": limit.name,
        "bars_international": limit.bars_international,
        "bars_premium": limit.bars_premium,
        "bars_directory": limit.bars_directory,
        "monthly_ceiling": limit.monthly_ceiling,
        "bands": [band.entry() for band in bands],
    }


def _shown(limit: UsageLimit, bands: Sequence[Band], lines: int) -> dict[str, Any]:
    content = _content(limit, bands)
    return {"code": limit.code, **content, "lines": lines, "version": rules.version(content)}
