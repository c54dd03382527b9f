"""What people do is in the audit trail: for the customer's administrators, for staff, as a file, and verified."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.system import Client, EmbeddedSystem, System
from tests.e2e.visitor import VIEWS, Visitors
from tests.harness import until


@pytest.fixture
def administrator(system: System) -> Client:
    """Has just logged in."""
    return system.log_in("aoba-admin")


@pytest.fixture
def staff(system: System) -> Client:
    return system.client("staff-admin")


def test_an_administrator_sees_what_was_done_for_the_customer_and_nothing_else(
    system: System, administrator: Client
) -> None:
    today = f"{clock.today():%Y-%m-%d}"
    found = administrator.get("/audit", since=today, until=today, limit=100)["items"]
    newest = max(found, key=lambda item: item["seq"])
    assert newest["at"].endswith("+09:00")
    expected = {"action": "login.completed", "login_id": "aoba-admin", "result": "done", "kind": "console"}
    assert newest.items() >= expected.items()
    assert newest["client_ip"] == "127.0.0.1"
    assert newest["correlation_id"]
    everything = administrator.get("/audit", limit=100)["items"]
    assert {item["customer_code"] for item in everything} == {"TC0001-00001"}
    found = administrator.get("/audit", login_id="aoba-admin", action="login.", since=today, until=today)
    assert found["total"] >= 1
    assert {item["login_id"] for item in found["items"]} == {"aoba-admin"}
    tomorrow = f"{clock.today() + timedelta(days=1):%Y-%m-%d}"
    assert administrator.get("/audit", since=tomorrow)["items"] == []


def test_an_import_is_in_the_trail_of_the_staff_under_the_id_of_its_request(
    system: System, staff: Client, administrator: Client
) -> None:
    request_id = uuid4().hex
    files = {
        "customers": f"customer_code,name\nC9{uuid4().int % 10**8:08d},みほん商会\n",
        "usage": "record_id,sim_serial,used_at,bytes\n",
    }
    for kind, text in files.items():
        answer = staff.send(
            "POST",
            f"/staff/imports/{kind}",
            params={"mode": "apply"},
            data=text.encode(),
            headers={"Content-Type": "text/csv", "X-Correlation-Id": request_id},
        )
        assert answer.status_code == 200, answer.text

    def recorded() -> dict[str, Any]:
        items = staff.get("/audit", action="file.imported", login_id="staff-admin", limit=100)["items"]
        return {item["target"]: item for item in items if item["correlation_id"] == request_id}

    found = until(lambda: len(now := recorded()) == 2 and now, message="not recorded")
    assert found
    assert found["customers"]["details"] == {"rows": 1, "created": 1, "updated": 0, "unchanged": 0}
    assert found["usage"]["details"]["rows"] == 0
    assert found["usage"]["client_ip"] == "127.0.0.1"
    assert administrator.get("/audit", action="file.")["items"] == []


def test_the_file_has_all_hits_and_no_formula(system: System, administrator: Client) -> None:
    wish = {"name": "=1+1", "role": "viewer", "expires_on": str(clock.today() + timedelta(days=30))}
    administrator.post("/api-keys", wish, 201)
    answer = administrator.send("GET", "/audit.csv", params={"action": "key.created"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit_')
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert header[:6] == ["Record", "Time", "Who", "Kind of account", "Customer number", "Action"]
    assert len(rows) == administrator.get("/audit", action="key.created")["total"]
    newest = dict(zip(header, rows[0], strict=True))
    assert newest["Target"] == "'=1+1"
    assert (newest["Action"], newest["Result"]) == ("key.created", "done")
    japanese = Client(system.url, administrator.token, "ja").send("GET", "/audit.csv?encoding=cp932")
    assert japanese.content.decode("cp932").startswith('"記録番号","時刻","実行者"')


@pytest.mark.parametrize("path", ["/audit", "/audit.csv"])
@pytest.mark.parametrize("login_id", ["aoba-viewer", "C900000001"])
def test_others_are_refused(system: System, login_id: str, path: str) -> None:
    refused = system.client(login_id).send("GET", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "role.missing")


def test_a_period_is_not_reversed(administrator: Client) -> None:
    refused = administrator.send("GET", "/audit?since=2026-04-02&until=2026-04-01")
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "audit.range_reversed")
    assert problem["errors"][0]["pointer"] == "/until"


def test_staff_verify_the_trail_and_expect_a_place_of_it(staff: Client, administrator: Client) -> None:
    step = staff.get("/audit/verification")
    assert (step["first_break"], step["done"]) == (None, True)
    assert step["checked"] == step["last_seq"] > 0
    place = f"{step['last_seq']}:{step['last_hash']}"
    onward = staff.get("/audit/verification", after=place, expect=place)
    assert (onward["first_break"], onward["done"]) == (None, True)
    assert staff.get("/audit/verification", expect=place)["first_break"] is None
    other = f"{step['last_seq']}:{'0' * 64}"
    broken = staff.get("/audit/verification", expect=other)["first_break"]
    assert broken == {"seq": step["last_seq"], "reason": "anchor"}
    refused = administrator.send("GET", "/audit/verification")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
    for malformed in ("1", "0:" + "0" * 64, "1:xyz", "-1:" + "0" * 64, "9" * 30 + ":" + "0" * 64):
        assert staff.send("GET", "/audit/verification", params={"expect": malformed}).status_code == 422


@VIEWS
def test_the_page_of_an_administrator(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("audit", size, language)
    me.log_in("aoba-admin", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/console/audit")
    table = me.page.get_by_test_id("audit")
    done = {"ja": "ログイン完了", "en": "Login completed"}[language]
    expect(table.locator("tbody tr").first).to_contain_text(done)
    me.look("listing")
    me.page.locator("#login_id").fill("aoba-admin")
    me.page.locator("#action").select_option("login.completed")
    me.click("search")
    expect(table.locator("tbody tr").first).to_contain_text("aoba-admin")
    with me.page.expect_download() as download:
        me.click("csv")
    rows = Path(str(download.value.path())).read_text("utf-8-sig").splitlines()
    assert len(rows) > 1
    assert all('"login.completed"' in row for row in rows[1:])
    me.page.locator("#since").fill("2026-04-02")
    me.page.locator("#until").fill("2026-04-01")
    me.click("search")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("reversed")
    me.click("clear")
    me.page.locator("#login_id").fill("nobody")
    me.click("search")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    me.look("nothing")


@VIEWS
def test_the_page_of_the_staff(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("staff-audit", size, language)
    me.log_in("staff-admin", "/staff/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/staff/audit?limit=20")
    expect(me.page.get_by_test_id("audit").locator("tbody tr")).to_have_count(20)
    me.look("listing")
    me.page.get_by_test_id("pager").get_by_role("link").first.click()
    expect(me.page.get_by_test_id("range")).to_contain_text("21")
    me.page.locator("#customer_code").fill("TC0001-00001")
    me.click("search")
    expect(me.page.get_by_test_id("audit").locator("tbody tr").first).to_contain_text("TC0001-00001")
    me.look("of-a-customer")


def test_who_is_no_administrator_is_offered_no_trail(
    visitor: Visitors, embedded_system: EmbeddedSystem
) -> None:
    me = visitor("no-audit", {"width": 1280, "height": 900}, "ja")
    me.log_in("aoba-viewer", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    expect(me.page.get_by_role("link", name="監査ログ")).to_have_count(0)
    answer = me.page.goto(f"{embedded_system.url}/console/audit")
    assert answer is not None
    assert answer.status == 403
    me.look("refused")
