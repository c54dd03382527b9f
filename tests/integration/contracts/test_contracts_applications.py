"""050番号追加申込: customers apply, staff issue the lines or decline."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, KaisenError, NotFound
from services.contracts.password_rules import is_new_password
from tests.harness import until
from tests.integration.contracts.numbering import (
    CONTACT,
    Applicant,
    add_numbers,
    as_operator,
    at_once,
    in_days,
    in_pool,
    new_applicant,
    wish,
)
from tests.integration.contracts.passwords_system import OwnLine, PasswordSystem


def refusal(applicant: Applicant, **changes: Any) -> KaisenError:
    with pytest.raises(KaisenError) as refused:
        applicant.apply(**changes)
    return refused.value


# -- applying


@pytest.mark.parametrize("service", ["ip_phone", "b2bua", "mobile_choice"])
def test_s0_28_an_application_is_recorded(passwords: PasswordSystem, service: str) -> None:
    me = new_applicant(passwords, service)
    answer = me.apply()
    assert answer["state"] == "received"
    assert answer["number"] == f"{me.customer}-AN{passwords.sandbox.now():%y}0001"
    assert answer.items() >= wish(passwords).items()
    assert me.shown(answer["number"]) == answer | {"phone_numbers": []}
    assert me.apply()["number"].endswith("0002")
    listed = passwords.call("list_applications", me.customer)
    assert [each["number"][-4:] for each in listed["items"]] == ["0002", "0001"]
    assert me.counts() == (0, 0, 0)


@pytest.mark.parametrize("service", ["free_voice", "data_sim"])
def test_s0_28_other_families_are_refused(passwords: PasswordSystem, service: str) -> None:
    me = new_applicant(passwords, service)
    error = refusal(me)
    assert isinstance(error, Forbidden)
    assert error.code == "application.family"
    assert passwords.call("application_rules", me.customer)["contracts"] == []


def test_the_rules_are_told_before(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    rules = passwords.call("application_rules", me.customer)
    assert rules["contracts"] == [
        {
            "contract_code": me.contract,
            "service_name": "IP電話サービス",
            "in_service": 0,
            "asks_channels": True,
        }
    ]
    assert (rules["maximum"], rules["maximum_channels"]) == (100, 30)
    assert (rules["earliest"], rules["latest"]) == (in_days(passwords, 0), in_days(passwords, 90))


def test_a_basic_plan_is_not_asked_for_channels(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords, "mobile_choice", display_plan="basic")
    [contract] = passwords.call("application_rules", me.customer)["contracts"]
    assert contract["asks_channels"] is False
    assert "channels" not in me.apply(channels=3)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("count", 0, "application.count"),
        ("count", 101, "application.count"),
        ("channels", 0, "application.channels"),
        ("channels", 31, "application.channels"),
        ("contact_name", " ", "application.contact_name"),
        ("contact_name", "a\nb", "application.contact_name"),
        ("contact_phone", "03-1234-5678", "application.contact_phone"),
        ("contact_phone", "０３１２３４５６７８", "application.contact_phone"),
        ("contact_email", "nobody", "application.contact_email"),
        ("contact_email", "a@b.example\r\nBcc: c@d.example", "application.contact_email"),
    ],
    ids=[
        "no-number",
        "too-many",
        "no-channel",
        "many-channels",
        "no-name",
        "name-of-two-lines",
        "hyphens",
        "full-width",
        "no-address",
        "two-addresses",
    ],
)
def test_s0_28_every_field_is_checked(
    passwords: PasswordSystem, field: str, value: object, code: str
) -> None:
    me = new_applicant(passwords)
    error = refusal(me, **{field: value})
    assert isinstance(error, Invalid)
    assert [(each["pointer"], each["code"]) for each in error.details["errors"]] == [(field, code)]
    with pytest.raises(Invalid) as refused:
        passwords.call(
            "check_application", me.customer, contract_code=me.contract, **wish(passwords, **{field: value})
        )
    assert refused.value.code == code
    assert passwords.call("list_applications", me.customer)["total"] == 0


@pytest.mark.parametrize("days", [-1, 91])
def test_s0_28_the_start_has_a_range(passwords: PasswordSystem, days: int) -> None:
    me = new_applicant(passwords)
    [error] = refusal(me, wished_date=in_days(passwords, days)).details["errors"]
    assert error == {
        "pointer": "wished_date",
        "code": "start_date.out_of_range",
        "earliest": in_days(passwords, 0),
        "latest": in_days(passwords, 90),
    }
    me.apply(wished_date=in_days(passwords, 0))
    me.apply(wished_date=in_days(passwords, 90))


def test_a_double_submit_is_one_application(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    assert me.apply("once") == me.apply("once")
    assert passwords.call("list_applications", me.customer)["total"] == 1
    assert refusal(me, key="once", count=3).code == "idempotency.mismatch"


def test_a_contract_has_only_so_many_open_applications(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    numbers = [me.apply()["number"] for _ in range(20)]
    error = refusal(me)
    assert isinstance(error, Conflict)
    assert (error.code, error.details) == ("application.too_many_open", {"maximum": 20})
    passwords.call("withdraw_application", me.customer, number=numbers[0])
    me.apply()


def test_another_customers_application_is_like_a_missing_one(passwords: PasswordSystem) -> None:
    me, stranger = new_applicant(passwords), new_applicant(passwords)
    number = me.apply()["number"]
    for method in ("get_application", "withdraw_application"):
        for asked in (number, "made-up"):
            with pytest.raises(NotFound) as refused:
                passwords.call(method, stranger.customer, number=asked)
            assert (refused.value.code, refused.value.details) == ("application.unknown", {})
    with pytest.raises(NotFound) as refused:
        Applicant(passwords, stranger.customer, me.contract).apply()
    assert refused.value.code == "contract.unknown"
    assert passwords.call("list_applications", stranger.customer, customer_code=me.customer)["total"] == 0


def test_an_application_is_withdrawn_while_nobody_has_decided(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    number = me.apply()["number"]
    assert passwords.call("withdraw_application", me.customer, number=number)["state"] == "withdrawn"
    with pytest.raises(Conflict) as refused:
        passwords.call("withdraw_application", me.customer, number=number)
    assert (refused.value.code, refused.value.details) == ("application.not_open", {"state": "withdrawn"})
    add_numbers(passwords, 2)
    with pytest.raises(Conflict):
        as_operator(passwords, "issue_application", number=number)
    assert me.counts() == (0, 0, 0)


# -- issuing


def test_s0_28_issuing_raises_the_count(passwords: PasswordSystem) -> None:
    me, pool = new_applicant(passwords), add_numbers(passwords, 5)
    number = me.apply()["number"]
    answer = as_operator(passwords, "issue_application", number=number)
    assert answer["state"] == "issued"
    assert answer["phone_numbers"] == pool[:2], "the lowest ones"
    assert answer["start_date"] == in_days(passwords, 7)
    assert me.shown(number) == answer
    assert me.counts() == (2, 2, 0)
    lines = me.lines()
    assert [line["phone_number"] for line in lines] == pool[:2]
    assert [line["number"] for line in lines] == [1, 2]
    assert {line["channels"] for line in lines} == {3}
    assert {line["account_id"] for line in lines} == {f"81{number[1:]}" for number in pool[:2]}
    found = in_pool(passwords, pool[0])
    assert found is not None
    assert (found["state"], found["customer_code"]) == ("in_use", me.customer)
    with pytest.raises(Conflict):
        as_operator(passwords, "issue_application", number=number)
    assert me.counts() == (2, 2, 0)


def test_s0_28_new_lines_have_passwords_that_reach_the_switch(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    [phone] = add_numbers(passwords, 1)
    as_operator(passwords, "issue_application", number=me.apply(count=1)["number"])
    line = OwnLine(passwords, me.customer, me.contract, phone)
    shown = line.shown()
    assert is_new_password(shown["line_password"] or "")
    assert is_new_password(shown["addon_password"] or "")
    assert shown["line_password"] != shown["addon_password"]
    line.wait_for("reflected")
    assert passwords.sandbox.held(phone) == shown["line_password"]
    line.change("abcdefg1", shown["line_password"] or "")
    outbox = str(passwords.sql("SELECT payload FROM outbox"))
    for secret in (shown["line_password"] or "?", shown["addon_password"] or "?"):
        assert secret not in outbox
        assert secret not in passwords.output()
        assert secret not in str(passwords.sql("SELECT * FROM lines WHERE phone_number = :n", n=phone))


def test_staff_choose_numbers_and_the_start(passwords: PasswordSystem) -> None:
    me, pool = new_applicant(passwords), add_numbers(passwords, 5)
    number, today = me.apply()["number"], in_days(passwords, 0)
    chosen = [pool[4], pool[2]]
    answer = as_operator(
        passwords, "issue_application", number=number, start_date=today, phone_numbers=chosen
    )
    assert (answer["phone_numbers"], answer["start_date"]) == (sorted(chosen), today)


def test_what_cannot_be_issued_is_refused_and_changes_nothing(passwords: PasswordSystem) -> None:
    me, pool = new_applicant(passwords), add_numbers(passwords, 1)
    mobile = phones_of(passwords, "mobile_choice")
    number = me.apply()["number"]

    def refused(**more: Any) -> tuple[str, dict[str, Any]]:
        with pytest.raises(KaisenError) as error:
            as_operator(passwords, "issue_application", number=number, **more)
        return error.value.code, error.value.details

    assert refused() == ("application.too_few_numbers", {"wanted": 2, "available": 1})
    assert refused(phone_numbers=pool) == ("application.numbers_count", {"wanted": 2, "given": 1})
    taken = [pool[0], mobile]
    assert refused(phone_numbers=taken) == ("number.not_free", {"numbers": [mobile]})
    code, details = refused(start_date=in_days(passwords, -1))
    assert (code, details["earliest"]) == ("start_date.out_of_range", in_days(passwords, 0))
    assert me.counts() == (0, 0, 0)
    assert me.shown(number)["state"] == "received"
    found = in_pool(passwords, pool[0])
    assert found is not None
    assert found["state"] == "free"


def phones_of(passwords: PasswordSystem, family: str) -> str:
    [number] = add_numbers(passwords, 1, family)
    return number


def test_a_wished_day_that_is_over_becomes_today(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    add_numbers(passwords, 2)
    number = me.apply(wished_date=in_days(passwords, 0))["number"]
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(days=3))
    answer = as_operator(passwords, "issue_application", number=number)
    assert answer["start_date"] == in_days(passwords, 0)


def test_a_decline_tells_the_reason(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    number = me.apply()["number"]
    for blank in ("", "  \n"):
        with pytest.raises(Invalid) as refused:
            as_operator(passwords, "decline_application", number=number, reason=blank)
        assert refused.value.code == "application.reason"
    as_operator(passwords, "decline_application", number=number, reason="ご契約内容の\n確認が必要です")
    shown = me.shown(number)
    assert (shown["state"], shown["reason"]) == ("declined", "ご契約内容の 確認が必要です")
    with pytest.raises(Conflict):
        as_operator(passwords, "decline_application", number=number, reason="again")


def test_the_contact_is_told_and_nothing_else_of_the_person(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    add_numbers(passwords, 2)
    passwords.told()
    number = me.apply()["number"]
    as_operator(passwords, "issue_application", number=number)
    other = me.apply()["number"]
    as_operator(passwords, "decline_application", number=other, reason="在庫がありません")
    told = [fact for kind, fact in passwords.told() if kind == "contracts.application_progressed"]
    assert [(fact["number"], fact["state"]) for fact in told] == [
        (number, "received"),
        (number, "issued"),
        (other, "received"),
        (other, "declined"),
    ]
    assert {fact["contact_email"] for fact in told} == {CONTACT["contact_email"]}
    assert (told[1]["start_date"], told[3]["reason"]) == (in_days(passwords, 7), "在庫がありません")
    text = json.dumps(told, ensure_ascii=False)
    assert CONTACT["contact_name"] not in text
    assert CONTACT["contact_phone"] not in text
    actions = [one["action"] for one in passwords.audited() if one["target"] in (number, other)]
    assert actions == [
        "application.placed",
        "application.issued",
        "application.placed",
        "application.declined",
    ]


def test_staff_see_the_applications_of_all_customers(passwords: PasswordSystem) -> None:
    one, other = new_applicant(passwords), new_applicant(passwords)
    numbers = [one.apply()["number"], other.apply()["number"]]
    support = passwords.token(kind="staff", roles=frozenset({"staff_support"}))
    ask = passwords.client.call
    found = ask("contracts.list_applications", timeout=10, context=support, state="received", limit=2)
    assert [item["number"] for item in found["items"]] == numbers[::-1]
    assert found["next_cursor"]
    found = ask("contracts.list_applications", timeout=10, context=support, customer_code=one.customer)
    assert [item["number"] for item in found["items"]] == numbers[:1]
    assert ask("contracts.get_application", timeout=10, context=support, number=numbers[0])["count"] == 2
    decisions: list[tuple[str, dict[str, Any]]] = [
        ("issue_application", {}),
        ("decline_application", {"reason": "x"}),
    ]
    for method, more in decisions:
        with pytest.raises(Forbidden):
            ask(f"contracts.{method}", timeout=10, context=support, number=numbers[0], **more)
        with pytest.raises(Forbidden):
            passwords.call(method, one.customer, number=numbers[0], **more)


# -- at the same time


def test_two_staff_issue_an_application_once(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    add_numbers(passwords, 20)
    number = me.apply()["number"]
    answers = at_once(passwords, [("issue_application", {"number": number})] * 8)
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert {answer.code for answer in answers if not isinstance(answer, dict)} == {"application.not_open"}
    assert me.counts() == (2, 2, 0)


def test_s1_03_twenty_issues_at_once_never_share_a_number(passwords: PasswordSystem) -> None:
    people = [new_applicant(passwords) for _ in range(4)]
    pool = add_numbers(passwords, 60)
    numbers = [me.apply(count=3)["number"] for me in people for _ in range(5)]
    answers = at_once(passwords, [("issue_application", {"number": number}) for number in numbers])
    assert [answer["state"] for answer in answers] == ["issued"] * 20
    given = [phone for answer in answers for phone in answer["phone_numbers"]]
    assert sorted(given) == pool
    for me in people:
        assert me.counts() == (15, 15, 0)
        assert [line["number"] for line in me.lines()] == list(range(1, 16))


def test_a_scarce_pool_is_given_out_once(passwords: PasswordSystem) -> None:
    people = [new_applicant(passwords) for _ in range(6)]
    add_numbers(passwords, 6)
    numbers = [me.apply()["number"] for me in people]
    answers = at_once(passwords, [("issue_application", {"number": number}) for number in numbers])
    refused = [answer for answer in answers if not isinstance(answer, dict)]
    assert {answer.code for answer in refused} == {"application.too_few_numbers"}
    given = [phone for answer in answers if isinstance(answer, dict) for phone in answer["phone_numbers"]]
    assert len(given) == len(set(given)) <= 6
    until(lambda: sum(me.counts()[0] for me in people) == len(given))


def test_issue_and_withdrawal_have_one_winner(passwords: PasswordSystem) -> None:
    me = new_applicant(passwords)
    add_numbers(passwords, 20)
    for _ in range(5):
        number = me.apply()["number"]
        before = me.counts()[0]
        decline = ("decline_application", {"number": number, "reason": "x"})
        answers = at_once(passwords, [("issue_application", {"number": number}), decline])
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        issued = me.shown(number)["state"] == "issued"
        assert me.counts()[0] - before == (2 if issued else 0)
