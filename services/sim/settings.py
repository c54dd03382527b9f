"""Settings of the SIM service, besides those of every service."""

from pydantic import Field, PositiveInt, ValidationInfo, field_validator

from chassis import settings
from services.sim.pricing import GB, RECHARGE_PRICES_YEN

CALLS_PER_ATTEMPT = 4
"""The most calls one attempt at a job makes: two operations, each asked for and then sent."""


class Settings(settings.Settings):
    carrier_url: str = Field(pattern=r"^https?://", description="base URL of the carrier's operations API")
    carrier_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="a longer call to the carrier is given up, its outcome unknown"
    )
    carrier_concurrency: int = Field(10, ge=1, le=100, description="carrier calls at once in one process")
    lease_seconds: float = Field(
        60.0, description="how long a job belongs to the process that claimed it: 8 carrier time-outs or more"
    )
    retry_for_minutes: int = Field(
        1440, ge=0, description="how long after its time an order is retried before it fails"
    )
    plans: dict[str, PositiveInt] = Field(
        {"500MB": GB // 2, "1GB": GB, "30GB": 30 * GB},
        min_length=1,
        description="bytes a month by the plan's name, as JSON; a plan that any SIM still has must stay",
    )
    recharge_prices: dict[PositiveInt, PositiveInt] = Field(
        dict(RECHARGE_PRICES_YEN), min_length=1, description="yen by gigabytes, as JSON"
    )

    @field_validator("lease_seconds")
    @classmethod
    def outlasts_an_attempt(cls, value: float, info: ValidationInfo) -> float:
        """An attempt ends well within its lease, so no lease has to be renewed while the carrier is called."""
        if value < 2 * CALLS_PER_ATTEMPT * info.data.get("carrier_timeout_seconds", 0):
            raise ValueError("a lease must outlast an attempt at a job")
        return value
