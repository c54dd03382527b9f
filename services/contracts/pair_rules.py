"""Which numbers a pair of Mobile Choice 050 is made of: a 050 number (IP電話番号) and a mobile number (携帯番号)."""

import re

_IP_PHONE = re.compile(r"050[0-9]{8}")
_MOBILE = re.compile(r"0[789]0[0-9]{8}")


def is_050(text: str) -> bool:
    """Half-width digits without hyphens, as both of them are entered."""
    return _IP_PHONE.fullmatch(text) is not None


def is_mobile(text: str) -> bool:
    return _MOBILE.fullmatch(text) is not None
