"""What a usage limit of Mobile Choice 050 lets a line do, and the times in which it lets calls out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel

Days = Literal["every_day", "weekdays", "weekends_and_holidays"]

MOST_BANDS = 10
HIGHEST_CEILING = 99_999_999

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00")


class BandEntry(BaseModel):
    """A time band as it is entered: times of day in Japan as HH:MM, `end` exclusive and up to 24:00."""

    days: Days
    start: str
    end: str


class LimitTerms(BaseModel):
    """`monthly_ceiling` is in yen, None for none; without bands calls may go out at all times."""

    bars_international: bool = False
    bars_premium: bool = False
    bars_directory: bool = False
    monthly_ceiling: int | None = None
    bands: list[BandEntry] = []


@dataclass(frozen=True, order=True)
class Band:
    """Minutes of the day, `to_minute` exclusive."""

    days: Days
    from_minute: int
    to_minute: int

    def entry(self) -> dict[str, str]:
        return {"days": self.days, "start": _text(self.from_minute), "end": _text(self.to_minute)}


def problems(terms: LimitTerms) -> list[dict[str, Any]]:
    """What is wrong, as entries of `details["errors"]`.

    usage_limit.ceiling (maximum), usage_limit.too_many_bands (limit), and of each band usage_limit.band_time,
    usage_limit.band_reversed, usage_limit.bands_overlap.
    """
    found: list[dict[str, Any]] = []
    if terms.monthly_ceiling is not None and not 1 <= terms.monthly_ceiling <= HIGHEST_CEILING:
        found.append(
            {"pointer": "monthly_ceiling", "code": "usage_limit.ceiling", "maximum": HIGHEST_CEILING}
        )
    if len(terms.bands) > MOST_BANDS:
        found.append({"pointer": "bands", "code": "usage_limit.too_many_bands", "limit": MOST_BANDS})
        return found
    good: list[tuple[int, Band]] = []
    for place, entry in enumerate(terms.bands):
        start, end = _minute(entry.start), _minute(entry.end)
        for name, minute in (("start", start), ("end", end)):
            if minute is None:
                found.append({"pointer": f"bands/{place}/{name}", "code": "usage_limit.band_time"})
        if start is None or end is None:
            continue
        if start >= end:
            found.append({"pointer": f"bands/{place}/end", "code": "usage_limit.band_reversed"})
            continue
        good.append((place, Band(entry.days, start, end)))
    found += [
        {"pointer": f"bands/{place}/start", "code": "usage_limit.bands_overlap"}
        for place in overlapping(good)
    ]
    return found


def overlapping(bands: Sequence[tuple[int, Band]]) -> list[int]:
    """The places of bands that begin before an earlier one of the same days has ended, in ascending order."""
    found = []
    for _, same_days in groupby(sorted(bands, key=lambda one: (one[1], one[0])), key=lambda one: one[1].days):
        free_from = 0
        for place, band in same_days:
            if band.from_minute < free_from:
                found.append(place)
            free_from = max(free_from, band.to_minute)
    return sorted(found)


def bands(terms: LimitTerms) -> list[Band]:
    """The bands of terms that have no problems, in the order of days and times."""
    return sorted(
        Band(entry.days, start, end)
        for entry in terms.bands
        if (start := _minute(entry.start)) is not None and (end := _minute(entry.end)) is not None
    )


def _minute(text: str) -> int | None:
    if not _TIME.fullmatch(text.strip()):
        return None
    hours, minutes = text.strip().split(":")
    return int(hours) * 60 + int(minutes)


def _text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
