"""Passwords are stored as argon2id hashes (RFC 9106), never otherwise."""

import unicodedata
from dataclasses import dataclass

import argon2

LONGEST = 128
"""Characters. A longer one is never right, and is not worth hashing."""

_MOST_COMPOSED = 8  # more characters than these never become one by normalisation


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


def normalised(password: str) -> str:
    """The password as it is checked and hashed: NFKC, so that it is the same one from every keyboard.

    Of an overlong one only so much is kept as still shows that. Source: NIST SP 800-63B-4, 3.1.1.2.
    """
    return unicodedata.normalize("NFKC", password[: _MOST_COMPOSED * LONGEST])[: LONGEST + 1]
