"""Recharge amounts and their prices."""

import pytest

from chassis.errors import Invalid
from services.sim.pricing import GB, recharge_price_yen


@pytest.mark.parametrize(("gigabytes", "yen"), [(1, 300), (3, 900), (10, 3_000), (100, 30_000)])
def test_s4_30_prices(gigabytes: int, yen: int) -> None:
    assert recharge_price_yen(gigabytes) == yen


@pytest.mark.parametrize("gigabytes", [0, -1, 2, 5, 30, 101, 1000])
def test_s4_30_other_amounts_are_refused_with_the_list(gigabytes: int) -> None:
    with pytest.raises(Invalid) as refusal:
        recharge_price_yen(gigabytes)
    assert (refusal.value.code, refusal.value.details) == ("recharge.amount", {"allowed": [1, 3, 10, 100]})


def test_prices_are_a_setting() -> None:
    assert recharge_price_yen(5, prices={5: 1_200}) == 1_200
    with pytest.raises(Invalid) as refusal:
        recharge_price_yen(1, prices={50: 9_000, 5: 1_200})
    assert refusal.value.details == {"allowed": [5, 50]}


def test_a_gigabyte_is_decimal() -> None:
    assert GB == 1_000_000_000
