"""What records leave of plans, pools and recharges in the database: the same as a plain model that reads every record
by itself, in whatever order they come, and when several hands write at once."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from services.sim import locking, restrictions, settlement
from services.sim.accounting import first_day, next_month, start_of
from services.sim.usage import months_before
from tests.integration.sim_ledger import GB, MB, PLANS, Ledger, Use

MONTHS = 4

JOIN = "INSERT INTO share_members (group_id, msisdn, from_month) VALUES (:group, :msisdn, :month)"
LEAVE = "DELETE FROM share_members WHERE group_id = :group AND msisdn = :msisdn AND from_month = :month"


@pytest.fixture(scope="module")
def ledger(database_server_url: str) -> Iterator[Ledger]:
    made = Ledger(database_server_url, "sim_accounting")
    yield made
    made.engine.dispose()


@dataclass(frozen=True)
class World:
    """SIMs by number, the group of each by month (None: none), recharges (owner, bytes, instant), uses by number."""

    sims: int
    groups: list[list[int | None]]
    recharges: list[tuple[str, int, int, datetime]]
    uses: list[tuple[int, datetime, int]]


def month(number: int) -> date:
    """The months of a world: the last of them is the present one."""
    return months_before(clock.today(), MONTHS - 1 - number)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Often the same days and hours, so that much falls together; nothing is in the future."""
    first = start_of(month(draw(st.integers(0, MONTHS - 1))))
    at = first + timedelta(days=draw(st.integers(0, 27)), hours=draw(st.sampled_from([0, 0, 7, 7, 23])))
    return min(at, clock.now().replace(microsecond=0))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    sims = draw(st.integers(1, 5))
    return World(
        sims,
        [[draw(st.sampled_from([None, 0, 0, 1])) for _ in range(MONTHS)] for _ in range(sims)],
        draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["sim", "group"]), st.integers(0, 4), st.integers(1, 90), instants()
                ),
                max_size=5,
            )
        ),
        draw(st.lists(st.tuples(st.integers(0, sims - 1), instants(), st.integers(0, 60)), max_size=30)),
    )


PLAN, POOL = 100, 40  # bytes of a month, and of each member's part


class Built:
    """A world in the database, with what the model says of it."""

    def __init__(self, ledger: Ledger, world: World) -> None:
        self.ledger, self.world = ledger, world
        customer = ledger.customer()
        self.serials = ledger.sims(customer, world.sims, plan="100B")
        self.groups = [ledger.group(customer, POOL) for _ in range(2)]
        for serial, groups in zip(self.serials, world.groups, strict=True):
            for number, group in enumerate(groups):
                if group is not None:
                    ledger.join(self.groups[group], [serial], month(number), next_month(month(number)))
        self.recharges = [
            (
                self.serials[number % world.sims] if kind == "sim" else self.groups[number % 2],
                amount,
                at,
            )
            for kind, number, amount, at in world.recharges
        ]
        self.uses = [
            Use(f"{self.serials[0]}-{n}", self.serials[sim], at, amount)
            for n, (sim, at, amount) in enumerate(world.uses)
        ]

    def group_of(self, serial: str, at: datetime) -> int | None:
        number = [month(n) for n in range(MONTHS)].index(first_day(at))
        group = self.world.groups[self.serials.index(serial)][number]
        return None if group is None else self.groups[group]

    def expected(self, ids: Sequence[int]) -> dict[tuple[Any, ...], int]:
        """Record by record, and of everything that is open the earliest expiry first."""
        grants: dict[tuple[Any, ...], int] = {}
        used: dict[tuple[Any, ...], int] = defaultdict(int)
        for use in sorted(self.uses, key=lambda each: (each.at, each.serial)):
            start = first_day(use.at)
            group = self.group_of(use.serial, use.at)
            owner = use.serial if group is None else group
            members = sum(self.group_of(each, use.at) == group for each in self.serials)
            grants[owner, start] = PLAN if group is None else POOL * members
            usable: list[tuple[Any, ...]] = [
                (start_of(next_month(start)), start_of(start), 0, (owner, start))
            ]
            for bucket, (of, amount, at) in zip(ids, self.recharges, strict=True):
                until = start_of(next_month(next_month(next_month(next_month(first_day(at))))))
                grants[bucket,] = amount
                if of in (use.serial, group) and at <= use.at < until:
                    usable.append((until, at, bucket, (bucket,)))
            rest = use.bytes
            for *_, key in sorted(usable, key=lambda each: each[:3]):
                taken = min(rest, grants[key] - used[key])
                used[key] += taken
                rest -= taken
        return {key: amount for key, amount in used.items() if amount}


database_settings = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.fixture(scope="module", autouse=True)
def small_plan() -> Iterator[None]:
    PLANS["100B"] = PLAN
    yield
    del PLANS["100B"]


@given(worlds(), st.randoms())
@database_settings
def test_s4_08_figures_are_those_of_the_records_whatever_the_order_in_which_all_comes(
    ledger: Ledger, world: World, chance: random.Random
) -> None:
    """Records come shuffled, in parts and repeatedly, and recharges before, between and after them."""
    built = Built(ledger, world)
    ids: dict[int, int] = {}
    coming: list[Any] = [*range(len(built.recharges))]
    shuffled = built.uses[:]
    chance.shuffle(shuffled)
    parts = [shuffled[n : n + 5] for n in range(0, len(shuffled), 3)]
    chance.shuffle(parts)
    coming += parts
    chance.shuffle(coming)
    for each in coming:
        if isinstance(each, int):
            ids[each] = ledger.recharge(*built.recharges[each])
        else:
            report = ledger.import_usage(each)
            assert report.applied, report.errors
    in_order = [ids[n] for n in range(len(ids))]
    assert ledger.buckets(built.serials, built.groups) == built.expected(in_order)


@given(worlds(), st.randoms())
@database_settings
def test_s4_08_members_that_are_known_late_change_what_was_taken_before(
    ledger: Ledger, world: World, chance: random.Random
) -> None:
    """The order that makes somebody a member is carried out after the month has begun, and after its first usage."""
    present = [groups[-1] for groups in world.groups]
    without = World(world.sims, [[*g[:-1], None] for g in world.groups], world.recharges, world.uses)
    built = Built(ledger, without)
    ids = [ledger.recharge(*each) for each in built.recharges]
    ledger.import_usage(built.uses)
    this_month = month(MONTHS - 1)
    joining = [n for n, group in enumerate(present) if group is not None]
    chance.shuffle(joining)
    for n in joining:
        serial, group = built.serials[n], built.groups[present[n] or 0]
        ledger.change_member(JOIN, group, serial, this_month)
    known = Built.__new__(Built)
    known.__dict__.update(built.__dict__ | {"world": world})
    assert ledger.buckets(built.serials, built.groups) == known.expected(ids)


@given(worlds(), instants())
@database_settings
def test_s4_35_grants_less_use_less_expiry_is_what_remains_of_sims_and_groups(
    ledger: Ledger, world: World, at: datetime
) -> None:
    built = Built(ledger, world)
    ids = [ledger.recharge(owner, amount, since) for owner, amount, since in built.recharges if since <= at]
    ledger.import_usage([use for use in built.uses if use.at <= at])
    stored = ledger.rows(
        "SELECT coalesce(sim_serial, group_id::text) AS owner, kind, amount_bytes, used_bytes, valid_until FROM buckets"
        " WHERE (sim_serial = ANY(:serials) OR group_id = ANY(:groups)) AND valid_from <= :at",
        serials=built.serials,
        groups=built.groups,
        at=at,
    )
    assert len([row for row in stored if row.kind == "recharge"]) == len(ids)
    used = sum(row.used_bytes for row in stored)
    expired = sum(row.amount_bytes - row.used_bytes for row in stored if row.valid_until <= at)
    balances = ledger.balances(built.serials, at)
    groups = {group: ledger.group_balance(group, at) for group in built.groups}
    remaining = sum(each.remaining for each in [*balances.values(), *groups.values()])
    # months of plans and pools are granted when they begin, whether or not a row tells so
    open_now = {row.owner for row in stored if row.kind != "recharge" and row.valid_until > at}
    implicit = sum(
        PLAN for serial, each in balances.items() if each.group_id is None and serial not in open_now
    )
    implicit += sum(
        POOL * sum(each.group_id == group for each in balances.values())
        for group in built.groups
        if str(group) not in open_now
    )
    assert sum(row.amount_bytes for row in stored) + implicit - used - expired == remaining


# -- by example


def present(hours: float = 0) -> datetime:
    return start_of(clock.today().replace(day=1)) + timedelta(hours=hours)


def shared(ledger: Ledger, members: int) -> tuple[int, list[str]]:
    customer = ledger.customer()
    serials = ledger.sims(customer, members)
    group = ledger.group(customer)
    ledger.join(group, serials, clock.today().replace(day=1))
    return group, serials


def use(serial: str, amount: int, at: datetime | None = None, name: str = "") -> Use:
    return Use(f"{serial}-{name}-{amount}", serial, at or present(), amount)


def test_s4_35_a_group_has_so_many_bytes_for_each_member_and_members_no_plan(ledger: Ledger) -> None:
    group, serials = shared(ledger, 3)
    assert (ledger.group_balance(group).capacity, ledger.group_balance(group).remaining) == (1500 * MB,) * 2
    ledger.import_usage([use(serials[0], 1200 * MB)])
    pool = ledger.group_balance(group)
    assert (pool.used, pool.remaining) == (1200 * MB, 300 * MB)
    balances = ledger.balances(serials)
    assert {(each.capacity, each.used, each.group_id) for each in balances.values()} == {(0, 0, group)}
    assert {each.group for each in balances.values()} == {pool}


def test_s4_34_s4_35_members_are_restricted_together_and_a_group_recharge_lifts_all(ledger: Ledger) -> None:
    group, serials = shared(ledger, 3)
    ledger.import_usage([use(serials[0], 1499 * MB)])
    assert ledger.jobs(serials) == []
    ledger.import_usage([use(serials[1], 2 * MB)])
    assert ledger.jobs(serials) == [("restrict", serial) for serial in serials]
    _recharge_group(ledger, group)
    assert ledger.jobs(serials)[3:] == [("lift_restriction", serial) for serial in serials]
    assert {each.used_up for each in ledger.balances(serials).values()} == {False}
    assert ledger.group_balance(group).remaining == GB


def test_s4_34_a_member_with_a_recharge_of_his_own_goes_on_alone(ledger: Ledger) -> None:
    group, serials = shared(ledger, 2)
    own = start_of(months_before(clock.today(), 1)) + timedelta(days=3)
    ledger.recharge(serials[0], 100 * MB, own)
    ledger.import_usage([use(serials[1], 1000 * MB)])
    assert ledger.jobs(serials) == [("restrict", serials[1])]
    ledger.import_usage([use(serials[0], 40 * MB, present(1)), use(serials[1], 40 * MB, present(1))])
    assert ledger.balances(serials)[serials[0]].remaining == 60 * MB
    assert ledger.group_balance(group).remaining == 0


def test_s4_34_a_new_month_lifts_the_restriction_of_all_members(ledger: Ledger) -> None:
    group, serials = shared(ledger, 2)
    ledger.import_usage([use(serials[0], 1000 * MB)])
    next_start = start_of(next_month(clock.today())) + timedelta(minutes=1)
    with ledger.uow() as uow:
        while restrictions.review_after_month_start(uow, PLANS, next_start):
            pass
    assert ledger.jobs(serials)[2:] == [("lift_restriction", serial) for serial in serials]
    assert ledger.group_balance(group, next_start).remaining == 1000 * MB


def test_who_leaves_has_the_plan_again_and_the_others_a_smaller_pool(ledger: Ledger) -> None:
    group, serials = shared(ledger, 3)
    ledger.import_usage([use(serials[0], 600 * MB), use(serials[1], 600 * MB)])
    ledger.change_member(LEAVE, group, serials[0], clock.today().replace(day=1))
    balances = ledger.balances(serials)
    assert (balances[serials[0]].capacity, balances[serials[0]].used) == (500 * MB, 500 * MB)
    assert (ledger.group_balance(group).capacity, ledger.group_balance(group).used) == (1000 * MB, 600 * MB)
    assert ledger.jobs(serials) == [("restrict", serials[0])]


def test_several_hands_at_once_lose_nothing_and_wait_in_no_circle(ledger: Ledger) -> None:
    """Imports for members of one group in turns, recharges of the group and of members, and who joins and leaves."""
    group, serials = shared(ledger, 6)
    outside = ledger.sims(
        ledger.rows("SELECT customer_code FROM sims WHERE serial = :s", s=serials[0])[0][0], 2
    )
    uses = [use(serial, 1 * MB + n, present(), str(n)) for n in range(40) for serial in [*serials, *outside]]
    chance = random.Random(7)
    chance.shuffle(uses)
    errors: list[Exception] = []
    start = Barrier(6)

    def run(work: Any) -> None:
        try:
            start.wait()
            work()
        except Exception as error:
            errors.append(error)

    def imports(part: int) -> None:
        mine = uses[part::3]
        for begin in range(0, len(mine), 12):
            assert ledger.import_usage([*mine[begin : begin + 12], *mine[:3]]).applied

    def recharges() -> None:
        for _ in range(8):
            _recharge_group(ledger, group)

    def own_recharges() -> None:
        for n in range(8):
            ledger.recharge(outside[n % 2], 1 * MB, clock.now() - timedelta(seconds=1))

    def memberships() -> None:
        this_month = clock.today().replace(day=1)
        for n in range(4):
            for statement in (JOIN, LEAVE):
                ledger.change_member(statement, group, outside[n % 2], this_month)

    works = [*(lambda part=part: imports(part) for part in range(3)), recharges, own_recharges, memberships]
    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    used = sum(each.bytes for each in uses if each.serial in serials)
    pool = ledger.group_balance(group)
    assert (pool.capacity, pool.used) == (6 * 500 * MB + 8 * GB, used)
    for serial in outside:
        balance = ledger.balances([serial])[serial]
        assert (balance.capacity, balance.used) == (
            504 * MB,
            sum(each.bytes for each in uses if each.serial == serial),
        )
    stored = ledger.rows(
        "SELECT sum(bytes) AS bytes FROM usage_months WHERE sim_serial = ANY(:s)", s=[*serials, *outside]
    )
    assert int(stored[0].bytes) == sum(each.bytes for each in uses)


def _recharge_group(ledger: Ledger, group: int) -> None:
    """As the work of a group recharge does it."""
    ledger.recharge(group, GB, clock.now())
    with ledger.uow() as uow:
        locking.lock_changed(uow.session, (), [group], first_day(clock.now()))
        settlement.after_group_recharge(ledger.site(uow), [group])
        uow.commit()
