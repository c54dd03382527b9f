"""A customer, and the staff, always have an administrator."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.errors import Conflict, KaisenError, Unauthenticated
from tests.integration.auth.members import (
    Member,
    at_work,
    colleague,
    delete,
    demote,
    disable,
    enabled_administrators,
    first_of_staff,
    refusal,
    settle,
)
from tests.integration.auth.system import System

REMOVALS = pytest.mark.parametrize("remove", [demote, disable, delete])


@REMOVALS
def test_the_last_administrator_stays_whoever_asks(
    auth: System, admin: Member, staff: Member, remove: Callable[[Member, str], None]
) -> None:
    last = admin.person.login_id
    auth.new_person("console", "administrator")  # of another customer
    sleeping = colleague(auth, admin.person, "administrator")
    gone = colleague(auth, admin.person, "administrator")
    disable(admin, sleeping.login_id)
    delete(admin, gone.login_id)
    assert refusal(remove, staff, last) == (Conflict, "account.last_administrator")
    assert admin.get(last)["role"] == "administrator"
    admin.change(sleeping.login_id, disabled=False)
    remove(staff, last)
    assert enabled_administrators(auth, admin.person.customer_code) == 1


def test_the_last_administrator_cannot_step_down(admin: Member) -> None:
    assert refusal(demote, admin, admin.person.login_id) == (Conflict, "account.last_administrator")


def test_a_disabled_administrator_may_be_removed_beside_the_last_one(auth: System, admin: Member) -> None:
    sleeping = colleague(auth, admin.person, "administrator")
    disable(admin, sleeping.login_id)
    demote(admin, sleeping.login_id)
    delete(admin, sleeping.login_id)
    assert enabled_administrators(auth, admin.person.customer_code) == 1


def test_the_last_administrator_of_the_staff_stays(start_system: Callable[..., System]) -> None:
    auth = start_system()
    first = first_of_staff(auth)
    for remove in (demote, disable, delete):
        second, _ = first.create("administrator")
        settle(auth, second.login_id)
        other = at_work(auth, second, "staff")
        remove(first, second.login_id)
        assert enabled_administrators(auth, None) == 1
        assert refusal(other.call, "list_accounts")[0] is Unauthenticated
    assert refusal(demote, first, "first-staff") == (Conflict, "account.last_administrator")


def mutual_demotions(auth: System, members: list[Member]) -> list[str]:
    """Each demotes the next one in a circle, all at once, with statements made before."""
    contexts = [auth.resolve(member.token_hash)["context"] for member in members]

    def demote_next(place: int) -> str:
        victim = members[(place + 1) % len(members)].person.login_id
        lower = "viewer" if members[place].person.customer_code else "support"
        try:
            members[place].call_with(contexts[place], "change_account", login_id=victim, role=lower)
        except KaisenError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(demote_next, range(len(members))))


def test_20_administrators_who_demote_each_other_at_once_leave_one(auth: System, admin: Member) -> None:
    members = [admin] + [at_work(auth, colleague(auth, admin.person, "administrator")) for _ in range(19)]
    outcomes = mutual_demotions(auth, members)
    assert (outcomes.count("done"), outcomes.count("account.last_administrator")) == (19, 1)
    assert enabled_administrators(auth, admin.person.customer_code) == 1


def test_administrators_of_the_staff_who_demote_each_other_at_once_leave_one(
    start_system: Callable[..., System],
) -> None:
    auth = start_system()
    first = first_of_staff(auth)
    members = [first]
    for _ in range(5):
        person, _answer = first.create("administrator")
        settle(auth, person.login_id)
        members.append(at_work(auth, person, "staff"))
    outcomes = mutual_demotions(auth, members)
    assert (outcomes.count("done"), outcomes.count("account.last_administrator")) == (5, 1)
    assert enabled_administrators(auth, None) == 1


def test_nobody_disables_deletes_or_resets_their_own_account(auth: System, admin: Member) -> None:
    colleague(auth, admin.person, "administrator")  # so that it is not the last one
    own = admin.person.login_id
    for call in (lambda: disable(admin, own), lambda: delete(admin, own), lambda: admin.reset(own)):
        assert refusal(call) == (Conflict, "account.own")
    assert auth.resolve(admin.token_hash)["account"]["login_id"] == own
