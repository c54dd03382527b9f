"""Which cards are taken: brands, debit cards of two banks, expiry, the card on file; and when one may be removed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.card_rules import (
    CardFacts,
    KnownCard,
    is_expired,
    refusal,
    removable_from,
)

TODAY = date(2026, 11, 20)
BANKS = ("RAKUTEN BANK", "SURUGA BANK")
CARD = CardFacts("pm_1", "f1", "jcb", "0505", 12, 2040, "credit", "SOME BANK", "356600")
ON_FILE = KnownCard("f1", 12, 2040)


@pytest.mark.parametrize(
    ("changes", "on_file", "expected"),
    [
        ({}, None, None),
        *[({"brand": brand}, None, None) for brand in ("visa", "mastercard", "amex", "diners")],
        *[({"brand": brand}, None, "card.brand") for brand in ("discover", "unionpay", "unknown", "")],
        ({"funding": "prepaid"}, None, None),
        ({"funding": "unknown"}, None, None),
        ({"funding": "debit"}, None, "card.debit"),
        ({"funding": "debit", "issuer": None, "iin": None}, None, "card.debit"),
        ({"funding": "debit", "issuer": "Rakuten Bank, Ltd."}, None, None),
        ({"funding": "debit", "issuer": "SURUGA BANK, LTD."}, None, None),
        ({"funding": "debit", "issuer": "NOT SURUGA BANK"}, None, "card.debit"),
        ({"funding": "debit", "iin": "430000"}, None, None),
        ({"exp_month": 11, "exp_year": 2026}, None, None),
        ({"exp_month": 10, "exp_year": 2026}, None, "card.unusable"),
        ({}, ON_FILE, "card.already_registered"),
        ({"exp_year": 2042}, ON_FILE, None),
        ({"fingerprint": "f2"}, ON_FILE, None),
        ({"brand": "discover"}, ON_FILE, "card.brand"),
    ],
)
def test_s2_03_s2_05_s2_06_s2_10_which_cards_are_taken(
    changes: dict[str, str], on_file: KnownCard | None, expected: str | None
) -> None:
    card = replace(CARD, **changes)  # type: ignore[arg-type]
    assert refusal(card, on_file, TODAY, BANKS, ("4300",)) == expected


@given(st.dates(date(2020, 1, 1), date(2060, 12, 31)), st.integers(1, 12), st.integers(2020, 2060))
def test_s2_03_a_card_is_valid_through_its_last_month(today: date, month: int, year: int) -> None:
    assert is_expired(month, year, today) == (today.replace(day=1) > date(year, month, 1))


@pytest.mark.parametrize(
    ("usage", "removable"),
    [
        (date(2026, 11, 1), date(2027, 1, 1)),
        (date(2026, 12, 1), date(2027, 2, 1)),
        (date(2024, 1, 1), date(2024, 3, 1)),
    ],
)
def test_a_card_is_needed_until_the_month_after_the_use_is_over(usage: date, removable: date) -> None:
    assert removable_from(usage) == removable
