"""解約: registered by staff, in service until it is completed, and what becomes of the line and its number."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, KaisenError, NotFound
from tests.integration.contracts.numbering import (
    Applicant,
    add_numbers,
    as_operator,
    at_once,
    in_days,
    in_pool,
    new_applicant,
    register,
)
from tests.integration.contracts.passwords_system import OLD, PasswordSystem
from tests.integration.contracts.system import LINE, as_csv, phones


def with_lines(
    system: PasswordSystem, count: int = 2, service: str = "ip_phone"
) -> tuple[Applicant, list[str]]:
    me, numbers = new_applicant(system, service), phones(count)
    passwords = {"line_password": OLD, "addon_password": "nZx73q"}
    system.new_lines(me.contract, numbers, **passwords)
    return me, numbers


def complete(system: PasswordSystem, ids: Sequence[int], end_date: str | None = None) -> Any:
    return as_operator(
        system, "complete_terminations", ids=list(ids), end_date=end_date or in_days(system, 0)
    )


def refused(system: PasswordSystem, method: str, **arguments: Any) -> KaisenError:
    with pytest.raises(KaisenError) as error:
        as_operator(system, method, **arguments)
    return error.value


@pytest.mark.parametrize("days", [-10, 0, 10])
def test_s1_13_a_line_is_in_service_until_its_termination_is_completed(
    passwords: PasswordSystem, days: int
) -> None:
    me, numbers = with_lines(passwords)
    before = me.lines()
    [termination, _] = register(passwords, numbers, in_days(passwords, days))
    assert me.lines() == before
    assert me.counts() == (2, 2, 0)
    assert [line["end_date"] for line in me.lines("in_service")] == [None, None]
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(days=20))
    assert me.counts() == (2, 2, 0), "the wished day is over, and the line still in service"
    assert complete(passwords, [termination]) == {"completed": 1}
    assert me.counts() == (2, 1, 1)
    assert [line["end_date"] for line in me.lines()] == [in_days(passwords, 0), None]
    found = as_operator(passwords, "get_termination", termination_id=termination)
    assert (found["state"], found["end_date"], found["ended_by"]) == (
        "completed",
        in_days(passwords, 0),
        "test",
    )


def test_the_end_may_be_in_the_past_but_not_ahead(passwords: PasswordSystem) -> None:
    me, [number] = with_lines(passwords, 1)
    [termination] = register(passwords, [number])
    for day in (in_days(passwords, 1), "2022-08-16"):
        error = refused(passwords, "complete_terminations", ids=[termination], end_date=day)
        assert isinstance(error, Invalid)
        assert error.code == "termination.end_date"
        assert error.details == {"phone_number": number, "start_date": LINE["start_date"]}
    assert me.counts() == (1, 1, 0)
    complete(passwords, [termination], "2022-08-17")
    assert me.lines()[0]["end_date"] == "2022-08-17"


def test_a_withdrawn_registration_changes_nothing(passwords: PasswordSystem) -> None:
    me, [number] = with_lines(passwords, 1)
    before = me.lines()
    [termination] = register(passwords, [number])
    assert as_operator(passwords, "withdraw_terminations", ids=[termination]) == {"withdrawn": 1}
    assert me.lines() == before
    for method, more in (
        ("complete_terminations", {"end_date": in_days(passwords, 0)}),
        ("withdraw_terminations", {}),
    ):
        error = refused(passwords, method, ids=[termination], **more)
        assert isinstance(error, Conflict)
        assert (error.code, error.details) == (
            "termination.not_open",
            {"phone_number": number, "state": "withdrawn"},
        )
    register(passwords, [number])


def test_every_bad_number_of_a_list_is_named_and_none_is_stored(passwords: PasswordSystem) -> None:
    me, numbers = with_lines(passwords, 4)
    register(passwords, numbers[:1])
    complete(passwords, register(passwords, numbers[1:2]))
    wished = [numbers[2], numbers[0], "05099999999", "050-1", numbers[1], numbers[2]]
    error = refused(
        passwords, "register_terminations", phone_numbers=wished, wished_date=in_days(passwords, 0)
    )
    assert isinstance(error, Invalid)
    assert error.code == "termination.rejected"
    assert [(each["row"], each["value"], each["code"]) for each in error.details["errors"]] == [
        (2, numbers[0], "termination.registered"),
        (3, "05099999999", "termination.unknown_line"),
        (4, "050-1", "line.number_format"),
        (5, numbers[1], "termination.ended"),
        (6, numbers[2], "termination.twice"),
    ]
    error = refused(passwords, "register_terminations", phone_numbers=numbers[2:3], wished_date="2022-08-16")
    assert [each["code"] for each in error.details["errors"]] == ["termination.before_start"]
    found = as_operator(passwords, "list_terminations", customer_code=me.customer, state="registered")
    assert found["total"] == 1


def test_a_file_registers_and_is_the_same_twice(passwords: PasswordSystem) -> None:
    _, numbers = with_lines(passwords, 2)
    rows = [{"phone_number": number, "wished_date": in_days(passwords, 3)} for number in numbers]
    assert passwords.store("terminations", *rows)["created"] == 2
    assert passwords.store("terminations", *rows)["unchanged"] == 2
    rows[0]["wished_date"] = in_days(passwords, 4)
    report = passwords.store("terminations", *rows)
    assert (report["updated"], report["unchanged"]) == (1, 1)
    bad = as_csv([{"phone_number": "05099999999", "wished_date": "2022-01-01"}])
    [error] = passwords.send("terminations", bad)["errors"]
    assert (error["row"], error["code"]) == (2, "termination.unknown_line")


def test_support_looks_and_customers_see_nothing(passwords: PasswordSystem) -> None:
    me, numbers = with_lines(passwords)
    ids = register(passwords, numbers)
    support = passwords.token(kind="staff", roles=frozenset({"staff_support"}))
    listed = passwords.client.call(
        "contracts.list_terminations", timeout=10, context=support, customer_code=me.customer, limit=1
    )
    assert (listed["total"], [item["phone_number"] for item in listed["items"]]) == (2, [numbers[1]])
    assert listed["next_cursor"]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("register_terminations", {"phone_numbers": numbers, "wished_date": in_days(passwords, 0)}),
        ("complete_terminations", {"ids": ids, "end_date": in_days(passwords, 0)}),
        ("withdraw_terminations", {"ids": ids}),
    ]
    for method, arguments in calls:
        with pytest.raises(Forbidden):
            passwords.client.call(f"contracts.{method}", timeout=10, context=support, **arguments)
    for method, arguments in [
        ("list_terminations", {}),
        ("get_termination", {"termination_id": ids[0]}),
        *calls,
    ]:
        with pytest.raises(Forbidden):
            passwords.call(method, me.customer, **arguments)


def test_what_is_not_there_is_unknown(passwords: PasswordSystem) -> None:
    for method, arguments in (
        ("get_termination", {"termination_id": 2**40}),
        ("complete_terminations", {"ids": [2**40], "end_date": in_days(passwords, 0)}),
        ("withdraw_terminations", {"ids": [2**40]}),
    ):
        error = refused(passwords, method, **arguments)
        assert isinstance(error, NotFound)
        assert error.code == "termination.unknown"


def test_a_password_under_way_is_ended_with_the_line(passwords: PasswordSystem) -> None:
    line = passwords.new_line("b2bua")
    line.change("abcdefg1")
    assert line.state()["state"] == "pending"
    complete(passwords, register(passwords, [line.number]))
    assert line.stored() == [(1, "superseded")]
    assert line.listed()["password_change"] is None
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(days=1))
    assert passwords.sandbox.requests(line.number) == []
    with pytest.raises(Conflict) as error:
        line.change("abcdefg2")
    assert error.value.code == "line.terminated"


def test_what_was_chosen_for_the_line_is_released(passwords: PasswordSystem) -> None:
    me, [number] = with_lines(passwords, 1, "mobile_choice")
    passwords.change_rows(
        "UPDATE lines SET mobile_number = '09012345678' WHERE phone_number = :number", number=number
    )
    passwords.change_rows(
        "WITH made AS (INSERT INTO line_groups (contract_id, code, name)"
        " SELECT contract_id, 'G1', 'G' FROM lines WHERE phone_number = :number RETURNING id)"
        " INSERT INTO line_choices (line_id, group_id) SELECT lines.id, made.id FROM lines, made"
        " WHERE phone_number = :number",
        number=number,
    )
    passwords.change_rows(
        "INSERT INTO rejected_numbers (line_id, number)"
        " SELECT id, '09011112222' FROM lines WHERE phone_number = :number",
        number=number,
    )
    passwords.told()
    complete(passwords, register(passwords, [number]))
    assert me.lines()[0]["mobile_number"] is None
    left = passwords.sql(
        "SELECT line_id FROM line_choices JOIN lines ON lines.id = line_id WHERE phone_number = :number"
        " UNION ALL SELECT line_id FROM rejected_numbers JOIN lines ON lines.id = line_id"
        " WHERE phone_number = :number",
        number=number,
    )
    assert left == []
    [(_, fact)] = [each for each in passwords.told() if each[0] == "contracts.line_choice_changed"]
    assert (fact["phone_number"], fact["mobile_number"], fact["group_code"]) == (number, None, None)


def test_a_number_rests_and_then_has_another_line(passwords: PasswordSystem) -> None:
    """With another customer, and with passwords of its own; the former owner keeps the former line."""
    former, [number] = with_lines(passwords, 1)
    passwords.sandbox.reset_clock()
    complete(passwords, register(passwords, [number]))
    ended = passwords.sandbox.now()
    found = in_pool(passwords, number)
    assert found is not None
    assert (found["state"], found["free_from"]) == ("quarantined", in_days(passwords, 180))
    add_numbers(passwords, 0 + 1, "mobile_choice")
    passwords.change_rows("DELETE FROM pool_numbers WHERE line_id IS NULL AND family = 'ip_phone'")
    me = new_applicant(passwords)
    passwords.sandbox.move_clock(ended + timedelta(days=179))
    application = me.apply(count=1, wished_date=in_days(passwords, 0))["number"]
    issue = {"number": application, "phone_numbers": [number]}
    assert refused(passwords, "issue_application", **issue).code == "number.not_free"
    early = as_csv(
        [LINE | {"contract_code": me.contract, "phone_number": number, "start_date": in_days(passwords, 0)}]
    )
    [error] = passwords.send("lines", early)["errors"]
    assert error["code"] == "import.number_quarantined"
    passwords.sandbox.move_clock(ended + timedelta(days=180))
    assert as_operator(passwords, "issue_application", **issue)["phone_numbers"] == [number]
    assert me.counts() == (1, 1, 0)
    assert former.counts() == (1, 0, 1)
    new = {"phone_number": number, "current": "wrong", "new": "abcdefg1"}
    with pytest.raises(Conflict) as gone:
        passwords.call("change_line_password", former.customer, sealed=("current", "new"), **new)
    assert gone.value.code == "line.terminated"
    with pytest.raises(Invalid) as wrong:
        passwords.call("change_line_password", me.customer, sealed=("current", "new"), **new)
    assert wrong.value.code == "line_password.wrong"


def test_the_switch_hears_higher_versions_of_a_number_that_has_another_line(
    passwords: PasswordSystem,
) -> None:
    me = new_applicant(passwords)
    [number] = add_numbers(passwords, 1)
    first = me.apply(count=1, wished_date=in_days(passwords, 0))["number"]
    as_operator(passwords, "issue_application", number=first, phone_numbers=[number])
    line = next(iter(me.lines()))
    assert line["phone_number"] == number
    complete(passwords, register(passwords, [number]))
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(days=180))
    other = new_applicant(passwords)
    application = other.apply(count=1)["number"]
    as_operator(passwords, "issue_application", number=application, phone_numbers=[number])
    versions = passwords.sql(
        "SELECT version FROM password_changes JOIN lines ON lines.id = line_id"
        " WHERE phone_number = :number ORDER BY version",
        number=number,
    )
    assert versions == [(1,), (2,)]


def test_an_older_file_does_not_bring_a_terminated_line_back(passwords: PasswordSystem) -> None:
    me, [number] = with_lines(passwords, 1)
    complete(passwords, register(passwords, [number]))
    passwords.new_lines(me.contract, [number], channels="7")
    assert me.counts() == (1, 0, 1)
    assert me.lines()[0]["channels"] == 7


# -- at the same time


def test_completion_and_withdrawal_have_one_winner(passwords: PasswordSystem) -> None:
    me, numbers = with_lines(passwords, 5)
    for number in numbers:
        [termination] = register(passwords, [number])
        ended = me.counts()[2]
        answers = at_once(
            passwords,
            [
                ("complete_terminations", {"ids": [termination], "end_date": in_days(passwords, 0)}),
                ("withdraw_terminations", {"ids": [termination]}),
            ],
        )
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        state = as_operator(passwords, "get_termination", termination_id=termination)["state"]
        assert me.counts()[2] - ended == (1 if state == "completed" else 0)


def test_s1_03_counts_agree_while_lines_come_and_go(passwords: PasswordSystem) -> None:
    me, numbers = with_lines(passwords, 50)
    ids = register(passwords, numbers)
    add_numbers(passwords, 40)
    applications = [me.apply(count=2)["number"] for _ in range(20)]
    today = in_days(passwords, 0)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("complete_terminations", {"ids": [each], "end_date": today}) for each in ids
    ]
    calls += [("issue_application", {"number": number}) for number in applications]
    seen: list[tuple[int, int, int]] = []
    with ThreadPoolExecutor(1) as looking:
        answers = looking.submit(at_once, passwords, calls[1::2] + calls[::2])
        while not answers.done():
            seen.append(me.counts())
    assert [answer for answer in answers.result() if not isinstance(answer, dict)] == []
    assert me.counts() == (90, 40, 50)
    assert len(seen) > 3
    assert all(issued == serving + ended for issued, serving, ended in seen)
