"""Recovery codes: each stands in once for a second factor that is lost or not at hand."""

import hashlib
import hmac
import re
from uuid import UUID

COUNT = 10
_WELL_FORMED = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}")  # Crockford's base32: 50 bits, without I, L, O and U
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def normalised(typed: str) -> str | None:
    """The ten characters of a code as typed, or None if they are no code.

    Case, spaces and hyphens do not count, and letters that are in no code are taken for the digits that they resemble.
    """
    code = typed.strip().upper().translate(_MISREAD)
    return code if _WELL_FORMED.fullmatch(code) else None


def digest(code: str, account_id: UUID, pepper: str) -> str:
    """What is stored of a normalised code. Keyed and bound to its account: two people with one code look different."""
    return hmac.new(
        pepper.encode(), f"recovery-code\0{account_id}\0{code}".encode(), hashlib.sha256
    ).hexdigest()


def new_set(typed: list[str]) -> list[str]:
    """The codes of a new set, normalised; ValueError unless these are COUNT different codes."""
    codes = [code for one in typed if (code := normalised(one)) is not None]
    if len(typed) != COUNT or len(set(codes)) != COUNT:
        raise ValueError(f"not {COUNT} different recovery codes")
    return codes
