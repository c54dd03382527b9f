"""Which months a share order can start in, under the cut-off that an operator has set."""

from datetime import datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.kinds.share_terms import months
from services.sim.settings import Settings

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 12, 31), timezones=st.just(JAPAN))  # noqa: DTZ001


def offered(now: datetime, **changed: Any) -> list[str]:
    usual: dict[str, Any] = {"share_cutoff": time(22), "share_cutoff_days": 1, "share_months": 3}
    settings = Settings.model_construct(**(usual | changed))
    return [f"{month:%Y-%m}" for month in months(settings, now)]


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("2024-02-28T21:59:59", {}, ["2024-03", "2024-04", "2024-05", "2024-06"]),
    ("2024-02-28T22:00:00", {}, ["2024-04", "2024-05", "2024-06", "2024-07"]),
    ("2025-12-30T22:00:00", {}, ["2026-02", "2026-03", "2026-04", "2026-05"]),
    ("2024-02-28T22:00:00", {"share_months": 0}, ["2024-04"]),
    ("2024-02-28T17:59:59", {"share_cutoff": time(18), "share_months": 0}, ["2024-03"]),
    ("2024-02-28T18:00:00", {"share_cutoff": time(18), "share_months": 0}, ["2024-04"]),
    ("2024-02-24T22:00:00", {"share_cutoff_days": 5, "share_months": 0}, ["2024-04"]),
    ("2024-02-29T21:59:59", {"share_cutoff_days": 0, "share_months": 1}, ["2024-03", "2024-04"]),
]


@pytest.mark.parametrize(("now", "changed", "expected"), CASES, ids=[f"{at}-{len(c)}" for at, c, _ in CASES])
def test_s4_21_s4_22_the_months_on_offer(now: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert offered(datetime.fromisoformat(f"{now}+09:00"), **changed) == expected


@given(INSTANTS)
def test_four_months_follow_each_other_and_none_has_begun(now: datetime) -> None:
    found = [datetime.fromisoformat(f"{month}-01T00:00:00+09:00") for month in offered(now)]
    assert len(found) == 4
    assert all(month > now for month in found)
    steps = [later.year * 12 + later.month for later in found]
    assert steps == list(range(steps[0], steps[0] + 4))
