"""The golden cases of the time rules: each row of `cases/*.csv` is a test."""

import csv
from datetime import date, datetime
from pathlib import Path

import pytest

from services.contracts import reflection
from services.sim import timing

CASES = Path(__file__).parent / "cases"


def golden(name: str) -> pytest.MarkDecorator:
    with (CASES / f"{name}.csv").open(newline="") as file:
        columns, *rows = csv.reader(file)
    assert rows, f"{name}.csv holds no case"
    return pytest.mark.parametrize(columns, rows)


@golden("share_start")
def test_s4_21_earliest_share_month(requested_at: str, earliest_start_month: str) -> None:
    earliest = timing.earliest_share_month(datetime.fromisoformat(requested_at))
    assert earliest.isoformat() == earliest_start_month


@golden("execution_window")
def test_s4_32_execution_window(requested_at: str, start_date: str, not_before: str, not_after: str) -> None:
    window = timing.execution_window(datetime.fromisoformat(requested_at), date.fromisoformat(start_date))
    assert [moment.isoformat() for moment in window] == [not_before, not_after]


@golden("latest_start_date")
def test_s4_31_latest_start_date(requested_on: str, latest_start_date: str) -> None:
    assert timing.latest_start_date(date.fromisoformat(requested_on)).isoformat() == latest_start_date


@golden("recharge_valid_through")
def test_s4_33_recharge_valid_through(recharged_on: str, valid_through: str) -> None:
    assert timing.recharge_valid_through(date.fromisoformat(recharged_on)).isoformat() == valid_through


@golden("card_delivery")
def test_s4_42_s4_43_card_delivery(requested_on: str, estimated: str, earliest: str, latest: str) -> None:
    delivery = timing.card_delivery(date.fromisoformat(requested_on))
    assert [delivery.estimated.isoformat(), delivery.earliest.isoformat(), delivery.latest.isoformat()] == [
        estimated,
        earliest,
        latest,
    ]


@golden("password_reflection")
def test_s3_11_password_reflection(service: str, changed_at: str, reflected_by: str) -> None:
    assert reflection.reflected_by(service, datetime.fromisoformat(changed_at)).isoformat() == reflected_by
