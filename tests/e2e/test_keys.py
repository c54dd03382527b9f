"""An administrator makes a key in the console, a program works with it, and it ends when it is revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from chassis import clock
from tests.e2e.system import Client, EmbeddedSystem, System
from tests.e2e.test_flow import active_sim
from tests.e2e.visitor import VIEWS, Visitors

SECRET = re.compile(r"kaisen_[A-Za-z0-9_-]{43}")


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def administrator(system: System) -> Client:
    """Has just logged in: a new key asks for a fresh proof."""
    return system.log_in("aoba-admin")


def make(administrator: Client, role: str = "viewer", name: str = "在庫連携") -> dict[str, Any]:
    wish = {"name": name, "role": role, "expires_on": in_days(30)}
    made: dict[str, Any] = administrator.post("/api-keys", wish, 201)
    return made


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_program_works_with_a_key_until_it_is_revoked(system: System, administrator: Client) -> None:
    made = make(administrator)
    assert SECRET.fullmatch(made["secret"])
    assert made["hint"] == made["secret"][-4:]
    program = Client(system.url, made["secret"])
    assert program.get("/sims")["items"] == administrator.get("/sims")["items"]
    known = program.get("/auth/session")
    assert (known["login_id"], known["kind"], known["roles"]) == (
        "key:在庫連携",
        "console",
        ["console_viewer"],
    )
    listed = administrator.get("/api-keys")
    assert (listed["earliest"], listed["latest"]) == (in_days(1), in_days(366))
    shown = next(one for one in listed["items"] if one["id"] == made["id"])
    assert shown["last_used_at"] is not None
    assert shown.items() >= {key: made[key] for key in made.keys() - {"secret", "last_used_at"}}.items()
    assert "secret" not in shown
    assert administrator.send("DELETE", f"/api-keys/{made['id']}").status_code == 204
    refused = program.send("GET", "/sims")
    assert refusal(refused) == (401, "session.unknown")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    state = {one["id"]: one["state"] for one in administrator.get("/api-keys")["items"]}[made["id"]]
    assert state == "revoked"


def test_an_operators_key_places_orders_under_its_name(system: System, administrator: Client) -> None:
    program = Client(system.url, make(administrator, "operator")["secret"])
    wish = {
        "kind": "RC",
        "sim_serial": active_sim(program)["sim_serial"],
        "gigabytes": 1,
        "start_date": in_days(40),
    }
    order = program.post("/orders", wish, 201, headers={"Idempotency-Key": made_up()})
    assert order["applicant"] == "key:在庫連携"
    assert program.post(f"/orders/{order['number']}/cancel", None)["status"] == "cancelled"
    viewer = Client(system.url, make(administrator)["secret"])
    refused = viewer.send("POST", "/orders", json=wish, headers={"Idempotency-Key": made_up()})
    assert refusal(refused) == (403, "role.missing")


def made_up() -> str:
    return clock.wall().isoformat()


def test_a_key_opens_the_api_only_and_only_as_bearer(system: System, administrator: Client) -> None:
    secret = make(administrator)["secret"]
    api = f"{system.url}/api/v1/sims"
    for cookie in ("kaisen", "__Host-kaisen"):
        answer = requests.get(api, cookies={cookie: secret}, timeout=10)
        assert answer.status_code == 401, cookie
    for headers in ({"Authorization": secret}, {"Authorization": f"Basic {secret}"}, {"X-Api-Key": secret}):
        assert requests.get(api, headers=headers, timeout=10).status_code == 401
    bearer = {"Authorization": f"Bearer {secret}"}
    page = requests.get(f"{system.url}/console/sims", headers=bearer, allow_redirects=False, timeout=10)
    assert (page.status_code, page.headers["Location"]) == (303, "/console/login")
    assert requests.get(api, headers=bearer, timeout=10).ok


def test_wrong_keys_are_refused_alike(system: System, administrator: Client) -> None:
    secret = make(administrator)["secret"]
    bodies = []
    for wrong in (f"kaisen_{'A' * 43}", f"{secret}A", secret[:-1], "kaisen_"):
        answer = Client(system.url, wrong).send("GET", "/sims")
        assert refusal(answer) == (401, "session.unknown")
        bodies.append({name: value for name, value in answer.json().items() if name != "correlation_id"})
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/account/sessions", None),
        ("DELETE", "/account/sessions", None),
        ("POST", "/account/password", {"current": "a", "new": "b"}),
        ("POST", "/auth/proof", {"password": "a"}),
        ("GET", "/account/factors", None),
        ("GET", "/accounts", None),
        ("GET", "/api-keys", None),
        ("POST", "/api-keys", {"name": "a", "role": "viewer", "expires_on": "2030-01-01"}),
        ("DELETE", "/api-keys/A1", None),
        ("GET", "/audit", None),
    ],
)
def test_a_key_does_nothing_that_needs_a_person(
    embedded_system: EmbeddedSystem, method: str, path: str, body: dict[str, str] | None
) -> None:
    secret = make(embedded_system.log_in("aoba-admin"), "operator")["secret"]
    answer = Client(embedded_system.url, secret).send(method, path, json=body)
    assert refusal(answer) == (403, "role.missing")


def test_wishes_that_are_refused_name_their_field(administrator: Client) -> None:
    good = {"name": "a", "role": "viewer", "expires_on": in_days(1)}
    for wrong, code, pointer in (
        ({"expires_on": in_days(0)}, "key.expiry", "/expires_on"),
        ({"expires_on": in_days(367)}, "key.expiry", "/expires_on"),
        ({"expires_on": "soon"}, "request.invalid", "/expires_on"),
        ({"role": "administrator"}, "request.invalid", "/role"),
        ({"name": ""}, "request.invalid", "/name"),
        ({"name": "  "}, "request.invalid", "/name"),
    ):
        answer = administrator.send("POST", "/api-keys", json=good | wrong)
        assert refusal(answer) == (422, code)
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert refusal(administrator.send("DELETE", "/api-keys/A1")) == (404, "key.unknown")


@VIEWS
def test_administrator_makes_and_revokes_a_key(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("keys", size, language)
    me.log_in("aoba-admin", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/console/keys")
    me.look("list")
    me.click("new-key")
    me.look("new")
    me.click("create-key")
    expect(me.page.get_by_role("alert").first).to_be_visible()
    me.look("nothing-given")
    name = f"配送 {language} {size['width']}"
    me.page.locator("#name").fill(name)
    me.page.locator("#expires_on").fill(in_days(0))
    me.click("create-key")
    expect(me.page.locator("#expires_on-error")).to_be_visible()
    me.look("too-early")
    me.page.locator("#expires_on").fill(in_days(10))
    me.click("create-key")
    secret = me.page.get_by_test_id("secret").inner_text()
    assert SECRET.fullmatch(secret)
    me.look("created")
    program = Client(embedded_system.url, secret)
    assert program.get("/sims")["items"]
    me.page.reload()  # sends the form again
    expect(me.page.get_by_test_id("keys")).to_be_visible()
    assert secret not in me.page.content()
    row = me.page.get_by_test_id("keys").locator("tbody tr", has_text=name)
    expect(row).to_have_count(1)
    me.look("listed")
    row.get_by_role("link").click()
    me.look("revoke")
    me.click("revoke-key")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    me.look("revoked")
    assert refusal(program.send("GET", "/sims")) == (401, "session.unknown")


@VIEWS
def test_others_are_not_offered_keys(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("keys-viewer", size, language)
    me.log_in("aoba-viewer", "/console/login")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    expect(me.page.locator('a[href="/console/keys"]')).to_have_count(0)
    answer = me.page.goto(f"{embedded_system.url}/console/keys")
    assert answer is not None
    assert answer.status == 403
