"""The role that an account is given, and the roles that follow from it."""

from services.auth.portals import Kind

_LADDERS: dict[Kind, tuple[str, ...]] = {  # each role includes those before it
    Kind.SELFCARE: (),
    Kind.CONSOLE: ("viewer", "operator", "administrator"),
    Kind.STAFF: ("support", "operations", "administrator"),
}


def is_role_of(kind: Kind, role: str) -> bool:
    """Is `role` one that an account of `kind` can be given? Self-care accounts have none: the empty one."""
    return role in _LADDERS[kind] if _LADDERS[kind] else role == ""


def granted(kind: Kind, role: str) -> frozenset[str]:
    """The roles as they travel in the call context: `console_operator` brings `console_viewer` with it."""
    ladder = _LADDERS[kind]
    if not ladder:
        return frozenset({kind.value})
    return frozenset(f"{kind.value}_{step}" for step in ladder[: ladder.index(role) + 1])
