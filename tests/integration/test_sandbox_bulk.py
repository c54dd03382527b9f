"""Many operations in one request to the sandbox's carrier network: the real process, over HTTP."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

SERIALS = (f"89810000000001{number:05}" for number in count())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).raise_for_status()


@pytest.fixture
def serial() -> str:
    return next(SERIALS)


def operation(serial: str, action: str, **params: object) -> dict[str, Any]:
    return {
        "operation_id": f"{serial}-{action}",
        "action": action,
        "sim_serial": serial,
        "params": params,
    }


def send(sandbox: RunningSandbox, *operations: dict[str, Any], timeout: float = 10) -> requests.Response:
    body = {"operations": operations}
    return requests.post(f"{sandbox.url}/carrier/operations/bulk", json=body, timeout=timeout)


def states(answer: requests.Response) -> list[str]:
    """`done`, or the code of the refusal, of each operation."""
    assert answer.status_code == 200, answer.text
    return [each.get("code", each["status"]) for each in answer.json()["results"]]


def get(sandbox: RunningSandbox, path: str, **query: str) -> Any:
    return requests.get(f"{sandbox.url}/carrier/{path}", params=query, timeout=10).json()


def order_fault(sandbox: RunningSandbox, **fault: object) -> None:
    requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).raise_for_status()


def test_operations_are_done_in_order_and_each_is_logged(sandbox: RunningSandbox, serial: str) -> None:
    new = next(SERIALS)
    group = {"operation_id": f"{serial}-g", "action": "set_group_capacity", "group": f"G{serial}"}
    wanted = [
        operation(serial, "activate"),
        operation(serial, "set_capacity", bytes=1),
        group | {"params": {"bytes": 4}},
        operation(serial, "join_group", group=f"G{serial}"),
        operation(serial, "swap", new_serial=new),
        operation(new, "suspend"),
    ]
    answer = send(sandbox, *wanted).json()
    assert answer == {
        "results": [{"operation_id": each["operation_id"], "status": "done"} for each in wanted]
    }
    sim = get(sandbox, f"sims/{new}")
    assert (sim["status"], sim["capacity_bytes"], sim["group"]) == ("suspended", 1, f"G{serial}")
    assert get(sandbox, f"groups/G{serial}")["members"] == [new]
    listed = get(sandbox, "operations", sim_serial=serial)
    assert [(each["action"], each["effects"]) for each in listed] == [
        ("activate", 1),
        ("set_capacity", 1),
        ("join_group", 1),
        ("swap", 1),
    ]
    log = get(sandbox, "requests", operation_id=f"{new}-suspend")
    assert [(each["outcome"], each["action"], each["sim_serial"]) for each in log] == [
        ("done", "suspend", new)
    ]


def test_a_repetition_has_no_second_effect_also_within_one_request(
    sandbox: RunningSandbox, serial: str
) -> None:
    first, second = operation(serial, "suspend"), operation(serial, "resume")
    assert states(send(sandbox, first, second, first)) == ["done"] * 3
    assert states(send(sandbox, first)) == ["done"]
    assert get(sandbox, f"sims/{serial}")["status"] == "active"
    log = get(sandbox, "requests", operation_id=f"{serial}-suspend")
    assert [each["outcome"] for each in log] == ["done", "repeated", "repeated"]


def test_the_same_bulk_at_the_same_time_has_one_effect_each(sandbox: RunningSandbox) -> None:
    wanted = [operation(next(SERIALS), "set_capacity", bytes=1) for _ in range(50)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: states(send(sandbox, *wanted)), range(4)))
    assert answers == [["done"] * 50] * 4
    for each in wanted:
        assert get(sandbox, f"operations/{each['operation_id']}")["effects"] == 1


def test_what_follows_a_refused_operation_of_the_same_sim_is_skipped(
    sandbox: RunningSandbox, serial: str
) -> None:
    dead, new = next(SERIALS), next(SERIALS)
    send(sandbox, operation(dead, "terminate"))
    results = send(
        sandbox,
        operation(dead, "swap", new_serial=new),
        operation(serial, "suspend"),
        operation(dead, "resume"),
        operation(new, "set_capacity", bytes=1),
        operation(serial, "resume"),
    ).json()["results"]
    assert [(each["status"], each.get("code")) for each in results] == [
        ("rejected", "sim.terminated"),
        ("done", None),
        ("unavailable", "carrier.skipped"),
        ("unavailable", "carrier.skipped"),
        ("done", None),
    ]
    assert dead in results[0]["detail"]
    assert get(sandbox, f"sims/{new}")["code"] == "sim.unknown"
    log = get(sandbox, "requests", sim_serial=dead)
    assert [each["outcome"] for each in log] == ["done", "sim.terminated", "carrier.skipped"]


def test_a_lookup_tells_what_has_been_carried_out(sandbox: RunningSandbox, serial: str) -> None:
    send(sandbox, operation(serial, "suspend"), operation(serial, "resume"))
    ids = [f"{serial}-resume", f"{serial}-terminate", f"{serial}-suspend"]
    url = f"{sandbox.url}/carrier/operations/lookup"
    answer = requests.post(url, json={"operation_ids": ids}, timeout=10)
    assert answer.json() == {"done": [ids[0], ids[2]]}
    answer = requests.post(url, json={"operation_ids": ["x"] * 501}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, "body.not_a_list")


@pytest.mark.parametrize(
    ("wrong", "code", "advice"),
    [
        ([], "body.not_a_list", "1 to 500"),
        ([{}] * 501, "body.not_a_list", "1 to 500"),
        (["x"], "body.not_a_list", "JSON objects"),
        ({}, "body.not_a_list", "a list"),
        ([{"operation_id": "1", "action": "explode"}], "body.unknown_value", "operations/1"),
    ],
    ids=["empty", "too-many", "no-objects", "no-list", "one-malformed"],
)
def test_a_malformed_bulk_is_refused_as_a_whole(
    sandbox: RunningSandbox, serial: str, wrong: Any, code: str, advice: str
) -> None:
    operations = [operation(serial, "suspend"), *wrong] if code == "body.unknown_value" else wrong
    url = f"{sandbox.url}/carrier/operations/bulk"
    answer = requests.post(url, json={"operations": operations}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert advice in answer.json()["detail"]
    assert get(sandbox, f"sims/{serial}")["code"] == "sim.unknown"


def test_error_and_reject_meet_single_operations_and_are_spent_on_each(
    sandbox: RunningSandbox, serial: str
) -> None:
    other = next(SERIALS)
    send(sandbox, operation(other, "suspend"))
    order_fault(sandbox, kind="error", match={"sim_serial": serial})
    order_fault(sandbox, kind="reject", times=2, match={"action": "restrict"})
    wanted = [
        operation(serial, "suspend"),
        operation(serial, "restrict"),
        operation(other, "restrict"),
        operation(other, "resume"),
    ]
    # the skipped one meets no fault, and what was done before is never rejected
    answer = send(sandbox, operation(other, "suspend"), *wanted)
    assert states(answer) == [
        "done",
        "carrier.unavailable",
        "carrier.skipped",
        "carrier.rejected",
        "carrier.skipped",
    ]
    assert states(send(sandbox, *wanted)) == ["done", "carrier.rejected", "done", "done"]
    assert requests.get(f"{sandbox.url}/sandbox/faults", timeout=10).json() == []


def test_timeout_holds_the_whole_answer_back_once(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="timeout", seconds=1, match={"action": "restrict"})
    wanted = [operation(serial, "suspend"), operation(serial, "restrict")]
    with pytest.raises(requests.ReadTimeout):
        send(sandbox, *wanted, timeout=0.5)
    assert get(sandbox, f"sims/{serial}")["restricted"]
    assert states(send(sandbox, *wanted, timeout=0.5)) == ["done", "done"]
    log = get(sandbox, "requests", sim_serial=serial)
    assert [each["fault"] for each in log] == [None, "timeout", None, None]


def test_drop_after_works_and_vanishes(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="drop_after")
    with pytest.raises(requests.ConnectionError):
        send(sandbox, operation(serial, "suspend"))
    assert get(sandbox, f"operations/{serial}-suspend")["effects"] == 1


def test_delay_holds_up_one_request_alone(sandbox: RunningSandbox, serial: str) -> None:
    order_fault(sandbox, kind="delay", seconds=1, match={"sim_serial": serial})
    started = monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(send, sandbox, operation(serial, "suspend"))
        assert states(send(sandbox, operation(next(SERIALS), "suspend"))) == ["done"]
        assert monotonic() - started < 1
        assert states(slow.result()) == ["done"]
    assert monotonic() - started >= 1


def test_the_networks_latency_is_waited_for_in_parallel(
    tmp_path: Path, serial: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAISEN_SANDBOX_CARRIER_LATENCY_MS", "500")
    with running_sandbox(tmp_path) as slow, ThreadPoolExecutor(8) as pool:
        started = monotonic()
        list(pool.map(lambda n: states(send(slow, operation(f"{serial}{n}", "suspend"))), range(8)))
        assert 0.5 <= monotonic() - started < 4


def test_a_file_of_before_share_groups_is_taken_over(tmp_path: Path, serial: str) -> None:
    with running_sandbox(tmp_path) as sandbox:
        send(sandbox, operation(serial, "suspend"))
    connection = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    for table in ("operations", "operation_requests"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN share_group")
    old = f'{{"sim_serial": "{serial}", "status": "suspended", "replaced_by": null}}'
    connection.execute("UPDATE sims SET state = ?", [old])
    connection.commit()
    connection.close()
    with running_sandbox(tmp_path) as sandbox:
        assert states(send(sandbox, operation(serial, "suspend"), operation(serial, "restrict"))) == [
            "done",
            "done",
        ]
        sim = get(sandbox, f"sims/{serial}")
        assert (sim["status"], sim["restricted"], sim["group"]) == ("suspended", True, None)
        assert get(sandbox, f"operations/{serial}-suspend")["effects"] == 1
