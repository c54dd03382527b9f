"""What a customer sees of contracts and lines."""

import csv
import io
import secrets
from datetime import timedelta
from threading import Thread

from chassis import clock
from chassis.sealing import FieldCipher
from services.contracts.passwords import decrypt
from tests.integration.contracts.choices import mobiles
from tests.integration.contracts.system import LINE, ContractsSystem, as_csv, phones

COUNTS = ("issued", "in_service", "terminated")


def counts(contracts: ContractsSystem, customer: str, contract: str) -> tuple[int, int, int]:
    block = contracts.call("get_contract", customer, contract_code=contract)
    return block["issued"], block["in_service"], block["terminated"]


def test_s1_02_the_block_has_the_contractors_name_and_eight_items(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer("海山 太郎")
    contract = contracts.new_contract(customer)
    contracts.new_lines(contract, phones(2))
    expected = {
        "contract_code": contract,
        "customer_name": "海山 太郎",
        "service_name": "IP電話サービス",
        "customer_code": customer,
        "sip_proxy": "192.0.2.166",
        "sip_domain": "sip.example",
        "issued": 2,
        "in_service": 2,
        "terminated": 0,
        "call_plan": "3分課金プラン",
        "family": "ip_phone",
        "display_plan": "standard",
    }
    assert contracts.call("get_contract", customer, contract_code=contract) == expected
    assert contracts.call("list_contracts", customer) == {"items": [expected]}


def test_s1_02_every_contract_of_the_customer_is_listed_by_code(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    codes = [contracts.new_contract(customer, project_name=name) for name in ("本社", "支社", "工場")]
    assert [item["contract_code"] for item in contracts.call("list_contracts", customer)["items"]] == codes


def test_a_customer_without_contracts_has_an_empty_list(contracts: ContractsSystem) -> None:
    assert contracts.call("list_contracts", contracts.new_customer()) == {"items": []}


def test_s1_03_issued_is_in_service_and_terminated(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    assert counts(contracts, customer, contract) == (0, 0, 0)
    numbers = phones(10)
    contracts.new_lines(contract, numbers[:7])
    contracts.new_lines(contract, numbers[7:], end_date="2024-03-31")
    assert counts(contracts, customer, contract) == (10, 7, 3)


def test_s1_03_the_counts_agree_while_lines_come_and_go(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    numbers = phones(400)

    def change() -> None:
        for start in range(0, 400, 50):
            contracts.new_lines(contract, numbers[start : start + 50])
            contracts.new_lines(contract, numbers[start : start + 20], end_date="2024-03-31")

    writer = Thread(target=change)
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(counts(contracts, customer, contract))
    writer.join()
    assert all(issued == in_service + terminated for issued, in_service, terminated in seen)
    assert all(issued % 50 == terminated % 20 == 0 for issued, _, terminated in seen), (
        "half an import was seen"
    )
    assert counts(contracts, customer, contract) == (400, 240, 160)


def test_s1_04_a_line_has_its_number_and_ten_columns(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    [ip_number] = phones(1)
    geographic = "044" + ip_number[4:]
    [mobile] = mobiles(1)
    contracts.store(
        "lines",
        LINE
        | {
            "contract_code": contract,
            "phone_number": ip_number,
            "line_password": secrets.token_hex(4),
            "addon_password": secrets.token_hex(4),
            "notified_number": geographic,
            "pilot_number": "0441234567",
            "mobile_number": mobile,
        },
        LINE | {"contract_code": contract, "phone_number": geographic, "end_date": "2024-03-31"},
    )
    answer = contracts.call("list_lines", customer, contract_code=contract)
    assert answer == {
        "total": 2,
        "next_cursor": None,
        "items": [
            {
                "number": 1,
                "phone_number": ip_number,
                "account_id": "815058050001",
                "line_password": "********",
                "addon_password": "********",
                "start_date": "2022-08-17",
                "end_date": None,
                "channels": 2,
                "notified_number": geographic,
                "pilot_number": "0441234567",
                "mobile_number": mobile,
                "password_change": None,
            },
            {
                "number": 2,
                "phone_number": geographic,
                "account_id": "815058050001",
                "line_password": "",
                "addon_password": "",
                "start_date": "2022-08-17",
                "end_date": "2024-03-31",
                "channels": 2,
                "notified_number": None,
                "pilot_number": None,
                "mobile_number": None,
                "password_change": None,
            },
        ],
    }
    exported = contracts.call("export_lines", customer, contract_code=contract)
    assert exported["columns"] == list(answer["items"][0])[:-1]  # all but the open change of a password
    assert list(csv.reader(io.StringIO(exported["text"], newline=""))) == [
        ["" if line[column] is None else str(line[column]) for column in exported["columns"]]
        for line in answer["items"]
    ]
    assert (exported["lines"], exported["cursors"]) == (2, [])


def test_a_password_is_stored_encrypted_and_leaves_in_no_answer_and_no_log(
    contracts: ContractsSystem,
) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    [number] = phones(1)
    passwords = {"line_password": secrets.token_hex(8), "addon_password": secrets.token_hex(8)}
    contracts.new_lines(contract, [number], **passwords)
    [stored] = contracts.sql(
        "SELECT line_password, addon_password FROM lines WHERE phone_number = :number", number=number
    )
    cipher = FieldCipher(contracts.field_keys)
    assert decrypt(cipher, number, "line_password", stored.line_password) == passwords["line_password"]
    assert decrypt(cipher, number, "addon_password", stored.addon_password) == passwords["addon_password"]
    answers = str(contracts.call("list_lines", customer, contract_code=contract))
    answers += str(contracts.call("export_lines", customer, contract_code=contract))
    for password in passwords.values():
        assert password not in answers
        assert password not in str(stored)
        assert password not in contracts.process.output()


def test_s1_05_a_change_elsewhere_shows_at_once(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    numbers = phones(2)
    contracts.new_lines(contract, numbers)
    contracts.new_lines(contract, numbers[:1], channels="8", end_date="2024-03-31")
    lines = contracts.call("list_lines", customer, contract_code=contract)["items"]
    assert [(line["channels"], line["end_date"]) for line in lines] == [(8, "2024-03-31"), (2, None)]
    assert counts(contracts, customer, contract) == (2, 1, 1)


def test_s1_06_the_basic_plan_hides_eight_items(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(
        customer, family="mobile_choice", service_type="mobile_choice", display_plan="basic"
    )
    contracts.new_lines(contract, phones(1), line_password=secrets.token_hex(4))
    for block in (
        contracts.call("get_contract", customer, contract_code=contract),
        contracts.call("list_contracts", customer)["items"][0],
    ):
        assert not {"sip_proxy", "sip_domain"} & set(block)
        assert {"service_name", "customer_code", "call_plan", *COUNTS} <= set(block)
    shown = ["number", "phone_number", "start_date", "end_date", "mobile_number"]
    [line] = contracts.call("list_lines", customer, contract_code=contract)["items"]
    assert list(line) == shown
    exported = contracts.call("export_lines", customer, contract_code=contract)
    assert exported["columns"] == shown
    [cells] = csv.reader(io.StringIO(exported["text"], newline=""))
    assert cells == ["1", line["phone_number"], line["start_date"], "", ""]


def test_s1_13_a_line_in_termination_is_in_service_until_its_end_date(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    ending, today, ended = phones(3)
    contracts.new_lines(contract, [ending], end_date=(clock.today() + timedelta(days=2)).isoformat())
    contracts.new_lines(contract, [today], end_date=clock.today().isoformat())
    contracts.new_lines(contract, [ended], end_date=(clock.today() - timedelta(days=1)).isoformat())
    assert counts(contracts, customer, contract) == (3, 1, 2)
    answer = contracts.call("list_lines", customer, contract_code=contract, status="in_service")
    assert [(line["phone_number"], line["end_date"]) for line in answer["items"]] == [(ending, None)]
    # the company completes it
    contracts.new_lines(contract, [ending], end_date=clock.today().isoformat())
    assert counts(contracts, customer, contract) == (3, 0, 3)
    first = contracts.call("list_lines", customer, contract_code=contract)["items"][0]
    assert first["end_date"] == clock.today().isoformat()


def test_numbers_stay_when_lines_are_added_and_changed(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    low, high = phones(20)[:10], phones(10)
    contracts.new_lines(contract, reversed(high))
    contracts.new_lines(contract, [*low, high[3]], channels="4")
    shown = {
        line["phone_number"]: line["number"]
        for line in contracts.call("list_lines", customer, contract_code=contract)["items"]
    }
    assert shown == {number: place for place, number in enumerate([*reversed(high), *low], 1)}


def test_two_imports_at_once_number_every_line_once(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    numbers = phones(900)
    halves = [numbers[:600], numbers[300:]]  # both bring the 300 in the middle
    reports: list[dict[str, int]] = []

    def bring(part: list[str]) -> None:
        rows = [LINE | {"contract_code": contract, "phone_number": number} for number in part]
        reports.append(contracts.send("lines", as_csv(rows)))

    threads = [Thread(target=bring, args=(part,)) for part in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((report["created"], report["unchanged"]) for report in reports) == [(300, 300), (600, 0)]
    stored = contracts.sql(
        "SELECT min(number), max(number), count(*) FROM lines JOIN contracts ON contracts.id = contract_id"
        " WHERE code = :code",
        code=contract,
    )
    assert stored == [(1, 900, 900)]
