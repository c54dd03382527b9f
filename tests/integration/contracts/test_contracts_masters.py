"""Groups and usage limits of a contract (マスタテーブル設定, S0-33)."""

from typing import Any

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from tests.integration.contracts.choices import Choice, codes, new_choice
from tests.integration.contracts.system import ContractsSystem
from tests.integration.contracts.test_contracts_pairs import race, refused

TERMS = {
    "bars_international": True,
    "bars_premium": False,
    "bars_directory": True,
    "monthly_ceiling": 5000,
    "bands": [
        {"days": "weekends_and_holidays", "start": "10:00", "end": "24:00"},
        {"days": "weekdays", "start": "9:00", "end": "12:00"},
    ],
}
STORED = TERMS | {
    "bands": [
        {"days": "weekdays", "start": "09:00", "end": "12:00"},
        {"days": "weekends_and_holidays", "start": "10:00", "end": "24:00"},
    ]
}
KINDS = pytest.mark.parametrize("kind", ["line_group", "usage_limit"])


def more(kind: str) -> dict[str, Any]:
    return {"terms": TERMS} if kind == "usage_limit" else {}


def execute(contracts: ContractsSystem, statement: str, **values: Any) -> None:
    with contracts.engine.begin() as connection:
        connection.execute(text(statement), values)


def add(mine: Choice, kind: str, code: str = "A", name: str = "営業部", **changes: Any) -> Any:
    wish = {"contract_code": mine.contract, "code": code, "name": name, **more(kind), **changes}
    return mine.call(f"add_{kind}", **wish)


def change(mine: Choice, kind: str, version: str, name: str = "総務部", **changes: Any) -> Any:
    wish = {"contract_code": mine.contract, "code": "A", "name": name, **more(kind), **changes}
    return mine.call(f"change_{kind}", version=version, **wish)


def delete(mine: Choice, kind: str, code: str = "A") -> None:
    mine.call(f"delete_{kind}", contract_code=mine.contract, code=code)


def listed(mine: Choice, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mine.call(f"list_{kind}s", contract_code=mine.contract)["items"]
    return found


def assign(mine: Choice, kind: str, *numbers: str) -> None:
    wish = {"group" if kind == "line_group" else "usage_limit": "A"}
    mine.call("assign_to_lines", contract_code=mine.contract, phone_numbers=numbers, **wish)


def test_s0_33_groups_are_added_changed_and_deleted(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 1)
    contracts.told()
    assert listed(mine, "line_group") == []
    group = add(mine, "line_group", name=" 営業部 ")
    assert (group["code"], group["name"], group["lines"]) == ("A", "営業部", 0)
    add(mine, "line_group", "B")
    changed = change(mine, "line_group", group["version"])
    assert (changed["name"], changed["version"] != group["version"]) == ("総務部", True)
    assert [(one["code"], one["name"]) for one in listed(mine, "line_group")] == [
        ("A", "総務部"),
        ("B", "営業部"),
    ]
    assert mine.call("get_line_group", contract_code=mine.contract, code="A") == changed
    delete(mine, "line_group", "B")
    assert [one["code"] for one in listed(mine, "line_group")] == ["A"]
    assert [(action, details["code"]) for action, _, details in mine.audited()] == [
        ("line_group.added", "A"),
        ("line_group.added", "B"),
        ("line_group.changed", "A"),
        ("line_group.deleted", "B"),
    ]
    assert contracts.told() == [], "the network knows no groups without lines"


def test_s0_33_usage_limits_are_added_changed_and_deleted_and_told(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 1)
    contracts.told()
    limit = add(mine, "usage_limit", name="昼のみ")
    assert limit == {"code": "A", "name": "昼のみ", **STORED, "lines": 0, "version": limit["version"]}
    free = TERMS | {"bars_directory": False, "monthly_ceiling": None, "bands": []}
    changed = change(mine, "usage_limit", limit["version"], "いつでも", terms=free)
    assert changed == limit | free | {"name": "いつでも", "version": changed["version"]}
    assert listed(mine, "usage_limit") == [changed]
    delete(mine, "usage_limit")
    assert listed(mine, "usage_limit") == []
    of = {"customer_code": mine.customer, "contract_code": mine.contract, "limit_code": "A"}
    assert [event for event in contracts.told() if event[0] == "contracts.usage_limit_changed"] == [
        ("contracts.usage_limit_changed", of | {"terms": terms}) for terms in (STORED, free, None)
    ]
    assert [action for action, _, _ in mine.audited()] == [
        "usage_limit.added",
        "usage_limit.changed",
        "usage_limit.deleted",
    ]


@KINDS
def test_a_change_that_changes_nothing_is_not_recorded(contracts: ContractsSystem, kind: str) -> None:
    mine = new_choice(contracts, 1)
    stored = add(mine, kind)
    assert change(mine, kind, stored["version"], "営業部") == stored
    assert len(mine.audited()) == 1


@KINDS
@pytest.mark.parametrize(
    ("wish", "pointer", "code"),
    [
        ({"code": "A B"}, "code", "master.code_format"),
        ({"code": ""}, "code", "master.code_format"),
        ({"code": "x" * 21}, "code", "master.code_format"),
        ({"name": " "}, "name", "master.name"),
        ({"name": "x" * 51}, "name", "master.name"),
    ],
    ids=["code", "no-code", "long-code", "no-name", "long-name"],
)
def test_s0_33_code_and_name_are_checked(
    contracts: ContractsSystem, kind: str, wish: dict[str, str], pointer: str, code: str
) -> None:
    mine = new_choice(contracts, 1)
    error = refused(lambda: add(mine, kind, **wish))
    assert isinstance(error, Invalid)
    assert codes(error) == [(pointer, code)]
    assert listed(mine, kind) == []


@pytest.mark.parametrize(
    ("wish", "pointer", "code"),
    [
        ({"monthly_ceiling": 0}, "monthly_ceiling", "usage_limit.ceiling"),
        ({"bands": [TERMS["bands"][0]] * 11}, "bands", "usage_limit.too_many_bands"),  # type: ignore[index]
        (
            {"bands": [{"days": "weekdays", "start": "9", "end": "12:00"}]},
            "bands/0/start",
            "usage_limit.band_time",
        ),
        (
            {"bands": [{"days": "weekdays", "start": "12:00", "end": "09:00"}]},
            "bands/0/end",
            "usage_limit.band_reversed",
        ),
        ({"bands": [STORED["bands"][0]] * 2}, "bands/1/start", "usage_limit.bands_overlap"),  # type: ignore[index]
        (
            {"bands": [{"days": "monday", "start": "09:00", "end": "12:00"}]},
            "terms/bands/0/days",
            "type.literal_error",
        ),
    ],
    ids=["ceiling", "many", "time", "reversed", "overlap", "days"],
)
def test_s0_33_the_terms_of_a_limit_are_checked(
    contracts: ContractsSystem, wish: dict[str, Any], pointer: str, code: str
) -> None:
    mine = new_choice(contracts, 1)
    stored = add(mine, "usage_limit")
    for action in (
        lambda: add(mine, "usage_limit", "B", terms=TERMS | wish),
        lambda: change(mine, "usage_limit", stored["version"], terms=TERMS | wish),
    ):
        assert codes(refused(action)) == [(pointer, code)]
    assert listed(mine, "usage_limit") == [stored]


@KINDS
def test_s0_33_a_code_is_taken_once_however_many_want_it(contracts: ContractsSystem, kind: str) -> None:
    for _ in range(3):
        mine = new_choice(contracts, 1)
        outcomes = race(*[lambda mine=mine: add(mine, kind) for _ in range(4)])
        assert outcomes == ["done", "master.exists", "master.exists", "master.exists"]
        assert [one["code"] for one in listed(mine, kind)] == ["A"]
        assert codes_of_another_contract(contracts, mine, kind) == ["A"]


def codes_of_another_contract(contracts: ContractsSystem, mine: Choice, kind: str) -> list[str]:
    other = new_choice(contracts, 1, mine.customer)
    add(other, kind)
    return [one["code"] for one in listed(other, kind)]


@KINDS
def test_s0_33_of_two_changes_of_the_same_state_the_second_is_told(
    contracts: ContractsSystem, kind: str
) -> None:
    for _ in range(3):
        mine = new_choice(contracts, 1)
        seen = add(mine, kind)["version"]
        names = ("一", "二")
        outcomes = race(
            *[lambda name=name, mine=mine, seen=seen: change(mine, kind, seen, name) for name in names]
        )
        assert outcomes == ["done", "master.changed"]
        stored = listed(mine, kind)[0]
        assert stored["name"] in names
        assert change(mine, kind, stored["version"])["name"] == "総務部"


@KINDS
def test_s0_33_there_may_be_only_so_many(contracts: ContractsSystem, kind: str) -> None:
    mine = new_choice(contracts, 1)
    if kind == "line_group":
        mine.masters(groups=[f"M{number}" for number in range(99)])
    else:
        mine.masters(limits=[f"M{number}" for number in range(99)])
    assert mine.call(f"list_{kind}s", contract_code=mine.contract)["most"] == 100
    assert race(*[lambda code=code: add(mine, kind, code) for code in ("A", "B")]) == [
        "done",
        "master.too_many",
    ]
    error = refused(lambda: add(mine, kind, "C"))
    assert isinstance(error, Conflict)
    assert (error.code, error.details) == ("master.too_many", {"limit": 100})


@KINDS
def test_s0_33_what_lines_have_cannot_be_deleted(contracts: ContractsSystem, kind: str) -> None:
    mine = new_choice(contracts, 3)
    add(mine, kind)
    assign(mine, kind, *mine.numbers[:2])
    error = refused(lambda: delete(mine, kind))
    assert isinstance(error, Conflict)
    assert (error.code, error.details) == ("master.in_use", {"lines": 2})
    assert listed(mine, kind)[0]["lines"] == 2


@KINDS
def test_terminated_lines_do_not_hold_it(contracts: ContractsSystem, kind: str) -> None:
    mine = new_choice(contracts, 2)
    add(mine, kind)
    other = "usage_limit" if kind == "line_group" else "line_group"
    add(mine, other)
    assign(mine, kind, *mine.numbers)
    assign(mine, other, mine.numbers[0])
    execute(
        contracts,
        "UPDATE lines SET end_date = start_date WHERE phone_number = ANY(:these)",
        these=mine.numbers,
    )
    assert listed(mine, kind)[0]["lines"] == 0
    delete(mine, kind)
    assert listed(mine, kind) == []
    left = contracts.sql(
        "SELECT group_id, limit_id FROM line_choices JOIN lines ON lines.id = line_id"
        " WHERE phone_number = ANY(:these)",
        these=mine.numbers,
    )
    assert [(row.group_id is None, row.limit_id is None) for row in left] == [
        (kind == "line_group", kind == "usage_limit")
    ]


@KINDS
def test_s0_33_s0_34_a_deletion_and_an_assignment_that_race_leave_no_orphan(
    contracts: ContractsSystem, kind: str
) -> None:
    pointer = "line_choice.group_unknown" if kind == "line_group" else "line_choice.limit_unknown"
    for _ in range(8):
        mine = new_choice(contracts, 2)
        add(mine, kind)
        outcomes = race(
            lambda mine=mine: delete(mine, kind), lambda mine=mine: assign(mine, kind, *mine.numbers)
        )
        assert outcomes in (["done", "master.in_use"], ["done", pointer])
        rest = listed(mine, kind)
        assert [one["lines"] for one in rest] == ([2] if "master.in_use" in outcomes else [])


@KINDS
@pytest.mark.parametrize("action", ["get", "change", "delete"])
def test_what_is_not_there_is_unknown(contracts: ContractsSystem, kind: str, action: str) -> None:
    mine, stranger = new_choice(contracts, 1), new_choice(contracts, 1)
    add(stranger, kind)

    def attempt() -> None:
        if action == "change":
            change(mine, kind, "")
        else:
            mine.call(f"{action}_{kind}", contract_code=mine.contract, code="A")

    error = refused(attempt)
    assert isinstance(error, NotFound)
    assert error.code == "master.unknown"


@KINDS
def test_another_customers_contract_and_one_of_another_service_are_not_there(
    contracts: ContractsSystem, kind: str
) -> None:
    mine, stranger = new_choice(contracts, 1), new_choice(contracts, 1)
    add(stranger, kind)
    phone = contracts.new_contract(mine.customer)
    for contract in (stranger.contract, phone, "K-none"):
        foreign = Choice(contracts, mine.customer, contract, [])
        attempts: list[Any] = [
            lambda foreign=foreign: listed(foreign, kind),
            lambda foreign=foreign: add(foreign, kind, "B"),
            lambda foreign=foreign: change(foreign, kind, ""),
            lambda foreign=foreign: delete(foreign, kind),
            lambda foreign=foreign: foreign.call(f"get_{kind}", contract_code=foreign.contract, code="A"),
        ]
        found: list[KaisenError] = [refused(attempt) for attempt in attempts]
        assert {(type(error), error.code) for error in found} == {(NotFound, "contract.unknown")}
    assert [one["name"] for one in listed(stranger, kind)] == ["営業部"]
