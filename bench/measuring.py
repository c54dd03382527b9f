"""Rates of competitors that take turns, so that a slow minute of the machine meets all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Size:
    """How much is done: `calls` and `lines` in each round, `recharges` in all rounds together, `jobs` by each peer of a
    midnight.
    """

    rounds: int
    calls: int
    lines: int
    recharges: int
    call_records: int
    inquiry: tuple[int, ...]
    fleets: tuple[int, ...]
    due_items: int
    jobs: int


FULL = Size(
    rounds=8,
    calls=320,
    lines=50_000,
    recharges=2_000,
    call_records=1_000_000,
    inquiry=(10_000, 100_000, 1_000_000),
    fleets=(10_000, 100_000, 1_000_000),
    due_items=200_000,
    jobs=4_000,
)
QUICK = Size(
    rounds=2,
    calls=32,
    lines=2_500,
    recharges=40,
    call_records=4_000,
    inquiry=(2_000,),
    fleets=(400,),
    due_items=400,
    jobs=100,
)


@dataclass(frozen=True)
class Series:
    """One value a round."""

    name: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        return median(self.values)

    def ratio_to(self, other: "Series") -> "Series":
        """This one's values divided by the other's of the same round."""
        pairs = zip(self.values, other.values, strict=True)
        return Series(f"{self.name} / {other.name}", "ratio", [mine / theirs for mine, theirs in pairs])


@dataclass(frozen=True)
class Subject:
    """What was measured of one thing. `facts` are counts and findings that are no rates."""

    name: str
    about: str
    series: list[Series]
    ratios: list[Series]
    facts: dict[str, Any] = field(default_factory=dict)


def rate(amount: int, work: Callable[[], object]) -> float:
    """`amount` per second of what `work` does."""
    started = perf_counter()
    work()
    return amount / (perf_counter() - started)


def in_turns(rounds: int, amount: int, unit: str, works: Mapping[str, Callable[[], object]]) -> list[Series]:
    """Rates of all `works` by name. Each round begins with another one; the first turn of each is not counted."""
    for work in works.values():
        work()
    values: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(rate(amount, works[name]))
    return [Series(name, unit, values[name]) for name in names]


def percentiles(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds that half, and 95 of 100, of the times stay below."""
    found = []
    for _ in range(times):
        started = perf_counter()
        work()
        found.append((perf_counter() - started) * 1000)
    cuts = quantiles(found, n=20, method="inclusive") if times > 1 else [0.0] * 19
    return cuts[9], cuts[18]
