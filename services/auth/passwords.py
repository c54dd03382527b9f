"""Passwords are stored as argon2id hashes (RFC 9106), never otherwise."""

from dataclasses import dataclass

import argon2

LONGEST = 1_000
"""Characters. A longer one is never right, and is not worth hashing."""


@dataclass(frozen=True)
class Cost:
    """What one hash costs. Defaults: OWASP Password Storage Cheat Sheet, Argon2id."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


def argon2id(cost: Cost) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(
        time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=argon2.Type.ID
    )
