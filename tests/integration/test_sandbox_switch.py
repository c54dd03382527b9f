"""The sandbox's SIP switch and its faults on order: the real process, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

NUMBERS = (f"0501{number:07}" for number in count())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).raise_for_status()


@pytest.fixture
def number() -> str:
    return next(NUMBERS)


def send(
    sandbox: RunningSandbox, number: str, operation: str = "1", version: int = 1, password: str = "abcdefg1"
) -> requests.Response:
    body = {
        "operation_id": f"{number}-{operation}",
        "phone_number": number,
        "version": version,
        "password": password,
    }
    return requests.post(f"{sandbox.url}/switch/operations", json=body, timeout=10)


def get(sandbox: RunningSandbox, path: str, **query: str) -> requests.Response:
    return requests.get(f"{sandbox.url}/switch/{path}", params=query, timeout=10)


def order_fault(sandbox: RunningSandbox, **fault: object) -> None:
    requests.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).raise_for_status()


def outcomes(sandbox: RunningSandbox, number: str) -> list[str]:
    return [each["outcome"] for each in get(sandbox, "requests", phone_number=number).json()]


def test_it_holds_the_latest_password(sandbox: RunningSandbox, number: str) -> None:
    assert get(sandbox, f"lines/{number}").status_code == 404
    answer = send(sandbox, number)
    assert answer.json() == {"operation_id": f"{number}-1", "status": "done"}
    send(sandbox, number, "2", 2, "hijklmn2")
    held = {"phone_number": number, "version": 2, "password": "hijklmn2"}
    assert get(sandbox, f"lines/{number}").json() == held


def test_an_older_version_never_undoes_a_later_one(sandbox: RunningSandbox, number: str) -> None:
    send(sandbox, number, "2", 2)
    answer = send(sandbox, number, "1", 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "switch.outdated")
    assert get(sandbox, f"lines/{number}").json()["version"] == 2


def test_the_same_id_at_the_same_time_has_one_effect(sandbox: RunningSandbox, number: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(sandbox, number).status_code, range(8)))
    assert answers == [200] * 8
    assert sorted(outcomes(sandbox, number)) == ["done"] + ["repeated"] * 7
    assert get(sandbox, f"operations/{number}-1").json()["effects"] == 1


@pytest.mark.parametrize("change", [{"version": 2}, {"password": "hijklmn2"}])
def test_the_same_id_with_another_body_is_a_conflict(
    sandbox: RunningSandbox, number: str, change: dict
) -> None:
    send(sandbox, number)
    answer = send(sandbox, number, **change)
    assert (answer.status_code, answer.json()["code"]) == (409, "operation.conflict")


def test_passwords_stand_in_no_list_and_no_log(sandbox: RunningSandbox, number: str) -> None:
    send(sandbox, number, password="secret77")
    for path in ("operations", "requests", f"operations/{number}-1"):
        assert "secret77" not in get(sandbox, path).text


def test_faults_meet_only_the_line_they_name(sandbox: RunningSandbox, number: str) -> None:
    other = next(NUMBERS)
    order_fault(sandbox, kind="error", times=2, match={"phone_number": number})
    assert send(sandbox, other).status_code == 200
    assert [send(sandbox, number).status_code for _ in range(3)] == [503, 503, 200]
    order_fault(sandbox, kind="reject", match={"action": "set_password"})
    assert send(sandbox, number).status_code == 200  # done before, so never contradicted
    assert send(sandbox, number, "2", 2).json()["code"] == "switch.rejected"
    assert get(sandbox, f"lines/{number}").json()["version"] == 1


def test_drop_after_works_and_vanishes(sandbox: RunningSandbox, number: str) -> None:
    order_fault(sandbox, kind="drop_after", match={"phone_number": number})
    with pytest.raises(requests.ConnectionError):
        send(sandbox, number)
    assert get(sandbox, f"lines/{number}").json()["version"] == 1
    assert outcomes(sandbox, number) == ["done"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phone_number": ""}, "body.not_text"),
        ({"version": 0}, "body.not_a_whole_number"),
        ({"password": None}, "body.not_text"),
        ({"when": "now"}, "body.unknown_field"),
    ],
)
def test_bad_operations_are_refused(sandbox: RunningSandbox, change: dict, code: str) -> None:
    good = {"operation_id": "bad", "phone_number": "0501", "version": 1, "password": "abcdefg1"}
    answer = requests.post(f"{sandbox.url}/switch/operations", json=good | change, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert get(sandbox, "operations/bad").json()["code"] == "operation.unknown"


def test_what_it_holds_survives_a_restart(tmp_path: Path, number: str) -> None:
    with running_sandbox(tmp_path) as sandbox:
        send(sandbox, number)
    with running_sandbox(tmp_path) as sandbox:
        held = get(sandbox, f"lines/{number}").json()
        assert held == {"phone_number": number, "version": 1, "password": "abcdefg1"}
