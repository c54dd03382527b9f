"""SIM状況一覧: every filter and every sort, figures, files, and the SIMs that a list of numbers names."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from chassis import errors
from chassis.clock import JAPAN
from tests.integration.sim_system import GB, SIM_COLUMNS, Customer, SimSystem, sim_system

MB = 10**6
COLUMNS = f"{SIM_COLUMNS},service_type"

# serial's last digits: project, number, type, size, plan, status, service
ROWS = {
    "0001": ("配送端末", "02010000001", "card", "nano", "500MB", "active", "data"),
    "0002": ("配送端末", "02010000002", "esim", "eSIM", "30GB", "active", "mobile_choice"),
    "0003": ("Sensor 東", "09012345678", "card", "micro", "1GB", "suspended", "data"),
    "0004": ("Sensor 西", "020100000000004", "card", "標準", "500MB", "ordered", "data"),
    "0005": ("配送端末 2", "02010000005", "card", "nano", "500MB", "shipped", "mobile_choice"),
}


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture(scope="module")
def fleet(system: SimSystem) -> Customer:
    """A customer with the SIMs of ROWS; 0001 is used up, 0002 has used 2 GB."""
    customer = system.customer()
    rows = [
        f"{serial(customer, end)},{customer.code},{project},{number},{kind},{size},{plan},{status},2026-01-01,{service}"
        for end, (project, number, kind, size, plan, status, service) in ROWS.items()
    ]
    assert system.import_csv("sims", COLUMNS, rows).applied
    now = system.sandbox.now()
    customer.use(serial(customer, "0001"), now - timedelta(seconds=30), 600 * MB)
    customer.use(serial(customer, "0002"), now - timedelta(seconds=20), 2 * GB)
    return customer


def serial(customer: Customer, end: str) -> str:
    return f"GG{customer.code.removeprefix('TC').replace('-', '')}{end}"


def ends(answer: dict[str, Any]) -> list[str]:
    return [item["sim_serial"][-4:] for item in answer["items"]]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"status": "active"}, ["0001", "0002"]),
        ({"status": ["ordered", "shipped"]}, ["0004", "0005"]),
        ({"serial": "0003"}, ["0003"]),
        ({"msisdn": "090-1234"}, ["0003"]),
        ({"msisdn": "1000-0000000"}, ["0004"]),
        ({"service_type": "mobile_choice"}, ["0002", "0005"]),
        ({"plan": "500MB"}, ["0001", "0004", "0005"]),
        ({"plan": "no such plan"}, []),
        ({"sim_type": "esim"}, ["0002"]),
        ({"project_name": "sensor"}, ["0003", "0004"]),
        ({"project_name": "配送端末", "service_type": "data"}, ["0001"]),
        ({"project_name": "%"}, []),
        ({"restricted": True}, ["0001"]),
        ({"restricted": False}, ["0002", "0003", "0004", "0005"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_s4_14_each_condition_finds(fleet: Customer, conditions: dict[str, Any], expected: list[str]) -> None:
    found = fleet.call("list_sims", **conditions)
    assert (ends(found), found["total"]) == (expected, len(expected))


SORTED = {
    "sim_serial": ["0001", "0002", "0003", "0004", "0005"],
    "msisdn": ["0004", "0001", "0002", "0005", "0003"],
    "status": ["0001", "0002", "0004", "0005", "0003"],
    "service_type": ["0001", "0003", "0004", "0002", "0005"],
    "plan": ["0003", "0002", "0001", "0004", "0005"],
    "sim_type": ["0001", "0003", "0004", "0005", "0002"],
    "used": ["0003", "0004", "0005", "0001", "0002"],
    "remaining": ["0001", "0004", "0005", "0003", "0002"],
    "restricted": ["0002", "0003", "0004", "0005", "0001"],
    "as_of": ["0001", "0002", "0003", "0004", "0005"],
}


@pytest.mark.parametrize("column", SORTED)
def test_s4_14_the_list_is_sorted_by_every_column(fleet: Customer, column: str) -> None:
    assert ends(fleet.call("list_sims", sort=column)) == SORTED[column]


def _equal(item: dict[str, Any], column: str) -> Any:
    return item.get({"used": "used_bytes", "remaining": "remaining_bytes"}.get(column, column))


@pytest.mark.parametrize("column", [*SORTED, "project_name"])
def test_s4_14_the_other_way_round_equals_stay_by_serial_and_blanks_last(
    fleet: Customer, column: str
) -> None:
    items = fleet.call("list_sims", sort=f"-{column}")["items"]
    told = [item for item in items if _equal(item, column) is not None]
    assert items[: len(told)] == told
    if column == "project_name":  # the order of letters is the database's
        return
    for first, second in pairwise(told):
        a, b = _equal(first, column), _equal(second, column)
        assert a > b or (a == b and first["sim_serial"] < second["sim_serial"])


@pytest.mark.parametrize("sort", ["used", "-remaining", "plan", "-as_of", "-sim_serial", "-project_name"])
def test_s4_14_pages_of_one_have_every_sim_once(fleet: Customer, sort: str) -> None:
    whole = ends(fleet.call("list_sims", sort=sort))
    found, cursor = [], None
    while True:
        page = fleet.call("list_sims", sort=sort, limit=1, cursor=cursor)
        found += ends(page)
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == whole


def test_a_cursor_of_another_sort_is_refused(fleet: Customer) -> None:
    cursor = fleet.call("list_sims", limit=1)["next_cursor"]
    with pytest.raises(errors.Invalid) as refusal:
        fleet.call("list_sims", cursor=cursor, sort="used")
    assert refusal.value.code == "page.bad_cursor"


def test_s4_08_the_row_tells_what_is_used_and_left_and_of_when(system: SimSystem, fleet: Customer) -> None:
    item = fleet.call("list_sims", serial=serial(fleet, "0002"))["items"][0]
    assert (item["used_bytes"], item["capacity_bytes"], item["remaining_bytes"]) == (2 * GB, 30 * GB, 28 * GB)
    assert datetime.fromisoformat(item["as_of"]) <= system.sandbox.now()
    assert {name: item[name] for name in ("service_type", "options", "sim_type", "project_name")} == {
        "service_type": "mobile_choice",
        "options": [],
        "sim_type": "esim",
        "project_name": "配送端末",
    }


def test_the_sort_follows_a_recharge_and_the_turn_of_the_month(system: SimSystem) -> None:
    customer = system.customer()
    few, used, bought = customer.new_sims(3)
    customer.wait_for(customer.recharge(bought, 1)["number"], "completed")
    customer.use(used, system.sandbox.now(), 100 * MB)
    customer.use(bought, system.sandbox.now(), 700 * MB)

    def order(sort: str) -> list[str]:
        return [item["sim_serial"] for item in customer.call("list_sims", sort=sort)["items"]]

    assert order("used") == [few, used, bought]
    assert order("-remaining") == [bought, few, used]
    today = system.sandbox.now().date()
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    try:
        system.sandbox.move_clock(datetime.combine(following, time(0, 0, 1), JAPAN))
        assert order("used") == [few, used, bought]  # 200 MB of the recharge stay used
        assert order("remaining") == [few, used, bought]
        for item in customer.call("list_sims")["items"]:
            assert item["restricted"] is False
    finally:
        system.sandbox.reset_clock()


def test_an_import_without_the_service_keeps_it(system: SimSystem) -> None:
    customer = system.customer()
    row = f"{serial(customer, '0001')},{customer.code},案件,02012340001,card,nano,500MB,active,"
    assert system.import_csv("sims", COLUMNS, [f"{row},mobile_choice"]).created == 1
    assert system.import_csv("sims", SIM_COLUMNS, [row]).unchanged == 1
    assert system.import_csv("sims", COLUMNS, [f"{row},"]).unchanged == 1
    assert customer.sim(serial(customer, "0001"))["service_type"] == "mobile_choice"
    assert system.import_csv("sims", COLUMNS, [f"{row},data"]).updated == 1
    report = system.import_csv("sims", COLUMNS, [f"{row},voice"])
    assert [(error["field"], error["code"]) for error in report.errors] == [
        ("service_type", "import.unknown_value")
    ]
    report = system.import_csv("sims", f"{SIM_COLUMNS},services", [f"{row},data"])
    assert [error["code"] for error in report.errors] == ["import.column_unknown"]


def test_s4_09_the_file_has_every_hit_once_with_its_hyphenated_number(fleet: Customer) -> None:
    found, cursor = [], None
    while True:
        part = fleet.call("export_sims", service_type="data", limit=2, cursor=cursor)
        found += [(item["sim_serial"][-4:], item["number"]) for item in part["items"]]
        if (cursor := part["next_cursor"]) is None:
            break
    assert found == [("0001", "020-1000-0001"), ("0003", "090-1234-5678"), ("0004", "020-1000-00000004")]


class TestNumbersOfAFile:
    """S4-37."""

    def test_s4_37_good_numbers_name_their_sims_in_the_file_s_order(self, fleet: Customer) -> None:
        text = '\ufeff"020-1000-0002"\r\n\r\n020-1000-0001\r\n'
        answer = fleet.call("match_sims", text=text, status=["active"])
        assert [each[-4:] for each in answer["sim_serials"]] == ["0002", "0001"]
        assert (answer["rows"], answer["errors"], answer["error_count"]) == (2, [], 0)

    def test_s4_37_each_bad_row_is_named(self, system: SimSystem, fleet: Customer) -> None:
        stranger = system.customer()
        foreign = stranger.sim(stranger.new_sim())["msisdn"]
        lines = [
            "020-1000-0001",
            "",
            "02010000002",
            "020-9999-9999",
            "abc",
            "020-1000-0001",
            "090-1234-5678",
            f"{foreign[:3]}-{foreign[3:7]}-{foreign[7:]}",
        ]
        answer = fleet.call("match_sims", text="\n".join(lines), status="active")
        assert [(error["row"], error["code"]) for error in answer["errors"]] == [
            (3, "share.number_unhyphenated"),
            (4, "sims.number_unknown"),
            (5, "share.number_malformed"),
            (6, "share.number_duplicate"),
            (7, "sims.number_wrong_status"),
            (8, "sims.number_unknown"),
        ]
        assert answer["errors"][3]["first_row"] == 1
        assert answer["errors"][4]["status"] == "suspended"
        assert (answer["error_count"], len(answer["sim_serials"])) == (6, 1)

    @pytest.mark.parametrize("text", ["", "\n \r\n", '""\n'], ids=["nothing", "blanks", "quotes"])
    def test_a_file_without_numbers_is_refused(self, fleet: Customer, text: str) -> None:
        with pytest.raises(errors.Invalid) as refusal:
            fleet.call("match_sims", text=text)
        assert refusal.value.code == "sims.no_numbers"

    def test_a_file_of_too_many_numbers_is_refused(self, fleet: Customer) -> None:
        with pytest.raises(errors.Invalid) as refusal:
            fleet.call("match_sims", text="020-1000-0001\n" * 10_001)
        assert (refusal.value.code, refusal.value.details) == ("sims.too_many", {"limit": 10_000})


def test_s4_09_the_detail_tells_every_order_of_the_sim_the_newest_first(system: SimSystem) -> None:
    customer = system.customer()
    sim, other = customer.new_sims(2)
    customer.wait_for(customer.recharge(sim, 1)["number"], "completed")
    tomorrow = (system.sandbox.now().date() + timedelta(days=1)).isoformat()
    suspension = {"kind": "CS", "sim_serials": [other, sim], "suspension_reason": "倉庫で保管"}
    reserved = customer.place(suspension | {"start_date": tomorrow})["number"]
    customer.call("cancel_order", number=reserved)
    orders = customer.sim(sim)["orders"]
    assert [(order["kind"], order["state"], order["note"]) for order in orders] == [
        ("CS", "cancelled", "倉庫で保管"),
        ("RC", "completed", None),
    ]
    assert orders[0]["cancelled_at"] is not None
    assert orders[1]["executed_at"] is not None
    assert [order["kind"] for order in customer.sim(other)["orders"]] == ["CS"]


def test_s4_61_no_list_and_no_file_has_another_customer_s_sim(system: SimSystem, fleet: Customer) -> None:
    other = system.customer()
    wanted = serial(fleet, "0001")
    assert other.call("export_sims")["items"] == []
    assert other.call("describe_sims", sim_serials=[wanted])["items"] == []
    assert other.call("match_sims", text="020-1000-0001")["error_count"] == 1
    assert [
        each["sim_serial"] for each in fleet.call("describe_sims", sim_serials=[wanted, "AF1"])["items"]
    ] == [wanted]
