"""What is left of a SIM's data, whatever the order in which usage records arrive."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.accounting import (
    Allowance,
    Balance,
    Usage,
    consume,
    end_of,
    last_day,
    month_of,
    plan_allowance,
    settled_before,
)
from services.sim.timing import recharge_valid_through

FIRST = datetime(2026, 1, 1, tzinfo=JAPAN)
LAST = datetime(2026, 9, 30, 23, 59, 59, tzinfo=JAPAN)

instants = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)).map(
    lambda naive: naive.replace(tzinfo=JAPAN)
)
usages = st.lists(st.builds(Usage, instants, st.integers(0, 60)), max_size=40)
plans = st.integers(1, 100).map(
    lambda amount: [plan_allowance(amount, datetime(2026, month, 1, tzinfo=JAPAN)) for month in range(1, 10)]
)
recharges = st.lists(
    st.builds(
        lambda amount, at: Allowance(amount, at, end_of(recharge_valid_through(at.date()))),
        st.integers(1, 100),
        instants,
    ),
    max_size=6,
)


def balance_at(at: datetime, allowances: Sequence[Allowance], consumed: Sequence[int]) -> Balance:
    """The balance of the allowances that are open at `at`."""
    now = [i for i, allowance in enumerate(allowances) if allowance.is_open(at)]
    return Balance(sum(allowances[i].amount for i in now), sum(consumed[i] for i in now))


@given(plans, recharges, usages, st.randoms())
def test_s4_08_the_order_of_records_makes_no_difference(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage], random
) -> None:
    shuffled = usage[:]
    random.shuffle(shuffled)
    assert consume(months + bought, shuffled) == consume(months + bought, usage)


@given(plans, recharges, usages, instants)
def test_s4_08_grants_less_use_less_expiry_is_what_remains(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage], at: datetime
) -> None:
    allowances = [each for each in months + bought if each.valid_from <= at]
    consumed = consume(allowances, [each for each in usage if each.at <= at])
    expired = sum(
        allowance.amount - used
        for allowance, used in zip(allowances, consumed, strict=True)
        if allowance.valid_until <= at
    )
    granted = sum(each.amount for each in allowances)
    assert granted - sum(consumed) - expired == balance_at(at, allowances, consumed).remaining


@given(plans, recharges, usages)
def test_an_allowance_is_never_overdrawn_and_never_consumed_while_closed(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage]
) -> None:
    allowances = months + bought
    for allowance, used in zip(allowances, consume(allowances, usage), strict=True):
        used_while_open = sum(each.amount for each in usage if allowance.is_open(each.at))
        assert 0 <= used <= min(allowance.amount, used_while_open)


@given(plans, recharges, usages)
def test_byte_by_byte_the_earliest_expiry_is_consumed_first(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage]
) -> None:
    allowances = months + bought
    left = [each.amount for each in allowances]
    for used in sorted(usage, key=lambda each: each.at):
        for _ in range(used.amount):
            able = [i for i, each in enumerate(allowances) if each.is_open(used.at) and left[i]]
            if able:
                first = min(able, key=lambda i: (allowances[i].valid_until, allowances[i].valid_from))
                left[first] -= 1
    assert consume(allowances, usage) == [
        each.amount - rest for each, rest in zip(allowances, left, strict=True)
    ]


@given(plans, recharges, usages, instants)
def test_earlier_months_than_the_settled_one_need_not_be_looked_at(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage], at: datetime
) -> None:
    start = settled_before(at, bought)
    assert start <= at
    everything = Counter(dict(enumerate(consume(months + bought, usage))))
    since = [i for i, each in enumerate(months + bought) if each.valid_from >= start]
    consumed = consume([(months + bought)[i] for i in since], [each for each in usage if each.at >= start])
    assert dict(zip(since, consumed, strict=True)) == {i: everything[i] for i in since}
    assert all(each.valid_until <= at for i, each in enumerate(months + bought) if i not in since)


@given(plans, recharges, usages)
def test_sums_between_the_starts_of_recharges_consume_what_the_records_do(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage]
) -> None:
    sums: dict[tuple[datetime, int], Usage] = {}
    for each in usage:
        begun = sum(recharge.valid_from <= each.at for recharge in bought)
        key = (month_of(each.at)[0], begun)
        before = sums.get(key, Usage(each.at, 0))
        sums[key] = Usage(min(before.at, each.at), before.amount + each.amount)
    assert consume(months + bought, sums.values()) == consume(months + bought, usage)


@given(plans, recharges, usages, instants, st.integers(1, 100))
def test_s4_34_a_recharge_adds_its_whole_amount_however_much_was_used_before(
    months: list[Allowance], bought: list[Allowance], usage: list[Usage], at: datetime, amount: int
) -> None:
    before = [each for each in usage if each.at < at]
    allowances = months + bought
    recharge = Allowance(amount, at, end_of(recharge_valid_through(at.date())))
    was = balance_at(at, allowances, consume(allowances, before)).remaining
    with_recharge = [*allowances, recharge]
    assert balance_at(at, with_recharge, consume(with_recharge, before)).remaining == was + amount


def test_the_monthly_allowance_is_consumed_before_a_recharge_that_lasts_longer() -> None:
    march = plan_allowance(500, datetime(2026, 3, 10, tzinfo=JAPAN))
    recharge = Allowance(1000, datetime(2026, 3, 10, tzinfo=JAPAN), end_of(date(2026, 6, 30)))
    used = [Usage(datetime(2026, 3, 20, tzinfo=JAPAN), 700)]
    assert consume([recharge, march], used) == [200, 500]
    assert balance_at(datetime(2026, 3, 21, tzinfo=JAPAN), [recharge, march], [200, 500]) == Balance(
        1500, 700
    )


def test_s4_33_a_recharge_of_november_30th_ends_with_the_leap_day() -> None:
    valid_until = end_of(recharge_valid_through(date(2023, 11, 30)))
    recharge = Allowance(10, datetime(2023, 11, 30, tzinfo=JAPAN), valid_until)
    assert recharge.is_open(datetime(2024, 2, 29, 23, 59, 59, 999999, JAPAN))
    assert not recharge.is_open(datetime(2024, 3, 1, tzinfo=JAPAN))
    assert last_day(valid_until) == date(2024, 2, 29)


def test_months_are_those_of_japan() -> None:
    assert month_of(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == (
        datetime(2026, 4, 1, tzinfo=JAPAN),
        datetime(2026, 5, 1, tzinfo=JAPAN),
    )
    assert month_of(datetime(2026, 3, 31, 15, 0, tzinfo=UTC) - timedelta.resolution)[0].month == 3
