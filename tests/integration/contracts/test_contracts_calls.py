"""Call records: taken in once whatever comes how often and when, with their totals, and gone with their month."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import sessionmaker

from chassis import clock, errors
from chassis.database import UnitOfWork
from services.contracts.calling import month_after, month_of
from services.contracts.settings import Settings
from services.contracts.usecases.keeping_calls import keep_calls
from tests.integration.contracts.calls_system import (
    Caller,
    at,
    call,
    moments,
    months_ago,
    new_caller,
    this_month,
)
from tests.integration.contracts.system import LINE, ContractsSystem, phones


@pytest.fixture
def caller(contracts: ContractsSystem) -> Caller:
    return new_caller(contracts)


# -- imports


def test_the_same_records_again_change_nothing(caller: Caller) -> None:
    rows = [call(caller.numbers[0], moment) for moment in moments(months_ago(1), 5)]
    first = caller.send(rows)
    assert (first["applied"], first["rows"], first["created"], first["unchanged"]) == (True, 5, 5, 0)
    again = caller.send(rows + rows)
    assert (again["applied"], again["rows"], again["created"], again["unchanged"]) == (True, 10, 0, 10)
    assert caller.kept() == caller.counted() == {(caller.numbers[0], months_ago(1)): (5, 300, 40)}


def test_the_same_instant_written_otherwise_is_the_same_record(caller: Caller) -> None:
    row = call(caller.numbers[0], at(months_ago(1)))
    utc = row | {"started_at": at(months_ago(1)).astimezone(UTC).isoformat()}
    other = row | {"started_at": at(months_ago(1)).astimezone(timezone(timedelta(hours=-5))).isoformat()}
    report = caller.send([row, utc, other])
    assert (report["created"], report["unchanged"]) == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"destination": "0312345679"},
        {"call_type": "mobile"},
        {"duration_seconds": "61"},
        {"charge_yen": "9"},
        {"started_at": at(months_ago(1), second=1).isoformat()},
        {"started_at": at(months_ago(2)).isoformat()},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_record_that_contradicts_an_earlier_one_is_named(caller: Caller, change: dict[str, str]) -> None:
    row = call(caller.numbers[0], at(months_ago(1)))
    caller.send([row])
    before = caller.kept()
    fresh = call(caller.numbers[0], at(months_ago(1), 13))
    assert caller.refused(fresh, row | change) == [(3, "record_id", "import.record_differs")]
    assert caller.refused(fresh, fresh | {"charge_yen": "77"}) == [(3, "record_id", "import.record_differs")]
    assert caller.kept() == before


def test_a_record_of_another_number_contradicts_too(caller: Caller) -> None:
    row = call(caller.numbers[0], at(months_ago(1)))
    caller.send([row])
    other = row | {"phone_number": caller.numbers[1]}
    assert caller.refused(other) == [(2, "record_id", "import.record_differs")]


def test_what_cannot_be_anybody_s_call_is_refused_row_by_row(
    contracts: ContractsSystem, caller: Caller
) -> None:
    future = clock.now() + timedelta(minutes=5)
    [ended] = phones(1)
    last = months_ago(1).replace(day=15)
    contracts.new_lines(caller.contract, [ended], start_date=str(months_ago(2)), end_date=str(last))
    before_start = at(months_ago(2) - timedelta(days=1), 23, 59, 59)
    rows = [
        call("05099999999", at(months_ago(1))),
        call(ended, before_start),
        call(ended, at(last + timedelta(days=1), 0)),
        call(caller.numbers[0], at(months_ago(24).replace(day=28))),
        call(caller.numbers[0], at(months_ago(23), 0) - timedelta(seconds=1)),
        call(caller.numbers[0], future),
    ]
    assert caller.refused(*rows) == [
        (2, "phone_number", "import.unknown_line"),
        (3, "phone_number", "import.line_not_in_service"),
        (4, "phone_number", "import.line_not_in_service"),
        (5, "started_at", "import.call_too_old"),
        (6, "started_at", "import.call_too_old"),
        (7, "started_at", "import.call_in_future"),
    ]
    good = [
        call(ended, at(months_ago(2), 0)),
        call(ended, at(last, 23, 59, 59)),
        call(caller.numbers[0], at(months_ago(23), 0)),
    ]
    assert caller.send(good)["applied"]


def test_checking_stores_nothing(caller: Caller) -> None:
    report = caller.send([call(caller.numbers[0], at(months_ago(1)))], mode="validate")
    assert (report["applied"], report["created"], caller.counted()) == (False, 1, {})


def test_only_staff_import_calls(contracts: ContractsSystem, caller: Caller) -> None:
    with pytest.raises(errors.Forbidden):
        contracts.call(
            "import_csv", caller.customer, sealed=("text",), kind="calls", mode="validate", text="x"
        )


def test_an_import_of_calls_is_told_to_the_audit_trail(contracts: ContractsSystem, caller: Caller) -> None:
    caller.send([call(caller.numbers[0], at(months_ago(1)))])
    told = contracts.audited()[-1]
    assert (told["action"], told["target"], told["details"]["created"]) == ("file.imported", "calls", 1)


def test_s0_24_a_number_that_had_another_owner_keeps_their_calls_apart(contracts: ContractsSystem) -> None:
    former, present = new_caller(contracts, 1), new_caller(contracts, 1)
    [number] = phones(1)
    left, came = months_ago(12).replace(day=10), months_ago(1).replace(day=5)
    contracts.new_lines(former.contract, [number], start_date=str(months_ago(15)), end_date=str(left))
    contracts.store(
        "lines",
        LINE | {"contract_code": present.contract, "phone_number": number, "start_date": str(came)},
    )
    rows = [call(number, at(left), charge_yen="1"), call(number, at(came, 0), charge_yen="10")]
    assert former.send(rows)["created"] == 2
    assert former.refused(call(number, at(left + timedelta(days=1), 0))) == [
        (2, "phone_number", "import.line_not_in_service")
    ]
    assert former.kept() == {(number, months_ago(12)): (1, 60, 1)}
    assert present.kept() == {(number, months_ago(1)): (1, 60, 10)}


# -- totals


@pytest.fixture(scope="module")
def shared(contracts: ContractsSystem) -> Caller:
    return new_caller(contracts, 3)


@settings(max_examples=15)
@given(data=st.data())
def test_s0_24_totals_are_those_of_the_details_in_any_order_and_any_files(
    shared: Caller, data: st.DataObject
) -> None:
    """Against a contract that other examples have filled: what is added is what counts."""
    before = shared.kept()
    count = data.draw(st.integers(1, 25), label="records")
    months = [months_ago(number) for number in range(4)]
    rows = []
    for _ in range(count):
        month = data.draw(st.sampled_from(months))
        share = data.draw(st.floats(0, 1, exclude_max=True))
        first, end = at(month, 0), min(at(month_after(month), 0), clock.now())
        rows.append(
            call(
                data.draw(st.sampled_from(shared.numbers)),
                first + (end - first) * share,
                duration_seconds=str(data.draw(st.integers(0, 9_999_999))),
                charge_yen=str(data.draw(st.integers(0, 99_999_999))),
            )
        )
    delivered = data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=10))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(delivered)), max_size=3)))
    for begun, ended in zip([0, *cuts], [*cuts, len(delivered)], strict=True):
        if begun < ended:
            assert shared.send(delivered[begun:ended])["applied"]
    after = shared.kept()
    assert after == shared.counted()
    expected = dict(before)
    for row in rows:
        key = row["phone_number"], month_of(datetime.fromisoformat(row["started_at"]))
        calls, seconds, yen = expected.get(key, (0, 0, 0))
        expected[key] = calls + 1, seconds + int(row["duration_seconds"]), yen + int(row["charge_yen"])
    assert after == expected


def test_s0_24_twenty_imports_at_once_with_the_same_records_count_each_once(
    contracts: ContractsSystem,
) -> None:
    caller = new_caller(contracts, 5)
    dice = random.Random(4)
    rows = [
        call(dice.choice(caller.numbers), moment, charge_yen=str(dice.randrange(100)))
        for month in (months_ago(5), months_ago(4))
        for moment in moments(month, 100)
    ]
    files = [dice.sample(rows, 120) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        reports = list(pool.map(caller.send, files))
    assert all(report["applied"] for report in reports)
    sent = {row["record_id"] for file in files for row in file}
    assert sum(report["created"] for report in reports) == len(sent)
    assert caller.kept() == caller.counted()
    assert sum(calls for calls, _, _ in caller.kept().values()) == len(sent)


# -- months


@pytest.fixture
def kept_for(contracts: ContractsSystem, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in contracts.process.env.items():
        monkeypatch.setenv(name, value)
    return Settings()  # type: ignore[call-arg]


def partitions(contracts: ContractsSystem) -> set[str]:
    return {
        row[0] for row in contracts.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'call_months'")
    }


def keep(contracts: ContractsSystem, settings: Settings) -> None:
    with UnitOfWork(sessionmaker(contracts.engine)) as uow:
        keep_calls(uow, settings)


@pytest.fixture
def old_month(contracts: ContractsSystem, kept_for: Settings) -> Iterator[Caller]:
    """A caller with records in the oldest month that is kept, and in the one after."""
    caller = new_caller(contracts)
    caller.send(
        [call(caller.numbers[0], at(months_ago(23), 1)), call(caller.numbers[0], at(months_ago(22), 1))]
    )
    yield caller
    keep(contracts, kept_for)


def test_months_to_come_are_made_and_old_ones_are_dropped_with_their_totals(
    contracts: ContractsSystem, kept_for: Settings, old_month: Caller
) -> None:
    keep(contracts, kept_for)
    oldest, next_month = f"calls_{months_ago(23):%Y_%m}", f"calls_{month_after(this_month()):%Y_%m}"
    assert partitions(contracts) >= {oldest, next_month, f"calls_{this_month():%Y_%m}"}
    assert len(old_month.counted()) == 2
    keep(contracts, kept_for.model_copy(update={"call_months_kept": 23}))
    assert oldest not in partitions(contracts)
    assert old_month.kept() == old_month.counted() == {(old_month.numbers[0], months_ago(22)): (1, 60, 8)}


def test_nothing_is_dropped_while_an_import_is_under_way(
    contracts: ContractsSystem, kept_for: Settings, old_month: Caller
) -> None:
    shorter = kept_for.model_copy(update={"call_months_kept": 23})
    with contracts.engine.connect() as importing:
        importing.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('contracts.import'))")
        keep(contracts, shorter)
        assert len(old_month.counted()) == 2
    keep(contracts, shorter)
    assert len(old_month.counted()) == 1
