"""What a charge (請求明細) is: its kind, the month it belongs to, and the words on the statement."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import Invalid

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class ChargeKind(StrEnum):
    RECHARGE = "recharge"


@dataclass(frozen=True)
class Description:
    """The same words in both languages of the product."""

    ja: str
    en: str


def recharge_description(gigabytes: int, msisdn: str) -> Description:
    return Description(f"リチャージ {gigabytes}GB({msisdn})", f"Recharge {gigabytes} GB ({msisdn})")


def usage_month(day: date) -> date:
    """First day of the month whose use is charged; `day` is the day in Japan on which that use starts."""
    return day.replace(day=1)


def parse_month(text: str) -> date:
    """First day of the month `YYYY-MM`; raises Invalid("charges.month") for anything else."""
    try:
        if _MONTH.fullmatch(text):
            return date.fromisoformat(f"{text}-01")
    except ValueError:  # a thirteenth month, or the year 0
        pass
    raise Invalid("charges.month")
