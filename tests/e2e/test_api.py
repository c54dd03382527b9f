"""What the JSON API promises beside the flows: sessions of browsers, refusals of input, files, languages."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests.e2e.system import Client, System
from tests.harness import until

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def selfcare(system: System) -> Client:
    return system.client("C900000001")


@pytest.fixture
def console(system: System) -> Client:
    return system.client("aoba-admin")


@pytest.fixture
def staff(system: System) -> Client:
    return system.client("staff-admin")


@pytest.fixture
def contract(selfcare: Client) -> str:
    code: str = selfcare.get("/contracts")["items"][0]["contract_code"]
    return code


def _refusal(answer: requests.Response) -> tuple[int, str, list[str]]:
    problem = answer.json()
    return answer.status_code, problem["code"], [error.get("pointer", "") for error in problem["errors"]]


def test_a_browser_logs_in_by_cookie_and_proves_its_form(system: System) -> None:
    with requests.Session() as browser:
        api = f"{system.url}/api/v1"
        browser.post(
            f"{api}/auth/login", json=system.credentials("aoba-admin"), timeout=10
        ).raise_for_status()
        session = browser.get(f"{api}/auth/session", timeout=10).json()
        assert (session["login_id"], session["kind"], session["customer_code"]) == (
            "aoba-admin",
            "console",
            "TC0001-00001",
        )
        assert {"console_viewer", "console_operator", "console_administrator"} == set(session["roles"])
        bare = browser.post(f"{api}/auth/logout", timeout=10)
        assert (bare.status_code, bare.json()["code"]) == (403, "csrf.invalid")
        assert browser.get(f"{api}/auth/session", timeout=10).status_code == 200
        stolen = browser.cookies["kaisen"]
        proved = browser.post(
            f"{api}/auth/logout", headers={"X-CSRF-Token": session["csrf_token"]}, timeout=10
        )
        assert proved.status_code == 204
        assert "kaisen" not in browser.cookies
    late = Client(system.url, token=stolen).send("GET", "/auth/session")
    assert (late.status_code, late.json()["code"]) == (401, "session.unknown")


def test_a_bearer_token_goes_before_a_cookie(system: System, console: Client) -> None:
    selfcare = system.client("C900000001")
    answer = console.send("GET", "/auth/session", headers={"Cookie": f"kaisen={selfcare.token}"})
    assert answer.json()["kind"] == "console"


def test_wrong_credentials_look_the_same(system: System) -> None:
    client = Client(system.url)
    good = system.credentials("aoba-admin")
    wrong = [
        good | {"password": "wrong"},
        good | {"login_id": "nobody-here"},
        good | {"portal": "staff"},
    ]
    answers = [client.send("POST", "/auth/login", json=one).json() for one in wrong]
    assert {answer["code"] for answer in answers} == {"login.refused"}
    assert len({answer["detail"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "30"}, "/limit"),
        ({"limit": "abc"}, "/limit"),
        ({"status": "sleeping"}, "/status"),
        ({"start_from": "2026-02-30"}, "/start_from"),
        ({"start_from": "20260101"}, "/start_from"),
        ({"start_to": "1767225600"}, "/start_to"),
        ({"phone_prefix": "050-0000"}, "/phone_prefix"),
        ({"phone_prefix": "０５０００００"}, "/phone_prefix"),
        ({"phone_prefix": "050000"}, "/phone_prefix"),
        ({"phone_prefix": "050\x000000"}, "/phone_prefix"),
        ({"start_from": "2026-02-02", "start_to": "2026-02-01"}, "/start_to"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_condition_is_named(
    selfcare: Client, contract: str, query: dict[str, str], pointer: str
) -> None:
    answer = selfcare.send("GET", f"/contracts/{contract}/lines", params=query)
    status, _, pointers = _refusal(answer)
    assert (status, pointers) == (422, [pointer])
    assert all(error["detail"] for error in answer.json()["errors"])


def test_a_made_up_cursor_is_refused(selfcare: Client, console: Client, contract: str) -> None:
    for client, path in (
        (selfcare, f"/contracts/{contract}/lines"),
        (console, "/sims"),
        (console, "/orders"),
    ):
        answer = client.send("GET", path, params={"cursor": "made-up"})
        assert _refusal(answer) == (422, "page.bad_cursor", ["/cursor"])


def test_blank_conditions_are_none(selfcare: Client, contract: str) -> None:
    blank = selfcare.get(f"/contracts/{contract}/lines", phone_prefix="", start_from="", cursor="")
    assert blank["total"] == selfcare.get(f"/contracts/{contract}/lines")["total"]


def test_a_month_is_checked_and_may_be_left_out(console: Client) -> None:
    for month in ("2026-13", "2026", "last", "2026-1"):
        answer = console.send("GET", "/charges", params={"month": month})
        assert _refusal(answer) == (422, "charges.month", ["/month"])
    assert len(console.get("/charges")["month"]) == len("2026-03")


def test_a_start_date_out_of_range_is_told_with_the_range_in_both_languages(console: Client) -> None:
    sim = console.get("/sims", status="active")["items"][0]["sim_serial"]
    wish = {"kind": "RC", "sim_serial": sim, "gigabytes": 1, "start_date": "2020-01-01"}
    answer = console.send("POST", "/orders/quote", json=wish)
    assert _refusal(answer) == (422, "start_date.out_of_range", ["/start_date"])
    english = answer.json()
    assert set(english["details"]) == {"earliest", "latest"}
    assert english["detail"].startswith("Choose a start date from ")
    japanese = replace(console, language="ja").send("POST", "/orders/quote", json=wish).json()
    assert japanese["detail"].startswith("適用開始日は")
    assert japanese["errors"][0]["detail"] == japanese["detail"]


def test_an_idempotency_key_that_could_be_misread_is_refused(console: Client) -> None:
    for key in ("a b", "x" * 129, "é"):
        answer = console.send(
            "POST",
            "/orders",
            json={"kind": "RC", "sim_serial": "AF0000000001", "gigabytes": 1},
            headers={"Idempotency-Key": key.encode()},
        )
        assert _refusal(answer)[:2] == (400, "idempotency.format")


def test_the_order_is_found_where_the_answer_says(console: Client) -> None:
    sim = console.get("/sims", status="active")["items"][0]["sim_serial"]
    answer = console.send(
        "POST",
        "/orders",
        json={"kind": "RC", "sim_serial": sim, "gigabytes": 1},
        headers={"Idempotency-Key": f"place-{sim}"},
    )
    assert answer.status_code == 201
    order = console.get(answer.headers["Location"].removeprefix("/api/v1"))
    assert order["number"] == answer.json()["number"]
    assert [item["sim_serial"] for item in order["items"]] == [sim]
    assert order["history"][0]["status"] == "pending"


def _file(client: Client, contract: str, **query: str) -> tuple[requests.Response, bytes]:
    answer = client.send("GET", f"/contracts/{contract}/lines.csv", params=query)
    assert answer.status_code == 200, answer.text
    return answer, answer.content


def test_the_file_is_in_the_readers_language_and_encoding(selfcare: Client, contract: str) -> None:
    answer, english = _file(selfcare, contract)
    assert english.startswith(b'\xef\xbb\xbf"No.","Phone number"')
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="lines_{contract}_')
    assert "Content-Length" not in answer.headers, "it is streamed"
    _, japanese = _file(replace(selfcare, language="ja"), contract, encoding="cp932")
    rows = list(csv.reader(io.StringIO(japanese.decode("cp932"), newline="")))
    assert rows[0][:3] == ["No", "電話番号", "アカウントID"]
    assert len(rows[0]) == 11
    assert all(row[1].startswith("0") for row in rows[1:])
    assert (
        selfcare.send("GET", f"/contracts/{contract}/lines.csv", params={"encoding": "x"}).status_code == 422
    )


def test_the_file_holds_what_the_search_finds(selfcare: Client, contract: str) -> None:
    found = selfcare.get(f"/contracts/{contract}/lines", status="in_service", limit=100)
    _, content = _file(selfcare, contract, status="in_service")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row[1] for row in rows[1:]] == [line["phone_number"] for line in found["items"]]


def test_a_refusal_of_a_file_is_a_problem_and_no_file(selfcare: Client) -> None:
    answer = selfcare.send("GET", "/contracts/K-UNKNOWN/lines.csv")
    assert _refusal(answer)[:2] == (404, "contract.unknown")


CUSTOMERS = "customer_code,name\nTC7777-00001,みほん商会\n"


def test_a_file_is_taken_from_a_form_or_as_the_body(staff: Client) -> None:
    path = "/staff/imports/customers"
    report = staff.post(path, None, files={"file": ("any name.csv", CUSTOMERS.encode("utf-8-sig"))})
    assert (report["mode"], report["rows"], report["applied"]) == ("validate", 1, False)
    assert staff.send("POST", path, data=CUSTOMERS.encode(), headers=CSV).json() == report
    in_chunks = iter([CUSTOMERS[:20].encode(), CUSTOMERS[20:].encode()])  # without a Content-Length
    assert staff.send("POST", path, data=in_chunks, headers=CSV).json() == report


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (CUSTOMERS.encode("cp932"), "import.encoding"),
        (CUSTOMERS.encode("utf-16"), "import.encoding"),
        (CUSTOMERS.encode("utf-16-le"), "import.encoding"),
        (b"", "upload.empty"),
        (b" \n", "upload.empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_advice(staff: Client, body: bytes, code: str) -> None:
    answer = staff.send("POST", "/staff/imports/customers", data=body, headers=CSV)
    assert _refusal(answer)[:2] == (422, code)


def test_other_requests_for_an_import_are_refused(staff: Client) -> None:
    path = "/staff/imports/customers"
    assert _refusal(staff.send("POST", path, files={"other": b"x"}))[:2] == (422, "upload.missing")
    assert _refusal(staff.send("POST", path, json={}))[:2] == (415, "request.content_type")
    assert _refusal(staff.send("POST", path, params={"mode": "perhaps"}, data=b"x", headers=CSV)) == (
        422,
        "request.invalid",
        ["/mode"],
    )
    unknown = staff.send("POST", "/staff/imports/unicorns", data=b"x", headers=CSV)
    assert _refusal(unknown)[:2] == (404, "import.unknown_kind")
    assert "customers" in unknown.json()["detail"]


def test_a_file_that_is_too_large_is_a_413_with_advice(staff: Client) -> None:
    answer = staff.send("POST", "/staff/imports/lines", data=b"x" * (8 * 1024 * 1024 + 1), headers=CSV)
    assert _refusal(answer)[:2] == (413, "request.too_large")
    assert "split the file" in answer.json()["detail"]


def test_wrong_rows_are_told_in_the_readers_language(staff: Client) -> None:
    text = "customer_code,name\nTC7777-00001,\n\nTC7777-00002,x\nTC7777-00002,y\n"
    rows: Any = {}
    for staff.language in ("en", "ja"):
        path = "/staff/imports/customers"
        checked = staff.send("POST", path, data=text.encode(), headers=CSV)
        assert (checked.status_code, checked.json()["applied"]) == (200, False)
        refused = staff.send("POST", path, params={"mode": "apply"}, data=text.encode(), headers=CSV)
        assert _refusal(refused)[:2] == (422, "import.rejected")
        for errors in (checked.json()["errors"], refused.json()["errors"]):
            rows[staff.language] = {
                (error["row"], error["field"], error["code"]): error["detail"] for error in errors
            }
            assert len(rows[staff.language]) == 2
    assert all("reason" not in error for error in refused.json()["errors"])
    assert rows["en"].keys() == rows["ja"].keys()
    assert set(rows["en"].values()).isdisjoint(rows["ja"].values())


def test_a_new_customers_self_care_account_sees_the_basic_plan_without_what_it_hides(
    system: System, staff: Client
) -> None:
    """Also the columns of the file are only those that the plan shows."""
    hidden = {"account_id", "line_password", "addon_password", "channels", "notified_number", "pilot_number"}
    login = next(name for name, one in system.logins.items() if one["portal"] == "mobile_choice")
    client = system.client(login)
    basic = next(one for one in client.get("/contracts")["items"] if one["display_plan"] == "basic")
    assert {"sip_proxy", "sip_domain"}.isdisjoint(basic)
    path = f"/contracts/{basic['contract_code']}/lines"
    lines = until(lambda: client.get(path)["items"])
    assert hidden.isdisjoint(lines[0])
    _, content = _file(client, basic["contract_code"])
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert header == ["No.", "Phone number", "Service start date", "Service end date", "Mobile Choice"]
