"""Order kinds and the order numbers (依頼番号) that carry them, such as `TC0000-00003-PR240001`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_CUSTOMER = re.compile(r"TC[0-9A-Za-z]{4}-[0-9]{5}")


@dataclass(frozen=True)
class OrderKind:
    """A kind of order: its two letters in order numbers and its names for people."""

    code: str
    name_ja: str
    name_en: str


ORDER_KINDS: Mapping[str, OrderKind] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            OrderKind("NS", "新規出荷", "New SIM shipment"),
            OrderKind("RC", "リチャージ", "Recharge"),
            OrderKind("GR", "リチャージ(大規模シェア)", "Group recharge"),
            OrderKind("CS", "一時停止", "Suspend"),
            OrderKind("RS", "一時停止解除", "Resume"),
            OrderKind("SR", "SIM再発行", "SIM reissue"),
            OrderKind("SG", "シェア登録", "Share register"),
            OrderKind("SC", "シェア変更", "Share change"),
            OrderKind("SD", "シェア削除", "Share delete"),
            OrderKind("PR", "SIM情報変更", "SIM information / plan change"),
            OrderKind("OP", "オプション登録・変更・解除", "Option register / change / release"),
            OrderKind("TM", "解約", "Termination"),
        )
    }
)


def format_order_number(customer: str, kind: str, year: int, sequence: int) -> str:
    """`<customer>-<kind><yy><nnnn>`.

    `customer` is `TC`, four letters or digits, a hyphen and five digits; `year` is the full calendar year of
    acceptance in Japan; `sequence` counts from 1 for a customer, kind and year, and grows wider past 9999.
    Raises ValueError for anything else.
    """
    if not _CUSTOMER.fullmatch(customer):
        raise ValueError(f"not a customer number: {customer!r}")
    if kind not in ORDER_KINDS:
        raise ValueError(f"not an order kind: {kind!r}")
    if not 2000 <= year <= 2099:
        raise ValueError(f"not a year that two digits can tell: {year}")
    if sequence < 1:
        raise ValueError(f"a sequence counts from 1: {sequence}")
    return f"{customer}-{kind}{year % 100:02}{sequence:04}"
