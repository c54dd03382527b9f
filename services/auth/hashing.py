"""Hashing in threads of the operating system: done directly it would stop everything else in the process."""

import secrets

from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool
from eventlet.semaphore import Semaphore

from services.auth.passwords import LONGEST, Cost, argon2id, normalised


class Passwords:
    """Checks and makes hashes. At most `threads` logins hash at once; the rest queue without holding a connection.

    Imports have a queue of their own, just as wide: one of thousands of accounts must not hold up logins.
    """

    def __init__(self, cost: Cost, threads: int) -> None:
        self._argon2 = argon2id(cost)
        self._nobodys_hash = self._argon2.hash(secrets.token_urlsafe())
        self._logins = Semaphore(threads)
        self._imports = Semaphore(threads)

    def verify(self, stored: str | None, password: str) -> bool:
        """Is it the right password? Without a stored hash the same work is done, so that the time tells nothing."""
        typed = normalised(password)
        secret = typed if len(typed) <= LONGEST else ""
        with self._logins:
            is_right: bool = tpool.execute(self._verify, stored or self._nobodys_hash, secret)
        return is_right and stored is not None

    def renew(self, stored: str | None, password: str) -> str | None:
        """A new hash of a right password whose stored one was made at another cost than the present; else None."""
        if stored is None or not self._argon2.check_needs_rehash(stored):
            return None
        return self.hash(password)

    def hash(self, password: str) -> str:
        with self._logins:
            return self._hash(password)

    def hash_for_import(self, password: str) -> str:
        with self._imports:
            return self._hash(password)

    def _hash(self, password: str) -> str:
        return str(tpool.execute(self._argon2.hash, normalised(password)))

    def _verify(self, stored: str, secret: str) -> bool:
        try:
            return self._argon2.verify(stored, secret)
        except (VerificationError, InvalidHashError):
            return False
