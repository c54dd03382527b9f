"""The CSV files that staff import: one row model a kind, every value checked to the letter."""

import re
from datetime import date
from typing import Annotated, ClassVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.csvcolumns import Date, DateOrNone, blank_is_none, like, one_of
from services.contracts.application_rules import PoolFamily
from services.contracts.display import DisplayPlan
from services.contracts.families import SERVICE_TYPES, Family, ServiceType


def _parse_channels(value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
        raise PydanticCustomError("import.bad_channels", "must be a whole number from 1 to 9999")
    return int(value)


_text = like(
    r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}",
    "import.bad_text",
    "must be 200 characters of one line at most",
)
_host = like(r"[A-Za-z0-9.:_-]{1,253}", "import.bad_host", "must be a host name or an address")
_code = like(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", "import.bad_code", "must be letters, digits, - and _")
_account_id = like(r"[A-Za-z0-9._@-]{1,64}", "import.bad_account_id", "must be letters, digits and . _ @ -")
_pooled = like(r"050[0-9]{8}", "import.bad_pool_number", "must be 11 digits that begin with 050")
_phone = like(r"0[0-9]{9,13}", "import.bad_phone", "must be 10 to 14 digits that begin with 0")
_password = like(r"[!-~]{1,64}", "import.bad_password", "must be 64 half-width characters at most")

Code = Annotated[str, _code]
Text = Annotated[str, _text]
TextOrNone = Annotated[Text | None, blank_is_none]
HostOrNone = Annotated[Annotated[str, _host] | None, blank_is_none]
Phone = Annotated[str, _phone]
PhoneOrNone = Annotated[Phone | None, blank_is_none]
AccountId = Annotated[str, _account_id]
PasswordOrNone = Annotated[Annotated[str, _password] | None, blank_is_none]
Channels = Annotated[int, BeforeValidator(_parse_channels)]


class ImportRow(BaseModel):
    """A row names its thing by KEY and describes it; OWNER is the column that says whose it is.

    When the thing exists already, an import updates DESCRIPTIVE alone. It never moves it to another owner and
    leaves everything else as the customer or the network has set it since.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    KEY: ClassVar[str]
    OWNER: ClassVar[str | None] = None
    DESCRIPTIVE: ClassVar[tuple[str, ...]]
    MAY_REPEAT: ClassVar[bool] = False  # whether the same row may come again


class CustomerRow(ImportRow):
    KEY = "customer_code"
    DESCRIPTIVE = ("name",)

    customer_code: Code
    name: Text


class ContractRow(ImportRow):
    KEY = "contract_code"
    OWNER = "customer_code"
    DESCRIPTIVE = (
        "project_name",
        "family",
        "service_type",
        "service_name",
        "sip_proxy",
        "sip_domain",
        "call_plan",
        "display_plan",
    )

    contract_code: Code
    customer_code: Code
    project_name: Text
    family: Annotated[Family, one_of(*get_args(Family))]
    service_type: Annotated[ServiceType, one_of(*get_args(ServiceType))]
    service_name: Text
    sip_proxy: HostOrNone
    sip_domain: HostOrNone
    call_plan: TextOrNone
    display_plan: Annotated[DisplayPlan, one_of(*get_args(DisplayPlan))]

    @field_validator("service_type")
    @classmethod
    def _of_the_family(cls, value: ServiceType, info: ValidationInfo) -> ServiceType:
        family = info.data.get("family")
        if family is not None and value not in SERVICE_TYPES[family]:
            raise PydanticCustomError("import.family_mismatch", "must be a service type of the family")
        return value


class LineRow(ImportRow):
    KEY = "phone_number"
    OWNER = "contract_code"
    DESCRIPTIVE = ("account_id", "start_date", "end_date", "channels", "notified_number", "pilot_number")

    contract_code: Code
    phone_number: Phone
    account_id: AccountId
    line_password: PasswordOrNone
    addon_password: PasswordOrNone
    start_date: Date
    end_date: DateOrNone
    channels: Channels
    notified_number: PhoneOrNone
    pilot_number: PhoneOrNone
    mobile_number: PhoneOrNone

    @field_validator("end_date")
    @classmethod
    def _not_before_the_start(cls, value: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start_date")
        if value is not None and start is not None and value < start:
            raise PydanticCustomError("import.end_before_start", "must not be before the start date")
        return value


class NumberRow(ImportRow):
    KEY = "phone_number"
    DESCRIPTIVE = ("family",)

    phone_number: Annotated[str, _pooled]
    family: Annotated[PoolFamily, one_of(*get_args(PoolFamily))]


class TerminationRow(ImportRow):
    KEY = "phone_number"
    DESCRIPTIVE = ("wished_date",)

    phone_number: Phone
    wished_date: Date
