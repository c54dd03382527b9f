"""The role that an account is given, and the roles that follow from it."""

from services.auth.portals import Kind

_LADDERS: dict[Kind, tuple[str, ...]] = {  # each role includes those before it
    Kind.SELFCARE: (),
    Kind.CONSOLE: ("viewer", "operator", "administrator"),
    Kind.STAFF: ("support", "operations", "administrator"),
}

ADMINISTRATOR = "administrator"  # of a customer's console, or of the staff


def is_role_of(kind: Kind, role: str) -> bool:
    """Is `role` one that an account of `kind` can be given? Self-care accounts have none: the empty one."""
    return role in _LADDERS[kind] if _LADDERS[kind] else role == ""


def is_lower(kind: Kind, role: str, other: str) -> bool:
    """Does an account of `kind` lose something when its role `other` becomes `role`?"""
    return granted(kind, role) < granted(kind, other)


def granted(kind: Kind, role: str) -> frozenset[str]:
    """The roles as they travel in the call context: `console_operator` brings `console_viewer` with it."""
    ladder = _LADDERS[kind]
    if not ladder:
        return frozenset({kind.value})
    return frozenset(f"{kind.value}_{step}" for step in ladder[: ladder.index(role) + 1])


def granted_in_person(kind: Kind, role: str) -> frozenset[str]:
    """The roles of somebody who has logged in: also `console_person` or `staff_person`, for what concerns their own
    account. An API key has roles of the console, but no account, password or factors of its own.
    """
    return granted(kind, role) | ({f"{kind.value}_person"} if _LADDERS[kind] else frozenset())
