"""The sandbox's movable clock: the real process, over HTTP."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

SOON = timedelta(seconds=5)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _real_time_again(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    move(sandbox, {"reset": True})


def move(sandbox: RunningSandbox, change: object) -> dict:
    answer = requests.post(f"{sandbox.url}/sandbox/clock", json=change, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def read(sandbox: RunningSandbox, **query: str | int) -> dict:
    answer = requests.get(f"{sandbox.url}/sandbox/clock", params=query, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_near(text: str, expected: datetime) -> None:
    assert timedelta(0) <= datetime.fromisoformat(text) - expected < SOON


def test_starts_at_real_time(sandbox: RunningSandbox) -> None:
    before = datetime.now(UTC)
    reading = read(sandbox)
    assert_near(reading["now"], before)
    assert reading["offset_seconds"] == 0


def test_set_advance_and_reset_each_make_a_new_version(sandbox: RunningSandbox) -> None:
    first = read(sandbox)["version"]
    eve = datetime.fromisoformat("2031-03-30T22:00:00+09:00")
    reading = move(sandbox, {"now": eve.isoformat()})
    assert_near(reading["now"], eve)
    assert reading["version"] == first + 1
    reading = move(sandbox, {"advance_seconds": 90.5})
    assert_near(reading["now"], eve + timedelta(seconds=90.5))
    reading = move(sandbox, {"advance_seconds": -3600})
    assert_near(reading["now"], eve + timedelta(seconds=90.5 - 3600))
    before = datetime.now(UTC)
    reading = move(sandbox, {"reset": True})
    assert_near(reading["now"], before)
    assert reading == {"now": reading["now"], "offset_seconds": 0, "version": first + 4}


def test_advances_at_the_same_time_all_count(sandbox: RunningSandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: move(sandbox, {"advance_seconds": 60}), range(16)))
    assert read(sandbox)["offset_seconds"] == 16 * 60


@pytest.mark.parametrize(
    ("body", "status", "code", "advice"),
    [
        ("not json", 400, "body.not_an_object", "JSON object"),
        ("[]", 400, "body.not_an_object", "JSON object"),
        ("{}", 422, "clock.one_change", "exactly one"),
        ('{"now": "2031-01-01T00:00:00Z", "reset": true}', 422, "clock.one_change", "exactly one"),
        ('{"hours": 1}', 422, "body.unknown_field", "advance_seconds"),
        ('{"now": "2031-01-01T00:00:00"}', 422, "clock.no_offset", "+09:00"),
        ('{"now": "2031-01-01"}', 422, "clock.no_offset", "+09:00"),
        ('{"now": "tomorrow"}', 422, "clock.bad_time", "ISO 8601"),
        ('{"now": 1}', 422, "clock.bad_time", "ISO 8601"),
        ('{"now": "0001-01-01T00:00:00+09:00"}', 422, "clock.out_of_range", "1970"),
        ('{"now": "9999-12-31T23:59:59-09:00"}', 422, "clock.out_of_range", "2999"),
        ('{"advance_seconds": "60"}', 422, "body.not_a_number", "number"),
        ('{"advance_seconds": true}', 422, "body.not_a_number", "number"),
        ('{"advance_seconds": NaN}', 422, "body.not_a_number", "number"),
        ('{"advance_seconds": 1e300}', 422, "body.not_a_number", "number"),
        ('{"advance_seconds": -1e11}', 422, "clock.out_of_range", "1970"),
        ('{"reset": false}', 422, "clock.bad_reset", "true"),
    ],
)
def test_bad_changes_are_refused_with_advice(
    sandbox: RunningSandbox, body: str, status: int, code: str, advice: str
) -> None:
    before = read(sandbox)
    answer = requests.post(f"{sandbox.url}/sandbox/clock", data=body, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert advice in answer.json()["detail"]
    assert read(sandbox)["version"] == before["version"]


def test_a_bad_version_is_refused(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/clock?after=x", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, "clock.bad_version")


def test_an_unknown_address_and_method_get_json(sandbox: RunningSandbox) -> None:
    missing = requests.get(f"{sandbox.url}/sandbox/nowhere", timeout=10)
    assert (missing.status_code, missing.json()["code"]) == (404, "http.404")
    wrong = requests.delete(f"{sandbox.url}/sandbox/clock", timeout=10)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "http.405")
    assert "POST" in wrong.headers["Allow"]


def test_a_reader_waits_until_the_clock_is_moved(sandbox: RunningSandbox) -> None:
    version = read(sandbox)["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, sandbox, after=version)
        move(sandbox, {"advance_seconds": 3600})
        assert waiting.result(timeout=10)["version"] == version + 1


def test_a_version_of_an_erased_sandbox_is_answered_at_once(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        started = time.monotonic()
        assert read(sandbox, after=1_000_000, follower="older")["version"] < 1_000_000
        assert time.monotonic() - started < 5


def follow_until_the_end(sandbox: RunningSandbox, version: int) -> None:
    with suppress(requests.ConnectionError):
        read(sandbox, after=version, follower="slow")


def test_moving_the_clock_returns_only_when_a_live_follower_has_moved(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool, running_sandbox(tmp_path) as sandbox:
        version = read(sandbox, after=0, follower="slow")["version"]
        moving = pool.submit(move, sandbox, {"advance_seconds": 60})
        assert read(sandbox, after=version)["version"] == version + 1
        assert not moving.done()
        pool.submit(follow_until_the_end, sandbox, version + 1)
        started = time.monotonic()
        assert moving.result(timeout=10)["version"] == version + 1
        assert time.monotonic() - started < 2


def test_a_deaf_follower_is_waited_for_three_seconds(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        # Says that it has version 0, is told of version 1, and never speaks again.
        read(sandbox, after=0, follower="deaf")
        started = time.monotonic()
        move(sandbox, {"advance_seconds": 60})
        assert 2.5 < time.monotonic() - started < 6


def test_the_clock_survives_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        moved = move(sandbox, {"advance_seconds": 86_400})
    with running_sandbox(tmp_path) as sandbox:
        reading = read(sandbox)
        assert (reading["offset_seconds"], reading["version"]) == (86_400, moved["version"])


FOLLOWING_PROCESS = """
import sys
from chassis import clock
clock.follow(sys.argv[1], "process")
print("ready", flush=True)
for line in sys.stdin:
    print(clock.now().isoformat(), flush=True)
"""


def test_a_process_of_the_product_has_moved_when_the_move_is_answered(tmp_path: Path) -> None:
    with (
        running_sandbox(tmp_path) as sandbox,
        subprocess.Popen(
            [sys.executable, "-c", FOLLOWING_PROCESS, f"{sandbox.url}/sandbox/clock"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for year in range(2031, 2041):
            there = datetime(year, 1, 1, tzinfo=UTC)
            move(sandbox, {"now": there.isoformat()})
            process.stdin.write("now?\n")
            process.stdin.flush()
            assert_near(process.stdout.readline().strip(), there)


def test_buttons_move_the_clock_and_pages_speak_both_languages(sandbox: RunningSandbox) -> None:
    page = f"{sandbox.url}/sandbox/"
    japanese = requests.get(page, timeout=10)
    assert 'lang="ja"' in japanese.text
    assert "1日進める" in japanese.text
    english = requests.get(page, headers={"Accept-Language": "en-GB,en"}, timeout=10)
    assert "+1 day" in english.text
    for form, seconds in (({"step": "hour"}, 3600), ({"step": "day"}, 3600 + 86_400), ({"reset": "yes"}, 0)):
        answer = requests.post(page, params={"lang": "en"}, data=form, timeout=10)
        assert answer.status_code == 200
        assert "+1 day" in answer.text
        assert read(sandbox)["offset_seconds"] == seconds
    requests.post(page, data={"now": "2031-03-30T22:00"}, timeout=10)
    assert_near(read(sandbox)["now"], datetime.fromisoformat("2031-03-30T22:00:00+09:00"))


@pytest.mark.parametrize("form", [{}, {"now": "soon"}, {"now": "0001-01-01T00:00"}, {"step": "year"}])
def test_a_bad_form_is_answered_with_the_page(sandbox: RunningSandbox, form: dict[str, str]) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/", data=form, timeout=10)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert read(sandbox)["offset_seconds"] == 0
