"""The clock is read in one place, so that a test or a demo can move it for the whole product."""

import re
from pathlib import Path

import pytest

from tests.architecture import source
from tests.harness import ROOT

READERS = {
    *(f"datetime.datetime.{reader}" for reader in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{reader}" for reader in ("time", "time_ns", "localtime", "gmtime", "ctime")),
}
ALLOWED = {"chassis/clock.py", "sandbox/clock.py"}
DATABASE_READERS = {f"sqlalchemy.func.{reader}" for reader in ("now", "current_date", "current_timestamp")}
DATABASE_CLOCK = re.compile(
    r"\bnow\(\)|\bcurrent_(date|time|timestamp)\b|\bclock_timestamp\(\)", re.IGNORECASE
)


# Leases, retries and the order of arrival are real time, which the database tells to all processes alike.
ALLOWED_IN_DATABASE = {
    "services/contracts/password_store.py",
    "services/payments/card_store.py",
    "services/sim/jobs.py",
    "services/sim/migrations/versions/0001_sims_and_orders.py",
    "services/sim/models.py",
}


def readings(path: Path) -> list[str]:
    return [f"{place}: {name}" for place, name in source.names(path) if name in READERS]


def database_readings(path: Path) -> list[str]:
    return [
        f"{place}: {text}"
        for place, text in [*source.names(path), *source.strings(path)]
        if text in DATABASE_READERS or DATABASE_CLOCK.search(text)
    ]


def outside(allowed: set[str], *folders: str) -> list[Path]:
    return [path for path in source.files(*folders) if str(path.relative_to(ROOT)) not in allowed]


def test_only_the_clock_modules_read_the_clock() -> None:
    assert [reading for path in outside(ALLOWED, *source.PRODUCT) for reading in readings(path)] == []


def test_services_do_not_ask_the_database_for_the_business_time() -> None:
    """The database's clock is never moved. (The chassis uses it for retries, which are real time.)"""
    found = [
        reading for path in outside(ALLOWED_IN_DATABASE, "services") for reading in database_readings(path)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime as moment\nmoment.utcnow()",
        "import datetime as dt\ndt.date.today()",
        "from time import time\ntime()",
        "from datetime import datetime\nfactory = datetime.now",
        "import sqlalchemy as sa\nsa.func.now()",
        "from sqlalchemy import func\nfunc.current_date()",
        "text('UPDATE orders SET at = NOW()')",
    ],
)
def test_the_guard_sees_every_way_to_read_the_clock(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    file = tmp_path / "module.py"
    file.write_text(code)
    assert len(readings(file) + database_readings(file)) == 1
