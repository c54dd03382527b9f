"""Who is in a share group from the first of a month on, at the carrier and here."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import TextClause, insert, text, update

from chassis.clock import in_japan
from services.sim import settlement, share_store, store
from services.sim.models import Job, Sim
from services.sim.models_shares import ShareGroup
from services.sim.work.base import Failed, Obsolete, Plan, Site, Task, Work

TERMINATED = "sim.terminated"
ELSEWHERE = "share.elsewhere"

_GIVEN = (
    "unnest(CAST(:groups AS bigint[]), CAST(:msisdns AS text[]), CAST(:months AS date[]), CAST(:orders AS bigint[]))"
    " AS given (group_id, msisdn, month, order_id)"
)


def _over(statement: str) -> TextClause:
    """A statement in which TASKS stands for the groups, numbers, months and orders of tasks."""
    return text(statement.replace("TASKS", _GIVEN))


_JOIN = _over(
    "INSERT INTO share_members (group_id, msisdn, from_month)"
    " SELECT given.group_id, given.msisdn, given.month FROM TASKS"
    " WHERE NOT EXISTS (SELECT FROM share_members m WHERE m.msisdn = given.msisdn AND m.group_id = given.group_id"
    "  AND (m.until_month IS NULL OR m.until_month > given.month))"
)
_BEGIN_GROUPS = _over(
    "UPDATE share_groups SET starts_on = begun.month"
    " FROM (SELECT given.group_id, min(given.month) AS month FROM TASKS GROUP BY given.group_id) AS begun"
    " WHERE share_groups.id = begun.group_id AND share_groups.starts_on IS NULL"
)
_LEAVE = _over(
    "UPDATE share_members SET until_month = given.month FROM TASKS WHERE share_members.group_id = given.group_id"
    " AND share_members.msisdn = given.msisdn AND share_members.until_month IS NULL"
)
_END_MEMBERSHIPS = _over(
    "UPDATE share_members SET until_month = given.month FROM TASKS"
    " WHERE share_members.group_id = given.group_id AND share_members.until_month IS NULL"
    " RETURNING share_members.msisdn"
)
_END_GROUPS = _over(
    "UPDATE share_groups SET ends_on = given.month FROM TASKS WHERE share_groups.id = given.group_id"
)
# what was promised stands already, unless staff have set an item going again that had failed
_PLACE = _over(
    "INSERT INTO share_places (group_id, msisdn, from_month, joined_by)"
    " SELECT given.group_id, given.msisdn, given.month, given.order_id FROM TASKS"
    " WHERE NOT EXISTS (SELECT FROM share_places p WHERE p.msisdn = given.msisdn AND p.group_id = given.group_id"
    "  AND (p.until_month IS NULL OR p.until_month > given.month)) ON CONFLICT DO NOTHING"
)
_VACATE = _over(
    "UPDATE share_places SET until_month = given.month, left_by = given.order_id FROM TASKS"
    " WHERE share_places.group_id = given.group_id AND share_places.msisdn = given.msisdn"
    "  AND share_places.until_month IS NULL AND share_places.from_month < given.month"
)
_NOT_JOINED = _over(
    "DELETE FROM share_places USING TASKS"
    " WHERE share_places.joined_by = given.order_id AND share_places.msisdn = given.msisdn"
)
# who has not left this group cannot be in the one that was to be next
_NO_OTHER = _over(
    "DELETE FROM share_places USING TASKS"
    " WHERE share_places.msisdn = given.msisdn AND share_places.from_month >= given.month"
)
_STAY = _over(
    "UPDATE share_places SET until_month = NULL, left_by = NULL FROM TASKS"
    " WHERE share_places.left_by = given.order_id AND share_places.msisdn = given.msisdn"
)
_IN_GROUPS = text(
    "SELECT DISTINCT m.msisdn, m.group_id FROM share_members m"
    " WHERE m.msisdn = ANY(:msisdns) AND (m.until_month IS NULL OR m.until_month > :month)"
)


class JoinGroup(Work):
    kind = "join_group"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        """A number that a reissue has given another SIM joins with that one."""
        sims = _sims(site, tasks)
        elsewhere = _elsewhere(site, tasks)
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            sim = sims.get(task.msisdn)
            if sim is None or sim.status == "terminated":
                plans[task.job_id] = Failed(TERMINATED)
            elif task.msisdn in elsewhere:
                plans[task.job_id] = Failed(ELSEWHERE)
            else:
                now = replace(task, sim_serial=sim.serial)
                plans[task.job_id] = [now.operation("join_group", group=str(task.group_id))]
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        given = _given(site, tasks)
        site.uow.session.execute(_JOIN, given)
        site.uow.session.execute(_PLACE, given)
        site.uow.session.execute(_BEGIN_GROUPS, given)
        _settle(site, tasks)
        add_capacity_jobs(site, tasks)

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """The group stands with those who have joined."""
        site.uow.session.execute(_NOT_JOINED, _given(site, tasks))


class LeaveGroup(Work):
    kind = "leave_group"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        """A terminated SIM has left already."""
        sims = _sims(site, tasks)
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            sim = sims.get(task.msisdn)
            if sim is None or sim.status == "terminated":
                plans[task.job_id] = []
            else:
                plans[task.job_id] = [replace(task, sim_serial=sim.serial).operation("leave_group")]
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        given = _given(site, tasks)
        site.uow.session.execute(_LEAVE, given)
        site.uow.session.execute(_VACATE, given)
        _settle(site, tasks)
        add_capacity_jobs(site, [task for task in tasks if task.order_kind != "SD"])

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """Who has not left stays a member, unless the group ends."""
        staying = [task for task in tasks if task.order_kind != "SD"]
        if not staying:
            return
        given = _given(site, staying)
        for customer in sorted({task.customer_code for task in staying}):
            share_store.lock_orders(site.uow.session, customer)
        site.uow.session.execute(_NO_OTHER, given)
        site.uow.session.execute(_STAY, given)


class EndGroup(Work):
    """The group ends with its month, and every membership in it, whatever the carrier says of single SIMs."""

    kind = "end_group"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        return {task.job_id: [task.operation("delete_group")] for task in tasks}

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        self._end(site, tasks)

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        self._end(site, tasks)

    def _end(self, site: Site, tasks: Sequence[Task]) -> None:
        given = _given(site, tasks)
        left = site.uow.session.execute(_END_MEMBERSHIPS, given).scalars().all()
        site.uow.session.execute(_END_GROUPS, given)
        _settle(site, tasks, left)


class RenameGroup(Work):
    """Nobody outside knows the names of groups."""

    kind = "rename_group"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        return {task.job_id: [] for task in tasks}

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        for task in tasks:
            site.uow.session.execute(
                update(ShareGroup).where(ShareGroup.id == task.group_id).values(name=task.details["name"])
            )


class GroupCapacity(Work):
    """Tells the carrier what a group may use, after its members have changed."""

    kind = "group_capacity"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        living = share_store.living_ids(site.uow.session, _groups(tasks), in_japan(site.now).date())
        balances = store.group_balances(site.uow.session, living, site.now)
        return {
            task.job_id: [task.operation("set_group_capacity", bytes=balances[task.group].capacity)]
            if task.group in living
            else Obsolete()
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """What the group has is decided here; the carrier only follows."""


def add_capacity_jobs(site: Site, tasks: Sequence[Task]) -> None:
    """A job for each group of the tasks; it begins after this transaction, so with all that this one has changed."""
    groups = {task.group_id: task for task in tasks}
    if groups:
        site.uow.session.execute(
            insert(Job),
            [
                {
                    "kind": GroupCapacity.kind,
                    "customer_code": task.customer_code,
                    "lane": f"group {group_id}",
                    "group_id": group_id,
                    "not_before": site.now,
                    "correlation_id": task.correlation_id,
                }
                for group_id, task in groups.items()
            ],
        )


def _settle(site: Site, tasks: Sequence[Task], more: Collection[str] = ()) -> None:
    """What was used since midnight counts where the numbers are now."""
    by_month: dict[date, list[Task]] = defaultdict(list)
    for task in tasks:
        assert task.start_date is not None  # never without an order
        by_month[task.start_date].append(task)
    for month, some in by_month.items():
        numbers = {task.msisdn for task in some if task.msisdn} | set(more)
        settlement.settle_members(site, _groups(some), numbers, month)


def _groups(tasks: Sequence[Task]) -> set[int]:
    return {task.group for task in tasks}


def _given(site: Site, tasks: Sequence[Task]) -> dict[str, list[object]]:
    """The tasks as parameters, their groups locked."""
    store.lock_groups(site.uow.session, _groups(tasks))
    return {
        "groups": [task.group_id for task in tasks],
        "msisdns": [task.msisdn for task in tasks],
        "months": [task.start_date for task in tasks],
        "orders": [task.order_id for task in tasks],
    }


def _sims(site: Site, tasks: Sequence[Task]) -> dict[str, Sim]:
    """The SIMs that the numbers of the tasks have now."""
    of_customer: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        of_customer[task.customer_code].append(task.msisdn)
    found: dict[str, Sim] = {}
    for customer, msisdns in of_customer.items():
        found |= share_store.current_sims(site.uow.session, customer, msisdns)
    return found


def _elsewhere(site: Site, tasks: Sequence[Task]) -> set[str]:
    """The numbers that are in another group than the one they are to join."""
    wanted = {task.msisdn: task.group_id for task in tasks}
    by_month: dict[date | None, list[str]] = defaultdict(list)
    for task in tasks:
        by_month[task.start_date].append(task.msisdn)
    return {
        row.msisdn
        for month, msisdns in by_month.items()
        for row in site.uow.session.execute(_IN_GROUPS, {"msisdns": msisdns, "month": month})
        if row.group_id != wanted[row.msisdn]
    }
