"""How requests are read and answers written: pydantic models, strictly, with our problem details for what is wrong.

APIFlask's own pydantic adapter ignores the content type, coerces `"3"` to 3 and flattens errors to English text;
this one replaces it.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from chassis.errors import Invalid
from gateway.refusals import BadRequest, UnsupportedMediaType

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUOTED = re.compile(r"'([^']*)'|(\d+)")


class Input(BaseModel):
    """A request body or query; what we do not know is refused, so that a misspelt filter cannot pass unnoticed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Answer(BaseModel):
    """A response body; the model decides what leaves the house, whatever a service says besides."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


def example(value: dict[str, Any]) -> ConfigDict:
    """A model's `model_config` with an example for its readers; a test holds every example to its model."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def _iso_day(value: Any) -> date:
    try:
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    # pydantic would also take seconds since 1970
    raise PydanticCustomError("date_parsing", "expected YYYY-MM-DD")


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


Day = Annotated[date, BeforeValidator(_iso_day)]
Text = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str | None, Field(max_length=1024, description="`next_cursor` of the page before")]
Limit = Annotated[Literal[20, 50, 100], BeforeValidator(_number), Field(description="rows a page")]


class StrictAdapter(PydanticAdapter):
    """Reads JSON bodies and queries; writes only what the service has said (a hidden field is absent, not null)."""

    def validate_input(self, request: Request, location: str, **_: Any) -> BaseModel:
        try:
            if location == "json":
                if request.mimetype != "application/json":
                    raise UnsupportedMediaType("request.content_type", expected="application/json")
                return self.model_class.model_validate_json(request.get_data(), strict=True)
            if location == "query":
                given = {name: value for name, value in request.args.items() if value}
                return self.model_class.model_validate(given)
        except ValidationError as error:
            raise _refusal(error) from None
        raise NotImplementedError(location)

    def serialize_output(self, data: Any, many: bool = False) -> Any:
        return self.model_class.model_validate(data).model_dump(mode="json", exclude_unset=True)


def _refusal(error: ValidationError) -> Invalid | BadRequest:
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return BadRequest("request.json", reason=str(found[0]["ctx"]["error"]))
    return Invalid("request.invalid", errors=[_field(one) for one in found])


def _field(one: Any) -> dict[str, Any]:
    context: dict[str, Any] = {
        name: value for name, value in one.get("ctx", {}).items() if isinstance(value, str | int)
    }
    if "expected" in context:  # "'a', 'b' or 'c'"
        context["expected"] = [text or number for text, number in _QUOTED.findall(str(context["expected"]))]
    pointer = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in one["loc"])
    return {**context, "pointer": pointer, "code": f"type.{one['type']}"}


registry.register("pydantic", StrictAdapter)
