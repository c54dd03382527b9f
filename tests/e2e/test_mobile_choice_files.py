"""モバイルチョイス050登録, 解除 and アップロード・ダウンロード, by the API and by page, as a customer walks them."""

import csv
import io
import itertools
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors

LOGIN, CONTRACT, MAIL = "C900000002", "MC0000001", "sakura@design.example"
HEADER = "050番号,携帯番号,グループコード,利用制限コード"

_mobiles = itertools.count(1)


def new_mobile() -> str:
    return f"0807000{next(_mobiles):04d}"


@pytest.fixture(scope="module")
def selfcare(embedded_system: EmbeddedSystem) -> Client:
    return embedded_system.log_in(LOGIN)


def lines(client: Client) -> dict[str, str | None]:
    """The mobile numbers of the 050 numbers in service, as the inquiry shows them."""
    found = client.get(f"/contracts/{CONTRACT}/lines", status="in_service", limit=100)["items"]
    return {
        line["phone_number"]: line["mobile_number"]
        for line in found
        if line["phone_number"].startswith("050")
    }


def free_line(client: Client) -> str:
    return next(number for number, mobile in lines(client).items() if mobile is None)


def send(client: Client, path: str, body: Any, key: str = "") -> requests.Response:
    return client.send("POST", path, json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})


def pair(client: Client, number: str, mobile: str) -> requests.Response:
    return send(client, "/pairs", {"pairs": [{"phone_number": number, "mobile_number": mobile}]})


def release(client: Client, *numbers: str) -> requests.Response:
    return send(client, "/pairs/release", {"phone_numbers": numbers})


def download(client: Client, encoding: str = "utf-8", cells: str = "plain") -> bytes:
    asked = {"encoding": encoding, "cells": cells}
    answer = client.send("GET", f"/contracts/{CONTRACT}/choices.csv", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.content


def check(client: Client, content: bytes, **options: Any) -> requests.Response:
    options = options or {"data": content, "headers": {"Content-Type": "text/csv"}}
    return client.send("POST", f"/contracts/{CONTRACT}/choices/check", **options)


def plain(content: str) -> bytes:
    """As a spreadsheet saves a file: without quotes."""
    out = io.StringIO()
    csv.writer(out).writerows(csv.reader(io.StringIO(content)))
    return out.getvalue().encode()


class TestApi:
    def test_s0_31_s0_32_a_pair_comes_into_the_inquiry_and_goes(self, selfcare: Client) -> None:
        number, mobile = free_line(selfcare), new_mobile()
        answer = pair(selfcare, number, mobile)
        expected = {"contract_code": CONTRACT, "phone_number": number, "mobile_number": mobile}
        assert (answer.status_code, answer.json()) == (201, {"items": [expected]})
        assert lines(selfcare)[number] == mobile
        assert selfcare.get("/pairs", digits=mobile)["items"] == [expected]
        shown = selfcare.post("/pairs/release/check", {"phone_numbers": [number]})
        assert shown == release(selfcare, number).json() == {"items": [expected]}
        assert lines(selfcare)[number] is None

    def test_s0_31_double_pairing_is_refused(self, selfcare: Client) -> None:
        number, mobile = free_line(selfcare), new_mobile()
        pair(selfcare, number, mobile)
        other = free_line(selfcare)
        for wish, pointer, code in (
            ((number, new_mobile()), "/pairs/0/phone_number", "pair.line_paired"),
            ((other, mobile), "/pairs/0/mobile_number", "pair.mobile_paired"),
        ):
            answer = pair(selfcare, *wish)
            problem = answer.json()["errors"][0]
            assert (answer.status_code, problem["pointer"], problem["code"]) == (409, pointer, code)
            assert "elease" in problem["detail"]
            wishes = {"pairs": [{"phone_number": wish[0], "mobile_number": wish[1]}]}
            assert selfcare.send("POST", "/pairs/check", json=wishes).status_code == 409
        release(selfcare, number)
        again = release(selfcare, number)
        assert (again.status_code, again.json()["code"]) == (409, "pair.not_paired")

    def test_a_request_that_is_sent_twice_is_done_once(self, selfcare: Client) -> None:
        wish = {"pairs": [{"phone_number": free_line(selfcare), "mobile_number": new_mobile()}]}
        key = uuid.uuid4().hex
        first, second = (send(selfcare, "/pairs", wish, key) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        release(selfcare, wish["pairs"][0]["phone_number"])
        assert selfcare.send("POST", "/pairs", json=wish).json()["code"] == "idempotency.missing"

    @pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
    def test_s0_36_the_downloaded_file_changes_nothing(self, selfcare: Client, encoding: str) -> None:
        content = download(selfcare, encoding)
        assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8")
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        assert text.splitlines()[0].replace('"', "") == HEADER
        for uploaded in (content, plain(text), download(selfcare, encoding, "spreadsheet")):
            report = check(selfcare, uploaded).json()
            assert report["errors"] == []
            counts = report["upload"]["counts"]
            assert counts == {"added": 0, "changed": 0, "released": 0, "unchanged": report["rows"]}

    def test_s0_36_a_file_registers_changes_and_releases(self, selfcare: Client) -> None:
        kept = download(selfcare)
        number, mobile, other = free_line(selfcare), new_mobile(), new_mobile()
        pair(selfcare, number, mobile)
        second = free_line(selfcare)
        content = f"{HEADER}\n{number},{other},,\n{second},{mobile},,\n".encode("cp932")
        report = selfcare.send(
            "POST",
            f"/contracts/{CONTRACT}/choices/check",
            files={"file": ("wish.csv", content, "text/csv")},
        ).json()
        upload = report["upload"]
        assert upload["counts"] == {"added": 1, "changed": 1, "released": 0, "unchanged": 0}
        page = selfcare.get(f"/choice-uploads/{upload['upload_id']}")
        assert [(one["phone_number"], one["after"]["mobile_number"]) for one in page["items"]] == [
            (number, other),
            (second, mobile),
        ]
        changes = selfcare.send("GET", f"/choice-uploads/{upload['upload_id']}/changes.csv").content
        assert [row[:3] for row in csv.reader(io.StringIO(changes.decode("utf-8-sig")))][1:] == [
            ["2", "Settings changed", number],
            ["3", "Mobile number added", second],
        ]
        path = f"/choice-uploads/{upload['upload_id']}/apply"
        agreement = {"fingerprint": upload["fingerprint"]}
        applied = selfcare.post(path, agreement)
        assert selfcare.post(path, agreement) == applied
        assert applied["applied_at"] is not None
        assert {number: other, second: mobile}.items() <= lines(selfcare).items()
        back = check(selfcare, kept).json()["upload"]
        assert back["counts"]["released"] == 2
        selfcare.post(f"/choice-uploads/{back['upload_id']}/apply", {"fingerprint": back["fingerprint"]})
        assert download(selfcare) == kept

    def test_a_difference_that_is_no_longer_true_is_not_applied(self, selfcare: Client) -> None:
        number = free_line(selfcare)
        upload = check(selfcare, f"{HEADER}\n{number},{new_mobile()},,\n".encode()).json()["upload"]
        pair(selfcare, number, new_mobile())
        answer = selfcare.send(
            "POST",
            f"/choice-uploads/{upload['upload_id']}/apply",
            json={"fingerprint": upload["fingerprint"]},
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "bulk.changed_since")
        release(selfcare, number)

    def test_bad_rows_and_bad_files_are_named(self, selfcare: Client) -> None:
        report = check(
            selfcare, f"{HEADER}\n05099999999,090,,\n{free_line(selfcare)},090,x,\n".encode()
        ).json()
        assert [(one["row"], one["field"], one["code"]) for one in report["errors"]] == [
            (2, "phone_number", "bulk.line_unknown"),
            (3, "mobile_number", "bulk.mobile_format"),
            (3, "group_code", "bulk.group_unknown"),
        ]
        assert report["upload"] is None
        assert all(one["detail"] for one in report["errors"])
        for answer, status, code in (
            (check(selfcare, f"{HEADER}\n".encode("utf-16")), 422, "import.encoding"),
            (check(selfcare, b""), 422, "upload.empty"),
            (check(selfcare, HEADER.encode()), 422, "bulk.no_rows"),
            (check(selfcare, b"x" * (5 * 2**20 + 1)), 413, "request.too_large"),
            (check(selfcare, b"", json={}), 415, "request.content_type"),
            (selfcare.send("GET", "/choice-uploads/unknown"), 404, "bulk.unknown"),
            (selfcare.send("GET", f"/choice-uploads/{uuid.uuid4()}"), 404, "bulk.unknown"),
            (selfcare.send("GET", "/contracts/IP0000001/choices.csv"), 404, "contract.unknown"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (status, code)


def come_in(me: Visitor) -> None:
    known = len(me.system.codes(MAIL))
    me.log_in(LOGIN, "/selfcare/mobile_choice/login")
    me.page.locator("#code").fill(me.system.mailed_code(MAIL, known))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-pair-register")).to_be_visible()


def open_form(me: Visitor, testid: str = "open-form") -> None:
    with me.page.expect_popup() as opened:
        me.click(testid)
    me.page = opened.value


def to_menu(me: Visitor) -> None:
    me.page.goto(f"{me.system.url}/selfcare/menu")


@VIEWS
def test_s0_31_s0_32_s0_36_the_walk_by_page(
    visitor: Visitors,
    embedded_system: EmbeddedSystem,
    selfcare: Client,
    size: dict[str, int],
    language: str,
    tmp_path: Path,
) -> None:
    number, second = [phone for phone, mobile in lines(selfcare).items() if mobile is None][:2]
    mobile, other = new_mobile(), new_mobile()
    me = visitor("pairs", size, language)
    come_in(me)
    # register: a refusal first, then the way on and back
    me.click("menu-pair-register")
    me.look("register-guidance")
    open_form(me)
    me.look("register-form")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.page.locator("#pairs-0-phone_number").fill("050-1234")
    me.page.locator("#pairs-0-mobile_number").fill(mobile)
    me.page.locator("#pairs-2-phone_number").fill(second)
    me.page.locator("#pairs-2-mobile_number").fill(mobile)
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary").locator("li")).to_have_count(2)
    me.look("register-refused")
    me.page.locator("#pairs-0-phone_number").fill(number)
    me.page.locator("#pairs-2-mobile_number").fill(other)
    me.click("to-confirm")
    expect(me.page.get_by_test_id("pairs").locator("tbody tr")).to_have_count(2)
    me.look("register-confirm")
    me.click("back")
    expect(me.page.locator("#pairs-1-phone_number")).to_have_value(second)
    me.page.locator("#pairs-1-phone_number").fill("")
    me.page.locator("#pairs-1-mobile_number").fill("")
    me.click("to-confirm")
    me.click("submit")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    expect(me.page.get_by_test_id("pairs")).to_contain_text(mobile)
    me.look("register-done")
    assert lines(selfcare)[number] == mobile
    # the file: taken, changed, checked, applied
    to_menu(me)
    me.click("menu-bulk")
    me.look("bulk-guidance")
    open_form(me, f"open-{CONTRACT}")
    me.look("bulk-form")
    with me.page.expect_download() as download_info:
        me.click("download")
    path = tmp_path / "choices.csv"
    download_info.value.save_as(path)
    text = path.read_text("utf-8-sig")
    assert f'"{number}","{mobile}"' in text

    def upload(content: str) -> None:
        path.write_text(content, "utf-8")
        me.page.locator("#file").set_input_files(path)
        me.click("check")

    upload(text.replace(f'"{mobile}"', '"0901"'))
    expect(me.page.get_by_test_id("report-errors")).to_be_visible()
    me.look("bulk-errors")
    upload(text)
    expect(me.page.get_by_test_id("no-changes")).to_be_visible()
    me.look("bulk-unchanged")
    me.click("back")
    upload(text.replace(f'"{mobile}"', f'"{other}"').replace(f'"{second}",""', f'"{second}","{mobile}"'))
    expect(me.page.get_by_test_id("changes").locator("tbody tr")).to_have_count(2)
    me.look("bulk-difference")
    me.click("apply")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    me.look("bulk-done")
    me.click("inquiry")
    expect(me.page.get_by_test_id("lines")).to_contain_text(other)
    assert {number: other, second: mobile}.items() <= lines(selfcare).items()
    # release
    to_menu(me)
    me.click("menu-pair-release")
    me.look("release-guidance")
    open_form(me)
    me.look("release-form")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.click(f"choose-{number}")
    me.click(f"choose-{second}")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("pairs").locator("tbody tr")).to_have_count(2)
    me.look("release-confirm")
    me.click("submit")
    expect(me.page.get_by_test_id("done")).to_contain_text(re.compile("2"))
    me.look("release-done")
    assert {number: None, second: None}.items() <= lines(selfcare).items()


def test_a_difference_that_is_no_longer_true_is_refused_on_its_page(
    visitor: Visitors, embedded_system: EmbeddedSystem, selfcare: Client
) -> None:
    number = free_line(selfcare)
    upload = check(selfcare, f"{HEADER}\n{number},{new_mobile()},,\n".encode()).json()["upload"]
    me = visitor("bulk-changed", {"width": 1280, "height": 900}, "ja")
    come_in(me)
    me.page.goto(f"{embedded_system.url}/selfcare/bulk/uploads/{upload['upload_id']}")
    pair(selfcare, number, new_mobile())
    me.click("apply")
    expect(me.page.get_by_test_id("refusal")).to_be_visible()
    expect(me.page.get_by_test_id("apply")).to_have_count(0)
    me.look("refused")
    release(selfcare, number)
