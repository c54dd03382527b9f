"""Administrators look after accounts at the API: those of their company, and as staff everybody's."""

import secrets
from pathlib import Path

import pytest
import requests

from tests.e2e.companies import INITIAL_PASSWORD, Company, first_login, log_in, new_company
from tests.e2e.pages import Pages, new_person
from tests.e2e.system import EmbeddedSystem
from tests.harness import until


@pytest.fixture
def company(system: EmbeddedSystem, tmp_path: Path) -> Company:
    return new_company(system, tmp_path)


def refusal(answer: requests.Response) -> tuple[int, str, list[str]]:
    problem = answer.json()
    return answer.status_code, problem["code"], [error.get("pointer", "") for error in problem["errors"]]


def test_s4_05_one_administrator_makes_the_next_ones(system: EmbeddedSystem, company: Company) -> None:
    roles = [one["role"] for one in company.client.get("/accounts")["items"]]
    assert roles == ["administrator"], "one account is issued first"
    for _ in range(2):
        login_id, made = company.create("administrator")
        client, _password = first_login(system, "console", login_id, made["initial_password"])
        assert client.post("/accounts", {"login_id": f"{login_id}-2", "role": "viewer"}, 201)
    found = company.client.get("/accounts")["items"]
    assert [one["role"] for one in found].count("administrator") == 3


def test_s4_06_an_account_logs_in_by_its_user_name_until_it_is_disabled(
    system: EmbeddedSystem, company: Company
) -> None:
    login_id, made = company.create("operator")
    client, password = first_login(system, "console", login_id, made["initial_password"])
    assert client.get("/auth/session")["login_id"] == login_id
    assert company.client.get(f"/accounts/{login_id}")["last_login_at"] is not None
    disabled = company.client.send("PATCH", f"/accounts/{login_id}", json={"disabled": True})
    assert (disabled.status_code, disabled.json()["disabled"]) == (200, True)
    assert refusal(client.send("GET", "/sims"))[:2] == (401, "session.unknown")
    refused = log_in(system, "console", login_id, password)
    assert refusal(refused)[:2] == (401, "login.refused")
    pages = Pages(system.url)
    seen = pages.submit("/console/login", login_id=login_id, password=password)
    assert (seen.status, seen.path) == (401, "/console/login")
    company.client.send("PATCH", f"/accounts/{login_id}", json={"disabled": False}).raise_for_status()
    assert log_in(system, "console", login_id, password).json()["next"] == "done"


def test_an_initial_password_is_answered_only_where_it_cannot_be_mailed(
    system: EmbeddedSystem, company: Company
) -> None:
    address = f"{secrets.token_hex(5)}@minato.example"
    login_id, made = company.create(email=address)
    assert made.keys() == {"mailed", "ends_at"}
    assert made["mailed"] is True
    mails = until(lambda: system.mails(address), message="no mail")
    found = INITIAL_PASSWORD.search(mails[0]["text"])
    assert found
    first_login(system, "console", login_id, found[0])
    _, other = company.create()
    assert other["mailed"] is False
    assert INITIAL_PASSWORD.fullmatch(other["initial_password"])


def test_the_new_account_is_found_where_the_answer_says(company: Company) -> None:
    wish = {"login_id": "Sato.Hanako@minato-" + secrets.token_hex(4), "role": "viewer", "language": "en"}
    answer = company.client.send("POST", "/accounts", json=wish)
    assert answer.status_code == 201
    account = company.client.get(answer.headers["Location"].removeprefix("/api/v1"))
    assert (
        account.items() >= {**wish, "kind": "console", "customer_code": company.code, "email": None}.items()
    )


def test_what_is_wrong_is_named(company: Company) -> None:
    good = {"login_id": f"k-{secrets.token_hex(5)}", "role": "viewer"}
    for wrong, code, pointer in (
        ({"login_id": "a"}, "account.invalid", "/login_id"),
        ({"login_id": company.login_id}, "account.exists", "/login_id"),
        ({"role": "support"}, "account.invalid", "/role"),
        ({"role": "root"}, "request.invalid", "/role"),
        ({"email": "nobody"}, "account.invalid", "/email"),
        ({"colour": "red"}, "request.invalid", "/colour"),
    ):
        answer = company.client.send("POST", "/accounts", json=good | wrong)
        status = 409 if code == "account.exists" else 422
        assert refusal(answer) == (status, code, [pointer])
        assert all(error["detail"] for error in answer.json()["errors"])


def test_a_change_leaves_what_it_does_not_name(company: Company) -> None:
    login_id, _ = company.create("operator", f"{secrets.token_hex(5)}@minato.example")
    path = f"/accounts/{login_id}"
    before = company.client.get(path)
    assert company.client.send("PATCH", path, json={}).json() == before
    changed = company.client.send("PATCH", path, json={"email": None}).json()
    assert changed == before | {"email": None}
    assert company.client.send("PATCH", path, json={"role": "viewer"}).json() == changed | {"role": "viewer"}


def test_a_reset_and_a_removal_log_out_at_once(system: EmbeddedSystem, company: Company) -> None:
    login_id, made = company.create()
    client, _ = first_login(system, "console", login_id, made["initial_password"])
    again = company.client.post(f"/accounts/{login_id}/reset", {"factors": True})
    assert refusal(client.send("GET", "/sims"))[:2] == (401, "session.unknown")
    client, _ = first_login(system, "console", login_id, again["initial_password"])
    assert company.client.send("DELETE", f"/accounts/{login_id}").status_code == 204
    assert refusal(client.send("GET", "/sims"))[:2] == (401, "session.unknown")
    assert refusal(company.client.send("GET", f"/accounts/{login_id}"))[:2] == (404, "account.unknown")
    assert company.client.get("/accounts", query=login_id)["total"] == 0


def test_the_last_administrator_and_ones_own_account_stay(company: Company) -> None:
    path = f"/accounts/{company.login_id}"
    refused = company.client.send("PATCH", path, json={"role": "viewer"})
    assert refusal(refused)[:2] == (409, "account.last_administrator")
    assert refusal(company.client.send("DELETE", path))[:2] == (409, "account.own")


def test_other_companies_accounts_do_not_exist(
    system: EmbeddedSystem, company: Company, tmp_path: Path
) -> None:
    other = new_company(system, tmp_path)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"disabled": True}),
        ("POST", "/reset", {}),
        ("DELETE", "", None),
    ):
        answer = company.client.send(method, f"/accounts/{other.login_id}{path}", json=body)
        assert refusal(answer)[:2] == (404, "account.unknown")


def test_the_customer_decides_about_the_second_factor(company: Company) -> None:
    assert company.client.get("/account-policy") == {"required": False}
    answer = company.client.send("PUT", "/account-policy", json={"required": True})
    assert (answer.status_code, answer.json()) == (200, {"required": True})
    assert company.client.get("/account-policy") == {"required": True}


def test_s0_06_the_centre_gives_a_self_care_customer_another_password(system: EmbeddedSystem) -> None:
    person = new_person(system, "ip_phone")
    staff = system.client("staff-admin")
    assert staff.post(f"/accounts/{person.login_id}/reset", {}) == {"mailed": True, "ends_at": None}
    mails = until(lambda: [one for one in system.mails(person.email) if INITIAL_PASSWORD.search(one["text"])])
    found = INITIAL_PASSWORD.search(mails[0]["text"])
    assert found
    assert refusal(log_in(system, "ip_phone", person.login_id, person.password))[:2] == (401, "login.refused")
    person.password = found[0]
    assert person.client().get("/auth/session")["login_id"] == person.login_id


def test_support_reads_and_changes_nothing(system: EmbeddedSystem, company: Company) -> None:
    staff = system.client("staff-admin")
    login_id = f"s-{secrets.token_hex(5)}"
    made = staff.post("/accounts", {"login_id": login_id, "role": "support"}, 201)
    support, _ = first_login(system, "staff", login_id, made["initial_password"])
    found = support.get("/accounts", customer_code=company.code, kind="console")
    assert [one["login_id"] for one in found["items"]] == [company.login_id]
    path = f"/accounts/{company.login_id}"
    for method, where, body in (
        ("POST", "/accounts", {"login_id": "s-other", "role": "support"}),
        ("PATCH", path, {"disabled": True}),
        ("POST", f"{path}/reset", {}),
        ("DELETE", path, None),
    ):
        assert refusal(support.send(method, where, json=body))[:2] == (403, "role.missing")
