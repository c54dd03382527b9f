"""The rules of changing a line's passwords. Source: the manual of the password change (IP加入電話パスワード変更)."""

import hmac
import math
import re
from datetime import datetime, timedelta

from services.contracts.families import SERVICE_TYPES, ServiceType
from services.contracts.reflection import reflected_by

FREE_TRIES = 3
LONGEST_PAUSE = timedelta(minutes=15)
NEW_PASSWORD_LENGTH = 8

_NUMBER = re.compile(r"0[0-9]{9,13}")
_NEW = re.compile(rf"[a-z0-9]{{{NEW_PASSWORD_LENGTH}}}")


def is_number(text: str) -> bool:
    """A telephone number as it is entered: half-width digits without hyphens."""
    return _NUMBER.fullmatch(text) is not None


def is_new_password(text: str) -> bool:
    """Exactly eight half-width lower-case letters and digits. Older passwords need not look like that."""
    return _NEW.fullmatch(text) is not None


def same(given: str, known: str) -> bool:
    """Whether two passwords are equal; how long it takes does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.encode())


def has_switch(service: ServiceType) -> bool:
    """Whether the passwords of this service's lines are known to the SIP switch."""
    return service in SERVICE_TYPES["ip_phone"]


def send_at(service: ServiceType, changed_at: datetime) -> datetime:
    """When the switch is told: at once for IP phones, at the end of the window where changes go in batches."""
    return changed_at if service == "ip_phone" else reflected_by(service, changed_at)


def pause_after(failures: int) -> timedelta:
    """How long wrong current passwords hold up the next try: not at first, then 1, 2, 4, … seconds."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 30)), LONGEST_PAUSE)


def seconds_to_wait(failures: int, latest: datetime, now: datetime) -> int:
    """Whole seconds until a next try is judged; 0 if it is judged now."""
    return max(0, math.ceil((latest + pause_after(failures) - now).total_seconds()))


def give_up_at(reflected: datetime, started_at: datetime, grace: timedelta) -> datetime:
    """When a switch without an answer is given up; a change that is begun late has its whole time all the same."""
    return max(reflected, started_at) + grace
