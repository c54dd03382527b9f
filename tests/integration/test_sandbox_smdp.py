"""The sandbox's SM-DP+: the real process, over HTTP."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

EID, OTHER_EID = "89049032123451234512345678901235", "89086030202200000022000014352016"
NUMBERS = count(1)
SUCCESS = {"functionExecutionStatus": {"status": "Executed-Success"}}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).raise_for_status()


@pytest.fixture
def iccid() -> str:
    return f"898104{next(NUMBERS):013}"


def call(
    sandbox: RunningSandbox, function: str, iccid: str, /, timeout: float = 10, **arguments: Any
) -> requests.Response:
    header = {"functionRequesterIdentifier": "2.999.1", "functionCallIdentifier": "1"}
    return requests.post(
        f"{sandbox.url}/gsma/rsp2/es2plus/{function}",
        json={"header": header, "iccid": iccid} | arguments,
        headers={"X-Admin-Protocol": "gsma/rsp/v2.2.0"},
        timeout=timeout,
    )


def confirm(sandbox: RunningSandbox, iccid: str, **more: Any) -> requests.Response:
    arguments: dict[str, Any] = {"eid": EID, "matchingId": f"M-{iccid}", "releaseFlag": True} | more
    return call(sandbox, "confirmOrder", iccid, **arguments)


def status(answer: requests.Response) -> str:
    """`done`, or the status code."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Admin-Protocol"] == "gsma/rsp/v2.2.0"
    executed = answer.json()["header"]["functionExecutionStatus"]
    if executed["status"] == "Executed-Success":
        return "done"
    data = executed["statusCodeData"]
    assert data["message"]
    return f"{data['subjectCode']}/{data['reasonCode']}"


def profile(sandbox: RunningSandbox, iccid: str) -> dict[str, str]:
    url = f"{sandbox.url}/sandbox/smdp/profiles"
    (found,) = requests.get(url, params={"iccid": iccid}, timeout=10).json()
    return dict(found)


def log(sandbox: RunningSandbox, iccid: str) -> list[str]:
    url = f"{sandbox.url}/sandbox/smdp/requests"
    found = requests.get(url, params={"iccid": iccid}, timeout=10).json()
    return [f"{each['action']} {each['outcome']}" for each in found]


def device(sandbox: RunningSandbox, code: str, eid: str = EID) -> requests.Response:
    body = {"eid": eid, "activation_code": code}
    return requests.post(f"{sandbox.url}/sandbox/smdp/downloads", json=body, timeout=10)


def order_fault(sandbox: RunningSandbox, **fault: object) -> None:
    requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).raise_for_status()


def test_an_ordered_profile_is_downloaded_by_its_own_device_once(sandbox: RunningSandbox, iccid: str) -> None:
    assert call(sandbox, "downloadOrder", iccid, eid=EID).json() == {"header": SUCCESS, "iccid": iccid}
    assert profile(sandbox, iccid) == {"iccid": iccid, "state": "linked", "eid": EID}
    answer = confirm(sandbox, iccid)
    assert answer.json() == {"header": SUCCESS, "eid": EID, "matchingId": f"M-{iccid}"}
    assert profile(sandbox, iccid)["state"] == "released"
    code = f"LPA:1$smdp.example$M-{iccid}"
    assert device(sandbox, code, OTHER_EID).json()["code"] == "smdp.other_eid"
    assert device(sandbox, code).json() == {"iccid": iccid, "state": "downloaded", "eid": EID}
    assert device(sandbox, code).json()["code"] == "smdp.not_released"
    for wrong in ("LPA:1$smdp.example$", "LPA:1$smdp.example$X", f"M-{iccid}"):
        assert device(sandbox, wrong).json()["code"] == "smdp.unknown"


def test_a_repetition_is_answered_like_the_first_call(sandbox: RunningSandbox, iccid: str) -> None:
    first = [call(sandbox, "downloadOrder", iccid, eid=EID).json(), confirm(sandbox, iccid).json()]
    assert [call(sandbox, "downloadOrder", iccid, eid=EID).json(), confirm(sandbox, iccid).json()] == first
    device(sandbox, f"LPA:1$smdp.example$M-{iccid}")
    assert [call(sandbox, "downloadOrder", iccid, eid=EID).json(), confirm(sandbox, iccid).json()] == first
    assert profile(sandbox, iccid)["state"] == "downloaded"
    assert log(sandbox, iccid) == [
        "download_order done",
        "confirm_order done",
        *["download_order repeated", "confirm_order repeated"] * 2,
    ]


def test_what_does_not_fit_the_profile_fails_and_changes_nothing(sandbox: RunningSandbox, iccid: str) -> None:
    other = f"{iccid}0"
    assert status(confirm(sandbox, iccid)) == "8.2.1/3.3"
    assert status(call(sandbox, "releaseProfile", iccid)) == "8.2.1/3.5"
    call(sandbox, "downloadOrder", iccid, eid=EID)
    call(sandbox, "downloadOrder", other, eid=EID)
    assert status(call(sandbox, "downloadOrder", iccid, eid=OTHER_EID)) == "8.2.1/3.3"
    assert status(confirm(sandbox, iccid, eid=OTHER_EID)) == "8.1.1/3.10"
    assert status(confirm(sandbox, iccid)) == "done"
    assert status(confirm(sandbox, iccid, matchingId="ANOTHER")) == "8.2.6/3.10"
    assert status(confirm(sandbox, other, matchingId=f"M-{iccid}")) == "8.2.6/3.3"
    assert profile(sandbox, other)["state"] == "linked"
    assert log(sandbox, other) == ["download_order done", "confirm_order 8.2.6/3.3"]


def test_a_confirmed_profile_waits_for_its_release(sandbox: RunningSandbox, iccid: str) -> None:
    call(sandbox, "downloadOrder", iccid, eid=EID)
    confirm(sandbox, iccid, releaseFlag=False)
    assert device(sandbox, f"LPA:1$smdp.example$M-{iccid}").json()["code"] == "smdp.not_released"
    for _ in range(2):
        assert status(call(sandbox, "releaseProfile", iccid)) == "done"
    assert device(sandbox, f"LPA:1$smdp.example$M-{iccid}").ok


def test_a_cancelled_profile_is_in_stock_again_or_never(sandbox: RunningSandbox, iccid: str) -> None:
    def cancel(final: str, eid: str = EID) -> str:
        return status(call(sandbox, "cancelOrder", iccid, eid=eid, finalProfileStatusIndicator=final))

    call(sandbox, "downloadOrder", iccid, eid=EID)
    confirm(sandbox, iccid)
    assert cancel("Available", OTHER_EID) == "8.2.1/3.10"
    assert [cancel("Available"), cancel("Available")] == ["done", "done"]
    assert profile(sandbox, iccid) == {"iccid": iccid, "state": "available", "eid": ""}
    assert device(sandbox, f"LPA:1$smdp.example$M-{iccid}").status_code == 404
    assert status(call(sandbox, "downloadOrder", iccid, eid=OTHER_EID)) == "done"
    assert cancel("Unavailable", OTHER_EID) == "done"
    assert status(call(sandbox, "downloadOrder", iccid, eid=EID)) == "8.2.1/3.3"


def test_a_downloaded_profile_is_not_cancelled(sandbox: RunningSandbox, iccid: str) -> None:
    call(sandbox, "downloadOrder", iccid, eid=EID)
    confirm(sandbox, iccid)
    device(sandbox, f"LPA:1$smdp.example$M-{iccid}")
    cancelled = call(sandbox, "cancelOrder", iccid, eid=EID, finalProfileStatusIndicator="Available")
    assert status(cancelled) == "8.2.1/3.3"


def test_faults_meet_the_functions_that_they_name(sandbox: RunningSandbox, iccid: str) -> None:
    order_fault(sandbox, kind="error", match={"action": "download_order"})
    answer = call(sandbox, "downloadOrder", iccid, eid=EID)
    assert (answer.status_code, answer.json()["code"]) == (503, "smdp.unavailable")
    order_fault(sandbox, kind="reject", match={"iccid": iccid})
    assert status(call(sandbox, "downloadOrder", iccid, eid=EID)) == "8.2.1/1.2"
    order_fault(sandbox, kind="timeout", seconds=1, match={"action": "download_order"})
    with pytest.raises(requests.ReadTimeout):
        call(sandbox, "downloadOrder", iccid, timeout=0.5, eid=EID)
    assert profile(sandbox, iccid)["state"] == "linked"
    order_fault(sandbox, kind="drop_after", match={"action": "confirm_order"})
    with pytest.raises(requests.ConnectionError):
        confirm(sandbox, iccid)
    assert profile(sandbox, iccid)["state"] == "released"
    order_fault(sandbox, kind="reject")
    assert status(confirm(sandbox, iccid)) == "done"  # what was done before is never rejected


@pytest.mark.parametrize(
    ("function", "change", "code"),
    [
        ("downloadOrder", {"eid": EID[1:]}, "body.not_digits"),
        ("downloadOrder", {"eid": "８" + EID[1:]}, "body.not_digits"),
        ("downloadOrder", {"iccid": "123"}, "body.not_digits"),
        ("downloadOrder", {"header": {}}, "body.not_text"),
        ("confirmOrder", {"eid": EID}, "body.not_text"),
        ("cancelOrder", {"eid": EID}, "body.not_text"),
        ("explode", {}, "smdp.function"),
    ],
)
def test_bad_calls_are_refused(
    sandbox: RunningSandbox, iccid: str, function: str, change: dict[str, Any], code: str
) -> None:
    answer = call(sandbox, function, iccid, **change)
    assert answer.status_code in (404, 422)
    assert answer.json()["code"] == code


def test_a_call_without_the_protocols_header_is_refused(sandbox: RunningSandbox, iccid: str) -> None:
    url = f"{sandbox.url}/gsma/rsp2/es2plus/downloadOrder"
    answer = requests.post(url, json={"iccid": iccid}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "smdp.protocol")


def test_what_makes_an_activation_code_is_never_told(sandbox: RunningSandbox, iccid: str) -> None:
    call(sandbox, "downloadOrder", iccid, eid=EID)
    confirm(sandbox, iccid, matchingId="TOPSECRET")
    assert confirm(sandbox, iccid, matchingId="TOPSECRET2").ok
    for path in ("profiles", "requests"):
        assert "TOPSECRET" not in requests.get(f"{sandbox.url}/sandbox/smdp/{path}", timeout=10).text
