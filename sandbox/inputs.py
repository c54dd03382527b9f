"""What callers send: read it, or refuse it with an answer that says what to send instead."""

from collections.abc import Collection
from typing import Any

from flask import request


class Refusal(Exception):
    """Answered as JSON {"status", "code", "detail"}; `detail` tells the caller what to do."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def json_object() -> dict[str, Any]:
    """The request's body, whatever its content type says: `curl -d` does not name JSON."""
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # JSON nested by the thousand
        body = None
    if not isinstance(body, dict):
        raise Refusal(
            400, "body.not_an_object", 'Send one JSON object as the body, for example {"reset": true}.'
        )
    return body


def only(values: dict[str, Any], known: Collection[str], where: str) -> None:
    """Refuse misspelt names, which would otherwise be ignored without a word."""
    unknown = sorted(set(values) - set(known))
    if unknown:
        expected = ", ".join(known) or "nothing"
        raise Refusal(422, "body.unknown_field", f"{where} takes {expected}; remove {', '.join(unknown)}.")


def text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value.strip()) <= 100:
        raise Refusal(422, "body.not_text", f"Send {name} as a string of 1 to 100 printable characters.")
    return value


def digits(values: dict[str, Any], name: str, lengths: Collection[int]) -> str:
    value = text(values, name)
    if not value.isascii() or not value.isdecimal() or len(value) not in lengths:
        raise Refusal(422, "body.not_digits", f"Send {name} as {' or '.join(map(str, lengths))} digits.")
    return value


def choice(values: dict[str, Any], name: str, allowed: Collection[str]) -> str:
    value = text(values, name)
    if value not in allowed:
        raise Refusal(422, "body.unknown_value", f"Send {name} as one of {', '.join(allowed)}.")
    return value


def number(values: dict[str, Any], name: str, lowest: float, highest: float) -> float:
    value = values.get(name)
    # A bool is an int to Python; NaN fails every comparison.
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise Refusal(422, "body.not_a_number", f"Send {name} as a number from {lowest:g} to {highest:g}.")
    return value


def whole(values: dict[str, Any], name: str, lowest: int, highest: int) -> int:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise Refusal(
            422, "body.not_a_whole_number", f"Send {name} as a whole number from {lowest} to {highest}."
        )
    return value


def mapping(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise Refusal(422, "body.not_an_object", f"Send {name} as a JSON object, or leave it out.")
    return value


def texts(values: dict[str, Any], name: str, most: int) -> list[str]:
    """Each as `text` takes it."""
    found = values.get(name)
    if not isinstance(found, list) or len(found) > most:
        raise Refusal(422, "body.not_a_list", f"Send {name} as a list of at most {most} strings.")
    return [text({name: each}, name) for each in found]


def objects(values: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    found = values.get(name)
    if (
        not isinstance(found, list)
        or not 1 <= len(found) <= most
        or not all(isinstance(x, dict) for x in found)
    ):
        raise Refusal(422, "body.not_a_list", f"Send {name} as a list of 1 to {most} JSON objects.")
    return found
