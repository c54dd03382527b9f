"""What staff type to find somebody: part of a name or a code, or the beginning of a telephone number."""

import re
import unicodedata
from dataclasses import dataclass

from services.contracts.searching import MINIMUM_PREFIX

_SEPARATORS = re.compile(r"[\s()\-‐‑‒–—―−]")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Wanted:
    """`text` as names and codes are compared: full and half width alike, without case. `phone_prefix` is None where
    the words are no telephone number, or too little of one.
    """

    text: str
    phone_prefix: str | None


def wanted(query: str) -> Wanted:
    """What `query` may stand for; a telephone number may be written with hyphens, spaces or brackets."""
    text = unicodedata.normalize("NFKC", query).strip().lower()
    digits = _SEPARATORS.sub("", text)
    is_phone = _DIGITS.fullmatch(digits) is not None and len(digits) >= MINIMUM_PREFIX
    return Wanted(text, digits if is_phone else None)
