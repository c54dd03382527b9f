"""What the payment provider knows of a card by its number: who issued it, and what becomes of it.

The numbers with a behaviour of their own are the provider's public test numbers. A number stays in memory for as long
as one request takes.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sandbox.clock import JAPAN


class ProviderError(Exception):
    """An error as the provider answers it: HTTP status, and the members of `error`."""

    def __init__(self, status: int, type: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"type": type, "message": message, **more}


@dataclass(frozen=True)
class Issue:
    """What the first digits tell."""

    brand: str
    funding: str
    issuer: str


@dataclass(frozen=True)
class CardData:
    """A card as it was typed in; shown nowhere."""

    number: str
    month: str
    year: str
    code: str

    def __repr__(self) -> str:
        return "CardData(…)"


BANK = "SANDBOX BANK"
ISSUES = {
    "4": Issue("visa", "credit", BANK),
    "40000566": Issue("visa", "debit", "OTHER DEBIT BANK"),
    "40000039210": Issue("visa", "debit", "RAKUTEN BANK, LTD."),
    "40000039220": Issue("visa", "debit", "SURUGA BANK, LTD."),
    **{f"{first}": Issue("mastercard", "credit", BANK) for first in (*range(51, 56), *range(2221, 2721))},
    "52008282": Issue("mastercard", "debit", "OTHER DEBIT BANK"),
    "51051051": Issue("mastercard", "prepaid", BANK),
    **{first: Issue("amex", "credit", BANK) for first in ("34", "37")},
    **{f"{first}": Issue("jcb", "credit", BANK) for first in range(3528, 3590)},
    **{
        first: Issue("diners", "credit", BANK)
        for first in ("300", "301", "302", "303", "304", "305", "3095", "36", "38", "39")
    },
    **{f"{first}": Issue("discover", "credit", BANK) for first in (6011, *range(644, 650), 65)},
    "62": Issue("unionpay", "credit", BANK),
}
LENGTHS = {"visa": (16, 19), "amex": (15,), "diners": (14, 16), "jcb": (16, 19), "mastercard": (16,)}

# number: (what happens, code, decline code)
_DECLINED = "card_declined"
BEHAVIOURS = {
    "4000000000000002": ("decline", _DECLINED, "generic_decline"),
    "4000000000009995": ("decline", _DECLINED, "insufficient_funds"),
    "4000000000009987": ("decline", _DECLINED, "lost_card"),
    "4000000000009979": ("decline", _DECLINED, "stolen_card"),
    "4000000000006975": ("decline", _DECLINED, "card_velocity_exceeded"),
    "4000000000000069": ("decline", "expired_card", "expired_card"),
    "4000000000000127": ("decline", "incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": ("decline", "processing_error", "processing_error"),
    "4000002500003155": ("authenticate", "", ""),
    "4000002760003184": ("authenticate", "", ""),
    "4000000000003220": ("authenticate", "", ""),
    "4000008400001629": ("authenticate", _DECLINED, "generic_decline"),  # declined after the authentication
}


def issue_of(number: str) -> Issue:
    """By the longest known beginning."""
    for length in range(len(number), 0, -1):
        if number[:length] in ISSUES:
            return ISSUES[number[:length]]
    return Issue("unknown", "unknown", "")


def check_digit_fits(number: str) -> bool:
    """ISO/IEC 7812-1, annex B (Luhn)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def check(card: CardData, now: datetime) -> tuple[int, int]:
    """Month and year of the expiry of a card whose data may be right; ProviderError for anything else."""
    if not re.fullmatch(r"[0-9]{12,19}", card.number):
        raise _wrong("invalid_number", "number", "The card number is not a valid credit card number.")
    brand = issue_of(card.number).brand
    if len(card.number) not in LENGTHS.get(brand, (len(card.number),)) or not check_digit_fits(card.number):
        raise _wrong("incorrect_number", "number", "Your card number is incorrect.")
    if not re.fullmatch(r"0?[1-9]|1[0-2]", card.month):
        raise _wrong("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.")
    if not re.fullmatch(r"[0-9]{2}|20[0-9]{2}", card.year):
        raise _wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
    month, year = int(card.month), 2000 + int(card.year) % 100
    today = now.astimezone(JAPAN)
    if (year, month) < (today.year, today.month):
        raise _wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
    if not re.fullmatch(r"[0-9]{4}" if brand == "amex" else r"[0-9]{3}", card.code):
        raise _wrong("invalid_cvc", "cvc", "Your card's security code is invalid.")
    return month, year


def _wrong(code: str, param: str, message: str) -> ProviderError:
    return ProviderError(402, "card_error", message, code=code, param=param)


def declined(code: str, decline_code: str, **more: object) -> ProviderError:
    return ProviderError(
        402, "card_error", "Your card was declined.", code=code, decline_code=decline_code, **more
    )
