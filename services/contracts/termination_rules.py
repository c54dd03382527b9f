"""The rules of ending a line (解約). Source: the guidance of the contract inquiry (ご契約情報照会)."""

from datetime import date
from typing import Literal

TerminationState = Literal["registered", "completed", "withdrawn"]


def is_in_service(end_date: date | None, today: date) -> bool:
    """A line is in service until its end date has come."""
    return end_date is None or end_date > today


def may_end_on(day: date, start_date: date, today: date) -> bool:
    """What is completed is over: a line ends no later than today, and not before it started."""
    return start_date <= day <= today
