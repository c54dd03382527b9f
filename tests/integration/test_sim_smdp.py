"""The SM-DP+ as the SIM service uses it, at the sandbox and at a server that answers what a test wants."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any

import pytest
import requests

from chassis.operations import NoAnswer, Rejected
from sandbox.testing import RunningSandbox, running_sandbox
from services.sim.adapters.smdp import HttpSmdp, new_matching_id

EID, OTHER_EID = "89049032123451234512345678901235", "89086030202200000022000014352016"
NUMBERS = count(1)
TIMEOUT = 0.5


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def smdp(sandbox: RunningSandbox) -> Iterator[HttpSmdp]:
    yield HttpSmdp(sandbox.url, "smdp.example", "2.999.1", TIMEOUT, 1)
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).raise_for_status()


@pytest.fixture
def iccid() -> str:
    return f"898104{next(NUMBERS):013}"


def state(sandbox: RunningSandbox, iccid: str) -> str:
    url = f"{sandbox.url}/sandbox/smdp/profiles"
    (found,) = requests.get(url, params={"iccid": iccid}, timeout=10).json()
    return str(found["state"])


def order_fault(sandbox: RunningSandbox, **fault: object) -> None:
    requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).raise_for_status()


def test_a_device_downloads_with_the_activation_code(
    sandbox: RunningSandbox, smdp: HttpSmdp, iccid: str
) -> None:
    matching_id = new_matching_id()
    code = smdp.order(EID, iccid, matching_id)
    assert code == f"LPA:1$smdp.example${matching_id}"
    assert smdp.order(EID, iccid, matching_id) == code
    body = {"eid": EID, "activation_code": code}
    requests.post(f"{sandbox.url}/sandbox/smdp/downloads", json=body, timeout=10).raise_for_status()
    assert state(sandbox, iccid) == "downloaded"
    with pytest.raises(Rejected, match=r"^8\.2\.1/3\.3$"):
        smdp.cancel(EID, iccid)


def test_a_cancelled_order_leaves_the_profile_to_others(
    sandbox: RunningSandbox, smdp: HttpSmdp, iccid: str
) -> None:
    smdp.order(EID, iccid, new_matching_id())
    with pytest.raises(Rejected, match=r"^8\.2\.1/3\.3$"):
        smdp.order(OTHER_EID, iccid, new_matching_id())
    for _ in range(2):
        smdp.cancel(EID, iccid)
    assert state(sandbox, iccid) == "available"
    smdp.order(OTHER_EID, iccid, new_matching_id())


@pytest.mark.parametrize("action", ["download_order", "confirm_order"])
@pytest.mark.parametrize("kind", ["error", "timeout", "drop_after"])
def test_without_an_answer_it_is_repeated_safely(
    sandbox: RunningSandbox, smdp: HttpSmdp, iccid: str, kind: str, action: str
) -> None:
    matching_id = new_matching_id()
    order_fault(sandbox, kind=kind, seconds=2 * TIMEOUT, match={"action": action})
    with pytest.raises(NoAnswer):
        smdp.order(EID, iccid, matching_id)
    assert smdp.order(EID, iccid, matching_id).endswith(matching_id)
    assert state(sandbox, iccid) == "released"


@pytest.mark.parametrize("action", ["download_order", "confirm_order"])
def test_a_rejection_is_for_good(sandbox: RunningSandbox, smdp: HttpSmdp, iccid: str, action: str) -> None:
    order_fault(sandbox, kind="reject", match={"action": action})
    with pytest.raises(Rejected, match=r"^8\.2\.1/1\.2$"):
        smdp.order(EID, iccid, new_matching_id())


def test_matching_ids_are_random_and_well_formed(smdp: HttpSmdp, iccid: str) -> None:
    assert len({new_matching_id() for _ in range(1000)}) == 1000
    for wrong in ("", "lower", "A$B"):
        with pytest.raises(ValueError, match="MatchingID"):
            smdp.order(EID, iccid, wrong)


class Answering(BaseHTTPRequestHandler):
    """Answers POST /STATUS/… with that status and `server.answer`."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def executed(status: str, reason: str = "") -> dict[str, Any]:
    data = {"statusCodeData": {"subjectCode": "8.8", "reasonCode": reason}} if reason else {}
    return {"header": {"functionExecutionStatus": {"status": status} | data}}


@pytest.mark.parametrize(
    ("status", "body", "refusal", "said"),
    [
        (503, {}, NoAnswer, "503"),
        (302, {}, NoAnswer, "302"),
        (404, {}, NoAnswer, "404"),
        (200, {}, NoAnswer, "unreadable answer"),
        (200, [], NoAnswer, "unreadable answer"),
        (200, executed("Failed"), NoAnswer, "unreadable answer"),
        (200, executed("Failed", "4.2"), NoAnswer, "8.8/4.2"),
        (200, executed("Failed", "5.1"), NoAnswer, "8.8/5.1"),
        (200, executed("Expired", "3.9"), NoAnswer, "8.8/3.9"),
        (200, executed("Failed", "3.9"), Rejected, "8.8/3.9"),
        (200, executed("Executed-Success"), NoAnswer, "another MatchingID"),
    ],
)
def test_which_answers_count(
    server: ThreadingHTTPServer, status: int, body: Any, refusal: type[Exception], said: str
) -> None:
    server.answer = json.dumps(body).encode()  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{server.server_port}/{status}"
    with pytest.raises(refusal) as raised:
        HttpSmdp(url, "smdp.example", "2.999.1", 5, 1).order(EID, "8981040000000000000", "SECRET")
    assert str(raised.value) == said
