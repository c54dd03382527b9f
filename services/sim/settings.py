"""Settings of the SIM service, besides those of every service."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator

from chassis import settings
from chassis.sealing import FieldCipher
from services.sim.pricing import GB, RECHARGE_PRICES_YEN
from services.sim.states import ServiceType
from services.sim.timing import SELECTABLE_MONTHS, SHARE_CUTOFF, YEAR_END_CLOSURE

OptionNames = dict[Literal["ja", "en"], str]


class Settings(settings.Settings):
    field_keys: str = Field(
        description="JSON object of key ids and base64 keys of 32 bytes; the first one encrypts"
    )
    carrier_url: str = Field(pattern=r"^https?://", description="base URL of the carrier's operations API")
    carrier_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="a longer call to the carrier is given up, its outcome unknown"
    )
    carrier_concurrency: int = Field(4, ge=1, le=100, description="carrier calls at once in one process")
    carrier_bulk_size: int = Field(
        500, ge=1, le=500, description="most operations in one call to the carrier"
    )
    carrier_operations_per_second: int = Field(
        0, ge=0, description="most operations a second that one process sends to the carrier; 0: no limit"
    )
    smdp_url: str = Field(pattern=r"^https?://", description="base URL of the SM-DP+'s ES2+ interface")
    smdp_address: str = Field(
        pattern=r"^[A-Za-z0-9.:-]+$", description="SM-DP+ address that activation codes name"
    )
    smdp_requester: str = Field(
        pattern=r"^[0-9]+(\.[0-9]+)+$", description="our object identifier at the SM-DP+"
    )
    smdp_timeout_seconds: float = Field(
        10.0, gt=0, le=60, description="a longer call to the SM-DP+ is given up, its outcome unknown"
    )
    esim_service_types: frozenset[ServiceType] = Field(
        frozenset({"mobile_choice"}),
        description="JSON list of the service types whose SIMs eSIMs can replace",
    )
    lease_seconds: float = Field(
        20.0, ge=3, le=600, description="after how long without a sign of life a job is another process's"
    )
    retry_for_minutes: int = Field(
        0, ge=0, description="how long after its window an order without an answer is tried again"
    )
    plans: dict[str, PositiveInt] = Field(
        {"500MB": GB // 2, "1GB": GB, "30GB": 30 * GB},
        min_length=1,
        description="bytes a month by the plan's name, as JSON; a plan that any SIM still has must stay",
    )
    usage_record_months: int = Field(
        6,
        ge=2,
        le=60,
        description="months of single usage records that are kept and taken in, the present one included",
    )
    options: dict[str, OptionNames] = Field(
        {
            "data_share": {"ja": "データシェア", "en": "Data share"},
            "recharge": {"ja": "リチャージ", "en": "Recharge"},
        },
        description="names by the option's code, as JSON; what is taken out can only be released any more",
    )
    recharge_prices: dict[PositiveInt, PositiveInt] = Field(
        dict(RECHARGE_PRICES_YEN), min_length=1, description="yen by gigabytes, as JSON"
    )
    share_sim_bytes: PositiveInt = Field(
        GB // 2, description="bytes a month that each SIM of a new share group adds to its capacity"
    )
    share_fee_yen: int = Field(100, ge=0, description="yen a month for each SIM in a share group")
    share_least_members: int = Field(2, ge=1, description="fewest SIMs in a share group")
    share_most_members: int = Field(1000, ge=1, le=10_000, description="most SIMs in a share group")
    share_cutoff: time = Field(
        SHARE_CUTOFF,
        description="time of day (HH:MM) from which share orders cannot start next month any more",
    )
    share_cutoff_days: int = Field(
        1, ge=0, le=27, description="how many days before the last of a month that time of day is"
    )
    share_months: int = Field(
        SELECTABLE_MONTHS,
        ge=0,
        le=24,
        description="how many months after the earliest a share order can start",
    )

    closed_days: list[Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]] = Field(
        [f"{month:02}-{day:02}" for month, day in sorted(YEAR_END_CLOSURE)],
        description="MM-DD of days without business besides weekends and national holidays, as JSON",
    )
    sim_sizes: list[str] = Field(
        ["標準", "micro", "nano"], min_length=1, description="sizes of SIM cards that can be ordered, as JSON"
    )
    shipment_price_yen: int = Field(0, ge=0, description="yen for each card of a new shipment")
    low_stock: int = Field(
        20, ge=0, description="fewer free cards or profiles of a kind are shown as running out"
    )

    @property
    def closed_month_days(self) -> frozenset[tuple[int, int]]:
        """`closed_days` as (month, day)."""
        return frozenset((int(each[:2]), int(each[3:])) for each in self.closed_days)

    @field_validator("field_keys")
    @classmethod
    def usable(cls, value: str) -> str:
        try:
            FieldCipher(value).encrypt("", "")
        except Exception:
            raise ValueError("not a set of keys") from None
        return value
