"""What the usage of one month takes from which allowance.

Usage takes from what is open for its SIM when it happens, the earliest expiry first: its own allowances, and those of
its share group. What is used while nothing is left went over the line at restricted speed: it is owed to no
allowance, so that a later recharge always adds its whole amount.

A month can be worked out by itself, because every allowance ends with a month: what the months before left of each is
all that is needed of them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from chassis.clock import in_japan
from services.sim.accounting import Allowance, next_month, start_of

Record = tuple[datetime, str, int]
"""When, by which SIM, how many bytes."""

Records = Callable[[int], Iterable[Record]]
"""All records of a day, counted from 0, of the SIMs that are worked out together."""


@dataclass
class Source:
    """An allowance in one month: `left` bytes of it at the month's start, less what has been `taken` since."""

    allowance: Allowance
    left: int
    taken: int = 0
    place: int = 0
    """Decides between allowances that begin and end together."""

    def take(self, wanted: int) -> int:
        """Takes what there is of `wanted`; how much that is."""
        got = min(wanted, self.left)
        self.left -= got
        self.taken += got
        return got


@dataclass
class Party:
    """Those who consume together in a month: one SIM by itself, or all members of a share group.

    `days` has the bytes of each day of the month by SIM, `own` the allowances of single SIMs, `shared` those of all.
    """

    days: Mapping[str, Sequence[int]]
    own: Mapping[str, Sequence[Source]] = field(default_factory=dict)
    shared: Sequence[Source] = ()


def consume(party: Party, month: date, records: Records) -> None:
    """Take the month's usage of a party from its sources.

    Sums of days are enough as long as nobody can come before another: on days when an allowance begins, or when a
    shared one runs out while some member has data of his own to fall back on, the records decide, by time.
    """
    month_of_party = _Month(party, month)
    for first, last in month_of_party.stretches():
        if first + 1 == last and first in month_of_party.begins_within:
            month_of_party.take_records(records(first))
        elif not month_of_party.take_sums(first, last):
            for day in range(first, last):
                if not month_of_party.take_sums(day, day + 1):
                    month_of_party.take_records(records(day))


class _Month:
    def __init__(self, party: Party, month: date) -> None:
        self._party = party
        self._start = start_of(month)
        self._length = (next_month(month) - month).days
        self._shared = _in_order(party.shared)
        self._of = {serial: _in_order([*own, *party.shared]) for serial, own in party.own.items() if own}
        self._plain = [serial for serial in party.days if serial not in self._of]
        begins = [
            (in_japan(source.allowance.valid_from) - self._start)
            for source in (*party.shared, *(each for own in party.own.values() for each in own))
            if source.allowance.valid_from > self._start
        ]
        self.begins_within = {each.days for each in begins if each % timedelta(days=1)}
        """Days at which an allowance begins that is not there from midnight on."""
        self._begins_with = {each.days for each in begins}

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Days from … until before …, in which the same allowances are open; a day of a beginning by itself."""
        cuts = {0, self._length, *self._begins_with, *(day + 1 for day in self.begins_within)}
        ordered = sorted(cut for cut in cuts if cut <= self._length)
        yield from pairwise(ordered)

    def take_records(self, records: Iterable[Record]) -> None:
        for at, serial, amount in sorted(records):
            _take(self._of.get(serial, self._shared), at, amount)

    def take_sums(self, first: int, last: int) -> bool:
        """Take the days' sums, unless it makes a difference who came first: False then, and nothing is taken."""
        at = self._start + timedelta(days=first)
        days = self._party.days
        sums = {serial: sum(days[serial][first:last]) for serial in self._of if serial in days}
        plain = sum(sum(days[serial][first:last]) for serial in self._plain)
        if self._order_matters(at, sums, plain):
            return False
        for serial, amount in sums.items():
            _take(self._of[serial], at, amount)
        _take(self._shared, at, plain)
        return True

    def _order_matters(self, at: datetime, sums: Mapping[str, int], plain: int) -> bool:
        """Whether the next shared source runs out while somebody could go on with data of his own."""
        source = next((each for each in self._shared if each.left and each.allowance.is_open(at)), None)
        if source is None:
            return False
        wanted, someone_goes_on = plain, False
        for serial, amount in sums.items():
            own_before, own_after = _around(self._of[serial], source, at)
            rest = max(0, amount - own_before)
            wanted += rest
            someone_goes_on = someone_goes_on or (rest > 0 and own_after > 0)
        return someone_goes_on and wanted > source.left


def _in_order(sources: Collection[Source]) -> list[Source]:
    """In the order in which they are used up."""
    return sorted(
        sources, key=lambda each: (each.allowance.valid_until, each.allowance.valid_from, each.place)
    )


def _take(sources: Sequence[Source], at: datetime, amount: int) -> None:
    for source in sources:
        if not amount:
            return
        if source.left and source.allowance.is_open(at):
            amount -= source.take(amount)


def _around(sources: Sequence[Source], shared: Source, at: datetime) -> tuple[int, int]:
    """What a member has left of his own that is used before `shared`, and after it."""
    before = after = 0
    passed = False
    for source in sources:
        if source is shared:
            passed = True
        elif source.left and source.allowance.is_open(at):
            if passed:
                after += source.left  # a shared one further on is no harm: at worst the days are looked at
            else:
                before += source.left
    return before, after
