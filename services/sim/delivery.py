"""Whereto and when cards are delivered, and whom to ask about it: what is wrong with what was entered.

None of what this looks at is named in a refusal: addresses and names of people are the customer's own.
"""

import re
import unicodedata
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from chassis.errors import Invalid
from services.sim.mail_address import is_mail_address
from services.sim.postcodes import check_postcode
from services.sim.start_date import parse_day

_PHONE = re.compile(r"0[0-9]{9,10}")
_POSTCODE = re.compile(r"([0-9]{3})-?([0-9]{4})")


def _narrow(text: str) -> str:
    """Half-width, as a Japanese keyboard may not have entered it, with all kinds of hyphens alike."""
    return re.sub(r"[‐‑‒–—―ーｰ−]", "-", unicodedata.normalize("NFKC", text))


def _postcode(text: str) -> str:
    narrow = _narrow(text)
    return _POSTCODE.sub(r"\1-\2", narrow) if _POSTCODE.fullmatch(narrow) else narrow


_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=_NO_CONTROL)]
Mail = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=_NO_CONTROL)]


class Delivery(BaseModel):
    """One place (納品先). `building` may be blank; postcode as `100-0001`, telephone with or without hyphens."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    postcode: Annotated[Line, AfterValidator(_postcode)]
    prefecture: Line
    city: Line
    street: Line
    building: Line = ""
    recipient: Line
    phone: Annotated[Line, AfterValidator(_narrow)]


def contact_problems(name: str, mail: str) -> list[dict[str, Any]]:
    """What is wrong with who is asked about an order (出荷依頼担当者), as `{pointer, code}`."""
    problems = []
    if not name:
        problems.append({"pointer": "contact_name", "code": "delivery.blank"})
    if not mail:
        problems.append({"pointer": "contact_mail", "code": "delivery.blank"})
    elif not is_mail_address(mail):
        problems.append({"pointer": "contact_mail", "code": "delivery.mail"})
    return problems


def delivery_problems(delivery: Delivery) -> list[dict[str, Any]]:
    """What is wrong with an address, as `{pointer, code}`; `allowed` prefectures where the postcode has others."""
    blank = [
        name
        for name in ("postcode", "prefecture", "city", "street", "recipient", "phone")
        if not getattr(delivery, name)
    ]
    problems: list[dict[str, Any]] = [
        {"pointer": f"delivery/{name}", "code": "delivery.blank"} for name in blank
    ]
    if "postcode" not in blank and "prefecture" not in blank:
        try:
            check_postcode(delivery.postcode, delivery.prefecture)
        except Invalid as error:
            problems.append({"pointer": "delivery/postcode", "code": error.code, **error.details})
    if "phone" not in blank and not _PHONE.fullmatch(delivery.phone.replace("-", "")):
        problems.append({"pointer": "delivery/phone", "code": "delivery.phone"})
    return problems


def refuse(problems: list[dict[str, Any]]) -> None:
    """Raises Invalid("order.fields", errors=[…]) if there are any."""
    if problems:
        raise Invalid("order.fields", errors=problems)


def check_delivery_date(value: str | None, earliest: date, latest: date) -> date | None:
    """The day asked for, `YYYY-MM-DD`; None is as soon as possible.

    Raises Invalid("delivery_date.out_of_range", earliest=…, latest=…), both inclusive, for a malformed one, too.
    """
    if value is None:
        return None
    day = parse_day(value)
    if day is None or not earliest <= day <= latest:
        raise Invalid("delivery_date.out_of_range", earliest=earliest.isoformat(), latest=latest.isoformat())
    return day
