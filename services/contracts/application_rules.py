"""The rules of applying for more 050 numbers. Source: the menus of the portals (050番号追加申込)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal

from chassis.errors import Invalid

ApplicationState = Literal["received", "issued", "declined", "withdrawn"]
PoolFamily = Literal["ip_phone", "mobile_choice"]
NumberState = Literal["free", "in_use", "quarantined"]

FAMILIES: frozenset[str] = frozenset({"ip_phone", "mobile_choice"})
"""The families of contracts that numbers can be added to."""

_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,100}")
_PHONE = re.compile(r"0[0-9]{9,10}")
# A safe part of RFC 5321: what mail systems in use accept, and nothing that could break out of a header.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")

_FORMATS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {"contact_name": _NAME, "contact_phone": _PHONE, "contact_email": _EMAIL}
)


@dataclass(frozen=True)
class Limits:
    """What may be asked for on a day: up to `numbers` of `channels` each, from today until `latest`."""

    numbers: int
    channels: int
    earliest: date
    latest: date


@dataclass(frozen=True)
class Wish:
    """What a customer has entered. The contact's phone number is 10 or 11 digits without hyphens."""

    count: int
    wished_date: date
    channels: int
    contact_name: str
    contact_phone: str
    contact_email: str


def limits(today: date, numbers: int, channels: int, days: int) -> Limits:
    """The limits on `today`; `days` is how far ahead the start may be."""
    return Limits(numbers, channels, today, today + timedelta(days=days))


def check(wish: Wish, limits: Limits) -> None:
    """Raises Invalid with the code of the first wrong field, and all of them under `details["errors"]`:
    application.count and application.channels (maximum), start_date.out_of_range (earliest, latest),
    application.contact_name, application.contact_phone, application.contact_email.
    """
    errors: list[dict[str, Any]] = []
    if not 1 <= wish.count <= limits.numbers:
        errors.append({"pointer": "count", "code": "application.count", "maximum": limits.numbers})
    if not limits.earliest <= wish.wished_date <= limits.latest:
        errors.append({"pointer": "wished_date"} | out_of_range(limits.earliest, limits.latest))
    if not 1 <= wish.channels <= limits.channels:
        errors.append({"pointer": "channels", "code": "application.channels", "maximum": limits.channels})
    for name, pattern in _FORMATS.items():
        value = getattr(wish, name)
        if not value.strip() or not pattern.fullmatch(value):
            errors.append({"pointer": name, "code": f"application.{name}"})
    if errors:
        raise Invalid(errors[0]["code"], errors=errors)


def out_of_range(earliest: date, latest: date) -> dict[str, Any]:
    """The refusal of a date outside of these days."""
    return {
        "code": "start_date.out_of_range",
        "earliest": earliest.isoformat(),
        "latest": latest.isoformat(),
    }


def application_number(customer: str, year: int, sequence: int) -> str:
    """`<customer>-AN<yy><nnnn>`, like the numbers of orders: counted by customer and year, wider past 9999."""
    return f"{customer}-AN{year % 100:02}{sequence:04}"


def free_again(ended_on: date, quarantine_days: int) -> date:
    """The first day on which a number may be given out again after its line has ended."""
    return ended_on + timedelta(days=quarantine_days)


def number_state(ended_on: date | None, is_given: bool, today: date, quarantine_days: int) -> NumberState:
    """A number's state on `today`; `is_given` is whether a line has, or has had it."""
    if not is_given:
        return "free"
    if ended_on is None or ended_on > today:
        return "in_use"
    return "free" if free_again(ended_on, quarantine_days) <= today else "quarantined"
