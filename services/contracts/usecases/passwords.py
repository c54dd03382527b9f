"""The passwords of a line: showing them, and changing them (IP加入電話パスワード変更、付加サービスパスワード変更)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis import clock, sealing
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from chassis.sealing import FieldCipher
from services.contracts import password_rules as rules
from services.contracts import password_store as store
from services.contracts.display import visible
from services.contracts.events import Audited
from services.contracts.models import Contract, Line
from services.contracts.models_passwords import PasswordChange, PasswordTries
from services.contracts.passwords import Purpose, decrypt, encrypt, encrypt_new
from services.contracts.reflection import BATCH_TIMES, IP_PHONE_WITHIN, reflected_by
from services.contracts.settings import Settings


@dataclass(frozen=True)
class Wish:
    """What a customer has entered."""

    phone_number: str
    current: str = field(repr=False)
    new: str = field(repr=False)


def show(
    uow: UnitOfWork, settings: Settings, caller: Caller, phone_number: str, answer_key: str
) -> dict[str, Any]:
    """`{"sealed": …}`: for the caller's one-time key, the passwords that the plan shows; None where none is set.

    Raises NotFound("line.unknown"), Forbidden("line_password.hidden").
    """
    found = store.find_line(uow.session, caller.customer, phone_number)
    if found is None:
        raise NotFound("line.unknown")
    line, contract = found
    shown = _shown(settings, contract, in_clear(FieldCipher(settings.field_keys), line))
    answer = {"sealed": sealing.seal_answer(shown, answer_key)}
    uow.emit(Audited.by(caller, "line_password.shown", phone_number, {"passwords": sorted(shown)}))
    uow.commit()
    return answer


def in_clear(cipher: FieldCipher, line: Line) -> dict[str, str | None]:
    """Both passwords of a line as its devices use them."""
    stored: dict[Purpose, str | None] = {
        "line_password": line.line_password,
        "addon_password": line.addon_password,
    }
    return {
        purpose: None if token is None else decrypt(cipher, line.phone_number, purpose, token)
        for purpose, token in stored.items()
    }


def change_line_password(uow: UnitOfWork, settings: Settings, caller: Caller, wish: Wish) -> dict[str, Any]:
    """Accept a new password for the network; `change_state` tells by when it works.

    A change that has not been reflected yet is superseded: it is never sent, and the time counts anew. Raises what
    `_locked_line` and `_judge` do, and Conflict("line_password.no_service").
    """
    cipher = FieldCipher(settings.field_keys)
    line, contract = _locked_line(uow, settings, caller, wish, "line_password")
    if not rules.has_switch(contract.service_type):
        raise Conflict("line_password.no_service")
    _judge(uow, cipher, line, "line_password", wish)
    before = store.lock_latest_change(uow.session, line)
    now = clock.now()
    if before is not None and before.state in ("pending", "failed"):
        before.state, before.new_password, before.ended_at = "superseded", None, now
        uow.session.flush()  # before the new one is there: a line has one open change at most
    version = store.last_versions(uow.session, [line.phone_number]).get(line.phone_number, 0) + 1
    change = PasswordChange(
        line_id=line.id,
        version=version,
        new_password=encrypt_new(cipher, line.phone_number, version, wish.new),
        changed_at=now,
        due_at=rules.send_at(contract.service_type, now),
        reflected_by=reflected_by(contract.service_type, now).astimezone(UTC),
        correlation_id=caller.correlation_id,
    )
    uow.session.add(change)
    uow.session.flush()
    details = {"reflected_by": change.reflected_by.isoformat(), "version": version}
    uow.emit(Audited.by(caller, "line_password.changed", line.phone_number, details))
    uow.commit()
    return change_state(line.phone_number, change, now)


def change_addon_password(uow: UnitOfWork, settings: Settings, caller: Caller, wish: Wish) -> None:
    """Store a new password for the settings of add-on services; it works at once.

    Raises what `_locked_line` and `_judge` do.
    """
    cipher = FieldCipher(settings.field_keys)
    line, _ = _locked_line(uow, settings, caller, wish, "addon_password")
    _judge(uow, cipher, line, "addon_password", wish)
    line.addon_password = encrypt(cipher, line.phone_number, "addon_password", wish.new)
    uow.emit(Audited.by(caller, "addon_password.changed", line.phone_number, {}))
    uow.commit()


def get_change(uow: UnitOfWork, caller: Caller, phone_number: str) -> dict[str, Any]:
    """How far the latest change of the line's password is. Raises NotFound("line.unknown")."""
    found = store.find_line(uow.session, caller.customer, phone_number)
    if found is None:
        raise NotFound("line.unknown")
    return change_state(phone_number, store.latest_change(uow.session, found[0]), clock.now())


def change_state(phone_number: str, change: PasswordChange | None, now: datetime) -> dict[str, Any]:
    """`state` is none, pending (the line cannot be used), reflected, or failed (the former password is in force).

    `late` says that the switch should have taken a pending change by now.
    """
    if change is None:
        return {"phone_number": phone_number, "state": "none"}
    return {
        "phone_number": phone_number,
        "state": change.state,
        "changed_at": change.changed_at,
        "reflected_by": change.reflected_by,
        "late": change.state == "pending" and now > change.reflected_by,
    }


def reflection_times() -> dict[str, Any]:
    """`ip_phone_minutes`, and for the other services `windows` of {start, end, reflected}, times of day in Japan."""
    starts = [start for start, _ in BATCH_TIMES]
    return {
        "ip_phone_minutes": int(IP_PHONE_WITHIN.total_seconds() // 60),
        "windows": [
            {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "reflected": f"{reflected:%H:%M}"}
            for (start, reflected), end in zip(BATCH_TIMES, [*starts[1:], starts[0]], strict=True)
        ],
    }


def _locked_line(
    uow: UnitOfWork, settings: Settings, caller: Caller, wish: Wish, purpose: Purpose
) -> tuple[Line, Contract]:
    """The caller's own line in service, locked.

    Raises Invalid with line.number_format and line_password.format under `details["errors"]`,
    NotFound("line.unknown"), Forbidden("line_password.hidden"), Conflict("line.terminated").
    """
    errors = []
    if not rules.is_number(wish.phone_number):
        errors.append({"pointer": "phone_number", "code": "line.number_format"})
    if not rules.is_new_password(wish.new):
        errors.append({"pointer": "new", "code": "line_password.format"})
    if errors:
        raise Invalid(errors[0]["code"], errors=errors)
    found = store.find_line(uow.session, caller.customer, wish.phone_number, lock=True)
    if found is None:
        raise NotFound("line.unknown")
    line, contract = found
    if not visible({purpose: None}, contract.display_plan, settings.basic_plan_hides):
        raise Forbidden("line_password.hidden")
    if line.end_date is not None and line.end_date <= clock.today():
        raise Conflict("line.terminated")
    return line, contract


def _judge(uow: UnitOfWork, cipher: FieldCipher, line: Line, purpose: Purpose, wish: Wish) -> None:
    """Return if the current password is right and the new one another; a wrong one is counted, for good.

    Raises TooMany("line_password.held", retry_after), Conflict("line_password.none"),
    Invalid("line_password.wrong"), Invalid("line_password.same").
    """
    now = clock.now()
    tries = store.tries(uow.session, line, purpose)
    if tries is not None and (wait := rules.seconds_to_wait(tries.failures, tries.latest, now)):
        raise TooMany("line_password.held", retry_after=wait)
    current = in_clear(cipher, line)[purpose]
    if current is None:
        raise Conflict("line_password.none")
    if not rules.same(wish.current, current):
        if tries is None:
            uow.session.add(PasswordTries(line_id=line.id, purpose=purpose, failures=1, latest=now))
        else:
            tries.failures, tries.latest = tries.failures + 1, now
        uow.commit()
        raise Invalid("line_password.wrong")
    if tries is not None:
        uow.session.delete(tries)
    if rules.same(wish.new, current):
        raise Invalid("line_password.same")


def _shown(settings: Settings, contract: Contract, passwords: dict[str, str | None]) -> dict[str, Any]:
    shown = visible(passwords, contract.display_plan, settings.basic_plan_hides)
    if not shown:
        raise Forbidden("line_password.hidden")
    return shown
