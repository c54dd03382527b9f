"""A line's passwords: who sees them, and what a change asks for."""

import json
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from chassis import sealing
from chassis.clock import JAPAN, in_japan
from chassis.errors import Conflict, Forbidden, Invalid, KaisenError, NotFound, TooMany
from tests.harness import until
from tests.integration.contracts.passwords_system import OLD, OwnLine, PasswordSystem, new_password

AFTERNOON = datetime(2026, 12, 1, 14, 0, tzinfo=JAPAN)
METHODS = ("change_line_password", "change_addon_password")


def refusal(line: OwnLine, new: str, current: str = OLD, **more: str) -> KaisenError:
    with pytest.raises(KaisenError) as refused:
        line.change(new, current, **more)
    return refused.value


def nothing_changed(line: OwnLine) -> bool:
    return line.shown()["line_password"] == OLD and line.stored() == []


# -- showing


def test_s3_06_old_passwords_are_shown_as_they_are(passwords: PasswordSystem) -> None:
    assert passwords.new_line().shown() == {"line_password": OLD, "addon_password": "nZx73q"}


def test_a_line_without_passwords_shows_none(passwords: PasswordSystem) -> None:
    line = passwords.new_line(line_password="", addon_password="")
    assert line.shown() == {"line_password": None, "addon_password": None}


def test_the_passwords_of_a_terminated_line_are_shown_too(passwords: PasswordSystem) -> None:
    assert passwords.new_line(end_date="2024-03-31").shown()["line_password"] == OLD


def test_showing_is_told_to_the_audit_trail_without_the_password(passwords: PasswordSystem) -> None:
    line = passwords.new_line()
    line.shown()
    [payload] = line.audited()
    assert (payload["action"], payload["target"]) == ("line_password.shown", line.number)
    assert payload["details"] == {"passwords": ["addon_password", "line_password"]}
    assert OLD not in json.dumps(payload)


def test_an_answer_opens_for_nobody_else(passwords: PasswordSystem) -> None:
    line = passwords.new_line()
    public, _ = sealing.one_time_key()
    _, other = sealing.one_time_key()
    answer = line.call("show_passwords", answer_key=public)
    assert OLD not in json.dumps(answer)
    with pytest.raises(Invalid):
        sealing.unseal(answer["sealed"], other)


@pytest.mark.parametrize(
    "key",
    ["", "{}", "[]", "rubbish", json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False))],
    ids=["empty", "object", "list", "rubbish", "signing-key"],
)
def test_a_key_that_seals_nothing_is_refused_and_nothing_is_told(passwords: PasswordSystem, key: str) -> None:
    line = passwords.new_line()
    with pytest.raises(Invalid) as refused:
        line.call("show_passwords", answer_key=key)
    assert refused.value.code == "request.unsealable"
    assert line.audited() == []


def test_s1_06_the_basic_plan_shows_no_passwords(passwords: PasswordSystem) -> None:
    line = passwords.new_line(display_plan="basic")
    with pytest.raises(Forbidden) as refused:
        line.shown()
    assert refused.value.code == "line_password.hidden"
    public, _ = sealing.one_time_key()
    with pytest.raises(Forbidden) as refused:
        passwords.call("export_lines_in_clear", line.customer, contract_code=line.contract, answer_key=public)
    assert refused.value.code == "line_password.hidden"


def test_s1_15_another_customers_line_is_like_a_missing_one(passwords: PasswordSystem) -> None:
    line, stranger = passwords.new_line(), passwords.new_customer()
    public, _ = sealing.one_time_key()
    for number in (line.number, "05099999999", "rubbish"):
        for method, more in (("show_passwords", {"answer_key": public}), ("get_password_change", {})):
            with pytest.raises(NotFound) as refused:
                passwords.call(method, stranger, phone_number=number, **more)
            assert (refused.value.code, refused.value.details) == ("line.unknown", {})


def test_a_file_with_passwords_is_sealed_and_told(passwords: PasswordSystem) -> None:
    line = passwords.new_line()
    public, private = sealing.one_time_key()
    answer = passwords.call(
        "export_lines_in_clear", line.customer, contract_code=line.contract, answer_key=public
    )
    assert set(answer) == {"sealed"}
    page = sealing.unseal(answer["sealed"], private)
    [item] = page["items"]
    assert (item["line_password"], item["addon_password"]) == (OLD, "nZx73q")
    assert item == line.listed() | {"line_password": OLD, "addon_password": "nZx73q"}
    assert page["next_cursor"] is None
    [payload] = line.audited()
    assert (payload["action"], payload["details"]) == ("line_password.exported", {"lines": 1})


@pytest.mark.parametrize(
    "method",
    ["demand_proof", "show_passwords", "export_lines_in_clear", *METHODS],
)
def test_an_old_proof_of_the_person_is_refused(passwords: PasswordSystem, method: str) -> None:
    line = passwords.new_line()
    old = passwords.token(
        customer=line.customer, authenticated_at=passwords.sandbox.now() - timedelta(minutes=11)
    )
    with pytest.raises(Forbidden) as refused:
        passwords.client.call(f"contracts.{method}", timeout=10, context=old)
    assert refused.value.code == "proof.required"


@pytest.mark.parametrize("method", METHODS)
def test_passwords_in_clear_are_refused(passwords: PasswordSystem, method: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.new_line().call(method, current=OLD, new="abcdefg1")
    assert refused.value.code == "request.unsealable"


@pytest.mark.parametrize("method", ["list_failed_reflections", "retry_reflection"])
def test_customers_do_not_see_what_failed(passwords: PasswordSystem, method: str) -> None:
    with pytest.raises(Forbidden):
        passwords.call(method, passwords.new_customer())


def test_support_may_look_but_not_try_again(passwords: PasswordSystem) -> None:
    support = passwords.token(kind="staff", roles=frozenset({"staff_support"}))
    passwords.client.call("contracts.list_failed_reflections", timeout=10, context=support)
    with pytest.raises(Forbidden):
        passwords.client.call("contracts.retry_reflection", timeout=10, context=support, change_id=1)


# -- what a change asks for


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", ["050-1234-5678", "０５０１２３４５６７８", "", "0501"])
def test_s3_02_a_number_with_hyphens_is_refused(passwords: PasswordSystem, method: str, number: str) -> None:
    customer = passwords.new_customer()
    with pytest.raises(Invalid) as refused:
        passwords.call(
            method, customer, sealed=("current", "new"), phone_number=number, current=OLD, new="abcdefg1"
        )
    assert [each["code"] for each in refused.value.details["errors"]] == ["line.number_format"]


@pytest.mark.parametrize("method", METHODS)
def test_s3_03_a_number_of_somebody_else_is_refused(passwords: PasswordSystem, method: str) -> None:
    line, stranger = passwords.new_line(), passwords.new_customer()
    for number in (line.number, "05099999999"):
        with pytest.raises(NotFound) as refused:
            OwnLine(passwords, stranger, "", number).change("abcdefg1", method=method)
        assert refused.value.code == "line.unknown"
    assert nothing_changed(line)


@pytest.mark.parametrize("method", METHODS)
def test_s3_03_a_terminated_number_is_refused(passwords: PasswordSystem, method: str) -> None:
    line = passwords.new_line(end_date="2024-03-31")
    error = refusal(line, "abcdefg1", method=method)
    assert isinstance(error, Conflict)
    assert error.code == "line.terminated"
    assert nothing_changed(line)


def test_a_line_whose_termination_is_in_process_is_in_service(passwords: PasswordSystem) -> None:
    ends = (passwords.sandbox.now() + timedelta(days=2)).date().isoformat()
    assert passwords.new_line(end_date=ends).change("abcdefg1")["state"] == "pending"


@pytest.mark.parametrize("method", METHODS)
def test_s1_06_the_basic_plan_changes_no_passwords(passwords: PasswordSystem, method: str) -> None:
    assert refusal(passwords.new_line(display_plan="basic"), "abcdefg1", method=method).code == (
        "line_password.hidden"
    )


@pytest.mark.parametrize("service", ["mobile_choice", "free_voice"])
def test_a_service_without_the_switch_has_no_line_password(passwords: PasswordSystem, service: str) -> None:
    line = passwords.new_line(service)
    assert refusal(line, "abcdefg1").code == "line_password.no_service"
    line.change("abcdefg1", "nZx73q", "change_addon_password")
    assert line.shown() == {"line_password": OLD, "addon_password": "abcdefg1"}


def test_a_line_without_a_password_has_none_to_change(passwords: PasswordSystem) -> None:
    line = passwords.new_line(line_password="")
    assert refusal(line, "abcdefg1", "").code == "line_password.none"


@pytest.mark.parametrize("current", ["fvfz29", "fVFZ2", "fVFZ29 ", "", "ｆVFZ29"])
def test_s3_04_a_wrong_current_password_is_refused(passwords: PasswordSystem, current: str) -> None:
    line = passwords.new_line()
    error = refusal(line, "abcdefg1", current)
    assert isinstance(error, Invalid)
    assert error.code == "line_password.wrong"
    assert nothing_changed(line)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "new", ["abcdef1", "abcdefg12", "Abcdefg1", "abcdefg!", "ａｂｃｄｅｆｇ１", "abcdefg1\n", ""]
)
def test_s3_05_a_new_password_of_another_form_is_refused(
    passwords: PasswordSystem, method: str, new: str
) -> None:
    line = passwords.new_line()
    error = refusal(line, new, method=method)
    assert [each["code"] for each in error.details["errors"]] == ["line_password.format"]
    assert nothing_changed(line)


def test_the_present_password_again_is_refused(passwords: PasswordSystem) -> None:
    line = passwords.new_line(line_password="abcdefg1", addon_password="hijklmn2")
    assert refusal(line, "abcdefg1", "abcdefg1").code == "line_password.same"
    error = refusal(line, "hijklmn2", "hijklmn2", method="change_addon_password")
    assert error.code == "line_password.same"


def test_wrong_passwords_are_slowed_down_line_by_line(passwords: PasswordSystem) -> None:
    line, other = passwords.new_line("b2bua"), passwords.new_line("b2bua")
    for _ in range(3):
        assert refusal(line, "abcdefg1", "wrong").code == "line_password.wrong"
    error = refusal(line, "abcdefg1", OLD)
    assert isinstance(error, TooMany)
    assert (error.code, error.details) == ("line_password.held", {"retry_after": 1})
    other.change("abcdefg1")
    line.change("abcdefg1", "nZx73q", "change_addon_password")  # its tries are counted by themselves
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(seconds=5))
    assert refusal(line, "abcdefg1", "wrong").code == "line_password.wrong"
    assert refusal(line, "abcdefg1", OLD).details == {"retry_after": 2}
    passwords.sandbox.move_clock(passwords.sandbox.now() + timedelta(seconds=5))
    line.change("abcdefg1")
    assert refusal(line, "abcdefg2", "wrong").code == "line_password.wrong"  # the right one cleared the count
    line.change("abcdefg2")


def test_wrong_passwords_are_counted_across_replicas_and_callers(passwords: PasswordSystem) -> None:
    line = passwords.new_line("b2bua")
    codes = [refusal(line, "abcdefg1", "wrong").code for _ in range(8)]
    assert codes == ["line_password.wrong"] * 3 + ["line_password.held"] * 5
    assert passwords.sql(
        "SELECT failures FROM password_tries JOIN lines ON lines.id = line_id WHERE phone_number = :number",
        number=line.number,
    ) == [(3,)]


# -- what a change does


def test_s3_09_the_answer_tells_the_reflection_time(passwords: PasswordSystem) -> None:
    line = passwords.new_line("b2bua")
    passwords.sandbox.move_clock(AFTERNOON)
    answer = line.change("abcdefg1")
    assert answer["state"] == "pending"
    assert in_japan(datetime.fromisoformat(answer["reflected_by"])) == AFTERNOON.replace(hour=17, minute=30)
    assert line.state() == answer
    [payload] = line.audited()
    assert (payload["action"], payload["target"]) == ("line_password.changed", line.number)
    assert "abcdefg1" not in json.dumps(payload)


def test_s3_10_an_ip_phone_is_reflected_within_fifteen_minutes(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line(), new_password()
    answer = line.change(new)
    promised = datetime.fromisoformat(answer["reflected_by"])
    assert promised - datetime.fromisoformat(answer["changed_at"]) == timedelta(minutes=15)
    line.wait_for("reflected")
    assert passwords.sandbox.now() < promised
    assert passwords.sandbox.held(line.number) == new
    assert passwords.sandbox.effects(line.number) == [(1, 1)]
    assert line.shown()["line_password"] == new


@pytest.mark.parametrize(
    ("service", "changed_at", "reflected_by"),
    [
        ("b2bua", "2026-12-01T00:59:59", "2026-12-01T01:30"),
        ("b2bua_opengate", "2026-12-01T01:00:00", "2026-12-01T02:30"),
        ("b2bua", "2026-12-01T14:00:00", "2026-12-01T17:30"),
        ("b2bua", "2027-12-31T23:30:00", "2028-01-01T00:30"),
        ("b2bua_opengate", "2028-02-28T23:59:00", "2028-02-29T00:30"),
    ],
)
def test_s3_11_s3_13_s3_14_s3_15_a_batched_line_is_out_of_use_until_its_window_ends(
    passwords: PasswordSystem, service: str, changed_at: str, reflected_by: str
) -> None:
    line, new = passwords.new_line(service), new_password()
    due = datetime.fromisoformat(reflected_by).replace(tzinfo=JAPAN)
    passwords.sandbox.move_clock(datetime.fromisoformat(changed_at).replace(tzinfo=JAPAN))
    line.change(new)
    passwords.sandbox.move_clock(due - timedelta(seconds=20))
    listed = line.listed()
    assert listed["password_change"]["state"] == "pending"
    assert datetime.fromisoformat(listed["password_change"]["reflected_by"]) == due
    assert not listed["password_change"]["late"]
    assert line.shown()["line_password"] == OLD
    assert passwords.sandbox.requests(line.number) == []
    passwords.sandbox.move_clock(due)
    line.wait_for("reflected")
    assert line.listed()["password_change"] is None
    assert line.shown()["line_password"] == passwords.sandbox.held(line.number) == new
    assert passwords.sandbox.effects(line.number) == [(1, 1)]


def test_s0_27_an_addon_password_works_at_once_and_the_switch_hears_nothing(
    passwords: PasswordSystem,
) -> None:
    line, new = passwords.new_line(), new_password()
    assert line.change(new, "nZx73q", "change_addon_password") is None
    assert line.shown() == {"line_password": OLD, "addon_password": new}
    assert line.listed()["password_change"] is None
    assert passwords.sandbox.requests(line.number) == []
    told = line.audited()
    assert [each["action"] for each in told] == ["addon_password.changed", "line_password.shown"]
    assert new not in json.dumps(told)


def test_no_password_is_stored_or_logged_in_clear(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line("b2bua"), new_password()
    passwords.sandbox.move_clock(AFTERNOON)
    line.change(new)
    refusal(line, "abcdefg1", "wrongguess77")
    [stored] = passwords.sql(
        "SELECT new_password FROM password_changes JOIN lines ON lines.id = line_id"
        " WHERE phone_number = :number",
        number=line.number,
    )
    assert stored.new_password
    passwords.sandbox.move_clock(AFTERNOON.replace(hour=18))
    line.wait_for("reflected")
    outbox = str(passwords.sql("SELECT payload FROM outbox"))
    for secret in (new, OLD, "wrongguess77"):
        assert secret not in str(stored)
        assert secret not in outbox
        assert secret not in passwords.output()
    kept = passwords.sql("SELECT new_password FROM password_changes WHERE state = 'reflected'")
    assert {row.new_password for row in kept} == {None}


def test_an_import_leaves_a_changed_password_alone(passwords: PasswordSystem) -> None:
    line, new = passwords.new_line(), new_password()
    line.change(new)
    line.wait_for("reflected")
    passwords.new_lines(line.contract, [line.number], line_password=OLD, channels="4")
    assert line.shown()["line_password"] == new
    until(lambda: line.listed()["channels"] == 4)
