"""The carrier's API as the SIM service uses it: at the sandbox, and at a server that answers what a test wants."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from time import monotonic
from typing import Any

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox
from services.sim.adapters.carrier import HttpCarrier, Operation, Outcome

NUMBERS = count(1)
TIMEOUT = 0.5


def on_sim(serial: str, action: str = "suspend", **params: object) -> Operation:
    return Operation(f"{serial}-{action}", action, params, sim_serial=serial)


def new_serial() -> str:
    return f"AF{next(NUMBERS):011}"


class Answering(BaseHTTPRequestHandler):
    """Answers POST /STATUS/… with that status and `server.answer`; other paths with a friendly page."""

    def do_GET(self) -> None:
        first = self.path.split("/")[1]
        body = self.server.answer if first.isdecimal() else b"Welcome"  # type: ignore[attr-defined]
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, asked))  # type: ignore[attr-defined]
        self.send_response(int(first) if first.isdecimal() else 200)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None: ...


class Server:
    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_port}"

    def answers(self, body: Any) -> None:
        self._server.answer = json.dumps(body).encode()
        self._server.asked = []

    def asked(self) -> list[tuple[str, Any]]:
        """The last part of the path and the body of each request."""
        return [(path.rsplit("/", 1)[1], json.loads(body)) for path, body in self._server.asked]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Server(server)
        server.shutdown()


@pytest.fixture
def server(running: Server) -> Server:
    running.answers({})
    return running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "sandbox" in request.fixturenames:
        url = request.getfixturevalue("sandbox").url
        requests.delete(f"{url}/sandbox/faults", timeout=10).raise_for_status()


@pytest.fixture
def carrier(sandbox: RunningSandbox) -> HttpCarrier:
    return HttpCarrier(sandbox.url, TIMEOUT, 2)


def order_fault(sandbox: RunningSandbox, **fault: object) -> None:
    requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).raise_for_status()


def effects(sandbox: RunningSandbox, serial: str) -> list[tuple[str, int]]:
    answer = requests.get(f"{sandbox.url}/carrier/operations", params={"sim_serial": serial}, timeout=10)
    return [(each["action"], each["effects"]) for each in answer.json()]


def log(sandbox: RunningSandbox, serial: str) -> list[str]:
    answer = requests.get(f"{sandbox.url}/carrier/requests", params={"sim_serial": serial}, timeout=10)
    return [each["outcome"] for each in answer.json()]


def short(outcomes: list[Outcome]) -> list[str]:
    return [each.error or each.status for each in outcomes]


def test_an_operation_is_on_a_sim_or_on_a_group() -> None:
    for target in ({}, {"sim_serial": "A", "group": "G"}):
        with pytest.raises(ValueError, match="either"):
            Operation("1", "suspend", {}, **target)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (302, {}, Outcome("1", "unknown", "302")),
        (304, {}, Outcome("1", "unknown", "304")),
        (307, {}, Outcome("1", "unknown", "307")),
        (401, {}, Outcome("1", "unknown", "401")),
        (404, {}, Outcome("1", "unknown", "404")),
        (429, {}, Outcome("1", "unknown", "429")),
        (503, {"code": "down"}, Outcome("1", "unknown", "503 down")),
        (200, {}, Outcome("1", "unknown", "unreadable answer")),
        (200, [], Outcome("1", "unknown", "unreadable answer")),
        (200, {"results": [None]}, Outcome("1", "unknown", "unreadable answer")),
        (200, {"results": []}, Outcome("1", "unknown", "unreadable answer")),
        (
            200,
            {"results": [{"operation_id": "2", "status": "done"}]},
            Outcome("1", "unknown", "unreadable answer"),
        ),
        (200, {"results": [{"operation_id": "1", "status": "later"}]}, Outcome("1", "unknown", "later")),
        (200, {"results": [{"operation_id": "1", "status": "done"}]}, Outcome("1", "done")),
        (422, {"code": "body.not_text"}, Outcome("1", "rejected", "422 body.not_text")),
    ],
)
def test_only_a_good_answer_to_the_operation_itself_counts(
    server: Server, status: int, body: Any, outcome: Outcome
) -> None:
    server.answers(body)
    carrier = HttpCarrier(f"{server.url}/{status}", 5, 1)
    assert carrier.perform([Operation("1", "suspend", {}, sim_serial="A")], ask_first=False) == [outcome]


def test_a_page_in_the_place_of_the_carrier_is_no_answer(server: Server) -> None:
    carrier = HttpCarrier(f"{server.url}/portal", 5, 1)
    for ask_first in (False, True):
        outcomes = carrier.perform([on_sim("A")], ask_first=ask_first)
        assert outcomes == [Outcome("A-suspend", "unknown", "unreadable answer")]


def test_nothing_is_sent_when_the_lookup_is_not_answered(server: Server) -> None:
    outcomes = HttpCarrier(f"{server.url}/503", 5, 1).perform([on_sim("A"), on_sim("B")], ask_first=True)
    assert short(outcomes) == ["503", "503"]
    assert [path for path, _ in server.asked()] == ["lookup"]


def test_operations_travel_in_bulks(sandbox: RunningSandbox, server: Server) -> None:
    serials = [new_serial() for _ in range(5)]
    operations = [on_sim(serial) for serial in serials]
    assert HttpCarrier(sandbox.url, 5, 1, bulk_size=2).perform(operations, ask_first=False) == [
        Outcome(operation.id, "done") for operation in operations
    ]
    assert [effects(sandbox, serial) for serial in serials] == [[("suspend", 1)]] * 5
    # after a call without an answer none is begun
    outcomes = HttpCarrier(f"{server.url}/503", 5, 1, bulk_size=2).perform(operations, ask_first=False)
    assert short(outcomes) == ["503"] * 5
    ((_, body),) = server.asked()
    assert body["operations"][0] == {
        "operation_id": f"{serials[0]}-suspend",
        "action": "suspend",
        "sim_serial": serials[0],
        "params": {},
    }


def test_an_operation_on_a_group_names_no_sim(sandbox: RunningSandbox, carrier: HttpCarrier) -> None:
    name = f"G{new_serial()}"
    capacity = Operation(f"{name}-1", "set_group_capacity", {"bytes": 5}, group=name)
    assert short(carrier.perform([capacity], ask_first=True)) == ["done"]
    assert requests.get(f"{sandbox.url}/carrier/groups/{name}", timeout=10).json()["capacity_bytes"] == 5


def test_some_are_rejected_and_what_follows_of_the_same_sim_is_not_sent(
    sandbox: RunningSandbox,
) -> None:
    dead, alive, new = new_serial(), new_serial(), new_serial()
    carrier = HttpCarrier(sandbox.url, 5, 1, bulk_size=2)
    assert short(carrier.perform([on_sim(dead, "terminate")], ask_first=False)) == ["done"]
    operations = [
        on_sim(dead, "swap", new_serial=new),
        on_sim(alive),
        on_sim(new, "restrict"),
        on_sim(alive, "resume"),
        on_sim(dead),
    ]
    outcomes = carrier.perform(operations, ask_first=False)
    assert outcomes == [
        Outcome(operations[0].id, "rejected", "sim.terminated"),
        Outcome(operations[1].id, "done"),
        Outcome(operations[2].id, "unknown", "carrier.skipped"),
        Outcome(operations[3].id, "done"),
        Outcome(operations[4].id, "unknown", "carrier.skipped"),
    ]
    assert (log(sandbox, dead), log(sandbox, new)) == (["done", "sim.terminated"], [])


def test_what_is_unavailable_may_be_repeated(sandbox: RunningSandbox, carrier: HttpCarrier) -> None:
    first, second = new_serial(), new_serial()
    order_fault(sandbox, kind="error", match={"sim_serial": first})
    operations = [on_sim(first), on_sim(first, "restrict"), on_sim(second)]
    outcomes = carrier.perform(operations, ask_first=False)
    assert [(each.status, each.error) for each in outcomes] == [
        ("unknown", "carrier.unavailable"),
        ("unknown", "carrier.skipped"),
        ("done", ""),
    ]
    assert short(carrier.perform(operations, ask_first=True)) == ["done"] * 3
    assert effects(sandbox, first) == [("suspend", 1), ("restrict", 1)]
    assert log(sandbox, second) == ["done"]


@pytest.mark.parametrize("kind", ["timeout", "drop_after"])
def test_what_was_done_without_an_answer_is_not_sent_again(
    sandbox: RunningSandbox, carrier: HttpCarrier, kind: str
) -> None:
    serials = [new_serial() for _ in range(3)]
    order_fault(sandbox, kind=kind, seconds=2 * TIMEOUT, match={"sim_serial": serials[1]})
    operations = [on_sim(serial) for serial in serials]
    outcomes = carrier.perform(operations, ask_first=False)
    assert [each.status for each in outcomes] == ["unknown"] * 3
    assert all(each.error for each in outcomes)
    more = on_sim(new_serial())
    assert short(carrier.perform([*operations, more], ask_first=True)) == ["done"] * 4
    assert [log(sandbox, each.sim_serial) for each in [*operations, more]] == [["done"]] * 4


def test_one_malformed_operation_does_not_hold_up_the_others(sandbox: RunningSandbox) -> None:
    serials = [new_serial() for _ in range(9)]
    operations = [on_sim(serial) for serial in serials]
    operations[3] = on_sim(serials[3], "explode")
    operations[7] = on_sim(serials[3])
    outcomes = HttpCarrier(sandbox.url, 5, 1).perform(operations, ask_first=False)
    assert short(outcomes) == [
        *["done"] * 3,
        "422 body.unknown_value",
        *["done"] * 3,
        "carrier.skipped",
        "done",
    ]
    assert effects(sandbox, serials[8]) == [("suspend", 1)]


def test_a_silent_carrier_is_left_alone_but_for_a_probe(server: Server, sandbox: RunningSandbox) -> None:
    silent = HttpCarrier(f"{server.url}/503", 5, 1)
    assert silent.admitted(8) == 8
    for _ in range(10):
        silent.perform([on_sim("A")], ask_first=False)
    assert silent.admitted(8) == 0
    # a carrier that answers is there, also if it cannot do anything
    order_fault(sandbox, kind="error", times=100)
    carrier = HttpCarrier(sandbox.url, 5, 1)
    for _ in range(10):
        carrier.perform([on_sim(new_serial())], ask_first=False)
    assert carrier.admitted(8) == 8


def test_the_rate_is_kept(sandbox: RunningSandbox) -> None:
    carrier = HttpCarrier(sandbox.url, 5, 1, per_second=100)
    operations = [on_sim(new_serial()) for _ in range(60)]
    started = monotonic()
    assert short(carrier.perform(operations, ask_first=False)) == ["done"] * 60
    # six calls of ten, a tenth of a second from each other
    assert monotonic() - started >= 0.5
    times = requests.get(f"{sandbox.url}/carrier/requests", timeout=10).json()
    begun = [each["at"] for each in times if each["sim_serial"] in {each.sim_serial for each in operations}]
    assert [begun.count(at) for at in dict.fromkeys(begun)] == [10] * 6
