"""050番号追加申込 and 解約, from the customer's page to the lines, the mail and the end of a line."""

import re
import secrets
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.cards import Holder, come_in, new_holder
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitors
from tests.harness import until

SENDER = "[Minato Telecom]"


@pytest.fixture(scope="module")
def staff(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.log_in("staff-admin")


@pytest.fixture(scope="module")
def owner(embedded_system: EmbeddedSystem) -> Holder:
    return new_holder(embedded_system)


@pytest.fixture(scope="module")
def customer(owner: Holder) -> Client:
    return owner.client()


def contract(customer: Client) -> str:
    [block] = customer.get("/contracts")["items"]
    code: str = block["contract_code"]
    return code


def wish(customer: Client, **changes: Any) -> dict[str, Any]:
    return {
        "contract_code": contract(customer),
        "count": 2,
        "wished_date": clock.today().isoformat(),
        "channels": 2,
        "contact_name": "港 太郎",
        "contact_phone": "0300000001",
        "contact_email": f"{secrets.token_hex(6)}@shop.example",
    } | changes


def apply(customer: Client, key: str = "", **changes: Any) -> dict[str, Any]:
    headers = {"Idempotency-Key": key or secrets.token_hex(8)}
    placed: dict[str, Any] = customer.post("/applications", wish(customer, **changes), 201, headers=headers)
    return placed


def counts(customer: Client) -> tuple[int, int, int]:
    block = customer.get(f"/contracts/{contract(customer)}")
    return block["issued"], block["in_service"], block["terminated"]


def listed(customer: Client, number: str) -> dict[str, Any]:
    [line] = customer.get(f"/contracts/{contract(customer)}/lines", phone_prefix=number)["items"]
    found: dict[str, Any] = line
    return found


def mailed(system: EmbeddedSystem, address: str, beginning: str) -> str:
    """The text of the mail for this address whose subject begins like this, once it is there."""

    def texts() -> list[str]:
        return [mail["text"] for mail in system.mails(address) if mail["subject"].startswith(beginning)]

    until(texts, 30, f"no such mail for {address}")
    [text] = texts()
    return text


class TestApi:
    def test_s0_28_s1_13_from_application_to_termination(
        self, embedded_system: EmbeddedSystem, customer: Client, staff: Client
    ) -> None:
        address = f"{secrets.token_hex(6)}@shop.example"
        issued, serving, ended = counts(customer)
        placed = apply(customer, contact_email=address)
        assert (placed["state"], counts(customer)) == ("received", (issued, serving, ended))
        done = staff.post(f"/staff/applications/{placed['number']}/issue", {})
        assert (done["state"], len(done["phone_numbers"])) == ("issued", 2)
        assert counts(customer) == (issued + 2, serving + 2, ended)
        assert placed["number"] in mailed(embedded_system, address, f"{SENDER} Your application")
        given = mailed(embedded_system, address, f"{SENDER} Your 050 numbers")
        number = done["phone_numbers"][0]
        line = listed(customer, number)
        assert (line["channels"], line["end_date"]) == (2, None)
        passwords = customer.get(f"/lines/{number}/passwords")
        for secret in passwords.values():
            assert re.fullmatch(r"[a-z0-9]{8}", secret)
            assert secret not in given

        today = clock.today().isoformat()
        registration = {"phone_numbers": [number], "wished_date": today}
        assert staff.post("/staff/terminations", registration, 201) == {"registered": 1}
        assert counts(customer) == (issued + 2, serving + 2, ended)
        assert listed(customer, number)["end_date"] is None
        [found] = staff.get("/staff/terminations", phone_prefix=number)["items"]
        completion = {"ids": [found["termination_id"]], "end_date": today}
        assert staff.post("/staff/terminations/complete", completion) == {"completed": 1}
        assert counts(customer) == (issued + 2, serving + 1, ended + 1)
        assert listed(customer, number)["end_date"] == today
        assert staff.get(f"/staff/terminations/{found['termination_id']}")["state"] == "completed"
        [kept] = staff.get("/staff/numbers", prefix=number)["items"]
        assert (kept["state"], kept["free_from"]) == (
            "quarantined",
            (clock.today() + timedelta(days=180)).isoformat(),
        )

    def test_a_key_places_one_application(self, customer: Client) -> None:
        key, body = secrets.token_hex(8), wish(customer)
        headers = {"Idempotency-Key": key}
        first = customer.post("/applications", body, 201, headers=headers)
        assert customer.post("/applications", body, 201, headers=headers) == first
        assert customer.get(f"/applications/{first['number']}") == first
        answer = customer.send("POST", "/applications", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.missing")
        withdrawn = customer.post(f"/applications/{first['number']}/withdraw", None)
        assert withdrawn["state"] == "withdrawn"
        again = customer.send("POST", f"/applications/{first['number']}/withdraw")
        assert (again.status_code, again.json()["code"]) == (409, "application.not_open")

    def test_what_is_refused_names_its_field(self, customer: Client) -> None:
        body = wish(customer, count=0, contact_phone="03-0000-0001")
        answer = customer.send(
            "POST", "/applications", json=body, headers={"Idempotency-Key": secrets.token_hex(8)}
        )
        assert answer.status_code == 422
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            ("/count", "application.count"),
            ("/contact_phone", "application.contact_phone"),
        ]

    def test_a_decline_is_mailed_with_its_reason(
        self, embedded_system: EmbeddedSystem, customer: Client, staff: Client
    ) -> None:
        address = f"{secrets.token_hex(6)}@shop.example"
        placed = apply(customer, contact_email=address)
        body = {"reason": "審査の結果、ご用意できません。"}
        assert staff.post(f"/staff/applications/{placed['number']}/decline", body)["state"] == "declined"
        assert body["reason"] in mailed(embedded_system, address, f"{SENDER} About your application")
        assert customer.get(f"/applications/{placed['number']}")["reason"] == body["reason"]

    def test_rows_of_a_bad_list_are_named(self, staff: Client) -> None:
        body = {"phone_numbers": ["05099999999", "050-1"], "wished_date": clock.today().isoformat()}
        answer = staff.send("POST", "/staff/terminations", json=body)
        assert answer.status_code == 422
        assert [(each["row"], each["code"]) for each in answer.json()["errors"]] == [
            (1, "termination.unknown_line"),
            (2, "line.number_format"),
        ]

    def test_a_free_number_leaves_the_pool(self, staff: Client) -> None:
        number = staff.get("/staff/numbers", state="free")["items"][-1]["phone_number"]
        assert staff.send("DELETE", f"/staff/numbers/{number}").status_code == 204
        assert staff.send("DELETE", f"/staff/numbers/{number}").status_code == 404


@VIEWS
def test_s0_28_applying_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    staff: Client,
    owner: Holder,
    size: dict[str, int],
    language: str,
) -> None:
    me = visitor("application", size, language)
    come_in(me.page, owner, "/selfcare/menu")
    if language == "en":
        me.page.get_by_role("button", name="English").click()
    me.click("menu-applications")
    expect(me.page.get_by_test_id("guidance")).to_be_visible()
    me.look("guidance")
    with me.page.expect_popup() as opened:
        me.click("open-form")
    me.page = opened.value
    me.look("form")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("mistakes")
    today = clock.today()
    me.fill(
        count="2",
        wished_date=today.isoformat(),
        channels="2",
        contact_name="港 太郎",
        contact_phone="0300000001",
        contact_email="taro@shop.example",
    )
    me.click("to-confirm")
    expect(me.page.get_by_test_id("wanted")).to_be_visible()
    me.look("confirm")
    me.click("back")
    expect(me.page.locator("#contact_name")).to_have_value("港 太郎")
    me.click("to-confirm")
    me.click("place")
    number = me.page.get_by_test_id("placed-number").inner_text()
    expect(me.page).to_have_url(re.compile("/done$"))
    me.look("done")
    me.page.goto(f"{embedded_system.url}/selfcare/applications/list")
    expect(me.page.get_by_test_id("applications")).to_contain_text(number)
    me.look("list")
    me.page.goto(f"{embedded_system.url}/selfcare/applications/id/{number}")
    me.look("detail")
    me.click("withdraw")
    me.look("withdraw")
    me.click("confirm-withdraw")
    expect(me.page.get_by_test_id("withdraw")).to_have_count(0)
    me.look("withdrawn")
    assert staff.get(f"/staff/applications/{number}")["state"] == "withdrawn"


@VIEWS
def test_s1_13_staff_issue_and_terminate_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    customer: Client,
    size: dict[str, int],
    language: str,
) -> None:
    issue, decline = apply(customer, count=1)["number"], apply(customer)["number"]
    me = visitor("numbers", size, language)
    me.log_in("staff-admin", "/staff/login")
    expect(me.page.get_by_test_id("menu-accounts")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/staff/applications")
    expect(me.page.get_by_test_id("applications")).to_contain_text(issue)
    me.look("applications")
    me.page.get_by_role("link", name=decline).click()
    me.look("application")
    me.click("decline")
    me.click("confirm-decline")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("decline")
    me.fill(reason="審査の結果、ご用意できません。")
    me.click("confirm-decline")
    me.look("declined")
    me.page.goto(f"{embedded_system.url}/staff/applications/{issue}")
    me.click("issue")
    me.look("issue")
    me.click("confirm-issue")
    expect(me.page.get_by_test_id("phone-numbers")).to_be_visible()
    me.look("issued")
    number = me.page.get_by_test_id("phone-numbers").locator("li").inner_text()

    me.page.goto(f"{embedded_system.url}/staff/numbers")
    me.look("pool")
    me.page.goto(f"{embedded_system.url}/staff/numbers?state=free")
    me.page.locator("[data-testid^=remove-]").last.click()
    me.look("remove")
    me.click("confirm-remove")

    me.page.goto(f"{embedded_system.url}/staff/terminations")
    me.click("new")
    me.fill(phone_numbers=f"{number}\n05099999999")
    me.click("register")
    expect(me.page.get_by_test_id("row-errors")).to_contain_text("05099999999")
    me.look("bad-rows")
    me.fill(phone_numbers=number)
    me.click("register")
    expect(me.page.get_by_test_id("terminations")).to_contain_text(number)
    me.look("terminations")
    assert listed(customer, number)["end_date"] is None
    me.page.get_by_test_id(f"choose-{number}").check()
    me.click("complete-chosen")
    expect(me.page.get_by_test_id("chosen")).to_contain_text(number)
    me.look("complete")
    me.click("confirm-complete")
    expect(me.page).to_have_url(re.compile("/staff/terminations$"))
    me.page.goto(f"{embedded_system.url}/staff/terminations?state=completed")
    me.page.get_by_role("link", name=number).click()
    expect(me.page.get_by_test_id("end-date")).to_be_visible()
    me.look("completed")
    assert listed(customer, number)["end_date"] == clock.today().isoformat()
