"""What may be entered in orders for cards: addresses, the people to ask, the day of delivery."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.sim.delivery import Delivery, check_delivery_date, contact_problems, delivery_problems, refuse
from services.sim.mail_address import is_mail_address
from services.sim.timing import card_delivery

ADDRESS = {
    "postcode": "1050011",
    "prefecture": "東京都",
    "city": "港区",
    "street": "芝公園4-2-8",
    "recipient": "港 花子",
    "phone": "0312345678",
}


def wrong(**changes: str) -> dict[str, str]:
    problems = delivery_problems(Delivery(**(ADDRESS | changes)))
    return {each["pointer"]: each["code"] for each in problems}


@pytest.mark.parametrize("postcode", ["1050011", "105-0011", " 105-0011 ", "１０５-００１１", "105ー0011"])
def test_a_postcode_is_read_however_it_is_written(postcode: str) -> None:
    delivery = Delivery(**(ADDRESS | {"postcode": postcode}))
    assert (delivery.postcode, delivery_problems(delivery)) == ("105-0011", [])


@pytest.mark.parametrize("phone", ["0312345678", "03-1234-5678", "０９０−１２３４−５６７８", "070-1234-5678"])
def test_telephone_numbers_of_japan_are_taken(phone: str) -> None:
    assert wrong(phone=phone) == {}


@pytest.mark.parametrize("phone", ["312345678", "+81312345678", "03-1234-567", "090123456789", "電話"])
def test_other_telephone_numbers_are_refused(phone: str) -> None:
    assert wrong(phone=phone) == {"delivery/phone": "delivery.phone"}


@pytest.mark.parametrize("field", [*ADDRESS])
def test_everything_but_the_building_is_needed(field: str) -> None:
    assert wrong(**{field: " "}) == {f"delivery/{field}": "delivery.blank"}


def test_a_postcode_of_another_prefecture_names_the_right_ones() -> None:
    [problem] = delivery_problems(Delivery(**(ADDRESS | {"prefecture": "北海道"})))
    assert (problem["code"], problem["allowed"]) == ("postcode.prefecture", ["東京都"])


@pytest.mark.parametrize("address", ["a@b.example", "a.b+c@sub.example.jp"])
def test_mail_addresses(address: str) -> None:
    assert is_mail_address(address)
    assert contact_problems("港 太郎", address) == []


@pytest.mark.parametrize(
    "address", ["a", "a@b", "a@@b.example", "a b@c.example", "a@b.example\nBcc: c@d.example"]
)
def test_other_texts_are_no_mail_addresses(address: str) -> None:
    assert not is_mail_address(address)
    assert contact_problems("港 太郎", address) == [{"pointer": "contact_mail", "code": "delivery.mail"}]


def test_who_asks_is_needed() -> None:
    assert [each["pointer"] for each in contact_problems("", "")] == ["contact_name", "contact_mail"]


def test_problems_are_told_together() -> None:
    refuse([])
    with pytest.raises(Invalid, match=r"order\.fields"):
        refuse(contact_problems("", ""))


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_s4_43_the_days_between_the_bounds_can_be_chosen(requested_on: date) -> None:
    days = card_delivery(requested_on)
    assert days.estimated < days.earliest < days.latest
    for day in (days.earliest, days.latest):
        assert check_delivery_date(day.isoformat(), days.earliest, days.latest) == day
    for day in (days.earliest - timedelta(days=1), days.latest + timedelta(days=1), days.estimated):
        with pytest.raises(Invalid) as refused:
            check_delivery_date(day.isoformat(), days.earliest, days.latest)
        assert refused.value.details == {
            "earliest": days.earliest.isoformat(),
            "latest": days.latest.isoformat(),
        }


def test_s4_42_no_day_is_as_soon_as_possible() -> None:
    assert check_delivery_date(None, date(2026, 5, 8), date(2026, 8, 1)) is None
