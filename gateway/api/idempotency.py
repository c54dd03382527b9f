"""The header by which a program says that a request is the same one again."""

import re
from typing import Any

from flask import request

from gateway.refusals import BadRequest

PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "your own value for each request, such as a UUID; repeating it repeats the answer only",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}

_KEY = re.compile(r"[!-~]{1,128}")


def given_key() -> str:
    """The request's key. Raises BadRequest: idempotency.missing, idempotency.format."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise BadRequest("idempotency.missing")
    if not _KEY.fullmatch(key):
        raise BadRequest("idempotency.format")
    return key
