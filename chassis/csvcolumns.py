"""What columns of import files have in common: pydantic validators whose refusals have codes of their own."""

import re
from datetime import date, datetime
from typing import Annotated, LiteralString

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError


def like(pattern: str, code: LiteralString, expected: LiteralString) -> AfterValidator:
    """Refuses a blank with import.blank, and what `pattern` does not match as a whole with `code`."""
    whole = re.compile(pattern)

    def check(value: str) -> str:
        if value == "":
            raise PydanticCustomError("import.blank", "must not be blank")
        if not whole.fullmatch(value):
            raise PydanticCustomError(code, expected)
        return value

    return AfterValidator(check)


def one_of(*allowed: str) -> BeforeValidator:
    """Refuses what is not one of `allowed` with import.unknown_value."""

    def check(value: str) -> str:
        if value not in allowed:
            raise PydanticCustomError("import.unknown_value", "must be one of the known values")
        return value

    return BeforeValidator(check)


def _parse_date(value: str) -> date:
    try:
        if re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value
        ):  # fromisoformat also takes 20240229 and 2024-W09-4
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("import.bad_date", "must be a date that exists, as YYYY-MM-DD")


def _parse_instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None and instant.year >= 2000:
            return instant
    except ValueError:
        pass
    raise PydanticCustomError(
        "import.bad_time", "must be ISO 8601 with an offset, as 2026-03-01T09:00:00+09:00"
    )


blank_is_none = BeforeValidator(lambda value: value or None)
Date = Annotated[date, BeforeValidator(_parse_date)]
DateOrNone = Annotated[Date | None, blank_is_none]
Instant = Annotated[datetime, BeforeValidator(_parse_instant)]
