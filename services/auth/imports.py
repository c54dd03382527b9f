"""The rows of an account file: what each column may hold."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, LiteralString

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.csvcolumns import blank_is_none, one_of
from services.auth.contact import is_email, is_login_id, is_phone
from services.auth.passwords import LONGEST, normalised
from services.auth.portals import Kind
from services.auth.roles import is_role_of


def _checked(
    is_good: Callable[[str], object], code: LiteralString, expected: LiteralString
) -> AfterValidator:
    def check(value: str | None) -> str | None:
        if value is not None and not is_good(value):
            raise PydanticCustomError(code, expected)
        return value

    return AfterValidator(check)


_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class AccountRow(BaseModel):
    """A blank `language` means Japanese.

    `initial_password` of a self-care account is its password. One of a console or staff account is changed at the first
    login. A blank one is made and mailed for a console or staff account with an address; any other account with a blank
    one cannot log in yet.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    login_id: Annotated[
        str, _checked(is_login_id, "import.bad_login_id", "must be 3 to 64 letters, digits and . _ @ -")
    ]
    kind: Annotated[Kind, one_of(*(kind.value for kind in Kind))]
    customer_code: Annotated[
        str | None,
        blank_is_none,
        _checked(_CODE.fullmatch, "import.bad_code", "must be letters, digits, - and _"),
    ]
    role: str
    email: Annotated[
        str | None, blank_is_none, _checked(is_email, "import.bad_email", "must be a mail address")
    ]
    contact_phone: Annotated[
        str | None,
        blank_is_none,
        _checked(is_phone, "import.bad_phone", "must be 10 or 11 digits without hyphens"),
    ]
    initial_password: Annotated[
        str | None,
        blank_is_none,
        _checked(
            lambda password: len(normalised(password)) <= LONGEST,
            "import.bad_password",
            "must be 128 characters at most",
        ),
    ]
    language: Annotated[Literal["ja", "en"], one_of("ja", "en"), BeforeValidator(lambda value: value or "ja")]

    @field_validator("customer_code")
    @classmethod
    def _customer_fits_kind(cls, customer_code: str | None, info: ValidationInfo) -> str | None:
        match info.data.get("kind"):
            case Kind.SELFCARE | Kind.CONSOLE if customer_code is None:
                raise PydanticCustomError(
                    "import.customer_missing", "accounts of customers name their customer"
                )
            case Kind.STAFF if customer_code is not None:
                raise PydanticCustomError("import.customer_not_allowed", "staff belong to no customer")
        return customer_code

    @field_validator("role")
    @classmethod
    def _role_fits_kind(cls, role: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind is not None and not is_role_of(kind, role):
            raise PydanticCustomError("import.bad_role", "no role of this kind of account")
        return role
