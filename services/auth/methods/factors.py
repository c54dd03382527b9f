"""Second factors: in a login, where one is asked for or missing, and in a session."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth import recovery_codes, totp
from services.auth.arguments import Remark, SessionHash
from services.auth.permissions import WITH_FACTORS
from services.auth.settings import Settings
from services.auth.usecases import factor_steps, factors
from services.auth.usecases.factor_checks import Offered
from services.auth.usecases.sessions import Browser


def _one_line(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter.isprintable()).split())


# by which its owner tells a factor from others
Name = Annotated[str, AfterValidator(_one_line), Field(max_length=64)]
TotpSecret = Annotated[str, Field(pattern=totp.PATTERN)]
RecoveryCodes = Annotated[list[str], AfterValidator(recovery_codes.new_set)]
Answer = dict[str, Any]


class FactorMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    # in a login

    @rpc(PUBLIC, sealed=("attempt",))
    def challenge_factor(self, caller: Caller, *, attempt: str) -> Answer:
        with self.uow() as uow:
            return factor_steps.challenge(uow, self.settings, attempt)

    @rpc(PUBLIC, sealed=("attempt", "totp", "recovery_code"))
    def verify_factor(
        self,
        caller: Caller,
        *,
        attempt: str,
        totp: str | None = None,
        recovery_code: str | None = None,
        assertion: Answer | None = None,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> Answer:
        offered = Offered(totp, recovery_code, assertion)
        browser = Browser(client_ip, user_agent)
        with self.uow() as uow:
            return factor_steps.verify(uow, self.settings, attempt, offered, session_hash, browser)

    @rpc(PUBLIC, sealed=("attempt", "secret"))
    def enrol_totp(self, caller: Caller, *, attempt: str, secret: TotpSecret, name: Name) -> Answer:
        with self.uow() as uow:
            return factor_steps.begin_totp(uow, self.settings, attempt, secret, name)

    @rpc(PUBLIC, sealed=("attempt", "code", "recovery_codes"))
    def confirm_enrolled_totp(
        self,
        caller: Caller,
        *,
        attempt: str,
        code: str,
        recovery_codes: RecoveryCodes,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> Answer:
        browser = Browser(client_ip, user_agent)
        with self.uow() as uow:
            return factor_steps.confirm_totp(
                uow, self.settings, attempt, code, recovery_codes, session_hash, browser
            )

    @rpc(PUBLIC, sealed=("attempt",))
    def enrol_passkey(self, caller: Caller, *, attempt: str) -> Answer:
        with self.uow() as uow:
            return factor_steps.offer_passkey(uow, self.settings, attempt)

    @rpc(PUBLIC, sealed=("attempt", "recovery_codes"))
    def finish_enrolled_passkey(
        self,
        caller: Caller,
        *,
        attempt: str,
        response: Answer,
        name: Name,
        recovery_codes: RecoveryCodes,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> Answer:
        browser = Browser(client_ip, user_agent)
        with self.uow() as uow:
            return factor_steps.add_passkey(
                uow, self.settings, attempt, response, name, recovery_codes, session_hash, browser
            )

    # in a session

    @rpc(WITH_FACTORS)
    def list_factors(self, caller: Caller) -> Answer:
        with self.uow() as uow:
            return factors.list_factors(uow, self.settings, caller)

    @rpc(WITH_FACTORS)
    def challenge_proof(self, caller: Caller) -> Answer:
        with self.uow() as uow:
            return factors.challenge_proof(uow, self.settings, caller)

    @rpc(WITH_FACTORS, sealed=("secret",), fresh=True)
    def begin_totp(self, caller: Caller, *, secret: TotpSecret, name: Name) -> Answer:
        with self.uow() as uow:
            factors.begin_totp(uow, self.settings, caller, secret, name)
        return {}

    @rpc(WITH_FACTORS, sealed=("code", "recovery_codes"), fresh=True)
    def confirm_totp(self, caller: Caller, *, code: str, recovery_codes: RecoveryCodes) -> Answer:
        with self.uow() as uow:
            return factors.confirm_totp(uow, self.settings, caller, code, recovery_codes)

    @rpc(WITH_FACTORS, fresh=True)
    def begin_passkey(self, caller: Caller) -> Answer:
        with self.uow() as uow:
            return factors.offer_passkey(uow, self.settings, caller)

    @rpc(WITH_FACTORS, sealed=("recovery_codes",), fresh=True)
    def finish_passkey(
        self, caller: Caller, *, response: Answer, name: Name, recovery_codes: RecoveryCodes
    ) -> Answer:
        with self.uow() as uow:
            return factors.add_passkey(uow, self.settings, caller, response, name, recovery_codes)

    @rpc(WITH_FACTORS, fresh=True)
    def remove_factor(self, caller: Caller, *, factor_id: str) -> Answer:
        with self.uow() as uow:
            factors.remove_factor(uow, self.settings, caller, factor_id)
        return {}

    @rpc(WITH_FACTORS, sealed=("recovery_codes",), fresh=True)
    def new_recovery_codes(self, caller: Caller, *, recovery_codes: RecoveryCodes) -> Answer:
        with self.uow() as uow:
            factors.new_recovery_codes(uow, self.settings, caller, recovery_codes)
        return {}
