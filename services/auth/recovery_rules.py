"""When a mail address may be registered at a login: the contact number proves the person, and only so many tries.

Source: the login guide of the self-care portals (number without hyphens, three mismatches, code to the new address).
"""

import hmac
from typing import Any

from services.auth.contact import is_email, is_phone


def format_problems(email: str, contact_phone: str) -> list[dict[str, Any]]:
    """Slips of the keyboard, which are no tries: {"pointer": argument, "code": …} each."""
    checked = (
        ("email", "email.format", is_email(email)),
        ("contact_phone", "phone.format", is_phone(contact_phone)),
    )
    return [{"pointer": pointer, "code": code} for pointer, code, is_good in checked if not is_good]


def matches(registered: str | None, typed: str) -> bool:
    """Is it the registered number? Compared in constant time; an account without one never matches."""
    is_same = hmac.compare_digest((registered or "").encode(), typed.encode())
    return is_same and bool(registered)


def tries_left(wrong: int, tries: int) -> int:
    """After `wrong` mismatches of the account; at 0 its recovery is blocked."""
    return max(tries - wrong, 0)


def masked(email: str) -> str:
    """An address as its owner still knows it, and nobody else learns it: `h***@example.jp`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"
