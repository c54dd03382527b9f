"""The sandbox's carrier network and its faults on order: the real process, over HTTP."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

FRESH: dict[str, Any] = {
    "status": "active",
    "capacity_bytes": None,
    "restricted": False,
    "plan": None,
    "plan_bytes": None,
    "options": [],
    "group": None,
    "replaces": None,
    "replaced_by": None,
}
SERIALS = (f"89810000000000{number:05}" for number in count())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    assert requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).status_code == 204


@pytest.fixture
def serial() -> str:
    return next(SERIALS)


def ask(
    sandbox: RunningSandbox,
    operation_id: str,
    action: str,
    serial: str,
    timeout: float = 10,
    **params: object,
) -> requests.Response:
    body = {"operation_id": operation_id, "action": action, "sim_serial": serial, "params": params}
    return requests.post(f"{sandbox.url}/carrier/operations", json=body, timeout=timeout)


def get(sandbox: RunningSandbox, path: str, **query: str) -> requests.Response:
    return requests.get(f"{sandbox.url}{path}", params=query, timeout=10)


def order_fault(sandbox: RunningSandbox, **fault: object) -> dict:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10)
    assert answer.status_code == 201, answer.text
    return answer.json()


def outcomes(sandbox: RunningSandbox, serial: str) -> list[str]:
    return [each["outcome"] for each in get(sandbox, "/carrier/requests", sim_serial=serial).json()]


def test_actions_change_the_sim_and_nothing_else(sandbox: RunningSandbox, serial: str) -> None:
    assert get(sandbox, f"/carrier/sims/{serial}").status_code == 404
    expected = {"sim_serial": serial, **FRESH}
    steps: list[tuple[str, dict, dict]] = [
        ("activate", {}, {}),
        ("set_capacity", {"bytes": 5_000_000_000}, {"capacity_bytes": 5_000_000_000}),
        ("restrict", {}, {"restricted": True}),
        ("lift_restriction", {}, {"restricted": False}),
        ("suspend", {}, {"status": "suspended"}),
        ("resume", {}, {"status": "active"}),
        ("set_plan", {"plan": "30GB", "bytes": 3}, {"plan": "30GB", "plan_bytes": 3}),
        ("set_options", {"options": ["音声", "SMS"]}, {"options": ["音声", "SMS"]}),
        ("join_group", {"group": f"G{serial}"}, {"group": f"G{serial}"}),
        ("leave_group", {}, {"group": None}),
        ("terminate", {}, {"status": "terminated"}),
    ]
    for action, params, change in steps:
        expected |= change
        answer = ask(sandbox, f"{serial}/{action}", action, serial, **params)
        assert answer.status_code == 200
        assert answer.json() == {"operation_id": f"{serial}/{action}", "status": "done", "sim": expected}
    assert get(sandbox, f"/carrier/sims/{serial}").json() == expected
    listed = get(sandbox, "/carrier/operations", sim_serial=serial).json()
    assert [(each["action"], each["params"], each["effects"]) for each in listed] == [
        (action, params, 1) for action, params, _ in steps
    ]


def test_a_swap_moves_the_state_and_retires_the_old_serial(sandbox: RunningSandbox, serial: str) -> None:
    new = next(SERIALS)
    kept: list[tuple[str, dict[str, Any]]] = [
        ("set_capacity", {"bytes": 7}),
        ("set_plan", {"plan": "1GB", "bytes": 5}),
        ("set_options", {"options": ["SMS"]}),
        ("join_group", {"group": f"G{serial}"}),
        ("restrict", {}),
    ]
    for action, params in kept:
        assert ask(sandbox, f"{serial}-{action}", action, serial, **params).ok
    sim = ask(sandbox, f"{serial}-2", "swap", serial, new_serial=new).json()["sim"]
    assert sim == FRESH | {
        "sim_serial": new,
        "replaces": serial,
        "capacity_bytes": 7,
        "plan": "1GB",
        "plan_bytes": 5,
        "options": ["SMS"],
        "group": f"G{serial}",
        "restricted": True,
    }
    assert get(sandbox, f"/carrier/groups/G{serial}").json()["members"] == [new]
    old = get(sandbox, f"/carrier/sims/{serial}").json()
    assert (old["status"], old["replaced_by"]) == ("replaced", new)
    refused = ask(sandbox, f"{serial}-3", "resume", serial)
    assert (refused.status_code, refused.json()["code"]) == (409, "sim.replaced")
    assert new in refused.json()["detail"]
    refused = ask(sandbox, f"{serial}-4", "swap", new, new_serial=serial)
    assert (refused.status_code, refused.json()["code"]) == (409, "sim.known")
    assert outcomes(sandbox, serial) == ["done"] * 6 + ["sim.replaced"]


def test_a_terminated_sim_takes_no_more_operations(sandbox: RunningSandbox, serial: str) -> None:
    assert ask(sandbox, f"{serial}-1", "terminate", serial).json()["sim"]["status"] == "terminated"
    for action in ("activate", "terminate", "leave_group"):
        refused = ask(sandbox, f"{serial}-{action}", action, serial)
        assert (refused.status_code, refused.json()["code"]) == (409, "sim.terminated")
    refused = ask(sandbox, f"{serial}-2", "swap", serial, new_serial=next(SERIALS))
    assert refused.json()["code"] == "sim.terminated"


def test_a_group_has_a_capacity_and_members_until_it_is_deleted(sandbox: RunningSandbox, serial: str) -> None:
    name, other = f"G{serial}", next(SERIALS)

    def order(number: int, action: str, **params: object) -> requests.Response:
        body = {"operation_id": f"{name}-{number}", "action": action, "group": name, "params": params}
        return requests.post(f"{sandbox.url}/carrier/operations", json=body, timeout=10)

    assert get(sandbox, f"/carrier/groups/{name}").status_code == 404
    answer = order(1, "set_group_capacity", bytes=9).json()
    group = {"group": name, "status": "active", "capacity_bytes": 9}
    assert answer == {"operation_id": f"{name}-1", "status": "done", "share_group": group}
    for member in (serial, other):
        ask(sandbox, f"{member}-join", "join_group", member, group=name)
    assert get(sandbox, f"/carrier/groups/{name}").json() == group | {"members": [serial, other]}
    ask(sandbox, f"{serial}-leave", "leave_group", serial)
    assert order(2, "delete_group").json()["share_group"]["status"] == "deleted"
    assert get(sandbox, f"/carrier/sims/{other}").json()["group"] is None
    refusals = [order(3, "set_group_capacity", bytes=1), ask(sandbox, "j", "join_group", serial, group=name)]
    assert [(each.status_code, each.json()["code"]) for each in refusals] == [(409, "group.deleted")] * 2
    listed = get(sandbox, "/carrier/operations", group=name).json()
    assert [(each["action"], each["sim_serial"], each["effects"]) for each in listed] == [
        ("set_group_capacity", "", 1),
        ("delete_group", "", 1),
    ]
    log = get(sandbox, "/carrier/requests", group=name).json()
    assert [each["outcome"] for each in log] == ["done", "done", "group.deleted"]


def test_the_same_id_again_gets_the_same_answer_without_a_second_effect(
    sandbox: RunningSandbox, serial: str
) -> None:
    first = ask(sandbox, f"{serial}-1", "suspend", serial).json()
    ask(sandbox, f"{serial}-2", "resume", serial)
    assert ask(sandbox, f"{serial}-1", "suspend", serial).json() == first
    assert get(sandbox, f"/carrier/sims/{serial}").json()["status"] == "active"
    assert get(sandbox, f"/carrier/operations/{serial}-1").json()["effects"] == 1
    assert outcomes(sandbox, serial) == ["done", "done", "repeated"]


def test_the_same_id_at_the_same_time_has_one_effect(sandbox: RunningSandbox, serial: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: ask(sandbox, serial, "set_capacity", serial, bytes=1).json(), range(8))
        )
    assert all(answer == answers[0] for answer in answers)
    assert sorted(outcomes(sandbox, serial)) == ["done"] + ["repeated"] * 7


def test_the_same_id_with_another_body_is_a_conflict(sandbox: RunningSandbox, serial: str) -> None:
    ask(sandbox, serial, "set_capacity", serial, bytes=1)
    for answer in (
        ask(sandbox, serial, "set_capacity", serial, bytes=2),
        ask(sandbox, serial, "suspend", serial),
        ask(sandbox, serial, "set_capacity", next(SERIALS), bytes=1),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "operation.conflict")
        assert "new operation_id" in answer.json()["detail"]
    assert get(sandbox, f"/carrier/sims/{serial}").json()["capacity_bytes"] == 1


def test_an_operation_never_done_is_unknown(sandbox: RunningSandbox) -> None:
    answer = get(sandbox, "/carrier/operations/never")
    assert (answer.status_code, answer.json()["code"]) == (404, "operation.unknown")


def test_the_log_tells_the_moved_time_and_survives_a_restart(tmp_path: Path, serial: str) -> None:
    with running_sandbox(tmp_path) as sandbox:
        eve = datetime.fromisoformat("2031-03-30T22:00:00+09:00")
        requests.post(f"{sandbox.url}/sandbox/clock", json={"now": eve.isoformat()}, timeout=10)
        ask(sandbox, serial, "suspend", serial)
        order_fault(sandbox, kind="error", times=3)
        done = get(sandbox, f"/carrier/operations/{serial}").json()
        assert timedelta(0) <= datetime.fromisoformat(done["done_at"]) - eve < timedelta(seconds=5)
    with running_sandbox(tmp_path) as sandbox:
        assert get(sandbox, f"/carrier/operations/{serial}").json() == done
        assert get(sandbox, f"/carrier/sims/{serial}").json() == done["sim"]
        assert [each["times"] for each in get(sandbox, "/sandbox/faults").json()] == [3]


GOOD = {"operation_id": "bad-1", "action": "set_capacity", "sim_serial": "8981", "params": {"bytes": 1}}


@pytest.mark.parametrize(
    ("change", "status", "code", "advice"),
    [
        ({"operation_id": ""}, 422, "body.not_text", "operation_id"),
        ({"operation_id": 5}, 422, "body.not_text", "operation_id"),
        ({"sim_serial": None}, 422, "body.not_text", "sim_serial"),
        ({"group": "G1"}, 422, "operation.target", "no group"),
        ({"action": "delete_group", "params": {}}, 422, "operation.target", "no sim_serial"),
        ({"action": "set_options", "params": {"options": "SMS"}}, 422, "body.not_a_list", "options"),
        ({"action": "set_options", "params": {"options": [1]}}, 422, "body.not_text", "options"),
        ({"action": "set_plan", "params": {"plan": "1GB"}}, 422, "body.not_a_whole_number", "bytes"),
        ({"sim_serial": "\ud800"}, 422, "body.not_text", "sim_serial"),
        ({"action": "explode"}, 422, "body.unknown_value", "lift_restriction"),
        ({"params": []}, 422, "body.not_an_object", "params"),
        ({"params": {}}, 422, "body.not_a_whole_number", "bytes"),
        ({"params": {"bytes": 1.5}}, 422, "body.not_a_whole_number", "bytes"),
        ({"params": {"bytes": -1}}, 422, "body.not_a_whole_number", "bytes"),
        ({"params": {"bytes": True}}, 422, "body.not_a_whole_number", "bytes"),
        ({"params": {"bytes": 1, "gigabytes": 1}}, 422, "body.unknown_field", "gigabytes"),
        ({"action": "suspend"}, 422, "body.unknown_field", "takes nothing"),
        ({"action": "swap", "params": {}}, 422, "body.not_text", "new_serial"),
        ({"when": "now"}, 422, "body.unknown_field", "when"),
    ],
)
def test_bad_operations_are_refused_with_advice(
    sandbox: RunningSandbox, change: dict, status: int, code: str, advice: str
) -> None:
    answer = requests.post(f"{sandbox.url}/carrier/operations", data=json.dumps(GOOD | change), timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert advice in answer.json()["detail"]
    assert get(sandbox, "/carrier/operations/bad-1").status_code == 404


@pytest.mark.parametrize("body", ["", "[1]", "{", b"\xff", "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(sandbox: RunningSandbox, body: str) -> None:
    answer = requests.post(f"{sandbox.url}/carrier/operations", data=body, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "body.not_an_object")


def test_error_answers_503_before_any_effect_and_is_used_up(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="error", times=2)
    for _ in range(2):
        answer = ask(sandbox, serial, "suspend", serial)
        assert (answer.status_code, answer.json()["code"]) == (503, "carrier.unavailable")
        assert get(sandbox, f"/carrier/sims/{serial}").status_code == 404
    assert ask(sandbox, serial, "suspend", serial).status_code == 200
    assert get(sandbox, "/sandbox/faults").json() == []
    assert outcomes(sandbox, serial) == ["carrier.unavailable", "carrier.unavailable", "done"]


def test_reject_is_permanent_but_never_contradicts_what_was_done(
    sandbox: RunningSandbox, serial: str
) -> None:
    ask(sandbox, f"{serial}-1", "suspend", serial)
    order_fault(sandbox, kind="reject")
    assert ask(sandbox, f"{serial}-1", "suspend", serial).status_code == 200
    answer = ask(sandbox, f"{serial}-2", "resume", serial)
    assert (answer.status_code, answer.json()["code"]) == (422, "carrier.rejected")
    assert get(sandbox, f"/carrier/sims/{serial}").json()["status"] == "suspended"


def test_drop_after_works_and_vanishes(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="drop_after")
    with pytest.raises(requests.ConnectionError):
        ask(sandbox, serial, "suspend", serial)
    assert get(sandbox, f"/carrier/operations/{serial}").json()["sim"]["status"] == "suspended"
    assert ask(sandbox, serial, "suspend", serial).status_code == 200
    assert outcomes(sandbox, serial) == ["done", "repeated"]


def test_timeout_works_and_holds_the_answer_back(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="timeout", seconds=1)
    with pytest.raises(requests.ReadTimeout):
        ask(sandbox, serial, "suspend", serial, timeout=0.5)
    assert get(sandbox, f"/carrier/operations/{serial}").json()["effects"] == 1


def test_delay_waits_then_works_while_others_are_served(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="delay", seconds=1, match={"sim_serial": serial})
    started = monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, sandbox, serial, "suspend", serial)
        assert ask(sandbox, next(SERIALS), "suspend", next(SERIALS)).status_code == 200
        assert monotonic() - started < 1
        assert slow.result().status_code == 200
    assert monotonic() - started >= 1


def test_a_fault_meets_only_what_it_matches(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="error", match={"sim_serial": serial, "action": "resume"})
    assert ask(sandbox, f"{serial}-1", "suspend", serial).status_code == 200
    other = next(SERIALS)
    assert ask(sandbox, f"{other}-1", "resume", other).status_code == 200
    assert ask(sandbox, f"{serial}-2", "resume", serial).status_code == 503
    assert ask(sandbox, f"{serial}-2", "resume", serial).status_code == 200


def test_pending_faults_are_listed_and_cleared(sandbox: RunningSandbox, serial: str) -> None:
    fault = order_fault(sandbox, kind="delay", times=3, seconds=0.5, match={"action": "swap"})
    assert fault == {
        "id": fault["id"],
        "kind": "delay",
        "times": 3,
        "seconds": 0.5,
        "match": {"action": "swap"},
    }
    assert get(sandbox, "/sandbox/faults").json() == [fault]
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10)
    assert get(sandbox, "/sandbox/faults").json() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({}, "body.not_text"),
        ({"kind": "fire"}, "body.unknown_value"),
        ({"kind": "error", "times": 0}, "body.not_a_whole_number"),
        ({"kind": "error", "times": "2"}, "body.not_a_whole_number"),
        ({"kind": "delay"}, "body.not_a_number"),
        ({"kind": "timeout", "seconds": -1}, "body.not_a_number"),
        ({"kind": "error", "match": "8981"}, "body.not_an_object"),
        ({"kind": "error", "match": {"serial": "8981"}}, "body.unknown_field"),
        ({"kind": "error", "match": {"action": "explode"}}, "body.unknown_value"),
        ({"kind": "error", "match": {"sim_serial": 8981}}, "body.not_text"),
        ({"kind": "error", "match": {"group": 1}}, "body.not_text"),
        ({"kind": "error", "path": "/"}, "body.unknown_field"),
    ],
)
def test_bad_faults_are_refused(sandbox: RunningSandbox, fault: dict, code: str) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert get(sandbox, "/sandbox/faults").json() == []
