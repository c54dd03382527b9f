"""マスタテーブル設定 and グループ・利用制限設定・内容変更, by the API and by page."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import new_person
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors

LOGIN, ADDRESS = "C900000002", "sakura@design.example"
CONTRACT = "/contracts/MC0000001"
BAND = {"days": "weekdays", "start": "09:00", "end": "18:00"}
LIMIT = {"name": "平日昼のみ", "bars_international": True, "monthly_ceiling": 3000, "bands": [BAND]}


@pytest.fixture
def client(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.client(LOGIN)


def numbers(client: Client, **search: str) -> list[str]:
    items = client.get(f"{CONTRACT}/line-choices", **search)["items"]
    return [one["phone_number"] for one in items]


def refusal(client: Client, method: str, path: str, body: Any = None) -> tuple[int, str, list[str]]:
    answer = client.send(method, f"{CONTRACT}{path}", json=body)
    problem = answer.json()
    return answer.status_code, problem["code"], [one.get("pointer", "") for one in problem["errors"]]


class TestByApi:
    def test_s0_33_a_group_is_added_changed_and_deleted(self, client: Client) -> None:
        answer = client.send("POST", f"{CONTRACT}/line-groups", json={"code": "API", "name": "設計部"})
        assert answer.status_code == 201
        group = answer.json()
        assert answer.headers["Location"] == f"/api/v1{CONTRACT}/line-groups/API"
        path = f"{CONTRACT}/line-groups/API"
        assert client.get(path) == group
        assert group in client.get(f"{CONTRACT}/line-groups")["items"]
        change = {"name": "積算部", "version": group["version"]}
        changed = client.send("PUT", path, json=change)
        assert (changed.status_code, changed.json()["name"]) == (200, "積算部")
        assert refusal(client, "PUT", "/line-groups/API", change) == (409, "master.changed", [])
        taken = refusal(client, "POST", "/line-groups", {"code": "API", "name": "x"})
        assert taken == (409, "master.exists", ["/code"])
        assert client.send("DELETE", path).status_code == 204
        assert refusal(client, "DELETE", "/line-groups/API") == (404, "master.unknown", [])

    def test_s0_33_a_limit_is_added_changed_and_deleted(self, client: Client) -> None:
        limit = client.post(f"{CONTRACT}/usage-limits", {"code": "API", **LIMIT}, 201)
        assert limit == LIMIT | {
            "code": "API",
            "bars_premium": False,
            "bars_directory": False,
            "lines": 0,
            "version": limit["version"],
        }
        path = f"{CONTRACT}/usage-limits/API"
        assert client.get(path) == limit
        wrong = {**LIMIT, "bands": [BAND, BAND], "version": limit["version"]}
        overlap = (422, "usage_limit.bands_overlap", ["/bands/1/start"])
        assert refusal(client, "PUT", "/usage-limits/API", wrong) == overlap
        free = {"name": "無制限", "version": limit["version"]}
        changed = client.send("PUT", path, json=free).json()
        assert (changed["name"], changed["monthly_ceiling"], changed["bands"]) == ("無制限", None, [])
        assert client.send("DELETE", path).status_code == 204

    def test_s0_34_lines_are_assigned_by_number_and_by_search(self, client: Client) -> None:
        client.post(f"{CONTRACT}/line-groups", {"code": "API2", "name": "現場"}, 201)
        client.post(f"{CONTRACT}/usage-limits", {"code": "API2", **LIMIT}, 201)
        one, two = numbers(client)[-2:]
        path = f"{CONTRACT}/line-choices"
        done = client.post(path, {"phone_numbers": [one, two], "group": "API2"})
        assert done == {"lines": 2, "changed": 2}
        assert numbers(client, group="API2") == [one, two]
        assert refusal(client, "DELETE", "/line-groups/API2")[:2] == (409, "master.in_use")
        search = {"search": {"group": "API2"}, "expected": 2, "usage_limit": "API2"}
        assert client.post(f"{path}/by-search", search) == {"lines": 2, "changed": 2}
        assert client.get(path, usage_limit="API2")["items"][0] == {
            "phone_number": one,
            "mobile_number": client.get(path, phone_prefix=one)["items"][0]["mobile_number"],
            "group_code": "API2",
            "group_name": "現場",
            "limit_code": "API2",
            "limit_name": "平日昼のみ",
        }
        stale = search | {"expected": 3, "group": None}
        assert refusal(client, "POST", "/line-choices/by-search", stale)[1] == "line_choice.hits_changed"
        unknown = {"phone_numbers": [one, "05099999999"], "group": "API2"}
        fault = (422, "line_choice.line_unknown", ["/phone_numbers/1"])
        assert refusal(client, "POST", "/line-choices", unknown) == fault
        both = {"phone_numbers": [one, two], "group": None, "usage_limit": None}
        assert client.post(path, both) == {"lines": 2, "changed": 2}
        for kind in ("line-groups", "usage-limits"):
            assert client.send("DELETE", f"{CONTRACT}/{kind}/API2").status_code == 204

    def test_another_customer_finds_nothing(self, embedded_system: EmbeddedSystem) -> None:
        stranger = embedded_system.client("C900000001")
        for path in ("/line-groups", "/usage-limits", "/line-choices"):
            assert refusal(stranger, "GET", path) == (404, "contract.unknown", [])


def test_s0_34_what_cannot_be_set_is_told_on_the_confirmation(embedded_system: EmbeddedSystem) -> None:
    client = embedded_system.client(LOGIN)
    person = new_person(embedded_system, "mobile_choice")
    pages = person.pages()
    person.log_in(pages)
    confirm = "/selfcare/assignments/MC0000001/confirm"
    number = numbers(client)[0]
    for address, status, text in (
        (f"{confirm}?number=05099999999&new_group=-", 422, "05099999999の回線は、このご契約に見つかりません"),
        (f"{confirm}?number={number}&new_group=NONE", 422, "選んだグループは登録されていません"),
        (f"{confirm}?all=1&new_usage_limit=-", 409, "対象の回線が、確認した時の1件から"),
    ):
        seen = pages.submit(address)
        assert (seen.status, text in seen.text) == (status, True)
    for query, text in (
        ("new_group=-", "回線が選ばれていません"),
        (f"number={number}", "どちらも変更しない"),
    ):
        seen = pages.get(f"{confirm}?{query}")
        assert (seen.path, text in seen.text) == ("/selfcare/assignments/MC0000001", True)


def come_in(me: Visitor) -> None:
    known = len(me.system.codes(ADDRESS))
    me.log_in(LOGIN, "/selfcare/mobile_choice/login")
    me.page.locator("#code").fill(me.system.mailed_code(ADDRESS, known))
    me.click("submit")


def open_from_menu(me: Visitor, entry: str) -> None:
    """From the menu by the guidance to the input page in its own window."""
    me.click(f"menu-{entry}")
    me.look("guidance")
    with me.page.expect_popup() as opened:
        me.click("open-MC0000001")
    me.page = opened.value


def place(request: pytest.FixtureRequest) -> int:
    """A number of its own for each of the four views."""
    return ["wide-ja", "wide-en", "narrow-ja", "narrow-en"].index(request.node.callspec.id)


@VIEWS
def test_s0_33_s0_34_masters_and_assignments_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    client = embedded_system.client(LOGIN)
    code = f"V{place(request)}"
    number = numbers(client)[place(request)]
    me = visitor("masters", size, language)
    come_in(me)
    open_from_menu(me, "masters")
    me.look("empty")

    me.click("add-groups")
    me.click("store")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("group-errors")
    me.fill(code=code, name="意匠設計グループ")
    me.click("store")
    expect(me.page.get_by_test_id(f"group-{code}")).to_contain_text("意匠設計グループ")

    me.click("add-limits")
    me.fill(code=code, name="平日の昼だけ", monthly_ceiling="5,000")
    me.page.locator("#bars_international").check()
    me.page.locator("#band_0_days").select_option("weekdays")
    me.fill(band_0_start="9:00", band_0_end="12:00")
    me.page.locator("#band_2_days").select_option("weekdays")
    me.fill(band_2_start="11:00", band_2_end="24:00")
    me.click("more")
    expect(me.page.get_by_test_id("band-5")).to_be_visible()
    me.click("store")
    expect(me.page.locator("#band_2_start-error")).to_be_visible()
    me.look("limit-overlap")
    me.fill(band_2_start="13:00")
    me.click("store")
    expect(me.page.get_by_test_id(f"limit-{code}")).to_contain_text("13:00–24:00")
    me.look("masters")

    stored = client.get(f"{CONTRACT}/usage-limits/{code}")
    me.click(f"change-limits-{code}")
    expect(me.page.locator("#band_1_start")).to_have_value("13:00")
    other = {name: stored[name] for name in ("bands", "monthly_ceiling", "version")}
    client.send("PUT", f"{CONTRACT}/usage-limits/{code}", json={"name": "ほかの人の名前", **other})
    me.fill(name="平日だけ")
    me.click("store")
    expect(me.page.get_by_test_id("show-latest")).to_be_visible()
    me.look("changed-by-another")
    me.click("show-latest")
    expect(me.page.locator("#name")).to_have_value("ほかの人の名前")
    me.fill(name="平日だけ")
    me.click("store")
    expect(me.page.get_by_test_id(f"limit-{code}")).to_contain_text("平日だけ")

    me.click("to-assignments")
    me.look("assignments")
    me.click("confirm")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    me.page.get_by_test_id(f"tick-{number}").check()
    me.page.locator("#new_group").select_option(code)
    me.page.locator("#new_usage_limit").select_option(code)
    me.click("confirm")
    expect(me.page.get_by_test_id("lines")).to_contain_text(number)
    me.look("confirm")
    me.click("assign")
    expect(me.page.get_by_test_id("count-changed")).to_be_visible()
    me.look("done")
    me.click("to-list")
    expect(me.page.get_by_test_id(f"line-{number}")).to_contain_text("意匠設計グループ")
    me.page.locator("#group").select_option(code)
    me.click("search")
    expect(me.page.get_by_test_id("lines").get_by_role("checkbox")).to_have_count(1)
    me.look("found")

    me.page.goto(f"{embedded_system.url}/selfcare/masters/MC0000001/groups/{code}/delete")
    expect(me.page.get_by_test_id("show-lines")).to_be_visible()
    me.look("in-use")
    me.click("show-lines")
    me.click("tick-all")
    me.page.locator("#new_group").select_option("-")
    me.page.locator("#new_usage_limit").select_option("-")
    me.click("confirm")
    me.look("confirm-all")
    me.click("assign")
    expect(me.page).to_have_url(re.compile("/done"))
    for kind in ("groups", "limits"):
        me.page.goto(f"{embedded_system.url}/selfcare/masters/MC0000001/{kind}/{code}/delete")
        me.look(f"delete-{kind}")
        me.click("delete")
        expect(me.page.get_by_test_id("messages")).to_be_visible()
    me.look("deleted")
