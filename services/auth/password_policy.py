"""Which passwords are refused. Length counts, composition does not: every character is welcome.

Source: NIST SP 800-63B-4, 3.1.1.2 (lengths, blocklist, no composition rules).
"""

from typing import Any

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from services.auth.passwords import LONGEST, normalised

_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_LEAST_WORD = 3  # a shorter name is in too many passwords by chance
_ESTIMATED = 32  # characters: beyond, an estimate can take seconds, and what is weak up to here is refused

# zxcvbn's bounds of its scores, less its allowance of 5, which would call every password of eight characters weak
_LEAST_GUESSES = (0, 10**3, 10**6, 10**8, 10**10)


def problems(password: str, *, minimum: int, personal: list[str], score: int) -> list[dict[str, Any]]:
    """Everything that speaks against a new password, as {"code": …, plain details}; nothing: it is good.

    `personal` are words that others know of the person: the ID, names. `score` is the least of zxcvbn (0 to 4),
    which is asked only about a password that is good otherwise. That takes up to half a second of computing: not for an
    event loop.
    """
    text = normalised(password)
    if len(text) > LONGEST:
        return [{"code": "password.too_long", "maximum": LONGEST}]
    words = [word for word in map(normalised, personal) if len(word) >= _LEAST_WORD]
    found: list[dict[str, Any]] = []
    if len(text) < minimum:
        found.append({"code": "password.too_short", "minimum": minimum})
    if text.lower() in _COMMON:
        found.append({"code": "password.common"})
    if any(word.casefold() in text.casefold() for word in words):
        found.append({"code": "password.personal"})
    if not found and zxcvbn(text[:_ESTIMATED], words)["guesses"] < _LEAST_GUESSES[score]:
        found.append({"code": "password.weak"})
    return found


def personal_words(login_id: str, email: str | None, *names: str | None) -> list[str]:
    """What others know of the owner of an account: the ID, the mail address up to its @, and the given names."""
    return [word for word in (login_id, (email or "").rpartition("@")[0], *names) if word]
