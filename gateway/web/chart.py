"""Bars of a chart, one a month or a day, as numbers that a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Measure = Literal["charge_yen", "calls", "duration_seconds"]
HEIGHT = 100.0
_STEP, _BAR = 10.0, 7.0


@dataclass(frozen=True)
class Bar:
    """`at` is `YYYY-MM` or `YYYY-MM-DD`; the rest are units of the drawing, whose origin is above."""

    at: str
    value: int
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Bars:
    """`width` and `HEIGHT` are the drawing's size; the highest bar reaches the top."""

    width: float
    bar_width: float
    highest: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart(Bars):
    measure: Measure


def bars(values: Sequence[tuple[str, int]]) -> Bars:
    """A bar for each (`at`, value)."""
    highest = max((value for _, value in values), default=0)
    drawn = []
    for position, (at, value) in enumerate(values):
        height = round(HEIGHT * value / highest, 2) if highest else 0.0
        drawn.append(Bar(at, value, position * _STEP + (_STEP - _BAR) / 2, round(HEIGHT - height, 2), height))
    return Bars(len(values) * _STEP, _BAR, highest, tuple(drawn))


def chart(months: Sequence[dict[str, Any]], measure: Measure) -> Chart:
    """`months` are items of the service's usage history."""
    found = bars([(month["month"], month[measure]) for month in months])
    return Chart(found.width, found.bar_width, found.highest, found.bars, measure)
