"""Applying for more 050 numbers (050番号追加申込), and looking at applications."""

from dataclasses import asdict
from datetime import date
from typing import Any

from chassis import clock
from chassis.clock import in_japan
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from chassis.idempotency import once
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import application_rules as rules
from services.contracts import application_store as store
from services.contracts.application_rules import ApplicationState, Limits, Wish
from services.contracts.display import visible
from services.contracts.events import ApplicationProgressed, Audited
from services.contracts.models import Contract
from services.contracts.models_applications import Application
from services.contracts.settings import Settings
from services.contracts.store import contract_blocks
from services.contracts.viewing import Whose, whose

FIRST = 2**63 - 1
"""Above every id: a list of the newest begins here."""


def rules_for(uow: UnitOfWork, settings: Settings, caller: Caller) -> dict[str, Any]:
    """What may be asked for today: `contracts` of {contract_code, service_name, in_service, asks_channels}, `maximum`,
    `maximum_channels`, `earliest`, `latest`.
    """
    blocks = contract_blocks(uow.session, caller.customer, clock.today())
    limits = _limits(settings)
    return {
        "contracts": [
            {
                "contract_code": block.contract.code,
                "service_name": block.contract.service_name,
                "in_service": block.issued - block.terminated,
                "asks_channels": _asks_channels(settings, block.contract),
            }
            for block in blocks
            if block.contract.family in rules.FAMILIES
        ],
        "maximum": limits.numbers,
        "maximum_channels": limits.channels,
        "earliest": limits.earliest,
        "latest": limits.latest,
    }


def check(
    uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str, wish: Wish
) -> dict[str, Any]:
    """What would be applied for, for the confirmation; raises what `place` does. Nothing is stored."""
    contract = _checked(uow, settings, caller, contract_code, wish)
    shown = asdict(wish) | {"contract_code": contract.code, "service_name": contract.service_name}
    return visible(shown, contract.display_plan, settings.basic_plan_hides)


def place(
    uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str, wish: Wish, idempotency_key: str
) -> dict[str, Any]:
    """Accept an application; the same key again gets the same one.

    Raises NotFound("contract.unknown"), Forbidden("application.family"), Conflict("application.too_many_open",
    maximum), what `application_rules.check` does, and what `chassis.idempotency.once` does.
    """

    def accept() -> dict[str, Any]:
        contract = _checked(uow, settings, caller, contract_code, wish)
        now = clock.now()
        year = in_japan(now).year
        sequence = store.next_in_sequence(uow.session, contract.customer_code, year)
        asks_channels = _asks_channels(settings, contract)
        application = Application(
            number=rules.application_number(contract.customer_code, year, sequence),
            contract_id=contract.id,
            **asdict(wish) | ({} if asks_channels else {"channels": 1}),
            applicant=caller.login_id,
            language=caller.language,
            accepted_at=now,
        )
        uow.session.add(application)
        uow.session.flush()
        details = {"contract": contract.code, "count": wish.count}
        uow.emit(
            Audited.by(caller, "application.placed", application.number, details),
            progressed(application, contract),
        )
        return {"number": application.number}

    scope = f"place_application/{caller.customer}/{caller.subject}"
    request = asdict(wish) | {"contract_code": contract_code}
    answer, _ = once(uow, scope, idempotency_key, request, accept)
    uow.commit()
    return get(uow, settings, caller, answer["number"])


def list_some(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    state: ApplicationState | None,
    customer_code: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: the caller's own applications, or for staff those of all customers.

    Newest first. Raises Invalid("page.bad_cursor").
    """
    conditions = store.search(whose(caller), state, customer_code)
    rows = store.page(uow.session, conditions, last_id(cursor), limit + 1)
    return {
        "total": store.count(uow.session, conditions),
        "items": [described(settings, *row) for row in rows[:limit]],
        "next_cursor": encode_cursor([rows[limit - 1][0].id]) if len(rows) > limit else None,
    }


def get(uow: UnitOfWork, settings: Settings, caller: Caller, number: str) -> dict[str, Any]:
    """One application with `phone_numbers` that were issued. Raises NotFound("application.unknown")."""
    application, contract, name = found(uow, whose(caller), number)
    lines = store.lines_of(uow.session, application)
    return described(settings, application, contract, name) | {"phone_numbers": list(lines)}


def withdraw(uow: UnitOfWork, settings: Settings, caller: Caller, number: str) -> dict[str, Any]:
    """Withdraw an application that has not been decided on.

    Raises NotFound("application.unknown"), Conflict("application.not_open", state).
    """
    application, contract, name = open_one(uow, caller.customer, number)
    application.state, application.ended_at = "withdrawn", clock.now()
    uow.emit(Audited.by(caller, "application.withdrawn", number, {}))
    uow.commit()
    return described(settings, application, contract, name) | {"phone_numbers": []}


def found(uow: UnitOfWork, customer: Whose, number: str, *, lock: bool = False) -> store.Found:
    row = store.find(uow.session, customer, number, lock=lock)
    if row is None:
        raise NotFound("application.unknown")
    return row


def open_one(uow: UnitOfWork, customer: Whose, number: str) -> store.Found:
    """An application that nobody has decided on, held until the end of the transaction."""
    row = found(uow, customer, number, lock=True)
    if row[0].state != "received":
        raise Conflict("application.not_open", state=row[0].state)
    return row


def described(settings: Settings, application: Application, contract: Contract, name: str) -> dict[str, Any]:
    shown = {
        "number": application.number,
        "contract_code": contract.code,
        "service_name": contract.service_name,
        "customer_code": contract.customer_code,
        "customer_name": name,
        "state": application.state,
        "count": application.count,
        "wished_date": application.wished_date,
        "channels": application.channels,
        "contact_name": application.contact_name,
        "contact_phone": application.contact_phone,
        "contact_email": application.contact_email,
        "applicant": application.applicant,
        "accepted_at": application.accepted_at,
        "ended_at": application.ended_at,
        "start_date": application.start_date,
        "reason": application.reason,
    }
    return visible(shown, contract.display_plan, settings.basic_plan_hides)


def progressed(application: Application, contract: Contract) -> ApplicationProgressed:
    """The fact behind a mail to the contact: no more of the person than their address."""
    return ApplicationProgressed(
        contract.customer_code,
        application.number,
        application.state,
        application.count,
        application.start_date,
        application.reason,
        application.contact_email,
        application.language,
    )


def last_id(cursor: str | None) -> int:
    """The id of the last item that the caller has seen of a list of the newest; above all at its beginning."""
    if not cursor:
        return FIRST
    match decode_cursor(cursor):
        case [int(last)] if 0 <= last <= FIRST:
            return last
    raise Invalid("page.bad_cursor")


def start_limits(settings: Settings) -> tuple[date, date]:
    """The first and the last day on which new lines may start."""
    limits = _limits(settings)
    return limits.earliest, limits.latest


def _limits(settings: Settings) -> Limits:
    return rules.limits(
        clock.today(),
        settings.application_max_numbers,
        settings.application_max_channels,
        settings.application_start_days,
    )


def _asks_channels(settings: Settings, contract: Contract) -> bool:
    """A plan that does not show channels does not let them be chosen either: its lines have one."""
    return bool(visible({"channels": None}, contract.display_plan, settings.basic_plan_hides))


def _checked(uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str, wish: Wish) -> Contract:
    """The contract that the numbers are for, held, so that open applications are counted one after the other."""
    contract = store.lock_contract(uow.session, caller.customer, contract_code)
    if contract is None:
        raise NotFound("contract.unknown")
    if contract.family not in rules.FAMILIES:
        raise Forbidden("application.family")
    rules.check(wish, _limits(settings))
    if store.count_open(uow.session, contract) >= settings.application_max_open:
        raise Conflict("application.too_many_open", maximum=settings.application_max_open)
    return contract
