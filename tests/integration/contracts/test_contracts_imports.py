"""Importing customers, contracts and lines."""

import secrets
import time
from datetime import datetime
from typing import Any

import pytest

from chassis import clock
from chassis.errors import Invalid
from tests.integration.contracts.choices import mobiles
from tests.integration.contracts.system import CONTRACT, LINE, ContractsSystem, as_csv, phones, unique


@pytest.fixture
def customer(contracts: ContractsSystem) -> str:
    return contracts.new_customer()


@pytest.fixture
def contract(contracts: ContractsSystem, customer: str) -> str:
    return contracts.new_contract(customer)


def line(contract: str, phone_number: str, **changes: str) -> dict[str, str]:
    return LINE | {"contract_code": contract, "phone_number": phone_number} | changes


def errors(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    assert not report["applied"]
    assert report["error_count"] == len(report["errors"])
    return [(error["row"], error["field"], error["code"]) for error in report["errors"]]


def numbers(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["rows"], report["created"], report["updated"], report["unchanged"]


def lines_of(contracts: ContractsSystem, customer: str, contract: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = contracts.call("list_lines", customer, contract_code=contract)["items"]
    return items


# -- what a file does


def test_a_file_with_byte_order_mark_and_columns_in_any_order(contracts: ContractsSystem) -> None:
    code = unique("C9")
    report = contracts.send("customers", f'\ufeffname,customer_code\n"海山, 太郎",{code}\n')
    assert report["applied"]
    assert numbers(report) == (1, 1, 0, 0)
    assert contracts.sql("SELECT name FROM customers WHERE code = :code", code=code) == [("海山, 太郎",)]


def test_the_same_file_again_changes_nothing_and_tells_nothing(contracts: ContractsSystem) -> None:
    customer, contract = unique("C9"), unique("K")
    files = {
        "customers": as_csv([{"customer_code": customer, "name": "山田商店"}]),
        "contracts": as_csv([{"contract_code": contract, "customer_code": customer} | CONTRACT]),
        "lines": as_csv(
            line(contract, number, line_password=secrets.token_hex(4), mobile_number=mobile)
            for number, mobile in zip(phones(30), mobiles(30), strict=True)
        ),
    }
    for kind, content in files.items():
        assert numbers(contracts.send(kind, content))[1:] == (content.count("\n") - 1, 0, 0)
    contracts.told()
    stored = contracts.sql("SELECT * FROM lines ORDER BY id")
    for kind, content in files.items():
        report = contracts.send(kind, content)
        assert report["applied"]
        assert numbers(report)[1:] == (0, 0, content.count("\n") - 1)
    assert contracts.told() == []
    assert contracts.sql("SELECT * FROM lines ORDER BY id") == stored


def test_a_file_that_was_taken_in_is_told_to_the_audit_trail(contracts: ContractsSystem) -> None:
    told = len(contracts.audited())
    code = unique("C9")
    began = clock.wall()
    contracts.send("customers", as_csv([{"customer_code": code, "name": "山田商店"}]))
    contracts.send("customers", as_csv([{"customer_code": code, "name": "山田商店"}]), mode="validate")
    contracts.send("customers", as_csv([{"customer_code": code, "name": ""}]))
    (audited,) = contracts.audited()[told:]
    assert began <= datetime.fromisoformat(audited.pop("at")) <= clock.wall()
    assert audited == {
        "actor": "test",
        "kind": "staff",
        "login_id": "test",
        "customer_code": None,
        "client_ip": "",
        "action": "file.imported",
        "target": "customers",
        "result": "done",
        "details": {"rows": 1, "created": 1, "updated": 0, "unchanged": 0},
    }


def test_validation_says_the_same_and_stores_nothing(contracts: ContractsSystem, contract: str) -> None:
    content = as_csv([line(contract, number) for number in phones(3)])
    contracts.told()
    checked = contracts.send("lines", content, mode="validate")
    assert (numbers(checked), checked["applied"], checked["errors"]) == ((3, 3, 0, 0), False, [])
    new = {"customer_code": unique("C9"), "name": "新"}
    assert numbers(contracts.send("customers", as_csv([new]), mode="validate")) == (1, 1, 0, 0)
    assert contracts.told() == []
    applied = contracts.send("lines", content)
    assert numbers(applied) == (3, 3, 0, 0)


def test_a_file_with_one_wrong_row_stores_nothing(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    good, changed, wrong = phones(3)
    contracts.new_lines(contract, [changed])
    contracts.told()
    rows = [line(contract, good), line(contract, changed, channels="9"), line(contract, wrong, channels="0")]
    report = contracts.send("lines", as_csv(rows))
    assert errors(report) == [(4, "channels", "import.bad_channels")]
    assert report["rows"] == 3
    assert [(one["phone_number"], one["channels"]) for one in lines_of(contracts, customer, contract)] == [
        (changed, 2)
    ]
    rows = [{"customer_code": unique("C9"), "name": "良"}, {"customer_code": unique("C9"), "name": ""}]
    assert errors(contracts.send("customers", as_csv(rows))) == [(3, "name", "import.blank")]
    assert contracts.told() == []


def test_every_wrong_row_is_named_with_field_and_code(contracts: ContractsSystem, contract: str) -> None:
    first, second, third, fourth = phones(4)
    rows = [
        line(contract, first, start_date="2024-02-30", channels="none"),
        line("K-none", second),
        line(contract, third, end_date="2022-08-16"),
        line(contract, "050-1234-5678"),
        line(contract, fourth),
        line(contract, fourth),
    ]
    assert errors(contracts.send("lines", as_csv(rows))) == [
        (2, "start_date", "import.bad_date"),
        (2, "channels", "import.bad_channels"),
        (3, "contract_code", "import.unknown_contract"),
        (4, "end_date", "import.end_before_start"),
        (5, "phone_number", "import.bad_phone"),
        (7, "phone_number", "import.duplicate"),
    ]


# -- refusals one by one


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"contract_code": "K-none"}, "contract_code", "import.unknown_contract"),
        ({"contract_code": ""}, "contract_code", "import.blank"),
        ({"contract_code": "K/1"}, "contract_code", "import.bad_code"),
        ({"phone_number": ""}, "phone_number", "import.blank"),
        ({"phone_number": "045123456"}, "phone_number", "import.bad_phone"),
        ({"phone_number": "050123456789012"}, "phone_number", "import.bad_phone"),
        ({"phone_number": "15012345678"}, "phone_number", "import.bad_phone"),
        ({"phone_number": "0501234567\uff18"}, "phone_number", "import.bad_phone"),
        ({"account_id": ""}, "account_id", "import.blank"),
        ({"account_id": "口座"}, "account_id", "import.bad_account_id"),
        ({"line_password": "ひみつ"}, "line_password", "import.bad_password"),
        ({"addon_password": "x" * 65}, "addon_password", "import.bad_password"),
        ({"start_date": ""}, "start_date", "import.bad_date"),
        ({"start_date": "2023-02-29"}, "start_date", "import.bad_date"),
        ({"start_date": "2022/08/17"}, "start_date", "import.bad_date"),
        ({"end_date": "2024-04-31"}, "end_date", "import.bad_date"),
        ({"end_date": "2022-08-16"}, "end_date", "import.end_before_start"),
        ({"channels": "0"}, "channels", "import.bad_channels"),
        ({"channels": "-1"}, "channels", "import.bad_channels"),
        ({"channels": "1.5"}, "channels", "import.bad_channels"),
        ({"notified_number": "044-123-4567"}, "notified_number", "import.bad_phone"),
        ({"pilot_number": "44123456789"}, "pilot_number", "import.bad_phone"),
        ({"mobile_number": "090"}, "mobile_number", "import.bad_phone"),
    ],
)
def test_a_wrong_line_is_refused(
    contracts: ContractsSystem, contract: str, changes: dict[str, str], field: str, code: str
) -> None:
    [number] = phones(1)
    report = contracts.send("lines", as_csv([line(contract, number) | changes]))
    assert errors(report) == [(2, field, code)]
    assert contracts.sql("SELECT 1 FROM lines WHERE phone_number = :number", number=number) == []


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"contract_code": "契約"}, "contract_code", "import.bad_code"),
        ({"customer_code": "C-none"}, "customer_code", "import.unknown_customer"),
        ({"project_name": ""}, "project_name", "import.blank"),
        ({"family": "fax"}, "family", "import.unknown_value"),
        ({"service_type": "fax"}, "service_type", "import.unknown_value"),
        ({"service_type": "data_sim"}, "service_type", "import.family_mismatch"),
        ({"family": "free_voice", "service_type": "b2bua"}, "service_type", "import.family_mismatch"),
        ({"family": "mobile_choice"}, "service_type", "import.family_mismatch"),
        ({"service_name": ""}, "service_name", "import.blank"),
        ({"sip_proxy": "192.0.2.1 8"}, "sip_proxy", "import.bad_host"),
        ({"sip_domain": "領域"}, "sip_domain", "import.bad_host"),
        ({"call_plan": "3分\t課金"}, "call_plan", "import.bad_text"),
        ({"display_plan": "gold"}, "display_plan", "import.unknown_value"),
    ],
)
def test_a_wrong_contract_is_refused(
    contracts: ContractsSystem, customer: str, changes: dict[str, str], field: str, code: str
) -> None:
    row = {"contract_code": unique("K"), "customer_code": customer} | CONTRACT | changes
    assert errors(contracts.send("contracts", as_csv([row]))) == [(2, field, code)]
    assert contracts.call("list_contracts", customer) == {"items": []}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"customer_code": ""}, "customer_code", "import.blank"),
        ({"customer_code": "C 9"}, "customer_code", "import.bad_code"),
        ({"name": ""}, "name", "import.blank"),
        ({"name": "改\n行"}, "name", "import.bad_text"),
        ({"name": "名" * 201}, "name", "import.bad_text"),
    ],
)
def test_a_wrong_customer_is_refused(
    contracts: ContractsSystem, changes: dict[str, str], field: str, code: str
) -> None:
    row = {"customer_code": unique("C9"), "name": "山田商店"} | changes
    assert errors(contracts.send("customers", as_csv([row]))) == [(2, field, code)]


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "customers",
            "",
            [(1, "customer_code", "import.column_missing"), (1, "name", "import.column_missing")],
        ),
        ("customers", "customer_code\r\nC1\r\n", [(1, "name", "import.column_missing")]),
        ("customers", "customer_code,name,fax\r\n", [(1, "fax", "import.column_unknown")]),
        ("customers", "customer_code,name,name\r\n", [(1, "", "import.column_twice")]),
        ("customers", "customer_code,name\r\nC1\r\n", [(2, "", "import.column_count")]),
        ("customers", 'customer_code,name\r\nC1,"open', [(2, "", "import.not_csv")]),
        ("customers", "customer_code,name\r\nC1,a\r\nC1,b\r\n", [(3, "customer_code", "import.duplicate")]),
    ],
)
def test_a_file_that_is_not_of_its_kind_is_refused(
    contracts: ContractsSystem, kind: str, content: str, expected: list[tuple[int, str, str]]
) -> None:
    assert errors(contracts.send(kind, content)) == expected


def test_a_contract_twice_in_a_file_is_refused(contracts: ContractsSystem, customer: str) -> None:
    row = {"contract_code": unique("K"), "customer_code": customer} | CONTRACT
    report = contracts.send("contracts", as_csv([row, row]))
    assert errors(report) == [(3, "contract_code", "import.duplicate")]


def test_a_contract_does_not_move_to_another_customer(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    row = {"contract_code": contract, "customer_code": contracts.new_customer()} | CONTRACT
    assert errors(contracts.send("contracts", as_csv([row]))) == [(2, "customer_code", "import.key_conflict")]
    assert contracts.call("get_contract", customer, contract_code=contract)["customer_code"] == customer


def test_a_line_does_not_move_to_another_contract(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    [number] = phones(1)
    contracts.new_lines(contract, [number])
    for other in (contracts.new_contract(customer), contracts.new_contract(contracts.new_customer())):
        report = contracts.send("lines", as_csv([line(other, number)]))
        assert errors(report) == [(2, "contract_code", "import.key_conflict")]
    assert [one["phone_number"] for one in lines_of(contracts, customer, contract)] == [number]


@pytest.mark.parametrize("arguments", [{"kind": "accounts"}, {"mode": "now"}])
def test_an_unknown_kind_or_mode_is_refused(contracts: ContractsSystem, arguments: dict[str, str]) -> None:
    call = {"kind": "customers", "mode": "apply"} | arguments
    with pytest.raises(Invalid) as refused:
        contracts.send(call["kind"], "customer_code,name\r\n", call["mode"])
    assert refused.value.code == "request.invalid"


# -- updates


def test_descriptive_columns_are_updated_and_the_rest_is_left_alone(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    [number] = phones(1)
    secret_columns = {"line_password": secrets.token_hex(4), "addon_password": secrets.token_hex(4)}
    contracts.new_lines(contract, [number], mobile_number=mobiles(1)[0], **secret_columns)
    kept = (
        "SELECT line_password, addon_password, mobile_number, number FROM lines WHERE phone_number = :number"
    )
    before = contracts.sql(kept, number=number)
    changed = line(
        contract,
        number,
        account_id="815058059999",
        start_date="2022-09-01",
        end_date="2024-03-31",
        channels="4",
        notified_number="0441234567",
        pilot_number="0441234568",
        line_password=secrets.token_hex(4),
        addon_password="",
        mobile_number="",
    )
    assert numbers(contracts.store("lines", changed)) == (1, 0, 1, 0)
    assert contracts.sql(kept, number=number) == before
    [shown] = lines_of(contracts, customer, contract)
    assert {name: shown[name] for name in ("account_id", "start_date", "end_date", "channels")} == {
        "account_id": "815058059999",
        "start_date": "2022-09-01",
        "end_date": "2024-03-31",
        "channels": 4,
    }
    assert (shown["notified_number"], shown["pilot_number"]) == ("0441234567", "0441234568")
    # and back to blank
    assert numbers(contracts.store("lines", line(contract, number))) == (1, 0, 1, 0)
    [shown] = lines_of(contracts, customer, contract)
    assert (shown["end_date"], shown["notified_number"], shown["pilot_number"]) == (None, None, None)


def test_a_contract_is_updated(contracts: ContractsSystem, customer: str, contract: str) -> None:
    row = {"contract_code": contract, "customer_code": customer} | CONTRACT
    row |= {"service_type": "b2bua", "service_name": "B2BUA", "sip_proxy": "", "call_plan": "1分課金プラン"}
    assert numbers(contracts.store("contracts", row)) == (1, 0, 1, 0)
    block = contracts.call("get_contract", customer, contract_code=contract)
    assert (block["service_name"], block["sip_proxy"], block["call_plan"]) == ("B2BUA", None, "1分課金プラン")


# -- what others are told


def test_customers_and_contracts_are_told_once(contracts: ContractsSystem) -> None:
    contracts.told()
    customer, contract = unique("C9"), unique("K")
    contracts.store("customers", {"customer_code": customer, "name": "山田商店"})
    contracts.store("contracts", {"contract_code": contract, "customer_code": customer} | CONTRACT)
    contracts.new_lines(contract, phones(1))
    assert contracts.told() == [
        ("contracts.customer_registered", {"customer_code": customer, "name": "山田商店"}),
        (
            "contracts.contract_registered",
            {
                "customer_code": customer,
                "contract_code": contract,
                "family": "ip_phone",
                "project_name": "本社",
            },
        ),
    ]


def test_a_change_is_told_when_it_concerns_the_fact(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    contracts.told()
    row = {"contract_code": contract, "customer_code": customer} | CONTRACT
    contracts.store("contracts", row | {"call_plan": "1分課金プラン"})
    assert contracts.told() == []
    contracts.store("contracts", row | {"project_name": "支社"})
    contracts.store("customers", {"customer_code": customer, "name": "田中商店"})
    told = contracts.told()
    assert [kind for kind, _ in told] == ["contracts.contract_registered", "contracts.customer_registered"]
    assert (told[0][1]["project_name"], told[1][1]["name"]) == ("支社", "田中商店")


# -- size


def test_6000_lines_are_imported_in_a_few_seconds(
    contracts: ContractsSystem, customer: str, contract: str
) -> None:
    rows = [
        line(contract, number, line_password=secrets.token_hex(4), addon_password=secrets.token_hex(4))
        for number in phones(6000)
    ]
    changed = [row | {"channels": "3"} for row in rows]
    for content, expected in (
        (as_csv(rows), (6000, 6000, 0, 0)),
        (as_csv(changed), (6000, 0, 6000, 0)),
        (as_csv(changed), (6000, 0, 0, 6000)),
    ):
        started = time.monotonic()
        assert numbers(contracts.send("lines", content)) == expected
        assert time.monotonic() - started < 6
