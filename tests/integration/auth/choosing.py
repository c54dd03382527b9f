"""What the tests of new passwords share."""

import secrets
from typing import Any

import pytest

from chassis.errors import Invalid
from tests.integration.auth.system import Person, System


def fresh() -> str:
    return secrets.token_urlsafe(12)


def refused(auth: System, token_hash: str, current: str, new: str) -> list[dict[str, Any]]:
    """The reasons at the field of the new password."""
    with pytest.raises(Invalid, match=r"password\.refused") as refusal:
        auth.change_password(token_hash, current, new)
    errors = refusal.value.details["errors"]
    assert all(error.pop("pointer") == "new" for error in errors)
    return list(errors)


def audited(auth: System, person: Person, action: str) -> list[str]:
    found = auth.value(
        "SELECT array_agg(result ORDER BY seq) FROM audit WHERE login_id = :id AND action = :action",
        id=person.login_id,
        action=action,
    )
    return list(found or [])
