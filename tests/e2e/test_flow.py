"""The main job of the product from end to end over HTTP, on embedded parts and on real servers."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.system import Client, System
from tests.harness import until

GB = 1_000_000_000


@pytest.fixture
def movable(system: System) -> Iterator[System]:
    """The system for a test that moves its clock, which shows real time again afterwards."""
    yield system
    system.clock(reset=True)


@pytest.fixture
def selfcare(system: System) -> Client:
    return system.client("C900000001")


@pytest.fixture
def console(system: System) -> Client:
    return system.client("aoba-admin")


def active_sim(console: Client) -> dict[str, Any]:
    sims = console.get("/sims", status="active", limit=50)["items"]
    return next(sim for sim in sims if sim["plan"] == "500MB" and not sim["restricted"])


def untouched_sim(console: Client) -> dict[str, Any]:
    """A SIM that no other test recharges: they take the first that will do, this is the last."""
    sims = console.get("/sims", status="active", limit=50)["items"]
    found: dict[str, Any] = [sim for sim in sims if sim["plan"] == "500MB" and not sim["restricted"]][-1]
    return found


def place(console: Client, sim: str, start: str | None = None, gigabytes: int = 3, **options: Any) -> Any:
    body = {"kind": "RC", "sim_serial": sim, "gigabytes": gigabytes, "start_date": start}
    key = options.pop("key", str(uuid4()))
    return console.post("/orders", body, status=201, headers={"Idempotency-Key": key}, **options)


def order_with_status(console: Client, number: str, status: str, timeout: float = 20) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: (order := console.get(f"/orders/{number}"))["status"] == status and order,
        timeout=timeout,
        message=lambda: f"{console.get(f'/orders/{number}')}",
    )
    return found


def test_customer_logs_in_with_a_mailed_code_and_looks_up_lines(system: System, selfcare: Client) -> None:
    contract = selfcare.get("/contracts")["items"][0]
    assert contract["issued"] == contract["in_service"] + contract["terminated"] == 30
    path = f"/contracts/{contract['contract_code']}/lines"
    seen, cursor = [], None
    while True:
        page = selfcare.get(path, limit=20, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert page["total"] == len(seen) == len({line["phone_number"] for line in seen}) == 30
    in_service = selfcare.get(path, status="in_service", limit=100)
    assert in_service["total"] == contract["in_service"]
    assert selfcare.send("GET", path, params={"phone_prefix": "050000"}).status_code == 422
    prefixed = selfcare.get(path, phone_prefix="0500000", limit=100)["items"]
    assert prefixed
    assert all(line["phone_number"].startswith("0500000") for line in prefixed)


def test_lines_as_csv_hold_every_line_and_keep_leading_zeros(selfcare: Client) -> None:
    contract = selfcare.get("/contracts")["items"][0]["contract_code"]
    answer = selfcare.send("GET", f"/contracts/{contract}/lines.csv")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 31
    assert all(any(cell.startswith("0") and len(cell) >= 10 for cell in row) for row in rows[1:])


def test_logout_kills_the_session_at_once(system: System) -> None:
    selfcare = system.log_in("C900000001")
    assert selfcare.send("GET", "/contracts").status_code == 200
    assert selfcare.send("POST", "/auth/logout").status_code == 204
    assert selfcare.send("GET", "/contracts").status_code == 401


def test_sim_is_recharged_at_once_and_billed(system: System, console: Client) -> None:
    sim = untouched_sim(console)
    quote = console.post("/orders/quote", {"kind": "RC", "sim_serial": sim["sim_serial"], "gigabytes": 3})
    assert (quote["price_yen"], quote["cancellable_until"]) == (900, None)
    month = quote["start_date"][:7]
    asked = len(system.carrier(f"/operations?sim_serial={sim['sim_serial']}"))
    order = place(console, sim["sim_serial"])
    assert order["price_yen"] == 900
    assert order["terms"] == quote["terms"]
    done = order_with_status(console, order["number"], "completed")
    assert done["executed_at"] is not None
    after = console.get(f"/sims/{sim['sim_serial']}")
    assert after["capacity_bytes"] == sim["capacity_bytes"] + 3 * GB
    assert after["remaining_bytes"] == after["capacity_bytes"] - after["used_bytes"]

    def billed() -> list[int]:
        charges = console.get("/charges", month=month)
        assert charges["total_yen"] == sum(one["amount_yen"] for one in charges["items"])
        return [one["amount_yen"] for one in charges["items"] if one["order_number"] == order["number"]]

    until(billed, message="the recharge was not billed")
    assert billed() == [900]
    operations = system.carrier(f"/operations?sim_serial={sim['sim_serial']}")
    assert [one["action"] for one in operations[asked:]] == ["set_capacity"]


def test_recharge_lifts_the_restriction(console: Client) -> None:
    restricted = next(sim for sim in console.get("/sims", limit=50)["items"] if sim["restricted"])
    assert restricted["remaining_bytes"] == 0
    order = place(console, restricted["sim_serial"], gigabytes=1)
    order_with_status(console, order["number"], "completed")
    assert console.get(f"/sims/{restricted['sim_serial']}")["restricted"] is False


def test_reserved_recharge_waits_for_its_day(movable: System, console: Client) -> None:
    sim = active_sim(console)
    start = date.fromisoformat(str(movable.clock(advance_seconds=0).astimezone().date())) + timedelta(days=40)
    order = place(console, sim["sim_serial"], start.isoformat())
    assert (order["status"], order["cancellable"]) == ("pending", True)
    assert order["not_before"] in (f"{start}T00:00:00+09:00", f"{start - timedelta(days=1)}T15:00:00Z")
    movable.clock(now=f"{start - timedelta(days=1)}T23:59:50+09:00")
    console = movable.client("aoba-admin")
    assert console.get(f"/orders/{order['number']}")["status"] == "pending"
    movable.clock(now=f"{start}T00:00:01+09:00")
    done = order_with_status(console, order["number"], "completed")
    assert done["executed_at"] >= order["not_before"]


def test_pending_order_is_cancelled_and_never_runs(movable: System, console: Client) -> None:
    sim = active_sim(console)
    start = date.fromisoformat(
        console.post("/orders/quote", {"kind": "RC", "sim_serial": sim["sim_serial"], "gigabytes": 1})[
            "start_date"
        ]
    )
    order = place(console, sim["sim_serial"], (start + timedelta(days=3)).isoformat())
    cancelled = console.post(f"/orders/{order['number']}/cancel", None)
    assert cancelled["status"] == "cancelled"
    assert cancelled["cancelled_at"] is not None
    refused = console.send("POST", f"/orders/{order['number']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "order.not_cancellable")
    movable.clock(now=f"{start + timedelta(days=4)}T12:00:00+09:00")
    console = movable.client("aoba-admin")
    probe = place(console, sim["sim_serial"])  # what runs after it shows that the scheduler was at work
    order_with_status(console, probe["number"], "completed")
    assert console.get(f"/orders/{order['number']}")["status"] == "cancelled"


def test_idempotency_key(console: Client) -> None:
    sim, key = active_sim(console)["sim_serial"], str(uuid4())
    first = place(console, sim, key=key)
    again = place(console, sim, key=key)
    assert again["number"] == first["number"]
    other = console.send(
        "POST",
        "/orders",
        json={"kind": "RC", "sim_serial": sim, "gigabytes": 10},
        headers={"Idempotency-Key": key},
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    missing = console.send("POST", "/orders", json={"kind": "RC", "sim_serial": sim, "gigabytes": 1})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.missing")


def test_the_same_key_many_times_at_once_makes_one_order(console: Client) -> None:
    sim, key = active_sim(console)["sim_serial"], str(uuid4())

    def attempt(_: int) -> Any:
        answer = console.send(
            "POST",
            "/orders",
            json={"kind": "RC", "sim_serial": sim, "gigabytes": 1},
            headers={"Idempotency-Key": key},
        )
        return (answer.status_code, answer.json().get("number") or answer.json()["code"])

    with ThreadPoolExecutor(12) as pool:
        outcomes = set(pool.map(attempt, range(24)))
    numbers = {what for status, what in outcomes if status == 201}
    assert len(numbers) == 1
    assert outcomes - {(201, *numbers)} <= {(409, "idempotency.in_progress")}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"gigabytes": 2}, 422, "recharge.amount"),
        ({"start_date": "2020-01-01"}, 422, "start_date.out_of_range"),
        ({"start_date": "2031-01-01"}, 422, "start_date.out_of_range"),
        ({"start_date": "2026-02-30"}, 422, "start_date.out_of_range"),
        ({"sim_serial": "AF9999999999"}, 404, "sim.unknown"),
        ({"sim_serial": "AF2000000000"}, 404, "sim.unknown"),
        ({"sim_serial": "AF1000000005"}, 409, "sim.not_rechargeable"),
        ({"fingerprint": "0" * 64}, 409, "quote.changed"),
        ({"gigabytes": "three"}, 422, "request.invalid"),
        ({"surprise": 1}, 422, "request.invalid"),
    ],
)
def test_recharge_refusals(console: Client, body: dict[str, Any], status: int, code: str) -> None:
    wish = {"kind": "RC", "sim_serial": active_sim(console)["sim_serial"], "gigabytes": 1} | body
    answer = console.send("POST", "/orders", json=wish, headers={"Idempotency-Key": str(uuid4())})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert problem["detail"]
    assert problem["correlation_id"] == answer.headers["X-Correlation-Id"]


def test_s4_61_other_customers_things_look_like_none(system: System, console: Client) -> None:
    sim = active_sim(console)["sim_serial"]
    order = place(console, sim, gigabytes=1)
    other = system.client("shiokaze-operator")
    paths = {
        f"/orders/{order['number']}": "/orders/TC0001-00001-RC269999",
        f"/sims/{sim}": "/sims/AF1999999999",
    }
    for foreign, unknown in paths.items():
        answers = [other.send("GET", path) for path in (foreign, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = ({**answer.json(), "correlation_id": ""} for answer in answers)
        assert first == second
    assert order["number"] not in str(other.get("/orders"))
    assert other.send("POST", f"/orders/{order['number']}/cancel").status_code == 404


def test_a_viewer_may_look_and_not_buy(system: System) -> None:
    viewer = system.client("aoba-viewer")
    sim = active_sim(viewer)["sim_serial"]
    answer = viewer.send(
        "POST",
        "/orders",
        json={"kind": "RC", "sim_serial": sim, "gigabytes": 1},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "role.missing")


def test_the_wrong_kind_of_account_is_refused(system: System, selfcare: Client, console: Client) -> None:
    assert selfcare.send("GET", "/sims").status_code == 403
    assert console.send("GET", "/contracts").status_code == 403
    assert console.send("POST", "/staff/imports/customers").status_code == 403
    assert Client(system.url).send("GET", "/sims").status_code == 401
    assert Client(system.url, token="A" * 43).send("GET", "/sims").status_code == 401


def test_import_by_staff(system: System) -> None:
    staff = system.client("staff-admin")
    code = f"C9{uuid4().int % 10**8:08d}"

    def send(text: str, mode: str = "apply", kind: str = "customers") -> Any:
        headers = {"Content-Type": "text/csv"}
        return staff.send(
            "POST", f"/staff/imports/{kind}", params={"mode": mode}, data=text.encode(), headers=headers
        )

    good = f"customer_code,name\n{code},みほん商会\n"
    assert send(good, "validate").json()["applied"] is False
    assert send(good).json()["created"] == 1
    again = send(good).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1)
    bad = send(f"customer_code,name\n{code},\n,x\n{code},y\n{code},z\n")
    assert bad.status_code == 422
    assert {error["row"] for error in bad.json()["errors"]} >= {2, 3, 5}
    assert all(error["detail"] and error["code"].startswith("import.") for error in bad.json()["errors"])
    assert send(good).json()["unchanged"] == 1, "nothing of the bad file was stored"
    assert send("name\nx\n").status_code == 422
    assert send("customer_code,name\n\xff".encode("latin-1").decode("latin-1")).status_code == 422
    assert send(good, kind="unicorns").status_code == 404
