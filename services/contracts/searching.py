"""Which lines of a contract are asked for. Source: the manual of the contract inquiry, 検索条件."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from chassis.errors import Invalid

LineStatus = Literal["all", "in_service"]

SortColumn = Literal[
    "number",
    "phone_number",
    "account_id",
    "start_date",
    "end_date",
    "channels",
    "notified_number",
    "pilot_number",
    "mobile_number",
]
"""What lines can be sorted by: whatever is shown of them except passwords, whose order would tell something."""

LineSort = Literal[
    SortColumn,
    "-number",
    "-phone_number",
    "-account_id",
    "-start_date",
    "-end_date",
    "-channels",
    "-notified_number",
    "-pilot_number",
    "-mobile_number",
]
"""A column, from the smallest value on; led by `-`, from the largest on."""

MINIMUM_PREFIX = 7
"""Digits of a telephone number that a search by its beginning needs (前方一致、7桁以上)."""

_HALF_WIDTH_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class LineSearch:
    """Conditions that a line must all satisfy; one that is None, or a blank prefix, is not a condition.

    `start_from` and `start_to` are inclusive. Making one raises Invalid with the code of the first wrong
    condition, and all of them under `details["errors"]`: lines.prefix_not_digits, lines.prefix_too_short
    (minimum), lines.range_reversed.
    """

    phone_prefix: str | None = None
    status: LineStatus = "all"
    start_from: date | None = None
    start_to: date | None = None

    def __post_init__(self) -> None:
        errors: list[dict[str, Any]] = []
        if self.phone_prefix:
            if not _HALF_WIDTH_DIGITS.fullmatch(self.phone_prefix):
                errors.append({"pointer": "phone_prefix", "code": "lines.prefix_not_digits"})
            elif len(self.phone_prefix) < MINIMUM_PREFIX:
                errors.append(
                    {"pointer": "phone_prefix", "code": "lines.prefix_too_short", "minimum": MINIMUM_PREFIX}
                )
        if self.start_from and self.start_to and self.start_from > self.start_to:
            errors.append({"pointer": "start_to", "code": "lines.range_reversed"})
        if errors:
            raise Invalid(errors[0]["code"], errors=errors)
