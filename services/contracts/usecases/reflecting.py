"""Tells the SIP switch the new passwords that are due: claim, call, write the result.

The call happens between two transactions, so that nothing stays locked while the switch thinks. A process that dies
between them leaves a lease that runs out; the next one asks the switch what became of the operation before it sends
it again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import eventlet
import structlog

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.operations import NoAnswer, Rejected
from chassis.sealing import FieldCipher
from services.contracts import password_store as store
from services.contracts.adapters.switch import NewPassword, Switch
from services.contracts.events import PasswordReflectionFailed
from services.contracts.models import Contract
from services.contracts.models_passwords import PasswordChange
from services.contracts.password_rules import give_up_at
from services.contracts.passwords import decrypt_new, encrypt
from services.contracts.settings import Settings

log = structlog.get_logger()

REJECTED = "switch.rejected"
NO_ANSWER = "switch.no_answer"
UNREADABLE = "switch.unreadable"

_MAX_BACKOFF_SECONDS = 60


@dataclass(frozen=True)
class Attempt:
    change_id: int
    fence: int
    number: int
    correlation_id: str
    wanted: NewPassword


class Reflector:
    def __init__(self, uow: Callable[[], UnitOfWork], switch: Switch, settings: Settings) -> None:
        self._uow = uow
        self._switch = switch
        self._settings = settings
        self._cipher = FieldCipher(settings.field_keys)

    def run_due(self) -> None:
        """Work until nothing is due that is not in other hands."""
        while limit := self._switch.admitted(self._settings.switch_concurrency):
            taken, attempts = self._claim(limit)
            pool = eventlet.GreenPool(limit)
            for attempt in attempts:
                pool.spawn_n(self._carry_out, attempt)
            pool.waitall()
            if taken < limit:
                return

    def _claim(self, limit: int) -> tuple[int, list[Attempt]]:
        """How many changes were claimed, and the attempts of those whose password can be read."""
        lease = timedelta(seconds=self._settings.switch_lease_seconds)
        with self._uow() as uow:
            due = store.take_due(uow.session, clock.now(), limit, lease)
            attempts = [attempt for change in due if (attempt := self._attempt(uow, change))]
            uow.commit()
        return len(due), attempts

    def _attempt(self, uow: UnitOfWork, change: PasswordChange) -> Attempt | None:
        phone = change.line.phone_number
        try:
            password = decrypt_new(self._cipher, phone, change.version, change.new_password or "")
        except ValueError:  # its key was taken away: staff can bring it back and try again
            with logs.bind(correlation_id=change.correlation_id, line=phone):
                self._fail(uow, change, reason=UNREADABLE)
            return None
        wanted = NewPassword(str(change.operation_id), phone, change.version, password)
        return Attempt(change.id, change.fence, change.attempts, change.correlation_id, wanted)

    def _carry_out(self, attempt: Attempt) -> None:
        with logs.bind(correlation_id=attempt.correlation_id, line=attempt.wanted.phone_number):
            try:
                self._switch.set_password(attempt.wanted, ask_first=attempt.number > 1)
            except Rejected as error:
                log.error("switch refused", error=str(error))
                self._write(attempt, partial(self._fail, reason=REJECTED))
            except NoAnswer as error:
                self._write(attempt, partial(self._postpone, error=str(error)))
            except (
                Exception
            ):  # a defect: nothing is known of the outcome, so that it is asked for after the lease
                log.exception("reflection interrupted")
            else:
                self._write(attempt, partial(self._finish, password=attempt.wanted.password))

    def _write(self, attempt: Attempt, result: Callable[[UnitOfWork, PasswordChange], None]) -> None:
        """The one transaction of a result; nothing, if the change has been claimed by somebody else since."""
        try:
            with self._uow() as uow:
                change = store.claimed(uow.session, attempt.change_id, attempt.fence)
                if change is None:
                    log.warning("lease lost, result dropped", fence=attempt.fence)
                    return
                result(uow, change)
                change.lease_until = None
                uow.commit()
        except Exception:  # the others of the batch go on; this one is found again when its lease ends
            log.exception("result not stored")

    def _finish(self, uow: UnitOfWork, change: PasswordChange, password: str) -> None:
        """The password is in force, also that of a change that was superseded while the switch was being told."""
        line = change.line
        line.line_password = encrypt(self._cipher, line.phone_number, "line_password", password)
        change.state, change.new_password, change.ended_at = "reflected", None, clock.now()
        log.info("password reflected", version=change.version)

    def _postpone(self, uow: UnitOfWork, change: PasswordChange, error: str) -> None:
        if change.state != "pending":
            return
        now = clock.now()
        grace = timedelta(minutes=self._settings.reflection_grace_minutes)
        if now >= give_up_at(change.reflected_by, change.started_at or now, grace):
            self._fail(uow, change, reason=NO_ANSWER)
            return
        seconds = min(2.0 ** (change.attempts - 1), _MAX_BACKOFF_SECONDS) * random.uniform(0.75, 1.25)
        store.postpone(change, timedelta(seconds=seconds))
        log.warning("switch gave no answer", error=error, attempt=change.attempts, retry_in=round(seconds, 1))

    def _fail(self, uow: UnitOfWork, change: PasswordChange, reason: str) -> None:
        """The switch will not be told again unless staff ask for it; the line's present password stays in force."""
        if change.state != "pending":
            return
        change.state, change.reason, change.ended_at = "failed", reason, clock.now()
        change.lease_until = None
        contract = uow.session.get_one(Contract, change.line.contract_id)
        uow.emit(
            PasswordReflectionFailed(
                contract.customer_code,
                contract.code,
                change.line.phone_number,
                change.changed_at,
                change.reflected_by,
                reason,
            )
        )
        log.error("password not reflected", reason=reason, version=change.version)
