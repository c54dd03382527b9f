"""How telephone numbers of SIMs are written: digits inside, with hyphens for people and in files."""

import re

_DIGITS = re.compile(r"[0-9]{5,16}")


def hyphenated(msisdn: str) -> str:
    """`02010000022` as `020-1000-0022`; machine numbers of more digits keep all others in the last part.

    Numbers too short for three parts, and whatever is not a number, come back as they are.
    """
    if not _DIGITS.fullmatch(msisdn) or len(msisdn) < 8:
        return msisdn
    middle = 6 if len(msisdn) <= 10 else 7
    return f"{msisdn[:3]}-{msisdn[3:middle]}-{msisdn[middle:]}"


def plain(text: str) -> str | None:
    """The digits of a number that is written with its hyphens; None if it is not, or is no number at all."""
    digits = text.replace("-", "")
    return digits if text == hyphenated(digits) and _DIGITS.fullmatch(digits) else None


def is_number(text: str) -> bool:
    """Whether `text` is a number, wherever it has hyphens."""
    return _DIGITS.fullmatch(text.replace("-", "")) is not None
