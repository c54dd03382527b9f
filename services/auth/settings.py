"""What an operator can set about accounts and logins."""

import json
from datetime import timedelta
from typing import Literal

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, ValidationInfo, field_validator

from chassis.sealing import FieldCipher
from chassis.settings import Settings as CommonSettings
from services.auth.contact import is_email
from services.auth.lifetimes import Lifetime
from services.auth.mail_cap import MailCap
from services.auth.mail_texts import Operator
from services.auth.passwords import Cost
from services.auth.portals import Kind
from services.auth.throttle import Limit, Throttle


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
    smtp_tls: Literal["none", "starttls", "tls"] = Field(
        "none", description="none, starttls, or tls from the first byte"
    )
    smtp_user: str = Field("", description="user at the mail relay, with TLS only; empty: no login there")
    smtp_password: str = Field("", validate_default=True, description="password of this user")
    mail_from: str = Field(
        "no-reply-otp@minato-telecom.example", description="sender address of self-care mails"
    )
    console_mail_from: str = Field(
        "console-info@minato-telecom.example", description="sender address of mails about the console"
    )
    mail_give_up_hours: float = Field(6, gt=0, description="an undeliverable mail is dropped after this time")

    code_valid_minutes: int = Field(20, ge=1, le=60, description="how long a login code is valid")
    code_tries: int = Field(5, ge=1, le=10, description="wrong codes that end a login attempt")
    code_mail_spacing_seconds: int = Field(
        30, ge=0, description="least time between two codes mailed for an account"
    )
    code_mails_per_20_minutes: int = Field(
        3, ge=1, description="codes mailed for an account within 20 minutes"
    )
    code_mails_per_4_hours: int = Field(15, ge=1, description="codes mailed for an account within 4 hours")
    code_alarm_failures: int = Field(
        100, ge=1, description="wrong codes of all accounts within 10 minutes that raise the alarm metric"
    )
    recovery_tries: int = Field(3, ge=1, le=10, description="wrong contact numbers that end an attempt")
    recovery_block_hours: int = Field(
        24, ge=1, description="how long wrong contact numbers count against an account, unless it logs in"
    )

    # Delays double with every failure. With the defaults an ID takes about 80 guesses an hour from all addresses
    # together, below the 100 of OWASP ASVS 4.0.3, 2.2.1; an address that has logged in before is not held up by others.
    throttle_free_failures: int = Field(
        5, ge=1, description="failures of an ID from one address before the first delay"
    )
    throttle_longest_seconds: int = Field(
        900, ge=1, description="longest delay between two tries of an ID from one address"
    )
    throttle_free_failures_anywhere: int = Field(
        20, ge=1, description="failures of an ID from all addresses before the first delay"
    )
    throttle_longest_seconds_anywhere: int = Field(
        60,
        ge=1,
        description="longest delay between two tries of an ID from addresses where it never logged in",
    )
    throttle_hours: int = Field(24, ge=1, description="how long a failure counts")
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

    # Lengths: NIST SP 800-63B-4, 3.1.1.2. It advises against expiry; the 90 days are the console guide's.
    password_minimum: int = Field(
        15, ge=8, le=64, description="least characters of a password that stands alone"
    )
    password_minimum_with_factor: int = Field(
        8, ge=8, le=64, description="least characters of a password beside a second factor or a mailed code"
    )
    password_score: int = Field(
        3, ge=0, le=4, description="least zxcvbn score of a new password (3: about 10^8 guesses and more)"
    )
    password_history: int = Field(5, ge=0, le=24, description="last passwords that are not taken again")
    password_days: int = Field(
        90, ge=0, description="days after which console and staff accounts change their password; 0: never"
    )
    initial_password_hours: int = Field(24, ge=1, description="how long a mailed initial password works")

    staff_factors_required: bool = Field(False, description="staff log in with a second factor only")
    public_url: str = Field(
        "http://localhost:8000",
        pattern=r"^https?://[^/]+$",
        description="address of the portal, as people reach it; passkeys are bound to its host",
    )
    api_key_longest_days: int = Field(366, ge=1, description="longest life of an API key")

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

    @field_validator("smtp_user")
    @classmethod
    def _is_sent_by_tls_only(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("smtp_tls") == "none":
            raise ValueError("a login would be readable on its way without TLS")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _goes_with_a_user(cls, value: str, info: ValidationInfo) -> str:
        if bool(value) != bool(info.data.get("smtp_user")):
            raise ValueError("user and password go together")
        return value

    @field_validator("mail_from", "console_mail_from")
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

    def throttle(self) -> Throttle:
        return Throttle(
            here=Limit(self.throttle_free_failures, timedelta(seconds=self.throttle_longest_seconds)),
            anywhere=Limit(
                self.throttle_free_failures_anywhere,
                timedelta(seconds=self.throttle_longest_seconds_anywhere),
            ),
        )

    def code_mail_caps(self) -> tuple[MailCap, ...]:
        """All of them hold at once."""
        return (
            MailCap(1, timedelta(seconds=self.code_mail_spacing_seconds)),
            MailCap(self.code_mails_per_20_minutes, timedelta(minutes=20)),
            MailCap(self.code_mails_per_4_hours, timedelta(hours=4)),
        )

    def operator(self) -> Operator:
        return Operator(self.operator_name, self.operator_name_en)
