"""The CSV file of call records."""

import re
from typing import Annotated, get_args

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from chassis.csvcolumns import Instant, like, one_of
from services.contracts.calling import CallType
from services.contracts.imports import ImportRow, Phone

_record = like(r"[!-~]{1,100}", "import.bad_code", "must be 100 half-width characters at most")
_destination = like(r"[0-9*#+]{1,32}", "import.bad_destination", "must be 32 of 0-9, *, # and + at most")


def _parse_seconds(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", value):
        raise PydanticCustomError("import.bad_duration", "must be a whole number of at most 7 digits")
    return int(value)


def _parse_yen(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,8}", value):
        raise PydanticCustomError("import.bad_charge", "must be a whole number of at most 8 digits")
    return int(value)


class CallRow(ImportRow):
    """A call that has ended. A feed may repeat a record, but must not contradict it."""

    KEY = "record_id"
    DESCRIPTIVE = (
        "phone_number",
        "started_at",
        "destination",
        "call_type",
        "duration_seconds",
        "charge_yen",
    )
    MAY_REPEAT = True

    record_id: Annotated[str, _record]
    phone_number: Phone
    started_at: Instant
    destination: Annotated[str, _destination]
    call_type: Annotated[CallType, one_of(*get_args(CallType))]
    duration_seconds: Annotated[int, BeforeValidator(_parse_seconds)]
    charge_yen: Annotated[int, BeforeValidator(_parse_yen)]
