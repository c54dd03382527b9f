"""A bar a month, as numbers that a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Measure = Literal["charge_yen", "calls", "duration_seconds"]
HEIGHT = 100.0
_STEP, _BAR = 10.0, 7.0


@dataclass(frozen=True)
class Bar:
    """`month` is `YYYY-MM`; the rest are units of the drawing, whose origin is above."""

    month: str
    value: int
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """`width` and `HEIGHT` are the drawing's size; the highest bar reaches the top."""

    measure: Measure
    width: float
    bar_width: float
    highest: int
    bars: tuple[Bar, ...]


def chart(months: Sequence[dict[str, Any]], measure: Measure) -> Chart:
    """`months` are items of the service's usage history."""
    highest = max((month[measure] for month in months), default=0)
    bars = []
    for position, month in enumerate(months):
        height = round(HEIGHT * month[measure] / highest, 2) if highest else 0.0
        x = position * _STEP + (_STEP - _BAR) / 2
        bars.append(Bar(month["month"], month[measure], x, round(HEIGHT - height, 2), height))
    return Chart(measure, len(months) * _STEP, _BAR, highest, tuple(bars))
