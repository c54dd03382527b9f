"""What an operator can set about cards and the payment provider."""

from typing import Literal

from pydantic import Field, field_validator

from chassis.settings import Settings as CommonSettings


class Settings(CommonSettings):
    provider_mode: Literal["stripe", "sandbox"] = Field(
        "stripe", description="whose script takes the card in the browser: stripe, or the sandbox's own"
    )
    provider_url: str = Field(
        "https://api.stripe.com",
        pattern=r"^https?://",
        description="base URL of the payment provider's API (Stripe's)",
    )
    provider_browser_url: str = Field(
        "https://js.stripe.com",
        pattern=r"^https?://[^\s;,'\"]+$",
        description="base URL under which browsers reach the provider's script; a sandbox's takes the cards too",
    )
    provider_secret_key: str = Field(
        pattern=r"^(sk|rk)_\S+$", description="secret (or restricted) key of the account at the provider"
    )
    provider_publishable_key: str = Field(
        pattern=r"^pk_\S+$", description="publishable key of the same account, which browsers are shown"
    )
    provider_timeout_seconds: float = Field(
        8.0,
        gt=0,
        le=60,
        description="a longer step at the provider is given up, its outcome unknown; below the gateway's `rpc_timeout`",
    )
    card_refusals_per_hour: int = Field(
        5, ge=1, le=100, description="refused cards of a customer within an hour; more have to wait"
    )
    debit_issuers: frozenset[str] = Field(
        frozenset({"RAKUTEN BANK", "SURUGA BANK"}),
        description="JSON list of what the names of issuers begin with whose debit cards are taken",
    )
    debit_iins: frozenset[str] = Field(
        frozenset(), description="JSON list of first digits (4 to 8) of debit cards that are taken as well"
    )

    @field_validator("debit_iins")
    @classmethod
    def _digits(cls, value: frozenset[str]) -> frozenset[str]:
        if not all(iin.isascii() and iin.isdigit() and 4 <= len(iin) <= 8 for iin in value):
            raise ValueError("four to eight digits each")
        return value
