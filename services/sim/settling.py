"""One month of buckets: what its usage takes of those of single SIMs and of share groups."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from services.sim import bucket_store, pool_store, usage_store
from services.sim.accounting import months_between, plan_allowance, start_of
from services.sim.bucket_store import NewBucket, Owner, StoredBucket
from services.sim.consumption import Party, Record, Source, consume

Exact = Mapping[tuple[date, str], Sequence[Record]]


@dataclass
class _Held:
    """A bucket, None for the monthly one of a plan or pool, and what the month takes of it."""

    bucket: StoredBucket | None
    source: Source


class Month:
    def __init__(self, session: Session, plans: Mapping[str, int], month: date) -> None:
        self._session = session
        self._plans = plans
        self._month = month

    def settle(self, serials: set[str], groups: set[int]) -> list[StoredBucket]:
        """The buckets of which this month now takes otherwise, and which later months use, too."""
        session, month = self._session, self._month
        group_of = pool_store.groups_of(session, serials, month)
        groups = groups | set(group_of.values())
        members = pool_store.sims_of(session, groups, month)
        together = {serial for some in members.values() for serial in some}
        alone = serials - together
        bucket_store.withdraw_plans(session, together, month)
        buckets = bucket_store.open_recharges(session, alone | together, groups, month)
        recharged = {bucket.owner for bucket in buckets}
        bucket_store.settle_plans(session, alone - recharged, self._plans, month)
        alone &= {owner for owner in recharged if isinstance(owner, str)}
        grants = bucket_store.plan_grants(session, alone, self._plans, month)
        pools = pool_store.pools(session, groups, month)
        days = usage_store.sums_of_days(session, alone | together, month)
        own: dict[Owner, list[_Held]] = defaultdict(list)
        for bucket in buckets:
            own[bucket.owner].append(_Held(bucket, self._source(bucket)))
        monthly: list[tuple[Owner, int]] = [*grants.items(), *pools.items()]
        for owner, amount in monthly:
            own[owner].append(_Held(None, Source(plan_allowance(amount, start_of(month)), amount)))
        parties: list[tuple[Collection[str], int | None]] = [((serial,), None) for serial in alone]
        parties += [(members[group_id], group_id) for group_id in groups]
        exact = self._records_needed(parties, own, days)
        for serials_of, group_id in parties:
            self._consume(serials_of, group_id, own, days, exact)
        return self._store(own, grants, pools)

    def _source(self, bucket: StoredBucket) -> Source:
        place = months_between(bucket.first_month, self._month)
        return Source(
            bucket.allowance, bucket.allowance.amount - sum(bucket.used_by_month[:place]), place=bucket.id
        )

    def _records_needed(
        self,
        parties: Iterable[tuple[Collection[str], int | None]],
        own: Mapping[Owner, Sequence[_Held]],
        days: Mapping[str, Sequence[int]],
    ) -> dict[tuple[date, str], list[Record]]:
        """The records of the days on which a bucket begins, for all that are settled: one statement."""
        wanted = []
        for serials, group_id in parties:
            owners: list[Owner] = [*serials] if group_id is None else [*serials, group_id]
            begun = {
                held.bucket.begins_on
                for owner in owners
                for held in own.get(owner, ())
                if held.bucket is not None and held.bucket.first_month == self._month
            }
            wanted += [
                (day, serial)
                for day in begun
                for serial in serials
                if serial in days and days[serial][day.day - 1]
            ]
        return usage_store.records_of(self._session, wanted) if wanted else {}

    def _consume(
        self,
        serials: Collection[str],
        group_id: int | None,
        own: Mapping[Owner, Sequence[_Held]],
        days: Mapping[str, Sequence[int]],
        exact: Exact,
    ) -> None:
        party = Party(
            {serial: days[serial] for serial in serials if serial in days},
            {serial: [held.source for held in own[serial]] for serial in serials if serial in own},
            [held.source for held in own[group_id]] if group_id is not None else (),
        )

        def records(day: int) -> Iterable[Record]:
            on = self._month + timedelta(days=day)
            used = [(on, serial) for serial in party.days if party.days[serial][day]]
            found = (
                exact if all(key in exact for key in used) else usage_store.records_of(self._session, used)
            )
            return (record for key in used for record in found.get(key, ()))

        consume(party, self._month, records)

    def _store(
        self,
        own: Mapping[Owner, Sequence[_Held]],
        grants: Mapping[str, int],
        pools: Mapping[int, int],
    ) -> list[StoredBucket]:
        monthly: list[NewBucket] = []
        changed: list[tuple[StoredBucket, list[int]]] = []
        for owner, some in own.items():
            for held in some:
                if held.bucket is None:
                    amount = grants[owner] if isinstance(owner, str) else pools[owner]
                    monthly.append(NewBucket(owner, amount, held.source.taken))
                    continue
                place = months_between(held.bucket.first_month, self._month)
                before = held.bucket.used_by_month
                if held.source.taken != (before[place] if place < len(before) else 0):
                    # what later months took of it is worked out after this one
                    used = [*before[:place], *[0] * (place - len(before)), held.source.taken]
                    changed.append((held.bucket, used))
        bucket_store.store_months(self._session, monthly, self._month)
        bucket_store.store_used(self._session, changed)
        return [bucket for bucket, _ in changed]
