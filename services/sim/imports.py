"""The CSV files that staff import: one row model a kind, every value checked to the letter."""

import re
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo
from pydantic_core import PydanticCustomError

from chassis.csvcolumns import DateOrNone, Instant, blank_is_none, like, one_of
from services.sim.states import ServiceType, SimStatus, SimType


def _parse_bytes(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise PydanticCustomError("import.bad_bytes", "must be a whole number of at most 15 digits")
    return int(value)


_text = like(r"[^\x00-\x1f\x7f-\x9f]{1,200}", "import.bad_text", "must be one line of 200 characters at most")
_serial = like(r"[0-9A-Za-z]{4,32}", "import.bad_serial", "must be 4 to 32 letters and digits")
_record = like(r"[!-~]{1,100}", "import.bad_code", "must be 100 half-width characters at most")
_customer = like(
    r"TC[0-9A-Za-z]{4}-[0-9]{5}", "import.bad_code", "must be a customer number such as TC0000-00001"
)
_phone = like(r"[0-9]{10,15}", "import.bad_phone", "must be 10 to 15 digits")

_name = like(r"[^\x00-\x1f\x7f-\x9f]{1,60}", "import.bad_name", "must be one line of 60 characters at most")
_tracking = like(
    r"[0-9A-Za-z-]{1,40}", "import.bad_tracking", "must be letters, digits and hyphens, 40 at most"
)


def _check_size(value: str, info: ValidationInfo) -> str:
    """A card has a size, a profile has none."""
    if (value == "") != (info.data.get("sim_type") == "esim"):
        raise PydanticCustomError("import.size", "must be given for cards, and for them alone")
    return value


Mode = Literal["validate", "apply"]
Serial = Annotated[str, _serial]
Text = Annotated[str, _text]
ServiceTypeText = Annotated[ServiceType, one_of(*get_args(ServiceType))]


class ImportRow(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class SimRow(ImportRow):
    """An import never moves a SIM to another customer and never touches its status, which orders change.

    `service_type` None is that which the SIM has, or "data" for a new one.
    """

    DESCRIPTIVE: ClassVar[tuple[str, ...]] = (
        "project_name",
        "msisdn",
        "sim_type",
        "sim_size",
        "plan",
        "activated_on",
    )

    sim_serial: Serial
    customer_code: Annotated[str, _customer]
    project_name: Text
    msisdn: Annotated[str, _phone]
    sim_type: Annotated[SimType, one_of(*get_args(SimType))]
    sim_size: Text
    plan: Text
    status: Annotated[SimStatus, one_of("active", "suspended", "ordered", "shipped")]
    activated_on: DateOrNone
    service_type: Annotated[ServiceTypeText | None, blank_is_none] = None


class StockRow(ImportRow):
    """A card, or a profile of an eSIM, which has no size. `msisdn` is that of a card that comes with a number."""

    sim_serial: Serial
    sim_type: Annotated[SimType, one_of(*get_args(SimType))]
    sim_size: Annotated[str, AfterValidator(_check_size)]
    msisdn: Annotated[Annotated[str, _phone] | None, blank_is_none]


class ShipmentRow(ImportRow):
    """A card of an order; `msisdn` is for new lines only, where the card does not come with a number."""

    order_number: Annotated[str, _record]
    sim_serial: Serial
    msisdn: Annotated[Annotated[str, _phone] | None, blank_is_none]
    carrier_name: Annotated[str, _name]
    tracking_number: Annotated[str, _tracking]


class UsageRow(ImportRow):
    record_id: Annotated[str, _record]
    sim_serial: Serial
    used_at: Instant
    bytes: Annotated[int, BeforeValidator(_parse_bytes)]
