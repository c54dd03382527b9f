"""What an operator can set about the contract inquiry and the passwords of lines."""

from pydantic import Field, ValidationInfo, field_validator

from chassis.sealing import FieldCipher
from chassis.settings import Settings as CommonSettings
from services.contracts.display import BASIC_PLAN_HIDES, HideableItem

CALLS_PER_ATTEMPT = 2
"""The most calls that one attempt at the SIP switch makes: the operation is asked for and then sent."""


class Settings(CommonSettings):
    field_keys: str = Field(
        description="JSON object of key ids and base64 keys of 32 bytes; the first one encrypts"
    )
    max_lines_shown: int = Field(5_000, ge=1, description="more hits of a search than this are not shown")
    basic_plan_hides: frozenset[HideableItem] = Field(
        BASIC_PLAN_HIDES, description="JSON list of the items that contracts on the Basic plan do not show"
    )

    switch_url: str = Field(pattern=r"^https?://", description="base URL of the SIP switch's operations API")
    switch_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="a longer call to the SIP switch is given up, its outcome unknown"
    )
    switch_concurrency: int = Field(10, ge=1, le=100, description="switch calls at once in one process")
    switch_lease_seconds: float = Field(
        30.0,
        description="how long a change belongs to the process that claimed it: 4 switch time-outs or more",
    )
    reflection_grace_minutes: int = Field(
        60, ge=0, description="how long after its time a line's new password is retried before staff are told"
    )

    bulk_max_rows: int = Field(
        10_000, ge=1, le=100_000, description="lines that one file of Mobile Choice 050 may speak of"
    )

    max_line_groups: int = Field(100, ge=1, le=1_000, description="groups that a contract may have")
    max_usage_limits: int = Field(100, ge=1, le=1_000, description="usage limits that a contract may have")
    max_rejection_rows: int = Field(
        10_000, ge=1, le=100_000, description="rows of one list of rejected callers"
    )
    max_rejections_per_line: int = Field(
        1_000, ge=1, le=100_000, description="callers that a line may reject"
    )

    call_months_kept: int = Field(
        24, ge=1, le=120, description="months of call records that are kept, the present one included"
    )

    application_max_numbers: int = Field(
        100, ge=1, le=1_000, description="telephone numbers that one application may ask for"
    )
    application_max_channels: int = Field(
        30, ge=1, le=9_999, description="channels of each number that an application may ask for"
    )
    application_start_days: int = Field(
        90, ge=0, le=366, description="days from today within which new numbers may start"
    )
    application_max_open: int = Field(
        20, ge=1, le=1_000, description="applications of a contract that may be undecided at a time"
    )
    number_quarantine_days: int = Field(
        180, ge=0, le=3_650, description="days after a line's end before its number is given out again"
    )

    @field_validator("switch_lease_seconds")
    @classmethod
    def _outlasts_an_attempt(cls, value: float, info: ValidationInfo) -> float:
        if value < 2 * CALLS_PER_ATTEMPT * info.data.get("switch_timeout_seconds", 0):
            raise ValueError("a lease must outlast an attempt at the switch")
        return value

    @field_validator("field_keys")
    @classmethod
    def _usable(cls, value: str) -> str:
        try:
            FieldCipher(value).encrypt("", "")
        except Exception:
            raise ValueError("not a set of keys") from None
        return value
