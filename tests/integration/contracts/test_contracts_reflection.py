"""A new password on its way to the switch: one effect whoever crashes, and a switch that fails loses nothing."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from chassis.clock import JAPAN
from chassis.errors import Conflict, NotFound
from tests.harness import Process, until
from tests.integration.contracts.passwords_system import OLD, PasswordSystem, new_password

AFTERNOON = datetime(2026, 12, 1, 14, 0, tzinfo=JAPAN)
DUE = datetime(2026, 12, 1, 17, 30, tzinfo=JAPAN)


@contextmanager
def halted(replica: Process) -> Iterator[None]:
    """The replica does not run, but keeps its connections and whatever it was about to do."""
    os.kill(replica.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if replica.running:
            os.kill(replica.pid, signal.SIGCONT)


def make_due(passwords: PasswordSystem, number: str) -> None:
    """As if the window had ended; moving the clock would wait for a replica that is halted."""
    passwords.change_rows(
        "UPDATE password_changes SET due_at = changed_at FROM lines"
        " WHERE lines.id = line_id AND phone_number = :number",
        number=number,
    )


def outcomes(passwords: PasswordSystem, number: str) -> list[str]:
    return [each["outcome"] for each in passwords.sandbox.requests(number)]


# -- several changes of one line


def test_a_second_change_replaces_the_first_and_its_time(passwords: PasswordSystem) -> None:
    line, first, second = passwords.new_line("b2bua"), new_password(), new_password()
    passwords.sandbox.move_clock(AFTERNOON)
    line.change(first)
    passwords.sandbox.move_clock(DUE - timedelta(minutes=10))
    answer = line.change(second)
    assert datetime.fromisoformat(answer["reflected_by"]) == DUE + timedelta(hours=1)
    passwords.sandbox.move_clock(DUE + timedelta(minutes=10))
    assert line.state()["state"] == "pending"
    passwords.sandbox.move_clock(DUE + timedelta(hours=1))
    line.wait_for("reflected")
    assert line.stored() == [(1, "superseded"), (2, "reflected")]
    assert passwords.sandbox.effects(line.number) == [(2, 1)]
    assert line.shown()["line_password"] == passwords.sandbox.held(line.number) == second


def test_of_twenty_changes_at_once_one_is_pending_and_the_last_one_wins(passwords: PasswordSystem) -> None:
    line = passwords.new_line("b2bua_opengate")
    passwords.sandbox.move_clock(AFTERNOON)
    wanted = [new_password() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(line.change, wanted))
    assert {answer["state"] for answer in answers} == {"pending"}
    stored = line.stored()
    assert stored == [(version, "superseded") for version in range(1, 20)] + [(20, "pending")]
    last = max(zip(answers, wanted, strict=True), key=lambda pair: pair[0]["changed_at"])[1]
    passwords.sandbox.move_clock(DUE)
    line.wait_for("reflected")
    assert passwords.sandbox.effects(line.number) == [(20, 1)]
    assert line.shown()["line_password"] == passwords.sandbox.held(line.number) == last


def test_changes_of_many_lines_have_one_effect_each_from_both_replicas(passwords: PasswordSystem) -> None:
    lines = [passwords.new_line("b2bua") for _ in range(30)]
    passwords.sandbox.move_clock(AFTERNOON)
    wanted = {line.number: new_password() for line in lines}
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda line: line.change(wanted[line.number]), lines))
    passwords.sandbox.move_clock(DUE)
    for line in lines:
        line.wait_for("reflected", timeout=60)
        assert passwords.sandbox.effects(line.number) == [(1, 1)]
        assert passwords.sandbox.held(line.number) == wanted[line.number]
    workers = [
        {each["line"] for each in passwords.lines(replica) if each["event"] == "password reflected"}
        for replica in passwords.replicas
    ]
    assert not workers[0] & workers[1] & set(wanted)


def test_a_change_that_is_being_sent_is_not_overtaken_by_the_next(passwords: PasswordSystem) -> None:
    """The switch hears of the newer one only after the older one has been answered, or its lease is over."""
    line, first, second = passwords.new_line(), new_password(), new_password()
    passwords.sandbox.fault("delay", line.number, seconds=0.4)
    line.change(first)
    until(
        lambda: passwords.sql(
            "SELECT 1 FROM password_changes JOIN lines ON lines.id = line_id"
            " WHERE phone_number = :number AND lease_until IS NOT NULL",
            number=line.number,
        )
    )
    line.change(second)
    line.wait_for("reflected")
    assert passwords.sandbox.held(line.number) == line.shown()["line_password"] == second
    assert passwords.sandbox.effects(line.number) == [(1, 1), (2, 1)]
    assert line.stored() == [(1, "reflected"), (2, "reflected")]


# -- a switch that fails


def test_an_error_is_tried_again_as_the_same_operation(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line(), new_password()
    passwords.sandbox.fault("error", line.number, times=2)
    line.change(new)
    line.wait_for("reflected")
    asked = passwords.sandbox.requests(line.number)
    assert [each["outcome"] for each in asked] == ["switch.unavailable", "switch.unavailable", "done"]
    assert len({each["operation_id"] for each in asked}) == 1
    assert passwords.sandbox.held(line.number) == new


@pytest.mark.parametrize(("kind", "more"), [("timeout", {"seconds": 1.5}), ("drop_after", {})])
def test_an_answer_lost_after_the_effect_makes_no_second_effect(
    passwords: PasswordSystem, kind: str, more: dict[str, float]
) -> None:
    line, new = passwords.new_line(), new_password()
    passwords.sandbox.fault(kind, line.number, **more)
    line.change(new)
    line.wait_for("reflected")
    assert outcomes(passwords, line.number) == ["done"]  # the second attempt has asked, and not sent
    assert passwords.sandbox.effects(line.number) == [(1, 1)]
    assert line.shown()["line_password"] == new


def test_s3_14_a_late_reflection_is_told_as_late(passwords: PasswordSystem) -> None:
    line = passwords.new_line("b2bua")
    passwords.sandbox.move_clock(AFTERNOON)
    line.change(new_password())
    passwords.sandbox.fault("error", line.number, times=1000)
    passwords.sandbox.move_clock(DUE + timedelta(minutes=5))
    assert line.state()["late"]
    assert line.listed()["password_change"]["late"]


def test_a_switch_that_stays_silent_is_given_up_after_the_grace_and_staff_try_again(
    passwords: PasswordSystem,
) -> None:
    line, new = passwords.new_line("b2bua"), new_password()
    passwords.sandbox.move_clock(AFTERNOON)
    line.change(new)
    passwords.told()
    passwords.sandbox.fault("error", line.number, times=1000)
    passwords.sandbox.move_clock(DUE)
    until(lambda: passwords.sandbox.requests(line.number))
    passwords.sandbox.move_clock(DUE + timedelta(minutes=62))
    line.wait_for("failed", timeout=30)
    assert line.listed()["password_change"]["state"] == "failed"
    assert line.shown()["line_password"] == OLD
    [(kind, payload)] = passwords.told()
    assert kind == "contracts.password_reflection_failed"
    assert payload["phone_number"] == line.number
    assert payload["reason"] == "switch.no_answer"
    [failure] = passwords.failures(line.number)
    assert (failure["customer_code"], failure["contract_code"]) == (line.customer, line.contract)
    assert failure["reason"] == "switch.no_answer"

    passwords.sandbox.no_faults()
    passwords.as_staff("retry_reflection", change_id=failure["change_id"])
    line.wait_for("reflected")
    assert passwords.failures(line.number) == []
    assert line.shown()["line_password"] == passwords.sandbox.held(line.number) == new
    told = [each for each in line.audited() if each["action"] == "line_password.retried"]
    assert [(each["target"], each["kind"]) for each in told] == [(line.number, "staff")]


def test_a_rejected_change_fails_at_once_and_can_be_tried_again(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line(), new_password()
    passwords.sandbox.fault("reject", line.number)
    line.change(new)
    line.wait_for("failed")
    [failure] = passwords.failures(line.number)
    assert (failure["reason"], failure["attempts"]) == ("switch.rejected", 1)
    assert (line.shown()["line_password"], passwords.sandbox.held(line.number)) == (OLD, None)
    passwords.as_staff("retry_reflection", change_id=failure["change_id"])
    line.wait_for("reflected")
    assert len({each["operation_id"] for each in passwords.sandbox.requests(line.number)}) == 1
    assert line.shown()["line_password"] == new


def test_a_failed_change_is_replaced_by_the_customer_s_next_one(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line(), new_password()
    passwords.sandbox.fault("reject", line.number)
    line.change(new_password())
    line.wait_for("failed")
    [failure] = passwords.failures(line.number)
    line.change(new)
    with pytest.raises(Conflict) as refused:
        passwords.as_staff("retry_reflection", change_id=failure["change_id"])
    assert refused.value.code == "password_change.not_failed"
    line.wait_for("reflected")
    assert line.stored() == [(1, "superseded"), (2, "reflected")]
    assert passwords.failures(line.number) == []
    assert line.shown()["line_password"] == new


def test_a_change_that_does_not_exist_cannot_be_tried_again(passwords: PasswordSystem) -> None:
    with pytest.raises(NotFound) as refused:
        passwords.as_staff("retry_reflection", change_id=10**9)
    assert refused.value.code == "password_change.unknown"


def test_failures_come_page_by_page(passwords: PasswordSystem) -> None:
    lines = [passwords.new_line() for _ in range(3)]
    for line in lines:
        passwords.sandbox.fault("reject", line.number)
        line.change(new_password())
        line.wait_for("failed")
    seen, cursor = [], None
    while True:
        page = passwords.as_staff("list_failed_reflections", cursor=cursor, limit=2)
        assert len(page["items"]) <= 2
        assert page["total"] >= 3
        seen += [item["phone_number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen[-3:] == [line.number for line in lines]


# -- replicas that crash or stall


def test_what_a_crashed_replica_began_is_finished_by_another_when_the_lease_ends(
    passwords: PasswordSystem,
) -> None:
    crashing, other = passwords.replicas
    line, new = passwords.new_line("b2bua"), new_password()
    line.change(new)
    passwords.sandbox.fault("timeout", line.number, seconds=5)  # done, but not answered yet
    with halted(other):
        make_due(passwords, line.number)
        until(lambda: passwords.sandbox.effects(line.number) == [(1, 1)], message=passwords.tail)
        crashing.kill()
    try:
        line.wait_for("reflected", timeout=30)
        assert passwords.sandbox.effects(line.number) == [(1, 1)]
        assert outcomes(passwords, line.number) == ["done"]
        assert line.shown()["line_password"] == new
    finally:
        crashing.start()


def test_a_replica_that_stalls_past_its_lease_writes_nothing(passwords: PasswordSystem) -> None:
    stalled, other = passwords.replicas
    line, new = passwords.new_line("b2bua"), new_password()
    line.change(new)
    passwords.sandbox.fault("delay", line.number, seconds=0.4)
    leased = (
        "SELECT 1 FROM password_changes JOIN lines ON lines.id = line_id"
        " WHERE phone_number = :number AND fence >= :fence AND lease_until IS NOT NULL"
    )
    with halted(stalled):
        with halted(other):
            os.kill(stalled.pid, signal.SIGCONT)
            make_due(passwords, line.number)
            until(lambda: passwords.sql(leased, number=line.number, fence=1))
            os.kill(stalled.pid, signal.SIGSTOP)
        passwords.change_rows(
            "UPDATE password_changes SET lease_until = clock_timestamp() FROM lines"
            " WHERE lines.id = line_id AND phone_number = :number",
            number=line.number,
        )
        until(
            lambda: passwords.sql(
                "SELECT 1 FROM password_changes JOIN lines ON lines.id = line_id"
                " WHERE phone_number = :number AND state = 'reflected' AND fence = 2",
                number=line.number,
            ),
            message=passwords.tail,
        )
    lost = "lease lost, result dropped"
    until(lambda: lost in {each["event"] for each in passwords.lines(stalled)}, message=stalled.tail)
    assert passwords.sandbox.effects(line.number) == [(1, 1)]
    assert line.stored() == [(1, "reflected")]
    assert line.shown()["line_password"] == new
