"""Tries of a password: each is a failure until it is proven right, however many come at once.

`reserve`, in a transaction of its own, decides whether the try is judged at all and writes it down as failed. Then the
password is hashed, with no connection held. A try that proves right is settled; any other stays as it was written.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from chassis import clock
from services.auth import attempt_store
from services.auth.codes import AttemptState, attempt_id
from services.auth.models import LoginAttempt
from services.auth.portals import Portal
from services.auth.settings import Settings

_LONGEST_ID = 1_000  # characters that are looked at


@dataclass(frozen=True)
class Try:
    """A try that is written down. One that `is_held` came too soon: it is refused, whatever its password is worth."""

    attempt_id: str
    is_held: bool


def reserve(session: Session, settings: Settings, login_id: str, portal: Portal, client_ip: str) -> Try:
    """Write a try of this ID down; the caller commits before it hashes anything.

    The same queries for every ID, known or not. Also for a password that is asked for within a session.
    """
    digest = login_digest(login_id, settings.code_pepper)
    attempt_store.lock_id(session, digest)
    now = clock.now()
    since = now - timedelta(hours=settings.throttle_hours)
    history = attempt_store.history(session, digest, client_ip, since, now)
    is_held = settings.throttle().is_held(history, now)
    row = LoginAttempt(
        id=attempt_id(secrets.token_urlsafe(32)),
        login_digest=digest,
        portal=portal,
        state=AttemptState.THROTTLED if is_held else AttemptState.REFUSED,
        client_ip=client_ip,
        started_at=now,
        failed_at=None if is_held else now,
    )
    session.add(row)
    session.flush()
    return Try(row.id, is_held)


def settle(session: Session, tried: Try) -> None:
    """The try was right, and no login comes of it: it never was a failure. To be called when it is not held."""
    attempt_store.delete_attempt(session, tried.attempt_id)


def login_digest(login_id: str, pepper: str) -> str:
    """What is stored of a typed ID."""
    return hmac.new(
        pepper.encode(), f"login-id\0{login_id[:_LONGEST_ID]}".encode(), hashlib.sha256
    ).hexdigest()
