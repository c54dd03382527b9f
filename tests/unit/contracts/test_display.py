"""What a customer gets to see."""

from datetime import date, timedelta

import pytest

from services.contracts.display import BASIC_PLAN_HIDES, MASK, masked, shown_end_date, visible

TODAY = date(2026, 2, 28)


def test_s1_06_basic_plan_hides_the_eight_items_and_nothing_else() -> None:
    eight = {"sip_proxy", "sip_domain", "account_id", "line_password", "addon_password"}
    eight |= {"channels", "notified_number", "pilot_number"}
    item = dict.fromkeys([*eight, "call_plan", "phone_number", "mobile_number"], "x")
    assert eight == BASIC_PLAN_HIDES
    assert set(visible(item, "basic", BASIC_PLAN_HIDES)) == {"call_plan", "phone_number", "mobile_number"}
    assert visible(item, "standard", BASIC_PLAN_HIDES) == item


def test_a_password_shows_as_stars_and_no_password_as_blank() -> None:
    assert masked(True) == MASK == "********"
    assert masked(False) == ""


@pytest.mark.parametrize(
    ("end_date", "shown"),
    [
        (None, None),
        (TODAY + timedelta(days=1), None),
        (TODAY, TODAY),
        (TODAY - timedelta(days=1), TODAY - timedelta(days=1)),
    ],
)
def test_s1_13_an_end_date_shows_once_it_has_come(end_date: date | None, shown: date | None) -> None:
    assert shown_end_date(end_date, TODAY) == shown
