"""The login code: six decimal digits that prove that the person reads the account's mail.

Source: the login guide of the self-care portals: six digits with leading zeros, twenty minutes. That a code works
once, dies with the next login and allows five tries is the product's own rule.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

_WELL_FORMED = re.compile(r"[0-9]{6}")  # not \d, which also accepts full-width digits


class AttemptState(StrEnum):
    """Where a login attempt stands; only an OPEN one takes a code."""

    REFUSED = "refused"  # wrong ID, password or portal, or not judged yet: every try is a failure until proven right
    THROTTLED = "throttled"  # too soon after the failures before: was not judged
    OPEN = "open"
    COMPLETED = "completed"
    ENDED = "ended"  # by too many wrong codes or telephone numbers
    SUPERSEDED = "superseded"  # by a later login to the same account


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    UNUSABLE = "unusable"


def new_code() -> str:
    """Six digits, each code as likely as any other; a string, because a leading zero counts."""
    return f"{secrets.randbelow(1_000_000):06d}"


def is_well_formed(code: str) -> bool:
    """Exactly six half-width digits. Anything else is a slip of the keyboard, not a try."""
    return _WELL_FORMED.fullmatch(code) is not None


def attempt_id(attempt: str) -> str:
    """What is stored of the attempt that the browser holds."""
    return hashlib.sha256(attempt.encode()).hexdigest()


def code_digest(code: str, stored_attempt: str, pepper: str) -> str:
    """What is stored of a code. Keyed, because a million candidates are hashed in a second; bound to its attempt."""
    return hmac.new(
        pepper.encode(), f"login-code\0{stored_attempt}\0{code}".encode(), hashlib.sha256
    ).hexdigest()


def expires_at(issued_at: datetime, valid_minutes: int) -> datetime:
    """The last instant at which the code is accepted."""
    return issued_at + timedelta(minutes=valid_minutes)


def judge(
    state: AttemptState, stored_digest: str, offered_digest: str, last_instant: datetime, at: datetime
) -> Verdict:
    """What a well-formed code is worth at the instant `at`; `last_instant` itself still counts."""
    if state is not AttemptState.OPEN:
        return Verdict.UNUSABLE
    if at > last_instant:
        return Verdict.EXPIRED
    return Verdict.RIGHT if hmac.compare_digest(stored_digest, offered_digest) else Verdict.WRONG
