"""A request with a key is carried out once; the same request with the same key gets the first answer again."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid

_INSERT = text(
    "INSERT INTO idempotency (scope, key, request_hash, response) VALUES (:scope, :key, :hash, :response)"
).bindparams(bindparam("response", type_=JSONB))


def once(
    uow: UnitOfWork, scope: str, key: str, request: dict[str, Any], action: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Run `action` unless `key` was used before in `scope`; (answer, whether it is a repetition).

    Key and effect are stored by the caller's one commit. Raises Conflict("idempotency.in_progress") while another
    transaction works on the same key, Invalid("idempotency.mismatch") when the key came with another request.
    """
    digest = hashlib.sha256(json.dumps(to_jsonable_python(request), sort_keys=True).encode()).hexdigest()
    lock = int.from_bytes(hashlib.sha256(f"{scope}\0{key}".encode()).digest()[:8], signed=True)
    if not uow.session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}):
        raise Conflict("idempotency.in_progress")
    found = uow.session.execute(
        text("SELECT request_hash, response FROM idempotency WHERE scope = :scope AND key = :key"),
        {"scope": scope, "key": key},
    ).first()
    if found is not None:
        if found.request_hash != digest:
            raise Invalid("idempotency.mismatch")
        return found.response, True
    answer: dict[str, Any] = to_jsonable_python(action())
    uow.session.execute(_INSERT, {"scope": scope, "key": key, "hash": digest, "response": answer})
    return answer, False
