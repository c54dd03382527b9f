"""Initial passwords: made here for somebody else, so that no answer of a service ever carries one."""

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for another when read out or typed over
_GROUPS = 5


def new_initial_password() -> str:
    """Five groups of four, about 99 random bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
