"""The benchmark measures all that it says it does. What it measures is nobody's to assert: the machine has a say."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench import sims
from bench.inquiry import PAGES
from tests.harness import ROOT, leashed
from tests.servers import VirtualHosts

SERIES = {
    "rpc": {"py-amqp", "nameko", "Kaisen, public method", "Kaisen, signed caller"},
    "rpc at once": {"py-amqp", "nameko", "Kaisen, public method", "Kaisen, signed caller"},
    "export": {"COPY TO STDOUT", "Kaisen, through the gateway"},
    "inquiry 2000": {
        f"{name}, {where}, {which}"
        for name in ("counts", *PAGES)
        for where in ("use case", "call")
        for which in ("p50", "p95")
    },
    "calls": {
        "call details, first page with sums",
        "usage of a month, first page with sums",
        "sums of a month by line, kept",
        "sums of a month by line, computed",
    },
    "orders": {"PostgreSQL, claim + update + insert", "the sandbox carrier alone", "Kaisen, one process"},
    "midnight 400": {
        "all items done",
        "items",
        "single recharge for the same day, placed meanwhile",
        "procrastinate, one process, jobs that do nothing",
        "PostgreSQL, claim + update + insert",
        "PostgreSQL, the same, 200 in a transaction",
    },
}
SERIES["sims 400"] = {
    f"{name}, {where}, {which}"
    for name in sims.PAGES
    for where in ("use case", "call")
    for which in ("p50", "p95")
}
RATIOS = {
    "sims 400": 0,
    "rpc": 4,
    "rpc at once": 4,
    "export": 1,
    "calls": 1,
    "inquiry 2000": 0,
    "orders": 2,
    "midnight 400": 3,
}
ROUNDS = 2
ONCE = {"midnight 400"}  # there is one midnight a fleet


def test_the_benchmark_s_report_is_complete(
    tmp_path: Path, virtual_hosts: VirtualHosts, database_server_url: str
) -> None:
    file = tmp_path / "report.json"
    env = os.environ | {
        "KAISEN_TEST_AMQP_URI": virtual_hosts.new(),
        "KAISEN_TEST_DATABASE_URL": database_server_url,
    }
    command = leashed([sys.executable, "-m", "bench", "--quick", "--json", file])
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=420)
    assert done.returncode == 0, done.stdout + done.stderr

    subjects = {subject["name"]: subject for subject in json.loads(file.read_text())["subjects"]}
    names = {name: {one["name"] for one in subject["series"]} for name, subject in subjects.items()}
    assert names == SERIES
    assert {name: len(subject["ratios"]) for name, subject in subjects.items()} == RATIOS
    for subject in subjects.values():
        for series in [*subject["series"], *subject["ratios"]]:
            assert len(series["values"]) == (1 if subject["name"] in ONCE else ROUNDS)
            assert 0 < series["min"] <= series["median"] <= series["max"]
            assert series["name"] in done.stdout
    assert subjects["export"]["facts"] == {
        "lines": 2_500,
        "lines in the file": 2_500,
        "same content as COPY": True,
    }
    orders = subjects["orders"]["facts"]
    assert (orders["placed"], orders["executed"]) == (40, 40)
    assert (orders["executed early"], orders["executed twice"]) == (0, 0)
    midnight = subjects["midnight 400"]["facts"]
    assert (midnight["items"], midnight["orders completed"]) == (400, 8)
    assert (midnight["executed early"], midnight["executed twice"]) == (0, 0)
