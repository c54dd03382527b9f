"""The only exceptions that cross the bus: a class that says how to react, a stable code, plain details.

Codes are `subject.reason` in lower case (`start_date.out_of_range`); texts for people are made at the edge.
"""

from typing import Any, ClassVar


class KaisenError(Exception):
    """Base of every refusal. `status` is the HTTP status that an edge answers with."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    def __str__(self) -> str:
        return self.code


class Invalid(KaisenError):
    """The request can never work as it is; `details["errors"]` may name each wrong field by its pointer."""

    status = 422


class Unauthenticated(KaisenError):
    status = 401


class Forbidden(KaisenError):
    status = 403


class NotFound(KaisenError):
    """There is no such thing for this caller; somebody else's thing looks the same."""

    status = 404


class Conflict(KaisenError):
    """The request is well formed but does not fit the present state."""

    status = 409


class TooMany(KaisenError):
    status = 429


class Internal(KaisenError):
    """A defect of ours; the log of the service has the cause under the correlation id."""

    status = 500


class Unavailable(KaisenError):
    status = 503


class TimedOut(KaisenError):
    """No answer before the deadline; whether the work was done is unknown."""

    status = 504


_BY_NAME: dict[str, type[KaisenError]] = {
    cls.__name__: cls
    for cls in (
        Invalid,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        TooMany,
        Internal,
        Unavailable,
        TimedOut,
    )
}


def to_wire(error: Exception) -> dict[str, Any]:
    """The error as it travels in a reply; anything that is not ours becomes a mute `Internal`."""
    if isinstance(error, KaisenError) and type(error).__name__ in _BY_NAME:
        return {"type": type(error).__name__, "code": error.code, "details": error.details}
    return {"type": "Internal", "code": "internal", "details": {}}


def from_wire(data: Any) -> KaisenError:
    """The error that a reply carries; a malformed one is an `Internal`."""
    if isinstance(data, dict):
        cls = _BY_NAME.get(str(data.get("type")))
        details = data.get("details")
        if cls is not None and isinstance(details, dict):
            return cls(str(data.get("code")), **details)
    return Internal("internal")
