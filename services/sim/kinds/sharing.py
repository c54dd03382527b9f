"""Share groups: registering (シェア登録), changing (シェア変更) and deleting (シェア削除) them."""

from dataclasses import asdict
from typing import Any, Literal

from sqlalchemy import delete, select

from chassis.errors import Invalid
from services.sim import share_store
from services.sim.kinds import share_terms as terms
from services.sim.kinds.base import Desk, Kind, Quote, Target
from services.sim.kinds.selected import common_service_type
from services.sim.kinds.share_places import promise, release
from services.sim.kinds.share_terms import GroupId, MembersRequest, MonthRequest, Name
from services.sim.models import Job, Order
from services.sim.models_shares import ShareGroup
from services.sim.share_numbers import difference


class RegisterRequest(MembersRequest):
    kind: Literal["SG"] = "SG"
    name: Name
    type: Literal["large"] = "large"


class ChangeRequest(MembersRequest):
    """`name` None keeps the present one."""

    kind: Literal["SC"] = "SC"
    group_id: GroupId
    name: Name | None = None


class DeleteRequest(MonthRequest):
    kind: Literal["SD"] = "SD"
    group_id: GroupId


class SharingKind(Kind):
    def choices(self, desk: Desk) -> dict[str, Any]:
        return terms.choices_of(desk)

    def accept(self, desk: Desk, order: Order, request: Any) -> None:
        promise(desk, order)

    def withdraw(self, desk: Desk, order: Order) -> None:
        """Raises what `release` does."""
        release(desk, order)


class Register(SharingKind):
    code = "SG"

    def quote(self, desk: Desk, request: RegisterRequest) -> Quote:
        """Raises what `start_in` and `wanted_numbers` do."""
        share_store.lock_orders(desk.session, desk.customer)
        start = terms.start_in(desk, request.start_month)
        numbers, sims = terms.wanted_numbers(desk, request.numbers, [], None, start.start_date)
        joining = difference([], numbers)
        sim_bytes = desk.settings.share_sim_bytes
        return Quote(
            kind=self.code,
            customer_code=sims[numbers[0]].customer_code,
            service_type=common_service_type(list(sims.values())),
            **asdict(start),
            targets=terms.targets(sims, joining),
            terms={"name": request.name}
            | terms.month_terms(start)
            | terms.member_terms(desk.settings, sim_bytes, numbers, joining),
        )

    def accept(self, desk: Desk, order: Order, request: RegisterRequest) -> None:
        group = ShareGroup(
            customer_code=order.customer_code,
            name=request.name,
            sim_bytes=order.terms["sim_bytes"],
            created_by=desk.caller.login_id,
            created_at=desk.now,
        )
        desk.session.add(group)
        desk.session.flush()
        order.group_id = group.id
        desk.session.flush()
        super().accept(desk, order, request)

    def withdraw(self, desk: Desk, order: Order) -> None:
        """The group has never been one, so nothing of it stays, unless a job of a cancelled change names it."""
        group_id = order.group_id
        super().withdraw(desk, order)
        named = select(Job.id).where(Job.group_id == group_id)
        desk.session.execute(delete(ShareGroup).where(ShareGroup.id == group_id, ~named.exists()))


class Change(SharingKind):
    code = "SC"

    def quote(self, desk: Desk, request: ChangeRequest) -> Quote:
        """Raises what `start_in`, `group_of`, `refuse_beside_others` and `wanted_numbers` do, and
        Invalid("share.nothing_changed")."""
        share_store.lock_orders(desk.session, desk.customer)
        start = terms.start_in(desk, request.start_month)
        group = terms.group_of(desk, request.group_id)
        terms.refuse_beside_others(desk, group, start.start_date, deletes=False)
        members = share_store.promised_members(desk.session, group.id)
        numbers, sims = terms.wanted_numbers(desk, request.numbers, members, group.id, start.start_date)
        changed = difference(members, numbers)
        name = request.name or group.name
        if not changed.added and not changed.removed and name == group.name:
            raise Invalid("share.nothing_changed")
        leaving = share_store.current_sims(desk.session, desk.customer, changed.removed)
        renaming = [Target("rename_group", details={"name": name})] if name != group.name else []
        return Quote(
            kind=self.code,
            customer_code=group.customer_code,
            service_type=common_service_type(list(sims.values())),
            **asdict(start),
            targets=terms.targets({**leaving, **sims}, changed) + renaming,
            terms={"name": name, "former_name": group.name}
            | terms.month_terms(start)
            | terms.member_terms(desk.settings, group.sim_bytes, numbers, changed),
            group_id=group.id,
        )


class Delete(SharingKind):
    code = "SD"

    def quote(self, desk: Desk, request: DeleteRequest) -> Quote:
        """Raises what `start_in`, `group_of` and `refuse_beside_others` do."""
        share_store.lock_orders(desk.session, desk.customer)
        start = terms.start_in(desk, request.start_month)
        group = terms.group_of(desk, request.group_id)
        terms.refuse_beside_others(desk, group, start.start_date, deletes=True)
        leaving = difference(share_store.promised_members(desk.session, group.id), [])
        sims = share_store.current_sims(desk.session, desk.customer, leaving.removed)
        return Quote(
            kind=self.code,
            customer_code=group.customer_code,
            service_type=common_service_type(list(sims.values())) if sims else "data",
            **asdict(start),
            targets=[*terms.targets(sims, leaving), Target("end_group")],
            terms={"name": group.name}
            | terms.month_terms(start)
            | terms.member_terms(desk.settings, group.sim_bytes, [], leaving),
            group_id=group.id,
        )
