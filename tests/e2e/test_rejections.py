"""着信拒否一括登録・削除, by the API and by page."""

from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import FilePayload, expect

from tests.e2e.pages import new_person
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.test_masters import CONTRACT, LOGIN, come_in, numbers, open_from_menu, place
from tests.e2e.visitor import VIEWS, Visitors

PATH = f"{CONTRACT}/rejections"
UPLOAD = "/selfcare/rejections/MC0000001/upload"


def send(client: Client, content: bytes, action: str = "register", **options: Any) -> requests.Response:
    mode = options.pop("mode", "apply")
    given = {"data": content, "headers": {"Content-Type": "text/csv"}} | options
    return client.send("POST", PATH, params={"action": action, "mode": mode}, **given)


@pytest.fixture
def client(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.client(LOGIN)


class TestByApi:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
    def test_s0_35_a_file_registers_and_deletes_and_comes_back_unchanged(
        self, client: Client, encoding: str
    ) -> None:
        one, two = numbers(client)[:2]
        text = f"050番号,着信拒否番号\r\n{one},0311112222\r\n\r\n{two},09011112222\r\n"
        report = send(client, text.encode(encoding)).json()
        assert (report["rows"], report["changed"], report["applied"]) == (2, 2, True)
        page = client.get(PATH, number_prefix="0311112222")
        assert page["items"] == [{"phone_number": one, "rejected_number": "0311112222"}]
        file = client.send("GET", f"{PATH}.csv", params={"encoding": encoding.removesuffix("-sig")})
        assert file.status_code == 200
        again = send(client, file.content, data=None, files={"file": file.content}, headers={}).json()
        assert (again["changed"], again["unchanged"], again["errors"]) == (0, 2, [])
        assert [note["code"] for note in again["notes"]] == ["rejection.known"] * 2
        assert client.send("DELETE", f"{PATH}/{one}/0311112222").status_code == 204
        gone = client.send("DELETE", f"{PATH}/{one}/0311112222")
        assert (gone.status_code, gone.json()["code"]) == (404, "rejection.unknown")
        report = send(client, file.content, "delete").json()
        assert (report["changed"], report["unchanged"]) == (1, 1)
        assert client.get(PATH)["total"] == 0

    def test_s0_35_bad_rows_are_told_in_words(self, client: Client) -> None:
        one = numbers(client)[0]
        text = f"{one},0311112222\n05099999999,0311112222\n{one},03-1111-2222\n".encode()
        checked = send(client, text, mode="validate")
        assert checked.status_code == 200
        said = [(fault["row"], fault["code"], fault["detail"]) for fault in checked.json()["errors"]]
        assert said == [
            (
                2,
                "rejection.line_unknown",
                "This contract has no line with this 050 number. Please check the number.",
            ),
            (
                3,
                "rejection.number_format",
                "Write the rejected number as 10 to 14 half-width digits that begin with 0, without hyphens.",
            ),
        ]
        refused = send(client, text)
        assert (refused.status_code, refused.json()["code"]) == (422, "rejection.rejected")
        assert [fault["row"] for fault in refused.json()["errors"]] == [2, 3]
        assert client.get(PATH)["total"] == 0

    @pytest.mark.parametrize(
        ("content", "options", "status", "code"),
        [
            (b"", {}, 422, "upload.empty"),
            ("05012345678,0311112222".encode("utf-16"), {}, 422, "rejection.encoding"),
            (b"\x81", {}, 422, "rejection.encoding"),
            (b"header,only\n", {}, 422, "rejection.empty"),
            (b"05012345678,0311112222\n" * 10_001, {}, 422, "rejection.too_many_rows"),
            (b"0" * 5_242_881, {}, 422, "rejection.too_large"),
            (b"0" * 8_388_609, {}, 413, "request.too_large"),
            (b"{}", {"headers": {"Content-Type": "application/json"}}, 415, "request.content_type"),
        ],
        ids=["empty", "utf-16", "half", "header", "rows", "bytes", "body", "json"],
    )
    def test_s0_35_what_is_no_list_is_refused(
        self, client: Client, content: bytes, options: dict[str, Any], status: int, code: str
    ) -> None:
        answer = send(client, content, **options)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_another_customer_finds_nothing(self, embedded_system: EmbeddedSystem) -> None:
        stranger = embedded_system.client("C900000001")
        for answer in (
            stranger.send("GET", PATH),
            stranger.send("GET", f"{PATH}.csv"),
            send(stranger, b"05012345678,0311112222\n"),
            stranger.send("DELETE", f"{PATH}/05012345678/0311112222"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "contract.unknown")


def test_s0_35_ten_thousand_rows_can_be_pasted(embedded_system: EmbeddedSystem) -> None:
    """More bytes than a form may have elsewhere; the line has no room for all of them."""
    client = embedded_system.client(LOGIN)
    line = numbers(client)[0]
    text = "\n".join(f"{line:>30},{f'03{number:08}':>30}" for number in range(10_000))
    person = new_person(embedded_system, "mobile_choice")
    pages = person.pages()
    person.log_in(pages)
    seen = pages.submit(UPLOAD, action="register", text=text)
    assert seen.status == 422
    assert "誤りが9,000件あるため" in seen.text
    assert seen.text.count("この回線に登録できる着信拒否番号は1,000件までです。") == 1_000
    # confirmed, and wrong by then: the page comes back with the row
    seen = pages.submit(
        UPLOAD, UPLOAD.replace("upload", "apply"), action="register", text="05099999999,0311112222"
    )
    assert seen.status == 422
    assert "このご契約に見つかりません" in seen.text
    assert "05099999999,0311112222" in seen.text
    assert client.get(PATH)["total"] == 0


@VIEWS
def test_s0_35_rejections_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    size: dict[str, int],
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    client = embedded_system.client(LOGIN)
    line = numbers(client)[place(request)]
    me = visitor("rejections", size, language)
    come_in(me)
    open_from_menu(me, "rejections")
    me.look("empty")
    me.click("register")
    me.click("check")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.fill(text=f"{line},0311112222\n05099999999,0311112222\n{line},03-1111-2222")
    me.click("check")
    expect(me.page.get_by_test_id("errors").get_by_role("row")).to_have_count(3)
    me.look("errors")
    content = f"050番号,着信拒否番号\r\n{line},0311112222\r\n{line},09011112222\r\n".encode("cp932")
    file = FilePayload(name="numbers.csv", mimeType="text/csv", buffer=content)
    me.page.locator("#file").set_input_files(file)
    me.click("check")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.fill(text="")
    me.page.locator("#file").set_input_files(file)
    me.click("check")
    expect(me.page.get_by_test_id("count-changed")).to_contain_text("2")
    me.look("confirm")
    me.click("apply")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    me.look("done")
    me.page.reload()
    me.click("to-list")
    me.fill(phone_prefix=line)
    me.click("search")
    expect(me.page.get_by_test_id("entries").get_by_role("row")).to_have_count(3)
    me.look("list")
    with me.page.expect_download() as download:
        me.click("csv")
    downloaded = Path(str(download.value.path())).read_text("utf-8-sig")
    me.click(f"delete-{line}-0311112222")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    expect(me.page.get_by_test_id("entries").get_by_role("row")).to_have_count(2)
    me.click("delete-many")
    me.fill(text=downloaded)
    me.click("check")
    expect(me.page.get_by_test_id("notes").get_by_role("row")).to_have_count(2)
    me.look("confirm-delete")
    me.click("apply")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    assert client.get(PATH, phone_prefix=line)["total"] == 0
