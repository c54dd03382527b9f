"""The report: a table for people, JSON for programs."""

import json
import os
from collections.abc import Sequence
from typing import Any

from bench.measuring import Series, Subject

WIDTH = 68


def load() -> float:
    """Processes that ran or wanted to run in the last minute, on average."""
    return os.getloadavg()[0]


def as_text(subjects: Sequence[Subject]) -> str:
    lines = []
    for subject in subjects:
        lines += [f"\n{subject.name}: {subject.about}", f"{'':{WIDTH}}{'median':>10}{'min':>10}{'max':>10}"]
        lines += [_line(series, 0) for series in subject.series]
        lines += [_line(series, 3) for series in subject.ratios]
        lines += [f"  {name}: {value}" for name, value in subject.facts.items()]
    return "\n".join(lines)


def as_json(subjects: Sequence[Subject], about: dict[str, Any]) -> str:
    """`{…about, "subjects": [{name, about, series, ratios, facts}]}`; a series has its unit and a value a round."""
    document = about | {
        "subjects": [
            {
                "name": subject.name,
                "about": subject.about,
                "series": [_described(series) for series in subject.series],
                "ratios": [_described(series) for series in subject.ratios],
                "facts": subject.facts,
            }
            for subject in subjects
        ]
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _line(series: Series, digits: int) -> str:
    title = f"  {series.name}, {series.unit}"
    numbers = (series.median, min(series.values), max(series.values))
    return f"{title:{WIDTH}}" + "".join(f"{number:10,.{digits}f}" for number in numbers)


def _described(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "unit": series.unit,
        "median": series.median,
        "min": min(series.values),
        "max": max(series.values),
        "values": series.values,
    }
