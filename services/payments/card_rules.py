"""Which cards pay. Source: the manual of the card registration (クレジットカード情報登録・変更)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

BRANDS = frozenset({"jcb", "visa", "mastercard", "amex", "diners"})
HOLD = timedelta(hours=1)

Refusal = Literal["card.brand", "card.debit", "card.unusable", "card.already_registered"]


@dataclass(frozen=True)
class CardFacts:
    """What the provider tells of a card; never its number.

    `fingerprint` is the same for the same number. `issuer` and `iin` (the number's first digits) are None where the
    provider does not tell them.
    """

    payment_method: str
    fingerprint: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str
    issuer: str | None
    iin: str | None


@dataclass(frozen=True)
class KnownCard:
    """The card on file."""

    fingerprint: str
    exp_month: int
    exp_year: int


def refusal(
    card: CardFacts,
    on_file: KnownCard | None,
    today: date,
    debit_issuers: Iterable[str],
    debit_iins: Iterable[str],
) -> Refusal | None:
    """Why the card is not taken, or None. `today` is the day in Japan.

    A card with the number of the one on file and another expiry is that card renewed, and is taken.
    """
    if card.brand not in BRANDS:
        return "card.brand"
    if card.funding == "debit" and not is_allowed_debit(card, debit_issuers, debit_iins):
        return "card.debit"
    if is_expired(card.exp_month, card.exp_year, today):
        return "card.unusable"
    if on_file == KnownCard(card.fingerprint, card.exp_month, card.exp_year):
        return "card.already_registered"
    return None


def is_allowed_debit(card: CardFacts, issuers: Iterable[str], iins: Iterable[str]) -> bool:
    """Whether the issuer of a debit card is one of those named; an unknown issuer is not."""
    issuer = _plain(card.issuer or "")
    by_name = any(issuer.startswith(_plain(name)) for name in issuers)
    return by_name or any((card.iin or "").startswith(iin) for iin in iins)


def is_expired(month: int, year: int, today: date) -> bool:
    """A card is valid until the end of its last month."""
    return (year, month) < (today.year, today.month)


def removable_from(latest_usage_month: date) -> date:
    """The first day on which a card is no longer needed for a charge.

    The use of a month is billed and paid in the next month (翌月ご請求分), so that it is the day after that one.
    """
    return _next_month(_next_month(latest_usage_month))


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9 ]", "", name.upper()).strip()
