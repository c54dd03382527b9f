"""What a charge (請求明細) is: its kind, the month it belongs to, and the words on the statement."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import Invalid

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class ChargeKind(StrEnum):
    RECHARGE = "recharge"  # of a SIM or of a share group
    SHIPMENT = "shipment"  # of new SIM cards
    SHARE_MEMBERSHIP = "share_membership"  # a month of a share group


@dataclass(frozen=True)
class Description:
    """The same words in both languages of the product."""

    ja: str
    en: str


def recharge_description(gigabytes: int, msisdn: str) -> Description:
    return Description(f"リチャージ {gigabytes}GB({msisdn})", f"Recharge {gigabytes} GB ({msisdn})")


def group_recharge_description(gigabytes: int, group: str) -> Description:
    return Description(
        f"リチャージ(大規模シェア) {gigabytes}GB({group})", f"Group recharge {gigabytes} GB ({group})"
    )


def share_membership_description(members: int, yen_per_member: int, group: str) -> Description:
    return Description(
        f"大規模シェア {members}回線×{yen_per_member:,}円({group})",
        f"Share group, {members} lines at {yen_per_member:,} yen ({group})",
    )


def shipment_description(quantity: int) -> Description:
    return Description(f"新規出荷 {quantity}枚", f"New SIM shipment, {quantity} cards")


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
