"""Staff look up customers, contracts and lines, whosever they are."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from chassis.errors import Forbidden, Invalid, KaisenError, NotFound
from tests.integration.contracts.system import LINE, ContractsSystem, phones, unique


def ask(contracts: ContractsSystem, method: str, **arguments: Any) -> Any:
    """Call as a member of staff who may only look."""
    support = contracts.token(kind="staff", roles=frozenset({"staff_support"}))
    return contracts.client.call(f"contracts.{method}", timeout=10, context=support, **arguments)


def codes(page: dict[str, Any]) -> list[str]:
    return [item["customer_code"] for item in page["items"]]


@pytest.fixture(scope="module")
def names(contracts: ContractsSystem) -> dict[str, str]:
    """Codes by name."""
    mark = unique("見本")
    names = [f"{mark}商事株式会社", f"株式会社ﾐﾅﾄ{mark}", f"{mark} Trading 100%", f"{mark}_組合"]
    return {name.replace(mark, ""): contracts.new_customer(name) for name in names} | {"mark": mark}


class TestCustomers:
    @pytest.mark.parametrize(
        ("words", "name"),
        [
            ("{}商", "商事株式会社"),
            ("ミナト{}", "株式会社ﾐﾅﾄ"),
            ("{} trading", " Trading 100%"),
            ("{} TRADING 100%", " Trading 100%"),
            ("{}_", "_組合"),
            ("  {}商事　", "商事株式会社"),
        ],
        ids=["part", "width", "case", "percent", "underscore", "blanks"],
    )
    def test_a_name_is_found_by_any_part_of_it(
        self, contracts: ContractsSystem, names: dict[str, str], words: str, name: str
    ) -> None:
        found = ask(contracts, "list_customers", query=words.format(names["mark"]))
        assert codes(found) == [names[name]]
        assert found["total"] == 1

    def test_a_code_is_found_by_its_beginning(
        self, contracts: ContractsSystem, names: dict[str, str]
    ) -> None:
        code = names["商事株式会社"]
        assert codes(ask(contracts, "list_customers", query=code.lower())) == [code]
        assert code not in codes(ask(contracts, "list_customers", query=code[1:]))

    def test_pages_neither_repeat_nor_miss_a_customer(self, contracts: ContractsSystem) -> None:
        mark = unique("頁")
        rows = [{"customer_code": unique("P"), "name": f"{mark}{place}"} for place in range(45)]
        contracts.store("customers", *rows)
        found, cursor = [], None
        while True:
            page = ask(contracts, "list_customers", query=mark, limit=20, cursor=cursor)
            assert page["total"] == 45
            found += codes(page)
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == sorted(row["customer_code"] for row in rows)

    @pytest.mark.parametrize("cursor", ["x", "WzFd", "W10"], ids=["garbage", "number", "nothing"])
    def test_a_cursor_of_something_else_is_refused(self, contracts: ContractsSystem, cursor: str) -> None:
        with pytest.raises(Invalid, match=r"page\.bad_cursor"):
            ask(contracts, "list_customers", cursor=cursor)

    def test_a_customer_shows_projects_and_contracts_with_their_lines_counted(
        self, contracts: ContractsSystem
    ) -> None:
        code = contracts.new_customer("みほん")
        first = contracts.new_contract(code, project_name="本社")
        second = contracts.new_contract(code, project_name="支店", display_plan="basic")
        numbers = phones(4)
        contracts.new_lines(first, numbers[:3])
        contracts.new_lines(first, numbers[3:], end_date=clock.today().isoformat())
        seen = ask(contracts, "get_customer", customer_code=code)
        assert (seen["customer_code"], seen["name"], seen["projects"]) == (code, "みほん", ["支店", "本社"])
        assert [
            (one["contract_code"], one["project_name"], one["issued"], one["in_service"], one["terminated"])
            for one in seen["contracts"]
        ] == [(first, "本社", 4, 3, 1), (second, "支店", 0, 0, 0)]
        assert codes(ask(contracts, "list_customers", query=code)) == [code]
        assert ask(contracts, "list_customers", query=code)["items"][0]["contracts"] == 2

    def test_an_unknown_customer_is_not_there(self, contracts: ContractsSystem) -> None:
        with pytest.raises(NotFound, match=r"customer\.unknown"):
            ask(contracts, "get_customer", customer_code="NOBODY")


class TestLines:
    def test_a_line_is_shown_with_everything_but_its_passwords(self, contracts: ContractsSystem) -> None:
        customer = contracts.new_customer("回線商会")
        contract = contracts.new_contract(customer, display_plan="basic")
        (number,) = phones(1)
        contracts.new_lines(contract, [number], line_password="abc123de", mobile_number="09012345678")
        line = ask(contracts, "find_line", phone_number=number)
        assert "abc123de" not in str(line)
        assert (line["line_password"], line["addon_password"]) == ("********", "")
        assert (
            line
            | {
                "contract_code": contract,
                "customer_code": customer,
                "customer_name": "回線商会",
                "account_id": LINE["account_id"],
                "state": "in_service",
                "mobile_number": "09012345678",
                "group": None,
                "usage_limit": None,
                "rejected_numbers": 0,
                "password_changes": [],
            }
            == line
        )

    @pytest.mark.parametrize(
        ("start", "end", "state"),
        [
            (-9, None, "in_service"),
            (-9, 0, "terminated"),
            (-9, 1, "ending"),
            (1, None, "upcoming"),
            (0, None, "in_service"),
        ],
        ids=["in-service", "ends-today", "ends-tomorrow", "begins-tomorrow", "begins-today"],
    )
    def test_the_state_of_a_line_follows_its_days(
        self, contracts: ContractsSystem, start: int, end: int | None, state: str
    ) -> None:
        today = clock.today()
        contract = contracts.new_contract(contracts.new_customer())
        (number,) = phones(1)
        contracts.new_lines(
            contract,
            [number],
            start_date=(today + timedelta(start)).isoformat(),
            end_date="" if end is None else (today + timedelta(end)).isoformat(),
        )
        assert ask(contracts, "find_line", phone_number=number)["state"] == state

    def test_a_line_shows_how_far_its_change_of_password_is(self, contracts: ContractsSystem) -> None:
        customer = contracts.new_customer()
        contract = contracts.new_contract(customer)
        (number,) = phones(1)
        contracts.new_lines(contract, [number], line_password="abc123de")
        for current, new in (("abc123de", "f2g3h4j5"), ("abc123de", "k6l7m8n9")):
            contracts.call(
                "change_line_password",
                customer,
                sealed=("current", "new"),
                phone_number=number,
                current=current,
                new=new,
            )
        line = ask(contracts, "find_line", phone_number=number)
        assert [(one["version"], one["state"]) for one in line["password_changes"]] == [
            (2, "pending"),
            (1, "superseded"),
        ]
        assert not any(password in str(line) for password in ("abc123de", "f2g3h4j5", "k6l7m8n9"))

    def test_an_unknown_line_is_not_there(self, contracts: ContractsSystem) -> None:
        with pytest.raises(NotFound, match=r"line\.unknown"):
            ask(contracts, "find_line", phone_number="05099999999")


class TestLookUp:
    def test_a_number_is_found_by_its_beginning_however_it_is_written(
        self, contracts: ContractsSystem
    ) -> None:
        contract = contracts.new_contract(contracts.new_customer())
        numbers = phones(25)
        contracts.new_lines(contract, numbers)
        prefix = numbers[0][:9]
        assert {number[:9] for number in numbers} == {prefix}
        for words in (prefix, f"{prefix[:3]}-{prefix[3:7]}-{prefix[7:]}", f"（{prefix[:3]}）{prefix[3:]}"):
            lines = ask(contracts, "look_up", query=words)["lines"]
            assert lines["total"] == 25
            assert [line["phone_number"] for line in lines["items"]] == numbers[:20]
            assert {line["contract_code"] for line in lines["items"]} == {contract}
        one = ask(contracts, "look_up", query=numbers[3])["lines"]
        assert [line["phone_number"] for line in one["items"]] == [numbers[3]]

    def test_six_digits_are_no_telephone_number(self, contracts: ContractsSystem) -> None:
        assert ask(contracts, "look_up", query="050580")["lines"] == {"total": 0, "items": []}

    def test_contracts_and_customers_are_found_by_code(self, contracts: ContractsSystem) -> None:
        customer = contracts.new_customer("契約商会")
        contract = contracts.new_contract(customer)
        found = ask(contracts, "look_up", query=f" {contract.lower()} ")
        assert found["customers"]["total"] == 0
        assert found["contracts"]["items"] == [
            {
                "contract_code": contract,
                "service_name": "IP電話サービス",
                "customer_code": customer,
                "customer_name": "契約商会",
            }
        ]
        assert codes(ask(contracts, "look_up", query=customer)["customers"]) == [customer]

    @pytest.mark.parametrize("query", ["", "  　"], ids=["nothing", "blanks"])
    def test_nothing_is_not_looked_up(self, contracts: ContractsSystem, query: str) -> None:
        with pytest.raises(Invalid, match=r"lookup\.empty"):
            ask(contracts, "look_up", query=query)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("list_customers", {}),
        ("get_customer", {"customer_code": "C9"}),
        ("find_line", {"phone_number": "05012345678"}),
        ("look_up", {"query": "C9"}),
    ],
)
def test_customers_do_not_look_each_other_up(
    contracts: ContractsSystem, method: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(Forbidden, match=r"role\.missing"):
        contracts.call(method, "C9", **arguments)


@pytest.mark.parametrize("text", ["\x00", "x" * 65], ids=["nul", "long"])
def test_words_that_cannot_be_anything_are_refused(contracts: ContractsSystem, text: str) -> None:
    for method, name in (
        ("list_customers", "query"),
        ("get_customer", "customer_code"),
        ("find_line", "phone_number"),
        ("look_up", "query"),
    ):
        with pytest.raises(KaisenError):
            ask(contracts, method, **{name: text})
