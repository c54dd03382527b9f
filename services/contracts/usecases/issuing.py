"""Deciding on applications for more numbers: issuing lines (払出し), or declining."""

import secrets
import string
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import Any, cast

from sqlalchemy import insert

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid
from chassis.sealing import FieldCipher
from services.contracts import application_rules as rules
from services.contracts import application_store as store
from services.contracts import password_store, pool_store
from services.contracts.application_rules import PoolFamily
from services.contracts.events import Audited
from services.contracts.models import Contract, Line
from services.contracts.models_applications import Application, ApplicationLine
from services.contracts.models_passwords import PasswordChange
from services.contracts.password_rules import NEW_PASSWORD_LENGTH, has_switch, send_at
from services.contracts.passwords import encrypt, encrypt_new
from services.contracts.reflection import reflected_by
from services.contracts.settings import Settings
from services.contracts.usecases.applications import described, open_one, progressed, start_limits
from services.contracts.viewing import whose

_ALPHABET = string.ascii_lowercase + string.digits


def issue(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    number: str,
    start_date: date | None,
    phone_numbers: Sequence[str] | None,
) -> dict[str, Any]:
    """Give the application its numbers: the chosen ones, or the lowest that are free.

    The lines start on `start_date`, or on the day that the customer wished, if that is not over. All of it is one
    transaction. Raises NotFound("application.unknown"), Conflict("application.not_open", state),
    Invalid("start_date.out_of_range", earliest, latest), Invalid("application.numbers_count", wanted, given),
    Conflict("number.not_free", numbers), Conflict("application.too_few_numbers", wanted, available).
    """
    application, contract, name = open_one(uow, whose(caller), number)
    start_date = _start(settings, application, start_date)
    store.lock_contract(uow.session, whose(caller), contract.code)
    given = _numbers(uow, settings, contract, application.count, phone_numbers)
    lines = _add_lines(uow, settings, caller, contract, application, given, start_date)
    pool_store.give(uow.session, lines)
    uow.session.execute(
        insert(ApplicationLine),
        [{"line_id": line, "application_id": application.id} for line in lines.values()],
    )
    application.state, application.start_date, application.ended_at = "issued", start_date, clock.now()
    details = {"contract": contract.code, "count": application.count, "start_date": start_date.isoformat()}
    uow.emit(
        Audited.by(caller, "application.issued", number, details),
        progressed(application, contract),
    )
    uow.commit()
    return described(settings, application, contract, name) | {"phone_numbers": given}


def decline(uow: UnitOfWork, settings: Settings, caller: Caller, number: str, reason: str) -> dict[str, Any]:
    """Turn the application down; the customer is told the reason.

    Raises NotFound("application.unknown"), Conflict("application.not_open", state), Invalid("application.reason").
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("application.reason")
    application, contract, name = open_one(uow, whose(caller), number)
    application.state, application.reason, application.ended_at = "declined", reason, clock.now()
    uow.emit(
        Audited.by(caller, "application.declined", number, {"contract": contract.code}),
        progressed(application, contract),
    )
    uow.commit()
    return described(settings, application, contract, name) | {"phone_numbers": []}


def _start(settings: Settings, application: Application, wanted: date | None) -> date:
    earliest, latest = start_limits(settings)
    start = wanted or max(application.wished_date, earliest)
    if wanted is not None and not earliest <= wanted <= latest:
        refusal = rules.out_of_range(earliest, latest)
        raise Invalid(refusal.pop("code"), **refusal)
    return start


def _numbers(
    uow: UnitOfWork, settings: Settings, contract: Contract, count: int, chosen: Sequence[str] | None
) -> list[str]:
    """Free numbers of the contract's family, held."""
    family = cast(PoolFamily, contract.family)
    today, quarantine = clock.today(), timedelta(days=settings.number_quarantine_days)
    if chosen:
        wanted = sorted(set(chosen))
        if len(wanted) != count:
            raise Invalid("application.numbers_count", wanted=count, given=len(wanted))
        free = pool_store.take(uow.session, family, wanted, today, quarantine)
        if missing := [number for number in wanted if number not in free]:
            raise Conflict("number.not_free", numbers=missing)
        return wanted
    found = pool_store.take_lowest(uow.session, family, count, today, quarantine)
    if len(found) < count:
        raise Conflict("application.too_few_numbers", wanted=count, available=len(found))
    return found


def _add_lines(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    contract: Contract,
    application: Application,
    numbers: Sequence[str],
    start_date: date,
) -> dict[str, int]:
    """The ids of the new lines by number. Their passwords are on the way to the switch, where the service has one."""
    cipher = FieldCipher(settings.field_keys)
    passwords = {number: _new_password() for number in numbers}
    last = store.last_line_number(uow.session, contract)
    records = [
        {
            "contract_id": contract.id,
            "number": position,
            "phone_number": phone,
            "account_id": f"81{phone[1:]}",
            "line_password": encrypt(cipher, phone, "line_password", passwords[phone]),
            "addon_password": encrypt(cipher, phone, "addon_password", _new_password()),
            "start_date": start_date,
            "channels": application.channels,
        }
        for position, phone in enumerate(numbers, last + 1)
    ]
    lines = {
        phone: line
        for line, phone in uow.session.execute(insert(Line).returning(Line.id, Line.phone_number), records)
    }
    if has_switch(contract.service_type):
        now = clock.now()
        versions = password_store.last_versions(uow.session, numbers)
        uow.session.add_all(
            PasswordChange(
                line_id=lines[phone],
                version=(version := versions.get(phone, 0) + 1),
                new_password=encrypt_new(cipher, phone, version, passwords[phone]),
                changed_at=now,
                due_at=send_at(contract.service_type, now),
                reflected_by=reflected_by(contract.service_type, now).astimezone(UTC),
                correlation_id=caller.correlation_id,
            )
            for phone in numbers
        )
    return lines


def _new_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(NEW_PASSWORD_LENGTH))
