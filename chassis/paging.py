"""Opaque cursors for keyset paging: the sort key of the last row shown."""

import base64
import json
from typing import Any

from chassis.errors import Invalid


def encode_cursor(values: list[Any]) -> str:
    """A URL-safe cursor of plain JSON values."""
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str) -> list[Any]:
    """The values of a cursor; raises Invalid("page.bad_cursor") for anything that is not one."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise Invalid("page.bad_cursor") from error
    if not isinstance(values, list):
        raise Invalid("page.bad_cursor")
    return values
