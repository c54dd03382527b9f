"""Order numbers and the kinds they carry."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.numbers import ORDER_KINDS, format_order_number


@pytest.mark.parametrize(
    ("customer", "kind", "year", "sequence", "number"),
    [
        ("TC0000-00003", "PR", 2024, 1, "TC0000-00003-PR240001"),
        ("TC0000-00002", "CS", 2023, 23, "TC0000-00002-CS230023"),
        ("TCaB9z-12345", "RC", 2005, 9999, "TCaB9z-12345-RC059999"),
        ("TC0000-00003", "RC", 2026, 10_000, "TC0000-00003-RC2610000"),
    ],
)
def test_s4_50_order_number(customer: str, kind: str, year: int, sequence: int, number: str) -> None:
    assert format_order_number(customer, kind, year, sequence) == number


Order = tuple[str, str, int, int]

customers = st.from_regex(re.compile(r"TC[0-9A-Za-z]{4}-[0-9]{5}"), fullmatch=True)
orders = st.tuples(
    customers, st.sampled_from(sorted(ORDER_KINDS)), st.integers(2000, 2099), st.integers(1, 10**6)
)


@given(orders, orders)
def test_s4_50_two_orders_never_share_a_number(one: Order, other: Order) -> None:
    assert (format_order_number(*one) == format_order_number(*other)) is (one == other)


@given(orders)
def test_s4_50_the_number_has_the_pattern_of_the_manual(order: Order) -> None:
    assert re.fullmatch(r"TC[0-9A-Za-z]{4}-\d{5}-[A-Z]{2}\d{6,}", format_order_number(*order))


@pytest.mark.parametrize(
    ("customer", "kind", "year", "sequence"),
    [
        ("TC000-00003", "RC", 2026, 1),
        ("TC00000-00003", "RC", 2026, 1),
        ("TC0000-0003", "RC", 2026, 1),
        ("TC0000-00003\n", "RC", 2026, 1),
        ("TC0000-0000\uff13", "RC", 2026, 1),
        ("tc0000-00003", "RC", 2026, 1),
        ("TC00_0-00003", "RC", 2026, 1),
        ("", "RC", 2026, 1),
        ("TC0000-00003", "XX", 2026, 1),
        ("TC0000-00003", "rc", 2026, 1),
        ("TC0000-00003", "RC", 26, 1),
        ("TC0000-00003", "RC", 2100, 1),
        ("TC0000-00003", "RC", 2026, 0),
    ],
)
def test_s4_50_anything_else_is_refused(customer: str, kind: str, year: int, sequence: int) -> None:
    with pytest.raises(ValueError, match=r"not an? |counts from 1"):
        format_order_number(customer, kind, year, sequence)


def test_every_order_kind_has_a_name_in_both_languages() -> None:
    assert set(ORDER_KINDS) == {"NS", "RC", "GR", "CS", "RS", "SR", "SG", "SC", "SD", "PR", "OP", "TM"}
    for code, kind in ORDER_KINDS.items():
        assert kind.code == code
        assert not kind.name_ja.isascii()
        assert kind.name_en.isascii()
        assert kind.name_en != ""
