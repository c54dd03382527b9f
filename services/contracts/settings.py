"""What an operator can set about the contract inquiry."""

from pydantic import Field, field_validator

from chassis.sealing import FieldCipher
from chassis.settings import Settings as CommonSettings
from services.contracts.display import BASIC_PLAN_HIDES, HideableItem


class Settings(CommonSettings):
    field_keys: str = Field(
        description="JSON object of key ids and base64 keys of 32 bytes; the first one encrypts"
    )
    max_lines_shown: int = Field(5_000, ge=1, description="more hits of a search than this are not shown")
    basic_plan_hides: frozenset[HideableItem] = Field(
        BASIC_PLAN_HIDES, description="JSON list of the items that contracts on the Basic plan do not show"
    )

    @field_validator("field_keys")
    @classmethod
    def _usable(cls, value: str) -> str:
        try:
            FieldCipher(value).encrypt("", "")
        except Exception:
            raise ValueError("not a set of keys") from None
        return value
