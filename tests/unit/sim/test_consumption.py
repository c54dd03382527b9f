"""What the usage of a month takes: the sums of days give what the records give, one by one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.accounting import Allowance, end_of, plan_allowance, start_of
from services.sim.consumption import Party, Record, Source, consume
from services.sim.timing import recharge_valid_through

MARCH = date(2026, 3, 1)
START = start_of(MARCH)

instants = st.builds(
    lambda day, hour, minute: START + timedelta(days=day, hours=hour, minutes=minute),
    st.integers(0, 30),
    st.sampled_from([0, 0, 9, 9, 23]),
    st.sampled_from([0, 0, 30]),
)
records = st.lists(st.tuples(instants, st.sampled_from(["A", "B", "C"]), st.integers(0, 60)), max_size=40)
bought_before = st.builds(
    lambda months: START - timedelta(days=28 * months - 5), st.integers(1, 3)
)  # expires with March, April or May
recharges = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "group"]), st.integers(1, 100), st.one_of(instants, bought_before)
    ),
    max_size=6,
)


def recharge(amount: int, at: datetime) -> Allowance:
    return Allowance(amount, at, end_of(recharge_valid_through(at.date())))


@dataclass
class Case:
    """Allowances by owner, A, B, C or group, with bytes that earlier months have taken of them."""

    allowances: list[tuple[str, Allowance, int]]

    def by_records(self, used: Iterable[Record]) -> list[int]:
        """The plain model: every byte at its time, from what is open, the earliest expiry first."""
        taken = [0] * len(self.allowances)
        order = sorted(
            range(len(self.allowances)),
            key=lambda n: (self.allowances[n][1].valid_until, self.allowances[n][1].valid_from, n),
        )
        for at, sim, amount in sorted(used):
            rest = amount
            for n in order:
                owner, allowance, before = self.allowances[n]
                if owner in (sim, "group") and allowance.valid_from <= at < allowance.valid_until:
                    got = min(rest, allowance.amount - before - taken[n])
                    taken[n] += got
                    rest -= got
        return taken

    def by_month(self, used: Sequence[Record]) -> list[int]:
        sources = [
            (owner, Source(allowance, allowance.amount - before, place=n))
            for n, (owner, allowance, before) in enumerate(self.allowances)
        ]
        days: dict[str, list[int]] = {}
        by_day: dict[int, list[Record]] = defaultdict(list)
        for at, sim, amount in used:
            day = (at - START).days
            days.setdefault(sim, [0] * 31)[day] += amount
            by_day[day].append((at, sim, amount))
        own = {sim: [each for owner, each in sources if owner == sim] for sim in "ABC"}
        shared = [each for owner, each in sources if owner == "group"]
        consume(Party(days, own, shared), MARCH, lambda day: by_day[day])
        return [each.taken for _, each in sources]


def case(pool: int, bought: Sequence[tuple[str, int, datetime]], before: Sequence[int]) -> Case:
    grants = [("group", plan_allowance(pool, START))]
    grants += [(owner, recharge(amount, at)) for owner, amount, at in bought]
    taken = [
        min(used, allowance.amount) if allowance.valid_from < START else 0
        for (_, allowance), used in zip(grants, before, strict=False)
    ]
    return Case([(*grant, used) for grant, used in zip(grants, taken, strict=True)])


earlier = st.lists(st.integers(0, 60), min_size=7, max_size=7)


@given(st.integers(0, 300), recharges, earlier, records)
def test_s4_35_days_take_what_the_records_take_one_by_one(
    pool: int, bought: list[tuple[str, int, datetime]], before: list[int], used: list[Record]
) -> None:
    month = case(pool, bought, before)
    assert month.by_month(used) == month.by_records(used)


@given(st.integers(0, 300), recharges, earlier, records, st.randoms())
def test_s4_08_the_order_of_records_makes_no_difference(
    pool: int, bought: list[tuple[str, int, datetime]], before: list[int], used: list[Record], chance
) -> None:
    month = case(pool, bought, before)
    shuffled = used[:]
    chance.shuffle(shuffled)
    assert month.by_month(shuffled) == month.by_month(used)


@given(st.integers(0, 300), recharges, earlier, records)
def test_an_allowance_is_never_overdrawn_and_never_consumed_while_closed_or_by_others(
    pool: int, bought: list[tuple[str, int, datetime]], before: list[int], used: list[Record]
) -> None:
    month = case(pool, bought, before)
    for (owner, allowance, earlier_months), taken in zip(month.allowances, month.by_month(used), strict=True):
        usable = sum(amount for at, sim, amount in used if allowance.is_open(at) and owner in (sim, "group"))
        assert 0 <= taken <= min(allowance.amount - earlier_months, usable)


@given(st.integers(0, 300), recharges, earlier, records, st.integers(1, 100), instants)
def test_s4_34_a_recharge_adds_its_whole_amount_however_much_was_used_before(
    pool: int,
    bought: list[tuple[str, int, datetime]],
    before: list[int],
    used: list[Record],
    amount: int,
    at: datetime,
) -> None:
    until = [each for each in used if each[0] < at]
    without = case(pool, [each for each in bought if each[2] <= at], before)
    added = Case([*without.allowances, ("group", recharge(amount, at), 0)])
    assert added.by_month(until) == [*without.by_month(until), 0]


def test_the_monthly_allowance_is_consumed_before_a_recharge_that_lasts_longer() -> None:
    month = case(500, [("group", 1000, START + timedelta(days=9))], [0, 0])
    assert month.by_month([(START + timedelta(days=19), "A", 700)]) == [500, 200]


def test_what_expires_with_the_month_is_consumed_before_what_begins_with_it() -> None:
    month = case(500, [("A", 100, datetime(2025, 12, 20, tzinfo=JAPAN))], [0, 0])
    assert month.by_month([(START, "A", 120)]) == [20, 100]


@pytest.mark.parametrize("first", ["A", "B"])
def test_who_comes_first_on_the_day_that_the_pool_runs_out_has_the_rest_of_it(first: str) -> None:
    """Both use 60 of a pool of 100 on one day; what B lacks then comes from his own recharge, A has none."""
    month = case(100, [("B", 1000, START - timedelta(days=20))], [0, 0])
    other = "B" if first == "A" else "A"
    noon = START + timedelta(days=5, hours=12)
    used = [(noon, first, 60), (noon + timedelta(hours=1), other, 60)]
    assert month.by_month(used) == ([100, 20] if first == "A" else [100, 0])


def test_records_are_only_read_of_days_that_need_them() -> None:
    read: list[int] = []

    def on(day: int) -> list[Record]:
        read.append(day)
        return [(START + timedelta(days=day), "A", 10)]

    days = {"A": [10] * 31, "B": [1] * 31}
    own = {"A": [Source(recharge(1000, START - timedelta(days=20)), 1000)]}
    pool = Source(plan_allowance(100, START), 100)
    begun = Source(recharge(5, START + timedelta(days=20, hours=3)), 5)
    consume(Party(days, own, [pool, begun]), MARCH, on)
    assert read == [9, 20]  # the pool runs out on the tenth day, and a recharge begins on the 21st
