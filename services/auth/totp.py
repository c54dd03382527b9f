"""One-time passwords by time, as authenticator apps show them.

Source: RFC 6238 with the values that every app knows: SHA-1, six digits, steps of 30 seconds. A step is taken once
(section 5.2), and one step on either side is tolerated (sections 5.2 and 6).
"""

import hmac
import re
from datetime import datetime

import pyotp

PATTERN = (
    r"^[A-Z2-7]{32}$"  # of a secret: 20 bytes in base32, the length that RFC 4226, section 4, recommends
)
STEP_SECONDS = 30
_TOLERANCE = 1  # steps
_WELL_FORMED = re.compile(r"[0-9]{6}")  # not \d, which also accepts full-width digits


def is_well_formed(code: str) -> bool:
    """Exactly six half-width digits. Anything else is a slip of the keyboard, not a try."""
    return _WELL_FORMED.fullmatch(code) is not None


def matching_step(secret: str, code: str, at: datetime, last_step: int | None) -> int | None:
    """The time step that the code was made in, or None if it is wrong at the instant `at`.

    `last_step` is the one of the last code taken (None: none yet); codes of that step and before are used up.
    """
    now = int(at.timestamp()) // STEP_SECONDS
    maker = pyotp.HOTP(secret)
    found = None
    for step in range(now - _TOLERANCE, now + _TOLERANCE + 1):
        is_new = last_step is None or step > last_step
        if hmac.compare_digest(maker.at(step), code) and is_new and found is None:
            found = step
    return found
