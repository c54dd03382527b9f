"""Staff look up customers, contracts and lines, by page and by API."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitors

CUSTOMER = "C900000001"


@pytest.fixture(scope="module")
def staff(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.log_in("staff-admin")


@pytest.fixture(scope="module")
def contract(embedded_system: EmbeddedSystem) -> Any:
    found = embedded_system.log_in(CUSTOMER).get("/contracts")["items"]
    return max(found, key=lambda one: one["issued"])


class TestApi:
    def test_a_customer_is_found_and_shown(self, staff: Client, contract: Any) -> None:
        page = staff.get("/staff/customers", query=contract["customer_name"][1:])
        assert CUSTOMER in [one["customer_code"] for one in page["items"]]
        seen = staff.get(f"/staff/customers/{CUSTOMER}")
        assert seen["name"] == contract["customer_name"]
        shown = {one["contract_code"]: one for one in seen["contracts"]}[contract["contract_code"]]
        for count in ("issued", "in_service", "terminated"):
            assert shown[count] == contract[count]

    def test_contract_and_lines_are_those_that_the_customer_sees(
        self, embedded_system: EmbeddedSystem, staff: Client, contract: Any
    ) -> None:
        customer = embedded_system.log_in(CUSTOMER)
        path = f"/contracts/{contract['contract_code']}"
        assert staff.get(path) == customer.get(path)
        assert staff.get(f"{path}/lines", limit=20) == customer.get(f"{path}/lines", limit=20)
        files = [who.send("GET", f"{path}/lines.csv").text for who in (staff, customer)]
        assert files[0] == files[1]
        refused = staff.send("GET", f"{path}/lines.csv", params={"passwords": "clear"})
        assert (refused.status_code, refused.json()["code"]) == (403, "role.missing")

    def test_a_line_is_found_by_number_and_shows_no_password(self, staff: Client, contract: Any) -> None:
        line = staff.get(f"/contracts/{contract['contract_code']}/lines", limit=20)["items"][0]
        number = line["phone_number"]
        found = staff.get("/staff/search", query=f"{number[:3]}-{number[3:7]}-{number[7:]}")
        assert [one["phone_number"] for one in found["lines"]["items"]] == [number]
        seen = staff.get(f"/staff/lines/{number}")
        assert (seen["contract_code"], seen["customer_code"]) == (contract["contract_code"], CUSTOMER)
        assert seen["line_password"] in ("********", "")

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/staff/customers/nobody", 404, "customer.unknown"),
            ("/staff/lines/05099999999", 404, "line.unknown"),
            ("/staff/search?query=%20", 422, "lookup.empty"),
            ("/staff/search", 422, "request.invalid"),
            ("/staff/customers?cursor=x", 422, "page.bad_cursor"),
        ],
        ids=["customer", "line", "blank", "no-query", "cursor"],
    )
    def test_what_is_not_there_is_refused(self, staff: Client, path: str, status: int, code: str) -> None:
        answer = staff.send("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_customers_do_not_look_each_other_up(self, embedded_system: EmbeddedSystem) -> None:
        answer = embedded_system.log_in(CUSTOMER).send("GET", "/staff/search?query=C9")
        assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")


@VIEWS
def test_staff_come_from_the_search_to_customer_contract_and_line(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    contract: Any,
    size: dict[str, int],
    language: str,
) -> None:
    code = contract["contract_code"]
    me = visitor("customers", size, language)
    me.log_in("staff-admin", "/staff/login")
    expect(me.page.get_by_test_id("count-reflections")).to_be_visible()
    me.look("start")
    me.fill(query="　")
    me.click("lookup")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.fill(query="9876543210")
    me.click("lookup")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    me.look("nothing-found")
    me.fill(query="C9")
    me.click("lookup")
    expect(me.page.get_by_test_id("total-customers")).to_be_visible()
    me.look("found")
    me.fill(query=CUSTOMER.lower())
    me.click("lookup")
    expect(me.page.get_by_test_id("customer-code")).to_contain_text(CUSTOMER)
    me.look("customer")
    me.click("accounts")
    expect(me.page.get_by_test_id("accounts")).to_contain_text(CUSTOMER)
    me.page.goto(f"{embedded_system.url}/staff/customers")
    me.fill(query=contract["customer_name"])
    me.click("search")
    me.look("customers")
    me.page.get_by_test_id(f"customer-{CUSTOMER}").get_by_role("link").click()
    me.click(f"contract-{code}")
    expect(me.page.get_by_test_id("contract")).to_be_visible()
    me.look("contract")
    number = me.page.get_by_test_id("lines").locator("tbody th").first.inner_text()
    me.fill(phone_prefix=number[:3])
    me.click("search")
    expect(me.page.locator("#phone_prefix-error")).to_be_visible()
    me.fill(phone_prefix=number)
    me.click("search")
    me.page.get_by_test_id("lines").get_by_role("link", name=number).click()
    expect(me.page.get_by_test_id("state")).to_be_visible()
    me.look("line")
    me.page.goto(f"{embedded_system.url}/staff/")
    me.fill(query=number)
    me.click("lookup")
    expect(me.page).to_have_url(f"{embedded_system.url}/staff/lines/{number}")
    me.page.goto(f"{embedded_system.url}/staff/contracts/{code}?phone_prefix={number}")
    with me.page.expect_download() as download:
        me.click("csv")
    assert number in Path(str(download.value.path())).read_text("utf-8-sig")
