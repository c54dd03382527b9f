"""What a recharge (リチャージ) costs and holds."""

from collections.abc import Mapping
from types import MappingProxyType

from chassis.errors import Invalid

GB = 10**9
"""Bytes in a gigabyte of a price list."""

RECHARGE_PRICES_YEN: Mapping[int, int] = MappingProxyType({1: 300, 3: 900, 10: 3_000, 100: 30_000})
"""Price in whole yen by gigabytes; the console manual's price list."""


def recharge_price_yen(gigabytes: int, *, prices: Mapping[int, int] = RECHARGE_PRICES_YEN) -> int:
    """Price of a recharge in whole yen.

    An amount that is not on the list raises Invalid("recharge.amount", allowed=[…]), in gigabytes, ascending.
    """
    if gigabytes not in prices:
        raise Invalid("recharge.amount", allowed=sorted(prices))
    return prices[gigabytes]
