"""Importing SIMs and usage records: refusals by row, and the same figures whatever arrives how often and when."""

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from chassis import errors
from tests.harness import until
from tests.integration.sim_system import GB, SIM_COLUMNS, USAGE_COLUMNS, Customer, SimSystem, sim_system

MB = 10**6


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture
def customer(system: SimSystem) -> Customer:
    return system.customer()


def this_month(system: SimSystem) -> datetime:
    return system.sandbox.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def sim_row(customer: str, serial: str, **other: str) -> str:
    values = {
        "sim_serial": serial,
        "customer_code": customer,
        "project_name": "案件A",
        "msisdn": "02010000022",
        "sim_type": "card",
        "sim_size": "nano",
        "plan": "1GB",
        "status": "active",
        "activated_on": "2026-01-01",
    }
    return ",".join((values | other).values())


def figures(customer: Customer, serial: str) -> tuple[int, int, int, bool]:
    sim = customer.sim(serial)
    return sim["used_bytes"], sim["capacity_bytes"], sim["remaining_bytes"], sim["restricted"]


def test_the_same_file_twice_changes_nothing(system: SimSystem, customer: Customer) -> None:
    rows = [sim_row(customer.code, f"AFSAME{n:04}") for n in range(3)]
    first = system.import_csv("sims", SIM_COLUMNS, rows)
    assert (first.applied, first.rows, first.created) == (True, 3, 3)
    again = system.import_csv("sims", SIM_COLUMNS, rows)
    assert (again.applied, again.created, again.updated, again.unchanged) == (True, 0, 0, 3)


def test_a_file_that_was_taken_in_is_told_to_the_audit_trail(system: SimSystem, customer: Customer) -> None:
    query = "SELECT payload FROM outbox WHERE type = 'sim.audited' ORDER BY id"
    told = len(system.rows(query))
    row = sim_row(customer.code, "AFAUDIT01")
    system.import_csv("sims", SIM_COLUMNS, [row], mode="validate")
    system.import_csv("sims", SIM_COLUMNS, [row, row])
    system.import_csv("sims", SIM_COLUMNS, [row])
    system.import_csv("usage", USAGE_COLUMNS, [])
    audited = [entry.payload for entry in system.rows(query)][told:]
    assert [(one["action"], one["target"], one["details"]["created"]) for one in audited] == [
        ("file.imported", "sims", 1),
        ("file.imported", "usage", 0),
    ]
    assert {(one["login_id"], one["kind"], one["result"]) for one in audited} == {
        ("operations", "staff", "done")
    }


def test_validating_stores_nothing(system: SimSystem, customer: Customer) -> None:
    report = system.import_csv("sims", SIM_COLUMNS, [sim_row(customer.code, "AFVALID01")], mode="validate")
    assert (report.applied, report.created, report.errors) == (False, 1, [])
    with pytest.raises(errors.NotFound):
        customer.sim("AFVALID01")


def test_an_import_describes_a_sim_anew_but_leaves_its_status(system: SimSystem, customer: Customer) -> None:
    system.import_csv("sims", SIM_COLUMNS, [sim_row(customer.code, "AFDESC01")])
    changed = sim_row(
        customer.code, "AFDESC01", project_name="案件B", msisdn="02010000033", status="suspended"
    )
    report = system.import_csv("sims", SIM_COLUMNS, [changed])
    assert (report.applied, report.updated) == (True, 1)
    sim = customer.sim("AFDESC01")
    assert (sim["project_name"], sim["msisdn"], sim["status"]) == ("案件B", "02010000033", "active")


def test_another_plan_counts_for_the_present_month(system: SimSystem, customer: Customer) -> None:
    system.import_csv("sims", SIM_COLUMNS, [sim_row(customer.code, "AFPLAN01", plan="500MB")])
    customer.use("AFPLAN01", this_month(system), 700 * MB)
    assert figures(customer, "AFPLAN01") == (500 * MB, 500 * MB, 0, True)
    system.import_csv("sims", SIM_COLUMNS, [sim_row(customer.code, "AFPLAN01", plan="1GB")])
    assert figures(customer, "AFPLAN01") == (700 * MB, GB, 300 * MB, False)


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"customer_code": "TC9999-99999"}, "customer_code", "import.unknown_customer"),
        ({"customer_code": "C900000001"}, "customer_code", "import.bad_code"),
        ({"plan": "2GB"}, "plan", "import.unknown_plan"),
        ({"msisdn": "020-1000-0022"}, "msisdn", "import.bad_phone"),
        ({"sim_type": "nano"}, "sim_type", "import.unknown_value"),
        ({"status": "terminated"}, "status", "import.unknown_value"),
        ({"activated_on": "2026-02-30"}, "activated_on", "import.bad_date"),
        ({"project_name": ""}, "project_name", "import.blank"),
    ],
)
def test_a_bad_sim_row_is_named_and_nothing_is_stored(
    system: SimSystem, customer: Customer, other: dict[str, str], field: str, code: str
) -> None:
    serials = [f"AF{uuid4().hex[:10]}", f"AF{uuid4().hex[:10]}"]
    rows = [sim_row(customer.code, serials[0]), sim_row(customer.code, serials[1], **other)]
    report = system.import_csv("sims", SIM_COLUMNS, rows)
    assert not report.applied
    assert [(error["row"], error["field"], error["code"]) for error in report.errors] == [(3, field, code)]
    assert not system.rows("SELECT 1 FROM sims WHERE serial = ANY(:serials)", serials=serials)


def test_a_sim_twice_in_a_file_is_refused(system: SimSystem, customer: Customer) -> None:
    report = system.import_csv("sims", SIM_COLUMNS, [sim_row(customer.code, "AFTWICE1")] * 2)
    assert [(error["row"], error["code"]) for error in report.errors] == [(3, "import.duplicate")]


def test_s4_61_an_import_never_moves_a_sim_to_another_customer(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim()
    other = system.customer()
    report = system.import_csv("sims", SIM_COLUMNS, [sim_row(other.code, serial)])
    assert [(error["row"], error["code"]) for error in report.errors] == [(2, "import.key_conflict")]
    assert customer.sim(serial)["sim_serial"] == serial


def test_only_staff_may_import(customer: Customer) -> None:
    with pytest.raises(errors.Forbidden):
        customer.call("import_csv", kind="sims", mode="validate", text="")


def test_s4_08_without_usage_the_whole_plan_remains(customer: Customer) -> None:
    serial = customer.new_sim("30GB")
    assert figures(customer, serial) == (0, 30 * GB, 30 * GB, False)
    sim = customer.sim(serial)
    assert sim["as_of"] is None
    assert [(each["kind"], each["amount_bytes"], each["used_bytes"]) for each in sim["buckets"]] == [
        ("plan", 30 * GB, 0)
    ]


def test_s4_08_used_capacity_and_remaining_add_up(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim("1GB")
    start = this_month(system)
    customer.use(serial, start, 300 * MB)
    customer.use(serial, start - timedelta(seconds=1), 900 * MB)
    assert figures(customer, serial) == (300 * MB, GB, 700 * MB, False)
    sim = customer.sim(serial)
    assert datetime.fromisoformat(sim["as_of"]) == start
    assert sim["buckets"][0]["valid_from"] == start.date().isoformat()


def test_s4_08_late_shuffled_and_repeated_records_give_the_same_figures(
    system: SimSystem, customer: Customer
) -> None:
    """The same records in one file and in many, the latter in another order and several times."""
    chance = random.Random(4)
    start = this_month(system) - timedelta(days=40)
    now = system.sandbox.now()
    seconds = int((now - start).total_seconds())
    one, many = customer.new_sims(2, "1GB")
    uses = [
        (start + timedelta(seconds=chance.randrange(seconds)), chance.randrange(60 * MB)) for _ in range(60)
    ]
    # a recharge in the middle of it, at the same instant for both
    for serial in (one, many):
        order = customer.recharge(serial, 1)
        customer.wait_for(order["number"], "completed")
        system.change(
            "UPDATE buckets SET valid_from = :at WHERE sim_serial = :serial AND kind = 'recharge'",
            at=start + timedelta(days=20),
            serial=serial,
        )

    def row(n: int, serial: str) -> str:
        return f"{serial}-{n},{serial},{uses[n][0].isoformat()},{uses[n][1]}"

    assert system.import_csv("usage", USAGE_COLUMNS, [row(n, one) for n in range(60)]).created == 60
    shuffled = list(range(60))
    chance.shuffle(shuffled)
    for begin in range(0, 60, 10):
        part = shuffled[max(0, begin - 5) : begin + 10]
        rows = [row(n, many) for n in [*part, *part[:3]]]
        report = system.import_csv("usage", USAGE_COLUMNS, rows)
        assert (report.applied, report.created) == (True, 10)
        assert report.unchanged == len(rows) - 10
    assert figures(customer, one) == figures(customer, many)
    buckets = "SELECT valid_from, amount_bytes, used_bytes FROM buckets WHERE sim_serial = :serial ORDER BY 1"
    assert system.rows(buckets, serial=one) == system.rows(buckets, serial=many)
    assert customer.sim(one)["used_bytes"] > 0


def test_a_record_that_contradicts_an_earlier_one_is_refused(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim()
    at = this_month(system).isoformat()
    record = uuid4().hex
    contradiction = [f"{record},{serial},{at},1", f"{record},{serial},{at},2"]
    report = system.import_csv("usage", USAGE_COLUMNS, contradiction)
    assert [(error["row"], error["code"]) for error in report.errors] == [(3, "import.record_differs")]
    assert system.import_csv("usage", USAGE_COLUMNS, contradiction[:1]).created == 1
    later = system.import_csv("usage", USAGE_COLUMNS, contradiction[1:])
    assert [(error["row"], error["code"]) for error in later.errors] == [(2, "import.record_differs")]
    assert customer.sim(serial)["used_bytes"] == 1


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("r1,AFUNKNOWN99,2026-03-01T00:00:00+09:00,1", "sim_serial", "import.unknown_sim"),
        ("r1,{serial},2026-03-01T00:00:00,1", "used_at", "import.bad_time"),
        ("r1,{serial},2026-03-01,1", "used_at", "import.bad_time"),
        ("r1,{serial},1767225600,1", "used_at", "import.bad_time"),
        ("r1,{serial},2026-03-01T00:00:00+09:00,-1", "bytes", "import.bad_bytes"),
        ("r1,{serial},2026-03-01T00:00:00+09:00,1.5", "bytes", "import.bad_bytes"),
        (",{serial},2026-03-01T00:00:00+09:00,1", "record_id", "import.blank"),
    ],
)
def test_a_bad_usage_row_is_named_and_nothing_is_stored(
    system: SimSystem, customer: Customer, row: str, field: str, code: str
) -> None:
    serial = customer.new_sim()
    good = f"{uuid4().hex},{serial},{this_month(system).isoformat()},5"
    report = system.import_csv("usage", USAGE_COLUMNS, [good, row.format(serial=serial)])
    assert not report.applied
    assert [(error["row"], error["field"], error["code"]) for error in report.errors] == [(3, field, code)]
    assert customer.sim(serial)["used_bytes"] == 0


def test_s4_34_exhaustion_restricts_the_speed_at_the_carrier(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim("500MB")
    customer.use(serial, this_month(system), 499 * MB)
    assert figures(customer, serial)[3] is False
    customer.use(serial, this_month(system), 2 * MB)
    assert figures(customer, serial) == (500 * MB, 500 * MB, 0, True)
    until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
    customer.use(serial, this_month(system), 2 * MB)
    assert system.rows("SELECT kind, state FROM jobs WHERE sim_serial = :serial", serial=serial) == [
        ("restrict", "done")
    ]


def test_45000_records_of_1500_sims_are_one_quick_import(system: SimSystem, customer: Customer) -> None:
    serials = customer.new_sims(1500, "1GB")
    start = this_month(system)
    times = [start - timedelta(days=day) for day in range(1, 16)]
    times += [start + timedelta(seconds=second) for second in range(15)]
    rows = [
        f"bulk-{serial}-{number},{serial},{at.isoformat()},{20 * MB}"
        for number, at in enumerate(times)
        for serial in serials
    ]
    began = time.monotonic()
    report = system.import_csv("usage", USAGE_COLUMNS, rows)
    seconds = time.monotonic() - began
    assert (report.applied, report.created) == (True, 45_000)
    assert seconds < 30
    again = system.import_csv("usage", USAGE_COLUMNS, rows)
    assert (again.created, again.unchanged) == (0, 45_000)
    listed = customer.call("list_sims", limit=100)
    assert listed["total"] == 1500
    used = {item["used_bytes"] for item in listed["items"]}
    assert used == {15 * 20 * MB}
    print(f"45,000 records in {seconds:.1f} s")
