"""What a customer gets to see of a contract and its lines. Source: the manual of the contract inquiry."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal

DisplayPlan = Literal["standard", "basic"]
HideableItem = Literal[
    "sip_proxy",
    "sip_domain",
    "call_plan",
    "account_id",
    "line_password",
    "addon_password",
    "channels",
    "notified_number",
    "pilot_number",
]

BASIC_PLAN_HIDES: frozenset[HideableItem] = frozenset(
    {
        "sip_proxy",
        "sip_domain",
        "account_id",
        "line_password",
        "addon_password",
        "channels",
        "notified_number",
        "pilot_number",
    }
)
"""The eight items that mean nothing to customers of the Basic plan (ベーシックプラン)."""

MASK = "********"


def visible(item: Mapping[str, Any], plan: DisplayPlan, basic_hides: Collection[str]) -> dict[str, Any]:
    """`item` without what its contract's plan hides: a hidden key is absent, not blank."""
    hidden = basic_hides if plan == "basic" else ()
    return {key: value for key, value in item.items() if key not in hidden}


def masked(is_set: bool) -> str:
    """What shows of a password: the same stars for every one that is set, blank for none."""
    return MASK if is_set else ""


def shown_end_date(end_date: date | None, today: date) -> date | None:
    """The end date (サービス終了日) once it has come.

    Blank means in service, so it is blank while a termination is in process.
    """
    return end_date if end_date is not None and end_date <= today else None
