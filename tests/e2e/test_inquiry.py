"""ご契約情報照会 in the browser and at the API: search, sort, pages, files."""

import csv
import io
import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.pages import PHONE
from tests.e2e.system import Client, EmbeddedSystem, System
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors

SMALL = "C900000001"


def come_in(me: Visitor, login_id: str, password: str, email: str) -> None:
    """Log in at the self-care portal for IP phones, up to the menu."""
    me.open("/selfcare/ip_phone/login")
    known = len(me.system.codes(email))
    me.fill(login_id=login_id, password=password)
    me.click("submit")
    expect(me.page.locator("#code")).to_be_visible()
    me.fill(code=me.system.mailed_code(email, known))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()


def small(me: Visitor) -> str:
    """Come in as the demo customer with 30 lines; the address of the inquiry."""
    login = me.system.credentials(SMALL)
    come_in(me, SMALL, login["password"], me.system.logins[SMALL]["email"])
    return f"{me.system.url}/selfcare/contracts/IP0000001/lines"


@pytest.fixture(scope="module")
def large(embedded_system: EmbeddedSystem) -> dict[str, str]:
    """The login of a customer with a contract of 5,001 lines, and one without any line."""
    name = secrets.token_hex(3)
    customer, contract, empty = f"C9{name}", f"K{name}", f"Z{name}"
    login = {"login_id": customer, "password": secrets.token_urlsafe(12), "email": f"{name}@home.example"}
    block = "本社,ip_phone,ip_phone,IP電話サービス,192.0.2.10,sip.example,3分課金プラン,standard"
    first = int(f"058{secrets.randbelow(1000):03d}00000")
    files = {
        "customers": ["customer_code,name", f"{customer},多回線商事"],
        "contracts": [
            "contract_code,customer_code,project_name,family,service_type,service_name,sip_proxy,sip_domain,"
            "call_plan,display_plan",
            *(f"{code},{customer},{block}" for code in (contract, empty)),
        ],
        "lines": [
            "contract_code,phone_number,account_id,line_password,addon_password,start_date,end_date,channels,"
            "notified_number,pilot_number,mobile_number",
            *(
                f"{contract},{first + place:011d},8150{place:08d},,,2024-04-{1 + place % 30:02d},,2,,,"
                for place in range(5001)
            ),
        ],
        "accounts": [
            "login_id,kind,customer_code,role,email,contact_phone,initial_password,language",
            f"{customer},selfcare,{customer},,{login['email']},{PHONE},{login['password']},ja",
        ],
    }
    staff = embedded_system.client("staff-admin")
    for kind, rows in files.items():
        answer = staff.send(
            "POST",
            f"/staff/imports/{kind}",
            params={"mode": "apply"},
            data="\n".join(rows).encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text
    return login | {"contract": contract, "empty": empty, "first": f"{first:011d}"}


def shown(me: Visitor, column: int) -> list[str]:
    """The cells of a column of the line table, No being 0."""
    rows = me.page.get_by_test_id("lines").locator("tbody tr")
    return [row.locator("td, th").nth(column).inner_text().strip() for row in rows.all()]


@VIEWS
def test_lines_are_sorted_paged_and_taken_as_a_file(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("sort", size, language)
    url = small(me)
    me.page.goto(f"{url}?status=in_service")
    heads = me.page.get_by_test_id("lines").locator("thead th")
    expect(heads.locator("a")).to_have_count(9)  # not the two passwords
    expect(heads.nth(0)).to_have_attribute("aria-sort", "ascending")
    me.look("by-number")
    heads.nth(1).locator("a").click()
    expect(heads.nth(1)).to_have_attribute("aria-sort", "ascending")
    ascending = shown(me, 1)
    assert ascending == sorted(ascending)
    heads.nth(1).locator("a").click()
    expect(heads.nth(1)).to_have_attribute("aria-sort", "descending")
    me.look("by-number-descending")
    first = shown(me, 1)
    assert first == sorted(first, reverse=True)
    me.page.locator("[rel=next]").click()
    second = shown(me, 1)
    assert first + second == sorted({*first, *second}, reverse=True)
    assert "status=in_service" in me.page.url
    me.page.get_by_role("link", name="50", exact=True).click()
    assert shown(me, 1) == first + second
    me.page.locator("#phone_prefix").fill(first[0][:7])
    me.click("search")
    expect(heads.nth(1)).to_have_attribute("aria-sort", "descending")

    with me.page.expect_download() as download:
        me.click("csv")
    expect(me.page.get_by_test_id("download-status")).not_to_be_empty()
    assert download.value.suggested_filename.startswith("lines_IP0000001_")
    rows = read(download.value.path(), "utf-8-sig")
    assert all(row[1].startswith('="0') for row in rows[1:])
    me.page.locator("#csv-cells").select_option("plain")
    me.page.locator("#csv-encoding").select_option("cp932")
    with me.page.expect_download() as download:
        me.click("csv")
    plain = read(download.value.path(), "cp932")
    assert [row[1] for row in rows[1:]] == [f'="{row[1]}"' for row in plain[1:]]
    assert plain[0][1] == ("電話番号" if language == "ja" else "Phone number")
    me.look("downloaded")


def read(path: Path, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


@VIEWS
def test_s1_12_more_than_5000_ask_to_narrow_and_still_have_their_file(
    visitor: Visitors,
    large: dict[str, str],
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
) -> None:
    me = visitor("large", size, language)
    come_in(me, large["login_id"], large["password"], large["email"])
    me.click("menu-contracts")
    me.look("guidance")
    url = f"{embedded_system.url}/selfcare/contracts"
    me.page.goto(f"{url}/{large['contract']}/lines")
    expect(me.page.get_by_test_id("too-many")).to_contain_text("5,001")
    expect(me.page.get_by_test_id("lines")).to_have_count(0)
    me.look("too-many")
    with me.page.expect_download() as download:
        me.click("csv")
    assert len(read(download.value.path(), "utf-8-sig")) == 5002
    expect(me.page.get_by_test_id("download-status")).to_contain_text("5,001")
    me.page.locator("#start_from").fill("2024-04-02")
    me.click("search")
    expect(me.page.get_by_test_id("hits")).to_contain_text("4,834")
    me.page.locator("#start_to").fill("2024-04-01")
    me.click("search")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("reversed")
    me.page.goto(f"{url}/{large['contract']}/lines?phone_prefix=0999999")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    expect(me.page.get_by_test_id("csv")).to_have_count(0)
    me.look("nothing-found")
    me.page.goto(f"{url}/{large['empty']}/lines")
    me.look("no-lines")
    me.click("back")
    expect(me.page).to_have_url(re.compile("/selfcare/contracts$"))


def test_a_download_shows_how_far_it_is_and_can_be_given_up(
    visitor: Visitors, large: dict[str, str], embedded_system: EmbeddedSystem
) -> None:
    me = visitor("progress", WIDE, "ja")
    come_in(me, large["login_id"], large["password"], large["email"])
    me.page.goto(f"{embedded_system.url}/selfcare/contracts/{large['contract']}/lines")
    held: list[Route] = []
    me.page.route("**/lines.csv*", lambda route: held.append(route))  # the answer does not come
    me.click("csv")
    expect(me.page.get_by_test_id("download-progress")).to_be_visible()
    expect(me.page.get_by_test_id("download-count")).to_have_text("0 / 5,001件")
    me.look("under-way")
    me.click("csv")  # a second press starts no second one
    me.click("download-cancel")
    expect(me.page.get_by_test_id("download-progress")).to_be_hidden()
    expect(me.page.get_by_test_id("download-status")).to_contain_text("中止")
    expect(me.page.get_by_test_id("csv")).to_be_focused()
    assert len(held) == 1
    me.look("cancelled")
    me.page.unroute("**/lines.csv*")
    with me.page.expect_download():
        me.click("csv")


def test_a_file_needs_no_javascript(visitor: Visitors, embedded_system: EmbeddedSystem) -> None:
    me = visitor("no-script", WIDE, "ja", script=False)
    me.page.goto(small(me))
    me.page.locator("#csv-encoding").select_option("cp932")
    for button in ("csv", "csv-with-passwords"):
        with me.page.expect_download() as download:
            me.click(button)
        rows = read(download.value.path(), "cp932")
        assert len(rows) == 31
        assert rows[1][1].startswith('="0')


@pytest.fixture
def selfcare(system: System) -> Client:
    return system.client(SMALL)


def test_the_api_sorts_and_binds_its_cursors_to_the_sort(selfcare: Client) -> None:
    path = "/contracts/IP0000001/lines"
    first = selfcare.get(path, sort="-phone_number", limit=20)
    rest = selfcare.get(path, sort="-phone_number", limit=20, cursor=first["next_cursor"])
    numbers = [line["phone_number"] for line in (*first["items"], *rest["items"])]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == first["total"]

    def refusal(**query: Any) -> tuple[int, str]:
        answer = selfcare.send("GET", path, params=query)
        return answer.status_code, answer.json()["code"]

    assert refusal(cursor=first["next_cursor"]) == (422, "page.bad_cursor")
    assert refusal(sort="line_password") == (422, "request.invalid")


def test_the_pages_refuse_what_cannot_be_sorted_by(visitor: Visitors) -> None:
    me = visitor("bad-sort", WIDE, "ja")
    me.page.goto(f"{small(me)}?sort=line_password")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("refused")
