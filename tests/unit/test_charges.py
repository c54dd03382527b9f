"""The month a charge belongs to, and the months a statement can be asked for."""

from datetime import date

import pytest

from chassis.errors import Invalid
from services.payments.charges import (
    group_recharge_description,
    parse_month,
    recharge_description,
    share_membership_description,
    usage_month,
)


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2024, 2, 29), date(2024, 2, 1)),
        (date(2024, 3, 1), date(2024, 3, 1)),
        (date(2024, 12, 31), date(2024, 12, 1)),
    ],
)
def test_a_charge_belongs_to_the_month_of_its_day(day: date, month: date) -> None:
    assert usage_month(day) == month


@pytest.mark.parametrize(("text", "month"), [("2024-01", date(2024, 1, 1)), ("2099-12", date(2099, 12, 1))])
def test_months(text: str, month: date) -> None:
    assert parse_month(text) == month


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-00",
        "2024-13",
        "0000-01",
        "2024-1",
        "2024/01",
        "2024-01-01",
        "2024-01\n",
        "２０２４-01",
    ],
)
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_month(text)
    assert refusal.value.code == "charges.month"


def test_descriptions_say_the_same_in_both_languages() -> None:
    description = recharge_description(10, "02010000022")
    assert (description.ja, description.en) == (
        "リチャージ 10GB(02010000022)",
        "Recharge 10 GB (02010000022)",
    )


def test_what_share_groups_are_charged_for_is_told_with_their_name() -> None:
    recharge = group_recharge_description(100, "営業部")
    assert (recharge.ja, recharge.en) == (
        "リチャージ(大規模シェア) 100GB(営業部)",
        "Group recharge 100 GB (営業部)",
    )
    month = share_membership_description(1000, 1100, "営業部")
    assert (month.ja, month.en) == (
        "大規模シェア 1000回線×1,100円(営業部)",
        "Share group, 1000 lines at 1,100 yen (営業部)",
    )
