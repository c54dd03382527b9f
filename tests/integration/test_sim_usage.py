"""Usage by day and month, of SIMs and share groups: from imported records, to the byte; and what imports refuse."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis import errors
from services.sim import settlement, usage_store
from services.sim.accounting import next_month, start_of
from services.sim.usage import months_before
from services.sim.usecases import usage
from services.sim.usecases.importing_sims import import_sims
from services.sim.usecases.keeping_usage import keep_usage
from tests.integration.sim_ledger import MB, PLANS, SETTINGS, Ledger, Use

NOW = datetime(2026, 3, 20, 3, tzinfo=UTC)  # noon in Japan
MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


@pytest.fixture(scope="module")
def ledger(database_server_url: str) -> Iterator[Ledger]:
    made = Ledger(database_server_url, "sim_usage", NOW)
    yield made
    made.engine.dispose()


def on(month: date, day: int, hours: float = 12) -> datetime:
    return start_of(month.replace(day=day)) + timedelta(hours=hours)


def used(ledger: Ledger, serial: str, *uses: tuple[datetime, int]) -> None:
    report = ledger.import_usage(
        [Use(f"{serial}-{at.timestamp()}-{amount}", serial, at, amount) for at, amount in uses]
    )
    assert report.applied, report.errors


def sim_usage(ledger: Ledger, customer: str | None, serial: str, month: str | None = None) -> dict[str, Any]:
    with ledger.uow() as uow:
        return usage.sim_usage(uow, SETTINGS, NOW, customer, serial, month)


def group_usage(ledger: Ledger, customer: str, group: int, month: str | None = None) -> dict[str, Any]:
    with ledger.uow() as uow:
        return usage.group_usage(uow, NOW, customer, group, month)


def test_s4_09_a_sim_s_traffic_by_day_and_month_in_japan_time(ledger: Ledger) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1)
    used(
        ledger,
        serial,
        (on(FEBRUARY, 28, 23.99), 5),
        (on(MARCH, 1, 0), 7),
        (on(MARCH, 19, 1), 11),
        (on(MARCH, 19, 23), 13),
    )
    found = sim_usage(ledger, customer, serial)
    assert (found["month"], found["bytes"], found["as_of"]) == ("2026-03", 31, on(MARCH, 19, 23))
    assert [day["day"] for day in found["days"]] == [MARCH + timedelta(days=n) for n in range(20)]
    assert {day["day"].day: day["bytes"] for day in found["days"] if day["bytes"]} == {1: 7, 19: 24}
    assert [month["month"] for month in found["months"]] == [
        f"{months_before(MARCH, n):%Y-%m}" for n in reversed(range(12))
    ]
    assert {month["month"]: month["bytes"] for month in found["months"] if month["bytes"]} == {
        "2026-02": 5,
        "2026-03": 31,
    }
    february = sim_usage(ledger, customer, serial, "2026-02")
    assert (len(february["days"]), february["bytes"]) == (28, 5)


def test_s4_09_the_forecast_names_the_day_and_what_it_goes_by(ledger: Ledger) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1)
    used(ledger, serial, *((on(MARCH, day), 40 * MB) for day in range(13, 20)), (on(MARCH, 20, 0), 20 * MB))
    assert sim_usage(ledger, customer, serial)["forecast"] == {
        "runs_out_on": date(2026, 3, 25),
        "reason": "runs_out",
        "through": date(2026, 3, 31),
        "remaining_bytes": 200 * MB,
        "bytes_per_day": 40 * MB,
        "days_counted": 7,
        "first_day": date(2026, 3, 13),
        "last_day": date(2026, 3, 19),
        "method": "mean_of_days",
        "group_id": None,
    }
    (unused,) = ledger.sims(customer, 1)
    assert sim_usage(ledger, customer, unused)["forecast"]["reason"] == "too_little_data"


def test_s4_35_a_group_s_traffic_is_that_of_its_members_while_they_are_in_it(ledger: Ledger) -> None:
    customer = ledger.customer()
    stays, left, joined = ledger.sims(customer, 3)
    group = ledger.group(customer)
    ledger.join(group, [stays], FEBRUARY)
    ledger.join(group, [left], FEBRUARY, MARCH)
    ledger.join(group, [joined], MARCH)
    for serial in (stays, left, joined):
        used(ledger, serial, (on(FEBRUARY, 10), 1), *((on(MARCH, day), 100 * MB) for day in (17, 18, 19)))
    found = group_usage(ledger, customer, group)
    assert (found["members"], found["bytes"], found["name"]) == (2, 600 * MB, "")
    assert {day["day"].day: day["bytes"] for day in found["days"] if day["bytes"]} == dict.fromkeys(
        (17, 18, 19), 200 * MB
    )
    assert {month["month"]: month["bytes"] for month in found["months"] if month["bytes"]} == {
        "2026-02": 2,
        "2026-03": 600 * MB,
    }
    forecast = found["forecast"]
    assert (forecast["runs_out_on"], forecast["bytes_per_day"]) == (date(2026, 3, 26), 400 * MB // 7)
    assert (forecast["remaining_bytes"], forecast["group_id"]) == (400 * MB, group)
    member = sim_usage(ledger, customer, stays)
    assert (member["group_id"], member["forecast"], member["bytes"]) == (group, forecast, 300 * MB)
    assert sim_usage(ledger, customer, left)["group_id"] is None
    assert group_usage(ledger, customer, group, "2026-02")["members"] == 2


@pytest.mark.parametrize("month", ["2025-03", "2026-04", "2026-3", "2026-13", "march", "0000-01", ""])
def test_only_the_last_twelve_months_are_shown(ledger: Ledger, month: str) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1)
    with pytest.raises(errors.Invalid) as refusal:
        sim_usage(ledger, customer, serial, month)
    assert (refusal.value.code, refusal.value.details) == (
        "usage.month",
        {"first": "2025-04", "last": "2026-03"},
    )


def test_s4_61_another_customer_s_usage_is_not_there(ledger: Ledger) -> None:
    owner, other = ledger.customer(), ledger.customer()
    (serial,) = ledger.sims(owner, 1)
    group = ledger.group(owner)
    for customer, code, ask in (
        (other, "sim.unknown", lambda: sim_usage(ledger, other, serial)),
        (None, "sim.unknown", lambda: sim_usage(ledger, None, serial)),
        (other, "share.unknown", lambda: group_usage(ledger, other, group)),
        (other, "sim.unknown", lambda: export(ledger, other, sim_serial=serial)),
        (other, "share.unknown", lambda: export(ledger, other, group_id=group)),
    ):
        with pytest.raises(errors.NotFound) as refusal:
            ask()
        assert refusal.value.code == code, customer
    used(ledger, serial, (on(MARCH, 3), 1))
    assert export(ledger, other) == []


def export(ledger: Ledger, customer: str, limit: int = 2, **of: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        with ledger.uow() as uow:
            page = usage.export_usage(
                uow,
                NOW,
                customer,
                of.get("month"),
                of.get("sim_serial"),
                of.get("group_id"),
                cursor,
                limit,
            )
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_s4_09_the_file_has_every_day_of_every_sim_with_usage_once(ledger: Ledger) -> None:
    customer = ledger.customer()
    serials = ledger.sims(customer, 5)
    unused = ledger.sims(customer, 1)
    group = ledger.group(customer)
    ledger.join(group, serials[:2], MARCH)
    for n, serial in enumerate(serials, 1):
        used(ledger, serial, (on(MARCH, 2), n), (on(FEBRUARY, 2), 10 * n))
    rows = export(ledger, customer)
    assert [(row["sim_serial"], row["day"].day) for row in rows] == [
        (serial, day) for serial in serials for day in range(1, 21)
    ]
    assert [row["bytes"] for row in rows if row["bytes"]] == [1, 2, 3, 4, 5]
    assert {row["sim_serial"] for row in export(ledger, customer, group_id=group)} == set(serials[:2])
    february = export(ledger, customer, month="2026-02", sim_serial=serials[3])
    assert [row["bytes"] for row in february] == [0, 40, *[0] * 26]
    assert export(ledger, customer, sim_serial=unused[0]) == []
    with pytest.raises(errors.Invalid) as refusal, ledger.uow() as uow:
        usage.export_usage(uow, NOW, customer, None, None, None, "WzFd", 2)
    assert refusal.value.code == "page.bad_cursor"


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        (on(date(2025, 10, 1), 1, 0), None),
        (
            on(date(2025, 10, 1), 1, 0) - timedelta(seconds=1),
            {"code": "import.usage_too_old", "first_month": "2025-10"},
        ),
        (NOW + timedelta(hours=23), None),
        (NOW + timedelta(hours=25), {"code": "import.usage_in_future"}),
    ],
    ids=["the oldest month kept", "older", "the clocks differ", "the future"],
)
def test_records_are_taken_of_the_months_that_are_kept(
    ledger: Ledger, at: datetime, problem: dict[str, str] | None
) -> None:
    (serial,) = ledger.sims(ledger.customer(), 1)
    report = ledger.import_usage([Use(f"{serial}-{at.timestamp()}", serial, at, 1)])
    expected = [] if problem is None else [{"row": 2, "field": "used_at", **problem}]
    assert (report.errors, report.applied) == (expected, problem is None)


def test_a_record_comes_once_in_all_months(ledger: Ledger) -> None:
    (serial,) = ledger.sims(ledger.customer(), 1)
    record = Use(f"{serial}-once", serial, on(MARCH, 3), 9)
    assert ledger.import_usage([record]).created == 1
    again = ledger.import_usage([record])
    assert (again.created, again.unchanged) == (0, 1)
    for other in (
        Use(record.record_id, serial, on(FEBRUARY, 3), 9),
        Use(record.record_id, serial, record.at, 8),
    ):
        report = ledger.import_usage([other])
        assert [error["code"] for error in report.errors] == ["import.record_differs"]


def test_months_of_records_are_made_ahead_and_dropped_in_time_and_their_sums_stay(ledger: Ledger) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1)
    october = date(2025, 10, 1)
    used(ledger, serial, (on(october, 9), 4))
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'record_months' ORDER BY 1"
    with ledger.uow() as uow:
        keep_usage(uow, SETTINGS, MARCH)
        assert {"usage_2025_10", "usage_2026_03", "usage_2026_04"} <= {row[0] for row in ledger.rows(query)}
        keep_usage(uow, SETTINGS.model_copy(update={"usage_record_months": 3}), MARCH)
    assert ledger.rows(query)[0][0] >= "usage_2026_01"
    assert sim_usage(ledger, customer, serial, "2025-10")["bytes"] == 4


def test_records_of_a_replaced_sim_are_its_successor_s(ledger: Ledger) -> None:
    customer = ledger.customer()
    old, new = ledger.sims(customer, 2)
    before = Use(f"{old}-before", old, on(MARCH, 3), 30 * MB)
    recharge = ledger.recharge(old, 500 * MB, on(FEBRUARY, 10))
    ledger.import_usage([before])
    with ledger.uow() as uow:
        settlement.move(uow.session, {old: new})
        uow.commit()
    ledger.execute("UPDATE sims SET replaced_by = :new WHERE serial = :old", {"old": old, "new": new})
    late = Use(f"{old}-late", old, on(MARCH, 4), 480 * MB)
    report = ledger.import_usage([before, late])
    assert (report.created, report.unchanged, report.errors) == (1, 1, [])
    assert ledger.buckets([old]) == {}
    assert ledger.buckets([new]) == {(new, MARCH): 500 * MB, (recharge,): 10 * MB}
    assert sim_usage(ledger, customer, new)["bytes"] == 510 * MB
    with ledger.uow() as uow:
        assert usage_store.successors(uow.session, [old, new]) == {old: new}


def test_a_late_record_finds_what_an_earlier_plan_granted(ledger: Ledger) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1, "1GB")
    with ledger.uow() as uow:
        settlement.change_plans(ledger.site(uow), {serial: "500MB"})
        uow.commit()
    used(ledger, serial, (on(FEBRUARY, 3), 2000 * MB), (on(MARCH, 3), 2000 * MB))
    assert ledger.buckets([serial]) == {(serial, FEBRUARY): 1000 * MB, (serial, MARCH): 500 * MB}
    assert ledger.jobs([serial]) == [("restrict", serial)]
    with ledger.uow() as uow:
        settlement.change_plans(ledger.site(uow), {serial: "1GB"})
        uow.commit()
    assert ledger.buckets([serial])[serial, MARCH] == 1000 * MB


def test_s4_34_a_smaller_plan_restricts_at_once_and_a_larger_one_lifts(ledger: Ledger) -> None:
    (serial,) = ledger.sims(ledger.customer(), 1, "1GB")
    used(ledger, serial, (on(MARCH, 3), 600 * MB))
    for plan in ("500MB", "1GB"):
        with ledger.uow() as uow:
            settlement.change_plans(ledger.site(uow), {serial: plan})
            uow.commit()
    assert ledger.jobs([serial]) == [("restrict", serial), ("lift_restriction", serial)]


def test_an_import_does_not_change_a_number_that_shares(ledger: Ledger) -> None:
    customer = ledger.customer()
    (serial,) = ledger.sims(customer, 1)
    group = ledger.group(customer)
    ledger.join(group, [serial], FEBRUARY, next_month(FEBRUARY))
    row = f"{serial},{customer},案件,09000000001,card,nano,500MB,active,"
    header = "sim_serial,customer_code,project_name,msisdn,sim_type,sim_size,plan,status,activated_on"
    with ledger.uow() as uow:
        report = import_sims(uow, PLANS, "apply", f"{header}\n{row}\n", "")
    assert [(error["field"], error["code"]) for error in report.errors] == [
        ("msisdn", "import.number_shares")
    ]
