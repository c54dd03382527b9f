"""What an operator can set about accounts and logins."""

import json
from datetime import timedelta

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, field_validator

from chassis.sealing import FieldCipher
from chassis.settings import Settings as CommonSettings
from services.auth.contact import is_email
from services.auth.lifetimes import Lifetime
from services.auth.mail_texts import Operator
from services.auth.passwords import Cost
from services.auth.portals import Kind


class Settings(CommonSettings):
    context_signing_key: str = Field(
        description="private Ed25519 JWK (JSON) that call contexts are signed with"
    )
    code_pepper: str = Field(
        min_length=32, description="secret of 32 characters or more; login codes are hashed with it"
    )
    field_keys: str = Field(
        description="JSON object of key ids and base64 keys of 32 bytes; the first one encrypts"
    )

    operator_name: str = Field("ミナト通信", description="the operator's name in Japanese mails")
    operator_name_en: str = Field("Minato Telecom", description="the operator's name in English mails")

    smtp_host: str = Field("127.0.0.1", description="host of the mail relay")
    smtp_port: int = Field(25, ge=1, le=65535, description="port of the mail relay")
    smtp_timeout_seconds: int = Field(
        10, ge=1, le=60, description="a relay that is silent for longer is given up"
    )
    mail_from: str = Field("no-reply-otp@minato-telecom.example", description="sender address of login codes")
    mail_give_up_hours: float = Field(6, gt=0, description="an undeliverable mail is dropped after this time")

    code_valid_minutes: int = Field(20, ge=1, le=60, description="how long a login code is valid")
    code_tries: int = Field(5, ge=1, le=10, description="wrong codes that end a login attempt")
    # The default keeps below the 100 failures an hour and account of OWASP ASVS 4.0.3, 2.2.1.
    login_failures: int = Field(
        20, ge=1, description="failed logins and codes after which an ID is refused for a while"
    )
    login_failures_minutes: int = Field(15, ge=1, description="how long a failed login counts")
    attempt_retention_days: int = Field(30, ge=1, description="how long login attempts are kept")

    selfcare_idle_minutes: int = Field(
        30, ge=1, description="an unused self-care session ends after this time"
    )
    selfcare_absolute_hours: int = Field(
        12, ge=1, description="a self-care session ends this long after the login"
    )
    console_idle_minutes: int = Field(15, ge=1, description="an unused console session ends after this time")
    console_absolute_hours: int = Field(
        8, ge=1, description="a console session ends this long after the login"
    )
    staff_idle_minutes: int = Field(15, ge=1, description="an unused staff session ends after this time")
    staff_absolute_hours: int = Field(8, ge=1, description="a staff session ends this long after the login")

    # A change reaches a stored hash at its next login.
    password_memory_kib: int = Field(Cost.memory_kib, ge=8, description="memory of one argon2id hash, in KiB")
    password_time_cost: int = Field(Cost.passes, ge=1, description="argon2id passes")
    password_parallelism: int = Field(Cost.lanes, ge=1, description="argon2id lanes")
    password_threads: int = Field(
        2, ge=1, le=16, description="passwords of logins hashed at once in one process"
    )

    @field_validator("context_signing_key")
    @classmethod
    def _signs(cls, value: str) -> str:
        try:
            usable = OKPKey.import_key(json.loads(value)).is_private
        except (JoseError, ValueError, TypeError):
            usable = False
        if not usable:
            raise ValueError("not a private key")
        return value

    @field_validator("field_keys")
    @classmethod
    def _encrypts(cls, value: str) -> str:
        try:
            FieldCipher(value).encrypt("", "")
        except Exception:
            raise ValueError("not a set of keys") from None
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not is_email(value):
            raise ValueError("not a mail address")
        return value

    def lifetime(self, kind: Kind) -> Lifetime:
        minutes, hours = {
            Kind.SELFCARE: (self.selfcare_idle_minutes, self.selfcare_absolute_hours),
            Kind.CONSOLE: (self.console_idle_minutes, self.console_absolute_hours),
            Kind.STAFF: (self.staff_idle_minutes, self.staff_absolute_hours),
        }[kind]
        return Lifetime(timedelta(minutes=minutes), timedelta(hours=hours))

    def operator(self) -> Operator:
        return Operator(self.operator_name, self.operator_name_en)
