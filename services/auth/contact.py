"""Formats of what an account is reached and known by. Formats only: whether an address exists, its mail tells."""

import re

LOGIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{2,63}")
"""3 to 64 half-width letters, digits and . _ @ -, beginning with a letter or a digit; upper and lower case differ."""

# A safe part of RFC 5321: what mail systems in use accept, and nothing that could break out of a header.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")

_PHONE = re.compile(r"[0-9]{10,11}")


def is_login_id(text: str) -> bool:
    return LOGIN_ID.fullmatch(text) is not None


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """A number in national form without hyphens: 10 or 11 half-width digits."""
    return _PHONE.fullmatch(text) is not None
