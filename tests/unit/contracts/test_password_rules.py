"""What a new password looks like, when the switch is told, and how guessing is slowed down."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.families import ServiceType
from services.contracts.password_rules import (
    FREE_TRIES,
    LONGEST_PAUSE,
    give_up_at,
    has_switch,
    is_new_password,
    is_number,
    pause_after,
    same,
    seconds_to_wait,
    send_at,
)
from services.contracts.reflection import reflected_by

JST = ZoneInfo("Asia/Tokyo")
instants = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize("number", ["05012345678", "0312345678"])
def test_s3_02_a_number_has_no_hyphens(number: str) -> None:
    assert is_number(number)


@pytest.mark.parametrize(
    "number",
    [
        "050-1234-5678",
        "０５０１２３４５６７８",
        "050 12345678",
        "",
        "15012345678",
        "050",
        "05012345678\n",
        "٠٥٠١٢٣٤٥٦٧٨",
    ],
)
def test_s3_02_another_form_is_refused(number: str) -> None:
    assert not is_number(number)


@given(st.from_regex(r"[a-z0-9]{8}", fullmatch=True))
def test_s3_05_eight_lower_case_letters_and_digits_are_a_password(text: str) -> None:
    assert is_new_password(text)


@pytest.mark.parametrize(
    "text",
    [
        "abcdef1",
        "abcdefg12",
        "Abcdefg1",
        "abcdefg!",
        "abcdefg ",
        "ａｂｃｄｅｆｇ１",
        "abcdefé1",
        "abcdefg1\n",
        "",
    ],
)
def test_s3_05_anything_else_is_refused(text: str) -> None:
    assert not is_new_password(text)


@given(st.text(), st.text())
def test_two_passwords_are_the_same_if_they_are_equal(one: str, other: str) -> None:
    assert same(one, other) == (one == other)


def test_s3_06_old_passwords_and_odd_input_can_be_compared() -> None:
    assert same("fVFZ29", "fVFZ29")
    assert not same("fvfz29", "fVFZ29")
    assert not same("\ud800", "fVFZ29")


@given(instants)
def test_s3_10_the_switch_of_ip_phones_is_told_at_once(at: datetime) -> None:
    assert send_at("ip_phone", at) == at


@given(instants, st.sampled_from(["b2bua", "b2bua_opengate"]))
def test_s3_11_batched_services_are_told_at_the_time_of_the_table(at: datetime, service: ServiceType) -> None:
    assert send_at(service, at) == reflected_by(service, at)


def test_only_services_with_devices_at_the_switch_have_it_told() -> None:
    assert [has_switch(each) for each in ("ip_phone", "b2bua", "b2bua_opengate")] == [True] * 3
    assert [has_switch(each) for each in ("mobile_choice", "free_voice", "data_sim")] == [False] * 3


def test_the_first_wrong_passwords_hold_nothing_up_and_later_ones_ever_longer() -> None:
    assert [pause_after(failures).total_seconds() for failures in range(7)] == [0, 0, 0, 1, 2, 4, 8]
    assert pause_after(10_000) == LONGEST_PAUSE


@given(st.integers(0, 100), instants, st.floats(0, 2_000))
def test_a_try_is_judged_exactly_when_its_pause_is_over(
    failures: int, latest: datetime, later: float
) -> None:
    now = latest + timedelta(seconds=later)
    assert (seconds_to_wait(failures, latest, now) == 0) == (now >= latest + pause_after(failures))


def test_a_pause_is_told_in_whole_seconds_rounded_up() -> None:
    at = datetime(2026, 4, 1, tzinfo=JST)
    assert seconds_to_wait(FREE_TRIES + 1, at, at + timedelta(seconds=0.5)) == 2


@given(instants, instants, st.integers(0, 600))
def test_a_change_begun_late_has_its_whole_grace(
    reflected: datetime, started: datetime, minutes: int
) -> None:
    grace = timedelta(minutes=minutes)
    end = give_up_at(reflected, started, grace)
    assert end >= started + grace
    assert end >= reflected + grace
