"""Every route, asked for by everybody on the running product, answers as docs/permissions.md has decided.

What is asked for does not exist and forms are empty, so that nothing happens where the role suffices. The accounts are
made for this test, in a company of their own.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from chassis import clock
from tests.e2e.system import Client, EmbeddedSystem
from tests.harness import until
from tests.permission_table import COLUMNS, Row, rows

COMPANY = "TC9090-00001"
CUSTOMERS = {"selfcare": "C900000001", "console": COMPANY, "staff": ""}
MADE_UP = "A1-made-up"
LAST = ("POST /api/v1/auth/logout", "POST /logout")  # end the session that the others need
ACCOUNTS = {  # column: kind, role, portal
    "self-care": ("selfcare", "", "ip_phone"),
    "viewer": ("console", "viewer", "console"),
    "operator": ("console", "operator", "console"),
    "administrator": ("console", "administrator", "console"),
    "support": ("staff", "support", "staff"),
    "operations": ("staff", "operations", "staff"),
    "staff administrator": ("staff", "administrator", "staff"),
}
# Where the made-up request would be refused before anybody looks at the role.
QUERIES: dict[str, str] = {}
FORMS: dict[str, dict[str, str]] = {}
HEADERS = {
    "POST /api/v1/card": {"Idempotency-Key": secrets.token_hex(8)},
    "POST /api/v1/orders": {"Idempotency-Key": secrets.token_hex(8)},
    "PUT /api/v1/orders/<code:number>": {"Idempotency-Key": secrets.token_hex(8)},
}
# Of pages that show something before they judge the form: an account that exists.
OF_A_REAL_ACCOUNT = {"POST /staff/accounts/id/<code:login_id>"}

NOT_KNOWN = {"session.required", "session.unknown"}
NOT_ALLOWED = {"role.missing", "access.denied"}


@dataclass
class Actor:
    """Somebody in one of the table's columns: a browser with a session, or a program with a key."""

    url: str
    http: requests.Session = field(default_factory=requests.Session)
    key: str | None = field(default=None, repr=False)
    csrf_token: str = ""

    def begin(self) -> None:
        """Get the form token, which every unsafe request of a browser carries."""
        if self.key:
            self.http.headers["Authorization"] = f"Bearer {self.key}"
        page = self.http.get(f"{self.url}/console/login", timeout=30).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        self.csrf_token = found[1]

    def ask(self, row: Row, address: str, **body: Any) -> requests.Response:
        method = row.name.partition(" ")[0]
        headers = {"X-CSRF-Token": self.csrf_token, "Accept-Language": "en"}
        headers |= HEADERS.get(row.name, {}) | body.pop("headers", {})
        return self.http.request(
            method, f"{self.url}{address}", headers=headers, allow_redirects=False, timeout=60, **body
        )

    def is_known(self) -> bool:
        return self.http.get(f"{self.url}/api/v1/auth/session", timeout=30).status_code == 200


def first_login(system: EmbeddedSystem, actor: Actor, portal: str, login_id: str, password: str) -> None:
    """Log the browser in: with the mailed code where one is asked for, and a password of one's own."""

    def post(path: str, **body: str) -> Any:
        answer = actor.http.post(f"{system.url}/api/v1{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    step = post("/auth/login", portal=portal, login_id=login_id, password=password)
    if step["next"] == "code":
        code = system.mailed_code(f"{login_id}@matrix.example", 0)
        step = post("/auth/code", attempt=step["attempt"], code=code)
    if step["next"] == "password":
        step = post("/auth/password", attempt=step["attempt"], password=secrets.token_urlsafe(15))
    assert step["next"] == "done"


@dataclass
class Product:
    system: EmbeddedSystem
    actors: dict[str, Actor]
    real_account: str
    bodies: dict[str, Any]  # by operation of the API: what its description gives as an example

    def request(self, actor: Actor, row: Row) -> requests.Response:
        method, _, rule = row.name.partition(" ")
        made_up = self.real_account if row.name in OF_A_REAL_ACCOUNT else MADE_UP
        address = re.sub(r"<any\((\w+).*?\):\w+>", r"\1", rule)
        address = re.sub(r"<code:kind>", "customers", address)
        address = re.sub(r"<int:\w+>", str(2**62), address)
        address = re.sub(r"<(code:|path:)?\w+>", made_up, address) + QUERIES.get(row.name, "")
        if rule.startswith("/api/v1/staff/imports"):
            return actor.ask(row, address, data="name\n", headers={"Content-Type": "text/csv"})
        if row.is_page:
            return actor.ask(row, address, data=FORMS.get(row.name, {}) if method == "POST" else None)
        operation = f"{method} {rule.replace('<code:', '{').replace('>', '}')}"
        return actor.ask(row, address, json=self.bodies.get(operation))


@pytest.fixture(scope="module")
def product(embedded_system: EmbeddedSystem) -> Product:
    system = embedded_system
    staff = system.log_in("staff-admin")
    tag = secrets.token_hex(3)
    people = {column: f"m{tag}-{column.replace(' ', '-')}" for column in ACCOUNTS}
    passwords = {column: secrets.token_urlsafe(15) for column in ACCOUNTS}
    load(staff, "customers", "customer_code,name", f"{COMPANY},権限表")
    load(
        staff,
        "accounts",
        "login_id,kind,customer_code,role,email,contact_phone,initial_password,language",
        *(
            f"{people[column]},{kind},{CUSTOMERS[kind]},{role},{people[column]}@matrix.example,0300000001,"
            f"{passwords[column]},"
            for column, (kind, role, _) in ACCOUNTS.items()
        ),
    )
    actors = {"nobody": Actor(system.url)}
    for column, (_, _, portal) in ACCOUNTS.items():
        actors[column] = Actor(system.url)
        first_login(system, actors[column], portal, people[column], passwords[column])
    for role in ("viewer", "operator"):
        wish = {"name": f"matrix {role}", "role": role, "expires_on": in_days(2)}
        session = actors["administrator"].http
        token = session.get(f"{system.url}/api/v1/auth/session", timeout=30).json()["csrf_token"]
        made = session.post(
            f"{system.url}/api/v1/api-keys", json=wish, headers={"X-CSRF-Token": token}, timeout=30
        )
        assert made.status_code == 201, made.text
        actors[f"key: {role}"] = Actor(system.url, key=made.json()["secret"])
    for actor in actors.values():
        actor.begin()
    assert actors.keys() == COLUMNS.keys()
    return Product(system, actors, people["viewer"], described_bodies(system.url))


def load(staff: Client, kind: str, *lines: str) -> None:
    """Import the lines; what other services have to hear of first is tried until they have."""

    def applied() -> bool:
        answer = staff.send(
            "POST",
            f"/staff/imports/{kind}",
            params={"mode": "apply"},
            data="\n".join(lines).encode(),
            headers={"Content-Type": "text/csv"},
        )
        return answer.status_code == 200

    until(applied, 20, f"{kind} were not taken")


def described_bodies(url: str) -> dict[str, Any]:
    """The example of a JSON body for every operation that takes one."""
    spec = requests.get(f"{url}/api/v1/openapi.json", timeout=30).json()
    found = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                name = content["schema"]["$ref"].rpartition("/")[2]
                found[f"{method.upper()} {path}"] = spec["components"]["schemas"][name]["examples"][0]
    return found


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def is_refused(row: Row, answer: requests.Response) -> bool:
    """Whether the caller was turned away for who it is, and not for what it asked for."""
    assert answer.status_code < 500, f"{row.name}: {answer.text[:300]}"
    if not row.is_page:
        code = answer.json().get("code") if "json" in answer.headers.get("Content-Type", "") else None
        assert code not in ("csrf.invalid", "method.not_allowed"), row.name
        assert code != "route.unknown" or "<path:" in row.name, row.name
        if row.least != "everybody" and answer.status_code in (401, 403):
            assert code in NOT_KNOWN | NOT_ALLOWED | {"proof.required", "proof.refused"}, (
                f"{row.name}: {code}"
            )
        return code in NOT_KNOWN | NOT_ALLOWED
    assert "csrf.invalid" not in answer.text
    if row.least == "everybody":
        return answer.status_code in (401, 403)
    return answer.status_code in (401, 403) or leads_to_login(answer)


def leads_to_login(answer: requests.Response) -> bool:
    path = urlsplit(answer.headers.get("Location", "")).path
    return path == "/" or re.fullmatch(r"/(console|staff|selfcare/\w+)/login", path) is not None


@pytest.mark.parametrize("column", COLUMNS)
def test_every_route_admits_whom_the_table_says(product: Product, column: str) -> None:
    actor = product.actors[column]
    found = {
        row.name: not is_refused(row, product.request(actor, row))
        for row in rows()
        if row.is_route and row.name not in LAST
    }
    decided = {row.name: column in row.allowed for row in rows() if row.name in found}
    assert {name: answer for name, answer in found.items() if answer != decided[name]} == {}
    assert len(found) > 100
    assert actor.is_known() == (column != "nobody"), "the session, or key, has outlived all this"


@pytest.fixture
def later(product: Product) -> Iterator[None]:
    """The product's clock eleven minutes on: a session still lives, but nobody has just proved who they are."""
    for actor in product.actors.values():
        actor.is_known()  # the session has been used just now: eleven minutes do not end it
    now = clock.wall()
    product.system.clock(now=(now + timedelta(minutes=11)).isoformat())
    yield
    product.system.clock(reset=True)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("column", ["self-care", "viewer", "administrator", "support", "staff administrator"])
def test_exactly_the_routes_marked_fresh_ask_for_a_proof(product: Product, column: str) -> None:
    """Those that act: the empty form of a page does not get as far."""
    asked = set()
    for row in rows():
        if row.is_route and row.name not in LAST and column in row.allowed:
            answer = product.request(product.actors[column], row)
            to_proof = urlsplit(answer.headers.get("Location", "")).path == "/account/proof"
            if to_proof or '"proof.required"' in answer.text:
                asked.add(row.name)
    marked = {row.name for row in rows() if row.is_route and row.fresh and column in row.allowed}
    assert asked <= marked
    assert {name for name in marked if "/api/" in name} - asked == set()


@pytest.mark.parametrize("column", COLUMNS)
def test_logging_out_is_for_those_with_a_session(product: Product, column: str) -> None:
    """After all other tests: a key, which is no session, outlives it."""
    actor = product.actors[column]
    known = {row.name: row for row in rows()}
    answer = product.request(actor, known["POST /logout"])
    assert answer.status_code == 303
    assert actor.is_known() == (actor.key is not None)
    assert product.request(actor, known["POST /api/v1/auth/logout"]).status_code == 204
    assert actor.is_known() == (actor.key is not None)
