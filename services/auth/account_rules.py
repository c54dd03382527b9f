"""What an administrator may do to which account.

Source: the console's guide, accounts: a customer is given one administrator, who makes further accounts, further
administrators among them. That the last one stays, and that nobody locks themselves out, is the product's own rule.
"""

from dataclasses import dataclass, replace
from typing import Any

from services.auth.contact import is_email, is_login_id
from services.auth.portals import Kind
from services.auth.roles import ADMINISTRATOR, is_lower, is_role_of


@dataclass(frozen=True)
class Standing:
    """What administrators decide about an account."""

    kind: Kind
    role: str
    email: str | None
    disabled: bool

    @property
    def administers(self) -> bool:
        return self.role == ADMINISTRATOR and not self.disabled


@dataclass(frozen=True)
class Wish:
    """A change as it was asked for. None: leave it; an empty address: remove it."""

    role: str | None = None
    email: str | None = None
    disabled: bool | None = None


def problems_of_new(kind: Kind, login_id: str, role: str, email: str | None) -> list[dict[str, Any]]:
    """What is wrong with a new account, as `{"pointer", "code"}` a field; empty: nothing."""
    problems = [] if is_login_id(login_id) else [{"pointer": "login_id", "code": "account.login_id"}]
    return problems + problems_of_change(kind, Wish(role=role, email=email))


def problems_of_change(kind: Kind, wish: Wish) -> list[dict[str, Any]]:
    """What is wrong with a change, as `{"pointer", "code"}` a field; empty: nothing."""
    problems = []
    if wish.role is not None and not is_role_of(kind, wish.role):
        problems.append({"pointer": "role", "code": "account.role"})
    if wish.email and not is_email(wish.email):
        problems.append({"pointer": "email", "code": "email.format"})
    return problems


def changed(before: Standing, wish: Wish) -> Standing:
    """The account's standing after a change that has no problems."""
    return replace(
        before,
        role=before.role if wish.role is None else wish.role,
        email=before.email if wish.email is None else wish.email or None,
        disabled=before.disabled if wish.disabled is None else wish.disabled,
    )


def ends_sessions(before: Standing, after: Standing) -> bool:
    """Does the account lose something that a session of its own still grants?"""
    return after.disabled or is_lower(before.kind, after.role, before.role)


def differences(before: Standing, after: Standing) -> dict[str, Any]:
    """What changed, for the audit trail, which keeps no addresses; empty: nothing."""
    found: dict[str, Any] = {
        name: {"from": old, "to": new}
        for name, old, new in (
            ("role", before.role, after.role),
            ("disabled", before.disabled, after.disabled),
        )
        if old != new
    }
    return found | ({"email": "changed"} if before.email != after.email else {})
