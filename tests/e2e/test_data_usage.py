"""Data usage of SIMs and share groups over the API, as figures and as CSV."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.system import EmbeddedSystem

MB = 10**6
JAPANESE = {"Accept-Language": "ja"}


def cells(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def fleet(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Two SIMs; the first has used 20 MB on each of the last ten days, the present one included."""
    made = new_fleet(embedded_system, tmp_path_factory.mktemp("usage"), ["active"] * 2)
    now = clock.now()
    rows = [
        f"{made.serials[0]}-{day},{made.serials[0]},{(now - timedelta(days=day)).isoformat()},{20 * MB}"
        for day in range(10)
    ]
    answer = embedded_system.client("staff-admin").send(
        "POST",
        "/staff/imports/usage",
        params={"mode": "apply"},
        data="\n".join(["record_id,sim_serial,used_at,bytes", *rows]).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    return made


class TestApi:
    def test_s4_09_figures_of_a_sim_and_its_list_agree(self, fleet: Fleet) -> None:
        serial, today = fleet.serials[0], clock.today()
        found = fleet.console.get(f"/sims/{serial}/usage")
        used = sum(day["bytes"] for day in found["days"])
        assert used == found["bytes"] == min(10, today.day) * 20 * MB
        assert found["days"][-1] == {"day": today.isoformat(), "bytes": 20 * MB}
        assert (len(found["months"]), sum(month["bytes"] for month in found["months"])) == (12, 200 * MB)
        assert found["forecast"]["bytes_per_day"] == 20 * MB
        sim = fleet.console.get(f"/sims/{serial}")
        assert (sim["used_bytes"], sim["as_of"]) == (used, found["as_of"])
        assert found["forecast"]["remaining_bytes"] == sim["remaining_bytes"]

    def test_s4_09_the_daily_figures_are_a_file_of_one_sim_and_of_all(self, fleet: Fleet) -> None:
        serial, today = fleet.serials[0], clock.today()
        one = fleet.console.send(
            "GET", f"/sims/{serial}/usage.csv", params={"encoding": "cp932"}, headers=JAPANESE
        )
        assert one.content.decode("cp932").startswith('"SIM製造番号","電話番号","日付","使用量（バイト）"')
        titles, *rows = cells(fleet.console.send("GET", "/usage/daily.csv", headers=JAPANESE))
        assert titles == ["SIM製造番号", "電話番号", "日付", "使用量（バイト）"]
        assert [row[2] for row in rows] == [
            (today.replace(day=1) + timedelta(days=n)).isoformat() for n in range(today.day)
        ]
        assert {row[0] for row in rows} == {serial}
        assert rows[-1][3] == str(20 * MB)
        spreadsheet = fleet.console.send("GET", "/usage/daily.csv", params={"cells": "spreadsheet"})
        assert f'"=""{serial}"""' in spreadsheet.content.decode("utf-8-sig")
        assert f"usage_{serial}_{today:%Y-%m}" in one.headers["Content-Disposition"]

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/sims/{serial}/usage?month=2020-01", 422, "usage.month"),
            ("/sims/{serial}/usage.csv?month=2020-01", 422, "usage.month"),
            ("/usage/daily.csv?month=x", 422, "usage.month"),
            ("/sims/AF9999/usage", 404, "sim.unknown"),
            ("/sims/AF9999/usage.csv", 404, "sim.unknown"),
            ("/share-groups/999999/usage", 404, "share.unknown"),
            ("/share-groups/999999/usage.csv", 404, "share.unknown"),
        ],
        ids=["month", "month of a file", "no month", "SIM", "file of a SIM", "group", "file of a group"],
    )
    def test_what_is_not_there_is_refused(self, fleet: Fleet, path: str, status: int, code: str) -> None:
        answer = fleet.console.send("GET", path.format(serial=fleet.serials[0]))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
